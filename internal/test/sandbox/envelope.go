package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"

	core "suger-scim-gateway/internal/sandbox"
)

// The envelope contract is INVENTED FOR TESTING; Suger does not publish it. It
// differs from the status contract in: other paths, every answer inside
// {"data": …}, page numbers from 1 on with a size of at most 200, a total
// count, numeric user ids, nested fields, the status as a boolean, the role as
// an object, updates by PUT of the whole object (a name that is missing is
// cleared, a missing e-mail, role or state is refused, read-only fields may be
// sent back), a new user answered with 201 and a known e-mail with 200, and
// errors as objects.
var envelopeContract = core.Contract{
	Refuse: func(status int, text string) core.Answer {
		return core.Reply(status, object{"error": object{"message": text}})
	},
	NewID: numericIDs,
	Routes: []core.Route{
		route("list users", "GET /v2/organizations/{organization}/members", envelopeListUsers),
		route("get user", "GET /v2/organizations/{organization}/members/{id}", getUser(envelopeData)),
		route("add user", "POST /v2/organizations/{organization}/members", envelopeRules.add(envelopeRead, envelopeData, 201, 200)),
		route("update user", "PUT /v2/organizations/{organization}/members/{id}", envelopeRules.update(200, envelopeReplace, envelopeData)),
		route("remove user", "DELETE /v2/organizations/{organization}/members/{id}", removeUser(core.Reply(200, object{"data": nil}))),
		route("list roles", "GET /v2/organizations/{organization}/roles", listRoles(func(roles []any) any {
			return object{"data": object{"roles": roles}, "totalCount": len(roles)}
		}, envelopeRole)),
		route("add role", "POST /v2/organizations/{organization}/roles", core.AddRole(201, envelopeRoleData)),
		route("update role", "PUT /v2/organizations/{organization}/roles/{id}", core.UpdateRole(true, envelopeRoleData)),
		route("remove role", "DELETE /v2/organizations/{organization}/roles/{id}", core.RemoveRole(core.Reply(200, object{"data": nil}))),
	},
}

var envelopeRules = &local{}

// numericIDs counts upwards.
func numericIDs() func() string {
	n := uint64(480000)
	return func() string {
		n++
		return strconv.FormatUint(n, 10)
	}
}

// envelopeRead reads a whole user. A new one is invited, whatever it says of its
// state.
func envelopeRead(q *core.Request, u *User) error {
	var on *bool
	var emails *[]string
	var info, contact, role json.RawMessage
	if err := q.Read(core.Fields{"info": &info, "contact": &contact, "role": &role, "enabled": &on, "userId": nil, "orgId": nil, "audit": nil}); err != nil {
		return err
	}
	for _, inner := range []struct {
		text   json.RawMessage
		place  string
		fields core.Fields
	}{
		{info, "info.", core.Fields{"firstName": &u.FirstName, "lastName": &u.LastName}},
		{contact, "contact.", core.Fields{"emails": &emails}},
		{role, "role.", core.Fields{"id": &u.Role, "name": nil}},
	} {
		if inner.text == nil {
			continue
		}
		if err := core.ReadObject(inner.text, inner.place, inner.fields); err != nil {
			return err
		}
	}
	if emails != nil {
		if len(*emails) != 1 {
			return core.Refuse(400, "contact.emails must hold one e-mail address")
		}
		u.Email = (*emails)[0]
	}
	if on != nil {
		u.enable(*on)
	}
	return nil
}

// enable ends or restores access. Somebody invited stays invited.
func (u *User) enable(on bool) {
	switch {
	case !on:
		u.Status = StatusInactive
	case u.Status != StatusInvited:
		u.Status = StatusActive
	}
}

// envelopeReplace requires what a whole user must have.
func envelopeReplace(q *core.Request, u *User) error {
	u.Email, u.FirstName, u.LastName, u.Role = "", "", "", ""
	if u.Status != StatusInvited {
		u.Status = ""
	}
	if err := envelopeRead(q, u); err != nil {
		return err
	}
	switch {
	case u.Email == "":
		return core.Refuse(400, "contact.emails must hold one e-mail address")
	case u.Status == "":
		return core.Refuse(400, "enabled is required")
	}
	return nil
}

func envelopeUser(q *core.Request, m *core.Member) any {
	var id any = m.ID
	if number, err := strconv.ParseUint(m.ID, 10, 64); err == nil { // an id of PutUser may be a word
		id = number
	}
	return object{
		"userId":  id,
		"orgId":   q.Organization.ID,
		"info":    object{"firstName": m.FirstName, "lastName": m.LastName},
		"contact": object{"emails": []string{m.Email}},
		"role":    object{"id": m.Role, "name": roleName(q.Organization, m.Role)},
		"enabled": m.Status != StatusInactive,
		"audit":   object{"createdAt": m.CreationTime, "updatedAt": m.LastUpdateTime},
	}
}

// roleName returns the name of the role with this id, or the id itself.
func roleName(o *core.Organization, id string) string {
	if role := o.Role(id); role != nil {
		return role.Name
	}
	return id
}

func envelopeData(q *core.Request, m *core.Member) any { return object{"data": envelopeUser(q, m)} }

func envelopeRole(_ *core.Organization, r *Role) any {
	return object{"id": r.ID, "name": r.Name, "description": r.Description, "builtIn": r.Type == TypeStandard, "permissions": r.Permissions}
}

func envelopeRoleData(o *core.Organization, r *Role) any { return object{"data": envelopeRole(o, r)} }

func envelopeListUsers(q *core.Request) (core.Answer, error) {
	page, err := byPage(q, 50, 200)
	list := object{"data": object{"users": page.rows(q, envelopeUser)}, "totalCount": page.total}
	if page.next > 0 {
		list["nextOffset"] = page.next
	}
	return core.Reply(http.StatusOK, list), err
}
