package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec"
)

// unproven is what a draft says above its write operations.
const unproven = "Not proven: drafted in the shape that was read. check --write ADDRESS proves it."

// unprovenRole is the same of those that no check makes, since nothing could take
// back what they do.
const unprovenRole = "Not proven, and not tried by --write: drafted in the shape that was read. Without it, the gateway refuses such a change."

// draft writes the facts in the language of the mapping file. What the language
// has a word for stands here and nowhere else in this package.
func (f *facts) draft() *Draft {
	d := &Draft{}
	d.set("version", 1, Seen, "of this file format")
	f.writeReads(d)
	f.writeWrites(d)
	f.writeUser(d)
	f.writeRole(d)
	f.writeEnd(d)
	f.writeLogin(d)
	if e := f.errors; e != nil {
		for _, fix := range e.fixes() {
			d.set(fix.Entry, fix.Value, Seen, "an id that nobody has is answered with it, and status 2xx")
		}
		if e.notThere != "" {
			d.set("refusals.not there", []any{e.notThere}, Seen, "so an id that nobody has is answered")
		}
	}
	return d
}

func op(name, key string) string { return "operations." + name + "." + key }

func (f *facts) writeReads(d *Draft) {
	f.writeList(d, opListUsers, &f.list)
	if f.one != nil {
		d.set(op(opGetUser, "call"), "GET "+f.one.path, Seen, "")
		if f.one.answer != "" {
			d.set(op(opGetUser, "answer"), f.one.answer, Seen, "")
		}
		if f.one.everybody {
			d.set(op(opGetUser, "covers"), "everybody", Likely, "the answer lacks the role, so the list tells who is a member")
		}
	}
	if f.lookup != "" {
		d.set(op(spec.OpFindUser, "call"), "GET "+f.list.withQuery(f.lookup+"={userName}"), Seen, "one row, in any letter case")
		if f.list.items != "" {
			d.set(op(spec.OpFindUser, "answer"), f.list.items, Seen, "")
		}
	}
	if f.roles != nil {
		f.writeList(d, opListRoles, &f.roles.listFacts)
	}
}

// withQuery is the path with its query and more.
func (l *listFacts) withQuery(more ...string) string {
	var query []string
	for _, key := range sortedNames(l.query) {
		query = append(query, url.QueryEscape(key)+"="+url.QueryEscape(l.query[key]))
	}
	if query = append(query, more...); query == nil {
		return l.path
	}
	return l.path + "?" + strings.Join(query, "&")
}

func (f *facts) writeList(d *Draft, name string, list *listFacts) {
	call := d.set(op(name, "call"), "GET "+list.withQuery(), Seen, "")
	if list.paging.Style == "none" {
		call.why = list.why
	}
	if list.items != "" {
		d.set(op(name, "items"), list.items, Seen, "")
	}
	if list.total != "" {
		d.set(op(name, "total"), list.total, Seen, "")
	}
	if value := pagingValue(list.paging); value != nil {
		d.set(op(name, "paging"), value, Seen, list.why)
	}
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
	word, all := "{role}", "{roles}"
	if f.role.byName {
		word, all = "{role.name}", "{roles.names}"
	}
	var inside object
	if f.role.id != "" {
		inside = append(inside, member{f.role.id, "{role}"})
	}
	if f.role.name != "" {
		inside = append(inside, member{f.role.name, "{role.name}"})
	}
	switch {
	case inside != nil && f.role.many:
		return []any{inside}
	case inside != nil:
		return inside
	case f.role.many:
		return all
	}
	return word
}

