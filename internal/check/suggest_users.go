package check

import (
	"cmp"
	"slices"
	"strings"

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
	// of names the other fields that may be meant, which only a person can decide.
	of := func(path, what string, candidates []string) (Certainty, string) {
		others := slices.DeleteFunc(s.fields.distinct(candidates), func(other string) bool { return other == path })
		if len(others) > 0 {
			return Likely, series(others) + what
		}
		return Seen, ""
	}
	d, organization := s.draft, s.guess("organization")
	candidates := s.ids
	if s.one != "" {
		candidates = nil // a call has shown which one is the id
	}
	sure, why := of(s.id, " is unique, too: which one calls need is not visible", candidates)
	d.set("user.id", s.field(s.id), sure, why)
	d.likely("user.ids.membership", s.member, "the membership's own id")
	if organization != "" {
		d.seen("user.organization", s.field(organization), "")
	}

	attribute := func(name, path, key, word string, sure Certainty, why string) {
		value := s.field(path)
		if _, several := value.([]any); several || key != "" {
			long := map[string]any{"field": value, key: word}
			delete(long, "")
			value = long
		}
		if path != "" {
			d.set("user.attributes."+name, value, sure, why)
		}
	}
	sure, why = of(s.email, " has addresses, too: which one users sign in with is not visible", s.fields.emails())
	attribute("userName", s.email, "write", spec.WriteCreate, sure, cmp.Or(why, "assumed that it cannot change"))
	attribute("name.givenName", s.names[0], "", "", Seen, "")
	attribute("name.familyName", s.names[1], "", "", Seen, "")
	attribute("name.givenName", s.names[2], "part", string(spec.FirstNames), Seen, "")
	attribute("name.familyName", s.names[2], "part", string(spec.LastName), Seen, "")
	for _, path := range sortedNames(s.fields.leaves) {
		name := attributeFor(path, s.fields.leaves[path])
		if name != "" && !slices.Contains([]string{s.email, s.names[2], organization}, path) && d.comments["user.attributes."+name] == "" {
			attribute(name, path, "write", spec.WriteNever, Seen, "whether it can be written is not known")
		}
	}
	for _, use := range []string{"created", "modified"} {
		if path := s.guess(use); path != "" {
			d.seen("user."+use, s.field(path), "")
		}
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
	switch {
	case r.id != "" || r.name != "":
	case r.byName:
		d.seen("user.roles.by", "name", "the list of roles has these names")
	case s.roleRows != nil:
		d.seen("user.roles.by", "id", "by the list of roles")
	default:
		d.likely("user.roles.by", "id", "no list of roles was found")
	}
}

func (s *survey) draftAccess() {
	d, status := s.draft, s.status
	end, sure, why := spec.ByRemoval, Likely, "there is no status"
	switch like := s.fields.unreadStatus(); {
	case status.field == "" && like != "":
		sure, why = NotSeen, like+" may be a status, but nothing shows what its values mean"
	case status.field == "":
	case s.member != "":
		why = "the membership ends"
	case status.byRemoval:
		why = "a removal seems to set " + status.field
	default:
		end, why = spec.BySetStatus, "there is a status"
	}
	if status.field == "" {
		d.set("access", map[string]any{"end": string(end)}, sure, why)
		return
	}
	d.set("access.end", string(end), sure, why)
	d.seen("access.field", s.field(status.field), "")
	if sure, why = Seen, "by the name and the values of the field"; status.guessed {
		sure, why = Likely, "some words were not seen"
	}
	d.set("access.active", status.active, sure, why)
	d.set("access.pending", status.pending, sure, why)
	d.set("access.inactive", status.inactive, sure, why)
	d.likely("access.absent", status.absent, "")
}
