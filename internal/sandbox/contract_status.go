package sandbox

import "net/http"

// The status contract was what the gateway assumed before Suger's own data
// layer was known; Suger does not publish it. Only GET /org/{organization}/user
// is documented (doc.suger.io/get-started/api-client); the rest follows Suger's
// published API for contacts by analogy: offset paging with a limit of 1000,
// bare arrays, PATCH with the changed fields only, an empty value clears, a
// delete answers "", a known e-mail answers the existing row, errors are bare
// JSON strings (github.com/sugerio/suger-sdk-ts, api/openapi.yaml). A user has
// a status, which ends access.
//
// Where nothing is known the sandbox takes what is harder for a client: a new
// user is INVITED until the first sign-in, a create answers 200 whether the
// user is new or not, a limit above 1000 is cut in silence, and an unknown
// organization is a 404 like an unknown user.
var statusContract = contract{
	name:   "status",
	errors: ErrorString,
	routes: []route{
		{operation: "list users", pattern: "GET /org/{organization}/user", handle: statusListUsers},
		{operation: "get user", pattern: "GET /org/{organization}/user/{id}", handle: statusGetUser},
		{operation: "add user", pattern: "POST /org/{organization}/user", handle: statusAddUser},
		{operation: "update user", pattern: "PATCH /org/{organization}/user/{id}", handle: statusUpdateUser},
		{operation: "remove user", pattern: "DELETE /org/{organization}/user/{id}", handle: statusRemoveUser},
		{operation: "list roles", pattern: "GET /org/{organization}/role", handle: statusListRoles},
		{operation: "add role", pattern: "POST /org/{organization}/role", handle: statusAddRole},
		{operation: "update role", pattern: "PATCH /org/{organization}/role/{id}", handle: statusUpdateRole},
		{operation: "remove role", pattern: "DELETE /org/{organization}/role/{id}", handle: statusRemoveRole},
	},
}

type statusUser struct {
	ID             string `json:"id"`
	OrganizationID string `json:"organizationID"`
	Email          string `json:"email"`
	FirstName      string `json:"firstName"`
	LastName       string `json:"lastName"`
	Role           string `json:"role"`
	Status         string `json:"status"`
	CreationTime   string `json:"creationTime"`
	LastUpdateTime string `json:"lastUpdateTime"`
}

func (q *request) statusUser(u *User) statusUser {
	return statusUser{
		ID: u.ID, OrganizationID: q.PathValue("organization"),
		Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, Role: u.Role, Status: u.Status,
		CreationTime: u.CreationTime.Format(timeFormat), LastUpdateTime: u.LastUpdateTime.Format(timeFormat),
	}
}

func statusListUsers(q *request) (answer, error) {
	page, err := q.byOffset(1000)
	if err != nil {
		return answer{}, err
	}
	return reply(rows(page, q.statusUser))
}

func statusGetUser(q *request) (answer, error) {
	return q.statusAnswer(q.organization.user(q.PathValue("id")))
}

func statusAddUser(q *request) (answer, error) {
	body, err := q.read(form{"email": text, "firstName": text, "lastName": text, "role": text})
	if err != nil {
		return answer{}, err
	}
	var user User
	if err := oneRole(&user, body.text("role")); err != nil {
		return answer{}, err
	}
	fill(&user.Email, body.text("email"))
	fill(&user.FirstName, body.text("firstName"))
	fill(&user.LastName, body.text("lastName"))
	user, _, err = q.organization.add(user, q.pretend)
	return q.statusAnswer(user, err)
}

func statusUpdateUser(q *request) (answer, error) {
	body, err := q.read(form{"email": text, "firstName": text, "lastName": text, "role": text, "status": text})
	if err != nil {
		return answer{}, err
	}
	return q.statusAnswer(q.organization.update(q.PathValue("id"), q.pretend, func(user *User) error {
		fill(&user.Email, body.text("email"))
		fill(&user.FirstName, body.text("firstName"))
		fill(&user.LastName, body.text("lastName"))
		fill(&user.Status, body.text("status"))
		if role := body.text("role"); role != nil {
			return oneRole(user, role)
		}
		return nil
	}))
}

func statusRemoveUser(q *request) (answer, error) {
	if err := q.organization.remove(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return reply("")
}

func (q *request) statusAnswer(user User, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return replyStatus(http.StatusOK, q.statusUser(&user))
}

type statusRole struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        string   `json:"type"`
	Permissions []string `json:"permissions"`
}

func showStatusRole(r Role) statusRole {
	return statusRole{ID: r.ID, Name: r.Name, Description: r.Description, Type: r.Type, Permissions: nonNil(r.Permissions)}
}

func statusListRoles(q *request) (answer, error) {
	return reply(showRoles(q, showStatusRole))
}

func statusAddRole(q *request) (answer, error) {
	edit, err := q.readRole()
	if err != nil {
		return answer{}, err
	}
	var role Role
	edit(&role)
	return statusRoleAnswer(q.organization.addRole(role, q.pretend))
}

func statusUpdateRole(q *request) (answer, error) {
	edit, err := q.readRole()
	if err != nil {
		return answer{}, err
	}
	return statusRoleAnswer(q.organization.updateRole(q.PathValue("id"), q.pretend, edit))
}

func statusRemoveRole(q *request) (answer, error) {
	if err := q.organization.removeRole(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return reply("")
}

func statusRoleAnswer(role Role, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return reply(showStatusRole(role))
}
