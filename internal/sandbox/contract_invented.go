package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The envelope contract is INVENTED FOR TESTING; Suger does not publish it. It
// differs from the status contract in: other paths, every answer inside
// {"data": …}, page numbers from 1 on with a size of at most 200, a total
// count, numeric user ids, nested fields, the status as a boolean, the role as
// an object, updates by PUT of the whole object (a name that is missing is
// cleared, a missing e-mail, role or state is refused, read-only fields may be
// sent back), a new user answered with 201 and a known e-mail with 200, and
// errors as objects.
var envelopeContract = contract{
	name:       "envelope",
	refuse:     refuseNested,
	numericIDs: true,
	routes: []route{
		{operation: "list users", pattern: "GET /v2/organizations/{organization}/members", handle: envelopeListUsers},
		{operation: "get user", pattern: "GET /v2/organizations/{organization}/members/{id}", handle: getUser(envelopeData)},
		{operation: "add user", pattern: "POST /v2/organizations/{organization}/members", handle: addUser(envelopeFields, envelopeData, 201, 200)},
		{operation: "update user", pattern: "PUT /v2/organizations/{organization}/members/{id}", handle: editUser(200, envelopeData, envelopeReplace)},
		{operation: "remove user", pattern: "DELETE /v2/organizations/{organization}/members/{id}", handle: removeUser(reply(200, object{"data": nil}))},
		{operation: "list roles", pattern: "GET /v2/organizations/{organization}/roles", handle: listRoles(func(roles []any) any {
			return object{"data": object{"roles": roles}, "totalCount": len(roles)}
		}, envelopeRole)},
		{operation: "add role", pattern: "POST /v2/organizations/{organization}/roles", handle: addRole(201, envelopeRoleData)},
		{operation: "update role", pattern: "PUT /v2/organizations/{organization}/roles/{id}", handle: updateRole(true, envelopeRoleData)},
		{operation: "remove role", pattern: "DELETE /v2/organizations/{organization}/roles/{id}", handle: removeRole(reply(200, object{"data": nil}))},
	},
}

// envelopeFields are those of a whole user. A new one is invited, whatever it
// says of its state.
var envelopeFields = fields{
	"info.firstName": firstName, "info.lastName": lastName, "role.id": role, "enabled": enabled, "contact.emails": onlyEmail,
	"userId": ignored, "orgId": ignored, "role.name": ignored, "audit": ignored,
}

func onlyEmail(_ *request, user *User, value any) error {
	var emails []string
	if err := readTexts(&emails, value); err != nil {
		return err
	}
	if len(emails) != 1 {
		return refuse(400, "contact.emails must hold one e-mail address")
	}
	user.Email = emails[0]
	return nil
}

// enabled ends or restores access. Somebody invited stays invited.
func enabled(_ *request, user *User, value any) error {
	on, ok := value.(bool)
	switch {
	case !ok:
		return errType
	case !on:
		user.Status = StatusInactive
	case user.Status != StatusInvited:
		user.Status = StatusActive
	}
	return nil
}

// envelopeReplace requires what a whole user must have.
func envelopeReplace(q *request, user *User) error {
	before := *user
	user.Email, user.FirstName, user.LastName, user.Role = "", "", "", ""
	if before.Status != StatusInvited {
		user.Status = ""
	}
	if err := q.fill(user, envelopeFields); err != nil {
		return err
	}
	switch {
	case user.Email == "":
		return refuse(400, "contact.emails must hold one e-mail address")
	case user.Status == "":
		return refuse(400, "enabled is required")
	}
	return nil
}

func envelopeUser(q *request, u *User) any {
	var id any = u.ID
	if number, err := strconv.ParseUint(u.ID, 10, 64); err == nil { // an id of PutUser may be a word
		id = number
	}
	return object{
		"userId":  id,
		"orgId":   q.PathValue("organization"),
		"info":    object{"firstName": u.FirstName, "lastName": u.LastName},
		"contact": object{"emails": []string{u.Email}},
		"role":    object{"id": u.Role, "name": q.organization.roleName(u.Role)},
		"enabled": u.Status != StatusInactive,
		"audit":   object{"createdAt": stamp(u.CreationTime), "updatedAt": stamp(u.LastUpdateTime)},
	}
}

