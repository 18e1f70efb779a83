package sandbox

import (
	"net/http"
	"strings"

	core "suger-scim-gateway/internal/sandbox"
)

// The removal contract is INVENTED FOR TESTING; Suger does not publish it. It
// differs from the status contract in: no status, so that only removal ends
// access, and somebody who is added again gets a new id; no operation that
// gets one user; cursor paging with the next cursor in the body and at most
// 100 rows; one field for the full name; the role by name, and its change an
// operation of its own; writes that answer 204 without a body; role names as
// the only thing known of roles, and no role writes. Everybody holds a seat.
var removalContract = core.Contract{
	Refuse: refuseString,
	Routes: []core.Route{
		route("list users", "GET /v1/workspaces/{organization}/users", removalListUsers),
		route("add user", "POST /v1/workspaces/{organization}/users", removalRules.add(removalRead("email", "fullName", "roleName"), nil, 204, 204)),
		route("update user", "PATCH /v1/workspaces/{organization}/users/{id}", removalRules.update(204, removalRead("email", "fullName"), nil)),
		route("set role", "PUT /v1/workspaces/{organization}/users/{id}/role", removalRules.update(204, func(q *core.Request, u *User) error {
			u.Role = ""
			return removalRead("roleName")(q, u)
		}, nil)),
		route("remove user", "DELETE /v1/workspaces/{organization}/users/{id}", removeUser(core.NoBody(204))),
		route("list roles", "GET /v1/workspaces/{organization}/roles", listRoles(bare, func(_ *core.Organization, r *Role) any { return r.Name })),
	},
}

var removalRules = &local{noStates: true}

// removalRead reads some of the fields. A full name is split at the last space; what
// was put together comes out again. A role is given by its name.
func removalRead(allowed ...string) edit {
	return func(q *core.Request, u *User) error {
		var name, role *string
		targets, fields := core.Fields{"email": &u.Email, "fullName": &name, "roleName": &role}, core.Fields{}
		for _, field := range allowed {
			fields[field] = targets[field]
		}
		if err := q.Read(fields); err != nil {
			return err
		}
		if name != nil {
			u.FirstName, u.LastName = *name, ""
			if at := strings.LastIndex(*name, " "); at >= 0 {
				u.FirstName, u.LastName = (*name)[:at], (*name)[at+1:]
			}
		}
		if role != nil {
			found := q.Organization.RoleNamed(*role)
			if found == nil {
				return core.Refuse(400, "unknown role %q", *role)
			}
			u.Role = found.ID
		}
		return nil
	}
}

func removalUser(q *core.Request, m *core.Member) any {
	return object{
		"id": m.ID, "workspace": q.Organization.ID, "email": m.Email, "fullName": strings.TrimSpace(m.FirstName + " " + m.LastName),
		"roleName": roleName(q.Organization, m.Role), "addedAt": m.CreationTime,
	}
}

func removalListUsers(q *core.Request) (core.Answer, error) {
	page, cursor, err := byCursor(q, 100)
	list := object{"users": page.rows(q, removalUser)}
	if cursor != "" {
		list["next"] = cursor
	}
	return core.Reply(http.StatusOK, list), err
}
