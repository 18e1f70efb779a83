package mapping

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"strings"
	"sync"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// Users are the users of one caller's organization as SCIM resources. Answers
// are whole, so that the gateway projects them, and the caller's own to change.
// Errors are *scim.Error, or the context's own if the client went away.
type Users struct{ *suger }

// Get returns one user.
func (u *Users) Get(ctx context.Context, id string, _ *scim.Projection) (view scim.Resource, err error) {
	defer u.translate(&err)
	asked := u.fromNow()
	snap, err := u.person(ctx, id, u.toShow())
	if err == nil && snap.byID(id) == nil && snap.tick < asked.after { // another replica may have added them since
		snap, err = u.person(ctx, id, asked)
	}
	if err != nil {
		return nil, err
	}
	found := snap.byID(id)
	if found == nil {
		return nil, errNobody(id)
	}
	return u.answer(ctx, snap, found)
}

func (s *suger) answer(ctx context.Context, snap *snapshot, found *user) (scim.Resource, error) {
	roles, err := s.rolesOf(ctx, snap.roles, found.roles)
	if err != nil {
		return nil, err
	}
	return s.view(found, roles), nil
}

// List returns the users that a query asks for. A query for one user by
// userName, e-mail address or id is looked up; others read the list.
func (u *Users) List(ctx context.Context, q *scim.Query) (list *scim.List, err error) {
	defer u.translate(&err)
	var users []*user
	var held []roleRef
	page := *q
	one, looked, err := u.lookUp(ctx, q.Filter)
	switch {
	case err != nil:
		return nil, err
	case !looked:
		snap, err := u.people(ctx, u.toShow())
		if err != nil {
			return nil, err
		}
		users, held = snap.users, snap.held
	case one != nil:
		users, held = []*user{one}, one.roles
		page.Filter = nil // the user may be found in another spelling than it has
	}
	roles, err := u.rolesOf(ctx, u.fixed, held)
	if err != nil {
		return nil, err
	}
	return page.Select(len(users), func(i int) scim.Resource { return u.view(users[i], roles) }), nil
}

// lookUp answers a query that can match one user at most.
func (u *Users) lookUp(ctx context.Context, f *scim.Filter) (found *user, looked bool, err error) {
	path, value, _ := f.Equality()
	text, isText := value.(string)
	switch {
	case !isText:
	case path == "id":
		snap, err := u.person(ctx, text, u.toShow())
		if err != nil {
			return nil, true, err
		}
		return snap.byID(text), true, nil
	case path == "userName", path == "emails", path == "emails.value":
		found, err = u.holder(ctx, text)
		if err == nil && found == nil && strings.Contains(text, " ") { // a client that does not escape its +
			found, err = u.holder(ctx, strings.ReplaceAll(text, " ", "+"))
		}
		return found, true, err
	}
	return nil, false, nil
}

// rolesOf returns a catalogue that knows these roles, if there is one. Another replica may
// have just made a role.
func (s *suger) rolesOf(ctx context.Context, known *catalogue, refs []roleRef) (*catalogue, error) {
	if known.whole || known.knows(refs) {
		return known, nil
	}
	roles, err := s.roles(ctx, s.rolesToShow())
	if err != nil || roles.knows(refs) {
		return roles, err
	}
	return s.roles(ctx, s.fromNow())
}

// Create adds a user, or gives a person back who is listed without access.
// A user with access who has the address is a conflict.
func (u *Users) Create(ctx context.Context, body map[string]any, _ *scim.Projection) (scim.Resource, error) {
	wanted, err := u.userType.Normalize(body)
	if err != nil {
		return nil, err
	}
	access, err := scim.ReadAccess(body, u.userType)
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(u.userType.CheckRequired(wanted), u.planner.checkSizes(wanted)); err != nil {
		return nil, err
	}
	email, _ := wanted["userName"].(string)
	done, err := u.carryOut(ctx, change{
		names: []string{u.addressName(email)}, person: true,
		plan: func(s *snapshot) (*plan, error) {
			p, err := u.planner.create(s, wanted, access)
			if err == nil && p.joining() != nil {
				err = u.nobodyHas(ctx, s, email)
			}
			return p, err
		},
	})
	if err != nil {
		return nil, err
	}
	return u.answerTo(ctx, done, wanted)
}