func envelopeData(q *request, u *User) any { return object{"data": envelopeUser(q, u)} }

func envelopeRole(r Role) any {
	return object{"id": r.ID, "name": r.Name, "description": r.Description, "builtIn": r.Type == TypeStandard, "permissions": nonNil(r.Permissions)}
}

func envelopeRoleData(r Role) any { return object{"data": envelopeRole(r)} }

func envelopeListUsers(q *request) (answer, error) {
	page, err := q.byPage(50, 200)
	list := object{"data": object{"users": page.rows(q, envelopeUser)}, "totalCount": page.total}
	if page.next > 0 {
		list["nextOffset"] = page.next
	}
	return reply(http.StatusOK, list), err
}

// The multirole contract is INVENTED FOR TESTING; Suger does not publish it.
// It differs from the status contract in: several roles per user, granted and
// revoked by operations of their own; activation and deactivation by
// operations of their own, which answer 200 with an empty body; the state as
// the time of removal, null while there is access; cursor paging with the next
// cursor in the header X-Next-Cursor and at most 500 rows; lists in
// {"items": …}; an e-mail that cannot be changed; 409 for a known e-mail; and
// errors as objects.
var multiroleContract = contract{
	name:      "multirole",
	refuse:    refuseMessage,
	manyRoles: true,
	routes: []route{
		{operation: "list users", pattern: "GET /v3/orgs/{organization}/users", handle: multiroleListUsers},
		{operation: "get user", pattern: "GET /v3/orgs/{organization}/users/{id}", handle: getUser(multiroleUser)},
		{operation: "add user", pattern: "POST /v3/orgs/{organization}/users", handle: addUser(
			fields{"email": email, "givenName": firstName, "familyName": lastName, "roles": roles}, multiroleUser, 201, 409)},
		{operation: "update user", pattern: "PATCH /v3/orgs/{organization}/users/{id}", handle: updateUser(
			fields{"givenName": firstName, "familyName": lastName}, multiroleUser)},
		{operation: "remove user", pattern: "DELETE /v3/orgs/{organization}/users/{id}", handle: removeUser(noBody(204))},
		{operation: "activate user", pattern: "POST /v3/orgs/{organization}/users/{id}/activate", handle: editUser(200, nil,
			func(q *request, user *User) error { return enabled(q, user, true) })},
		{operation: "deactivate user", pattern: "POST /v3/orgs/{organization}/users/{id}/deactivate", handle: editUser(200, nil,
			func(q *request, user *User) error { return enabled(q, user, false) })},
		{operation: "grant role", pattern: "POST /v3/orgs/{organization}/users/{id}/roles", handle: editUser(204, nil,
			func(q *request, user *User) error {
				var wish User
				if err := q.fill(&wish, fields{"roleId": role}); err != nil {
					return err
				}
				return grant(user, wish.Role)
			})},
		{operation: "revoke role", pattern: "DELETE /v3/orgs/{organization}/users/{id}/roles/{role}", handle: editUser(204, nil, revoke)},
		{operation: "list roles", pattern: "GET /v3/orgs/{organization}/roles", handle: listRoles(
			func(roles []any) any { return object{"items": roles} }, showStatusRole)},
		{operation: "add role", pattern: "POST /v3/orgs/{organization}/roles", handle: addRole(200, showStatusRole)},
		{operation: "update role", pattern: "PATCH /v3/orgs/{organization}/roles/{id}", handle: updateRole(false, showStatusRole)},
		{operation: "remove role", pattern: "DELETE /v3/orgs/{organization}/roles/{id}", handle: removeRole(noBody(204))},
	},
}

func multiroleUser(q *request, u *User) any {
	shown := object{
		"id": u.ID, "organization": q.PathValue("organization"), "email": u.Email, "givenName": u.FirstName, "familyName": u.LastName,
		"roles": u.roles(), "removedAt": nil, "createdAt": stamp(u.CreationTime), "updatedAt": stamp(u.LastUpdateTime),
	}
	if u.Status == StatusInactive {
		shown["removedAt"] = stamp(u.DeactivationTime)
	}
	return shown
}

