package mapping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
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

// A result is the outcome of a change.
type result struct {
	before *snapshot // the plan was made on
	after  *snapshot // shows the plan applied, also in a dry run
	plan   *plan
	made   *role // by the plan
	dry    bool
	sent   bool // to Suger, but not confirmed yet: after assumes the plan applied
}

// carryOut executes a change: snapshot, plan, guards, calls, confirmation. Without
// a difference it makes no call and writes no record. Errors that can be known are
// reported before the first write, and the result is confirmed by a read that
// begins after the last call. If a member of a group has left meanwhile, the change
// is repeated for the others. The error is for the client.
func (s *suger) carryOut(ctx context.Context, c change) (done *result, err error) {
	defer s.translate(&err)
	done, err = s.carryOutOnce(ctx, c)
	if errors.Is(err, errMemberLeft) {
		c.seen = nil
		if again, failed := s.carryOutOnce(ctx, c); failed == nil {
			return again, nil
		}
	}
	return done, err
}

func (s *suger) carryOutOnce(ctx context.Context, c change) (*result, error) {
	hold := &holding{suger: s, exclusive: c.exclusive}
	defer hold.release()
	snap, p, err := s.settled(ctx, c, hold)
	if err != nil {
		return nil, err
	}
	for _, n := range p.notes {
		s.config.Log.Info("group membership not changed as asked", "reason", n.text, "request_id", s.RequestID, "user_id", n.user.id)
	}
	if p.empty() {
		return &result{before: snap, after: snap, plan: p, sent: snap.own != nil}, nil
	}
	if err := s.takesForAnother(ctx, p); err != nil {
		s.refused(c.what, p, err)
		return nil, err
	}
	reserved, err := s.brakeFor(p)
	if err != nil {
		s.recordFailed(c.what, p, nil, err)
		return nil, err
	}
	if s.config.DryRun {
		reserved.settle(0)
		s.recordEach(c.what, p, nil, "dry run", func(*personPlan) error { return nil })
		return &result{before: snap, after: snap.assume(s.model, p), plan: p, dry: true}, nil
	}
	return s.write(ctx, c, snap, p, reserved)
}

// settled returns a plan on a snapshot that no other change of this process can
// outdate, because the names that the plan is about are locked. They are locked only
// after Suger has let the credential read the organization, so that an invalid key
// delays nobody.
func (s *suger) settled(ctx context.Context, c change, hold *holding) (*snapshot, *plan, error) {
	asked := s.fromNow()
	snap, n := c.seen, asked
	var err error
	if snap == nil && !s.memory.proven(s.memory.key(s.Caller)) {
		if snap, err = s.look(ctx, c, n); err != nil {
			return nil, nil, err
		}
	}
	if err := hold.take(ctx, c.names); err != nil {
		return nil, nil, err
	}
	known := batchOf(ctx).start(s, c)
	if known != nil {
		snap = known
	}
	for {
		if snap == nil || s.olderThanWrites(snap, hold.watched()) {
			// The list that confirmed the previous change suffices if it began after
			// this request and nothing was written since.
			n = need{after: max(asked.after, s.memory.lastWrite(organizationName(s.Organization)))}
			if snap, err = s.look(ctx, c, n); err != nil {
				return nil, nil, err
			}
		}
		var p *plan
		on := snap
		snap, p, err = s.planned(ctx, c, snap, n)
		if known != nil && on == known && batchOf(ctx).mustLook(s, c, p, err) {
			snap, known = nil, nil
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		more := s.namesOf(p)
		if hold.has(more) {
			return snap, p, nil
		}
		if err := hold.take(ctx, more); err != nil {
			return nil, nil, err
		}
	}
}

// olderThanWrites reports whether something was written to one of the names that
// a snapshot does not show.
func (s *suger) olderThanWrites(snap *snapshot, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		last := s.memory.lastWrite(name)
		return last > snap.tick && last != snap.own[name]
	})
}

