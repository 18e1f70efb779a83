package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

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
	optional := slices.Contains([]string{"organization", "created", "modified"}, u.name)
	line := r.line(u.name, Fail, u.entry, "")
	switch bad := r.users.unread[at]; {
	case u.present == 0:
		if line.Text = fmt.Sprintf("No user has %s.", u.field); optional {
			line.Level = Warn
		}
	case u.present < all && (u.name == "id" || u.name == "userName"):
		line.Text = fmt.Sprintf("%s is missing in %s, so the gateway refuses the list.", u.field, ofUsers(all-u.present, all))
	case bad > 0:
		line.Text = fmt.Sprintf("%s (%s) cannot be used in %s, so the gateway refuses the list.", u.field, u.kind(), ofUsers(bad, all))
	case (u.name == "created" || u.name == "modified") && u.times < u.filled:
		line.Level, line.Text = Warn, fmt.Sprintf("%s is not a time in %s, so SCIM does not show it.", u.field, ofUsers(u.filled-u.times, all))
	default:
		empty := ""
		if n := u.present - u.filled; n > 0 {
			empty = fmt.Sprintf(", empty in %d", n)
		}
		return r.line(u.name, OK, u.entry, "In %s%s: %s (%s).", ofUsers(u.present, all), empty, u.field, u.kind())
	}
	role := r.users.fields.role(r.roles)
	switch like := r.candidate(u.name); {
	case like != "":
		return line.propose(fix(fieldEntry(u), like)).advise("Suger has %s, which looks like it.", like)
	case u.name == "role" && role.field == at && role.id+role.name != "":
		return line.propose(fix("user.roles.id", role.id), fix("user.roles.name", role.name))
	case u.name == "organization" && u.present > 0:
		return line.advise("It names another organization: correct the field, or SUGER_ORG_ID.")
	case optional:
		return line.propose(Fix{Entry: u.entry}).also("If it means something else, correct the field.")
	}
	return line.advise("Compare the field with Suger's documentation.")
}

// candidate returns the field that a draft would name for a purpose, unless it is in
// use for another; "" if there is none.
func (r *run) candidate(name string) string {
	path := r.users.fields.guess(name, r.Caller.Organization, r.roles)
	if r.users.fields.isUsed(path) {
		return ""
	}
	return path
}

