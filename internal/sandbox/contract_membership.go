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
// roles are rows. Verbs, paths and the names in the bodies of writes are
// assumptions.
//
// Where nothing is known the sandbox does what is harder for a client: a user
// by id is answered to every organization, a role change leaves lastUpdateTime
// alone, removing somebody who is no member succeeds, and a value over the size
// of its column is a 500.
var membershipContract = contract{
	name:     "membership",
	refuse:   refuseText,
	global:   true,
	noStates: true,
	routes: []route{
		{operation: "list users", pattern: "GET /org/{organization}/user", handle: listMembers(appendMember)},
		{operation: "get user", pattern: "GET /org/{organization}/user/{id}", handle: getGlobalUser},
		{operation: "add user", pattern: "POST /org/{organization}/user", handle: addMember},
		{operation: "update user", pattern: "PATCH /org/{organization}/user/{id}", handle: updateMember},
		{operation: "remove user", pattern: "DELETE /org/{organization}/user/{id}", handle: removeMember},
		{operation: "list roles", pattern: "GET /org/{organization}/role", handle: listCustomRoles},
		{operation: "add role", pattern: "POST /org/{organization}/role", handle: func(q *request) (answer, error) { return addRole(200, q.customRole)(q) }},
		{operation: "update role", pattern: "PATCH /org/{organization}/role/{id}", handle: func(q *request) (answer, error) { return updateRole(false, q.customRole)(q) }},
		{operation: "remove role", pattern: "DELETE /org/{organization}/role/{id}", handle: removeRole(noBody(200))},
	},
}

// The documented contract is the membership contract without what Suger does
// not document: it has the list of users alone, besides the tokens.
var documentedContract = contract{
	name:     "documented",
	refuse:   refuseText,
	global:   true,
	noStates: true,
	routes: []route{
		{operation: "list users", pattern: "GET /org/{organization}/user", handle: listMembers(appendMember)},
		{operation: unknown, pattern: "/org/{organization}/user", open: true, handle: func(*request) (answer, error) {
			return answer{}, &refusal{status: http.StatusMethodNotAllowed, text: "method not allowed", allow: "GET, HEAD"}
		}},
	},
}

// The twostep contract is INVENTED FOR TESTING, its paths included; Suger does
// not publish it. It differs from the membership contract: users and
// memberships are two resources with ids of their own, so that adding somebody
// is two calls of which the second can be refused, and a membership is
// changed and removed by its own id. Removing a membership that does not exist
// is a 404.
var twostepContract = contract{
	name:     "twostep",
	refuse:   refuseText,
	global:   true,
	noStates: true,
	routes: []route{
		{operation: "list users", pattern: "GET /org/{organization}/user", handle: listMembers(appendMembership)},
		{operation: "get user", pattern: "GET /user/{id}", handle: getGlobalUser},
		{operation: "create user", pattern: "POST /user", handle: twostepCreateUser},
		{operation: "add user", pattern: "POST /org/{organization}/membership", handle: twostepAddMembership},
		{operation: "update user", pattern: "PATCH /user/{id}", handle: twostepUpdateUser},
		{operation: "set role", pattern: "PATCH /org/{organization}/membership/{id}", handle: twostepSetRole},
		{operation: "remove user", pattern: "DELETE /org/{organization}/membership/{id}", handle: twostepRemoveMembership},
		{operation: "list roles", pattern: "GET /org/{organization}/role", handle: listCustomRoles},
	},
}

// listMembers answers everybody, whatever limit and offset say. The answer of a
// large organization has tens of megabytes: it is never held whole, and
// written by hand in a fifth of the time that encoding/json needs
// (BenchmarkMembershipList), which leaves the processor to the gateway under test.
func listMembers(row func([]byte, *User) []byte) handler {
	return func(q *request) (answer, error) {
		members, _ := q.organization.page(0, len(q.organization.members))
		return answer{
			status: http.StatusOK,
			header: http.Header{"Content-Type": {"application/json"}},
			stream: func(w io.Writer) error { return writeRows(w, members, row) },
		}, nil
	}
}

func writeRows(w io.Writer, members []*member, row func([]byte, *User) []byte) error {
	const chunk = 64 << 10
	buffer := append(make([]byte, 0, chunk+4<<10), '[')
	for i, m := range members {
		if i > 0 {
			buffer = append(buffer, ',')
		}
		if buffer = row(buffer, &m.User); len(buffer) < chunk {
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
	return appendRole(appendGlobal(append(b, `{"id":`...), u), u)
}

// appendMembership appends a row of the twostep contract's list.
func appendMembership(b []byte, u *User) []byte {
	b = appendText(append(b, `{"membershipId":`...), u.MembershipID)
	return appendRole(appendGlobal(append(b, `,"userId":`...), u), u)
}

// appendGlobal appends what belongs to the person, from the value of the id on.
func appendGlobal(b []byte, u *User) []byte {
	b = appendText(b, u.ID)
	b = appendText(append(b, `,"firstName":`...), u.FirstName)
	b = appendText(append(b, `,"lastName":`...), u.LastName)
	b = appendText(append(b, `,"email":`...), u.Email)
	b = appendTime(append(b, `,"creationTime":`...), u.CreationTime)
	return appendTime(append(b, `,"lastUpdateTime":`...), u.LastUpdateTime)
}

// appendRole appends what belongs to the membership, to the end.
func appendRole(b []byte, u *User) []byte {
	b = appendText(append(b, `,"userRole":`...), u.Role)
	return append(appendTime(append(b, `,"joinOrganizationTime":`...), u.JoinTime), '}')
}

func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(text) // a string has no error
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), timeFormat), '"')
}

