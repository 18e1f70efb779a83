package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
	"unicode/utf8"
)

// The membership contract is what the gateway assumes of Suger until a
// customer's organization proves otherwise. GET /org/{organization}/user is
// documented (doc.suger.io/get-started/api-client); the rest follows Suger's own
// data layer, as public copies of its coding exercise show it (Go module
// github.com/sugerio/workflow-service-trial, rds-db): users are global and a
// membership holds one role, the list has no limit and no offset, a user by id
// has no role, adding is an upsert, nothing changes an e-mail, and only custom
// roles are rows. Verbs, paths and the names in the bodies of writes are a
// convention.
//
// Where nothing is known the sandbox takes what is harder for a client: a user
// by id is answered to every organization, a role change leaves lastUpdateTime
// alone, sign-in methods that are not sent with a role are cleared, whoever is
// no member is removed with success, and a value over the size of its column is
// a 500.
var membershipContract = contract{
	name:     "membership",
	errors:   ErrorText,
	global:   true,
	noStates: true,
	routes: []route{
		listMembersRoute,
		{operation: "get user", pattern: "GET /org/{organization}/user/{id}", handle: getGlobalUser},
		{operation: "add user", pattern: "POST /org/{organization}/user", handle: addMember},
		{operation: "update user", pattern: "PATCH /org/{organization}/user/{id}", handle: updateMember},
		{operation: "remove user", pattern: "DELETE /org/{organization}/user/{id}", handle: removeMember},
		listCustomRolesRoute,
		{operation: "add role", pattern: "POST /org/{organization}/role", handle: addCustomRole},
		{operation: "update role", pattern: "PATCH /org/{organization}/role/{id}", handle: updateCustomRole},
		{operation: "remove role", pattern: "DELETE /org/{organization}/role/{id}", handle: removeCustomRole},
	},
}

var (
	listMembersRoute = route{operation: "list users", pattern: "GET /org/{organization}/user", handle: func(q *request) (answer, error) {
		return listMembers(q, appendMember)
	}}
	listCustomRolesRoute = route{operation: "list roles", pattern: "GET /org/{organization}/role", handle: listCustomRoles}
)

// The documented contract is the membership contract without what Suger does
// not document: the list of users is the one operation, besides the tokens.
var documentedContract = contract{
	name:     "documented",
	errors:   ErrorText,
	global:   true,
	noStates: true,
	routes: []route{
		listMembersRoute,
		{operation: unknown, pattern: "/org/{organization}/user", open: true, handle: func(*request) (answer, error) {
			return answer{}, &refusal{status: http.StatusMethodNotAllowed, text: "method not allowed", allow: "GET, HEAD"}
		}},
	},
}

// The twostep contract is INVENTED FOR TESTING, its paths included; Suger does
// not publish it. It differs from the membership contract in: users and
// memberships are two resources with ids of their own, so that adding somebody
// takes two calls of which the second can be refused, and a membership is
// changed and removed by its own id. Removing a membership that does not exist
// is a 404.
var twostepContract = contract{
	name:     "twostep",
	errors:   ErrorText,
	global:   true,
	noStates: true,
	routes: []route{
		{operation: "list users", pattern: "GET /org/{organization}/user", handle: func(q *request) (answer, error) {
			return listMembers(q, appendMembership)
		}},
		{operation: "get user", pattern: "GET /user/{id}", handle: getGlobalUser},
		{operation: "create user", pattern: "POST /user", handle: twostepCreateUser},
		{operation: "add user", pattern: "POST /org/{organization}/membership", handle: twostepAddMembership},
		{operation: "update user", pattern: "PATCH /user/{id}", handle: twostepUpdateUser},
		{operation: "set role", pattern: "PATCH /org/{organization}/membership/{id}", handle: twostepSetRole},
		{operation: "remove user", pattern: "DELETE /org/{organization}/membership/{id}", handle: twostepRemoveMembership},
		listCustomRolesRoute,
	},
}

