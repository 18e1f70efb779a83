package mapping

import (
	"context"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
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

// afterwards returns a snapshot that began after the last call: of one person where
// that can confirm the plan, and else of everybody.
func (s *suger) afterwards(ctx context.Context, c change, p *plan, done *applied) (after *snapshot, err error) {
	id := "" // of the only person, if a snapshot of one is enough
	if len(p.people) == 1 {
		switch one := p.people[0]; {
		case one.kind == planJoin:
			id = done.joined
		case one.endsAccess():
			return s.afterEndOfAccess(ctx, one)
		case (c.person || c.single != "") && !s.planner.takesAdministrator(one):
			id = one.before.id
		}
	}
	if id != "" {
		after, err = s.person(ctx, id, s.fromNow())
	} else {
		after, err = s.people(ctx, s.fromNow())
	}
	if err != nil || p.role == nil {
		return after, err
	}
	return s.completed(ctx, after, s.fromNow())
}

// afterEndOfAccess returns a snapshot of everybody, unless Suger's record by id shows
// that the person still has access: access has ended only if both agree. Without the
// list it would not be known whether another account of the address has access. Only
// where rows of it cannot be read, the record alone proves the end, but of an
// administrator.
func (s *suger) afterEndOfAccess(ctx context.Context, one *personPlan) (*snapshot, error) {
	is, byID := s.recordOf(ctx, one.before.id)
	if one.kind == planChange && is != nil && is.access.active {
		return byID, nil
	}
	all, err := s.people(ctx, s.fromNow())
	switch {
	case err != nil:
		return nil, err
	case one.kind == planLeave && is != nil && is.access.active && all.byID(is.id) == nil:
		return nil, errContradiction()
	case all.byID(one.before.id) != nil || !all.hides(one.before.id, s.model.key(one.before)):
		return all, nil
	case is == nil || one.kind != planChange || s.planner.takesAdministrator(one) || s.planner.tookAdministrator(byID, one):
		return all, nil
	}
	return byID, nil
}

// errContradiction returns the error for a user whom the list does not have, and whom
// Suger's call for one user shows with access.
func errContradiction() error {
	return scim.NewError(scim.CodeSugerUnreadable,
		"Suger's list of users does not have the user, but %q shows them with access. Check them in Suger's console. If the call also shows people who have left, set covers: everybody for it in the mapping file.", spec.OpGetUser)
}

// recordOf returns the member whom Suger's call for one user shows, and a snapshot of
// them alone; nil if the call proves nothing, or fails.
func (s *suger) recordOf(ctx context.Context, id string) (*user, *snapshot) {
	if !s.provesByID() {
		return nil, nil
	}
	at := s.memory.next()
	record, _, err := s.global(ctx, id)
	if err != nil || record == nil {
		return nil, nil
	}
	is, err := s.member(record, id)
	if err != nil || is == nil {
		return nil, nil
	}
	return is, onePerson(s.model, is, s.fixed, at, s.config.Now())
}

// untilShown rereads the list until it shows an added person, for as long as the
// mapping allows and within the request's time.
func (s *suger) untilShown(ctx context.Context, p *plan, done *applied, after *snapshot) (*snapshot, error) {
	const reserve = 2 * time.Second // for the last look and the answer
	one := p.joining()
	if one == nil {
		return after, nil
	}
	if err := done.reason(one); err != nil && !uncertain(err) {
		return after, nil
	}
	within := s.model.doc.Operations.AddUser.Within
	deadline, bounded := ctx.Deadline()
	for pause := 500 * time.Millisecond; within > 0 && s.planner.joined(after, one) == nil; pause = min(2*pause, 5*time.Second) {
		pause = min(pause, within)
		if bounded && time.Until(deadline) < pause+reserve {
			break
		}
		within -= pause
		if err := s.config.Sleep(ctx, pause); err != nil {
			return after, nil //nolint:nilerr // the last snapshot counts
		}
		var err error
		if after, err = s.people(ctx, s.fromNow()); err != nil {
			return nil, err
		}
	}
	return after, nil
}
