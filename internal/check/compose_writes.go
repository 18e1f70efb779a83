package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec"
)

// What a draft says above its write operations. The check makes no roles, since
// nothing could take back what a call for that does.
const (
	unproven     = "Not proven: drafted in the shape that was read. check --write ADDRESS proves it."
	unprovenRole = "Not proven, and not tried by --write: drafted in the shape that was read. Without it, the gateway refuses such a change."
)

// write drafts an operation that changes something.
func (d *Draft) write(name, call string, body object, above string) {
	d.set(op(name, "call"), call, Likely, "")
	if !strings.HasPrefix(call, "POST ") {
		d.set(op(name, "repeat"), true, Likely, "")
	}
	if body != nil {
		d.set(op(name, "body"), body, Likely, "")
	}
	d.section("operations."+name, above)
}

// writeWrites drafts how users are added, changed and removed, in the shape in which
// they are listed.
func (f *facts) writeWrites(d *Draft) {
	role := put(nil, f.roleName(), f.rolePart())
	if f.member != "" {
		d.write(spec.OpAddUser, "POST "+strings.TrimSuffix(f.personPath(), "/{user}"), f.profile(true), unproven)
		d.write(spec.OpAddMember, "POST "+f.joins, append(object{{"userId", "{user}"}}, role...), unproven)
		d.find(op(spec.OpAddMember, "body")).why = "userId is a guess"
		d.write(spec.OpSetRole, "PATCH "+f.memberPath(), role, unproven)
		d.write(spec.OpUpdateUser, "PATCH "+f.personPath(), f.profile(false), unproven)
	} else {
		above, body := unproven, put(f.profile(false), f.roleName(), f.rolePart())
		if f.status != nil && !f.status.byRemoval {
			body = put(body, f.status.field, "{status}")
		}
		if f.role.field != "" {
			above += "\nIf Suger gives roles by calls of their own, take " + f.role.field + " out of this body and add:"
			for _, own := range ownRoleCalls(f.memberPath(), f.role.field, f.role.many, f.role.named()) {
				above += fmt.Sprintf("\n%s: %s", own.key, flowOf(own.value))
			}
		}
		d.write(spec.OpAddUser, "POST "+f.list.path, put(f.profile(true), f.roleName(), f.rolePart()), unproven)
		d.write(spec.OpUpdateUser, "PATCH "+f.personPath(), body, above)
	}
	d.write(spec.OpRemoveUser, "DELETE "+f.memberPath(), nil, unproven)
	f.writeRoleWrites(d)
}

// writeRoleWrites drafts how roles are made, renamed and deleted.
func (f *facts) writeRoleWrites(d *Draft) {
	r := f.roles
	if r == nil || r.id == "" || r.id == r.name {
		return // words have nothing to be called by
	}
	var body object
	for _, part := range []struct{ path, name string }{{r.name, "displayName"}, {r.description, "description"}, {r.permissions, "permissions"}} {
		if part.path != "" {
			body = put(body, part.path, "{"+part.name+"}")
		}
	}
	d.write(spec.OpAddRole, "POST "+r.path, body, unprovenRole)
	d.write(spec.OpUpdateRole, "PATCH "+r.path+"/{role}", put(nil, r.name, "{displayName}"), unprovenRole)
	d.write(spec.OpRemoveRole, "DELETE "+r.path+"/{role}", nil, unprovenRole)
}

// personPath is the path of one person, memberPath that of the membership: the
// same, unless they are two resources.
func (f *facts) personPath() string {
	if f.member != "" && f.one != nil {
		return f.one.path
	}
	return f.list.path + "/{user}"
}

func (f *facts) memberPath() string {
	if f.member == "" {
		return f.list.path + "/{user}"
	}
	return f.joins + "/{user.membership}"
}

// roleName is the field of the role, a usual name if none was seen.
func (f *facts) roleName() string { return cmp.Or(f.role.field, "role") }