// listMembers answers everybody, whatever limit and offset say. The answer of a
// large organization has tens of megabytes, so it is written by hand and never
// held whole.
func listMembers(q *request, row func([]byte, *User) []byte) (answer, error) {
	members := q.organization.all()
	return answer{
		status: http.StatusOK,
		header: http.Header{"Content-Type": {"application/json"}},
		stream: func(w io.Writer) error { return writeMembers(w, members, row) },
	}, nil
}

func writeMembers(w io.Writer, members []*member, row func([]byte, *User) []byte) error {
	const chunk = 64 << 10
	buffer := append(make([]byte, 0, chunk+4<<10), '[')
	var user User // one for all rows: row makes it escape
	for i, m := range members {
		if i > 0 {
			buffer = append(buffer, ',')
		}
		user = m.view()
		if buffer = row(buffer, &user); len(buffer) < chunk {
			continue
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
		buffer = buffer[:0]
	}
	_, err := w.Write(append(buffer, ']'))
	return err
}

// appendMember appends a row of the list.
func appendMember(b []byte, u *User) []byte {
	b = appendGlobal(append(b, `{"id":`...), u)
	b = appendText(append(b, `,"userRole":`...), u.Role)
	return append(appendTime(append(b, `,"joinOrganizationTime":`...), u.JoinTime), '}')
}

// appendMembership appends a row of the twostep contract's list.
func appendMembership(b []byte, u *User) []byte {
	b = appendText(append(b, `{"membershipId":`...), u.MembershipID)
	b = appendGlobal(append(b, `,"userId":`...), u)
	b = appendText(append(b, `,"userRole":`...), u.Role)
	return append(appendTime(append(b, `,"joinOrganizationTime":`...), u.JoinTime), '}')
}

// appendGlobal appends what belongs to the user, from the value of the id on.
func appendGlobal(b []byte, u *User) []byte {
	b = appendText(b, u.ID)
	b = appendText(append(b, `,"firstName":`...), u.FirstName)
	b = appendText(append(b, `,"lastName":`...), u.LastName)
	b = appendText(append(b, `,"email":`...), u.Email)
	b = appendTime(append(b, `,"creationTime":`...), u.CreationTime)
	return appendTime(append(b, `,"lastUpdateTime":`...), u.LastUpdateTime)
}

// appendText appends a JSON string.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(text) // a string has no error
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), timeFormat), '"')
}

// replyRow answers 200 with one row.
func replyRow(row []byte) (answer, error) { return reply(json.RawMessage(row)) }

func replyGlobal(u *User) (answer, error) {
	return replyRow(append(appendGlobal([]byte(`{"id":`), u), '}'))
}

