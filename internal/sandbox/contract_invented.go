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
	errors:     ErrorNested,
	numericIDs: true,
	routes: []route{
		{operation: "list users", pattern: "GET /v2/organizations/{organization}/members", handle: envelopeListUsers},
		{operation: "get user", pattern: "GET /v2/organizations/{organization}/members/{id}", handle: envelopeGetUser},
		{operation: "add user", pattern: "POST /v2/organizations/{organization}/members", handle: envelopeAddUser},
		{operation: "update user", pattern: "PUT /v2/organizations/{organization}/members/{id}", handle: envelopeUpdateUser},
		{operation: "remove user", pattern: "DELETE /v2/organizations/{organization}/members/{id}", handle: envelopeRemoveUser},
		{operation: "list roles", pattern: "GET /v2/organizations/{organization}/roles", handle: envelopeListRoles},
		{operation: "add role", pattern: "POST /v2/organizations/{organization}/roles", handle: envelopeAddRole},
		{operation: "update role", pattern: "PUT /v2/organizations/{organization}/roles/{id}", handle: envelopeUpdateRole},
		{operation: "remove role", pattern: "DELETE /v2/organizations/{organization}/roles/{id}", handle: envelopeRemoveRole},
	},
}

type object = map[string]any

func (q *request) envelopeUser(u *User) object {
	number, err := strconv.ParseUint(u.ID, 10, 64)
	var id any = number
	if err != nil {
		id = u.ID // put in by hand
	}
	return object{
		"userId":  id,
		"orgId":   q.PathValue("organization"),
		"info":    object{"firstName": u.FirstName, "lastName": u.LastName},
		"contact": object{"emails": []string{u.Email}},
		"role":    object{"id": u.Role, "name": q.organization.roleName(u.Role)},
		"enabled": u.Status != StatusInactive,
		"audit":   object{"createdAt": u.CreationTime.Format(timeFormat), "updatedAt": u.LastUpdateTime.Format(timeFormat)},
	}
}

func envelopeRole(r Role) object {
	return object{"id": r.ID, "name": r.Name, "description": r.Description, "builtIn": r.Type == TypeStandard, "permissions": nonNil(r.Permissions)}
}

func envelopeListUsers(q *request) (answer, error) {
	page, err := q.byPage(50, 200)
	if err != nil {
		return answer{}, err
	}
	list := object{"data": object{"users": rows(page, q.envelopeUser)}, "totalCount": page.total}
	if page.next > 0 {
		list["nextOffset"] = page.next
	}
	return reply(list)
}

func envelopeGetUser(q *request) (answer, error) {
	return q.envelopeAnswer(q.organization.user(q.PathValue("id")))
}

func envelopeAddUser(q *request) (answer, error) {
	edit, err := q.readEnvelopeUser()
	if err != nil {
		return answer{}, err
	}
	var user User
	if err := edit(&user); err != nil {
		return answer{}, err
	}
	user, existed, err := q.organization.add(user, q.pretend)
	if err != nil || existed {
		return q.envelopeAnswer(user, err)
	}
	return created(object{"data": q.envelopeUser(&user)})
}

func envelopeUpdateUser(q *request) (answer, error) {
	edit, err := q.readEnvelopeUser()
	if err != nil {
		return answer{}, err
	}
	return q.envelopeAnswer(q.organization.update(q.PathValue("id"), q.pretend, edit))
}

func envelopeRemoveUser(q *request) (answer, error) {
	if err := q.organization.remove(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return reply(object{"data": nil})
}

func (q *request) envelopeAnswer(user User, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return reply(object{"data": q.envelopeUser(&user)})
}

// readEnvelopeUser reads a whole user. A new one needs no state, and is invited
// whatever it says.
func (q *request) readEnvelopeUser() (func(*User) error, error) {
	body, err := q.read(form{
		"info.firstName": text, "info.lastName": text, "contact.emails": texts, "role.id": text, "enabled": flag,
		"userId": ignored, "orgId": ignored, "role.name": ignored, "audit": ignored,
	})
	if err != nil {
		return nil, err
	}
	return func(user *User) error {
		emails, enabled := body.texts("contact.emails"), body.flag("enabled")
		if len(emails) != 1 {
			return refuse(400, "contact.emails must hold one e-mail address")
		}
		if user.ID != "" && enabled == nil {
			return refuse(400, "enabled is required")
		}
		user.Email, user.FirstName, user.LastName = emails[0], "", ""
		fill(&user.FirstName, body.text("info.firstName"))
		fill(&user.LastName, body.text("info.lastName"))
		if enabled != nil {
			enable(user, *enabled)
		}
		return oneRole(user, body.text("role.id"))
	}, nil
}

// enable ends or gives back access. Somebody invited stays so.
func enable(user *User, on bool) {
	switch {
	case !on:
		user.Status = StatusInactive
	case user.Status == StatusInactive:
		user.Status = StatusActive
	}
}

func envelopeListRoles(q *request) (answer, error) {
	roles := showRoles(q, envelopeRole)
	return reply(object{"data": object{"roles": roles}, "totalCount": len(roles)})
}

func envelopeAddRole(q *request) (answer, error) {
	edit, err := q.readRole()
	if err != nil {
		return answer{}, err
	}
	var role Role
	edit(&role)
	role, err = q.organization.addRole(role, q.pretend)
	if err != nil {
		return answer{}, err
	}
	return created(object{"data": envelopeRole(role)})
}

func envelopeUpdateRole(q *request) (answer, error) {
	edit, err := q.readRole()
	if err != nil {
		return answer{}, err
	}
	role, err := q.organization.updateRole(q.PathValue("id"), q.pretend, func(role *Role) {
		role.Name, role.Description, role.Permissions = "", "", nil // PUT is the whole role
		edit(role)
	})
	if err != nil {
		return answer{}, err
	}
	return reply(object{"data": envelopeRole(role)})
}

func envelopeRemoveRole(q *request) (answer, error) {
	if err := q.organization.removeRole(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return reply(object{"data": nil})
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
	name:   "multirole",
	errors: ErrorMessage,
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
		{operation: "add role", pattern: "POST /v3/orgs/{organization}/roles", handle: statusAddRole},
		{operation: "update role", pattern: "PATCH /v3/orgs/{organization}/roles/{id}", handle: statusUpdateRole},
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
	return q.multiroleAnswer(q.organization.user(q.PathValue("id")))
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
	user, existed, err := q.organization.add(user, q.pretend)
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
	return q.multiroleAnswer(q.organization.update(q.PathValue("id"), q.pretend, func(user *User) error {
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
	return reply(object{"items": showRoles(q, showStatusRole)})
}

func multiroleRemoveRole(q *request) (answer, error) {
	if err := q.organization.removeRole(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return done()
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
	errors:   ErrorString,
	noStates: true,
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
		FullName: strings.TrimSpace(u.FirstName + " " + u.LastName), RoleName: q.organization.roleName(u.Role),
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
	if _, _, err := q.organization.add(user, q.pretend); err != nil {
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
	for _, role := range q.organization.listRoles() {
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
