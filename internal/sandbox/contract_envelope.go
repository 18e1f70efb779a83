package sandbox

import "strconv"

// The envelope contract is INVENTED FOR TESTING; Suger does not publish it. It
// differs from the working contract in: other paths, every answer inside
// {"data": …}, page numbers from 1 on with a size of at most 200, a total
// count, numeric user ids, nested fields, the status as a boolean, the role as
// an object, updates by PUT of the whole object (a name that is missing is
// cleared, a missing e-mail, role or state is refused, read-only fields may be
// sent back), a new user answered with 201 and a known e-mail with 200, and
// errors as objects.
var envelopeContract = contract{
	name:       "envelope",
	errorBody:  func(text string) any { return map[string]any{"error": map[string]any{"message": text}} },
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
		"role":    object{"id": u.Role, "name": q.store.roleName(u.Role)},
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
	return q.envelopeAnswer(q.store.user(q.PathValue("id")))
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
	user, existed, err := q.store.add(user, q.pretend)
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
	return q.envelopeAnswer(q.store.update(q.PathValue("id"), q.pretend, edit))
}

func envelopeRemoveUser(q *request) (answer, error) {
	if err := q.store.remove(q.PathValue("id"), q.pretend); err != nil {
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
	role, err = q.store.addRole(role, q.pretend)
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
	role, err := q.store.updateRole(q.PathValue("id"), q.pretend, func(role *Role) {
		role.Name, role.Description, role.Permissions = "", "", nil // PUT is the whole role
		edit(role)
	})
	if err != nil {
		return answer{}, err
	}
	return reply(object{"data": envelopeRole(role)})
}

func envelopeRemoveRole(q *request) (answer, error) {
	if err := q.store.removeRole(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return reply(object{"data": nil})
}