// Replace makes a user as the client's whole resource says (PUT).
func (u *Users) Replace(ctx context.Context, id string, body map[string]any, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	wanted, wrong := u.userType.Normalize(body)
	if wrong == nil {
		wrong = u.planner.checkSizes(wanted)
	}
	access, err := scim.ReadAccess(body, u.userType)
	if err != nil {
		return nil, err
	}
	return u.update(ctx, id, ifMatch, userRequest{access, wrong, true, func(_ *snapshot, current scim.Resource) (scim.Resource, error) {
		if err := cmp.Or(wrong, u.userType.CheckRequired(wanted)); err != nil {
			return nil, err
		}
		return wanted, u.userType.CheckImmutable(current, wanted)
	}})
}

// Patch makes the changes that PATCH operations ask for. A nil resource says that
// there is nothing to show.
func (u *Users) Patch(ctx context.Context, id string, body map[string]any, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	if err := scim.CheckMessage(body, scim.URNPatchOp); err != nil {
		return nil, err
	}
	operations, wrong := scim.ParsePatch(body, u.userType)
	access, err := scim.ReadPatchAccess(body, u.userType)
	if err != nil {
		return nil, err
	}
	return u.update(ctx, id, ifMatch, userRequest{access, wrong, false, func(s *snapshot, current scim.Resource) (scim.Resource, error) {
		asked, err := u.planner.rolesRemoved(s, operations)
		if err := cmp.Or(wrong, err); err != nil {
			return nil, err
		}
		return u.userType.ApplyPatch(ctx, current, asked)
	}})
}

// A userRequest is what a client wants a user to be.
type userRequest struct {
	access scim.Access
	wrong  error // with the rest of the request
	whole  bool  // the request is a whole resource
	// want returns the resource, given what there is, if nothing is wrong.
	want func(s *snapshot, current scim.Resource) (scim.Resource, error)
}

// update makes a user as the client wants it. It ends access first and separately,
// so that an error in the rest of the request never lets a leaver keep it.
func (u *Users) update(ctx context.Context, id, ifMatch string, r userRequest) (view scim.Resource, err error) {
	defer u.translate(&err)
	var ended *execution
	var seen *snapshot // where the rest can begin
	if r.access == scim.AccessEnded {
		if ended, err = u.end(ctx, id, ifMatch); err != nil {
			return nil, err
		}
		if ended.after.byID(id) == nil {
			return u.answerToLeaver(ctx, ended, id, r)
		}
		ifMatch, seen = "", ended.after
	} else if r.wrong != nil {
		return nil, r.wrong
	}
	var wanted scim.Resource
	global := sync.OnceValues(func() (*user, error) { // for a plan that is made more than once
		record, _, err := u.global(ctx, id)
		return u.model.readGlobal(record, id), err
	})
	done, err := u.carryOut(ctx, change{
		names: []string{u.userName(id)}, single: id, conditional: ifMatch != "", seen: seen,
		plan: func(s *snapshot) (*plan, error) {
			found := s.byID(id)
			if found == nil {
				if ifMatch != "" { // there is no version that it could be
					return nil, cmp.Or(u.planner.usable(s, id, ""), scim.CheckIfMatch(ifMatch, ""), errNobody(id))
				}
				return u.planReturn(s, id, r, global, &wanted)
			}
			current, err := u.current(s, found, ifMatch)
			if err != nil {
				return nil, err
			}
			if wanted, err = r.want(s, current); err != nil {
				return nil, err
			}
			asked := r.access
			if r.whole && found.access.active { // a whole resource repeats what was shown
				asked = scim.AccessUnsaid
			}
			return u.planner.update(s, found, wanted, asked)
		},
	})
	if err != nil {
		return nil, afterEnd(ended.wrote(), err)
	}
	return u.answerTo(ctx, done, wanted)
}

