package mapping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"suger-scim-gateway/internal/scim"
)

// A change is a request in the form that the engine executes.
type change struct {
	what        string    // operation for the audit record; "" for that of the plan
	names       []string  // what it is about, as far as known beforehand
	single      string    // id of the only person it is about, if a snapshot of one is enough
	person      bool      // its answer shows one person, so that a snapshot of that person confirms it
	ends        bool      // it ends access, so that the record by id counts, too
	exclusive   bool      // no other change of the organization may happen between its snapshot and its end
	conditional bool      // the client names the version that it wants to change
	seen        *snapshot // snapshot to begin with, if nothing was written since
	plan        func(*snapshot) (*plan, error)
}

// An execution is one run of a change, and its outcome.
type execution struct {
	*suger
	change    change
	claim     *claim // what it locks, nil if nothing
	before    *snapshot
	plan      *plan // made on before
	asked     need  // a list that begins after the request
	again     bool  // the list was read again, because it showed no administrator
	reserved  *reservation
	after     *snapshot // shows the plan applied, also in a dry run
	dry       bool
	sent      bool // to Suger, but not confirmed yet: after assumes the plan applied
	operation any  // of the batch that it belongs to
}

// carryOut executes a change: snapshot, plan, guards, calls, confirmation. Without
// a difference it makes no call and writes no record. If a member of a group has left
// meanwhile, the change is repeated for the others. The error is for the client.
func (s *suger) carryOut(ctx context.Context, c change) (x *execution, err error) {
	defer s.translate(&err)
	x, err = s.carryOutOnce(ctx, c)
	if errors.Is(err, errMemberLeft) {
		c.seen = nil
		if again, failed := s.carryOutOnce(ctx, c); failed == nil {
			return again, nil
		}
	}
	return x, err
}

func (s *suger) carryOutOnce(ctx context.Context, c change) (*execution, error) {
	x := &execution{suger: s, change: c, asked: s.fromNow()}
	defer func() { s.locks.release(x.claim) }()
	if err := x.settle(ctx); err != nil {
		return nil, err
	}
	for _, one := range x.plan.people {
		if one.kept != "" {
			s.config.Log.Info("group membership not changed as asked", "reason", one.kept, "request_id", s.RequestID, "user_id", one.before.id)
		}
	}
	x.after = x.before
	if x.plan.empty() {
		x.sent = x.before.assumed
		return x, nil
	}
	err := s.takesForAnother(ctx, x.plan)
	if err == nil {
		err = x.reserve()
	}
	if err != nil {
		x.refused(err)
		return nil, err
	}
	if s.config.DryRun {
		x.reserved.settle(0)
		s.recordEach(c.what, x.plan, nil, "dry run", func(*personPlan) error { return nil })
		x.dry, x.after = true, x.before.assume(s.model, x.plan)
		return x, nil
	}
	return x, x.write(ctx)
}

// settle makes the plan on a snapshot that no other change of this process can outdate:
// what the plan is about is locked, but only after Suger has let the credential read the
// organization, so that an invalid key delays nobody.
func (x *execution) settle(ctx context.Context) (err error) {
	snap := x.change.seen
	if snap == nil && !x.memory.proven(x.memory.key(x.Caller)) {
		if snap, err = x.look(ctx); err != nil {
			return err
		}
	}
	if err := x.lock(ctx, x.change.names); err != nil {
		return err
	}
	batch := batchOf(ctx)
	known := batch.start(x)
	if known != nil || snap != nil && snap.assumed {
		snap = known
	}
	for {
		if snap == nil || x.outdates(snap, batch) {
			if snap, err = x.look(ctx); err != nil {
				return err
			}
		}
		x.before = snap
		err = x.makePlan(ctx)
		if known != nil && snap == known && batch.mustLook(x, err) {
			snap, known = nil, nil
			continue
		}
		if err != nil {
			return err
		}
		more := x.namesOf(x.plan)
		if !slices.ContainsFunc(more, func(name string) bool { return !x.claim.has(name) }) {
			return nil
		}
		if err := x.lock(ctx, more); err != nil {
			return err
		}
		snap = x.before
	}
}

// sinceAsked is for a list that began after the request and the last write.
func (x *execution) sinceAsked() need {
	return need{after: max(x.asked.after, x.memory.lastWrite(organizationName(x.Organization)))}
}

// lock locks more names: all again and together, so that two changes never deadlock.
func (x *execution) lock(ctx context.Context, more []string) error {
	c := &claim{organization: x.Organization, exclusive: x.change.exclusive, names: slices.Clone(more)}
	if x.claim != nil {
		c.names = append(c.names, x.claim.names...)
	}
	x.locks.release(x.claim)
	x.claim = nil
	if err := x.locks.acquire(ctx, c); err != nil {
		return err
	}
	x.claim = c
	return nil
}

