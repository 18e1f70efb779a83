package mapping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	err   error // for the client, see failures
}

// differences are those of a plan, that of the role itself last.
type differences []difference

// about returns the difference about a person, for nil about the role, or nil.
func (ds differences) about(one *personPlan) *difference {
	if at := slices.IndexFunc(ds, func(d difference) bool { return d.one == one }); at >= 0 {
		return &ds[at]
	}
	return nil
}

// goneField is the field name for a user who is missing from the list.
const goneField = "the user"

// prove compares a snapshot that began after the last call with a plan that was made on
// the one before. A new record without id and address may be anybody who is not listed.
func (p *planner) prove(before, s *snapshot, all *plan) (differs differences) {
	hidden := before.whole && s.anonymous() > before.anonymous()
	for _, one := range all.touched() {
		field := p.provePerson(s, one)
		if field == "" && hidden && one.endsAccess() && s.byID(one.before.id) == nil {
			field = "active"
		}
		if field != "" {
			differs = append(differs, difference{one: one, field: field})
		}
	}
	if all.role != nil && (s.roles.missing || !all.role.isIn(s.roles)) {
		differs = append(differs, difference{field: "the role"})
	}
	return differs
}

func (p *rolePlan) isIn(c *catalogue) bool {
	is := c.byID(p.role.id)
	if p.kind == roleDeleted {
		return is == nil
	}
	return is != nil && is.name == p.name
}

