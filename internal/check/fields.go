package check

import (
	"fmt"
	"maps"
	"slices"
)

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// fields says of each field of the mapping how many users have it.
func (r *run) fields() {
	for _, u := range r.users.fields.uses {
		r.add(r.field(u))
	}
	r.identities()
}

func (r *run) field(u *use) Line {
	all := r.users.count
	line := Line{Check: u.name, Level: OK, Mapping: r.at(u.entry)}
	at := u.field.String()
	if u.name == "organization" {
		at = u.name // of a user of another one
	}
	bad := r.users.unread[at]
	switch {
	case u.present == 0:
		line.Level = missingLevel(u)
		line.Text = fmt.Sprintf("No user has %s.", u.field)
		line.Change = r.missing(u)
	case u.present < all && (u.name == "id" || u.name == "userName"):
		line.Level, line.Text = Fail, fmt.Sprintf("%s is missing in %s, so the gateway refuses the list.", u.field, ofUsers(all-u.present, all))
		line.Change = r.missing(u)
	case bad > 0:
		line.Level, line.Text = Fail, fmt.Sprintf("%s cannot be used in %s, so the gateway refuses the list.", u.field, ofUsers(bad, all))
		line.Change = r.unusable(u)
	case (u.name == "created" || u.name == "modified") && u.times < u.filled:
		line.Level, line.Text = Look, fmt.Sprintf("%s is no time in %s, so it is not shown.", u.field, ofUsers(u.filled-u.times, all))
		line.Change = "Name a field with times as in RFC 3339 or in seconds since 1970, or leave the entry out."
	default:
		line.Text = fmt.Sprintf("In %s: %s (%s).", ofUsers(u.present, all), u.field, u.kind())
		if empty := u.present - u.filled; empty > 0 {
			line.Text = fmt.Sprintf("In %s, empty in %d: %s (%s).", ofUsers(u.present, all), empty, u.field, u.kind())
		}
	}
	return line
}

// missingLevel says how bad it is that no user has a field.
func missingLevel(u *use) Level {
	switch u.name {
	case "organization", "created", "modified":
		return Look
	}
	return Fail
}

// missing says what to do about a field that users do not have.
func (r *run) missing(u *use) string {
	change := ""
	if like := r.users.fields.candidates(u, r.roles); len(like) > 0 {
		change = fmt.Sprintf("Suger has %s, which looks like it.", either(like))
	}
	other := "Compare the field with Suger's documentation."
	switch u.name {
	case "organization", "created", "modified":
		other = "Leave the entry out if Suger has no such field."
	case "status":
		other = "If Suger has no status, leave access.field out: then only removal ends access."
	}
	if change == "" || u.name == "status" {
		return joined(change, other)
	}
	return change
}

// unusable says what to do about a field whose values the gateway refuses.
func (r *run) unusable(u *use) string {
	switch {
	case u.name == "organization":
		return "It names another organization. Correct the field, or leave it out if it means something else."
	case u.name == "role":
		return "Say in user.roles which fields of the object are the role's id and name."
	case u.kind() == isObject || u.kind() == isList:
		return joined(fmt.Sprintf("It is %s; the mapping needs a field inside it.", u.kind()), r.inside(u))
	}
	return r.missing(u)
}

// inside lists the fields in an object that the mapping takes for a text.
func (r *run) inside(u *use) string {
	if like := r.users.fields.candidates(u, r.roles); len(like) > 0 {
		return fmt.Sprintf("Suger has %s, which looks like it.", either(like))
	}
	return ""
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
		r.add(Line{Check: "id", Level: Fail, Mapping: r.at("user.id"),
			Text:   fmt.Sprintf("In %s the id is one that another user has, too.", ofUsers(twice, readable)),
			Change: "Correct the field, or paging if users come twice."})
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
		r.add(Line{Check: "userName", Level: lookUnlessAll(odd, readable), Mapping: r.at("user.attributes.userName"),
			Text:   fmt.Sprintf("It is no e-mail address in %s.", ofUsers(odd, readable)),
			Change: r.missing(r.users.fields.use("userName"))})
	}
	if shared > 0 {
		r.add(Line{Check: "userName", Level: Look, Mapping: r.at("user.attributes.userName"),
			Text: fmt.Sprintf("%s of more than one user (letter case does not count); Okta finds only one of them.", count(shared, "address is that"))})
	}
}

// lookUnlessAll is Fail if something is so with everybody.
func lookUnlessAll(n, all int) Level {
	if n == all {
		return Fail
	}
	return Look
}
