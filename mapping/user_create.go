package mapping

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// Create adds a user, or gives a person back who is known and without access.
// An active user with the same address is a conflict.
func (u *Users) Create(ctx context.Context, r scim.Resource, _ *scim.Projection) (scim.Resource, error) {
	if err := u.userType.CheckRequired(r); err != nil {
		return nil, err
	}
	email, _ := r["userName"].(string)
	if err := checkEmail(email); err != nil {
		return nil, err
	}
	if _, given := r["active"]; !given {
		r = maps.Clone(r)
		r["active"] = true
	}
	release, err := u.locks.acquire(ctx, u.addressLock(email))
	if err != nil {
		return nil, u.asSCIM(err)
	}
	defer release()
	created, err := u.create(ctx, email, r)
	if err != nil {
		return nil, u.asSCIM(err)
	}
	return u.answerTo(ctx, created, r)
}

func (s *suger) create(ctx context.Context, email string, r scim.Resource) (*user, error) {
	known, err := s.userWithEmail(ctx, email, s.listForCreate())
	if err != nil {
		return nil, err
	}
	if known != nil {
		revived, err := s.revive(ctx, known.id, r)
		if !isNotFound(err) {
			return revived, err
		}
		s.removed(known) // by somebody else, since the address was looked up
	}
	draft := s.draft(email)
	p, err := s.plan(ctx, draft, s.fixed, r)
	if err != nil {
		return nil, err
	}
	if p.roles == nil {
		r, err := s.defaultRole(ctx)
		if err != nil {
			return nil, err
		}
		p.roles = []*role{r}
	}
	if p.deactivates() && s.model.endOfAccess(draft, p) == spec.ByRemoval {
		return nil, scim.NewError(scim.CodeInvalidValue, "Suger has no inactive users, so one cannot be created with active false.")
	}
	return s.addWithinGuards(ctx, draft, p, r)
}

// listForCreate is how old a list may be that a create goes by: as old as for the
// lookup that came before. Suger answers the add of a known address with its user,
// who must not be taken for a new one: that shows in the answer if the add says
// which role the user is to have, and otherwise only on a fresh list.
func (s *suger) listForCreate() limit {
	if s.model.doc.AddsRole() {
		return s.memory.toShow()
	}
	return fresh
}

// draft is a user whom Suger does not have yet.
func (s *suger) draft(email string) *user {
	u := &user{values: make([]string, len(s.model.attributes)), standing: s.model.standingFor(true)}
	u.values[s.model.userName] = email
	return u
}

// addWithinGuards adds the user that a plan makes of a draft.
func (s *suger) addWithinGuards(ctx context.Context, draft *user, p *plan, r scim.Resource) (*user, error) {
	change := s.changeOf(draft, p)
	change.What = spec.OpAddUser
	permit, err := s.guard(ctx, draft, &plan{before: p.before, roles: p.roles}, false)
	if err != nil {
		s.record(change, err)
		return nil, err
	}
	defer permit.settle(true)
	if s.config.DryRun {
		s.record(change.dry(), nil)
		would := s.model.applied(draft, p)
		would.id = dryRunID(s.model.email(would))
		return would, nil
	}
	added, existed, err := s.add(ctx, draft, p)
	if err == nil {
		s.wrote(added)
	}
	if err == nil && !existed && s.model.doc.AddsRole() {
		existed, err = s.holdsMore(ctx, added, p)
	}
	if err == nil && existed {
		return s.revive(ctx, added.id, r)
	}
	if err == nil {
		change.UserID = added.id
		added, err = s.complete(ctx, added, draft, p)
	}
	s.record(change, err)
	if err != nil {
		return nil, err
	}
	return added, nil
}

// dryRunID is the id of a user or role who was not really made: one for each
// name, since a client remembers ids.
func dryRunID(name string) string {
	sum := sha256.Sum256([]byte(fold(name)))
	return "dry-run-" + hex.EncodeToString(sum[:8])
}

// add makes the call that adds a user. If its answer is lost, or does not hold
// the user, Suger is asked whether the user is there before anything is sent
// again. existed says that Suger answered a user who was there before.
func (s *suger) add(ctx context.Context, draft *user, p *plan) (added *user, existed bool, err error) {
	const attempts = 2
	email := s.model.email(draft)
	listed, _ := s.shelf().users.peek() // what there is before the call
	for attempt := 1; ; attempt++ {
		record, err := s.call(ctx, spec.OpAddUser, s.model.doc.Operations.AddUser, s.ids(nil, nil), s.newValues(draft, p))
		if added, drift, readErr := s.model.readUser(record, s.Organization); err == nil && readErr == nil {
			s.drift(spec.OpAddUser, drift)
			if fold(s.model.email(added)) != fold(email) {
				return nil, false, s.unconfirmed(spec.OpAddUser, "userName")
			}
			return added, wasThere(added, listed), nil
		}
		duplicate := s.saysDuplicate(err)
		if err != nil && !uncertain(err) && !duplicate {
			return nil, false, err
		}
		s.shelf().users.forget(0) // the user may be there by now
		users, lookErr := s.usersNow(ctx)
		if lookErr != nil {
			return nil, false, firstError(err, lookErr)
		}
		if added := users.withEmail(email); added != nil {
			return added, duplicate || wasThere(added, listed), nil
		}
		if err == nil {
			return nil, false, s.unconfirmed(spec.OpAddUser, "the new user")
		}
		if duplicate || attempt == attempts || ctx.Err() != nil {
			return nil, false, err
		}
	}
}

