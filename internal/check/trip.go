package check

import (
	"context"
	"fmt"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
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
	said    []string           // so that nothing is said at length twice
	removed bool               // by the step that is for it
	began   time.Time
	alien   bool // the address turned out to be somebody's whom the list does not show

	role   mapping.RoleName // the role that the user should have
	family string           // and the family name
}

// make goes through the steps. One that fails does not keep the later ones from
// being tried, as long as the user exists.
func (t *trip) make(ctx context.Context) {
	t.role, _ = t.roleOfNewcomer()
	steps := []func(context.Context){t.rename, t.changeRole, t.deactivate, t.comeBack, t.remove}
	if !t.create(ctx) {
		t.notReached()
		return
	}
	t.add(Line{Check: "managing users", Level: OK, Text: "The credential may add users."})
	for _, step := range steps {
		if ctx.Err() != nil {
			return
		}
		step(ctx)
	}
	t.notTried()
}

// notReached names the operations that change a user, where there is none.
func (t *trip) notReached() {
	var names []string
	for _, name := range []string{"update user", "remove user", "activate user", "deactivate user", "set role", "grant role", "revoke role"} {
		if t.Document.Operations.Named(name) != nil && !t.tried[name] {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		t.add(Line{Check: "not tried", Level: Look, Text: fmt.Sprintf("Not tried, since nobody was added: %s.", both(names))})
	}
}

// notTried names the operations that no user is needed for.
func (t *trip) notTried() {
	var names []string
	for _, name := range []string{"set role", "grant role", "revoke role", "activate user", "deactivate user", "add role", "update role", "remove role"} {
		if t.Document.Operations.Named(name) != nil && !t.tried[name] {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		t.add(Line{Check: "not tried", Level: OK, Text: "Besides: " + both(names) + "."})
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
	is, readErr := t.inList(ctx)
	if is != nil {
		t.id = is.RawID
	}
	if is != nil && t.wasThere(is) {
		t.leaveAlone(ctx, is)
		return false
	}
	t.judge(ctx, outcome{"write: create", err, is, readErr}, active)
	return is != nil
}

// wasThere reports whether a user is older than the check.
func (t *trip) wasThere(is *mapping.Record) bool {
	return t.users.ids[is.ID] || !is.Created.IsZero() && is.Created.Before(t.began.Add(-clocksDiffer))
}

// leaveAlone ends the round trip when Suger has given access back to somebody
// whom its list had not shown, and takes it again.
func (t *trip) leaveAlone(ctx context.Context, is *mapping.Record) {
	t.alien = true
	line := Line{Check: "write: create", Level: Fail, Mapping: t.at("operations.list users"),
		Text:   fmt.Sprintf("%s was there before, though the list of users did not show it. Access was given by the attempt, and has been ended again.", t.Write),
		Change: "Look at this user's role and name in Suger's console. Find in Suger's documentation how its list shows everybody, such as by a query parameter."}
	if err := t.sendPatch(ctx, map[string]any{"active": false}); err != nil && is.Active {
		line.Text = fmt.Sprintf("%s was there before, though the list of users did not show it. Access was given by the attempt and could not be ended again.", t.Write)
	}
	t.add(line)
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

func (t *trip) changeRole(ctx context.Context) {
	other, ok := t.otherRole()
	if !ok {
		t.add(Line{Check: "write: role", Level: Look, Mapping: t.at("role.known"),
			Text: "Not tried: there is no other role but administrators'."})
		return
	}
	t.role = other
	if t.patch(ctx, "write: role", map[string]any{mapping.URNSuger: map[string]any{"role": other.ID}}, active) {
		t.add(Line{Check: "sign-in methods", Level: OK,
			Text: "Not to be seen from here. Suger keeps them beside the role: after the first role change, look in Suger's console whether the person's sign-in methods are as before."})
	}
}

// otherRole is a role besides the one held that gives no power over others.
func (t *trip) otherRole() (mapping.RoleName, bool) {
	if t.roles == nil {
		return mapping.RoleName{}, false
	}
	return t.roles.find(func(role mapping.RoleName) bool { return role.ID != t.role.ID && !t.isAdministrator(role) })
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
	t.calls = nil
	return step(mapping.WithExchanges(ctx, func(e mapping.Exchange) {
		t.calls = append(t.calls, e)
		t.tried[e.Call.Operation] = true
	}))
}