func replyMember(u *User) answer { return reply(http.StatusOK, json.RawMessage(appendMember(nil, u))) }

// replyGlobal answers the person without a membership.
func replyGlobal(u *User) answer {
	return reply(http.StatusOK, json.RawMessage(append(appendGlobal([]byte(`{"id":`), u), '}')))
}

// getGlobalUser answers the person alone, to every organization.
func getGlobalUser(q *request) (answer, error) {
	global, ok := q.store.users[q.PathValue("id")]
	if !ok {
		return answer{}, errNoUser
	}
	var user User
	user.setGlobal(*global)
	return replyGlobal(&user), nil
}

func addMember(q *request) (answer, error) {
	var wish User
	if err := q.fill(&wish, fields{"email": email, "firstName": firstName, "lastName": lastName, "userRole": role}); err != nil {
		return answer{}, err
	}
	user, err := q.organization.join(wish)
	return replyMember(&user), err
}

// updateMember answers the row, or of somebody who is no member the person
// alone. An e-mail is accepted and ignored.
func updateMember(q *request) (answer, error) {
	user, present, err := q.change(q.organization, q.PathValue("id"), fields{"firstName": firstName, "lastName": lastName, "userRole": role, "email": ignored})
	if err == nil && !present {
		return replyGlobal(&user), nil
	}
	return replyMember(&user), err
}

// change changes a person, or the role of a member, as the body says.
func (q *request) change(o *organization, id string, allowed fields) (user User, present bool, err error) {
	return o.change(id, func(user *User) error { return q.fill(user, allowed) })
}

// removeMember ends a membership; somebody who is no member has left already.
func removeMember(q *request) (answer, error) {
	_ = q.organization.remove(q.PathValue("id"))
	return noBody(http.StatusOK), nil
}

func (q *request) customRole(r Role) any {
	return struct {
		OrganizationID string   `json:"organizationID"`
		ID             string   `json:"id"`
		Name           string   `json:"name"`
		Description    string   `json:"description"`
		Permissions    []string `json:"permissions"`
		CreationTime   string   `json:"creationTime"`
	}{q.organization.id, r.ID, r.Name, r.Description, nonNil(r.Permissions), stamp(q.organization.roleTimes[r.ID])}
}

// listCustomRoles leaves out the standard roles: they are words, not rows.
func listCustomRoles(q *request) (answer, error) {
	custom := []any{}
	for _, role := range q.organization.roles {
		if role.Type == TypeCustom {
			custom = append(custom, q.customRole(role))
		}
	}
	return reply(http.StatusOK, custom), nil
}

func twostepCreateUser(q *request) (answer, error) {
	var wish User
	if err := q.fill(&wish, fields{"email": email, "firstName": firstName, "lastName": lastName}); err != nil {
		return answer{}, err
	}
	if err := checkEmail(wish.Email); err != nil {
		return answer{}, err
	}
	user, err := q.store.upsert(wish)
	if err != nil {
		return answer{}, err
	}
	q.store.putUser(user)
	return reply(http.StatusOK, object{"id": user.ID}), nil
}

func twostepAddMembership(q *request) (answer, error) {
	var wish User
	if err := q.fill(&wish, fields{"userId": userID, "userRole": role}); err != nil {
		return answer{}, err
	}
	user, ok := q.store.users[wish.ID]
	if !ok {
		return answer{}, errNoUser
	}
	if err := q.organization.permitEmail(user.Email); err != nil {
		return answer{}, err
	}
	joined, err := q.organization.enroll(*user, wish.Role)
	return replyMembership(&joined), err
}

func replyMembership(u *User) answer {
	return reply(http.StatusOK, object{"id": u.MembershipID, "userId": u.ID, "userRole": u.Role, "joinOrganizationTime": stamp(u.JoinTime)})
}

func twostepUpdateUser(q *request) (answer, error) {
	user, _, err := q.change(q.store.home(), q.PathValue("id"), fields{"firstName": firstName, "lastName": lastName})
	return replyGlobal(&user), err
}

func twostepSetRole(q *request) (answer, error) {
	member, err := q.organization.membership(q.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	user, _, err := q.change(q.organization, member.ID, fields{"userRole": role})
	return replyMembership(&user), err
}

func twostepRemoveMembership(q *request) (answer, error) {
	member, err := q.organization.membership(q.PathValue("id"))
	if err == nil {
		q.organization.drop(member)
	}
	return noBody(http.StatusOK), err
}
