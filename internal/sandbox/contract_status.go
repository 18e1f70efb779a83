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
// Where nothing is known the sandbox does what is harder for a client: a new
// user is INVITED until the first sign-in, a create answers 200 whether the
// user is new or not, a limit above 1000 is cut without an error, and an unknown
// organization is a 404 like an unknown user.
var statusContract = contract{
	name:   "status",
	refuse: refuseString,
	routes: []route{
		{operation: "list users", pattern: "GET /org/{organization}/user", handle: statusListUsers},
		{operation: "get user", pattern: "GET /org/{organization}/user/{id}", handle: getUser(showStatusUser)},
		{operation: "add user", pattern: "POST /org/{organization}/user", handle: addUser(statusNew, showStatusUser, 200, 200)},
		{operation: "update user", pattern: "PATCH /org/{organization}/user/{id}", handle: updateUser(statusPatch, showStatusUser)},
		{operation: "remove user", pattern: "DELETE /org/{organization}/user/{id}", handle: removeUser(reply(200, ""))},
		{operation: "list roles", pattern: "GET /org/{organization}/role", handle: listRoles(bare, showStatusRole)},
		{operation: "add role", pattern: "POST /org/{organization}/role", handle: addRole(200, showStatusRole)},
		{operation: "update role", pattern: "PATCH /org/{organization}/role/{id}", handle: updateRole(false, showStatusRole)},
		{operation: "remove role", pattern: "DELETE /org/{organization}/role/{id}", handle: removeRole(reply(200, ""))},
	},
}

var (
	statusNew   = fields{"email": email, "firstName": firstName, "lastName": lastName, "role": role}
	statusPatch = fields{"email": email, "firstName": firstName, "lastName": lastName, "role": role, "status": status}
)

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

func showStatusUser(q *request, u *User) any {
	return statusUser{
		ID: u.ID, OrganizationID: q.PathValue("organization"),
		Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, Role: u.Role, Status: u.Status,
		CreationTime: stamp(u.CreationTime), LastUpdateTime: stamp(u.LastUpdateTime),
	}
}

func statusListUsers(q *request) (answer, error) {
	page, err := q.byOffset(1000)
	return reply(http.StatusOK, page.rows(q, showStatusUser)), err
}

func showStatusRole(r Role) any {
	return object{"id": r.ID, "name": r.Name, "description": r.Description, "type": r.Type, "permissions": nonNil(r.Permissions)}
}

// bare is a list that is not inside an object.
func bare(list []any) any { return list }
