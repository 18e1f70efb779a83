package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
)

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// checkFields says of each field of the mapping how many users have it.
func (r *run) checkFields() {
	for _, u := range r.users.fields.uses {
		r.add(r.field(u))
	}
	r.identities()
}

func (r *run) field(u *use) Line {
	all, at := r.users.count, u.field.String()
	if u.name == "organization" {
		at = u.name // of a user of another one
	}
	fail := func(format string, args ...any) Line { return r.line(u.name, Fail, u.entry, format, args...) }
	switch bad := r.users.unread[at]; {
	case u.present == 0:
		line := r.missing(fail("No user has %s.", u.field), u)
		if u.optional() {
			line.Level = Warn
		}
		return line
	case u.present < all && (u.name == "id" || u.name == "userName"):
		return r.missing(fail("%s is missing in %s, so the gateway refuses the list.", u.field, ofUsers(all-u.present, all)), u)
	case bad > 0:
		return r.unusable(fail("%s cannot be used in %s, so the gateway refuses the list.", u.field, ofUsers(bad, all)), u)
	case (u.name == "created" || u.name == "modified") && u.times < u.filled:
		return r.line(u.name, Warn, u.entry, "%s is not a time in %s, so SCIM does not show it.", u.field, ofUsers(u.filled-u.times, all)).
			propose(Fix{Entry: u.entry}).advise("Name a field with RFC 3339 times or seconds since 1970, or leave the entry out.")
	}
	empty := ""
	if n := u.present - u.filled; n > 0 {
		empty = fmt.Sprintf(", empty in %d", n)
	}
	return r.line(u.name, OK, u.entry, "In %s%s: %s (%s).", ofUsers(u.present, all), empty, u.field, u.kind())
}

// optional reports whether the gateway does without a field.
func (u *use) optional() bool {
	return slices.Contains([]string{"organization", "created", "modified"}, u.name)
}

// missing says what to do about a field that users do not have.
func (r *run) missing(line Line, u *use) Line {
	like := r.candidates(u.name)
	line.Fixes = fixes(fieldEntry(u), like)
	other := "Compare the field with Suger's documentation."
	switch {
	case u.name == "status":
		other = "If Suger has no status, leave access.field out: then only removal ends access."
	case u.optional() && like == nil:
		other, line.Fixes = "Leave the entry out if Suger has no such field.", []Fix{{Entry: u.entry}}
	}
	if like != nil {
		line.Change = fmt.Sprintf("Suger has %s, which looks like it.", either(like))
	}
	if like == nil || u.name == "status" {
		line.Change = joined(line.Change, other)
	}
	return line
}

// candidates are the fields of Suger's that a draft would name for a purpose, but
// for one that works for another.
func (r *run) candidates(name string) []string {
	path := r.users.fields.guess(name, r.Caller.Organization, r.roles)
	if path == "" || r.users.fields.isUsed(path) {
		return nil
	}
	return []string{path}
}

// fieldEntry is where the mapping names the field of a use.
func fieldEntry(u *use) string {
	if strings.HasPrefix(u.entry, "user.attributes.") {
		return u.entry + ".field"
	}
	return u.entry
}

