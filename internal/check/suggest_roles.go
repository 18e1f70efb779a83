package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// roleFields are the fields of a role.
type roleFields struct {
	id, name, description, permissions, created string
	numbers                                     bool // the ids are such
}

func roleFieldsOf(rows []any) (f roleFields) {
	c := countFields(rows)
	text := func(l *leaf) bool { return l.kind() == isText }
	f.name = c.named(roleTitles, text)
	// A role that is listed twice makes the ids look like no ids.
	id := c.named([]string{"id"}, (*leaf).isScalar)
	if f.id = cmp.Or(first(c.idsIn("")), id, f.name); f.id != "" {
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

// A knownRole is a role that the draft lists.
type knownRole struct {
	mapping.RoleName
	number  bool // the id is one
	assumed bool // not seen, but the file needs one
}

func (k knownRole) administrator() bool { return adminRole.MatchString(k.Name) }

func (k knownRole) lesser() bool { return !k.administrator() && lesserRole.MatchString(k.Name) }

// draftRoles drafts the fields of a role, the roles of the file (those that users hold
// and the list lacks, and those that have a usual name), their order, and the role of
// who is given none: one with the name of a lesser role, else the one that most users
// hold.
func (s *survey) draftRoles() {
	d, in := s.draft, &s.roleIn
	if in.id != "" && in.name != "" {
		for _, f := range []struct{ key, path string }{{"id", in.id}, {"name", in.name}, {"description", in.description}, {"permissions", in.permissions}, {"created", in.created}} {
			d.seen("role."+f.key, f.path, "")
		}
	}
	known, most := s.knownRoles()
	// No role is taken for an administrator's or a lesser one by its place in the list.
	unnamed := known[0].assumed && len(known) > 1 && !known[1].assumed
	sure, level := Likely, Warn
	if unnamed {
		sure, level = NotSeen, Fail
		s.doubt(Fail, "administrator", "role.known", "No role's name shows that it manages users, so the draft marks none.",
			"Find the role that manages users: add it to role.known with administrator: true, and put it first in role.precedence, in place of "+known[0].Name+".")
	}
	s.draftKnown(known, unnamed)
	var order []any
	lesser := len(known)
	for i, k := range known {
		if order = append(order, k.Name); k.lesser() {
			lesser = min(lesser, i)
		}
	}
	if s.roleRows != nil { // all others before the lesser ones
		order = slices.Insert(order, lesser, any("*"))
	}
	d.set("role.precedence", order, sure, "the most powerful first, by their names")
	least := known[len(known)-1]
	if least.lesser() {
		d.set("role.default", least.Name, sure, "the fewest rights, for users without a role")
	} else {
		name, why := most.Name, "most users hold this one"
		if name == "" {
			i := slices.IndexFunc(known, func(k knownRole) bool { return !k.administrator() })
			name, why = known[i].Name, "nobody holds one that may be it"
		}
		d.set("role.default", name, NotSeen, "no name shows which role has the fewest rights: "+why)
		s.doubt(level, "default role", "role.default", fmt.Sprintf("No role's name shows that it has the fewest rights. The draft gives %s to users without a role: %s.", name, why),
			"Set role.default to the role with the fewest rights, and add it to role.known.")
	}
	if d.find("operations."+spec.OpAddRole) != nil {
		d.likely("role.new role", map[string]any{"description": "Created from Okta", "permissions": []any{}}, "for roles created from pushed groups")
	}
}

func (s *survey) doubt(level Level, check, entry, text, change string) {
	s.doubts = append(s.doubts, Line{Check: check, Level: level, Mapping: &Place{Entry: entry}, Text: text, Change: change})
}

// knownRoles returns the roles of the file, the most powerful first, and the one besides
// the administrator's that most users hold.
func (s *survey) knownRoles() (known []knownRole, most mapping.RoleName) {
	add := func(role mapping.RoleName) {
		_, listed := s.roleNames.byID(role.ID)
		if !slices.ContainsFunc(known, func(other knownRole) bool { return fold(other.Name) == fold(role.Name) }) {
			known = append(known, knownRole{RoleName: role, number: listed && s.roleIn.numbers})
		}
	}
	for _, role := range s.roleNames {
		if usualRole.MatchString(role.Name) || adminRole.MatchString(role.Name) {
			add(role)
		}
	}
	held := make(map[mapping.RoleName]int)
	for _, word := range sortedNames(s.role.words) {
		role, listed := s.roleNames.called(word)
		if !listed {
			role = mapping.RoleName{ID: word, Name: word}
			add(role)
		}
		if held[role] += s.role.words[word]; held[role] > held[most] && !adminRole.MatchString(role.Name) {
			most = role
		}
	}
	if !slices.ContainsFunc(known, knownRole.lesser) && most.Name != "" {
		add(most)
	}
	assumed := mapping.RoleName{Name: "ADMIN", ID: "ADMIN"} // the file needs an administrator's role and another
	if len(known) > 0 {
		assumed.ID = "" // of which of them is not known
	}
	if !slices.ContainsFunc(known, knownRole.administrator) {
		known = append(known, knownRole{RoleName: assumed, assumed: true})
	}
	if !slices.ContainsFunc(known, func(k knownRole) bool { return !k.administrator() }) {
		known = append(known, knownRole{RoleName: mapping.RoleName{Name: "MEMBER", ID: "MEMBER"}, assumed: true})
	}
	rank := func(k knownRole) int {
		return slices.Index([]bool{k.administrator(), !k.administrator() && !k.lesser(), k.lesser()}, true)
	}
	slices.SortStableFunc(known, func(a, b knownRole) int { return rank(a) - rank(b) })
	return known, most
}

func (s *survey) draftKnown(known []knownRole, unnamed bool) {
	var values []any
	for _, k := range known {
		one := map[string]any{"name": k.Name}
		if k.ID != "" {
			one["id"] = k.ID
		}
		if k.number {
			one["id"] = json.Number(k.ID)
		}
		if k.administrator() {
			one["administrator"] = true
		}
		values = append(values, one)
	}
	list := s.draft.set("role.known", values, Likely, "whether this role manages users follows from its name")
	list.inline = false
	for i, e := range list.inner {
		k := known[i]
		ids := s.roleNames.idsOf(k.Name)
		switch {
		case unnamed && k.administrator():
			e.sure, e.why = NotSeen, "no name shows which role manages users: put it here"
		case k.assumed:
			e.sure, e.why = NotSeen, "name a role that Suger has"
		case len(ids) > 1:
			e.sure, e.why = NotSeen, "other roles have this name, too: which one is meant is not visible"
			s.doubt(Fail, "role names", "role.known", fmt.Sprintf("Suger has several roles called %s (ids %s), and nothing shows which one is meant. The draft knows the first.", k.Name, series(ids)),
				"Set the id of the one that is meant, and rename the others in Suger.")
		case !k.administrator():
			e.sure, e.why = Seen, "held by users, or listed"
		}
	}
}
