package sandbox

import (
	"net/http"
	"slices"

	core "suger-scim-gateway/internal/sandbox"
)

// The multirole contract is INVENTED FOR TESTING; Suger does not publish it.
// It differs from the status contract in: several roles per user, granted and
// revoked by operations of their own; activation and deactivation by
// operations of their own, which answer 200 with an empty body; the state as
// the time of removal, null while there is access; cursor paging with the next
// cursor in the header X-Next-Cursor and at most 500 rows; lists in
// {"items": …}; an e-mail that cannot be changed; 409 for a known e-mail; and
// errors as objects.
var multiroleContract = core.Contract{
	Refuse: func(status int, text string) core.Answer { return core.Reply(status, object{"message": text}) },
	Routes: []core.Route{
		route("list users", "GET /v3/orgs/{organization}/users", multiroleListUsers),
		route("get user", "GET /v3/orgs/{organization}/users/{id}", getUser(multiroleUser)),
		route("add user", "POST /v3/orgs/{organization}/users", multiroleRules.add(multiroleNew, multiroleUser, 201, 409)),
		route("update user", "PATCH /v3/orgs/{organization}/users/{id}", multiroleRules.update(200, func(q *core.Request, u *User) error {
			return q.Read(core.Fields{"givenName": &u.FirstName, "familyName": &u.LastName})
		}, multiroleUser)),
		route("remove user", "DELETE /v3/orgs/{organization}/users/{id}", removeUser(core.NoBody(204))),
		route("activate user", "POST /v3/orgs/{organization}/users/{id}/activate", multiroleRules.update(200, enable(true), nil)),
		route("deactivate user", "POST /v3/orgs/{organization}/users/{id}/deactivate", multiroleRules.update(200, enable(false), nil)),
		route("grant role", "POST /v3/orgs/{organization}/users/{id}/roles", multiroleRules.update(204, func(q *core.Request, u *User) error {
			var id string
			if err := q.Read(core.Fields{"roleId": &id}); err != nil {
				return err
			}
			return grant(u, id)
		}, nil)),
		route("revoke role", "DELETE /v3/orgs/{organization}/users/{id}/roles/{role}", multiroleRules.update(204, revoke, nil)),
		route("list roles", "GET /v3/orgs/{organization}/roles", listRoles(func(roles []any) any { return object{"items": roles} }, showRole)),
		route("add role", "POST /v3/orgs/{organization}/roles", core.AddRole(200, showRole)),
		route("update role", "PATCH /v3/orgs/{organization}/roles/{id}", core.UpdateRole(false, showRole)),
		route("remove role", "DELETE /v3/orgs/{organization}/roles/{id}", core.RemoveRole(core.NoBody(204))),
	},
}

var multiroleRules = &local{manyRoles: true}

func enable(on bool) edit {
	return func(_ *core.Request, u *User) error {
		u.enable(on)
		return nil
	}
}

func multiroleNew(q *core.Request, u *User) error {
	var ids []string
	if err := q.Read(core.Fields{"email": &u.Email, "givenName": &u.FirstName, "familyName": &u.LastName, "roles": &ids}); err != nil {
		return err
	}
	for _, id := range ids {
		if err := grant(u, id); err != nil {
			return err
		}
	}
	return nil
}

// grant adds a role to those of the user.
func grant(u *User, id string) error {
	if id == "" {
		return core.Refuse(400, "a role id is empty")
	}
	if held := u.roles(); !slices.Contains(held, id) {
		u.setRoles(append(held, id))
	}
	return nil
}

func revoke(q *core.Request, u *User) error {
	held := u.roles()
	at := slices.Index(held, q.PathValue("role"))
	if at < 0 {
		return core.Refuse(404, "the user does not hold this role")
	}
	u.setRoles(slices.Delete(held, at, at+1))
	return nil
}

func multiroleUser(q *core.Request, m *core.Member) any {
	shown := object{
		"id": m.ID, "organization": q.Organization.ID, "email": m.Email, "givenName": m.FirstName, "familyName": m.LastName,
		"roles": rolesOf(m.Role, m.OtherRoles), "removedAt": nil, "createdAt": m.CreationTime, "updatedAt": m.LastUpdateTime,
	}
	if m.Status == StatusInactive {
		shown["removedAt"] = m.DeactivationTime
	}
	return shown
}

func multiroleListUsers(q *core.Request) (core.Answer, error) {
	page, cursor, err := byCursor(q, 500)
	list := core.Reply(http.StatusOK, object{"items": page.rows(q, multiroleUser)})
	if cursor != "" {
		list.Header.Set("X-Next-Cursor", cursor)
	}
	return list, err
}
