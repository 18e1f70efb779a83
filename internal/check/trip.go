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
	writes  []*stepCall     // calls of the current step
	proven  map[string]bool // operations that were tried, and whether every step that used them succeeded
	advised map[string]bool // advice so far, so that none is repeated
	others  map[string]bool // ids of accounts with the address that are not the check's

	added     bool      // a call that adds succeeded, or may have
	unseen    *stepCall // the latest such call, until the list shows the user
	waited    bool      // the list did not show the new user at once
	removed   bool      // by the step for it
	overwrote bool      // Suger answered the addition with somebody's account
	hidden    bool      // without access no read shows the user

	gaveRole bool             // a change of the role succeeded
	role     mapping.RoleName // that the user should have
	family   string           // likewise
}

// A step is one change of the user by a SCIM request, and what came of it.
type step struct {
	check  string
	wanted state  // in which it should leave the user
	sends  string // the one attribute that changes, "" if it sends all
	send   func(context.Context) error

	err     error           // the gateway's answer to a SCIM client
	is      *mapping.Record // the user as Suger shows it afterwards, nil if it does not
	readErr error           // why the user could not be read
	ok      bool
}

// A stepCall is a call of a step.
type stepCall struct {
	mapping.Exchange
	user   any             // what the answer has where the mapping looks for the user
	record *mapping.Record // nil if that is no user
}

// make executes the steps, also after a failed one, as long as the user exists.
func (t *trip) make(ctx context.Context) {
	t.role, _ = t.roles.called(cmp.Or(t.Settings.DefaultRole, t.Document.Role.Default))
	level, why := Warn, ", because the user was not added as intended"
	if t.create(ctx) {
		level, why = OK, ""
		t.note("managing users", OK, "", "The credential may add users.")
		a, renames := t.Document.User.Attributes["name.familyName"]
		renames = renames && a.Write != spec.WriteCreate && t.rename(ctx, tripOtherName, active)
		t.changeRole(ctx)
		// The user has another role than the default one now: a change of the name shows
		// whether Suger resets what a call leaves out.
		if renames && t.gaveRole && t.rename(ctx, tripFamilyName, active) && t.Document.Access.End.Way != spec.BySetStatus {
			t.rename(ctx, tripOtherName, active)
		}
		t.leaveAndReturn(ctx, renames)
		if t.Document.Operations.RemoveUser != nil && !t.hidden { // without it the check was forced
			t.removed = t.take(ctx, &step{check: "write: remove", wanted: gone,
				send: func(ctx context.Context) error { return t.service.Delete(ctx, fmt.Sprint(t.id), "") }})
		}
	}
	var names []string
	for _, op := range t.Document.Operations.All() {
		if _, tried := t.proven[op.Name]; !tried && op.Operation != nil && op.Call.Method != http.MethodGet {
			names = append(names, op.Name)
		}
	}
	if len(names) > 0 {
		t.note("not tried", level, "", "%s%s.", series(names), why)
	}
}

// take makes a step, reads the user and reports whether the step succeeded.
func (t *trip) take(ctx context.Context, s *step) bool {
	if ctx.Err() != nil || len(t.others) > 0 {
		return false
	}
	t.writes = nil
	s.err = s.send(mapping.WithExchanges(ctx, func(e mapping.Exchange) error { return t.called(&stepCall{Exchange: e}) }))
	s.is, s.readErr = t.read(ctx)
	switch {
	case t.overwrote:
	case t.isSomebodys(s.is, false):
		t.endAgain(ctx, s)
	default:
		s.ok = t.judge(ctx, s)
	}
	for _, c := range t.writes {
		was, tried := t.proven[c.Call.Operation]
		t.proven[c.Call.Operation] = s.ok && (was || !tried)
	}
	return s.ok
}

// called notes a call of the step. The error ends the step before it changes an account
// that existed before.
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

// patch changes an attribute of the user by a SCIM request without a path, as Okta does.
func (t *trip) patch(ctx context.Context, check string, wanted state, attribute string, value any) *step {
	s := &step{check: check, wanted: wanted, sends: attribute,
		send: func(ctx context.Context) error { return t.sendPatch(ctx, fmt.Sprint(t.id), attribute, value) }}
	t.take(ctx, s)
	return s
}

