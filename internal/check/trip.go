package check

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// The name of the test user, and the one it is changed to.
const (
	tripGivenName  = "Preflight"
	tripFamilyName = "Check"
	tripOtherName  = "Checked"
)

// A trip is the life of one test user, step by step.
type trip struct {
	*run
	service *mapping.Users
	began   time.Time
	id      any             // of the user, as Suger writes it; nil while there is none
	writes  []*stepCall     // calls of the current step that change something
	proven  map[string]bool // operations that were tried, and whether every step that used them succeeded
	advised []string        // advice so far, so that none is repeated

	added   bool      // a call that adds succeeded, or may have
	unseen  *stepCall // the latest such call, until the list shows the user
	waited  bool      // the list did not show the new user at once
	alien   bool      // the address belongs to an account that is not the check's
	known   bool      // Suger knew the address, and keeps the names it has for it
	removed bool      // by the step for it
	hidden  any       // id of an account without access that the list does not show

	renames  bool // a change of the name succeeded
	gaveRole bool // a change of the role succeeded

	user, before any              // as Suger showed it last, and before the current step
	role         mapping.RoleName // that the user should have
	family       string           // likewise
}

// A step is one change of the user by a SCIM request, and what came of it.
type step struct {
	check  string
	wanted state  // in which it should leave the user
	sends  string // the one attribute that changes, "" if it sends all
	send   func(context.Context) error
	read   func(context.Context) (*mapping.Record, error) // the user afterwards

	err     error           // the gateway's answer to a SCIM client
	is      *mapping.Record // the user as Suger shows it afterwards, nil if it does not
	readErr error           // why the user could not be read
}

// A stepCall is a call of a step.
type stepCall struct {
	mapping.Exchange
	user   any             // what the answer has where the mapping looks for the user
	record *mapping.Record // nil if that is no user
}

// lacksUser reports whether the gateway looks for the user in the answer in vain.
func (c *stepCall) lacksUser() bool {
	return c.Answer != nil && c.record == nil && (c.Call.Operation == spec.OpAddUser || c.Call.Operation == spec.OpUpdateUser)
}

// make executes the steps. Later steps are tried after a failed one, as long as
// the user exists.
func (t *trip) make(ctx context.Context) {
	t.role, _ = t.roles.called(cmp.Or(t.Settings.DefaultRole, t.Document.Role.Default))
	level, why := Warn, ", because the user was not added as intended"
	if t.create(ctx) {
		level, why = OK, ""
		t.note("managing users", OK, "", "The credential may add users.")
		if a, mapped := t.Document.User.Attributes["name.familyName"]; mapped && a.Write != spec.WriteCreate {
			t.renames = t.rename(ctx, tripOtherName, active)
		}
		t.changeRole(ctx)
		// The user has another role than the default one now: a change of the name shows
		// whether Suger resets what a call leaves out.
		if t.renames && t.gaveRole && t.rename(ctx, tripFamilyName, active) && t.Document.Access.End.Way != spec.BySetStatus {
			t.rename(ctx, tripOtherName, active)
		}
		t.leaveAndReturn(ctx)
		t.remove(ctx)
	}
	var names []string // of the operations besides those that every trip calls
	always := []string{opListUsers, opGetUser, spec.OpFindUser, opListRoles, spec.OpAddUser, spec.OpAddMember}
	for _, op := range t.Document.Operations.All() {
		if _, tried := t.proven[op.Name]; !tried && op.Operation != nil && !slices.Contains(always, op.Name) {
			names = append(names, op.Name)
		}
	}
	if len(names) > 0 {
		t.note("not tried", level, "", "%s%s.", series(names), why)
	}
}

// take makes a step, reads the user and reports whether the step succeeded.
func (t *trip) take(ctx context.Context, s *step) bool {
	if ctx.Err() != nil {
		return false
	}
	t.perform(ctx, s)
	return t.judge(ctx, s)
}

func (t *trip) perform(ctx context.Context, s *step) {
	t.writes, t.before = nil, t.user
	s.err = s.send(mapping.WithExchanges(ctx, func(e mapping.Exchange) error { return t.called(&stepCall{Exchange: e}) }))
	s.is, s.readErr = s.read(ctx)
}

// called notes a call of the step. Those that read a list are not among them. The error
// ends the step before it changes an account that existed before.
func (t *trip) called(c *stepCall) error {
	name := c.Call.Operation
	if name == opGetUser {
		return nil
	}
	t.writes = append(t.writes, c)
	if c.Answer != nil {
		c.user = t.userIn(name, c.Answer.Body)
		c.record, _ = t.probe.ReadUser(c.user) // nil with an error
	}
	if fail := asFailure(c.Err); (name == spec.OpAddUser || name == spec.OpAddMember) && (c.Answer != nil || fail != nil && fail.Uncertain) {
		t.unseen, t.added = c, true
	}
	if name == spec.OpAddUser && t.id == nil && t.isSomebodys(c.record, true) {
		return errors.New("the account existed before the check")
	}
	return nil
}