func multiroleListUsers(q *request) (answer, error) {
	page, cursor, err := q.byCursor(500)
	list := reply(http.StatusOK, object{"items": page.rows(q, multiroleUser)})
	if cursor != "" {
		list.header.Set("X-Next-Cursor", cursor)
	}
	return list, err
}

func roles(_ *request, user *User, value any) error {
	var ids []string
	if err := readTexts(&ids, value); err != nil {
		return err
	}
	for _, id := range ids {
		if err := grant(user, id); err != nil {
			return err
		}
	}
	return nil
}

func revoke(q *request, user *User) error {
	held := user.roles()
	at := slices.Index(held, q.PathValue("role"))
	if at < 0 {
		return refuse(404, "the user does not hold this role")
	}
	user.setRoles(slices.Delete(held, at, at+1))
	return nil
}

// The removal contract is INVENTED FOR TESTING; Suger does not publish it. It
// differs from the status contract in: no status, so that only removal ends
// access, and somebody who is added again gets a new id; no operation that
// gets one user; cursor paging with the next cursor in the body and at most
// 100 rows; one field for the full name; the role by name, and its change an
// operation of its own; writes that answer 204 without a body; role names as
// the only thing known of roles, and no role writes. Everybody holds a seat.
var removalContract = contract{
	name:     "removal",
	refuse:   refuseString,
	noStates: true,
	routes: []route{
		{operation: "list users", pattern: "GET /v1/workspaces/{organization}/users", handle: removalListUsers},
		{operation: "add user", pattern: "POST /v1/workspaces/{organization}/users", handle: addUser(
			fields{"email": email, "fullName": fullName, "roleName": roleName}, nil, 204, 204)},
		{operation: "update user", pattern: "PATCH /v1/workspaces/{organization}/users/{id}", handle: editUser(204, nil,
			func(q *request, user *User) error { return q.fill(user, fields{"email": email, "fullName": fullName}) })},
		{operation: "set role", pattern: "PUT /v1/workspaces/{organization}/users/{id}/role", handle: editUser(204, nil,
			func(q *request, user *User) error {
				user.Role = ""
				return q.fill(user, fields{"roleName": roleName})
			})},
		{operation: "remove user", pattern: "DELETE /v1/workspaces/{organization}/users/{id}", handle: removeUser(noBody(204))},
		{operation: "list roles", pattern: "GET /v1/workspaces/{organization}/roles", handle: listRoles(bare, func(r Role) any { return r.Name })},
	},
}

func removalUser(q *request, u *User) any {
	return object{
		"id": u.ID, "workspace": q.PathValue("organization"), "email": u.Email,
		"fullName": strings.TrimSpace(u.FirstName + " " + u.LastName), "roleName": q.organization.roleName(u.Role), "addedAt": stamp(u.CreationTime),
	}
}

func removalListUsers(q *request) (answer, error) {
	page, cursor, err := q.byCursor(100)
	list := object{"users": page.rows(q, removalUser)}
	if cursor != "" {
		list["next"] = cursor
	}
	return reply(http.StatusOK, list), err
}

// roleName accepts the name of a role, not its id.
func roleName(q *request, user *User, value any) error {
	var name string
	if err := readText(&name, value); err != nil {
		return err
	}
	at := slices.IndexFunc(q.organization.roles, func(r Role) bool { return r.Name == name })
	if at < 0 {
		return refuse(400, "unknown role %q", name)
	}
	user.Role = q.organization.roles[at].ID
	return nil
}

// fullName splits at the last space; what was put together comes out again.
func fullName(_ *request, user *User, value any) error {
	var name string
	if err := readText(&name, value); err != nil {
		return err
	}
	user.FirstName, user.LastName = name, ""
	if at := strings.LastIndex(name, " "); at >= 0 {
		user.FirstName, user.LastName = name[:at], name[at+1:]
	}
	return nil
}