func (t *trip) sendPatch(ctx context.Context, id, attribute string, value any) error {
	_, err := t.service.Patch(ctx, id, map[string]any{
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
	s := &step{check: "write: create", wanted: active, send: t.sendCreate}
	t.take(ctx, s)
	if s.is == nil || len(t.others) > 0 {
		return false
	}
	if s.is.Unknown {
		t.users.unknown[s.is.Status]++
		_, meanings := t.misread(t.Document.Access.Field.String())
		t.add(t.line("status words", Warn, "access", "A new user has the status %q, which the mapping does not know.", s.is.Status).
			advise("Add it to the values under access.").propose(meanings...))
	}
	if !s.ok || len(t.writes) == 0 || !t.Document.Access.Shows() {
		return true
	}
	answered := t.writes[0].record
	if answered == nil || answered.Active {
		return true
	}
	line := t.line(s.check, Warn, "access", "By this mapping a new user is %s, and the gateway grants access by a second call.", t.access(answered)).
		advise("If Suger gives new users access, active and inactive are reversed: swap them. If the status means invited, add it to active and pending.")
	if u := t.users.fields.use("status"); u.kind() == isFlag && !saysItself(u.field.String()) {
		line.Level = Fail // the flag is taken for its opposite
	}
	t.add(line)
	return line.Level != Fail
}

func (t *trip) rename(ctx context.Context, family string, wanted state) bool {
	t.family = family
	return t.patch(ctx, "write: name", wanted, "name", map[string]any{"familyName": family}).ok
}

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
		if !t.patch(ctx, "write: role", active, mapping.URNSuger, map[string]any{"role": role.ID}).ok {
			return
		}
		t.gaveRole = true
	}
}

// leaveAndReturn ends access and gives it back: by the status, or by adding the user
// again. A change of the name between the two must not give access back.
func (t *trip) leaveAndReturn(ctx context.Context, renames bool) {
	byStatus := t.Document.Access.End.Way == spec.BySetStatus
	left := t.patch(ctx, "write: deactivate", inactive, "active", false)
	switch {
	case ctx.Err() != nil || left.readErr != nil || left.is != nil && left.is.Active: // has been reported
	case left.is != nil:
		if !byStatus || !renames || t.rename(ctx, tripOtherName, inactive) {
			t.patch(ctx, "write: return", active, "active", true)
		}
	case byStatus:
		t.hidden = true
		t.add(t.line("write: return", Warn, "operations.list users", "Not tried: Suger's list does not show users without access, "+
			"so the gateway would add a returning user again, and the former account would stay in Suger.").
			advise("Find in Suger's documentation how the list shows everybody, such as by a query parameter. "+
				"If it cannot, set access.end to %q.", spec.ByRemoval))
	default:
		t.take(ctx, &step{check: "write: return", wanted: active, send: t.sendCreate})
	}
}

// read reads the user afresh, by id where that proves who is a member; nil if neither
// that nor the list has the user.
func (t *trip) read(ctx context.Context) (*mapping.Record, error) {
	if op := t.Document.Operations.GetUser; op != nil && t.id != nil && !t.coversEverybody() {
		if is, err := t.byID(ctx); status(err) != http.StatusNotFound {
			return is, err
		}
	}
	found, err := t.listed(ctx)
	return append(found, nil)[0], err
}

// byID reads the user by id; with a *[mapping.RecordError] if the answer has no user.
func (t *trip) byID(ctx context.Context) (*mapping.Record, error) {
	call, _ := t.probe.Call(opGetUser, t.id)
	answer, err := t.probe.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	return t.probe.ReadUser(t.userIn(opGetUser, answer.Body))
}

// patienceLooks is how often the list is reread for a user whom it does not show yet.
const patienceLooks = 5

// listed returns the users of a fresh list who have the address. Once, it waits for a user
// whom Suger has accepted, or may have.
func (t *trip) listed(ctx context.Context) (found []*mapping.Record, err error) {
	looks := 0
	if t.unseen != nil && !t.waited && !t.overwrote {
		looks = patienceLooks
	}
	for ; ; looks-- {
		if _, found, err = t.withAddress(ctx, t.Write); len(found) > 0 {
			t.unseen = nil
		}
		if len(found) > 0 || err != nil || looks == 0 || ctx.Err() != nil {
			return found, err
		}
		t.waited = true
		select {
		case <-ctx.Done():
		case <-time.After(t.Patience / patienceLooks):
		}
	}
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