// patch makes a step that changes an attribute, and reports whether it succeeded.
func (t *trip) patch(ctx context.Context, check string, wanted state, attribute string, value any) bool {
	return t.take(ctx, &step{check: check, wanted: wanted, sends: attribute, read: t.find,
		send: func(ctx context.Context) error { return t.sendPatch(ctx, attribute, value) }})
}

// sendPatch changes the user by a SCIM request without a path, as Okta does.
func (t *trip) sendPatch(ctx context.Context, attribute string, value any) error {
	_, err := t.service.Patch(ctx, fmt.Sprint(t.id), map[string]any{
		"schemas":    []any{scim.URNPatchOp},
		"Operations": []any{map[string]any{"op": "replace", "value": map[string]any{attribute: value}}},
	}, "", nil)
	return err
}

func (t *trip) sendCreate(ctx context.Context) error {
	user := scim.Resource{
		"schemas": []any{scim.URNUser, mapping.URNSuger}, "userName": t.Write, "active": true,
		"name": map[string]any{"givenName": tripGivenName, "familyName": t.family},
	}
	if t.role.ID != "" {
		user[mapping.URNSuger] = map[string]any{"role": t.role.ID}
	}
	_, err := t.service.Create(ctx, user, nil)
	return err
}

// create adds the user, and reports whether the other steps can follow.
func (t *trip) create(ctx context.Context) bool {
	t.family = tripFamilyName
	s := &step{check: "write: create", wanted: active, send: t.sendCreate, read: t.appears}
	if t.perform(ctx, s); t.alien {
		return false
	}
	leaves := t.isSomebodys(s.is, false)
	if !leaves && !t.added && s.is != nil && !t.ours[s.is.ID] { // somebody added the user during the check
		t.id, leaves = s.is.RawID, true
		t.judge(ctx, s)
	}
	if leaves {
		gaveAccess := func(c *stepCall) bool { return c.Err == nil && (!t.added || c.record != nil && !c.record.Active) }
		if s.is.Active && t.call(gaveAccess) != nil {
			t.add(t.endAgain(ctx, s))
		}
		return false
	}
	t.claim(s.is)
	if t.judge(ctx, s) && len(t.writes) > 0 {
		if answered := t.writes[0].record; t.Document.Access.Shows() && answered != nil && !answered.Active {
			line := t.line(s.check, Warn, "access", "By this mapping a new user is %s, and the gateway grants access by a second call.", t.access(answered)).
				advise("If Suger gives new users access, active and inactive are reversed: swap them. If the status means invited, add it to active and pending.")
			if u := t.users.fields.use("status"); u.kind() == isFlag && !saysItself(u.field.String()) {
				line.Level = Fail // the flag is taken for its opposite
			}
			if t.add(line); line.Level == Fail {
				return false
			}
		}
	}
	if s.is != nil && s.is.Unknown {
		t.users.unknown[s.is.Status]++
		_, meanings := t.misread(t.Document.Access.Field.String())
		t.add(t.line("status words", Warn, "access", "A new user has the status %q, which the mapping does not know.", s.is.Status).
			advise("Add it to the values under access.").propose(meanings...))
	}
	return s.is != nil
}

// endAgain ends the access that a step gave to a user who is not the check's.
func (t *trip) endAgain(ctx context.Context, s *step) Line {
	if err := t.sendPatch(ctx, "active", false); err != nil {
		return t.line(s.check, Fail, "access", "This check gave the user access and could not end it again: %s", detailOf(err)).
			advise("End the user's access in Suger's console now.")
	}
	return t.line(s.check, Fail, "access", "This check gave the user access and has ended it again.")
}

// claim marks an account as the check's own, also for later trips.
func (t *trip) claim(is *mapping.Record) {
	if is != nil {
		t.id, t.ours[is.ID] = is.RawID, true
	}
}

func (t *trip) rename(ctx context.Context, family string, wanted state) bool {
	t.family = family
	return t.patch(ctx, checkName, wanted, "name", map[string]any{"familyName": family})
}

// checkName is the check whose later successes are not reported.
const checkName = "write: name"

// mostRoles bounds how many roles are given in turn.
const mostRoles = 5

