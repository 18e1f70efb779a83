package mapping

import (
	"context"

	"suger-scim-gateway/internal/scim"
)

// Names of the guards, for metrics and audit records.
const (
	guardLastAdmin  = "last_admin"
	guardProtected  = "protected_user"
	guardAdminGrant = "admin_grant"
	guardBrake      = "change_brake"
)

// guard refuses a change that the settings forbid. What it permits must be
// settled with the outcome of the write.
func (s *suger) guard(ctx context.Context, u *user, p *plan, removes bool) (*permit, error) {
	for _, email := range []string{s.model.email(u), p.values[s.model.userName]} {
		if s.protected[fold(email)] {
			return nil, s.refuse(guardProtected, scim.NewError(scim.CodeProtectedUser,
				"%s is protected: SCIM may read but not change this user. Make the change in Suger's console, or take the address off GATEWAY_PROTECTED_USERS.", email))
		}
	}
	if s.makesAdministrator(p) && !s.config.AllowAdminGrant {
		return nil, s.refuse(guardAdminGrant, scim.NewError(scim.CodeAdminGrant,
			"This gateway makes nobody an administrator, neither by the role nor by giving an administrator access or another address (GATEWAY_ALLOW_ADMIN_GRANT=false). Do it in Suger's console."))
	}
	permit := &permit{suger: s}
	if s.countsAsAdministrator(u, p.before) && (removes || p.deactivates() || p.dropsAdministrator()) {
		if err := permit.spareLastAdministrator(ctx, u); err != nil {
			return nil, err
		}
	}
	if removes || p.deactivates() || (p.drops() && u.standing.active) {
		if err := permit.brake(); err != nil {
			permit.settle(false)
			return nil, err
		}
	}
	return permit, nil
}

// A permit is a guard's leave to make one change. settle must be called once.
type permit struct {
	suger     *suger
	lastAdmin bool   // the change takes an administrator away
	release   func() // lets the next such change be judged
	braked    *reservation
}

// settle ends the permit: done says that the change was made, or may have been.
func (p *permit) settle(done bool) {
	if p.braked != nil {
		p.suger.Service.brake.settle(p.braked, done)
	}
	if p.release != nil {
		p.release()
	}
}

// spareLastAdministrator refuses to take away the last active administrator.
// Changes of administrators of one organization are judged one at a time, each
// on a list that is fetched for it.
func (p *permit) spareLastAdministrator(ctx context.Context, u *user) error {
	s := p.suger
	release, err := s.locks.acquire(ctx, "administrators of "+s.Organization)
	if err != nil {
		return err
	}
	others, err := s.administrators(ctx, u.id)
	if err == nil && others == 0 {
		err = s.refuse(guardLastAdmin, scim.NewError(scim.CodeLastAdmin,
			"%s is the last active administrator of the Suger organization. Make somebody else an administrator first.", s.model.email(u)))
	}
	if err != nil {
		release()
		return err
	}
	p.lastAdmin, p.release = true, release
	return nil
}

// brake counts the change against the change brake.
func (p *permit) brake() error {
	s := p.suger
	reserved, retryAfter := s.Service.brake.reserve(s.Organization)
	if reserved == nil && retryAfter > 0 {
		e := scim.NewError(scim.CodeChangeBrake,
			"The change brake holds (GATEWAY_CHANGE_BRAKE=%s): that many removals, deactivations and role drops were made lately. Check in Okta that they are meant; this one is repeated later.",
			s.config.Brake)
		e.RetryAfter = retryAfter
		return s.refuse(guardBrake, e)
	}
	p.braked = reserved
	return nil
}

// refuse reports that a guard stopped a change.
func (s *suger) refuse(guard string, err *scim.Error) error {
	s.config.Observer.Refused(guard)
	return err
}

// makesAdministrator reports whether a plan lets somebody manage users who could
// not: by the role, by giving an administrator access back, or by giving an
// administrator's account to another address.
func (s *suger) makesAdministrator(p *plan) bool {
	roles := p.roles
	if roles == nil {
		roles = p.before
	}
	_, renames := p.values[s.model.userName]
	activates := p.active != nil && *p.active
	return anyAdministrator(roles) && (renames || activates || p.grantsAdministrator())
}

// canHelp reports whether the user surely counts as an administrator: a status
// that the mapping does not know may mean anything.
func (s *suger) canHelp(u *user, roles []*role) bool {
	return s.countsAsAdministrator(u, roles) && (!u.standing.unknown || u.standing.missing())
}

// countsAsAdministrator reports whether the user can help others back in: an
// administrator with access who has signed in before.
func (s *suger) countsAsAdministrator(u *user, roles []*role) bool {
	return u.standing.active && !u.standing.pending && anyAdministrator(roles)
}

// administrators counts those who can help others back in, but for one user, on
// lists that are fetched for it.
func (s *suger) administrators(ctx context.Context, except string) (int, error) {
	roles, err := s.administratorRoles(ctx)
	if err != nil {
		return 0, err
	}
	users, err := s.usersNow(ctx)
	if err != nil {
		return 0, err
	}
	count := 0
	users.read(func(all []*user) {
		for _, u := range all {
			if u.id != except && s.canHelp(u, roles.of(u)) {
				count++
			}
		}
	})
	return count, nil
}

// administratorRoles is a catalogue in which no administrator role is missing.
func (s *suger) administratorRoles(ctx context.Context) (*catalogue, error) {
	if s.model.knowsAdministrators() {
		return s.fixed, nil
	}
	return s.freshCatalogue(ctx)
}

// knowsAdministrators reports whether the ids of the administrator roles stand
// in the mapping.
func (m *model) knowsAdministrators() bool {
	for _, known := range m.doc.Role.Known {
		if known.Administrator && known.IDText() == "" && m.doc.Operations.ListRoles != nil {
			return false
		}
	}
	return true
}
