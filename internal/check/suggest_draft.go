package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// bare returns the path of a field in bodies, and in the answer for one person.
func (s *survey) bare(path string) string { return strings.TrimPrefix(path, s.prefix) }

// field returns a path, and the same in the answer for one person where that
// differs.
func (s *survey) field(path string) any {
	other := s.bare(path)
	if path == s.id {
		other = cmp.Or(s.oneID, other)
	}
	if other == path {
		return path
	}
	return []any{path, other}
}

func (s *survey) draftUser() {
	d, doubt := s.draft, ""
	if s.one == "" && len(s.fields.idsIn("")) > 1 { // no call has shown it
		doubt = "another field is unique, too: which one calls need is not visible"
	}
	d.unless("user.id", s.field(s.id), doubt)
	d.likely("user.ids.membership", s.member, "the membership's own id")
	attribute := func(name, path, key, word, doubt string) {
		value := s.field(path)
		if _, several := value.([]any); several || key != "" {
			long := map[string]any{"field": value, key: word}
			delete(long, "")
			value = long
		}
		if path != "" {
			d.unless("user.attributes."+name, value, doubt)
		}
	}
	doubt = "whether the address can change is assumed"
	if len(s.fields.emails()) > 1 {
		doubt = "another field has addresses, too: which one users sign in with is not visible"
	}
	attribute("userName", s.email, "write", spec.WriteCreate, doubt)
	for name, part := range map[string]string{"name.givenName": spec.FirstNames, "name.familyName": spec.LastName} {
		attribute(name, s.names[name], "", "", "")
		attribute(name, s.names["name.formatted"], "part", part, "")
	}
	for _, use := range []string{"organization", "created", "modified"} {
		d.seen("user."+use, s.field(s.guess(use)), "")
	}
	s.draftRoleField()
}

func (s *survey) draftRoleField() {
	d, r := s.draft, &s.role
	if r.field == "" {
		d.set("user.roles.field", s.roleName(), NotSeen, "no field of a user looks like a role")
		return
	}
	d.seen("user.roles.field", s.field(r.field), "")
	d.seen("user.roles.hold", map[bool]string{true: "many", false: "one"}[r.many], "")
	d.seen("user.roles.id", r.id, "")
	d.seen("user.roles.name", r.name, "")
	if r.id+r.name == "" {
		doubt := map[bool]string{true: "no list of roles shows it"}[s.roleRows == nil]
		d.unless("user.roles.by", map[bool]string{true: "name", false: "id"}[r.byName], doubt)
	}
}

func (s *survey) draftAccess() {
	d, status := s.draft, &s.status
	end, why := spec.ByRemoval, "a removal seems to end it"
	if status.field != "" && s.member == "" && !status.byRemoval {
		end, why = spec.BySetStatus, "there is a status"
	}
	d.likely("access.end", string(end), why)
	d.seen("access.field", s.field(status.field), "")
	sure, why := Seen, "by the name and the values of the field"
	if status.guessed {
		sure, why = Likely, "some words were not seen"
	}
	d.set("access.active", status.active, sure, why)
	d.set("access.pending", status.pending, sure, why)
	d.set("access.inactive", status.inactive, sure, why)
	d.likely("access.absent", status.absent, "")
}

func op(name, key string) string { return "operations." + name + "." + key }

// write drafts a write operation.
func (d *Draft) write(name, call string, body any) {
	d.likely(op(name, "call"), call, "unproven")
	if !strings.HasPrefix(call, "POST ") {
		d.likely(op(name, "repeat"), true, "")
	}
	d.likely(op(name, "body"), body, "")
}

// with returns a body that sends a field, too, if there is one.
func (s *survey) with(body any, path, value string) any {
	if path == "" {
		return body
	}
	return put(body, splitEntry(s.bare(path)), value)
}

// draftWrites drafts how users are added, changed and removed, in the shape in which
// they are listed.
func (s *survey) draftWrites() {
	d, person := s.draft, s.list.Call.Path+"/{user}"
	var names any
	for name, path := range s.names {
		names = s.with(names, path, "{"+name+"}")
	}
	create := s.with(names, s.email, "{userName}")
	if s.member != "" {
		person, member := cmp.Or(s.one, person), s.joins+"/{user.membership}"
		d.write(spec.OpAddUser, "POST "+strings.TrimSuffix(person, "/{user}"), create)
		d.write(spec.OpUpdateUser, "PATCH "+person, names)
		d.write(spec.OpSetRole, "PATCH "+member, s.withRole(nil))
		d.write(spec.OpAddMember, "POST "+s.joins, put(s.withRole(nil), []string{"userId"}, "{user}"))
		d.comments[op(spec.OpAddMember, "body")] += ": userId is a guess"
		d.write(spec.OpRemoveUser, "DELETE "+member, nil)
	} else {
		update := s.withRole(names)
		if !s.status.byRemoval {
			update = s.with(update, s.status.field, "{status}")
		}
		d.write(spec.OpAddUser, "POST "+s.list.Call.Path, s.withRole(create))
		d.write(spec.OpUpdateUser, "PATCH "+person, update)
		d.write(spec.OpRemoveUser, "DELETE "+person, nil)
	}
	if in := s.roleIn; s.roleRows != nil && in.id != "" && in.id != in.name { // plain strings have no id to address
		roles, rename := s.roleRows.Call.Path, s.with(nil, in.name, "{displayName}")
		d.write(spec.OpAddRole, "POST "+roles, s.with(s.with(rename, in.description, "{description}"), in.permissions, "{permissions}"))
		d.write(spec.OpUpdateRole, "PATCH "+roles+"/{role}", rename)
		d.write(spec.OpRemoveRole, "DELETE "+roles+"/{role}", nil)
		for _, name := range []string{spec.OpAddRole, spec.OpUpdateRole, spec.OpRemoveRole} {
			d.comments[op(name, "call")] += ", and not tried by --write" // which could not remove the role again
		}
		d.likely("role.new role", map[string]any{"description": "Created from Okta", "permissions": []any{}}, "for roles created from pushed groups")
	}
}

