package mapping

import (
	"context"
	"errors"
	"slices"

	"suger-scim-gateway/internal/scim"
)

// keepAdministrator restores what the plan took from an administrator if none is left:
// another replica, or somebody in the console, may have acted at the same time.
func (x *execution) keepAdministrator(ctx context.Context, differs differences) error {
	snap, after, touched := x.before, x.after, x.plan.touched()
	if !x.model.lacksAdministrator(after) || x.model.lacksAdministrator(snap) || !slices.ContainsFunc(touched, x.model.takes) {
		return nil
	}
	administers := func(one *personPlan) bool { // also one who is removed and had no access when read: another replica may have given it
		return one.before.access.active || one.kind == planLeave
	}
	if !snap.whole && !slices.ContainsFunc(touched, administers) {
		return nil // there may have been none before
	}
	takesOne := func(one *personPlan) bool {
		return x.planner.takesAdministrator(one) || x.planner.tookAdministrator(after, one)
	}
	taken := slices.DeleteFunc(slices.Clone(touched), func(one *personPlan) bool {
		return differs.about(one) != nil || !takesOne(one) || !x.planner.restores(after, one)
	})
	removes := func(one *personPlan) bool { return one.kind == planLeave } // what role they held does not show any more
	shows := slices.ContainsFunc(after.users, func(u *user) bool { return canHelp(u, after.roles.of(u)) })
	mayTake := slices.ContainsFunc(touched, takesOne) || !shows && (snap.whole || slices.ContainsFunc(touched, removes))
	if len(taken) == 0 && !mayTake {
		return nil // there may have been none before, or only an earlier change may still take the one that is shown
	}
	x.config.Observer.Refused(guardLastAdmin)
	if len(taken) == 0 {
		return scim.NewError(scim.CodeLastAdmin,
			"The change was made, but the Suger organization no longer has an active administrator: somebody else changed administrators at the same time. Make somebody an administrator in Suger's console at once.")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchLimit)
	defer cancel()
	back, err := x.revert(ctx, after, taken)
	if err == nil && len(back.after.administrators()) == 0 {
		err = errors.New("the role was restored, but not the access")
	}
	email := x.model.email(taken[0].before)
	if err != nil {
		return scim.Wrap(err, scim.CodeLastAdmin,
			"The organization is left without an active administrator, and undoing the change failed. Make %s an administrator again in Suger's console at once.", email)
	}
	x.reserved.settle(x.reserved.n - x.planner.losses(&plan{people: taken}))
	return scim.NewError(scim.CodeLastAdmin,
		"Changes made at the same time took away the last administrators of the Suger organization, so %s was made one again. Make somebody else an administrator first.", email)
}

// restores reports whether undoing a plan makes a person an administrator again: not if they
// were only invited, or somebody else has taken the role or the access meanwhile.
func (p *planner) restores(after *snapshot, one *personPlan) bool {
	switch is := after.byID(one.before.id); {
	case one.kind == planLeave:
		return true
	case is == nil || one.before.access.pending:
		return false
	case one.endsAccess():
		return one.roles != nil || p.tookAdministrator(after, one)
	default:
		return is.access.active
	}
}

// revert undoes what the plan has changed about people, proves it and records it.
func (x *execution) revert(ctx context.Context, on *snapshot, people []*personPlan) (back *execution, err error) {
	back = &execution{suger: x.suger, before: on, plan: &plan{}}
	for _, one := range people {
		back.plan.people = append(back.plan.people, one.inverse(x.model))
	}
	back.change = change{what: "undo", single: people[0].before.id} // one who has left is no reason to repeat the change
	back.apply(ctx)
	if back.after, err = x.people(ctx, x.fromNow()); err != nil {
		back.recordFailed(err)
		return back, err
	}
	failures := back.failures(x.planner.prove(on, back.after, back.plan))
	back.recordProven("undo", back.plan, back.after, failures)
	return back, back.failureOf(failures)
}

func (p *personPlan) inverse(m *model) *personPlan {
	if p.kind == planLeave {
		draft := *p.before
		draft.access = m.accessFor(true)
		back := &personPlan{kind: planJoin, before: &draft, values: make(map[int]string), roles: p.held}
		for i, value := range draft.values {
			if value != "" {
				back.values[i] = value
			}
		}
		return back
	}
	back := &personPlan{kind: planChange, before: p.after(m), values: make(map[int]string), held: p.will()}
	for i := range p.values {
		back.values[i] = p.before.values[i]
	}
	if p.active != nil {
		back.active = new(!*p.active)
	}
	if p.roles != nil {
		back.roles = p.held
	}
	return back
}

// giveBack returns a role that Suger does not delete to those who have lost it for that.
func (x *execution) giveBack(ctx context.Context) error {
	err := x.done.role
	if isGone(err) || callMissing(err) {
		err = x.notOffered(err)
	}
	x.recordFailed(err)
	x.reserved.settle(0)
	now, failed := x.people(ctx, x.fromNow())
	if failed != nil {
		return x.unproven(failed)
	}
	changed := slices.DeleteFunc(x.plan.touched(), func(one *personPlan) bool { // who has been given another role meanwhile keeps it
		is := now.byID(one.before.id)
		return is == nil || !refersTo(is.roles, one.roles)
	})
	if len(changed) == 0 {
		return err
	}
	if _, failed := x.revert(ctx, now.withRoles(x.before.roles), changed); failed != nil {
		x.reserved.settle(x.planner.losses(&plan{people: changed}))
		return withDetail(x.asSCIM(err), "The role is not deleted, but some of its members have lost it. Give it back to them in Okta or in Suger's console. %s")
	}
	return err
}

// doubt notes that a change may still take away who is, or becomes, an administrator.
func (s *suger) doubt(one *personPlan) {
	if s.model.leavesPowerless(one) {
		s.memory.doubted.Add(s.userName(one.before.id), s.config.Now())
	}
}
