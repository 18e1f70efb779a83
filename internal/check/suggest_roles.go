package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"suger-scim-gateway/mapping"
)

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