// look returns the snapshot on which a change is first planned.
func (s *suger) look(ctx context.Context, c change, n need) (snap *snapshot, err error) {
	batch := batchOf(ctx)
	if c.single != "" && (batch == nil || c.ends && s.provesByID()) {
		if batch.isPending(c.single) { // what comes after this change would not show it
			all, err := s.people(ctx, n)
			if err != nil {
				return nil, err
			}
			batch.saw(ctx, all)
		}
		return s.person(ctx, c.single, n)
	}
	if snap, err = s.people(ctx, n); err != nil {
		return nil, err
	}
	batch.saw(ctx, snap)
	if c.single != "" {
		err = s.readable(snap, c.single, "")
	}
	return snap, err
}

// planned computes a plan and asks the guards, on a snapshot with everything
// that both need. A role that is on no cached list is looked up in a fresh one
// before it is reported as unknown.
func (s *suger) planned(ctx context.Context, c change, snap *snapshot, n need) (*snapshot, *plan, error) {
	for fresh := false; ; {
		p, err := c.plan(snap)
		if err == nil {
			err = s.planner.guard(snap, p)
		}
		switch {
		case err == nil:
			return snap, p, nil
		case errors.Is(err, errNeedsEverybody) && !snap.whole:
			one := snap
			if snap, err = s.people(ctx, need{after: max(n.after, one.tick)}); err != nil {
				return nil, nil, err
			}
			if err = s.contradiction(one, snap, c.single); err == nil && one.roles.whole {
				snap = snap.withRoles(one.roles)
			}
		case errors.Is(err, errNeedsRoles) && !snap.roles.whole:
			snap, err = s.completedFor(ctx, c, snap, need{after: max(n.after, s.memory.lastWrite(s.rolesName()))})
		case isUnknownRole(err) && !fresh:
			fresh = true
			snap, err = s.completedFor(ctx, c, snap, s.fromNow())
		default:
			s.refused(c.what, p, err)
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// recordAge bounds the age of one person's record when a change is planned on it.
const recordAge = time.Second

// completedFor returns a snapshot with the list of roles for a change. If that
// list was slow, a snapshot of one person is read again: another gateway may have
// made them the only administrator meanwhile.
func (s *suger) completedFor(ctx context.Context, c change, snap *snapshot, n need) (*snapshot, error) {
	complete, err := s.completed(ctx, snap, n)
	if err != nil || snap.whole || c.single == "" || s.config.Now().Sub(snap.done) <= recordAge {
		return complete, err
	}
	again, err := s.person(ctx, c.single, s.fromNow())
	if err != nil {
		return nil, err
	}
	return again.withRoles(complete.roles), nil
}

// contradiction returns an error if Suger shows a user with access by id whom its
// list lacks: then the list does not prove that the user has left.
func (s *suger) contradiction(one, all *snapshot, id string) error {
	if is := one.byID(id); is == nil || !is.access.active || all.byID(id) != nil {
		return nil
	}
	if err := s.readable(all, id, ""); err != nil {
		return err
	}
	return s.unreadable(spec.OpListUsers, misfit("", "a list without a user whom another call shows"))
}

func isUnknownRole(err error) bool {
	var e *scim.Error
	return errors.As(err, &e) && e.Code == scim.CodeUnknownRole
}

// refused records that a guard stopped a change.
func (s *suger) refused(what string, p *plan, err error) {
	var no *refusal
	if errors.As(err, &no) {
		s.config.Observer.Refused(no.guard)
		s.recordFailed(what, p, nil, err)
	}
}

// brakeFor counts a plan against the change brake.
func (s *suger) brakeFor(p *plan) (*reservation, error) {
	reserved, retryAfter := s.brake.reserve(s.Organization, p.whom(), s.planner.losses(p))
	if retryAfter == 0 {
		return reserved, nil
	}
	e := scim.NewError(scim.CodeChangeBrake,
		"The change brake stopped this change (GATEWAY_CHANGE_BRAKE=%s): too many removals, deactivations, lost roles and changed addresses. Check in Okta that they are intended. Okta retries this one later.",
		s.config.Brake)
	if n := s.planner.losses(p); n > s.config.Brake.Limit {
		e.Detail = fmt.Sprintf("Nothing was changed: this change alone removes access or a role from %d people, and the change brake allows %s (GATEWAY_CHANGE_BRAKE). If it is intended, make it in smaller steps or raise the setting temporarily.", n, s.config.Brake)
	}
	e.RetryAfter = retryAfter
	s.config.Observer.Refused(guardBrake)
	return nil, &refusal{guardBrake, e}
}

// namesOf returns the lock names of a plan: changes with a common name are made
// one at a time.
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

// A holding is the set of locks that a change holds.
type holding struct {
	suger     *suger
	exclusive bool
	names     []string // in order
	releases  []func()
}

func (h *holding) has(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(h.names, name) })
}

// watched returns the names whose last write makes a snapshot too old; for an
// exclusive change any write to the organization.
func (h *holding) watched() []string {
	if h.exclusive {
		return []string{organizationName(h.suger.Organization)}
	}
	return h.names
}

// take locks more names. All are released and acquired again in one order, so
// that two changes never deadlock.
func (h *holding) take(ctx context.Context, more []string) error {
	h.release()
	h.names = append(h.names, more...)
	slices.Sort(h.names)
	h.names = slices.Compact(h.names)
	locks := &h.suger.locks
	release, err := locks.acquire(ctx, organizationName(h.suger.Organization), !h.exclusive)
	if err != nil {
		return err
	}
	h.releases = append(h.releases, release)
	for _, name := range h.names {
		release, err := locks.acquire(ctx, name, false)
		if err != nil {
			return err
		}
		h.releases = append(h.releases, release)
	}
	return nil
}

func (h *holding) release() {
	for _, release := range h.releases {
		release()
	}
	h.releases = nil
}

// write makes a plan's calls and confirms them. A client that disconnects does
// not stop it halfway: only its deadline does.
func (s *suger) write(ctx context.Context, c change, snap *snapshot, p *plan, reserved *reservation) (*result, error) {
	ctx, cancel := untilDeadline(ctx)
	defer cancel()
	sent := &sentChange{c, snap, p, s.apply(ctx, snap, p), reserved}
	if p.role != nil && p.role.kind == roleDeleted && sent.done.role != nil && !uncertain(sent.done.role) {
		if roles, err := s.roles(ctx, s.fromNow()); err != nil || roles.byID(p.role.role.id) != nil {
			return nil, s.giveBack(ctx, sent)
		}
	}
	if batch := batchOf(ctx); batch.defers(s, snap, p) {
		return &result{before: snap, after: batch.add(s, sent), plan: p, sent: true}, nil
	}
	after, err := s.afterwards(ctx, c, p, sent.done)
	if err == nil {
		after, err = s.untilShown(ctx, p, sent.done, after)
	}
	if err == nil && s.finishJoin(ctx, after, p, sent.done) {
		after, err = s.afterwards(ctx, c, p, sent.done)
	}
	if err != nil {
		return nil, s.unproven(sent, err)
	}
	if err := s.proven(ctx, sent, after, s.planner.prove(snap, after, p, sent.done.made)); err != nil {
		return nil, err
	}
	batchOf(ctx).saw(ctx, after)
	return &result{before: snap, after: after, plan: p, made: sent.done.made}, nil
}

// untilDeadline returns a context that ends only at ctx's deadline, if it has
// one.
func untilDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(context.WithoutCancel(ctx), deadline)
	}
	return ctx, func() {}
}

