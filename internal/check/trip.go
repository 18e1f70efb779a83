package check

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// The name that the throw-away user is given, and changed to.
const (
	tripGivenName  = "Preflight"
	tripFamilyName = "Check"
	tripOtherName  = "Checked"
)

// A trip is the life of one throw-away user.
type trip struct {
	*run
	service *mapping.Users
	id      any                // of the user, as Suger writes it; nil while there is none
	calls   []mapping.Exchange // of the step under way
	tried   map[string]bool    // operations
	proven  map[string]bool    // of these, whether every step by them went well
	said    []string           // so that nothing is said at length twice
	removed bool               // by the step that is for it
	waited  bool               // the list did not show who was added at once
	unseen  *mapping.Exchange  // the latest call that added the user, until the list shows them
	began   time.Time
	added   bool // a call that adds was done, or may have been
	alien   bool // the address turned out to be somebody's whom the list does not show
	known   bool // Suger knew the address, and so keeps the names that it has for it

	kept      bool // Suger still lists who was added
	gaveRole  bool // a change of the role went well
	row       any  // the user as Suger showed them last
	rowBefore any  // and before the step under way

	role   mapping.RoleName // the role that the user should have
	family string           // and the family name
}

// make goes through the steps. One that fails does not keep the later ones from
// being tried, as long as the user exists.
func (t *trip) make(ctx context.Context) {
	t.role, _ = t.roleOfNewcomer()
	steps := []func(context.Context){t.rename, t.changeRole, t.deactivate, t.comeBack, t.remove}
	if !t.create(ctx) {
		t.notTried(Look, "Not tried, since nobody was added: %s.", slices.Clone(changing)...)
		return
	}
	t.add(Line{Check: "managing users", Level: OK, Text: "The credential may add users."})
	for _, step := range steps {
		if ctx.Err() != nil {
			return
		}
		step(ctx)
	}
	t.notTried(OK, "Besides: %s.", slices.Concat(changing[2:], []string{spec.OpAddRole, spec.OpUpdateRole, spec.OpRemoveRole})...)
}

// changing are the operations that change somebody who is there.
var changing = []string{spec.OpUpdateUser, spec.OpRemoveUser, spec.OpActivateUser, spec.OpDeactivateUser, spec.OpSetRole, spec.OpGrantRole, spec.OpRevokeRole}

// notTried names the operations of some that the mapping has and no step called.
func (t *trip) notTried(level Level, text string, operations ...string) {
	names := slices.DeleteFunc(operations, func(name string) bool { return t.Document.Operations.Named(name) == nil || t.tried[name] })
	if len(names) > 0 {
		t.add(Line{Check: "not tried", Level: level, Text: fmt.Sprintf(text, both(names))})
	}
}

// roleOfNewcomer is the default role.
func (t *trip) roleOfNewcomer() (mapping.RoleName, bool) {
	name := firstWord(t.DefaultRole, t.Document.Role.Default)
	if t.roles == nil {
		return mapping.RoleName{}, false
	}
	return t.roles.called(name)
}

// resource is the user as a SCIM client would create it.
func (t *trip) resource() scim.Resource {
	r := scim.Resource{
		"schemas": []any{scim.URNUser, mapping.URNSuger}, "userName": t.Write, "active": true,
		"name": map[string]any{"givenName": tripGivenName, "familyName": t.family},
	}
	if t.role.ID != "" {
		r[mapping.URNSuger] = map[string]any{"role": t.role.ID}
	}
	return r
}

func (t *trip) create(ctx context.Context) bool {
	t.family = tripFamilyName
	err := t.do(ctx, t.sendCreate)
	is, readErr := t.appears(ctx)
	if is != nil {
		t.id = is.RawID
	}
	met := is
	if met == nil {
		met = t.answeredRecord() // the list may go on hiding who was there
	}
	if met != nil && !t.ours[met.ID] && t.wasThere(met) {
		t.id = met.RawID
		if why := t.notOurs(met); why != "" {
			t.leaveAlone(ctx, met, why)
			return false
		}
	}
	if is != nil {
		t.own(is)
	}
	if t.judge(ctx, outcome{"write: create", err, is, readErr}, active) && t.reversedAtBirth() {
		return false
	}
	if is != nil && is.Unknown {
		t.newStatus(is)
	}
	return is != nil
}

