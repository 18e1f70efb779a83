package sandbox

import (
	"net/http"
	"slices"
)

// The multirole contract is INVENTED FOR TESTING; Suger does not publish it.
// It differs from the working contract in: several roles per user, granted and
// revoked by operations of their own; activation and deactivation by
// operations of their own, which answer 200 with an empty body; the state as
// the time of removal, null while there is access; cursor paging with the next
// cursor in the header X-Next-Cursor and at most 500 rows; lists in
// {"items": …}; an e-mail that cannot be changed; 409 for a known e-mail; and
// errors as objects.
var multiroleContract = contract{
	name:      "multirole",
	errorBody: func(text string) any { return map[string]any{"message": text} },
	routes: []route{
		{operation: "list users", pattern: "GET /v3/orgs/{organization}/users", handle: multiroleListUsers},
		{operation: "get user", pattern: "GET /v3/orgs/{organization}/users/{id}", handle: multiroleGetUser},
		{operation: "add user", pattern: "POST /v3/orgs/{organization}/users", handle: multiroleAddUser},
		{operation: "update user", pattern: "PATCH /v3/orgs/{organization}/users/{id}", handle: multiroleUpdateUser},
		{operation: "remove user", pattern: "DELETE /v3/orgs/{organization}/users/{id}", handle: removeUser},
		{operation: "activate user", pattern: "POST /v3/orgs/{organization}/users/{id}/activate", handle: multiroleActivate},
		{operation: "deactivate user", pattern: "POST /v3/orgs/{organization}/users/{id}/deactivate", handle: multiroleDeactivate},
		{operation: "grant role", pattern: "POST /v3/orgs/{organization}/users/{id}/roles", handle: multiroleGrant},
		{operation: "revoke role", pattern: "DELETE /v3/orgs/{organization}/users/{id}/roles/{role}", handle: multiroleRevoke},
		{operation: "list roles", pattern: "GET /v3/orgs/{organization}/roles", handle: multiroleListRoles},
		{operation: "add role", pattern: "POST /v3/orgs/{organization}/roles", handle: workingAddRole},
		{operation: "update role", pattern: "PATCH /v3/orgs/{organization}/roles/{id}", handle: workingUpdateRole},
		{operation: "remove role", pattern: "DELETE /v3/orgs/{organization}/roles/{id}", handle: multiroleRemoveRole},
	},
}

type multiroleUser struct {
	ID           string   `json:"id"`
	Organization string   `json:"organization"`
	Email        string   `json:"email"`
	GivenName    string   `json:"givenName"`
	FamilyName   string   `json:"familyName"`
	Roles        []string `json:"roles"`
	RemovedAt    *string  `json:"removedAt"`
	CreatedAt    string   `json:"createdAt"`
	UpdatedAt    string   `json:"updatedAt"`
}

func (q *request) multiroleUser(u *User) multiroleUser {
	shown := multiroleUser{
		ID: u.ID, Organization: q.PathValue("organization"),
		Email: u.Email, GivenName: u.FirstName, FamilyName: u.LastName, Roles: u.roles(),
		CreatedAt: u.CreationTime.Format(timeFormat), UpdatedAt: u.LastUpdateTime.Format(timeFormat),
	}
	if u.Status == StatusInactive {
		removed := u.DeactivationTime.Format(timeFormat)
		shown.RemovedAt = &removed
	}
	return shown
}

func multiroleListUsers(q *request) (answer, error) {
	page, cursor, err := q.byCursor(500)
	if err != nil {
		return answer{}, err
	}
	list, err := reply(object{"items": rows(page, q.multiroleUser)})
	if cursor != "" {
		list.header.Set("X-Next-Cursor", cursor)
	}
	return list, err
}

func multiroleGetUser(q *request) (answer, error) {
	return q.multiroleAnswer(q.store.user(q.PathValue("id")))
}

func multiroleAddUser(q *request) (answer, error) {
	body, err := q.read(form{"email": text, "givenName": text, "familyName": text, "roles": texts})
	if err != nil {
		return answer{}, err
	}
	var user User
	fill(&user.Email, body.text("email"))
	fill(&user.FirstName, body.text("givenName"))
	fill(&user.LastName, body.text("familyName"))
	for _, id := range body.texts("roles") {
		if err := grant(&user, id); err != nil {
			return answer{}, err
		}
	}
	user, existed, err := q.store.add(user, q.pretend)
	switch {
	case err != nil:
		return answer{}, err
	case existed:
		return answer{}, refuse(http.StatusConflict, "a user with this email already exists")
	default:
		return created(q.multiroleUser(&user))
	}
}

func multiroleUpdateUser(q *request) (answer, error) {
	body, err := q.read(form{"givenName": text, "familyName": text})
	if err != nil {
		return answer{}, err
	}
	return q.multiroleAnswer(q.store.update(q.PathValue("id"), q.pretend, func(user *User) error {
		fill(&user.FirstName, body.text("givenName"))
		fill(&user.LastName, body.text("familyName"))
		return nil
	}))
}

func (q *request) multiroleAnswer(user User, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return reply(q.multiroleUser(&user))
}

func multiroleActivate(q *request) (answer, error)   { return q.multiroleEnable(true) }
func multiroleDeactivate(q *request) (answer, error) { return q.multiroleEnable(false) }

func (q *request) multiroleEnable(on bool) (answer, error) {
	out, err := q.edit(func(user *User) error {
		enable(user, on)
		return nil
	})
	out.status = http.StatusOK
	return out, err
}

func multiroleGrant(q *request) (answer, error) {
	body, err := q.read(form{"roleId": text})
	if err != nil {
		return answer{}, err
	}
	var id string
	fill(&id, body.text("roleId"))
	return q.edit(func(user *User) error { return grant(user, id) })
}

func multiroleRevoke(q *request) (answer, error) {
	return q.edit(func(user *User) error {
		held := user.roles()
		at := slices.Index(held, q.PathValue("role"))
		if at < 0 {
			return refuse(404, "the user does not hold this role")
		}
		user.setRoles(slices.Delete(held, at, at+1))
		return nil
	})
}

// grant adds a role to the user's; one that is held already changes nothing.
func grant(user *User, id string) error {
	if id == "" {
		return refuse(400, "a role id is empty")
	}
	if held := user.roles(); !slices.Contains(held, id) {
		user.setRoles(append(held, id))
	}
	return nil
}

func multiroleListRoles(q *request) (answer, error) {
	return reply(object{"items": showRoles(q, showWorkingRole)})
}

func multiroleRemoveRole(q *request) (answer, error) {
	if err := q.store.removeRole(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return done()
}