func fieldEntry(u *use) string {
	if strings.HasPrefix(u.entry, "user.attributes.") {
		return u.entry + ".field"
	}
	return u.entry
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

func (r *run) identities() {
	readable := r.users.readable()
	if twice := readable - len(r.users.ids); twice > 0 {
		r.add(r.line("id", Fail, "user.id", "In %s the id is also that of another user.", ofUsers(twice, readable)).
			advise("Correct the field, or paging if users appear twice."))
	}
	shared, odd := 0, 0
	for email, users := range r.users.addresses {
		shared += min(users-1, 1)
		if !isAddress(email) {
			odd += users
		}
	}
	if odd > 0 {
		line := r.line("userName", Warn, "user.attributes.userName", "It is not an e-mail address in %s.", ofUsers(odd, readable))
		if odd == readable {
			line.Level = Fail
		}
		r.add(line.propose(fixes("user.attributes.userName.field", r.users.fields.emails())...))
	}
	if shared > 0 {
		r.note("userName", Warn, "user.attributes.userName", "Several users share an address (ignoring letter case), in %s; Okta finds only one of them.", count(shared, "case"))
	}
}

// unmapped names the fields of Suger's users that the mapping does not use, by
// name and kind, never by value.
func (r *run) unmapped() {
	c := r.users.fields
	var fields, known []string
	line := r.line("unmapped fields", OK, "user.attributes", "None: the mapping uses every field of Suger's users.")
	for _, path := range sortedNames(c.leaves) {
		l := c.leaves[path]
		if l.kind() == isObject || strings.HasSuffix(path, "[0]") || c.isUsed(path) {
			continue
		}
		fields = append(fields, fmt.Sprintf("%s (%s)", path, l.kind()))
		if attribute := attributeFor(path, l); attribute != "" && !r.Document.User.Attributes[attribute].Field.Given() {
			known = append(known, fmt.Sprintf("%s: %s", attribute, path))
		}
		isPower := func(name string) bool { return strings.Contains(lastName(path), name) }
		if l.kind() == isFlag && slices.ContainsFunc(adminNames, isPower) {
			line.Level, line.Change = Warn, fmt.Sprintf("Ask Suger whether %s or the role decides who manages users: the mapping cannot read a flag as a role.", path)
		}
	}
	if len(fields) > 0 {
		line.Text = fmt.Sprintf("Suger's users also have %s.", series(fields))
	}
	if len(known) > 0 {
		line.Level = Warn
		line = line.also(fmt.Sprintf("To provision them too, add to user.attributes and to the bodies of add and update: %s.", series(known)))
	}
	r.add(line)
}

// attributeFor returns the SCIM attribute whose name a field has, "" if there is
// none.
func attributeFor(path string, l *leaf) string {
	if l.kind() != isText {
		return ""
	}
	for _, schema := range []*scim.Schema{scim.StandardSchema(scim.URNUser), scim.StandardSchema(scim.URNEnterpriseUser)} {
		for _, a := range schema.Attributes {
			other := a.Type != scim.String || a.MultiValued || a.Mutability == scim.ReadOnly
			if other || plain(a.Name) != lastName(path) || slices.Contains([]string{"password", "displayName", "userName", "externalId"}, a.Name) {
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

// statuses reports fields that the mapping should read as the status, and whether it
// reads the status correctly.
func (r *run) statuses() {
	c := r.users.fields
	const set = "Set access.field: %s, and list which of its values mean access (active) and which do not (inactive)."
	for _, path := range sortedNames(c.leaves) {
		l := c.leaves[path]
		if strings.Contains(path, "[") || c.isUsed(path) || !saysItself(path) || l.kind() == isObject || l.kind() == isList {
			continue
		}
		blocked := l.filled
		for word, users := range l.words {
			if means(path, word) != "inactive" {
				blocked -= users
			}
		}
		if blocked > 0 && (!r.Document.Access.Shows() || blocked > r.users.count-r.users.access) {
			r.add(r.line("access", Fail, "access", "The mapping does not read %s, which blocks %s by its name: they count as having access.", path, ofUsers(blocked, r.users.count)).
				advise(set, path))
		}
	}
	u, like := c.use("status"), cmp.Or(r.candidate("status"), c.unreadStatus())
	switch {
	case r.Document.Access.Shows() && u.present > 0 && r.users.readable() > 0:
		r.add(r.statusWords(u))
	case r.Document.Access.Shows(): // reported before
	case like != "" && !c.isUsed(like):
		r.add(r.line("status", Warn, "access.end", "The mapping has none, so everybody in the list counts as having access. But %s is named like a status.", like).
			advise("Compare people with Suger's console. If it shows who has access, "+lowerFirst(set), like))
	default:
		r.note("status", OK, "access.end", "The mapping has none: only removal ends access.")
	}
}

func (r *run) statusWords(u *use) Line {
	in, field := &r.Document.Access, u.field.String()
	with := fmt.Sprintf("%s with access, %d of them invited, and %d without.", count(r.users.access, "user"), r.users.pending, r.users.count-r.users.access)
	unknown := 0
	for _, users := range r.users.unknown {
		unknown += users
	}
	shows := func(words map[string]int) bool { return wordsAreSet(words, r.users.count) || r.ShowPersonal }
	line := r.line("status words", Fail, "access", "")
	switch reversed := r.reversed(field); {
	case reversed != "":
		line.Text = reversed + " With this file, a new user would have no access, and ending access would give it."
		return line.propose(fix("access.active", in.Inactive), fix("access.inactive", in.Active))
	case unknown > 0:
		line.Text = fmt.Sprintf("The mapping does not know the status of %s, who count as having access", ofUsers(unknown, r.users.count))
		if shows(r.users.unknown) {
			line.Text += ": " + tally(r.users.unknown) + "."
		} else {
			line.Text += fmt.Sprintf(". It has %d different values: the field may not be a status.", len(r.users.unknown))
		}
		return line.advise("List in access which of them mean access (active) and which do not (inactive).").propose(r.meaningFixes(field)...)
	case r.users.count > 3 && 2*r.users.access < r.users.count && !saysItself(field):
		if line.Text = "Most users have no access: " + with + " Often such a mapping is reversed."; u.kind() != isFlag {
			line.Level = Warn // a word may say itself what it means, a flag does not
		}
		return line.advise("Compare a few people with Suger's console. If the mapping is reversed, swap active and inactive.")
	case len(in.Active)+len(in.Inactive) > 0 && (u.kind() == isText || u.kind() == isFlag) && shows(r.users.statuses):
		with = tally(r.users.statuses) + ": " + with
	}
	return r.line("status words", OK, "access", "%s", with)
}

// reversed explains why the status means the opposite of what the mapping says, ""
// if there is no sign of it.
func (r *run) reversed(field string) string {
	for _, list := range []struct {
		words    []any
		opposite string
	}{{r.Document.Access.Active, "inactive"}, {r.Document.Access.Inactive, "active"}} {
		for _, value := range list.words {
			if word, _ := spec.Text(value); word != "" && means(field, word) == list.opposite {
				return fmt.Sprintf("The mapping takes %s: %s for the opposite of what it usually means, %s.", field, word, list.opposite)
			}
		}
	}
	return ""
}

// meaningFixes put the words that the mapping does not know where they belong, as
// far as they are usual ones.
func (r *run) meaningFixes(field string) (found []Fix) {
	in := &r.Document.Access
	for _, list := range []struct {
		key   string
		words []any
	}{{"active", in.Active}, {"pending", in.Pending}, {"inactive", in.Inactive}} {
		words := slices.Clone(list.words)
		for _, word := range sortedNames(r.users.unknown) {
			if is := means(field, word); is == list.key || is == "pending" && list.key == "active" {
				words = append(words, word)
			}
		}
		if len(words) > len(list.words) {
			found = append(found, fix("access."+list.key, words))
		}
	}
	return found
}
