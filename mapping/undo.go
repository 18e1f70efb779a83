package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"suger-scim-gateway/internal/scim"
)

// keepAdministrator asks the guard about the state after a plan: another replica,
// or somebody in the console, may have acted at the same time. If no active
// administrator is left, it restores what the plan took from one. undone is the
// part of the plan that it reverted.
func (s *suger) keepAdministrator(ctx context.Context, snap, after *snapshot, p *plan, differs []difference) (undone *plan, err error) {
	undone = &plan{}
	if !after.whole || len(after.administrators()) > 0 || snap.whole && len(snap.administrators()) == 0 {
		return undone, nil
	}
	administers := func(one *personPlan) bool { // also one who had no access when read: another replica may have given it
		return one.before.access.active || one.kind == planLeave && anyAdministrator(one.held)
	}
	takes := func(one *personPlan) bool { return one.endsAccess() || one.roles != nil || one.renames(s.model) }
	switch {
	case !slices.ContainsFunc(p.touched(), takes): // a name, or somebody who has come
		return undone, nil
	case !snap.whole && !slices.ContainsFunc(p.touched(), administers): // there may have been none before
		return undone, nil
	case !after.roles.whole && !s.model.knowsAdministrators(): // administrators are unknown
		return undone, nil
	}
	taken := slices.DeleteFunc(p.touched(), func(one *personPlan) bool {
		took := s.planner.takesAdministrator(one) || s.planner.tookAdministrator(after, one)
		is := after.byID(one.before.id)
		helps := one.endsAccess() || is != nil && is.access.active // else somebody else has ended the access meanwhile
		return !took || !helps || slices.ContainsFunc(differs, func(d difference) bool { return d.one == one })
	})
	removes := func(one *personPlan) bool { return one.kind == planLeave } // what role they held does not show any more
	if len(taken) == 0 && !snap.whole && !slices.ContainsFunc(p.touched(), removes) {
		return undone, nil // there may have been none before
	}
	s.config.Observer.Refused(guardLastAdmin)
	if len(taken) == 0 {
		return undone, scim.NewError(scim.CodeLastAdmin,
			"The change was made, but the Suger organization no longer has an active administrator: somebody else changed administrators at the same time. Make somebody an administrator in Suger's console at once.")
	}
	back := &plan{}
	for _, one := range taken {
		back.people = append(back.people, one.inverse(s.model))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchLimit)
	defer cancel()
	done := s.apply(ctx, after, back)
	restored, err := s.people(ctx, s.fromNow())
	if err != nil {
		s.recordFailed("undo", back, done, err)
	} else {
		failures := s.failures(back, done, s.planner.prove(after, restored, back, nil), false)
		s.recordProven("undo", back, restored, failures)
		if err = s.failureOf(back, failures); err == nil && len(restored.administrators()) == 0 {
			err = errors.New("the role was restored, but not the access")
		}
	}
	email := s.model.email(taken[0].before)
	if err != nil {
		return undone, scim.Wrap(err, scim.CodeLastAdmin,
			"The organization is left without an active administrator, and undoing the change failed. Make %s an administrator again in Suger's console at once.", email)
	}
	undone.people = taken
	return undone, scim.NewError(scim.CodeLastAdmin,
		"Changes made at the same time took away the last administrators of the Suger organization, so %s was made one again. Make somebody else an administrator first.", email)
}

// inverse returns the plan that undoes a plan.
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

// giveBack returns the role that Suger does not delete to those who have lost it for
// that. The error is for the client.
func (s *suger) giveBack(ctx context.Context, c *sentChange) error {
	err := c.done.role
	if isGone(err) || callMissing(err) {
		err = s.notOffered(err)
	}
	s.recordFailed(c.change.what, c.plan, c.done, err)
	c.reserved.settle(0)
	now, failed := s.people(ctx, s.fromNow())
	if failed != nil {
		return s.unproven(c, failed)
	}
	back := &plan{}
	for _, one := range c.plan.touched() { // who has been given another role meanwhile keeps it
		if is := now.byID(one.before.id); is != nil && refersTo(is.roles, one.roles) {
			back.people = append(back.people, one.inverse(s.model))
		}
	}
	if len(back.people) == 0 {
		return err
	}
	done := s.apply(ctx, now.withRoles(c.before.roles), back)
	after, failed := s.people(ctx, s.fromNow())
	if failed != nil {
		s.recordFailed("undo", back, done, failed)
		return s.errUnproven(c.plan, c.done, failed)
	}
	differs := s.planner.prove(c.before, after, back, nil)
	failures := s.failures(back, done, differs, true)
	s.recordProven("undo", back, after, failures)
	lost := &plan{}
	for _, f := range failures {
		lost.people = append(lost.people, c.plan.of(f.one.before.id))
	}
	c.reserved.settle(s.planner.losses(lost))
	var e *scim.Error
	if len(failures) == 0 || !errors.As(s.asSCIM(err), &e) {
		return err
	}
	whole := *e
	whole.Detail = fmt.Sprintf("The role is not deleted, but %d of its members have lost it. Give it back to them in Okta or in Suger's console. %s", len(failures), e.Detail)
	return &whole
}

// doubt notes that a change may still take effect, if it takes an administrator away.
func (s *suger) doubt(one *personPlan) {
	if s.planner.takesAdministrator(one) {
		s.memory.doubted.Add(s.userName(one.before.id), s.config.Now())
	}
}