// getGlobalUser answers the user alone, to every organization.
func getGlobalUser(q *request) (answer, error) {
	global, err := q.store.globalUser(q.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	var user User
	user.setGlobal(global)
	return replyGlobal(&user)
}

func addMember(q *request) (answer, error) {
	body, err := q.read(form{"email": text, "firstName": text, "lastName": text, "userRole": text, "allowedAuthMethods": texts})
	if err != nil {
		return answer{}, err
	}
	wish := User{AuthMethods: body.texts("allowedAuthMethods")}
	fill(&wish.Email, body.text("email"))
	fill(&wish.FirstName, body.text("firstName"))
	fill(&wish.LastName, body.text("lastName"))
	fill(&wish.Role, body.text("userRole"))
	user, err := q.organization.join(wish, q.pretend)
	if err != nil {
		return answer{}, err
	}
	return replyRow(appendMember(nil, &user))
}

// updateMember answers the row, or of somebody who is no member the user alone.
// An e-mail is taken and ignored.
func updateMember(q *request) (answer, error) {
	body, err := q.read(form{"firstName": text, "lastName": text, "userRole": text, "allowedAuthMethods": texts, "email": ignored})
	if err != nil {
		return answer{}, err
	}
	user, present, err := q.organization.change(q.PathValue("id"), change{
		firstName: body.text("firstName"), lastName: body.text("lastName"),
		role: body.text("userRole"), authMethods: body.texts("allowedAuthMethods"),
	}, q.pretend)
	switch {
	case err != nil:
		return answer{}, err
	case present:
		return replyRow(appendMember(nil, &user))
	default:
		return replyGlobal(&user)
	}
}

func removeMember(q *request) (answer, error) {
	q.organization.leave(q.PathValue("id"), q.pretend)
	return emptied()
}

type customRole struct {
	OrganizationID string   `json:"organizationID"`
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Description    string   `json:"description"`
	Permissions    []string `json:"permissions"`
	CreationTime   string   `json:"creationTime"`
}

func (q *request) customRole(r Role) customRole {
	return customRole{
		OrganizationID: q.organization.id, ID: r.ID, Name: r.Name, Description: r.Description,
		Permissions: nonNil(r.Permissions), CreationTime: q.organization.roleTime(r.ID).Format(timeFormat),
	}
}

// listCustomRoles leaves out the standard roles: they are words, not rows.
func listCustomRoles(q *request) (answer, error) {
	custom := []customRole{}
	for _, role := range q.organization.listRoles() {
		if role.Type == TypeCustom {
			custom = append(custom, q.customRole(role))
		}
	}
	return reply(custom)
}

func addCustomRole(q *request) (answer, error) {
	edit, err := q.readRole()
	if err != nil {
		return answer{}, err
	}
	var role Role
	edit(&role)
	return q.customRoleAnswer(q.organization.addRole(role, q.pretend))
}

func updateCustomRole(q *request) (answer, error) {
	edit, err := q.readRole()
	if err != nil {
		return answer{}, err
	}
	return q.customRoleAnswer(q.organization.updateRole(q.PathValue("id"), q.pretend, edit))
}

func (q *request) customRoleAnswer(role Role, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return reply(q.customRole(role))
}

func removeCustomRole(q *request) (answer, error) {
	if err := q.organization.removeRole(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return emptied()
}

func twostepCreateUser(q *request) (answer, error) {
	body, err := q.read(form{"email": text, "firstName": text, "lastName": text})
	if err != nil {
		return answer{}, err
	}
	var wish GlobalUser
	fill(&wish.Email, body.text("email"))
	fill(&wish.FirstName, body.text("firstName"))
	fill(&wish.LastName, body.text("lastName"))
	user, err := q.store.createUser(wish, q.pretend)
	if err != nil {
		return answer{}, err
	}
	return reply(object{"id": user.ID})
}

func twostepAddMembership(q *request) (answer, error) {
	body, err := q.read(form{"userId": text, "userRole": text})
	if err != nil {
		return answer{}, err
	}
	var id, role string
	fill(&id, body.text("userId"))
	fill(&role, body.text("userRole"))
	user, err := q.organization.joinByID(id, role, nil, q.pretend)
	if err != nil {
		return answer{}, err
	}
	return replyMembership(&user)
}

func replyMembership(u *User) (answer, error) {
	return reply(object{"id": u.MembershipID, "userId": u.ID, "userRole": u.Role, "joinOrganizationTime": u.JoinTime.Format(timeFormat)})
}

func twostepUpdateUser(q *request) (answer, error) {
	body, err := q.read(form{"firstName": text, "lastName": text})
	if err != nil {
		return answer{}, err
	}
	user, _, err := q.store.home().change(q.PathValue("id"), change{firstName: body.text("firstName"), lastName: body.text("lastName")}, q.pretend)
	if err != nil {
		return answer{}, err
	}
	return replyGlobal(&user)
}

func twostepSetRole(q *request) (answer, error) {
	body, err := q.read(form{"userRole": text})
	if err != nil {
		return answer{}, err
	}
	id, err := q.organization.userOf(q.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	user, _, err := q.organization.change(id, change{role: body.text("userRole")}, q.pretend)
	if err != nil {
		return answer{}, err
	}
	return replyMembership(&user)
}

func twostepRemoveMembership(q *request) (answer, error) {
	id, err := q.organization.userOf(q.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	q.organization.leave(id, q.pretend)
	return emptied()
}