// saysDuplicate reports whether Suger refused an address because it is known.
func (s *suger) saysDuplicate(err error) bool {
	var e *scim.Error
	return errors.As(s.asSCIM(err), &e) && e.Code == scim.CodeUserExists
}

// firstError is the first that is not nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// newValues are the values that the add operation sends.
func (s *suger) newValues(draft *user, p *plan) spec.Values {
	after := s.model.applied(draft, p)
	with := make(spec.Values)
	for i, a := range s.model.attributes {
		if after.values[i] != "" {
			with[a.name] = after.values[i]
		}
	}
	if full := s.model.formatted(after); full != "" {
		s.addFullName(with, after)
	}
	addRoles(with, p.roles)
	if s.model.status != nil && s.model.status.toActive != nil {
		with["status"] = s.model.statusValue(true, s.now())
	}
	return with
}

// wasThere reports whether a user whom Suger answered to an add was there
// before, since an address that is known is answered with its user: one whom the
// list at hand has under another address. The time of creation does not tell, as
// clocks differ and a person who was removed and comes back may have kept it.
func wasThere(added *user, listed *userSet) bool {
	return listed != nil && listed.byID(added.id) != nil
}

// holdsMore reports whether a user who should be new has a more powerful role
// than was asked for, and so was there before: somebody else has made the same
// person since the list was read. A create takes no power from anybody.
func (s *suger) holdsMore(ctx context.Context, added *user, p *plan) (bool, error) {
	if refersTo(added.roles, p.roles) {
		return false, nil
	}
	roles, err := s.catalogueFor(ctx, added)
	if err != nil {
		return false, err
	}
	top := highest(roles.of(added))
	return top != nil && top.above(highest(p.roles)), nil
}

// complete brings a user who has just been added to what the plan wanted, in
// case the add operation does not carry all of it, and confirms the result. That
// is a change of its own within the guards, since it may be of a user whom
// somebody else has added at the same time.
func (s *suger) complete(ctx context.Context, added, draft *user, p *plan) (*user, error) {
	release, err := s.locks.acquire(ctx, s.lockName(added.id))
	if err != nil {
		return nil, err
	}
	defer release()
	rest := s.remaining(added, draft, p)
	if rest.empty() {
		return added, nil
	}
	roles, err := s.catalogueFor(ctx, added)
	if err != nil {
		return nil, err
	}
	rest.before = roles.of(added)
	return s.carryOut(ctx, added, rest)
}

// remaining is what a plan wanted and a user does not have yet.
func (s *suger) remaining(is, draft *user, p *plan) *plan {
	rest := &plan{values: make(map[int]string)}
	wanted := s.model.applied(draft, p)
	for i, value := range p.values {
		if is.values[i] != value && (i != s.model.userName || fold(is.values[i]) != fold(value)) {
			rest.values[i] = value
		}
	}
	if s.model.splitsName() && s.model.formatted(is) == s.model.formatted(wanted) {
		s.forgetNameParts(rest)
	}
	if active := wanted.standing.active; is.standing.active != active {
		rest.active = &active
	}
	if p.roles != nil && !refersTo(is.roles, p.roles) {
		rest.roles = p.roles
	}
	return rest
}

// revive gives a person access again who is in Suger without it, as the client
// describes them now: what they held before comes back only if it is asked for.
func (s *suger) revive(ctx context.Context, id string, r scim.Resource) (*user, error) {
	release, err := s.locks.acquire(ctx, s.lockName(id))
	if err != nil {
		return nil, err
	}
	defer release()
	found, err := s.fetchUser(ctx, id)
	if err != nil {
		return nil, err
	}
	if found.standing.active {
		return nil, s.alreadyThere(s.model.email(found))
	}
	roles, err := s.catalogueFor(ctx, found)
	if err != nil {
		return nil, err
	}
	p, err := s.plan(ctx, found, roles, r)
	if err != nil {
		return nil, err
	}
	if err := s.reviveRoles(ctx, p, r); err != nil {
		return nil, err
	}
	return s.carryOut(ctx, found, p)
}

// reviveRoles gives the default role to a person who comes back without a role
// of their own.
func (s *suger) reviveRoles(ctx context.Context, p *plan, r scim.Resource) error {
	_, extension := attributeOf(r, URNSuger+":role")
	if r["roles"] != nil || extension {
		return nil
	}
	fallback, err := s.defaultRole(ctx)
	if err != nil {
		return err
	}
	if roles := []*role{fallback}; !sameRoles(roles, p.before) {
		p.roles = roles
	}
	return nil
}

// alreadyThere is the conflict of a create with an active user.
func (s *suger) alreadyThere(email string) error {
	return scim.NewError(scim.CodeUserExists,
		"Suger already has an active user with the userName %s. Okta links to it when it looks the person up before creating; retry the assignment.", scim.Clip(email, 120))
}
