package check

import (
	"cmp"
	"context"
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
	id      any             // of the user, as Suger writes it; nil while there is none
	writes  []*stepCall     // calls of the current step that change something
	proven  map[string]bool // operations that were tried, and whether every step that used them succeeded
	said    []string        // findings so far, so that repetitions are short
	removed bool            // by the step for it
	waited  bool            // the list did not show the new user at once
	unseen  *stepCall       // the latest call that added the user, until the list shows them
	began   time.Time
	added   bool // a call that adds succeeded, or may have
	alien   bool // the address belongs to an account that is not the check's
	known   bool // Suger knew the address, and keeps the names it has for it

	renames  bool   // a change of the name succeeded
	gaveRole bool   // a change of the role succeeded
	hidden   any    // id of an account without access that the list does not show
	removal  string // how Suger answered the removal by the clean-up, if it accepted it
	user     any    // as Suger showed it last
	before   any    // and before the current step

	role   mapping.RoleName // that the user should have
	family string           // likewise
}

// A step is one change of the user by a SCIM request.
type step struct {
	check  string
	wanted state  // in which it should leave the user
	sends  string // the one attribute that changes, "" if it sends all
	quiet  bool   // a success is not reported, for an earlier step showed the same
	send   func(context.Context) error
	read   func(context.Context) (*mapping.Record, error) // the user afterwards
}

// An outcome is what came of a step.
type outcome struct {
	step
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
	if !t.create(ctx) {
		t.notTried(Warn, "%s, because the user was not added as intended.")
		return
	}
	t.note("managing users", OK, "", "The credential may add users.")
	for _, next := range []func(context.Context){t.rename, t.changeRole, t.renameAgain, t.leaveAndReturn, t.remove} {
		if ctx.Err() != nil {
			return
		}
		next(ctx)
	}
	t.notTried(OK, "%s.")
}

// take makes a step and reads the user.
func (t *trip) take(ctx context.Context, s step) outcome {
	t.writes, t.before = nil, t.user
	err := s.send(mapping.WithExchanges(ctx, func(e mapping.Exchange) error { return t.called(&stepCall{Exchange: e}) }))
	is, readErr := s.read(ctx)
	return outcome{s, err, is, readErr}
}

// errSomebodys says that the address belongs to somebody.
var errSomebodys = errors.New("the account existed before the check")

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
		return errSomebodys
	}
	return nil
}