// A sentChange is a change whose calls were made and that is not confirmed yet.
type sentChange struct {
	change   change
	before   *snapshot // on which it was planned
	plan     *plan
	done     *applied
	reserved *reservation
}

// proven compares a change with a snapshot that began after its calls, and
// records the outcome. The error is for the client.
func (s *suger) proven(ctx context.Context, c *sentChange, after *snapshot, differs []difference) error {
	failures := s.failures(c.plan, c.done, differs, c.change.single == "")
	refused := c.done.refused(differs)
	for _, one := range c.plan.touched() {
		shown := !slices.ContainsFunc(differs, func(d difference) bool { return d.one == one })
		switch {
		case shown: // nothing of an earlier change is under way any more
			s.memory.doubted.Remove(s.userName(one.before.id))
		case refused.of(one.before.id) == nil:
			s.doubt(one)
		}
	}
	lost := s.planner.losses(c.plan) - s.planner.losses(refused)
	c.reserved.settle(lost)
	s.recordProven(c.change.what, c.plan, after, failures)
	s.learn(after, c.plan)
	if undone, err := s.keepAdministrator(ctx, c.before, after, c.plan, differs); err != nil {
		c.reserved.settle(lost - s.planner.losses(undone))
		return err
	}
	return s.failureOf(c.plan, failures)
}

