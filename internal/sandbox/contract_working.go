package sandbox

import "net/http"

// The working contract is what the gateway assumes of Suger until a customer's
// organization proves otherwise. GET /org/{organization}/user is documented
// (doc.suger.io/get-started/api-client); the rest follows Suger's published
// API for contacts by analogy: offset paging with a limit of 1000, bare
// arrays, PATCH with the changed fields only, an empty value clears, a delete
// answers "", a known e-mail answers the existing row, errors are bare JSON
// strings (github.com/sugerio/suger-sdk-ts, api/openapi.yaml).
//
// Where nothing is known the sandbox takes what is harder for a client: a new
// user is INVITED until the first sign-in, a create answers 200 whether the
// user is new or not, a limit above 1000 is cut in silence, and an unknown
// organization is a 404 like an unknown user.
var workingContract = contract{
	name:      "working",
	errorBody: bareText,
	routes: []route{
		{operation: "list users", pattern: "GET /org/{organization}/user", handle: workingListUsers},
		{operation: "get user", pattern: "GET /org/{organization}/user/{id}", handle: workingGetUser},
		{operation: "add user", pattern: "POST /org/{organization}/user", handle: workingAddUser},
		{operation: "update user", pattern: "PATCH /org/{organization}/user/{id}", handle: workingUpdateUser},
		{operation: "remove user", pattern: "DELETE /org/{organization}/user/{id}", handle: workingRemoveUser},
		{operation: "list roles", pattern: "GET /org/{organization}/role", handle: workingListRoles},
		{operation: "add role", pattern: "POST /org/{organization}/role", handle: workingAddRole},
		{operation: "update role", pattern: "PATCH /org/{organization}/role/{id}", handle: workingUpdateRole},
		{operation: "remove role", pattern: "DELETE /org/{organization}/role/{id}", handle: workingRemoveRole},
	},
}

type workingUser struct {
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

func (q *request) workingUser(u *User) workingUser {
	return workingUser{
		ID: u.ID, OrganizationID: q.PathValue("organization"),
		Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, Role: u.Role, Status: u.Status,
		CreationTime: u.CreationTime.Format(timeFormat), LastUpdateTime: u.LastUpdateTime.Format(timeFormat),
	}
}

func workingListUsers(q *request) (answer, error) {
	page, err := q.byOffset(1000)
	if err != nil {
		return answer{}, err
	}
	return reply(rows(page, q.workingUser))
}

func workingGetUser(q *request) (answer, error) {
	return q.workingAnswer(q.store.user(q.PathValue("id")))
}

func workingAddUser(q *request) (answer, error) {
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
	user, _, err = q.store.add(user, q.pretend)
	return q.workingAnswer(user, err)
}

func workingUpdateUser(q *request) (answer, error) {
	body, err := q.read(form{"email": text, "firstName": text, "lastName": text, "role": text, "status": text})
	if err != nil {
		return answer{}, err
	}
	return q.workingAnswer(q.store.update(q.PathValue("id"), q.pretend, func(user *User) error {
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

func workingRemoveUser(q *request) (answer, error) {
	if err := q.store.remove(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return reply("")
}

func (q *request) workingAnswer(user User, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return replyStatus(http.StatusOK, q.workingUser(&user))
}
