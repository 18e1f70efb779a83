package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec"
)

// Comments above the write operations of a draft. The check creates no roles,
// because it could not undo that.
const (
	unproven     = "Not proven: drafted in the shape that was read. check --write ADDRESS proves it."
	unprovenRole = "Not proven, and not tried by --write: drafted in the shape that was read. Without it, the gateway refuses such a change."
)

func op(name, key string) string { return "operations." + name + "." + key }

// write drafts a write operation.
func (d *Draft) write(name, call string, body map[string]any, above string) {
	d.likely(op(name, "call"), call, "")
	if !strings.HasPrefix(call, "POST ") {
		d.likely(op(name, "repeat"), true, "")
	}
	d.likely(op(name, "body"), body, "")
	d.find("operations." + name).above = above
}

// draftWrites drafts how users are added, changed and removed, in the shape in which
// they are listed.
func (s *survey) draftWrites() {
	d, person := s.draft, s.list.Call.Path+"/{user}"
	member, status := person, s.status
	create, update, role := s.nameParts(), s.nameParts(), make(map[string]any)
	s.put(create, s.email, "{userName}")
	s.put(role, s.roleName(), s.rolePart())
	if s.member != "" {
		person, member = cmp.Or(s.one, person), s.joins+"/{user.membership}"
		d.write(spec.OpAddUser, "POST "+strings.TrimSuffix(person, "/{user}"), create, unproven)
		d.write(spec.OpUpdateUser, "PATCH "+person, update, unproven)
		d.write(spec.OpSetRole, "PATCH "+member, role, unproven)
		role["userId"] = "{user}"
		d.write(spec.OpAddMember, "POST "+s.joins, role, unproven)
		d.find(op(spec.OpAddMember, "body")).why = "userId is a guess"
	} else {
		s.put(create, s.roleName(), s.rolePart())
		s.put(update, s.roleName(), s.rolePart())
		if status.field != "" && !status.byRemoval {
			s.put(update, status.field, "{status}")
		}
		above := unproven
		if s.role.field != "" {
			above += "\nIf Suger gives roles by calls of their own, take " + s.bare(s.role.field) + " out of this body and add:"
			own := ownRoleCalls(member, s.role.field, s.role.many, s.role.byName || s.role.name != "" && s.role.id == "")
			for _, name := range sortedNames(own) {
				above += fmt.Sprintf("\n%s: %s", name, flowOf(own[name]))
			}
		}
		d.write(spec.OpAddUser, "POST "+s.list.Call.Path, create, unproven)
		d.write(spec.OpUpdateUser, "PATCH "+person, update, above)
	}
	d.write(spec.OpRemoveUser, "DELETE "+member, nil, unproven)
	if in := s.roleIn; s.roleRows == nil || in.id == "" || in.id == in.name {
		return // plain strings have no id to address
	}
	body, rename, roles := make(map[string]any), make(map[string]any), s.roleRows.Call.Path
	s.put(rename, s.roleIn.name, "{displayName}")
	s.put(body, s.roleIn.name, "{displayName}")
	s.put(body, s.roleIn.description, "{description}")
	s.put(body, s.roleIn.permissions, "{permissions}")
	d.write(spec.OpAddRole, "POST "+roles, body, unprovenRole)
	d.write(spec.OpUpdateRole, "PATCH "+roles+"/{role}", rename, unprovenRole)
	d.write(spec.OpRemoveRole, "DELETE "+roles+"/{role}", nil, unprovenRole)
}

// roleName returns the field of the role, a usual name if none was seen.
func (s *survey) roleName() string { return cmp.Or(s.role.field, "role") }

func (s *survey) rolePart() any {
	inside := make(map[string]any)
	for path, value := range map[string]string{s.role.id: "{role}", s.role.name: "{role.name}"} {
		if path != "" {
			inside[path] = value
		}
	}
	switch {
	case len(inside) > 0 && s.role.many:
		return []any{inside}
	case len(inside) > 0:
		return inside
	case s.role.many && s.role.byName:
		return "{roles.names}"
	case s.role.many:
		return "{roles}"
	case s.role.byName:
		return "{role.name}"
	}
	return "{role}"
}