// unproven records a change that was sent and cannot be confirmed. The error is for
// the client.
func (s *suger) unproven(c *sentChange, cause error) error {
	c.reserved.settle(s.planner.losses(c.plan)) // parts of it may have taken effect
	for _, one := range c.plan.touched() {
		if err := c.done.reason(one); err == nil || uncertain(err) {
			s.doubt(one)
		}
	}
	err := s.errUnproven(c.plan, c.done, cause)
	s.recordFailed(c.change.what, c.plan, c.done, err)
	return err
}

// errUnproven returns the error for a change that was sent and cannot be confirmed.
func (s *suger) errUnproven(p *plan, done *applied, cause error) error {
	if len(p.touched()) == len(done.failed) || done.role != nil {
		for _, failed := range done.failed {
			if !uncertain(failed) {
				cause = failed
			}
		}
		if done.role != nil && !uncertain(done.role) {
			cause = done.role
		}
	}
	var e *scim.Error
	if !errors.As(s.asSCIM(cause), &e) {
		return cause
	}
	whole := *e
	whole.Detail = "The change was sent to Suger, but the gateway could not read whether it was made. A retry finds out. " + e.Detail
	if slices.ContainsFunc(p.touched(), s.planner.takesAdministrator) {
		whole.Detail += " Make sure in Suger's console that the organization still has an active administrator."
	}
	return &whole
}

// A failure is a person, or the role itself, that could not be changed.
type failure struct {
	one *personPlan // nil for the role
	err error
}

// errMemberLeft means that a member of the group has left the organization
// since the change was planned.
var errMemberLeft = errors.New("a member has left the organization")

// failures returns what the confirmation found missing, with the call's error if there
// is one. A call that failed but took effect is a success. A request about several
// people never fails with "not found" because of one of them.
func (s *suger) failures(p *plan, done *applied, differs []difference, several bool) (failed []failure) {
	for _, d := range differs {
		var operation string
		err := done.role
		switch {
		case d.one != nil:
			err, operation = cmp.Or(done.reason(d.one), done.role), string(d.one.kind)
		case p.role.kind == roleDeleted && len(failed) > 0:
			err = failed[0].err // not tried, because somebody still holds it
		default:
			operation = string(p.role.kind)
		}
		switch {
		case several && d.field == goneField && d.one.kind == planChange:
			err = scim.Wrap(errMemberLeft, scim.CodeSugerUnavailable,
				"A member of the group has left the organization at the same time. Retry; the change is then made for the other members.")
		case err == nil:
			err = s.unconfirmed(operation, d.field)
		case d.field == goneField && isGone(err) && d.one.kind != planJoin:
			err = errNobody(d.one.before.id)
		case errors.As(err, new(*scim.Error)):
		case isGone(err) || callMissing(err):
			err = s.notOffered(err)
		}
		failed = append(failed, failure{d.one, err})
	}
	return failed
}

