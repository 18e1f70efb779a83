package check

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec"
)

// draft writes the facts in the language of the mapping file. What the language
// has a word for stands here and in compose_writes.go.
func (f *facts) draft() *Draft {
	d := &Draft{}
	d.set("version", 1, Seen, "of this file format")
	f.writeReads(d)
	f.writeWrites(d)
	f.writeUser(d)
	f.writeRole(d)
	f.writeEnd(d)
	d.seen("credential", "from the current file", object{{"header", f.login.Header}, {"scheme", f.login.Scheme}})
	if e := f.errors; e != nil {
		for _, fix := range e.fixes() {
			d.set(fix.Entry, fix.Value, Seen, "an unknown id is answered with it and status 2xx")
		}
		if e.notThere != "" {
			d.set("refusals.not there", []any{e.notThere}, Seen, "the answer for an unknown id")
		}
	}
	return d
}

func op(name, key string) string { return "operations." + name + "." + key }

// seen sets the entries below a path that have a value.
func (d *Draft) seen(path, why string, entries object) {
	for _, e := range entries {
		if !isEmpty(e.value) {
			d.set(path+"."+e.key, e.value, Seen, why)
		}
	}
}

func (f *facts) writeReads(d *Draft) {
	f.writeList(d, opListUsers, &f.list)
	if f.one != nil {
		d.seen("operations."+opGetUser, "", object{{"call", "GET " + f.one.path}, {"answer", f.one.answer}})
		if f.one.everybody {
			d.set(op(opGetUser, "covers"), "everybody", Likely, "the answer has no role, so the list decides who is a member")
		}
	}
	if f.lookup != "" {
		call := "GET " + f.list.withQuery(f.lookup+"={userName}")
		d.seen("operations."+spec.OpFindUser, "one row, in any letter case", object{{"call", call}, {"answer", f.list.items}})
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
	d.seen("operations."+name, "", object{{"call", "GET " + list.withQuery()}, {"items", list.items}, {"total", list.total}})
	if value := pagingValue(list.paging); value != nil {
		d.set(op(name, "paging"), value, Seen, list.why)
	} else {
		d.find(op(name, "call")).why = list.why
	}
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
		id.sure, id.why = Likely, either(others)+" is unique, too: which one calls need is not visible"
	}
	if f.member != "" {
		d.set("user.ids.membership", f.member, Likely, "the membership's own id")
	}
	d.seen("user", in, object{{"organization", f.org}})
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
	name.why = "assumed that it cannot change"
	if others := f.emails[1:]; len(others) > 0 {
		name.sure, name.why = Likely, either(others)+" has addresses, too: which one users sign in with is not visible"
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
	if len(f.flags) > 0 {
		defer d.section("user.roles", both(f.flags)+" seems to mark who manages users, but is true or false: a role is a text, a number, an object or a list.")
	}
	if f.role.field == "" {
		d.set("user.roles.field", f.roleName(), NotSeen, "no field of a user looks like a role")
		return
	}
	d.set("user.roles.field", f.role.field, Seen, f.share(f.role.field))
	if f.role.many {
		d.set("user.roles.hold", "many", Seen, "it is a list")
	} else {
		d.set("user.roles.hold", "one", Seen, "")
	}
	switch {
	case f.role.id != "" || f.role.name != "":
		d.seen("user.roles", "", object{{"id", f.role.id}, {"name", f.role.name}})
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
		d.seen("role", "", object{{"id", r.id}, {"name", r.name}, {"description", r.description}, {"permissions", r.permissions}, {"created", r.created}})
	}
	var known, order, lesser []any
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
		if k.rank() == rankLesser {
			lesser = append(lesser, k.name)
		} else {
			order = append(order, k.name)
		}
	}
	list := d.set("role.known", known, Likely, "whether this role manages users follows from its name")
	list.inline = false // a line for each
	for i, e := range list.inner {
		switch k := f.known[i]; {
		case f.noAdministrator && k.administrator:
			e.sure, e.why = NotSeen, "no name shows which role manages users: put it here"
		case k.assumed:
			e.sure, e.why = NotSeen, "name a role that Suger has"
		case !k.administrator:
			e.sure, e.why = Seen, "held by users, or listed"
		}
	}
	if f.roles != nil {
		order = append(order, "*")
	}
	precedence := d.set("role.precedence", append(order, lesser...), Likely, "the most powerful first, by their names")
	least := d.set("role.default", f.fallback.name, Likely, "the fewest rights, for users without a role")
	if f.noAdministrator {
		precedence.sure, least.sure = NotSeen, NotSeen
	}
	if !f.fallbackByName {
		least.sure, least.why = NotSeen, "no name shows which role has the fewest rights: "+f.fallbackWhy
	}
	if d.find("operations."+spec.OpAddRole) != nil {
		d.set("role.new role", object{{"description", "Created from Okta"}, {"permissions", []any{}}}, Likely, "for roles created from pushed groups")
	}
}

func (f *facts) writeEnd(d *Draft) {
	switch s := f.status; {
	case s == nil:
		sure, why := Likely, "there is no status"
		if like := f.fields.unreadStatus(); like != "" {
			sure, why = NotSeen, like+" may be a status, but nothing shows what its values mean"
		}
		d.set("access", object{{"end", spec.ByRemoval}}, sure, why)
	case f.member != "":
		d.set("access.end", spec.ByRemoval, Likely, "the membership ends")
	case s.byRemoval:
		d.set("access.end", spec.ByRemoval, Likely, "a removal seems to set "+s.field)
	default:
		d.set("access.end", spec.BySetStatus, Likely, "there is a status")
	}
	if s := f.status; s != nil {
		d.set("access.field", s.field, Seen, "")
		words := object{{"active", s.active}, {"pending", s.pending}, {"inactive", s.inactive}}
		d.seen("access", "by the name and the values of the field", words)
		if s.guessed {
			for _, e := range words {
				if word := d.find("access." + e.key); word != nil {
					word.sure, word.why = Likely, "some words were not seen"
				}
			}
		}
		if s.absent != "" {
			d.set("access.absent", s.absent, Likely, "")
		}
	}
	for _, refusal := range []struct {
		kind  string
		words []any
	}{{"domain", []any{"domain"}}, {"seats", []any{"seat", "license"}}, {"duplicate", []any{"already exists"}}} {
		d.set("refusals."+refusal.kind, refusal.words, NotSeen, "no refusal was provoked")
	}
}
