package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
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

// optional reports whether the gateway works without a field.
func (u *use) optional() bool {
	return slices.Contains([]string{"organization", "created", "modified"}, u.name)
}

// missing advises on a field that users do not have.
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

// candidates returns the fields that a draft would name for a purpose, except
// those in use for another.
func (r *run) candidates(name string) []string {
	path := r.users.fields.guess(name, r.Caller.Organization, r.roles)
	if path == "" || r.users.fields.isUsed(path) {
		return nil
	}
	return []string{path}
}

// fieldEntry returns where the mapping names the field of a use.
func fieldEntry(u *use) string {
	if strings.HasPrefix(u.entry, "user.attributes.") {
		return u.entry + ".field"
	}
	return u.entry
}

// unusable advises on a field whose values the gateway refuses.
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

// identities checks that ids and e-mail addresses are unique.
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

// flagsOfPower names the boolean fields whose names suggest who manages users,
// which no mapping can read as a role.
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

// attributeFor returns the SCIM attribute whose name a field has, "" if there is
// none.
func attributeFor(path string, l *leaf) string {
	if l.kind() != isText {
		return ""
	}
	name := lastName(path)
	for _, schema := range []*scim.Schema{scim.StandardSchema(scim.URNUser), scim.StandardSchema(scim.URNEnterpriseUser)} {
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

// unreadBlocks reports fields whose names suggest that they block people, that do so
// for somebody, and that the mapping does not read: those people would count as
// having access.
func (r *run) unreadBlocks() {
	c := r.users.fields
	for _, path := range sortedNames(c.leaves) {
		l := c.leaves[path]
		if strings.Contains(path, "[") || c.isUsed(path) || !saysItself(path) || l.kind() == isObject || l.kind() == isList {
			continue
		}
		blocked := l.filled
		for word, users := range l.words {
			if hasName(path, noNames) && saysNo(word) || hasName(path, yesNames) && !saysNo(word) {
				blocked -= users
			}
		}
		if blocked > 0 && (!r.Document.Access.Shows() || blocked > r.users.count-r.users.access) {
			r.add(r.line("access", Fail, "access", "The mapping does not read %s, which blocks %s by its name: they count as having access.", path, ofUsers(blocked, r.users.count)).
				advise("Set access.field: %s, and list which of its values mean access (active) and which do not (inactive).", path))
		}
	}
}

// statuses reports the words of the status and what they mean to the mapping.
func (r *run) statuses() {
	switch u := r.users.fields.use("status"); {
	case !r.Document.Access.Shows():
		r.add(r.noStatus())
	case u.present > 0 && r.users.readable() > 0: // otherwise it is reported already
		r.add(r.statusWords(u))
	}
}

// noStatus looks for a field that may be a status where the mapping has none.
func (r *run) noStatus() Line {
	if like := r.candidates("status"); like != nil {
		return r.line("status", Warn, "access.end", "The mapping has none, so only removal ends access. But %s in Suger's users looks like one.", either(like)).
			advise("Add access.field if it shows who has access.")
	}
	if path := r.users.fields.unreadStatus(); path != "" && !r.users.fields.isUsed(path) {
		return r.line("status", Warn, "access.end", "The mapping has none, so everybody in the list counts as having access. But %s is named like a status, and nothing shows what its values mean: %s.",
			path, tally(r.users.fields.leaves[path].words)).
			advise("Compare people with Suger's console. If it shows who has access, set access.field: %s, and list which of its values mean access (active) and which do not (inactive).", path)
	}
	return r.line("status", OK, "access.end", "The mapping has none: only removal ends access.")
}

func (r *run) statusWords(u *use) Line {
	in := &r.Document.Access
	with := fmt.Sprintf("%s with access, %d of them invited, and %d without.", count(r.users.access, "user"), r.users.pending, r.users.count-r.users.access)
	line := func(level Level, format string, args ...any) Line {
		return r.line("status words", level, "access", format, args...)
	}
	switch reversed := r.reversed(u); {
	case reversed != "":
		return line(Fail, "%s With this file, a new user would have no access, and ending access would give it.", reversed).
			propose(fix("access.active", in.Inactive), fix("access.inactive", in.Active))
	case len(r.users.unknown) > 0:
		return line(Fail, "%s", r.unknownStatus()).advise("List in access which of them mean access (active) and which do not (inactive).").propose(r.meaningFixes()...)
	case r.users.count > 3 && 2*r.users.access < r.users.count && !saysItself(u.field.String()):
		level := Warn
		if u.kind() == isFlag { // and the name does not say which is which: there is no other sign
			level = Fail
		}
		return line(level, "Most users have no access: %s Often such a mapping is reversed.", with).
			advise("Compare a few people with Suger's console. If the mapping is reversed, swap active and inactive.")
	case len(in.Active)+len(in.Inactive) > 0 && (u.kind() == isText || u.kind() == isFlag) && (wordsAreSet(r.users.statuses, r.users.count) || r.ShowPersonal):
		with = tally(r.users.statuses) + ": " + with
	}
	return line(OK, "%s", with)
}

// unreadStatus returns a field that is called like a status and holds numbers or
// words of which none is usual, "" if there is none.
func (c *fieldCounts) unreadStatus() string {
	return c.best(oneIf(func(path string, l *leaf) bool {
		name, kind := lastName(path), l.kind()
		called := hasName(path, statusNames) || strings.HasSuffix(name, "status") || strings.HasSuffix(name, "state")
		return called && !strings.Contains(path, "[") && (kind == isText || kind == isNumber) && l.times == 0 && len(l.words) > 1 && l.isSet()
	}))
}

// saysItself reports whether a field's name shows which values mean access.
func saysItself(field string) bool { return hasName(field, yesNames) || hasName(field, noNames) }

// reversed explains why the status means the opposite of what the mapping says, ""
// if there is no sign of it.
func (r *run) reversed(u *use) string {
	in, field := &r.Document.Access, u.field.String()
	yes, no := spec.WordsOf(in.Active), spec.WordsOf(in.Inactive)
	switch {
	case u.kind() == isFlag && hasName(field, noNames) && (yes.Has("true") || no.Has("false")):
		return fmt.Sprintf("The field is called %s, but in the mapping true means access.", field)
	case u.kind() == isFlag && hasName(field, yesNames) && (yes.Has("false") || no.Has("true")):
		return fmt.Sprintf("The field is called %s, but in the mapping false means access.", field)
	}
	for _, word := range sortedNames(r.users.statuses) {
		if is := meaning(word); is == "inactive" && yes.Has(word) || is == "active" && no.Has(word) {
			return fmt.Sprintf("In the mapping %s means the opposite of its usual meaning.", word)
		}
	}
	return ""
}

// meaningFixes put the words that the mapping does not know where they belong, as
// far as they are usual ones.
func (r *run) meaningFixes() (found []Fix) {
	in := &r.Document.Access
	for _, list := range []struct {
		key   string
		words []any
	}{{"active", in.Active}, {"pending", in.Pending}, {"inactive", in.Inactive}} {
		words := slices.Clone(list.words)
		for _, word := range sortedNames(r.users.unknown) {
			if is := meaning(word); is == list.key || is == "pending" && list.key == "active" {
				words = append(words, word)
			}
		}
		if len(words) > len(list.words) {
			found = append(found, fix("access."+list.key, words))
		}
	}
	return found
}

// unknownStatus describes words that the mapping does not know. They are shown
// if they are few, since many different ones may be anybody's data.
func (r *run) unknownStatus() string {
	n := 0
	for _, users := range r.users.unknown {
		n += users
	}
	const counts = "They count as having access."
	if users, absent := r.users.unknown[""]; absent && len(r.users.unknown) == 1 {
		return fmt.Sprintf("%s have no status. %s", ofUsers(users, r.users.count), counts)
	}
	if wordsAreSet(r.users.unknown, n) || r.ShowPersonal {
		return fmt.Sprintf("The mapping does not know the status of %s: %s. %s", ofUsers(n, r.users.count), tally(r.users.unknown), counts)
	}
	return fmt.Sprintf("The mapping does not know the status of %s, which has %d different values: the field may not be a status. %s",
		ofUsers(n, r.users.count), len(r.users.unknown), counts)
}
