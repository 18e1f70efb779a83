package check

import (
	"cmp"
	"slices"

	"suger-scim-gateway/mapping/spec"
)

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

// share returns how many users have a field, "" if all.
func (s *survey) share(path string) string {
	if l := s.fields.leaves[path]; l.present < s.fields.sampled {
		return "in " + ofUsers(l.present, s.fields.sampled)
	}
	return ""
}

func (s *survey) draftUser() {
	d, c := s.draft, s.fields
	in := "in " + ofUsers(c.rows, c.rows)
	guess := func(purpose string) string { return c.guess(purpose, s.Caller.Organization, s.roleNames) }
	id := d.set("user.id", s.field(s.id), Seen, in)
	if others := slices.DeleteFunc(slices.Clone(s.ids), func(path string) bool { return path == s.id }); len(others) > 0 && s.one == "" {
		id.sure, id.why = Likely, series(others)+" is unique, too: which one calls need is not visible"
	}
	d.likely("user.ids.membership", s.member, "the membership's own id")
	organization := guess("organization")
	if organization != "" {
		d.seen("user.organization", s.field(organization), in)
	}

	attribute := func(name, path, why, key string, word any) {
		value := s.field(path)
		if _, several := value.([]any); several || key != "" {
			value = map[string]any{"field": value}
		}
		if key != "" {
			value.(map[string]any)[key] = word
		}
		if path != "" {
			d.seen("user.attributes."+name, value, cmp.Or(why, s.share(path)))
		}
	}
	attribute("userName", s.email, "assumed that it cannot change", "write", spec.WriteCreate)
	if others := c.distinct(c.emails())[1:]; len(others) > 0 {
		name := d.find("user.attributes.userName")
		name.sure, name.why = Likely, series(others)+" has addresses, too: which one users sign in with is not visible"
	}
	attribute("name.givenName", s.names[0], "", "", nil)
	attribute("name.familyName", s.names[1], "", "", nil)
	attribute("name.givenName", s.names[2], "", "part", string(spec.FirstNames))
	attribute("name.familyName", s.names[2], "", "part", string(spec.LastName))
	for _, path := range sortedNames(c.leaves) {
		name := attributeFor(path, c.leaves[path])
		if name != "" && !slices.Contains([]string{s.email, s.names[2], organization}, path) && d.find("user.attributes."+name) == nil {
			attribute(name, path, "whether it can be written is not known", "write", spec.WriteNever)
		}
	}
	for _, use := range []string{"created", "modified"} {
		if path := guess(use); path != "" {
			d.seen("user."+use, s.field(path), s.share(path))
		}
	}
	s.draftRoleField()
}

func (s *survey) draftRoleField() {
	d, r := s.draft, &s.role
	if r.field == "" {
		d.notSeen("user.roles.field", s.roleName(), "no field of a user looks like a role")
		return
	}
	d.set("user.roles.field", s.field(r.field), Seen, s.share(r.field))
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
	} else {
		d.set("access.end", string(end), sure, why)
		d.set("access.field", s.field(status.field), Seen, "")
		for _, words := range []struct {
			key    string
			values []any
		}{{"active", status.active}, {"pending", status.pending}, {"inactive", status.inactive}} {
			if status.guessed {
				d.likely("access."+words.key, words.values, "some words were not seen")
			} else {
				d.seen("access."+words.key, words.values, "by the name and the values of the field")
			}
		}
		d.likely("access.absent", status.absent, "")
	}
	for _, refusal := range []struct {
		kind  string
		words []any
	}{{"domain", []any{"domain"}}, {"seats", []any{"seat", "license"}}, {"duplicate", []any{"already exists"}}} {
		d.notSeen("refusals."+refusal.kind, refusal.words, "no refusal was provoked")
	}
}