// roleName returns the field of the role, a usual name if none was seen.
func (s *survey) roleName() string { return cmp.Or(s.role.field, "role") }

// withRole returns a body that sends the role, too, in the shape that was read.
func (s *survey) withRole(body any) any {
	path := s.roleName()
	if s.role.many {
		path += "[0]" // which is repeated for each role
	}
	id, name := s.role.id, s.role.name
	if id+name == "" {
		return s.with(body, path, map[bool]string{true: "{role.name}", false: "{role}"}[s.role.byName])
	}
	if id != "" {
		body = s.with(body, path+"."+id, "{role}")
	}
	if name != "" {
		body = s.with(body, path+"."+name, "{role.name}")
	}
	return body
}

// ownRoleTries proposes separate calls for roles in place of the update of a user.
func ownRoleTries(doc *spec.Document) []Fix {
	if !doc.WritesRole() {
		return nil
	}
	update, roles := doc.Operations.UpdateUser, &doc.User.Roles
	fields := roles.Field.Scalars()
	sent := slices.IndexFunc(fields, func(field string) bool { _, there := at(update.Body, field); return there })
	if sent < 0 {
		return nil
	}
	role, key := "{role}", "Id"
	if roles.By == "name" || roles.Name.Given() && !roles.ID.Given() {
		role, key = "{role.name}", ""
	}
	user, name := update.Call.Path, fields[sent][len(parentOf(fields[sent])):]
	try := func(operation, call, field string) Fix {
		value := map[string]any{"call": call, "repeat": true}
		if field != "" {
			value["body"] = map[string]any{field: role}
		}
		return Fix{Entry: spec.OperationPath(operation), Value: value, Try: true}
	}
	unsent := Fix{Entry: op(spec.OpUpdateUser, "body."+fields[sent]), Try: true}
	if doc.ManyRoles() {
		one := strings.TrimSuffix(name, "s") + key
		return []Fix{try(spec.OpGrantRole, "POST "+user+"/roles", one), try(spec.OpRevokeRole, "DELETE "+user+"/roles/"+role, ""), unsent}
	}
	return []Fix{try(spec.OpSetRole, "PUT "+user+"/role", name), unsent}
}

// showsLater proposes to wait for an added user.
var showsLater = Fix{Entry: op(spec.OpAddUser, "shows within"), Value: "30s"}

// otherMethod is another usual way to make a change: a PUT takes the whole object
// where that can be read.
func otherMethod(doc *spec.Document, operation string) []Fix {
	in := doc.Operations.Named(operation)
	if in == nil || operation != spec.OpUpdateUser && operation != spec.OpSetRole {
		return nil
	}
	call := in.Call
	call.Method = map[string]string{"PATCH": "PUT", "PUT": "POST"}[call.Method]
	tries := []Fix{{Entry: op(operation, "call"), Value: callText(call), Try: true}}
	switch {
	case call.Method == "":
		return nil
	case operation == spec.OpUpdateUser && call.Method == "PUT":
		tries = append(tries, Fix{Entry: op(operation, "sends"), Value: string(spec.SendsWholeObject), Try: true})
	}
	return tries
}

// roleFields are the fields of a role.
type roleFields struct {
	id, name, description, permissions, created string
	numbers                                     bool // the ids are such
}

// roleFields finds the fields of rows that are roles. A role that is listed twice makes the
// ids look like no ids.
func (c *fieldCounts) roleFields() (f roleFields) {
	text := func(l *leaf) bool { return l.kind() == isText }
	f.name = c.named(roleTitles, text)
	if f.id = cmp.Or(first(c.idsIn("")), c.named(roleKeys, (*leaf).isScalar)); f.id != "" {
		f.numbers = c.leaves[f.id].kind() == isNumber
	}
	f.description = c.named([]string{"description", "summary", "about"}, text)
	f.permissions = c.named([]string{"permissions", "scopes", "rights"}, func(l *leaf) bool { return l.kind() == isList })
	f.created = c.guess("created", "", nil)
	return f
}

