package mapping

import (
	"context"

	"suger-scim-gateway/gateway/scim"
)

// carryOut makes a planned change of a user, within the guards, and records it.
// Without a difference there is no call and no record.
func (s *suger) carryOut(ctx context.Context, u *user, p *plan) (*user, error) {
	if p.empty() {
		return u, nil
	}
	change := s.changeOf(u, p)
	permit, err := s.guard(ctx, u, p, s.model.endOfAccess(u, p) == ByRemoval)
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
	after, err := s.write(ctx, u, p)
	if err == nil && permit.lastAdmin {
		if err = s.lookAfterAdministrators(ctx, after); err != nil {
			err = s.restore(ctx, u, after, p, err)
		}
	}
	made = err == nil || uncertain(err)
	s.record(change, err)
	if err != nil {
		return nil, err
	}
	return after, nil
}

// removeUser takes a user out of the organization, within the guards.
func (s *suger) removeUser(ctx context.Context, u *user) error {
	if s.model.doc.Operations.RemoveUser == nil {
		return scim.NewError(scim.CodeUnsupported,
			"The mapping has no operation that removes a Suger user. Deactivate the user instead, or add the operation to the mapping file.")
	}
	roles, err := s.catalogueFor(ctx, u)
	if err != nil {
		return err
	}
	p := &plan{before: roles.of(u)}
	change := s.changeOf(u, p)
	change.What = opRemoveUser
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
	after, err := s.removeAndConfirm(ctx, u)
	if err == nil && permit.lastAdmin {
		err = s.lookAfterAdministrators(ctx, after)
	}
	made = err == nil || uncertain(err)
	s.record(change, err)
	return err
}

// lookAfterAdministrators makes sure that somebody can still help the others,
// in case another replica took away an administrator at the same time.
func (s *suger) lookAfterAdministrators(ctx context.Context, one *user) error {
	left, err := s.administrators(ctx, "")
	if err != nil || left > 0 {
		return nil // unknown is no reason to undo what Suger has confirmed
	}
	return s.refuse(guardLastAdmin, scim.NewError(scim.CodeLastAdmin,
		"Two changes at the same time took away the last administrators of the Suger organization; %s was one of them. Make somebody an administrator in Suger's console, then retry.", s.model.email(one)))
}

// restore undoes a change that must not stand, and returns why; if that fails
// too, the error says so. A removed user cannot be restored.
func (s *suger) restore(ctx context.Context, was, is *user, p *plan, why error) error {
	if s.model.endOfAccess(was, p) == ByRemoval {
		return why
	}
	active := was.standing.active
	back := &plan{before: p.roles, roles: p.before}
	if p.roles == nil {
		back.before, back.roles = p.before, nil
	}
	if is.standing.active != active {
		back.active = &active
	}
	if _, err := s.write(context.WithoutCancel(ctx), is, back); err != nil {
		return scim.Wrap(err, scim.CodeLastAdmin,
			"The organization is left without an active administrator, and undoing the change failed. Make %s an administrator again in Suger's console at once.", s.model.email(was))
	}
	return why
}