// own notes an account as the check's own, for later trips, too.
func (t *trip) own(is *mapping.Record) {
	if t.ours != nil {
		t.ours[is.ID] = true
	}
}

// wasThere reports whether a user is older than the check, or Suger knew the address
// by another name.
func (t *trip) wasThere(is *mapping.Record) bool {
	answer, _ := t.firstAnswer()
	for attribute, sent := range map[string]string{"name.givenName": tripGivenName, "name.familyName": t.family} {
		in := t.Document.User.Attributes[attribute]
		if was := answer[attribute]; in.Part == spec.WholeField && was != "" && was != sent {
			return true
		}
	}
	return t.users.ids[is.ID] || t.olderByID(is.ID) || !is.Created.IsZero() && is.Created.Before(t.began.Add(-clocksDiffer))
}

// olderByID reports whether an id lies below the largest of a list that has only
// numbers: who is added gets a higher one.
func (t *trip) olderByID(id string) bool {
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return false
	}
	largest := uint64(0)
	for known := range t.users.ids {
		other, err := strconv.ParseUint(known, 10, 64)
		if err != nil {
			return false
		}
		largest = max(largest, other)
	}
	return number < largest
}

// notOurs says why an account that was there before must not be changed, "" if it is
// the throw-away user of an earlier check, or taken for it by whom runs this one.
// That names and role show as sent proves nothing: a creation may write them over
// those of whoever has the address.
func (t *trip) notOurs(is *mapping.Record) string {
	switch {
	case t.users.ids[is.ID]:
		return "the list has this id under another address"
	case t.KnownAccount, t.leftBefore():
		t.known = true
		t.add(Line{Check: "write: create", Level: OK, stays: t.KnownAccount, Text: fmt.Sprintf("Suger knew %s before, though not as a member: %s.", t.Write,
			map[bool]string{true: "--known-account says that it may be changed and removed", false: "the name is the one that an earlier check has left"}[t.KnownAccount])})
		return ""
	case len(t.otherValues(is)) > 0:
		return "Suger shows " + textOf(t.otherValues(is))
	case !is.Active:
		return "the account has no access" + t.statusWord(is)
	}
	for _, e := range t.writes() {
		if e.Call.Operation != spec.OpAddUser && e.Call.Operation != spec.OpAddMember {
			return fmt.Sprintf("after adding, it had to be changed by %q to be as sent", e.Call.Operation)
		}
	}
	return "nothing shows that an earlier check has left it"
}

// leftBefore reports whether the first answer shows the last name that a check
// gives, which is not the one just sent, so that Suger had it before.
func (t *trip) leftBefore() bool {
	before, known := t.firstAnswer()
	given, family := before["name.givenName"], before["name.familyName"]
	const full = tripGivenName + " " + tripOtherName // where one field has the whole name
	return known && (given == tripGivenName && family == tripOtherName || given == full && family == full)
}

// firstAnswer are the attributes that the first answer of the step shows.
func (t *trip) firstAnswer() (values map[string]string, ok bool) {
	for _, e := range t.writes() {
		if e.Answer == nil {
			continue
		}
		user, found := t.answerOf(e)
		values = make(map[string]string)
		for name, a := range t.Document.User.Attributes {
			if value, there := a.Field.In(user); there {
				values[name], ok = fmt.Sprint(value), found
			}
		}
		return values, ok
	}
	return nil, false
}