func (s *survey) nameParts() map[string]any {
	body := make(map[string]any)
	for i, value := range []string{"{name.givenName}", "{name.familyName}", "{name.formatted}"} {
		s.put(body, s.names[i], value)
	}
	return body
}

func (s *survey) bare(path string) string { return strings.TrimPrefix(path, s.prefix) }

func (s *survey) put(body map[string]any, path string, value any) {
	keys := strings.Split(s.bare(path), ".")
	for i, key := range keys {
		key, _, listed := strings.Cut(key, "[")
		inner, there := body[key].(map[string]any)
		switch {
		case path == "":
			return
		case i == len(keys)-1 && listed:
			body[key] = []any{value}
		case i == len(keys)-1:
			body[key] = value
		case !there:
			inner = make(map[string]any)
			if body[key] = inner; listed {
				body[key] = []any{inner}
			}
		}
		body = inner
	}
}

// ownRoleCalls returns the separate operations that grant and revoke roles, if any.
func ownRoleCalls(user, field string, many, byName bool) map[string]any {
	role, name := "{role}", field[strings.LastIndex(field, ".")+1:]
	if byName {
		role = "{role.name}"
	}
	if !many {
		return map[string]any{spec.OpSetRole: map[string]any{"call": "PUT " + user + "/role", "repeat": true, "body": map[string]any{name: role}}}
	}
	one := strings.TrimSuffix(name, "s")
	if !byName {
		one += "Id"
	}
	return map[string]any{
		spec.OpGrantRole:  map[string]any{"call": "POST " + user + "/roles", "repeat": true, "body": map[string]any{one: role}},
		spec.OpRevokeRole: map[string]any{"call": "DELETE " + user + "/roles/" + role, "repeat": true},
	}
}

// ownRoleTries proposes separate calls for roles in place of the update of a user.
func ownRoleTries(doc *spec.Document) []Fix {
	fields, roles := doc.User.Roles.Field.Scalars(), &doc.User.Roles
	if !doc.WritesRole() {
		return nil
	}
	update := doc.Operations.UpdateUser
	sent := slices.IndexFunc(fields, func(field string) bool { _, there := at(update.Body, field); return there })
	if sent < 0 {
		return nil
	}
	field, tries := fields[sent], []Fix(nil)
	own := ownRoleCalls(update.Call.Path, field, doc.ManyRoles(), roles.By == "name" || roles.Name.Given() && !roles.ID.Given())
	for _, name := range sortedNames(own) {
		tries = append(tries, Fix{Entry: spec.OperationPath(name), Value: own[name], Try: true})
	}
	return append(tries, Fix{Entry: op(spec.OpUpdateUser, "body."+field), Try: true})
}

// showsLater proposes to wait for an added user.
var showsLater = Fix{Entry: op(spec.OpAddUser, "shows within"), Value: "30s"}

// nextMethod maps a method that Suger refuses to the one to try next.
var nextMethod = map[string]string{"PATCH": "PUT", "PUT": "POST"}

// otherMethod is another usual way to make a change: a PUT takes the whole object
// where that can be read.
func otherMethod(doc *spec.Document, operation string) []Fix {
	in := doc.Operations.Named(operation)
	if in == nil || operation != spec.OpUpdateUser && operation != spec.OpSetRole || nextMethod[in.Call.Method] == "" {
		return nil
	}
	call := in.Call
	call.Method = nextMethod[call.Method]
	tries := []Fix{{Entry: op(operation, "call"), Value: callText(call), Try: true}}
	if operation == spec.OpUpdateUser && call.Method == "PUT" {
		tries = append(tries, Fix{Entry: op(operation, "sends"), Value: string(spec.SendsWholeObject), Try: true})
	}
	return tries
}