// provePerson returns the name of the first field that is not as planned, or "".
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
		same := is.values[i] == wanted.values[i] || i == m.userName && m.key(is) == m.key(wanted)
		if a.Part != spec.WholeField {
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

// joined returns the user that a plan has added or changed, or nil: by id as far as it is
// known, because two users can have addresses that differ in letter case only.
func (p *planner) joined(s *snapshot, one *personPlan) *user {
	if is := s.byID(cmp.Or(one.before.id, one.added)); is != nil || one.before.id != "" {
		return is
	}
	return s.holderOf(one.values[p.model.userName])
}

// refersTo reports whether a user's record names exactly these roles.
func refersTo(refs []roleRef, roles []*role) bool {
	return len(refs) == len(roles) && !slices.ContainsFunc(roles, func(r *role) bool {
		return !slices.ContainsFunc(refs, func(ref roleRef) bool { return ref.means(r) })
	})
}

// means reports whether a reference names a role. Ids of standard roles ignore letter case.
func (ref roleRef) means(r *role) bool {
	if ref.id == "" {
		return sameName(ref.name, r.name)
	}
	return ref.id == r.id || r.standard && strings.EqualFold(ref.id, r.id)
}

// confirm sets after to a snapshot that began after the last call, of one person where
// that can confirm the plan.
func (x *execution) confirm(ctx context.Context) (err error) {
	id := "" // of the only person, if a snapshot of one is enough
	if len(x.plan.people) == 1 {
		switch one := x.plan.people[0]; {
		case one.kind == planJoin:
			id = one.added
		case one.endsAccess():
			x.after, err = x.afterEndOfAccess(ctx, one)
			return err
		case (x.change.person || x.change.single != "") && !x.planner.takesAdministrator(one):
			id = one.before.id
		}
	}
	if id != "" {
		x.after, err = x.person(ctx, id, x.fromNow())
	} else {
		x.after, err = x.people(ctx, x.fromNow())
	}
	if err == nil && x.plan.role != nil {
		x.after, err = x.completed(ctx, x.after, need{after: x.memory.lastWrite(x.rolesName())})
	}
	return err
}

// afterEndOfAccess returns a snapshot of everybody, which also shows other accounts of the
// address, unless Suger's record by id shows that the person still has access. The record
// alone proves the end only where rows of the list cannot be read, and of no administrator.
func (s *suger) afterEndOfAccess(ctx context.Context, one *personPlan) (*snapshot, error) {
	var is *user
	byID, _, err := s.recordOf(ctx, one.before.id)
	if err == nil && byID != nil { // a call that fails proves nothing
		is = byID.users[0]
	}
	if one.kind == planChange && is != nil && is.access.active {
		return byID, nil
	}
	all, err := s.people(ctx, s.fromNow())
	if err == nil && one.kind == planLeave {
		err = s.contradiction(is, all)
	}
	switch {
	case err != nil:
		return nil, err
	case all.byID(one.before.id) != nil || !all.hides(one.before.id, s.model.key(one.before)):
		return all, nil // it can be read
	case is == nil || one.kind != planChange || s.planner.takesAdministrator(one) || s.planner.tookAdministrator(byID, one):
		return all, nil
	}
	return byID, nil
}

// contradiction returns an error if the list lacks a user whose record shows access: then
// it does not prove that the user has left.
func (s *suger) contradiction(is *user, all *snapshot) error {
	if is == nil || !is.access.active || all.byID(is.id) != nil {
		return nil
	}
	s.drift(spec.OpListUsers, "")
	return scim.NewError(scim.CodeSugerUnreadable,
		"Suger's list of users does not have the user, but %q shows them with access. Check them in Suger's console. If the call also shows people who have left, set covers: everybody for it in the mapping file.", spec.OpGetUser)
}

// untilShown rereads the list until it shows an added person, for a bounded time.
func (x *execution) untilShown(ctx context.Context) (err error) {
	const reserve = 2 * time.Second // for the last look and the answer
	one := x.plan.joining()
	if one == nil || x.done.refuses(one) {
		return nil
	}
	within := x.model.doc.Operations.AddUser.Within
	deadline, bounded := ctx.Deadline()
	for pause := 500 * time.Millisecond; within > 0 && x.planner.joined(x.after, one) == nil; pause = min(2*pause, 5*time.Second) {
		pause = min(pause, within)
		if bounded && time.Until(deadline) < pause+reserve {
			break
		}
		within -= pause
		if x.config.Sleep(ctx, pause) != nil {
			break // the last snapshot counts
		}
		if x.after, err = x.people(ctx, x.fromNow()); err != nil {
			return err
		}
	}
	return nil
}

var errMemberLeft = errors.New("a member has left the organization")

// failures adds the errors to what the confirmation found missing. A call that failed but
// took effect is a success. A request about several people is never "not found".
func (x *execution) failures(differs differences) differences {
	for i, d := range differs {
		operation, err := "", x.done.role
		if d.one != nil {
			operation, err = d.one.kind, cmp.Or(x.done.reason(d.one), x.done.role)
		} else if operation = x.plan.role.kind; operation == roleDeleted && i > 0 {
			err = differs[0].err // not tried, because somebody still holds it
		}
		switch {
		case x.change.single == "" && d.field == goneField && d.one.kind == planChange:
			err = scim.Wrap(errMemberLeft, scim.CodeSugerUnavailable,
				"A member of the group has left the organization at the same time. Retry; the change is then made for the other members.")
		case err == nil:
			err = x.unconfirmed(operation, d.field)
		case d.field == goneField && isGone(err) && d.one.kind != planJoin:
			err = errNobody(d.one.before.id)
		case errors.As(err, new(*scim.Error)):
		case isGone(err) || callMissing(err):
			err = x.notOffered(err)
		}
		differs[i].err = err
	}
	return differs
}

func (a *applied) reason(one *personPlan) error { return a.failed[one.before] }

// refuses reports whether Suger refused the change of a person for good.
func (a *applied) refuses(one *personPlan) bool {
	err := a.reason(one)
	return err != nil && !uncertain(err)
}

// unconfirmed returns the error for a change that Suger does not show.
func (s *suger) unconfirmed(operation, field string) error {
	s.config.Observer.Unconfirmed(operation)
	return scim.Wrap(fmt.Errorf("after %q, %s is not as requested", operation, field), scim.CodeWriteUnconfirmed,
		"Suger accepted the change but does not show it: %s is not as requested. Check the user in Suger's console, then retry in Okta.", field)
}

// notOffered returns the error for a call, or its record, that seems not to exist.
func (s *suger) notOffered(cause error) error {
	call, _ := callError(cause)
	s.missing(call.Operation)
	if callMissing(cause) {
		return cause
	}
	return scim.Wrap(cause, scim.CodeUnsupported,
		"Suger answered \"not found\" to %q, and does not show the change.%s Retry; if it stays so, run the check command and compare the call in the mapping file with Suger's.",
		call.Operation, saidBySuger(call.Message))
}

// failureOf returns the error about all failures, which makes Okta retry if one of them does.
func (x *execution) failureOf(failures differences) error {
	if len(failures) == 0 {
		return nil
	}
	if last := failures[len(failures)-1]; last.one == nil {
		if x.plan.role.kind != roleDeleted || len(failures) == 1 {
			return last.err
		}
		failures = failures[:len(failures)-1] // not deleted until nobody holds it
	}
	if len(x.plan.touched()) == 1 {
		return failures[0].err
	}
	var causes []error
	var retryAfter time.Duration
	code := scim.CodePartialGroup
	for _, f := range failures {
		causes = append(causes, f.err)
		var e *scim.Error
		if errors.As(x.asSCIM(f.err), &e) && e.RetryAfter > retryAfter {
			code, retryAfter = e.Code, e.RetryAfter
		}
	}
	err := scim.Wrap(errors.Join(causes...), code,
		"%d of %d members could not be changed; the others were. A retry writes only the rest. %s.",
		len(failures), len(x.plan.touched()), joinWords(failures, func(f difference) string {
			_, code := outcomeOf(x.asSCIM(f.err))
			return fmt.Sprintf("%s: %s", x.model.email(f.one.before), code)
		}))
	err.RetryAfter = retryAfter
	return err
}

// uncertain reports whether a failed call may have taken effect.
func uncertain(err error) bool {
	call, ok := callError(err)
	return ok && call.Uncertain
}
