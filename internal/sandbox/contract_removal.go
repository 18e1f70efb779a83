package sandbox

import "strings"

// The removal contract is INVENTED FOR TESTING; Suger does not publish it. It
// differs from the working contract in: no status, so that only removal ends
// access, and somebody who is added again gets a new id; no operation that
// gets one user; cursor paging with the next cursor in the body and at most
// 100 rows; one field for the full name; the role by name, and its change an
// operation of its own; writes that answer 204 without a body; role names as
// the only thing known of roles, and no role writes. Everybody holds a seat.
var removalContract = contract{
	name:      "removal",
	errorBody: bareText,
	noStates:  true,
	routes: []route{
		{operation: "list users", pattern: "GET /v1/workspaces/{organization}/users", handle: removalListUsers},
		{operation: "add user", pattern: "POST /v1/workspaces/{organization}/users", handle: removalAddUser},
		{operation: "update user", pattern: "PATCH /v1/workspaces/{organization}/users/{id}", handle: removalUpdateUser},
		{operation: "set role", pattern: "PUT /v1/workspaces/{organization}/users/{id}/role", handle: removalSetRole},
		{operation: "remove user", pattern: "DELETE /v1/workspaces/{organization}/users/{id}", handle: removeUser},
		{operation: "list roles", pattern: "GET /v1/workspaces/{organization}/roles", handle: removalListRoles},
	},
}

type removalUser struct {
	ID        string `json:"id"`
	Workspace string `json:"workspace"`
	Email     string `json:"email"`
	FullName  string `json:"fullName"`
	RoleName  string `json:"roleName"`
	AddedAt   string `json:"addedAt"`
}

func (q *request) removalUser(u *User) removalUser {
	return removalUser{
		ID: u.ID, Workspace: q.PathValue("organization"), Email: u.Email,
		FullName: strings.TrimSpace(u.FirstName + " " + u.LastName), RoleName: q.store.roleName(u.Role),
		AddedAt: u.CreationTime.Format(timeFormat),
	}
}

func removalListUsers(q *request) (answer, error) {
	page, cursor, err := q.byCursor(100)
	if err != nil {
		return answer{}, err
	}
	list := object{"users": rows(page, q.removalUser)}
	if cursor != "" {
		list["next"] = cursor
	}
	return reply(list)
}

func removalAddUser(q *request) (answer, error) {
	body, err := q.read(form{"email": text, "fullName": text, "roleName": text})
	if err != nil {
		return answer{}, err
	}
	var user User
	fill(&user.Email, body.text("email"))
	setFullName(&user, body.text("fullName"))
	if err := q.nameRole(&user, body.text("roleName")); err != nil {
		return answer{}, err
	}
	if _, _, err := q.store.add(user, q.pretend); err != nil {
		return answer{}, err
	}
	return done()
}

func removalUpdateUser(q *request) (answer, error) {
	body, err := q.read(form{"email": text, "fullName": text})
	if err != nil {
		return answer{}, err
	}
	return q.edit(func(user *User) error {
		fill(&user.Email, body.text("email"))
		setFullName(user, body.text("fullName"))
		return nil
	})
}

func removalSetRole(q *request) (answer, error) {
	body, err := q.read(form{"roleName": text})
	if err != nil {
		return answer{}, err
	}
	var wish User
	if err := q.nameRole(&wish, body.text("roleName")); err != nil {
		return answer{}, err
	}
	return q.edit(func(user *User) error {
		user.setRoles(wish.roles())
		return nil
	})
}

func removalListRoles(q *request) (answer, error) {
	return reply(showRoles(q, func(r Role) string { return r.Name }))
}

// nameRole gives the user the role with this name, and refuses an id.
func (q *request) nameRole(user *User, name *string) error {
	if name == nil || *name == "" {
		return refuse(400, "role is required")
	}
	for _, role := range q.store.listRoles() {
		if role.Name == *name {
			user.setRoles([]string{role.ID})
			return nil
		}
	}
	return refuse(400, "unknown role %q", *name)
}

// setFullName splits at the last space; what was put together comes out again.
func setFullName(user *User, name *string) {
	if name == nil {
		return
	}
	user.FirstName, user.LastName = *name, ""
	if at := strings.LastIndex(*name, " "); at >= 0 {
		user.FirstName, user.LastName = (*name)[:at], (*name)[at+1:]
	}
}