// profile is the body that sends the person.
func (f *facts) profile(address bool) object {
	var body object
	prefix := ""
	if f.member != "" && f.one != nil {
		prefix = f.one.prefix
	}
	add := func(path, name string) {
		if path != "" {
			body = put(body, strings.TrimPrefix(path, prefix), "{"+name+"}")
		}
	}
	if address {
		add(f.email, "userName")
	}
	add(f.given, "name.givenName")
	add(f.family, "name.familyName")
	add(f.full, "name.formatted")
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

func (f *facts) writeWrites(d *Draft) {
	if f.member != "" {
		d.set(op(spec.OpAddUser, "call"), "POST "+strings.TrimSuffix(f.personPath(), "/{user}"), Likely, "")
		d.set(op(spec.OpAddUser, "body"), f.profile(true), Likely, "")
		d.set(op(spec.OpAddMember, "call"), "POST "+f.joins, Likely, "")
		d.set(op(spec.OpAddMember, "body"), put(object{{"userId", "{user}"}}, f.roleName(), f.rolePart()), Likely, "userId is a guess")
		d.set(op(spec.OpSetRole, "call"), "PATCH "+f.memberPath(), Likely, "")
		d.set(op(spec.OpSetRole, "repeat"), true, Likely, "")
		d.set(op(spec.OpSetRole, "body"), put(nil, f.roleName(), f.rolePart()), Likely, "")
	} else {
		d.set(op(spec.OpAddUser, "call"), "POST "+f.list.path, Likely, "")
		d.set(op(spec.OpAddUser, "body"), put(f.profile(true), f.roleName(), f.rolePart()), Likely, "")
	}
	body := f.profile(false)
	if f.member == "" {
		body = put(body, f.roleName(), f.rolePart())
		if f.status != nil && !f.status.byRemoval {
			body = put(body, f.status.field, "{status}")
		}
	}
	d.set(op(spec.OpUpdateUser, "call"), "PATCH "+f.personPath(), Likely, "")
	d.set(op(spec.OpUpdateUser, "repeat"), true, Likely, "")
	d.set(op(spec.OpUpdateUser, "body"), body, Likely, "")
	d.set(op(spec.OpRemoveUser, "call"), "DELETE "+f.memberPath(), Likely, "")
	d.set(op(spec.OpRemoveUser, "repeat"), true, Likely, "")
	for _, name := range []string{spec.OpAddUser, spec.OpAddMember, spec.OpSetRole, spec.OpUpdateUser, spec.OpRemoveUser} {
		d.section("operations."+name, unproven)
	}
	if f.member == "" && f.role.field != "" {
		above := unproven + "\nIf Suger gives roles by calls of their own, take " + f.role.field + " out of this body and add:"
		for _, own := range ownRoleCalls(f.memberPath(), f.role.field, f.role.many, f.role.named()) {
			above += fmt.Sprintf("\n%s: %s", own.key, flowOf(own.value))
		}
		d.section("operations."+spec.OpUpdateUser, above)
	}
	f.writeRoleWrites(d)
}

// writeRoleWrites drafts how roles are made, renamed and deleted, in the shape in
// which they are listed.
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
	d.set(op(spec.OpAddRole, "call"), "POST "+r.path, Likely, "")
	d.set(op(spec.OpAddRole, "body"), body, Likely, "")
	d.set(op(spec.OpUpdateRole, "call"), "PATCH "+r.path+"/{role}", Likely, "")
	d.set(op(spec.OpUpdateRole, "repeat"), true, Likely, "")
	d.set(op(spec.OpUpdateRole, "body"), put(nil, r.name, "{displayName}"), Likely, "")
	d.set(op(spec.OpRemoveRole, "call"), "DELETE "+r.path+"/{role}", Likely, "")
	d.set(op(spec.OpRemoveRole, "repeat"), true, Likely, "")
	for _, name := range []string{spec.OpAddRole, spec.OpUpdateRole, spec.OpRemoveRole} {
		d.section("operations."+name, unprovenRole)
	}
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

// field is a path, and the same in the answer for one person where that differs.
func (f *facts) field(path string) any {
	if f.member == "" || f.one == nil || !strings.HasPrefix(path, f.one.prefix) {
		return path
	}
	other := strings.TrimPrefix(path, f.one.prefix)
	if path == f.id {
		other = f.one.id
	}
	if other == path {
		return path
	}
	return []any{path, other}
}

// share is how many users have a field, "" if all have.
func (f *facts) share(path string) string {
	if l := f.fields.leaves[path]; l.present < f.fields.sampled {
		return "in " + ofUsers(l.present, f.fields.sampled)
	}
	return ""
}

func (f *facts) writeUser(d *Draft) {
	in := "in " + ofUsers(f.fields.rows, f.fields.rows)
	id := d.set("user.id", f.field(f.id), Seen, in)
	if others := slices.DeleteFunc(slices.Clone(f.ids), func(path string) bool { return path == f.id }); len(others) > 0 && f.one == nil {
		id.sure, id.why = Likely, either(others)+" tells users apart, too: which one calls take cannot be seen"
	}
	if f.member != "" {
		d.set("user.ids.membership", f.member, Likely, "the membership's own id")
	}
	if f.org != "" {
		d.set("user.organization", f.org, Seen, in)
	}
	attribute := func(name, path string, more ...member) {
		if path == "" {
			return
		}
		value := f.field(path)
		if _, several := value.([]any); several || len(more) > 0 {
			value = append(object{{"field", value}}, more...)
		}
		d.set("user.attributes."+name, value, Seen, f.share(path))
	}
	attribute("userName", f.email, member{"write", "create"})
	name := d.find("user.attributes.userName")
	name.why = "that it cannot change is assumed"
	if others := f.emails[1:]; len(others) > 0 {
		name.sure, name.why = Likely, either(others)+" holds addresses, too: which one people sign in by cannot be seen"
	}
	attribute("name.givenName", f.given)
	attribute("name.familyName", f.family)
	attribute("name.givenName", f.full, member{"part", "first names"})
	attribute("name.familyName", f.full, member{"part", "last name"})
	for _, name := range sortedNames(f.others) {
		attribute(name, f.others[name], member{"write", "never"})
		d.find("user.attributes." + name).why = "whether it can be written is not known"
	}
	for _, use := range []string{"created", "modified"} {
		if path := f.times[use]; path != "" {
			d.set("user."+use, path, Seen, f.share(path))
		}
	}
	f.writeRoleField(d)
}

func (f *facts) writeRoleField(d *Draft) {
	if f.role.field == "" {
		d.set("user.roles.field", f.roleName(), NotSeen, "no field of a user looks like a role")
	} else {
		f.writeRoleForm(d)
	}
	if len(f.flags) > 0 {
		d.section("user.roles", "By its name "+both(f.flags)+" tells who manages users, but is true or false: a role is read from a text, a number, an object or a list.")
	}
}

func (f *facts) writeRoleForm(d *Draft) {
	d.set("user.roles.field", f.role.field, Seen, f.share(f.role.field))
	switch {
	case f.role.many:
		d.set("user.roles.hold", "many", Seen, "it is a list")
	default:
		d.set("user.roles.hold", "one", Seen, "")
	}
	switch {
	case f.role.id != "" || f.role.name != "":
		for _, part := range []struct{ key, path string }{{"id", f.role.id}, {"name", f.role.name}} {
			if part.path != "" {
				d.set("user.roles."+part.key, part.path, Seen, "")
			}
		}
	case f.role.byName:
		d.set("user.roles.by", "name", Seen, "the list of roles has these names")
	case f.roles != nil:
		d.set("user.roles.by", "id", Seen, "by the list of roles")
	default:
		d.set("user.roles.by", "id", Likely, "no list of roles was found")
	}
}

func (f *facts) writeRole(d *Draft) {
	if r := f.roles; r != nil && r.id != "" && r.name != "" {
		for _, part := range []struct{ key, path string }{
			{"id", r.id}, {"name", r.name}, {"description", r.description}, {"permissions", r.permissions}, {"created", r.created}} {
			if part.path != "" {
				d.set("role."+part.key, part.path, Seen, "")
			}
		}
	}
	var known, order []any
	fallback, lesser := f.fallback.name, []any{}
	for _, k := range f.known {
		one := object{{"name", k.name}}
		switch {
		case k.number:
			one = append(one, member{"id", json.Number(k.id)})
		case k.id != "":
			one = append(one, member{"id", k.id})
		}
		if k.administrator {
			one = append(one, member{"administrator", true})
		}
		known = append(known, one)
		switch {
		case k.administrator:
			order = append(order, k.name)
		case lesserRole.MatchString(k.name):
			lesser = append(lesser, k.name)
			if fallback == "" {
				fallback = k.name
			}
		default:
			order = append(order, k.name)
			if fallback == "" {
				fallback = k.name
			}
		}
	}
	sure, least := Likely, "the least, for everybody who is given none"
	if f.noAdministrator {
		sure = NotSeen
	}
	list := d.set("role.known", known, Likely, "whether this role manages users is judged by its name")
	list.inline = false // a line for each
	for i, e := range list.inner {
		switch {
		case f.known[i].assumed:
			e.sure, e.why = NotSeen, "name a role that Suger has"
		case !adminRole.MatchString(f.known[i].name):
			e.sure, e.why = Seen, "held by users, or listed"
		}
		if f.noAdministrator && f.known[i].administrator {
			e.sure, e.why = NotSeen, "no name says which role manages users: put that one here"
		}
	}
	if f.roles != nil {
		order = append(order, "*")
	}
	d.set("role.precedence", append(order, lesser...), sure, "the most powerful first, by their names")
	if !f.fallbackByName {
		sure, least = NotSeen, "no name says which role is the least: most users hold this one"
	}
	d.set("role.default", fallback, sure, least)
	if d.find("operations."+spec.OpAddRole) != nil {
		d.set("role.new role", object{{"description", "Created from Okta"}, {"permissions", []any{}}}, Likely, "what a role gets that is made for a pushed group")
	}
}

func (f *facts) writeEnd(d *Draft) {
	switch s := f.status; {
	case s == nil:
		d.set("access", object{{"end", spec.ByRemoval}}, Likely, "there is no status")
	case f.member != "":
		d.set("access.end", spec.ByRemoval, Likely, "the membership ends")
	case s.byRemoval:
		d.set("access.end", spec.ByRemoval, Likely, "by its name a removal sets "+s.field)
	default:
		d.set("access.end", spec.BySetStatus, Likely, "there is a status")
	}
	if s := f.status; s != nil {
		d.set("access.field", s.field, Seen, "")
		sure, why := Seen, "by the name and the values of the field"
		if s.guessed {
			sure, why = Likely, "not every word was met"
		}
		for _, words := range []struct {
			key string
			say []any
		}{{"active", s.active}, {"pending", s.pending}, {"inactive", s.inactive}} {
			if len(words.say) > 0 {
				d.set("access."+words.key, words.say, sure, why)
			}
		}
		if s.absent != "" {
			d.set("access.absent", s.absent, Likely, "")
		}
	}
	for _, words := range []struct {
		kind string
		say  []any
	}{{"domain", []any{"domain"}}, {"seats", []any{"seat", "license"}}, {"duplicate", []any{"already exists"}}} {
		d.set("refusals."+words.kind, words.say, NotSeen, "no refusal was provoked")
	}
}

// writeLogin takes over how the credential was shown, since that worked.
func (f *facts) writeLogin(d *Draft) {
	for _, part := range []struct{ key, text string }{{"header", f.login.Header}, {"scheme", f.login.Scheme}} {
		if part.text != "" {
			d.set("credential."+part.key, part.text, Seen, "as in the file before")
		}
	}
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

// fixes say how an answer tells that a call failed.
func (e *errorFacts) fixes() []Fix {
	found := []Fix{fix("errors.field", e.field)}
	if e.success != nil {
		found = append(found, fix("errors.success", []any{e.success}))
	}
	for _, part := range []struct{ key, path string }{{"code", e.code}, {"message", e.message}} {
		if part.path != "" {
			found = append(found, fix("errors."+part.key, part.path))
		}
	}
	return found
}