// outdates reports whether something was written that a snapshot does not show.
func (x *execution) outdates(snap *snapshot, batch *Batch) bool {
	if snap.assumed {
		return batch.outdated(x.suger)
	}
	return x.memory.lastWrite(organizationName(x.Organization)) > snap.tick
}

// look returns the snapshot on which a change is first planned.
func (x *execution) look(ctx context.Context) (*snapshot, error) {
	batch, id := batchOf(ctx), x.change.single
	alone := id != "" && (batch == nil || x.change.ends && x.provesByID())
	if !alone || batch.hasPending() { // what comes after this change would not show what is pending
		snap, err := x.everybody(ctx, x.sinceAsked())
		if err != nil {
			return nil, err
		}
		if !alone {
			return snap, x.planner.usable(snap, id, "")
		}
	}
	return x.person(ctx, id, x.sinceAsked())
}

// everybody is people, for the batch as well.
func (x *execution) everybody(ctx context.Context, n need) (*snapshot, error) {
	snap, err := x.people(ctx, n)
	if err == nil {
		batchOf(ctx).saw(ctx, x.suger, snap)
	}
	return snap, err
}

// makePlan makes the plan and asks the guards, on a snapshot with all that both need.
func (x *execution) makePlan(ctx context.Context) error {
	for {
		snap := x.before
		p, err := x.change.plan(snap)
		if err == nil {
			err = x.planner.guard(snap, p)
		}
		x.plan = p
		switch {
		case err == nil && !x.readsAgain(snap, p):
			return nil
		case err == nil:
			x.again = true
			x.before, err = x.everybody(ctx, x.fromNow())
		case errors.Is(err, errNeedsEverybody) && !snap.whole:
			x.before, err = x.listWith(ctx, snap)
		case errors.Is(err, errNeedsRoles) && !snap.roles.whole:
			err = x.complete(ctx)
		default:
			x.refused(err)
		}
		if err != nil {
			return err
		}
		if snap.roles.whole {
			x.before = x.before.withRoles(snap.roles)
		}
	}
}

// listWith returns the snapshot of everybody after that of one person.
func (x *execution) listWith(ctx context.Context, record *snapshot) (*snapshot, error) {
	all, err := x.people(ctx, need{after: max(x.sinceAsked().after, record.tick)})
	if err != nil {
		return nil, err
	}
	is, listed := record.byID(x.change.single), all.byID(x.change.single)
	if x.change.ends && is != nil && is.access.active && listed != nil && !listed.access.active {
		all = all.with(is) // the list can be an old one
	}
	return all, x.contradiction(is, all)
}

// readsAgain reports whether the list has to be read again, once, since it shows no active
// administrator: the role may have passed from a later page to an earlier one meanwhile.
func (x *execution) readsAgain(snap *snapshot, p *plan) bool {
	return !x.again && x.model.lacksAdministrator(snap) && x.planner.administratorsAfter(snap, p) == 0 &&
		slices.ContainsFunc(p.touched(), x.model.takes)
}

// complete adds the list of roles to the snapshot. If that took long, one person's record
// is read again: they may have become the only administrator meanwhile.
func (x *execution) complete(ctx context.Context) (err error) {
	const recordAge = time.Second // of one person's record when a change is planned on it
	snap := x.before
	if x.before, err = x.completed(ctx, snap, need{after: max(x.sinceAsked().after, x.memory.lastWrite(x.rolesName()))}); err != nil {
		return err
	}
	if snap.whole || x.change.single == "" || x.config.Now().Sub(snap.done) <= recordAge {
		return nil
	}
	again, err := x.person(ctx, x.change.single, x.fromNow())
	if err == nil {
		x.before = again.withRoles(x.before.roles)
	}
	return err
}

func (x *execution) refused(err error) {
	var no *refusal
	if errors.As(err, &no) {
		x.config.Observer.Refused(no.guard)
		x.recordFailed(err)
	}
}

func (x *execution) recordFailed(err error) { x.suger.recordFailed(x.change.what, x.plan, x.done, err) }

func (x *execution) reserve() error {
	reserved, retryAfter := x.brake.reserve(x.Organization, x.plan.whom(), x.planner.losses(x.plan))
	if x.reserved = reserved; reserved != nil {
		return nil
	}
	e := scim.NewError(scim.CodeChangeBrake,
		"The change brake stopped this change (GATEWAY_CHANGE_BRAKE=%s, which counts removals, deactivations, lost roles and changed addresses). Check in Okta that it is intended. Okta retries it later; one that alone exceeds the limit has to be made in smaller steps.",
		x.config.Brake)
	e.RetryAfter = retryAfter
	return &refusal{guardBrake, e}
}