// leaveAlone ends the round trip when the address turned out to be somebody's whom
// the list had not shown. What the attempt changed is undone, as far as Suger's
// first answer shows what was before; nothing else is written.
func (t *trip) leaveAlone(ctx context.Context, is *mapping.Record, why string) {
	t.alien, t.report.last = true, true
	text := fmt.Sprintf("%s was there before%s, though the list of users did not show it, and may be somebody's: %s. The attempt was %s.", t.Write, t.idShown(t.id), why, t.done())
	if before, known := t.firstAnswer(); !known || before["name.givenName"] == tripGivenName {
		text += fmt.Sprintf(" If the account had another name or role, they were written over with %s %s%s, and what they were is not known.",
			tripGivenName, t.family, map[bool]string{true: " and role " + t.role.Name}[t.role.Name != ""])
	}
	if before, known := t.firstAnswer(); known {
		name := make(map[string]any)
		for _, part := range []string{"givenName", "familyName"} {
			if was, held := before["name."+part]; held && was != is.Values["name."+part] {
				name[part] = was
			}
		}
		switch {
		case len(name) == 0:
		case t.sendPatch(ctx, map[string]any{"name": name}) == nil:
			text += " The name, which the attempt changed, is as before."
		default:
			text += " The name, which the attempt changed, could not be changed back."
		}
	}
	switch before := t.answeredRecord(); {
	case before == nil || before.Active || !is.Active:
		text += fmt.Sprintf(" Suger shows %s; nothing more was written.", t.shown(is))
	case t.sendPatch(ctx, map[string]any{"active": false}) != nil:
		text += " Access was given by the attempt and could not be ended again."
	default:
		text += " Access was given by the attempt, and has been ended again."
	}
	t.add(Line{Check: "write: create", Level: Fail, stays: true, Mapping: t.at("operations.list users"), Text: text,
		Change: "Look at this user in Suger's console, and set name and role as they should be. Who was no member is one now: end that membership there. " +
			"If it was a member, find in Suger's documentation how its list shows everybody, such as by a query parameter. " +
			"If it is the account of an earlier check, add --known-account. Otherwise choose an address that was never used in Suger."})
}

// answeredRecord is the user as the answer to adding shows it, or nil.
func (t *trip) answeredRecord() *mapping.Record {
	for _, e := range t.writes() {
		if e.Answer == nil || e.Call.Operation != spec.OpAddUser {
			continue
		}
		if user, ok := t.answerOf(e); ok {
			if record, err := t.probe.ReadUser(user); err == nil {
				return record
			}
		}
	}
	return nil
}

// reversedAtBirth says if somebody who was just added had to be given access by a
// call of its own, and reports whether that shows that the status is read the wrong
// way round.
func (t *trip) reversedAtBirth() bool {
	record := t.answeredRecord()
	if !t.Document.Access.Shows() || record == nil || record.Active {
		return false
	}
	u := t.users.fields.use("status")
	line := Line{Check: "write: create", Level: Look, Mapping: t.at("access"),
		Text:   fmt.Sprintf("Who is added has no access by this mapping%s, and the gateway gives it by a second call.", t.statusWord(record)),
		Change: "If Suger gives access to whom it adds, active and inactive are the wrong way round: swap them. If the word means invited, add it to active and pending."}
	if u.kind() == isFlag && !saysItself(u.field.String()) {
		line.Level = Fail
	}
	t.add(line)
	return line.Level == Fail
}

// sendCreate creates the user by a SCIM request.
func (t *trip) sendCreate(ctx context.Context) error {
	_, err := t.service.Create(ctx, t.resource(), nil)
	return err
}

func (t *trip) rename(ctx context.Context) {
	if !t.canWrite("name.familyName") {
		return
	}
	t.family = tripOtherName
	t.patch(ctx, "write: name", map[string]any{"name": map[string]any{"familyName": t.family}}, active)
}

// canWrite reports whether the mapping lets an attribute of a user change.
func (t *trip) canWrite(attribute string) bool {
	a, held := t.Document.User.Attributes[attribute]
	return held && a.Write != "create"
}

// newStatus names a word for the status that only somebody who was just added has.
func (t *trip) newStatus(is *mapping.Record) {
	t.users.unknown[is.Status]++
	line := Line{Check: "status words", Level: Look, Mapping: t.at("access"), Fixes: t.meaningFixes(),
		Text:   fmt.Sprintf("Who is added has the status %q, which the mapping does not know.", is.Status),
		Change: "Say in access what it means."}
	if line.Fixes != nil {
		line.propose(line.Fixes...)
	}
	t.add(line)
}

// mostRoles bounds how many roles are given in turn.
const mostRoles = 5

