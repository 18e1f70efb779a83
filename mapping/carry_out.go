package mapping

import (
	"context"
	"errors"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// bring makes a user what a client wants it to be. Access that is to end is
// ended first and by itself, so that nothing else that the request asks for, and
// that may be refused, lets a leaver keep it. missing is why roles is not all that
// there are, which stops everything else.
func (s *suger) bring(ctx context.Context, u *user, roles *catalogue, wanted scim.Resource, missing error) (*user, error) {
	active, given := wanted["active"].(bool)
	ends := given && !active && u.standing.active
	if ends {
		end := &plan{before: roles.of(u), active: &active}
		after, err := s.carryOut(ctx, u, end)
		if err != nil || s.model.endOfAccess(u, end) == spec.ByRemoval {
			return after, err
		}
		u = after
	}
	if missing != nil {
		return nil, s.afterEnd(ends, missing)
	}
	p, err := s.plan(ctx, u, roles, wanted)
	if err != nil {
		return nil, s.afterEnd(ends, err)
	}
	after, err := s.carryOut(ctx, u, p)
	return after, s.afterEnd(ends, err)
}

// afterEnd tells of an error that came when access had been ended already.
func (s *suger) afterEnd(ended bool, err error) error {
	var e *scim.Error
	if !ended || !errors.As(s.asSCIM(err), &e) {
		return err
	}
	whole := *e
	whole.Detail = "The user's access has ended, but not all of the request could be done. " + e.Detail
	return &whole
}

// carryOut makes a planned change of a user, within the guards, and records it.
// Without a difference there is no call and no record.
func (s *suger) carryOut(ctx context.Context, u *user, p *plan) (*user, error) {
	if p.empty() {
		return u, nil
	}
	change := s.changeOf(u, p)
	permit, err := s.guard(ctx, u, p, s.model.endOfAccess(u, p) == spec.ByRemoval)
	if err != nil {
		s.record(change, err)
		return nil, err
	}
	if s.config.DryRun {
		permit.settle(false)
		s.record(change.dry(), nil)
		return s.model.applied(u, p), nil
	}
	made := true // until it is known that it was not
	defer func() { permit.settle(made) }()
	after, err := s.writeToStand(ctx, u, p, permit)
	made = err == nil || uncertain(err)
	s.record(change, err)
	if err != nil {
		return nil, err
	}
	return after, nil
}

// writeToStand carries out a plan, and undoes it if the organization would be
// left without an administrator.
func (s *suger) writeToStand(ctx context.Context, u *user, p *plan, permit *permit) (*user, error) {
	after, err := s.write(ctx, u, p)
	if err == nil && permit.lastAdmin {
		if err = s.lookAfterAdministrators(ctx, after); err != nil {
			err = s.restore(ctx, u, after, p, err)
		}
	}
	return after, err
}

// removeUser takes a user out of the organization, within the guards.
func (s *suger) removeUser(ctx context.Context, u *user) error {
	if s.model.doc.Operations.RemoveUser == nil {
		return scim.NewError(scim.CodeUnsupported,
			"The mapping has no operation that removes a Suger user. Deactivate the user instead, or add the operation to the mapping file.")
	}
	roles, err := s.catalogueFor(ctx, u)
	if err != nil {
		if roles = s.catalogueWithoutList(); roles == nil {
			return err
		}
	}
	p := &plan{before: roles.of(u)}
	change := s.changeOf(u, p)
	change.What = spec.OpRemoveUser
	permit, err := s.guard(ctx, u, p, true)
	if err != nil {
		s.record(change, err)
		return err
	}
	if s.config.DryRun {
		permit.settle(false)
		s.record(change.dry(), nil)
		return nil
	}
	made := true // until it is known that it was not
	defer func() { permit.settle(made) }()
	ended, err := s.endAndRemove(ctx, u, p.before, permit)
	made = ended || err == nil || uncertain(err)
	s.record(change, err)
	return err
}

// endAndRemove takes a user out of the organization. The access of an
// administrator is ended first, and ended says so, where that can be undone: a
// removal cannot, since who is added again is only invited.
func (s *suger) endAndRemove(ctx context.Context, u *user, roles []*role, permit *permit) (ended bool, err error) {
	inactive := false
	end := &plan{before: roles, active: &inactive}
	if permit.lastAdmin && s.model.endOfAccess(u, end) == spec.BySetStatus {
		if u, err = s.writeToStand(ctx, u, end, permit); err != nil {
			return false, err
		}
		_, err = s.removeAndConfirm(ctx, u)
		return true, s.afterEnd(true, err)
	}
	after, err := s.removeAndConfirm(ctx, u)
	if err == nil && permit.lastAdmin {
		if err = s.lookAfterAdministrators(ctx, after); err != nil {
			err = s.readmit(ctx, u, roles, err)
		}
	}
	return false, err
}

// lookAfterAdministrators makes sure that somebody can still help the others,
// in case another replica took away an administrator at the same time.
func (s *suger) lookAfterAdministrators(ctx context.Context, one *user) error {
	left, err := s.administrators(ctx, "")
	if err != nil || left > 0 {
		return nil // unknown is no reason to undo what Suger has confirmed
	}
	return s.refuse(guardLastAdmin, scim.NewError(scim.CodeLastAdmin,
		"Two changes at the same time took away the last administrators of the Suger organization, so %s was made one again. Make somebody else an administrator first.", s.model.email(one)))
}

// restore undoes a change that must not stand, and returns why; if that fails
// too, the error says so.
func (s *suger) restore(ctx context.Context, was, is *user, p *plan, why error) error {
	if s.model.endOfAccess(was, p) == spec.ByRemoval {
		return s.readmit(ctx, was, p.before, why)
	}
	active := was.standing.active
	back := &plan{before: p.roles, roles: p.before}
	if p.roles == nil {
		back.before, back.roles = p.before, nil
	}
	if is.standing.active != active {
		back.active = &active
	}
	_, err := s.write(context.WithoutCancel(ctx), is, back)
	return s.restored(was, err, why)
}

// readmit adds a user again whose removal must not stand, and returns why.
func (s *suger) readmit(ctx context.Context, was *user, roles []*role, why error) error {
	ctx = context.WithoutCancel(ctx)
	p := &plan{roles: roles}
	draft := s.model.applied(was, p)
	draft.standing = s.model.standingFor(true)
	added, _, err := s.add(ctx, draft, p)
	if err == nil {
		s.wrote(added)
		if rest := s.remaining(added, draft, p); !rest.empty() {
			_, err = s.write(ctx, added, rest)
		}
	}
	return s.restored(was, err, why)
}

// restored is why a change was undone, or the error that it could not be.
func (s *suger) restored(was *user, failed, why error) error {
	if failed == nil {
		return why
	}
	return scim.Wrap(failed, scim.CodeLastAdmin,
		"The organization is left without an active administrator, and undoing the change failed. Make %s an administrator again in Suger's console at once.", s.model.email(was))
}
