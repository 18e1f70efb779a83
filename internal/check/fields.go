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

// checkFields reports each mapped field, and ids and addresses that do not identify one
// user.
func (r *run) checkFields() {
	for _, u := range r.users.fields.uses {
		r.add(r.field(u))
	}
	const entry = "user.attributes.userName.field"
	readable, odd := r.users.read, 0
	if twice := readable - len(r.users.ids); twice > 0 {
		r.add(r.line("id", Fail, "user.id", "In %s the id is also that of another user.", ofUsers(twice, readable)).
			advise("Correct the field, or paging if users appear twice."))
	}
	for email, users := range r.users.addresses {
		if !isAddress(email) {
			odd += users
		}
	}
	if odd > 0 {
		line := r.line("userName", Warn, entry, "It is not an e-mail address in %s.", ofUsers(odd, readable))
		if odd == readable {
			line.Level = Fail
		}
		r.add(line.propose(fixes(entry, r.users.fields.emails())...))
	}
	if twice := readable - len(r.users.addresses); twice > 0 {
		r.add(r.line("userName", Warn, entry, "In %s the address is also that of another user (ignoring letter case): Okta finds only one of them.", ofUsers(twice, readable)).
			advise("Remove or merge all but one of these users in Suger."))
	}
}

func (r *run) field(u *use) Line {
	all, at := r.users.count, u.field.String()
	optional := slices.Contains([]string{"organization", "created", "modified"}, u.name)
	if u.name == "organization" {
		at = u.name // of a user of another one
	}
	line := r.line(u.name, Fail, u.entry, "")
	switch bad := r.users.unread[at]; {
	case u.present == 0:
		if line.Text = fmt.Sprintf("No user has %s.", u.field); optional {
			line.Level = Warn
		}
	case bad > 0:
		line.Text = fmt.Sprintf("%s (%s) is missing or cannot be used in %s: the gateway cannot show them.", u.field, u.kind(), ofUsers(bad, all))
	default:
		return r.line(u.name, OK, u.entry, "In %s: %s (%s).", ofUsers(u.filled, all), u.field, u.kind())
	}
	switch like := r.candidate(u.name); {
	case like != "":
		return line.propose(fix(u.entry, like)).advise("Suger has %s, which looks like it.", like)
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
		line.Text = fmt.Sprintf("Suger's users also have %s.", series(fields))
		if attribute := attributeFor(path, l); attribute != "" && !r.Document.User.Attributes[attribute].Field.Given() {
			known = append(known, fmt.Sprintf("%s: %s", attribute, path))
		}
		if l.kind() == isFlag && slices.ContainsFunc(adminNames, func(name string) bool { return strings.Contains(lastName(path), name) }) {
			line.Level, line.Change = Warn, fmt.Sprintf("Ask Suger whether %s or the role decides who manages users: the mapping cannot read a flag as a role.", path)
		}
	}
	if len(known) > 0 {
		line.Level = Warn
		line = line.also("To provision them too, add to user.attributes and to the bodies of add and update: " + series(known) + ".")
	}
	r.add(line)
}

// attributeFor returns the SCIM attribute whose name a field has, "" if there is
// none.
func attributeFor(path string, l *leaf) string {
	for _, urn := range []string{scim.URNUser, scim.URNEnterpriseUser} {
		for _, a := range scim.StandardSchema(urn).Attributes {
			other := a.Type != scim.String || a.MultiValued || a.Mutability == scim.ReadOnly || slices.Contains([]string{"password", "displayName", "userName", "externalId"}, a.Name)
			if l.kind() == isText && !other && plain(a.Name) == lastName(path) {
				return strings.TrimPrefix(urn+":"+a.Name, scim.URNUser+":")
			}
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
	u := c.use("status")
	like := c.where(func(path string, l *leaf) bool { return !c.isUsed(path) && looksLikeStatus(path, l) })
	switch {
	case r.Document.Access.Shows() && u.present > 0 && r.users.read > 0:
		r.add(r.statusWords(u))
	case r.Document.Access.Shows(): // reported before
	case like != "":
		r.add(r.line("status", Warn, "access.end", "The mapping has none, so everybody in the list counts as having access. But %s is named like a status.", like).
			advise("Compare people with Suger's console. If it shows who has access, "+lowerFirst(set), like))
	default:
		r.note("status", OK, "access.end", "The mapping has none: only removal ends access.")
	}
}

func (r *run) statusWords(u *use) Line {
	in, field, all := &r.Document.Access, u.field.String(), r.users.count
	with := fmt.Sprintf("%s with access, %d of them invited, and %d without.", count(r.users.access, "user"), r.users.pending, all-r.users.access)
	unknown := 0
	for _, users := range r.users.unknown {
		unknown += users
	}
	shows := func(words map[string]int) bool { return wordsAreSet(words, all) || r.ShowPersonal }
	line := r.line("status words", Fail, "access", "")
	switch reversed, meanings := r.misread(field); {
	case reversed != "":
		line.Text = reversed + " With this file, a new user would have no access, and ending access would give it."
		return line.propose(fix("access.active", in.Inactive), fix("access.inactive", in.Active))
	case unknown > 0:
		words := fmt.Sprintf("%d different values, so the field may not be a status", len(r.users.unknown))
		if shows(r.users.unknown) {
			words = tally(r.users.unknown)
		}
		line.Text = fmt.Sprintf("The mapping does not know the status of %s, who count as having access: %s.", ofUsers(unknown, all), words)
		return line.advise("List in access which of them mean access (active) and which do not (inactive).").propose(meanings...)
	case all > 3 && 2*r.users.access < all && !saysItself(field):
		if line.Text = "Most users have no access: " + with + " Often such a mapping is reversed."; u.kind() != isFlag {
			line.Level = Warn // a word may say itself what it means, a flag does not
		}
		return line.advise("Compare a few people with Suger's console. If the mapping is reversed, swap active and inactive.")
	case len(in.Active)+len(in.Inactive) > 0 && (u.kind() == isText || u.kind() == isFlag) && shows(u.words):
		with = tally(u.words) + ": " + with
	}
	return r.line("status words", OK, "access", "%s", with)
}

// misread explains why the status means the opposite of what the mapping says, "" if
// there is no sign of it. found puts the words that the mapping does not know where they
// belong, as far as they are usual ones.
func (r *run) misread(field string) (reversed string, found []Fix) {
	in := &r.Document.Access
	for _, list := range []struct {
		key, opposite string
		words         []any
	}{{"active", "inactive", in.Active}, {"pending", "none", in.Pending}, {"inactive", "active", in.Inactive}} {
		for _, value := range list.words {
			if word, _ := spec.Text(value); word != "" && reversed == "" && means(field, word) == list.opposite {
				reversed = fmt.Sprintf("The mapping takes %s: %s for the opposite of what it usually means, %s.", field, word, list.opposite)
			}
		}
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
	return reversed, found
}
