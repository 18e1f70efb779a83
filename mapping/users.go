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

// Get returns one user, from a list that is young enough to be shown, or read
// afresh.
func (u *Users) Get(ctx context.Context, id string, _ *scim.Projection) (view scim.View, err error) {
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

// answer returns a user as SCIM shows it.
func (s *suger) answer(ctx context.Context, snap *snapshot, found *user) (scim.View, error) {
	roles, err := s.rolesOf(ctx, snap.roles, []*user{found})
	if err != nil {
		return nil, err
	}
	return s.view(found, roles), nil
}

// List returns the users that a query asks for. A query for one user by
// userName, e-mail address or id is looked up; others read the list.
func (u *Users) List(ctx context.Context, q *scim.Query) (list *scim.List, err error) {
	defer u.translate(&err)
	snap, users, looked, err := u.lookUp(ctx, q.Filter)
	if err == nil && !looked {
		if snap, err = u.people(ctx, u.toShow()); err == nil {
			users = snap.users
		}
	}
	roles := u.fixed
	if err == nil && len(users) > 0 {
		roles, err = u.rolesOf(ctx, snap.roles, users)
	}
	if err != nil {
		return nil, err
	}
	page := *q
	if looked { // and found, perhaps in another spelling than the filter has
		page.Filter = nil
	}
	return page.Select(len(users), func(i int) scim.View { return u.view(users[i], roles) }), nil
}

// lookUp answers a query that can match one user at most.
func (u *Users) lookUp(ctx context.Context, f *scim.Filter) (snap *snapshot, found []*user, looked bool, err error) {
	if f == nil {
		return nil, nil, false, nil
	}
	path, value, _ := f.Equality()
	text, isText := value.(string)
	if !isText {
		return nil, nil, false, nil
	}
	var one *user
	switch path {
	case "userName", "emails", "emails.value":
		snap, one, err = u.holder(ctx, text)
		if err == nil && one == nil && strings.Contains(text, " ") { // a client that does not escape its +
			snap, one, err = u.holder(ctx, strings.ReplaceAll(text, " ", "+"))
		}
	case "id":
		if snap, err = u.person(ctx, text, u.toShow()); err == nil {
			one = snap.byID(text)
		}
	default:
		return nil, nil, false, nil
	}
	if one != nil {
		found = []*user{one}
	}
	return snap, found, true, err
}

// rolesOf returns a catalogue that knows the roles of these users: the present one
// if it does, or else the list. A role that another replica has just made is looked
// for in a list that begins now.
func (s *suger) rolesOf(ctx context.Context, known *catalogue, users []*user) (*catalogue, error) {
	if known.whole || known.knows(users) {
		return known, nil
	}
	roles, err := s.roles(ctx, s.rolesToShow())
	if err != nil || roles.knows(users) {
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
	if err := cmp.Or(err, unlessEnded(access, wrong)); err != nil {
		return nil, err
	}
	return u.update(ctx, id, ifMatch, access, true, func(_ *snapshot, current scim.Resource) (scim.Resource, error) {
		if wrong != nil {
			return nil, wrong
		}
		if err := u.userType.CheckRequired(wanted); err != nil {
			return nil, err
		}
		asked, _ := wanted["userName"].(string)
		if present, _ := current["userName"].(string); access == scim.AccessEnded && isTombstone(asked, present) {
			wanted = maps.Clone(wanted)
			wanted["userName"] = present
		}
		return wanted, u.userType.CheckImmutable(current, wanted)
	})
}

// Patch makes the changes that PATCH operations ask for. A nil resource says that
// there is nothing to show.
func (u *Users) Patch(ctx context.Context, id string, body map[string]any, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	if err := scim.CheckMessage(body, scim.URNPatchOp); err != nil {
		return nil, err
	}
	operations, wrong := scim.ParsePatch(body, u.userType)
	access, err := scim.ReadPatchAccess(body, u.userType)
	if err := cmp.Or(err, unlessEnded(access, wrong)); err != nil {
		return nil, err
	}
	return u.update(ctx, id, ifMatch, access, false, func(s *snapshot, current scim.Resource) (scim.Resource, error) {
		if wrong != nil {
			return nil, wrong
		}
		if access == scim.AccessEnded {
			operations = withoutTombstone(operations, current)
		}
		asked, err := u.planner.rolesRemoved(s, operations)
		if err != nil {
			return nil, err
		}
		return u.userType.ApplyPatch(ctx, current, asked)
	})
}

// withoutTombstone drops the rename that Entra ID sends when it deactivates a
// deleted user: nobody should get that address.
func withoutTombstone(operations []scim.PatchOperation, current scim.Resource) []scim.PatchOperation {
	present, _ := current["userName"].(string)
	buries := func(value any) bool {
		text, _ := value.(string)
		return isTombstone(text, present)
	}
	var kept []scim.PatchOperation
	for _, operation := range operations {
		object, isObject := operation.Value.(map[string]any)
		switch {
		case operation.Path != nil && operation.Path.String() == "userName" && buries(operation.Value):
			continue
		case operation.Path == nil && isObject:
			object = maps.Clone(object)
			maps.DeleteFunc(object, func(name string, value any) bool {
				return strings.HasSuffix(fold(name), "username") && buries(value)
			})
			operation.Value = object
		}
		kept = append(kept, operation)
	}
	return kept
}

// unlessEnded returns the error of an invalid request that must not prevent
// ending access.
func unlessEnded(access scim.Access, wrong error) error {
	if access == scim.AccessEnded {
		return nil
	}
	return wrong
}

// A wantedUser is what a client wants a user to be, given what there is.
type wantedUser func(s *snapshot, current scim.Resource) (scim.Resource, error)

// update makes a user as the client wants it. It ends access first and separately,
// so that an error in the rest of the request never lets a leaver keep it. whole
// says that the request is a whole resource.
func (u *Users) update(ctx context.Context, id, ifMatch string, access scim.Access, whole bool, want wantedUser) (scim.Resource, error) {
	var ended *result
	var seen *snapshot // where the rest can begin
	if access == scim.AccessEnded {
		var err error
		if ended, err = u.end(ctx, id, ifMatch); err != nil {
			return nil, err
		}
		if ended.after.byID(id) == nil {
			return u.answerToLeaver(ctx, ended, id, want)
		}
		ifMatch, seen = "", ended.after
	}
	var wanted scim.Resource
	global := sync.OnceValues(func() (any, error) { // for a plan that is made more than once
		record, _, err := u.global(ctx, id)
		return record, err
	})
	done, err := u.carryOut(ctx, change{
		names: []string{u.userName(id)}, single: id, conditional: ifMatch != "", seen: seen,
		plan: func(s *snapshot) (*plan, error) {
			found := s.byID(id)
			if found == nil {
				if ifMatch != "" { // there is no version that it could be
					return nil, cmp.Or(u.planner.usable(s, id, ""), scim.CheckIfMatch(ifMatch, ""), errNobody(id))
				}
				return u.planReturn(s, id, access, global, want, &wanted)
			}
			current, err := u.current(s, found, ifMatch)
			if err != nil {
				return nil, err
			}
			if wanted, err = want(s, current); err != nil {
				return nil, err
			}
			asked := access
			if whole && found.access.active { // a whole resource repeats what was shown
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

// current returns a user as the client may have read them, whose version must
// be the one that it wants to change.
func (s *suger) current(snap *snapshot, found *user, ifMatch string) (scim.Resource, error) {
	if _, err := s.planner.heldBy(snap, found); err != nil {
		return nil, err
	}
	current := s.view(found, snap.roles).Resource()
	return current, scim.CheckIfMatch(ifMatch, current.Version())
}

// end ends a user's access. If the user has provably left, nothing is written;
// the audit record says so.
func (s *suger) end(ctx context.Context, id, ifMatch string) (*result, error) {
	done, err := s.carryOut(ctx, change{
		names: []string{s.userName(id)}, single: id, conditional: ifMatch != "", ends: true,
		plan: func(snap *snapshot) (*plan, error) {
			found := snap.byID(id)
			if found == nil {
				return &plan{}, nil
			}
			switch {
			case !found.access.active && !snap.whole:
				return nil, errNeedsEverybody // only if the list agrees
			case !found.access.active:
				return &plan{}, s.matches(snap, found, ifMatch)
			}
			p, err := s.planner.endAccess(snap, found)
			return p, cmp.Or(err, s.matches(snap, found, ifMatch))
		},
	})
	if err != nil {
		return nil, err
	}
	if found := done.before.byID(id); found != nil {
		return done, afterEnd(done.wrote(), s.checkOtherAccount(done.after, found))
	}
	// Nobody is listed with the id. If Suger has never heard of it, that is an error.
	record, offered, err := s.global(ctx, id)
	if err != nil {
		return nil, s.asSCIM(err)
	}
	if offered && record == nil && len(done.before.users) > 0 {
		// A Suger without the call answers 404 for everybody, a member too.
		if member, _, err := s.global(ctx, done.before.users[0].id); err != nil || member == nil {
			offered = false
		}
	}
	if offered && record == nil {
		return nil, errNobody(id)
	}
	if err := s.agrees(record, id); err != nil {
		return nil, s.asSCIM(err)
	}
	if err := s.checkOtherAccount(done.before, s.model.readGlobal(record, id)); err != nil {
		return nil, err
	}
	s.record(s.newChange(spec.OpRemoveUser, id, ""), "already left", nil)
	return done, nil
}

// agrees returns an error if Suger's record by id shows a member with access, where the
// list does not.
func (s *suger) agrees(record any, id string) error {
	if record == nil || !s.provesByID() {
		return nil
	}
	is, err := s.member(record, id)
	if err != nil || is == nil || !is.access.active {
		return err
	}
	return errContradiction()
}

// checkOtherAccount returns an error if another member with access has the address of a
// user whose access has ended. They may be the same person, added again under another id,
// or somebody who has the address now: the gateway cannot tell.
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

// matches refuses a change of a user who is not as the client last read them. The
// version is only computed where it is asked for: it shows the names of the roles,
// for which custom ones need the list.
func (s *suger) matches(snap *snapshot, found *user, ifMatch string) error {
	if ifMatch == "" {
		return nil
	}
	_, err := s.current(snap, found, ifMatch)
	return err
}

// wrote reports whether a change was made.
func (r *result) wrote() bool { return r != nil && !r.plan.empty() }

// afterEnd adds to an error that access has already ended.
func afterEnd(ended bool, err error) error {
	var e *scim.Error
	if !ended || !errors.As(err, &e) {
		return err
	}
	whole := *e
	whole.Detail = "The user's access has ended, but not all of the request could be done. " + e.Detail
	return &whole
}

// planReturn plans the return of a person by the id that the client has kept.
// Errors do not reveal whose record it is: it may be another company's.
func (s *suger) planReturn(snap *snapshot, id string, access scim.Access, global func() (any, error), want wantedUser, wanted *scim.Resource) (*plan, error) {
	if err := s.planner.usable(snap, id, ""); err != nil {
		return nil, err
	}
	if access != scim.AccessGiven || !snap.whole {
		return nil, errNobody(id)
	}
	record, err := global()
	if err != nil {
		return nil, err
	}
	known := s.model.readGlobal(record, id)
	if known == nil || !snap.domains(s.model)[domainOf(s.model.key(known))] {
		return nil, errNobody(id)
	}
	*wanted, err = want(snap, s.view(known, snap.roles).Resource())
	var no *scim.Error
	switch {
	case errors.As(err, &no) && no.Code == scim.CodeMutability: // another address
		return nil, errNobody(id)
	case err != nil:
		return nil, err
	}
	return s.planner.comeBackByID(snap, known, id, *wanted)
}

// answerTo returns the direct answer to a write: the user as Suger has it, with
// the externalId that the client sent, which Suger has no place for.
func (s *suger) answerTo(ctx context.Context, done *result, sent scim.Resource) (scim.Resource, error) {
	shown := done.person(s.planner)
	if shown == nil {
		return nil, s.asSCIM(s.unconfirmed(spec.OpUpdateUser, "the user"))
	}
	view, err := s.answer(ctx, done.after, shown)
	if err != nil {
		return nil, s.asSCIM(err)
	}
	return done.echoing(view.Resource(), sent), nil
}

// person returns the one person of a change as they are after it, or would be
// after a dry run.
func (r *result) person(p *planner) *user {
	switch {
	case len(r.plan.people) == 0:
		return nil
	case r.plan.people[0].kind == planJoin:
		return p.joined(r.after, r.plan.people[0])
	}
	return r.after.byID(r.plan.people[0].before.id)
}

// answerToLeaver returns the answer to ending access of a person who is no
// longer a member. It contains only what the client sent or has read before: a
// global record may belong to another company.
func (s *suger) answerToLeaver(ctx context.Context, ended *result, id string, want wantedUser) (scim.Resource, error) {
	before := ended.before
	found := before.byID(id)
	if found == nil {
		wanted, err := want(before, scim.Resource{"schemas": []any{scim.URNUser}, "id": id})
		if err != nil || wanted["userName"] == nil {
			return nil, nil
		}
		r := maps.Clone(wanted)
		maps.DeleteFunc(r, func(name string, _ any) bool {
			return name == "roles" || name == "groups" || strings.HasPrefix(name, "urn:")
		})
		r["id"], r["active"], r["schemas"], r["meta"] = id, false, []any{scim.URNUser}, meta("User", "", "")
		return r, nil
	}
	left := *found
	left.access.active = false
	view, err := s.answer(ctx, before, &left)
	if err != nil {
		view = s.view(&left, before.roles) // roles do not matter here
	}
	current := view.Resource()
	wanted, err := want(before, s.view(found, before.roles).Resource())
	if errors.Is(err, errNeedsRoles) { // to read what the request says of roles
		if before, err = s.completed(ctx, before, s.rolesToShow()); err == nil {
			wanted, err = want(before, s.view(found, before.roles).Resource())
		}
	}
	if err != nil {
		return nil, s.asSCIM(afterEnd(ended.wrote(), err))
	}
	return ended.echoing(current, wanted), nil
}

// echoing returns an answer to a write, which is the caller's own, with the
// externalId that the client sent. It has no version as long as the write is not
// proven.
func (r *result) echoing(answer, sent scim.Resource) scim.Resource {
	if about, ok := answer["meta"].(map[string]any); ok && r.sent {
		delete(about, "version")
	}
	if external, ok := sent["externalId"].(string); ok && external != "" {
		answer["externalId"] = external
	}
	return answer
}

// Delete removes a user from the organization. If access can end without a
// removal, an administrator's access ends first: a removal could not be undone
// if no other administrator is left.
func (u *Users) Delete(ctx context.Context, id, ifMatch string) error {
	administrator := false
	var lacks *snapshot // a list without the user
	removal := change{
		what: spec.OpRemoveUser, names: []string{u.userName(id)}, single: id, conditional: ifMatch != "", ends: true,
		plan: func(snap *snapshot) (*plan, error) {
			found := snap.byID(id)
			if found == nil {
				lacks = snap
				return nil, errNobody(id)
			}
			p, err := u.planner.remove(snap, found)
			if err := cmp.Or(err, u.matches(snap, found, ifMatch)); err != nil {
				return nil, err
			}
			if u.model.endOfAccess() != spec.ByRemoval && u.planner.takesAdministrator(p.people[0]) {
				administrator = true
				return u.planner.endAccess(snap, found)
			}
			return p, nil
		},
	}
	done, err := u.carryOut(ctx, removal)
	if err != nil && lacks != nil && ifMatch == "" {
		record, _, failed := u.global(ctx, id)
		if failed != nil {
			return u.asSCIM(failed)
		}
		if other := u.checkOtherAccount(lacks, u.model.readGlobal(record, id)); other != nil {
			return other
		}
	}
	if err != nil || done.dry {
		return err
	}
	if administrator {
		ifMatch = ""
		if done, err = u.carryOut(ctx, removal); err != nil {
			return afterEnd(true, err)
		}
	}
	return afterEnd(true, u.checkOtherAccount(done.after, done.before.byID(id)))
}
