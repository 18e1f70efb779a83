package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"suger-scim-gateway/internal/scim"
)

// A memberChange is what a request asks of a group's members.
type memberChange struct {
	role     *role
	add      []string // user ids
	remove   []string
	implicit bool // removals follow from a list that does not have them

	removed  map[string]bool // the ids in remove
	fallback *role           // of users who hold one role, when it is taken; nil if none is
}

// A memberFailure is a member that could not be changed.
type memberFailure struct {
	name string
	err  error
}

// membersAfter is who holds the role once a change is made: it differs from the
// list at hand in a dry run.
type membersAfter struct {
	mu      sync.Mutex
	changed map[string]*user // by id; nil for one who is gone
}

// maxStrangers bounds the members of a request who are not on a fresh list: each
// costs a call to find out.
const maxStrangers = 100

// boundStrangers refuses a request that names many who are no users.
func boundStrangers(users *userSet, ids []string) error {
	if strangers := len(ids) - len(users.withIDs(ids)); strangers > maxStrangers {
		return scim.NewError(scim.CodeInvalidValue,
			"%d of the members are not users of this Suger organization, so nothing was changed. Assign people to the app before pushing the group.", strangers)
	}
	return nil
}

// changeMembers makes a change of members: only users who differ are written,
// several at once. A failure of some does not stop the others; a repeat of the
// request finds only the rest to do.
func (s *suger) changeMembers(ctx context.Context, users *userSet, c memberChange) (*membersAfter, error) {
	after := &membersAfter{changed: make(map[string]*user)}
	if err := boundStrangers(users, c.add); err != nil {
		return nil, err
	}
	affected := users.withIDs(c.remove, c.add)
	roles, err := s.catalogueFor(ctx, affected...)
	if err != nil {
		return nil, err
	}
	c.removed = idSet(c.remove)
	if len(c.remove) > 0 && !s.model.many {
		if c.fallback, err = s.defaultRole(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.spareSomeAdministrator(ctx, users, affected, c, roles); err != nil {
		return nil, err
	}
	var failures []memberFailure
	done := 0
	for _, ids := range [][]string{c.add, c.remove} { // who comes may be who lets another go
		work := errgroup.Group{}
		work.SetLimit(s.config.Parallel)
		for _, id := range ids {
			work.Go(func() error {
				changed, err := s.changeMember(ctx, users, id, c, roles)
				after.mu.Lock()
				defer after.mu.Unlock()
				if err != nil {
					failures = append(failures, memberFailure{s.memberName(users, id), err})
					return nil
				}
				done++
				after.changed[id] = changed
				return nil
			})
		}
		_ = work.Wait() // failures are collected, none is returned
	}
	return after, s.memberError(failures, done)
}

// memberName is how an admin knows a member: by the address, or else by the id.
func (s *suger) memberName(users *userSet, id string) string {
	if u := users.byID(id); u != nil {
		return s.model.email(u)
	}
	return id
}

// planMember is what a change means for one user, and why it means nothing where
// that needs saying.
func (s *suger) planMember(u *user, c memberChange, roles *catalogue) (p *plan, kept string) {
	if c.removed[u.id] {
		return s.planRemoval(u, c, roles)
	}
	return s.planAddition(u, c, roles)
}

// planAddition gives the role to a user, unless a user who can hold only one
// has a more powerful one.
func (s *suger) planAddition(u *user, c memberChange, roles *catalogue) (p *plan, kept string) {
	p = &plan{before: roles.of(u)}
	switch top := highest(p.before); {
	case holds(p.before, c.role):
	case s.model.many:
		p.roles = append(slices.Clone(p.before), c.role)
	case top != nil && top.above(c.role):
		kept = "group member keeps a more powerful role"
	default:
		p.roles = []*role{c.role}
	}
	return p, kept
}

// planRemoval takes the role from a user, who falls back to the default role if
// users hold one. The default role itself cannot be taken, only replaced.
func (s *suger) planRemoval(u *user, c memberChange, roles *catalogue) (p *plan, kept string) {
	p = &plan{before: roles.of(u)}
	switch {
	case !holds(p.before, c.role):
	case c.implicit && s.protected[fold(s.model.email(u))]:
		kept = "protected user stays in a group that no longer lists them"
	case s.model.many:
		p.roles = slices.DeleteFunc(slices.Clone(p.before), func(r *role) bool { return r.id == c.role.id })
	case c.fallback.id == c.role.id:
		kept = "group member keeps the default role"
	default:
		p.roles = []*role{c.fallback}
	}
	return p, kept
}

// changeMember makes the change of one member, planned on the user as he or she
// is once it is this change's turn.
func (s *suger) changeMember(ctx context.Context, users *userSet, id string, c memberChange, roles *catalogue) (*user, error) {
	release, err := s.locks.acquire(ctx, s.lockName(id))
	if err != nil {
		return nil, err
	}
	defer release()
	u, err := s.userNow(ctx, users, id)
	switch {
	case isNotFound(err) && c.removed[id]:
		return nil, nil // who is gone is no member any more
	case isNotFound(err):
		return nil, scim.NewError(scim.CodeInvalidValue, "There is no Suger user with id %q.", scim.Clip(id, 80))
	case err != nil:
		return nil, err
	}
	if !roles.knows([]*user{u}) {
		if roles, err = s.catalogueFor(ctx, u); err != nil {
			return nil, err
		}
	}
	p, kept := s.planMember(u, c, roles)
	if kept != "" {
		s.config.Log.Info(kept, "request_id", s.RequestID, "user_id", u.id, "role", roleNames(p.before), "group", c.role.group)
	}
	return s.carryOut(ctx, u, p)
}

// spareSomeAdministrator refuses a change of a group that would take the role
// from every administrator, before anything is written.
func (s *suger) spareSomeAdministrator(ctx context.Context, users *userSet, affected []*user, c memberChange, known *catalogue) error {
	loses := make(map[string]bool)
	for _, u := range affected {
		p, _ := s.planMember(u, c, known)
		if s.countsAsAdministrator(u, p.before) && p.dropsAdministrator() {
			loses[u.id] = true
		}
		if s.canHelp(u, p.roles) && p.grantsAdministrator() {
			return nil
		}
	}
	if len(loses) < 2 {
		return nil // the guard of the single change sees to it
	}
	roles, err := s.administratorRoles(ctx)
	if err != nil {
		return err
	}
	left := false
	users.read(func(all []*user) {
		for _, u := range all {
			left = left || !loses[u.id] && s.canHelp(u, roles.of(u))
		}
	})
	if left {
		return nil
	}
	return s.refuse(guardLastAdmin, scim.NewError(scim.CodeLastAdmin,
		"The change would leave the Suger organization without an active administrator, so nothing was changed. Keep at least one in the group."))
}

// memberError is what the client is told of members that could not be changed.
// If Suger was only out of reach, the answer makes Okta come back by itself.
func (s *suger) memberError(failures []memberFailure, done int) error {
	if len(failures) == 0 {
		return nil
	}
	if len(failures) == 1 && done == 0 {
		return failures[0].err
	}
	total := len(failures) + done
	var causes []error
	code, retryAfter := scim.CodePartialGroup, time.Duration(0)
	for _, f := range failures {
		causes = append(causes, f.err)
		var e *scim.Error
		if errors.As(s.asSCIM(f.err), &e) && e.RetryAfter > 0 {
			code, retryAfter = e.Code, max(retryAfter, e.RetryAfter)
		}
	}
	err := scim.Wrap(errors.Join(causes...), code,
		"%d of %d members could not be changed, the others were; a repeat does only the rest. %s.",
		len(failures), total, joinWords(failures, s.explain))
	err.RetryAfter = retryAfter
	return err
}

func (s *suger) explain(f memberFailure) string {
	var e *scim.Error
	if errors.As(s.asSCIM(f.err), &e) {
		return fmt.Sprintf("%s: %s", f.name, e.Code)
	}
	return f.name
}

func idSet(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}