// changeRole gives each other role in turn that has no power over users.
func (t *trip) changeRole(ctx context.Context) {
	roles := slices.DeleteFunc(slices.Clone(t.roles), func(role mapping.RoleName) bool {
		return role.ID == t.role.ID || slices.ContainsFunc(t.Document.Role.Known, func(known spec.KnownRole) bool {
			return known.Administrator && (known.IDText() == role.ID || fold(known.Name) == fold(role.Name)) // one that is called so, too
		})
	})
	if len(roles) == 0 {
		t.note("write: role", Warn, "role.known", "Not tried: every other role is an administrator's.")
	}
	for _, role := range roles[:min(len(roles), mostRoles)] {
		t.role = role
		if !t.patch(ctx, "write: role", active, mapping.URNSuger, map[string]any{"role": role.ID}) {
			return
		}
		t.gaveRole = true
	}
}

// leaveAndReturn ends access and gives it back: by the status, or by adding the user again.
func (t *trip) leaveAndReturn(ctx context.Context) {
	byStatus := t.Document.Access.End.Way == spec.BySetStatus
	t.patch(ctx, "write: deactivate", inactive, "active", false)
	switch is, err := t.find(ctx); {
	case err != nil: // has been reported
		return
	case is != nil:
		if !is.Active && (!byStatus || !t.renames || t.rename(ctx, tripOtherName, inactive)) {
			t.patch(ctx, "write: return", active, "active", true)
		}
		return
	}
	before, s := t.id, &step{check: "write: return", wanted: active, send: t.sendCreate, read: t.inList}
	t.take(ctx, s)
	if t.claim(s.is); ctx.Err() == nil && byStatus && (s.is == nil || t.id != before) {
		t.hidden = before
		t.add(t.line(s.check, Warn, "operations.list users",
			"Suger's list does not show users without access, so the gateway adds a returning user again instead of restoring access. The user's former account%s stays in Suger.", idShown(before)).
			advise("Find in Suger's documentation how the list shows everybody, such as by a query parameter. If it cannot, set access.end to %q.", spec.ByRemoval))
	}
}

func (t *trip) remove(ctx context.Context) {
	if t.Document.Operations.RemoveUser == nil {
		return // the check was forced
	}
	t.removed = t.take(ctx, &step{check: "write: remove", wanted: gone,
		send: func(ctx context.Context) error { return t.service.Delete(ctx, fmt.Sprint(t.id), "") },
		read: func(ctx context.Context) (*mapping.Record, error) {
			if is, err := t.find(ctx); is != nil || err != nil {
				return is, err
			}
			return t.inList(ctx) // the list has to agree
		}})
}

// find reads the user afresh, by id where that proves who is a member; nil if
// there is none.
func (t *trip) find(ctx context.Context) (*mapping.Record, error) {
	call, ok := t.probe.Call(opGetUser, t.id)
	if !ok || t.coversEverybody() {
		return t.inList(ctx)
	}
	answer, err := t.probe.Do(ctx, call)
	switch {
	case status(err) == http.StatusNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	t.user = t.userIn(opGetUser, answer.Body)
	return t.probe.ReadUser(t.user)
}

// patienceLooks is how often the list is reread for a user whom Suger has
// accepted and does not list yet.
const patienceLooks = 5

// appears finds the user who was just added, and waits for a while if Suger
// accepted the request, or may have.
func (t *trip) appears(ctx context.Context) (is *mapping.Record, err error) {
	for look := 0; ; look++ {
		is, err = t.inList(ctx)
		if is != nil || err != nil || t.unseen == nil || t.alien || ctx.Err() != nil || look == patienceLooks {
			return is, err
		}
		t.waited = true
		select {
		case <-ctx.Done():
		case <-time.After(t.Patience / patienceLooks):
		}
	}
}

// inList finds the user in a fresh list by the address; nil if there is none.
func (t *trip) inList(ctx context.Context) (*mapping.Record, error) {
	found, err := t.listed(ctx)
	return append(found, nil)[0], err
}

// listed returns the users of a fresh list who have the address.
func (t *trip) listed(ctx context.Context) ([]*mapping.Record, error) {
	rows, found, err := t.withAddress(ctx, t.Write)
	for _, row := range rows {
		t.unseen, t.user = nil, decoded(row)
	}
	return found, err
}

// withAddress returns the users of the list who have an address, as Suger writes them and
// as the gateway reads them.
func (r *run) withAddress(ctx context.Context, address string) (rows []json.RawMessage, found []*mapping.Record, err error) {
	call, _ := r.probe.Call(opListUsers, nil) // every mapping has it
	all, _, err := r.readRows(ctx, call, r.probe.Paging(opListUsers), mostRows)
	for _, row := range all {
		if record, err := r.probe.ReadUser(decoded([]byte(row))); err == nil && strings.EqualFold(record.UserName, address) {
			rows, found = append(rows, json.RawMessage(row)), append(found, record)
		}
	}
	return rows, found, err
}