// Names of roles by what they usually may do.
var (
	adminRole  = regexp.MustCompile(`(?i)admin|owner|super ?user|root`)
	usualRole  = regexp.MustCompile(`(?i)^(admin(istrator)?|owner|editor|viewer|reader|member|user|guest|manager|operator|basic|standard|read[ _-]?only|writer|contributor)s?$`)
	lesserRole = regexp.MustCompile(`(?i)\b(view|read|guest|member|basic)`)
)

// Ranks of roles by their names.
const (
	managesUsers = iota
	otherRole
	fewestRights
)

// A knownRole is a role that the draft lists.
type knownRole struct {
	mapping.RoleName
	rank    int
	assumed bool // not seen, but the file needs one
}

// knownRoles returns the roles of the file, the most powerful first: those that have a
// usual name, those that users hold and the list lacks, and, if no name shows which role
// has the fewest rights, the one besides the administrator's that most users hold.
func (s *survey) knownRoles() (known []knownRole, most mapping.RoleName) {
	add := func(role mapping.RoleName, assumed bool) {
		rank := slices.Index([]bool{adminRole.MatchString(role.Name), !lesserRole.MatchString(role.Name), true}, true)
		if !slices.ContainsFunc(known, func(other knownRole) bool { return fold(other.Name) == fold(role.Name) }) {
			known = append(known, knownRole{role, rank, assumed})
		}
	}
	has := func(rank int) bool {
		return slices.ContainsFunc(known, func(k knownRole) bool { return k.rank == rank })
	}
	for _, role := range s.roleNames {
		if usualRole.MatchString(role.Name) || adminRole.MatchString(role.Name) {
			add(role, false)
		}
	}
	holders := 0
	for _, word := range sortedNames(s.role.words) {
		role, listed := s.roleNames.called(word)
		if !listed {
			role = mapping.RoleName{ID: word, Name: word}
			add(role, false)
		}
		if n := s.role.words[word]; n > holders && !adminRole.MatchString(role.Name) {
			most, holders = role, n
		}
	}
	if !has(fewestRights) && holders > 0 {
		add(most, false)
	}
	if !has(managesUsers) { // which of them has it is not known
		add(mapping.RoleName{Name: "ADMIN"}, true)
	}
	if !has(otherRole) && !has(fewestRights) {
		add(mapping.RoleName{Name: "MEMBER", ID: "MEMBER"}, true)
	}
	slices.SortStableFunc(known, func(a, b knownRole) int { return a.rank - b.rank })
	return known, most
}

// draftRoles drafts the fields of a role, the roles of the file, their order, and the
// role of who is given none. No role is taken for an administrator's or one with the
// fewest rights by its place in the list.
func (s *survey) draftRoles() {
	d, in := s.draft, &s.roleIn
	if in.name != "" {
		for field, path := range map[string]string{"id": in.id, "name": in.name, "description": in.description, "permissions": in.permissions, "created": in.created} {
			d.seen("role."+field, path, "")
		}
	}
	known, most := s.knownRoles()
	var order []any
	for i, k := range known {
		s.draftKnown(i, k)
		order = append(order, k.Name)
	}
	lesser := slices.IndexFunc(append(known, knownRole{rank: fewestRights}), func(k knownRole) bool { return k.rank == fewestRights })
	if s.roleRows != nil { // all others before the lesser ones
		order = slices.Insert(order, lesser, any("*"))
	}
	d.likely("role.precedence", order, "the most powerful first, by their names")
	if last := known[len(known)-1]; last.rank == fewestRights {
		d.likely("role.default", last.Name, "the fewest rights, for users without a role")
	} else {
		d.set("role.default", cmp.Or(most.Name, last.Name), NotSeen, "no name shows which role has the fewest rights: most users hold this one")
	}
}

func (s *survey) draftKnown(i int, k knownRole) {
	value := map[string]any{"name": k.Name, "id": k.ID, "administrator": k.rank == managesUsers}
	if _, listed := s.roleNames.of(mapping.RoleName{ID: k.ID}); listed && k.ID != "" && s.roleIn.numbers {
		value["id"] = json.Number(k.ID)
	}
	sure, why := Seen, "held by users, or listed"
	switch {
	case k.assumed:
		sure, why = NotSeen, "Suger has no such role: name the one that it has"
	case len(s.roleNames.idsOf(k.Name)) > 1: // so that the check fails
		value["id"] = ""
		sure, why = NotSeen, "other roles have this name, too: add the id of the one that is meant"
	case k.rank == managesUsers:
		sure, why = Likely, "whether this role manages users follows from its name"
	}
	maps.DeleteFunc(value, func(_ string, part any) bool { return part == "" || part == false })
	s.draft.set(fmt.Sprintf("role.known[%d]", i), value, sure, why)
}