// reason returns the error of a failed call about a person, or nil.
func (a *applied) reason(one *personPlan) error {
	for planned, err := range a.failed {
		if planned.before == one.before {
			return err
		}
	}
	return nil
}

// refused returns the part of a plan that Suger refused, so that it will not
// take effect. The rest may still do so, even if Suger does not show it yet.
func (a *applied) refused(differs []difference) *plan {
	p := &plan{}
	for _, d := range differs {
		if d.one == nil {
			continue
		}
		if err := a.reason(d.one); err != nil && !uncertain(err) {
			p.people = append(p.people, d.one)
		}
	}
	return p
}

// unconfirmed returns the error for a change that Suger does not show.
func (s *suger) unconfirmed(operation, field string) error {
	s.config.Observer.Unconfirmed(operation)
	return scim.Wrap(fmt.Errorf("after %q, %s is not as requested", operation, field), scim.CodeWriteUnconfirmed,
		"Suger accepted the change but does not show it: %s is not as requested. Check the user in Suger's console, then retry in Okta.", field)
}

// notOffered returns the error for a call that Suger answers as if it did not exist.
// A 404 may also be about the record.
func (s *suger) notOffered(cause error) error {
	call, _ := callError(cause)
	s.missing(call.Operation)
	if isGone(cause) {
		return scim.Wrap(cause, scim.CodeUnsupported,
			"Suger answered \"not found\" to %q, and does not show the change.%s Retry; if it stays so, run the check command and compare the call in the mapping file with Suger's.",
			call.Operation, saidBySuger(call.Message))
	}
	return scim.Wrap(cause, scim.CodeUnsupported,
		"Suger does not have the call %q of the mapping, so the change was not made. Run the check command, and correct the mapping file.", call.Operation)
}

// learn caches the ids of users by address.
func (s *suger) learn(after *snapshot, p *plan) {
	key := s.memory.key(s.Caller)
	for _, one := range p.touched() {
		if one.kind == planLeave {
			s.memory.unlearn(key, s.model.email(one.before))
		} else if is := s.planner.joined(after, one); one.kind == planJoin && is != nil {
			s.memory.remember(key, s.model.email(is), is.id)
		}
	}
}

// failureOf returns the error for the client about people who could not be
// changed. If Suger was only unreachable, the answer makes Okta retry.
func (s *suger) failureOf(p *plan, failures []failure) error {
	switch {
	case len(failures) == 0:
		return nil
	case len(failures) == 1 && len(p.touched()) <= 1:
		return failures[0].err
	}
	if last := failures[len(failures)-1]; last.one == nil {
		if p.role.kind != roleDeleted || len(failures) == 1 {
			return last.err
		}
		failures = failures[:len(failures)-1] // not deleted until nobody holds it
		if len(p.touched()) == 1 {
			return failures[0].err
		}
	}
	var causes []error
	code, last := scim.CodePartialGroup, (*scim.Error)(nil)
	for _, f := range failures {
		causes = append(causes, f.err)
		var e *scim.Error
		if errors.As(s.asSCIM(f.err), &e) && e.RetryAfter > 0 && (last == nil || e.RetryAfter > last.RetryAfter) {
			code, last = e.Code, e
		}
	}
	err := scim.Wrap(errors.Join(causes...), code,
		"%d of %d members could not be changed; the others were. A retry writes only the rest. %s.",
		len(failures), len(p.touched()), joinWords(failures, s.explain))
	if last != nil {
		err.RetryAfter = last.RetryAfter
	}
	return err
}

func (s *suger) explain(f failure) string {
	name := s.model.email(f.one.before)
	var e *scim.Error
	if errors.As(s.asSCIM(f.err), &e) {
		return fmt.Sprintf("%s: %s", name, e.Code)
	}
	return name
}

// uncertain reports whether a failed call may have taken effect.
func uncertain(err error) bool {
	call, ok := callError(err)
	return ok && call.Uncertain
}