// rolePart is the role as a body sends it.
func (f *facts) rolePart() any {
	var inside object
	for _, part := range []member{{f.role.id, "{role}"}, {f.role.name, "{role.name}"}} {
		if part.key != "" {
			inside = append(inside, part)
		}
	}
	switch {
	case inside != nil && f.role.many:
		return []any{inside}
	case inside != nil:
		return inside
	case f.role.many && f.role.byName:
		return "{roles.names}"
	case f.role.many:
		return "{roles}"
	case f.role.byName:
		return "{role.name}"
	}
	return "{role}"
}

// profile is the body that sends the person.
func (f *facts) profile(address bool) object {
	var body object
	prefix := ""
	if f.member != "" && f.one != nil {
		prefix = f.one.prefix
	}
	for _, part := range []struct{ path, name string }{{f.email, "userName"}, {f.given, "name.givenName"}, {f.family, "name.familyName"}, {f.full, "name.formatted"}} {
		if part.path != "" && (address || part.name != "userName") {
			body = put(body, strings.TrimPrefix(part.path, prefix), "{"+part.name+"}")
		}
	}
	return body
}

// put puts a value at a path of a body.
func put(body object, path string, value any) object {
	key, rest, deeper := strings.Cut(path, ".")
	key, index, _ := strings.Cut(key, "[")
	if deeper {
		var inner object
		if i := slices.IndexFunc(body, func(m member) bool { return m.key == key }); i >= 0 {
			inner, _ = body[i].value.(object)
			body = slices.Delete(body, i, i+1)
		}
		value = put(inner, rest, value)
	}
	if index != "" {
		value = []any{value}
	}
	return append(body, member{key, value})
}

// ownRoleCalls are the operations that give and take roles, where they have calls of
// their own.
func ownRoleCalls(user, field string, many, byName bool) object {
	role, name := "{role}", field[strings.LastIndex(field, ".")+1:]
	if byName {
		role = "{role.name}"
	}
	if !many {
		return object{{spec.OpSetRole, object{{"call", "PUT " + user + "/role"}, {"repeat", true}, {"body", object{{name, role}}}}}}
	}
	one := strings.TrimSuffix(name, "s")
	if !byName {
		one += "Id"
	}
	return object{
		{spec.OpGrantRole, object{{"call", "POST " + user + "/roles"}, {"repeat", true}, {"body", object{{one, role}}}}},
		{spec.OpRevokeRole, object{{"call", "DELETE " + user + "/roles/" + role}, {"repeat", true}}},
	}
}

// ownRoleTries let calls of their own give and take roles, where the update of a user
// was to do it.
func ownRoleTries(doc *spec.Document) []Fix {
	fields, roles := doc.User.Roles.Field.Scalars(), &doc.User.Roles
	if !doc.WritesRole() || len(fields) == 0 {
		return nil
	}
	update := doc.Operations.UpdateUser
	if _, there := at(update.Body, fields[0]); !there {
		return nil
	}
	var tries []Fix
	for _, own := range ownRoleCalls(update.Call.Path, fields[0], doc.ManyRoles(), roles.By == "name" || roles.Name.Given() && !roles.ID.Given()) {
		tries = append(tries, Fix{Entry: spec.OperationPath(own.key), Value: own.value, Try: true})
	}
	return append(tries, Fix{Entry: op(spec.OpUpdateUser, "body."+fields[0]), Try: true})
}

// showsLater lets the gateway wait for who was added.
var showsLater = Fix{Entry: op(spec.OpAddUser, "shows within"), Value: "30s"}

// nextMethod is what is tried after a method that Suger does not offer.
var nextMethod = map[string]string{"PATCH": "PUT", "PUT": "POST"}

// otherMethod is another usual way to make a change: a PUT takes the whole object
// where that can be read.
func otherMethod(doc *spec.Document, operation string) []Fix {
	in := doc.Operations.Named(operation)
	if in == nil || operation != spec.OpUpdateUser && operation != spec.OpSetRole || nextMethod[in.Call.Method] == "" {
		return nil
	}
	method := nextMethod[in.Call.Method]
	tries := []Fix{{Entry: op(operation, "call"), Value: method + " " + in.Call.Path, Try: true}}
	if operation == spec.OpUpdateUser && method == "PUT" {
		tries = append(tries, Fix{Entry: op(operation, "sends"), Value: string(spec.SendsWholeObject), Try: true})
	}
	return tries
}