// patch makes a step that changes an attribute, and reports whether it succeeded.
func (t *trip) patch(ctx context.Context, s step, value any) bool {
	s.send, s.read = func(ctx context.Context) error { return t.sendPatch(ctx, s.sends, value) }, t.find
	return t.judge(ctx, t.take(ctx, s))
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

func (t *trip) create(ctx context.Context) bool {
	t.family = tripFamilyName
	o := t.take(ctx, step{check: "write: create", wanted: active, send: t.sendCreate, read: t.appears})
	if t.alien {
		return false
	}
	if t.isSomebodys(o.is, false) {
		if was := t.writes[0].record; was != nil && !was.Active && o.is.Active {
			err := t.sendPatch(ctx, "active", false)
			t.add(t.line("write: create", Fail, "access", "The check had given this user access and ended it again (%s).", cmp.Or(detailOf(err), "done")))
		}
		return false
	}
	t.claim(o.is)
	if t.judge(ctx, o) && t.reversedAtBirth() {
		return false
	}
	if o.is != nil && o.is.Unknown {
		t.users.unknown[o.is.Status]++
		t.add(t.line("status words", Warn, "access", "A new user has the status %q, which the mapping does not know.", o.is.Status).
			advise("Add it to the values under access.").propose(t.meaningFixes(t.Document.Access.Field.String())...))
	}
	return o.is != nil
}

// claim marks an account as the check's own, also for later trips.
func (t *trip) claim(is *mapping.Record) {
	if is != nil {
		t.id, t.ours[is.ID] = is.RawID, true
	}
}

// reversedAtBirth notes if a second call had to give the new user access, and
// reports whether that shows that the status is read the wrong way round.
func (t *trip) reversedAtBirth() bool {
	answered := t.writes[0].record
	if !t.Document.Access.Shows() || answered == nil || answered.Active {
		return false
	}
	line := t.line("write: create", Warn, "access",
		"By this mapping a new user has no access%s, and the gateway grants it by a second call.", t.statusWord(answered)).
		advise("If Suger gives new users access, active and inactive are reversed: swap them. If the status means invited, add it to active and pending.")
	if u := t.users.fields.use("status"); u.kind() == isFlag && !saysItself(u.field.String()) {
		line.Level = Fail
	}
	t.add(line)
	return line.Level == Fail
}

func (t *trip) rename(ctx context.Context) {
	if a, mapped := t.Document.User.Attributes["name.familyName"]; mapped && a.Write != spec.WriteCreate {
		t.renames = t.renameTo(ctx, tripOtherName, active)
	}
}

// renameAgain changes the name of a user who has another role than the default one,
// which shows whether Suger resets what a call leaves out, and ends with the same name.
func (t *trip) renameAgain(ctx context.Context) {
	if t.renames && t.gaveRole && t.renameTo(ctx, tripFamilyName, active) && t.Document.Access.End.Way != spec.BySetStatus {
		t.renameTo(ctx, tripOtherName, active)
	}
}

// renameTo changes the name. A success is reported once.
func (t *trip) renameTo(ctx context.Context, family string, wanted state) bool {
	t.family = family
	return ctx.Err() == nil && t.patch(ctx, step{check: "write: name", wanted: wanted, sends: "name", quiet: t.renames}, map[string]any{"familyName": family})
}

// mostRoles bounds how many roles are given in turn.
const mostRoles = 5

// changeRole gives each other role in turn that has no power over users.
func (t *trip) changeRole(ctx context.Context) {
	var roles []mapping.RoleName
	if t.roles != nil {
		roles = slices.DeleteFunc(slices.Clone(t.roles), func(role mapping.RoleName) bool {
			return role.ID == t.role.ID || slices.ContainsFunc(t.Document.Role.Known, func(known spec.KnownRole) bool {
				return known.Administrator && (known.IDText() == role.ID || fold(known.Name) == fold(role.Name)) // one that is called so, too
			})
		})
	}
	if len(roles) == 0 {
		t.note("write: role", Warn, "role.known", "Not tried: every other role is an administrator's.")
		return
	}
	for _, role := range roles[:min(len(roles), mostRoles)] {
		t.role = role
		if !t.patch(ctx, step{check: "write: role", wanted: active, sends: mapping.URNSuger}, map[string]any{"role": role.ID}) || ctx.Err() != nil {
			return
		}
		t.gaveRole = true
	}
	if more := len(roles) - mostRoles; more > 0 {
		t.note("write: role", OK, "", "Not tried: %s.", count(more, "more role"))
	}
	t.note("sign-in methods", OK, "", "Not visible to the check. Suger keeps them with the role: after the first role change, "+
		"compare the person's sign-in methods in Suger's console with those before.")
}

// leaveAndReturn ends access and gives it back: by the status, or by adding the user again.
func (t *trip) leaveAndReturn(ctx context.Context) {
	t.patch(ctx, step{check: "write: deactivate", wanted: inactive, sends: "active"}, false)
	if ctx.Err() != nil {
		return
	}
	switch is, err := t.find(ctx); {
	case err == nil && is != nil && is.Active:
		return // the failure to deactivate has been reported
	case err == nil && is != nil:
		if t.Document.Access.End.Way != spec.BySetStatus || t.renames && t.renameTo(ctx, tripOtherName, inactive) {
			t.patch(ctx, step{check: "write: return", wanted: active, sends: "active"}, true)
		}
		return
	}
	before := t.id
	o := t.take(ctx, step{check: "write: return", wanted: active, send: t.sendCreate, read: t.inList})
	t.claim(o.is)
	succeeded := t.judge(ctx, o)
	switch {
	case t.Document.Access.End.Way == spec.BySetStatus && (o.is == nil || t.id != before):
		t.hidden = before
		t.add(t.line("write: return", Warn, "operations.list users",
			"Suger's list does not show users without access, so the gateway adds a returning user again instead of restoring access. The account of before%s stays in Suger.", idShown(before)).
			advise("Find in Suger's documentation how the list shows everybody, such as by a query parameter. If it cannot, set access.end to %q.", spec.ByRemoval))
	case succeeded && t.id != before:
		t.note("write: return", OK, "access.end", "A user who is removed and added again gets a new id. That does no harm: Okta finds the user by userName when it assigns the app again.")
	}
}

func (t *trip) remove(ctx context.Context) {
	if t.Document.Operations.RemoveUser == nil {
		t.note("write: remove", Warn, "operations", "Not tried: the mapping has no operation that removes a user.")
		return
	}
	t.removed = t.judge(ctx, t.take(ctx, step{check: "write: remove", wanted: gone,
		send: func(ctx context.Context) error { return t.service.Delete(ctx, fmt.Sprint(t.id), "") },
		read: func(ctx context.Context) (*mapping.Record, error) {
			if is, err := t.find(ctx); is != nil || err != nil {
				return is, err
			}
			return t.inList(ctx) // the list has to agree
		}}))
}

// notTried names the operations of the mapping that no step called, besides those
// that every trip calls.
func (t *trip) notTried(level Level, format string) {
	names := slices.DeleteFunc([]string{
		spec.OpUpdateUser, spec.OpRemoveUser, spec.OpActivateUser, spec.OpDeactivateUser, spec.OpSetRole, spec.OpGrantRole, spec.OpRevokeRole,
		spec.OpAddRole, spec.OpUpdateRole, spec.OpRemoveRole,
	}, func(name string) bool {
		_, tried := t.proven[name]
		return tried || t.Document.Operations.Named(name) == nil
	})
	if len(names) > 0 {
		t.note("not tried", level, "", format, series(names))
	}
}

// find reads the user afresh, by id where that proves who is a member; nil if
// there is none.
func (t *trip) find(ctx context.Context) (*mapping.Record, error) {
	call, ok := t.probe.Call(opGetUser, t.id)
	if !ok || t.coversEverybody() {
		return t.inList(ctx)
	}
	_, user, err := t.getOne(ctx, call)
	switch {
	case status(err) == http.StatusNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	t.user = user
	return t.probe.ReadUser(user)
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
func (t *trip) listed(ctx context.Context) (found []*mapping.Record, err error) {
	rows, err := t.withAddress(ctx, t.Write)
	for _, row := range rows {
		found, t.unseen, t.user = append(found, row.record), nil, decoded([]byte(row.text))
	}
	return found, err
}

// A row is one of a list, as Suger writes it.
type row struct {
	text   string
	record *mapping.Record
}

// withAddress returns the rows of the list of users that have an address. Rows
// that the gateway cannot read have none.
func (r *run) withAddress(ctx context.Context, address string) (found []row, err error) {
	call, _ := r.probe.Call(opListUsers, nil) // every mapping has it
	rows, _, err := r.readRows(ctx, call, r.probe.Paging(opListUsers), mostRows)
	for _, text := range rows {
		if record, err := r.probe.ReadUser(decoded([]byte(text))); err == nil && strings.EqualFold(record.UserName, address) {
			found = append(found, row{text, record})
		}
	}
	return found, err
}
