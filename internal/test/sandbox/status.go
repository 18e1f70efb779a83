package sandbox

import core "suger-scim-gateway/internal/sandbox"

// The status contract was what the gateway assumed before Suger's own data
// layer was known; Suger does not publish it. Only GET /org/{organization}/user
// is documented (doc.suger.io/get-started/api-client); the rest follows Suger's
// published API for contacts by analogy: offset paging with a limit of 1000,
// bare arrays, PATCH with the changed fields only, an empty value clears, a
// delete answers "", a known e-mail answers the existing row, errors are bare
// JSON strings (github.com/sugerio/suger-sdk-ts, api/openapi.yaml). A user has
// a status, which ends access.
//
// Where nothing is known, the sandbox behaves in the way that is harder for a
// client: a new user is INVITED until the first sign-in, a create answers 200
// whether the user is new or not, a limit above 1000 is cut without an error,
// and an unknown organization is a 404 like an unknown user.
var statusContract = core.Contract{
	Refuse: refuseString,
	Routes: []core.Route{
		route("list users", "GET /org/{organization}/user", statusListUsers),
		route("get user", "GET /org/{organization}/user/{id}", getUser(statusUser)),
		route("add user", "POST /org/{organization}/user", statusRules.add(func(q *core.Request, u *User) error { return q.Read(statusFields(u)) }, statusUser, 200, 200)),
		route("update user", "PATCH /org/{organization}/user/{id}", statusRules.update(200, func(q *core.Request, u *User) error {
			fields := statusFields(u)
			fields["status"] = &u.Status
			return q.Read(fields)
		}, statusUser)),
		route("remove user", "DELETE /org/{organization}/user/{id}", removeUser(core.Reply(200, ""))),
		route("list roles", "GET /org/{organization}/role", listRoles(bare, showRole)),
		route("add role", "POST /org/{organization}/role", core.AddRole(200, showRole)),
		route("update role", "PATCH /org/{organization}/role/{id}", core.UpdateRole(false, showRole)),
		route("remove role", "DELETE /org/{organization}/role/{id}", core.RemoveRole(core.Reply(200, ""))),
	},
}

var statusRules = &local{}

func statusFields(u *User) core.Fields {
	return core.Fields{"email": &u.Email, "firstName": &u.FirstName, "lastName": &u.LastName, "role": &u.Role}
}

type statusRow struct {
	ID             string    `json:"id"`
	OrganizationID string    `json:"organizationID"`
	Email          string    `json:"email"`
	FirstName      string    `json:"firstName"`
	LastName       string    `json:"lastName"`
	Role           string    `json:"role"`
	Status         string    `json:"status"`
	CreationTime   core.Time `json:"creationTime"`
	LastUpdateTime core.Time `json:"lastUpdateTime"`
}

func statusUser(q *core.Request, m *core.Member) any { return statusRowOf(q, m) }

func statusRowOf(q *core.Request, m *core.Member) statusRow {
	return statusRow{
		ID: m.ID, OrganizationID: q.Organization.ID, Email: m.Email, FirstName: m.FirstName, LastName: m.LastName, Role: m.Role, Status: m.Status,
		CreationTime: m.CreationTime, LastUpdateTime: m.LastUpdateTime,
	}
}

func statusListUsers(q *core.Request) (core.Answer, error) {
	page, err := byOffset(q, 1000)
	if err != nil {
		return core.Answer{}, err
	}
	return core.ReplyRows(page.members, func(m *core.Member) statusRow { return statusRowOf(q, m) }), nil
}