// namesOf returns what a plan locks.
func (s *suger) namesOf(p *plan) []string {
	var names []string
	for _, one := range p.touched() {
		if one.before.id != "" {
			names = append(names, s.userName(one.before.id))
		}
		if email, changed := one.values[s.model.userName]; changed {
			names = append(names, s.addressName(email))
		}
		if s.planner.takesAdministrator(one) {
			names = append(names, s.administratorsName())
		}
	}
	if p.role != nil {
		names = append(names, s.rolesName())
	}
	return names
}

// write makes the plan's calls and confirms them, even if the client disconnects.
func (x *execution) write(ctx context.Context) error {
	ctx, cancel := untilDeadline(ctx)
	defer cancel()
	x.apply(ctx)
	batch := batchOf(ctx)
	if batch.defers(x) {
		batch.add(x)
		return nil
	}
	err := x.confirmNow(ctx)
	switch {
	case err == nil:
		batch.saw(ctx, x.suger, x.after)
	case batch != nil:
		batch.snap = nil // it does not show what was made
	}
	return err
}

// confirmNow confirms the plan's calls by a read that begins now.
func (x *execution) confirmNow(ctx context.Context) error {
	if role := x.plan.role; role != nil && role.kind == roleDeleted && x.done.role != nil && !uncertain(x.done.role) {
		if roles, err := x.roles(ctx, x.fromNow()); err != nil || roles.byID(role.role.id) != nil {
			return x.giveBack(ctx)
		}
	}
	err := x.confirm(ctx)
	if err == nil {
		err = x.untilShown(ctx)
	}
	if err == nil && x.finishJoin(ctx) {
		err = x.confirm(ctx)
	}
	if err != nil {
		return x.unproven(err)
	}
	return x.proven(ctx, x.planner.prove(x.before, x.after, x.plan))
}

// untilDeadline returns a context that ends only at ctx's deadline, if it has one.
func untilDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(context.WithoutCancel(ctx), deadline)
	}
	return ctx, func() {}
}

// proven records the outcome of a change, given how after differs from the plan. What Suger
// refused does not count; the rest may still take effect, even if Suger does not show it yet.
func (x *execution) proven(ctx context.Context, differs differences) error {
	failures := x.failures(differs)
	refused := &plan{}
	for _, one := range x.plan.touched() {
		switch d := differs.about(one); {
		case d != nil && x.done.refuses(one):
			refused.people = append(refused.people, one)
		case x.done.late.Load(), d != nil && (d.field != goneField || x.done.reason(one) != nil): // a call that was answered does not bring them back
			x.doubt(one)
		}
	}
	x.reserved.settle(x.planner.losses(x.plan) - x.planner.losses(refused))
	x.recordProven(x.change.what, x.plan, x.after, failures)
	if one := x.plan.joining(); one != nil {
		if is := x.planner.joined(x.after, one); is != nil {
			x.memory.remember(x.memory.key(x.Caller), x.model.email(is), is.id)
		}
	}
	return cmp.Or(x.keepAdministrator(ctx, differs), x.failureOf(failures))
}

// unproven records a change that was sent and cannot be confirmed, because of cause. A list
// that Suger refuses says nothing about the request, so that the client is to retry it.
func (x *execution) unproven(cause error) error {
	x.reserved.settle(x.planner.losses(x.plan)) // parts of it may have taken effect
	detail := "The change was sent to Suger, but the gateway could not read whether it was made. A retry finds out. %s"
	for _, one := range x.plan.touched() {
		if !x.done.refuses(one) {
			x.doubt(one)
		}
	}
	if slices.ContainsFunc(x.plan.touched(), x.planner.takesAdministrator) {
		detail += " Make sure in Suger's console that the organization still has an active administrator."
	}
	if call, ok := callError(cause); ok && call.Status == http.StatusBadRequest {
		cause = unavailable(cause, fmt.Sprintf("to %q", call.Operation), 0)
	}
	err := withDetail(x.asSCIM(cause), detail)
	x.recordFailed(err)
	return err
}

// withDetail returns an error for the client with another detail, in which %s is its own.
func withDetail(err error, format string) error {
	var e *scim.Error
	if !errors.As(err, &e) {
		return err
	}
	whole := *e
	whole.Detail = fmt.Sprintf(format, e.Detail)
	return &whole
}