// current returns a user as the client may have read them, in the version that it names.
func (s *suger) current(snap *snapshot, found *user, ifMatch string) (scim.Resource, error) {
	if err := snap.knowsRoles(found); err != nil {
		return nil, err
	}
	current := s.view(found, snap.roles)
	return current, scim.CheckIfMatch(ifMatch, current.Version())
}

// ending returns the change that ends a user's access, if there is one with the id.
func (s *suger) ending(id, ifMatch string, how func(*snapshot, *user) (*plan, error)) change {
	return change{
		names: []string{s.userName(id)}, single: id, conditional: ifMatch != "", ends: true,
		plan: func(snap *snapshot) (*plan, error) {
			found := snap.byID(id)
			if found == nil {
				return &plan{}, nil
			}
			p, err := how(snap, found)
			if err == nil && ifMatch != "" { // the version shows the names of the roles, for which custom ones need the list
				_, err = s.current(snap, found, ifMatch)
			}
			return p, err
		},
	}
}

// end ends a user's access. If the user has left, nothing is written but an audit record.
func (s *suger) end(ctx context.Context, id, ifMatch string) (*execution, error) {
	done, err := s.carryOut(ctx, s.ending(id, ifMatch, func(snap *snapshot, found *user) (*plan, error) {
		switch {
		case found.access.active:
			return s.planner.endAccess(snap, found)
		case !snap.whole:
			return nil, errNeedsEverybody // only if the list agrees
		}
		return &plan{}, nil
	}))
	if err != nil {
		return nil, err
	}
	record, offered, err := s.otherAccount(ctx, done, id)
	if err != nil || done.before.byID(id) != nil {
		return done, err
	}
	// Nobody is listed with the id. If Suger has never heard of it, that is an error. But a
	// Suger without the call answers 404 for everybody, a member too.
	unknown := offered && record == nil
	if unknown && len(done.before.users) > 0 {
		member, _, err := s.global(ctx, done.before.users[0].id)
		unknown = err == nil && member != nil
	}
	if unknown {
		return nil, errNobody(id)
	}
	if record != nil && s.provesByID() {
		is, err := s.member(record, id)
		if err := cmp.Or(err, s.contradiction(is, done.before)); err != nil {
			return nil, err
		}
	}
	s.record(s.newChange(spec.OpRemoveUser, id, ""), "already left", nil)
	return done, nil
}

// Delete removes a user from the organization. An administrator's access ends first, if it
// can: a removal could not be undone if no other administrator is left.
func (u *Users) Delete(ctx context.Context, id, ifMatch string) (err error) {
	defer u.translate(&err)
	administrator := false
	remove := func(ifMatch string) (*execution, error) {
		removal := u.ending(id, ifMatch, func(snap *snapshot, found *user) (*plan, error) {
			p, err := u.planner.remove(snap, found)
			if err == nil && u.model.endOfAccess() != spec.ByRemoval && u.planner.takesAdministrator(p.people[0]) {
				administrator = true
				return u.planner.endAccess(snap, found)
			}
			return p, err
		})
		removal.what = spec.OpRemoveUser
		return u.carryOut(ctx, removal)
	}
	done, err := remove(ifMatch)
	if err == nil && administrator && !done.dry {
		done, err = remove("")
		err = afterEnd(true, err)
	}
	if err != nil || done.dry {
		return err
	}
	if _, _, err := u.otherAccount(ctx, done, id); err != nil || done.before.byID(id) != nil {
		return err
	}
	return errNobody(id)
}

// otherAccount is checkOtherAccount once access has ended. For somebody who was not listed
// even before, it also returns the record by id, as global does.
func (s *suger) otherAccount(ctx context.Context, done *execution, id string) (record any, offered bool, err error) {
	if found := done.before.byID(id); found != nil {
		return nil, false, afterEnd(done.wrote(), s.checkOtherAccount(done.after, found))
	}
	if record, offered, err = s.global(ctx, id); err == nil {
		err = s.checkOtherAccount(done.before, s.model.readGlobal(record, id))
	}
	return record, offered, err
}