// unusable says what to do about a field whose values the gateway refuses.
func (r *run) unusable(line Line, u *use) Line {
	switch kind := u.kind(); {
	case u.name == "organization":
		return line.advise("It names another organization. Correct the field, or leave it out if it means something else.")
	case u.name == "role":
		for _, part := range []string{"id", "name"} {
			for _, path := range sortedNames(r.users.fields.leaves) {
				if lastName(path) == part && parentOf(path) == u.field.String()+"." {
					line.Fixes = append(line.Fixes, fix("user.roles."+part, path[len(parentOf(path)):]))
				}
			}
		}
		return line.advise("Set id and name in user.roles to the fields of the object.").also(say(line.Fixes...))
	case kind == isObject, kind == isList:
		line = r.missing(line, u)
		line.Change = joined(fmt.Sprintf("It is %s; the mapping needs a field inside it.", kind), line.Change)
		return line
	}
	return r.missing(line, u)
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// identities says whether id and e-mail address tell users apart.
func (r *run) identities() {
	readable := r.users.readable()
	if twice := readable - len(r.users.ids); twice > 0 {
		r.add(r.line("id", Fail, "user.id", "In %s the id is also that of another user.", ofUsers(twice, readable)).
			advise("Correct the field, or paging if users appear twice."))
	}
	shared, odd := 0, 0
	for email, users := range r.users.addresses {
		if users > 1 {
			shared++
		}
		if !isAddress(email) {
			odd += users
		}
	}
	if odd > 0 {
		level := Warn
		if odd == readable {
			level = Fail
		}
		line := r.line("userName", level, "user.attributes.userName", "It is not an e-mail address in %s.", ofUsers(odd, readable))
		r.add(r.missing(line, r.users.fields.use("userName")))
	}
	if shared > 0 {
		r.note("userName", Warn, "user.attributes.userName", "Several users share an address (ignoring letter case), in %s; Okta finds only one of them.", count(shared, "case"))
	}
}

// unmapped names the fields of Suger's users that the mapping does not use, by
// name, kind and share of users, never by value.
func (r *run) unmapped() {
	c := r.users.fields
	var fields, known []string
	for _, path := range sortedNames(c.leaves) {
		l := c.leaves[path]
		if l.kind() == isObject || strings.HasSuffix(path, "[0]") || c.isUsed(path) || c.leads(path) {
			continue
		}
		share := l.kind()
		switch {
		case l.filled == 0:
			share = "always empty"
		case l.filled < c.sampled:
			share += ", in " + ofUsers(l.filled, c.sampled)
		}
		fields = append(fields, fmt.Sprintf("%s (%s)", path, share))
		if attribute := attributeFor(path, l); attribute != "" && !r.Document.User.Attributes[attribute].Field.Given() {
			known = append(known, fmt.Sprintf("%s: %s", attribute, path))
		}
	}
	line := r.line("unmapped fields", OK, "user.attributes", "None: the mapping uses every field of Suger's users.")
	if len(fields) > 0 {
		line.Text = fmt.Sprintf("Suger's users also have %s.", shortList(fields, 15))
	}
	if len(known) > 0 {
		line.Level = Warn
		line.Change = fmt.Sprintf("To provision them too, add to user.attributes and to the bodies of add and update: %s.", strings.Join(known, ", "))
	}
	r.add(line)
}

// flagsOfPower names the fields that are true or false and by their names tell who
// manages users, which no mapping can read as a role.
func (r *run) flagsOfPower() {
	c := r.users.fields
	for _, path := range c.ranked(powerFlag) {
		if !c.isUsed(path) {
			r.add(r.line("administrators", Warn, "user.roles.field", "%s is true for %s, and its name suggests that they manage users. The mapping cannot read it: a role is a text, a number, an object or a list.",
				path, ofUsers(c.leaves[path].words["true"], c.sampled)).
				advise("Ask Suger which of role and %s decides. If it is the flag, ask for a field that names the role.", path))
		}
	}
}

// powerFlag finds fields that are true or false and called after an administrator.
var powerFlag = oneIf(func(path string, l *leaf) bool {
	return l.kind() == isFlag && !strings.Contains(path, "[") && slices.ContainsFunc(adminNames, func(name string) bool { return strings.Contains(lastName(path), name) })
})

// attributeFor is the SCIM attribute whose name a field has, "" if there is none.
func attributeFor(path string, l *leaf) string {
	if l.kind() != isText {
		return ""
	}
	name := lastName(path)
	for _, schema := range []*scim.Schema{scim.CoreUser(), scim.EnterpriseUser()} {
		for _, a := range schema.Attributes {
			other := a.Type != scim.String || a.MultiValued || a.Mutability == scim.ReadOnly
			if other || plain(a.Name) != name || slices.Contains([]string{"password", "displayName", "userName", "externalId"}, a.Name) {
				continue
			}
			if schema.ID == scim.URNEnterpriseUser {
				return schema.ID + ":" + a.Name
			}
			return a.Name
		}
	}
	return ""
}