// changeRole gives each role in turn that gives no power over others.
func (t *trip) changeRole(ctx context.Context) {
	roles := t.otherRoles()
	if len(roles) == 0 {
		t.add(Line{Check: "write: role", Level: Look, Mapping: t.at("role.known"),
			Text: "Not tried: there is no other role but administrators'."})
		return
	}
	well := false
	for _, role := range roles[:min(len(roles), mostRoles)] {
		t.role = role
		well = t.patch(ctx, "write: role", map[string]any{mapping.URNSuger: map[string]any{"role": role.ID}}, active)
		if !well || ctx.Err() != nil {
			break
		}
		t.gaveRole = true
	}
	if more := len(roles) - mostRoles; well && more > 0 {
		t.add(Line{Check: "write: role", Level: OK, Text: fmt.Sprintf("Not tried: %s.", count(more, "more role"))})
	}
	if well {
		t.add(Line{Check: "sign-in methods", Level: OK,
			Text: "Not to be seen from here. Suger keeps them beside the role: after the first role change, look in Suger's console whether the person's sign-in methods are as before."})
	}
}

// otherRoles are the roles besides the one held that give no power over others.
func (t *trip) otherRoles() []mapping.RoleName {
	if t.roles == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(t.roles.roles), func(role mapping.RoleName) bool {
		return role.ID == t.role.ID || t.isAdministrator(role)
	})
}

func (t *trip) deactivate(ctx context.Context) {
	t.patch(ctx, "write: deactivate", map[string]any{"active": false}, inactive)
}

// comeBack gives access back: by the status, or by adding the user again.
func (t *trip) comeBack(ctx context.Context) {
	is, err := t.find(ctx)
	if err == nil && is != nil {
		if is.Active {
			return // the failure to deactivate has been said
		}
		t.patch(ctx, "write: return", map[string]any{"active": true}, active)
		return
	}
	before := t.id
	err = t.do(ctx, t.sendCreate)
	is, readErr := t.inList(ctx)
	if is != nil {
		t.id = is.RawID
	}
	if is != nil {
		t.own(is)
	}
	if t.judge(ctx, outcome{"write: return", err, is, readErr}, active) && t.id != before {
		t.add(Line{Check: "write: return", Level: OK, Mapping: t.at("access.end"),
			Text: "Who is removed and added again gets another id. Okta looks the person up by userName when it assigns again, so that does no harm."})
	}
}

func (t *trip) remove(ctx context.Context) {
	if t.Document.Operations.RemoveUser == nil {
		t.add(Line{Check: "write: remove", Level: Look, Mapping: t.at("operations"), Text: "Not tried: the mapping has no operation that removes a user."})
		return
	}
	err := t.do(ctx, func(ctx context.Context) error { return t.service.Delete(ctx, fmt.Sprint(t.id), "") })
	is, readErr := t.find(ctx)
	if is == nil && readErr == nil {
		is, readErr = t.inList(ctx) // two witnesses
	}
	t.removed = t.judge(ctx, outcome{"write: remove", err, is, readErr}, gone)
}

// patch makes a change and judges what came of it.
func (t *trip) patch(ctx context.Context, check string, value map[string]any, wanted state) bool {
	err := t.do(ctx, func(ctx context.Context) error { return t.sendPatch(ctx, value) })
	is, readErr := t.find(ctx)
	return t.judge(ctx, outcome{check, err, is, readErr}, wanted)
}

// sendPatch changes the user by a SCIM request without a path, as Okta does.
func (t *trip) sendPatch(ctx context.Context, value map[string]any) error {
	_, err := t.service.Patch(ctx, fmt.Sprint(t.id), map[string]any{
		"schemas":    []any{scim.URNPatchOp},
		"Operations": []any{map[string]any{"op": "replace", "value": value}},
	}, "", nil)
	return err
}

// do makes one step and keeps its calls.
func (t *trip) do(ctx context.Context, step func(context.Context) error) error {
	t.calls, t.rowBefore = nil, t.row
	return step(mapping.WithExchanges(ctx, func(e mapping.Exchange) {
		t.calls = append(t.calls, e)
		t.tried[e.Call.Operation] = true
		if name := e.Call.Operation; name == spec.OpAddUser || name == spec.OpAddMember {
			if fail := asFailure(e.Err); e.Answer != nil || fail != nil && fail.Uncertain {
				t.unseen, t.added = &e, true
			}
		}
	}))
}