// checkOtherAccount returns an error if another member with access has the address of a
// user whose access has ended: they may be the same person, which the gateway cannot tell.
func (s *suger) checkOtherAccount(snap *snapshot, ended *user) error {
	if ended == nil || !snap.whole {
		return nil
	}
	other := snap.holderOf(s.model.key(ended))
	if other == nil || other.id == ended.id || !other.access.active {
		return nil
	}
	return scim.NewError(scim.CodeOtherAccount,
		"Another account in Suger has the userName %s and access: %s. If it belongs to the same person, remove it in Suger's console, or unassign and assign the person in Okta, so that Okta links to it.",
		scim.Clip(s.model.email(other), 120), scim.Clip(other.id, 80))
}

func (x *execution) wrote() bool { return x != nil && !x.plan.empty() }

func afterEnd(ended bool, err error) error {
	if !ended {
		return err
	}
	return withDetail(err, "The user's access has ended, but not all of the request could be done. %s")
}

// planReturn plans the return of a person by the id that the client has kept.
func (s *suger) planReturn(snap *snapshot, id string, r userRequest, global func() (*user, error), wanted *scim.Resource) (*plan, error) {
	if err := s.planner.usable(snap, id, ""); err != nil {
		return nil, err
	}
	if r.access != scim.AccessGiven || !snap.whole {
		return nil, errNobody(id)
	}
	known, err := global()
	if err != nil {
		return nil, err
	}
	return s.planner.comeBackByID(snap, known, id, func() (scim.Resource, error) {
		*wanted, err = r.want(snap, s.view(known, snap.roles))
		return *wanted, err
	})
}

// answerTo returns the direct answer to a write: the user as Suger has it, or would
// have it after a dry run, with the externalId that the client sent.
func (s *suger) answerTo(ctx context.Context, done *execution, sent scim.Resource) (view scim.Resource, err error) {
	defer s.translate(&err)
	var shown *user
	if len(done.plan.people) > 0 {
		shown = s.planner.joined(done.after, done.plan.people[0])
	}
	if shown == nil {
		return nil, s.unconfirmed(spec.OpUpdateUser, "the user")
	}
	if view, err = s.answer(ctx, done.after, shown); err != nil {
		return nil, err
	}
	return done.echoing(view, sent), nil
}

// answerToLeaver returns the answer to ending access of a person who is no longer a member,
// of what the client sent or has read before: a global record may be another company's.
func (s *suger) answerToLeaver(ctx context.Context, ended *execution, id string, r userRequest) (scim.Resource, error) {
	before := ended.before
	found := before.byID(id)
	if found == nil {
		wanted, err := r.want(before, scim.Resource{"schemas": []any{scim.URNUser}, "id": id})
		if err != nil || wanted["userName"] == nil {
			return nil, nil
		}
		maps.DeleteFunc(wanted, func(name string, _ any) bool {
			return name == "roles" || name == "groups" || strings.HasPrefix(name, "urn:")
		})
		wanted["id"], wanted["active"], wanted["schemas"], wanted["meta"] = id, false, []any{scim.URNUser}, meta("User", "", "")
		return wanted, nil
	}
	roles, err := s.rolesOf(ctx, before.roles, found.roles)
	if err != nil {
		roles = before.roles // their names do not matter here
	}
	wanted, err := r.want(before, s.view(found, roles))
	if errors.Is(err, errNeedsRoles) { // to read what the request says of roles
		if before, err = s.completed(ctx, before, s.rolesToShow()); err == nil {
			wanted, err = r.want(before, s.view(found, before.roles))
		}
	}
	if err != nil {
		return nil, afterEnd(ended.wrote(), s.asSCIM(err))
	}
	left := *found
	left.access.active = false
	return ended.echoing(s.view(&left, roles), wanted), nil
}

// echoing returns an answer to a write with the externalId that the client sent, and
// without a version as long as the write is not proven.
func (x *execution) echoing(answer, sent scim.Resource) scim.Resource {
	if about, ok := answer["meta"].(map[string]any); ok && x.sent {
		delete(about, "version")
	}
	if external, ok := sent["externalId"].(string); ok && external != "" {
		answer["externalId"] = external
	}
	return answer
}
