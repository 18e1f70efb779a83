package mapping

import (
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec"
)

// A difference is a part of a plan that Suger does not show.
type difference struct {
	one   *personPlan // nil for the role itself
	field string
}

// goneField is the field name for a user who is missing from the list.
const goneField = "the user"

// prove compares a snapshot that began after the last call with a plan that was made
// on the one before. The members of a role that the plan made are given it as made.
// Where records without id and address have come since, anybody who is not listed
// may be one.
func (p *planner) prove(before, s *snapshot, all *plan, made *role) (differs []difference) {
	hidden := before.whole && s.anonymous() > before.anonymous()
	for _, one := range all.touched() {
		field := p.provePerson(s, one.with(all.role, made))
		if field == "" && hidden && one.endsAccess() && s.byID(one.before.id) == nil {
			field = "active"
		}
		if field != "" {
			differs = append(differs, difference{one, field})
		}
	}
	if all.role != nil && (s.roles.missing || !p.roleIsAsPlanned(s, all.role, made)) {
		differs = append(differs, difference{nil, "the role"})
	}
	return differs
}

func (p *planner) roleIsAsPlanned(s *snapshot, change *rolePlan, made *role) bool {
	switch change.kind {
	case roleDeleted:
		return s.roles.byID(change.role.id) == nil
	case roleRenamed:
		r := s.roles.byID(change.role.id)
		return r != nil && r.name == change.name
	}
	if made == nil {
		return false
	}
	is := s.roles.byID(made.id)
	return is != nil && is.name == change.name
}

// provePerson returns the name of the first field that is not as planned, or
// "".
func (p *planner) provePerson(s *snapshot, one *personPlan) string {
	m := p.model
	is := s.byID(one.before.id)
	if one.kind == planJoin {
		is = p.joined(s, one)
	}
	gone := is == nil && !s.hides(one.before.id, m.key(one.before))
	switch {
	case gone && one.endsAccess():
		return "" // by this plan, or by somebody else as well
	case one.kind == planLeave:
		return "active" // a record that cannot be read is one, too
	case is == nil:
		return goneField
	}
	wanted := one.after(m)
	for i := range one.values {
		a := m.attributes[i]
		same := is.values[i] == wanted.values[i]
		switch {
		case i == m.userName:
			same = m.key(is) == m.key(wanted)
		case a.Part != spec.WholeField:
			same = m.formatted(is) == m.formatted(wanted)
		}
		if !same {
			return a.name
		}
	}
	if active := one.active; one.kind == planJoin || active != nil {
		if is.access.active != (active == nil || *active) || is.access.unknown && !is.access.missing() && active != nil {
			return "active"
		}
	}
	if one.roles != nil && !refersTo(is.roles, one.roles) {
		return "role"
	}
	return ""
}

// joined returns the user that a plan has added, or nil.
func (p *planner) joined(s *snapshot, one *personPlan) *user {
	if one.before.id != "" {
		return s.byID(one.before.id)
	}
	return s.holderOf(one.values[p.model.userName])
}

// refersTo reports whether a user's record names exactly these roles.
func refersTo(refs []roleRef, roles []*role) bool {
	return len(refs) == len(roles) && !slices.ContainsFunc(roles, func(r *role) bool {
		return !slices.ContainsFunc(refs, func(ref roleRef) bool { return ref.means(r) })
	})
}

// means reports whether a reference in a user's record names a role. The ids of
// standard roles ignore letter case.
func (ref roleRef) means(r *role) bool {
	if ref.id == "" {
		return sameName(ref.name, r.name)
	}
	return ref.id == r.id || r.standard && strings.EqualFold(ref.id, r.id)
}
