package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// A state is the expected state of the user after a step.
type state int

const (
	active   state = iota // present, with access
	inactive              // without access, present or not
	gone                  // not present
)

// A difference is a deviation from the expected result of a step.
type difference struct {
	text      string
	values    []string // placeholders in a body that stand for it
	operation string   // that should have made it, "" if the placeholders show that
}

// judge reports the outcome of a step, and whether it succeeded. Later steps
// expect the user as it is now, so that nothing is reported twice.
func (t *trip) judge(ctx context.Context, o outcome) bool {
	differences := t.differences(o.is, o.wanted)
	line := t.outcomeLine(ctx, o, differences)
	said := line.Text + line.Change
	if line.Level == Fail && slices.Contains(t.said, said) {
		line.Text, line.Change = "Fails as above.", ""
	}
	t.said = append(t.said, said)
	if !o.quiet || line.Level != OK {
		t.add(line)
	}
	for _, c := range t.writes {
		was, tried := t.proven[c.Call.Operation]
		t.proven[c.Call.Operation] = line.Level != Fail && (was || !tried)
	}
	if o.is != nil {
		t.expect(o.is, o.wanted)
	}
	return line.Level != Fail
}

// expect sets the user's current name and role as expected after the next step.
// A user without access may show no role, and must get it back.
func (t *trip) expect(is *mapping.Record, wanted state) {
	if family, mapped := is.Values["name.familyName"]; mapped {
		t.family = family
	}
	if wanted == inactive && !is.Active {
		return
	}
	t.role = mapping.RoleName{} // none is expected
	if len(is.Roles) == 1 {
		t.role, _ = t.roles.of(is.Roles[0])
	}
}

func (t *trip) outcomeLine(ctx context.Context, o outcome, differences []difference) Line {
	line := t.line(o.check, Fail, "", "")
	callFailed := func(c *stepCall, more string) Line {
		line := t.failed(ctx, c.Call, c.Err)
		line.Check, line.Text = o.check, c.Call.Operation+": "+line.Text+more
		return line
	}
	var texts []string
	for _, d := range differences {
		texts = append(texts, d.text)
	}
	shows := series(texts)
	if o.sends != "" && o.sends != "active" && o.wanted == inactive {
		shows = strings.Replace(shows, "still has access", "has access again", 1)
	}
	cause := t.call(func(c *stepCall) bool { return o.err != nil && c.Err != nil && errors.Is(o.err, c.Err) })
	// The gateway interprets this answer otherwise, such as for the removal of a missing user.
	refused := t.call(func(c *stepCall) bool {
		return c.Call.Method != http.MethodGet && (status(c.Err) == http.StatusNotFound || status(c.Err) == http.StatusMethodNotAllowed)
	})
	switch errorFixes := t.errorFixes(); {
	case ctx.Err() != nil:
		line.Text = "Not finished."
	case cause != nil:
		line = callFailed(cause, "")
		if len(differences) > 0 && line.Fixes == nil {
			t.otherWays(&line, status(cause.Err))
		}
	case o.err != nil && len(t.writes) == 0:
		line.Text = "The gateway refuses: " + detailOf(o.err)
	case o.readErr != nil:
		line.Text = fmt.Sprintf("After %s the user cannot be read: %s.", t.done(), strings.TrimRight(detailOf(o.readErr), "."))
	case len(differences) > 0 && refused != nil:
		line = callFailed(refused, " Suger shows "+shows+".")
		if line.Fixes == nil {
			t.otherWays(&line, 0)
		}
	case len(differences) > 0:
		line.Text = fmt.Sprintf("After %s Suger shows %s.", t.done(), shows)
		switch {
		case errorFixes != nil:
			line.Mapping, line.Text = t.at("errors"), line.Text+" The answer reports a failure, and the mapping treats it as a success."
			return line.propose(errorFixes...)
		case t.resets(o.step, differences):
			line.Mapping, line.Text = t.at("operations.update user"), line.Text+" The call did not send that: Suger resets what an update leaves out."
			if t.Document.Operations.UpdateUser.Sends != spec.SendsWholeObject {
				line = line.propose(fix("operations.update user.sends", string(spec.SendsWholeObject)))
			}
			return line
		}
		line.Mapping = t.placeOf(differences[0])
		line = line.advise("Suger accepts this part of the call but does not apply it: compare it with Suger's documentation.")
		t.otherWays(&line, 0)
		return line
	case o.err != nil && o.is != nil && !o.is.Active && t.removes():
		line.Text = fmt.Sprintf("Suger applied %s and still lists the user, without access: the gateway would answer with an error, because that is no removal to it.", t.done())
		line = line.advise(`Okta only deactivates users. If another client deletes them, leave "remove user" out: then the gateway answers 501.`)
		if o.wanted == inactive {
			line.Mapping = t.at("access.end")
			line = line.propose(t.endByMark()...)
		} else if t.Document.Access.End.Way != spec.BySetStatus { // the end of access has been judged, and needs the call
			line.Level = Warn
		}
	case o.err != nil:
		line.Text = fmt.Sprintf("Suger applied %s, but the gateway would answer with an error: %s", t.done(), detailOf(o.err))
		if t.waited {
			return line.propose(showsLater)
		}
		return line.propose(t.answersElsewhere()...)
	default:
		line.Level, line.Text = OK, fmt.Sprintf("Done by %s. Read back: %s.", t.done(), t.shown(o.is))
		if fixes := t.answersElsewhere(); fixes != nil && !slices.Contains(t.said, fixes[0].Entry) {
			line.Level, line.Mapping = Warn, t.at(fixes[0].Entry)
			line = line.propose(fixes...).also("That saves a read.")
			t.said = append(t.said, fixes[0].Entry)
		}
	}
	return line
}

func (t *trip) call(is func(*stepCall) bool) *stepCall {
	if i := slices.IndexFunc(t.writes, is); i >= 0 {
		return t.writes[i]
	}
	return nil
}

// differences compares the user with what a step wanted.
func (t *trip) differences(is *mapping.Record, wanted state) (found []difference) {
	switch {
	case wanted == gone && is != nil && is.Active:
		return []difference{{text: "that the user is still there"}}
	case wanted == gone, wanted == inactive && (is == nil || !is.Active):
		return nil // or kept without access, like a removed user
	case is == nil:
		return []difference{{text: "no such user"}}
	case wanted == inactive:
		return []difference{{text: "that the user still has access" + t.statusWord(is), values: []string{"status"}}}
	case !is.Active:
		found = append(found, difference{text: "a user without access" + t.statusWord(is), values: []string{"status"}})
	}
	for _, name := range []struct{ attribute, want string }{{"name.givenName", tripGivenName}, {"name.familyName", t.family}} {
		if shown, mapped := is.Values[name.attribute]; mapped && shown != name.want {
			found = append(found, difference{text: fmt.Sprintf("%s %q instead of %q", name.attribute, shown, name.want),
				values: []string{name.attribute, "name.formatted", "displayName"}})
		}
	}
	holds := func(ref mapping.RoleName) bool { role, ok := t.roles.of(ref); return ok && role.ID == t.role.ID }
	if t.role.ID == "" || len(is.Roles) == 1 && holds(is.Roles[0]) {
		return found
	}
	d := difference{text: fmt.Sprintf("%s instead of role %s", t.rolesShown(is), t.role.Name), values: []string{"role", "role.name", "roles", "roles.names"}}
	if len(is.Roles) > 1 && t.Document.Operations.RevokeRole != nil {
		d.operation = spec.OpRevokeRole
	}
	return append(found, d)
}

// resets reports whether the update of a step changed what it did not send.
func (t *trip) resets(s step, differences []difference) bool {
	sent := map[string]string{"name": "name.", mapping.URNSuger: "role", "active": "status"}[s.sends]
	return sent != "" && t.call(func(c *stepCall) bool { return c.Call.Operation == spec.OpUpdateUser && c.Err == nil }) != nil &&
		!slices.ContainsFunc(differences, func(d difference) bool { return d.values != nil && strings.HasPrefix(d.values[0], sent) })
}

// placeOf returns where the mapping sends what differs, in the last call that
// does.
func (t *trip) placeOf(d difference) *Place {
	if d.operation != "" {
		return t.at(spec.OperationPath(d.operation))
	}
	sends := func(value any) bool {
		_, object := value.(map[string]any)
		return !object && slices.ContainsFunc(d.values, func(name string) bool { return strings.Contains(fmt.Sprint(value), "{"+name+"}") })
	}
	for _, c := range slices.Backward(t.writes) {
		body := t.Document.Operations.Named(c.Call.Operation).Body
		for _, path := range pathsOf(body, "") {
			if value, _ := at(body, path); sends(value) {
				return t.at(spec.OperationPath(c.Call.Operation) + ".body." + path)
			}
		}
	}
	if last := len(t.writes) - 1; last >= 0 {
		return t.at(spec.OperationPath(t.writes[last].Call.Operation))
	}
	return nil
}

func (t *trip) done() string {
	var texts []string
	for _, c := range t.writes {
		answer := "failed"
		if c.Answer != nil {
			answer = fmt.Sprint(c.Answer.Status)
		}
		if c.lacksUser() {
			answer += ", no user in the answer"
		}
		texts = append(texts, fmt.Sprintf("%s (%s)", c.Call.Operation, answer))
	}
	return cmp.Or(series(texts), "no call")
}

func (t *trip) statusWord(is *mapping.Record) string {
	if is.Status == "" {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", t.Document.Access.Field, is.Status)
}

func (t *trip) rolesShown(is *mapping.Record) string {
	if len(is.Roles) == 0 {
		return "no role"
	}
	var names []string
	for _, ref := range is.Roles {
		role, _ := t.roles.of(ref)
		names = append(names, cmp.Or(role.Name, ref.Name, ref.ID))
	}
	return "role " + series(names)
}

// shown describes the user as Suger shows it.
func (t *trip) shown(is *mapping.Record) string {
	if is == nil {
		return "no such user"
	}
	return t.rolesShown(is) + ", " + accessOf(is) + t.statusWord(is)
}

func accessOf(is *mapping.Record) string {
	if is.Active {
		return "with access"
	}
	return "without access"
}

// otherWays lists other calls for the change of a step that Suger refused or, with
// status 0, accepted and did not apply.
func (t *trip) otherWays(line *Line, status int) {
	field, value := t.marked()
	tries := ownRoleTries(t.Document)
	switch {
	case line.Check == "write: role" && !t.gaveRole && tries != nil && slices.Contains([]int{0, http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity}, status):
		line.Fixes = tries
		*line = line.also("If roles have calls of their own, which --suggest tries with --try-verbs: " + lowerFirst(say(tries...)))
	case field != "":
		line.Mapping = t.at("access")
		line.Text += fmt.Sprintf(" But %s is set now: Suger marks removed users and still lists them.", field)
		shows := []Fix{fix("access.field", field), fix("access.absent", "active")}
		if flag, is := value.(bool); is {
			shows = []Fix{fix("access.field", field), fix("access.active", []any{!flag}), fix("access.inactive", []any{flag})}
		}
		*line = line.propose(slices.Concat(shows, t.endByMark())...)
	case line.Check == "write: deactivate" && status == 0 && t.Document.Access.End.Way == spec.BySetStatus:
		*line = line.also(fmt.Sprintf("If another call of Suger's ends access, set access.end to it, or to %q.", spec.ByRemoval))
	}
}

func (t *trip) removes() bool {
	return slices.ContainsFunc(t.writes, func(c *stepCall) bool { return c.Call.Operation == spec.OpRemoveUser && c.Err == nil })
}

// endByMark ends access by the call that removes and leaves the user in the list, and
// gives it back by adding the user again.
func (t *trip) endByMark() []Fix {
	ops := &t.Document.Operations
	if t.Document.Access.End.Way != spec.ByRemoval || ops.AddMember != nil {
		return nil
	}
	return []Fix{
		fix("access.end", map[string]any{"call": callText(ops.RemoveUser.Call), "repeat": true}),
		fix("access.give", map[string]any{"call": callText(ops.AddUser.Call), "body": withoutRole(ops.AddUser.Body)}),
	}
}

func withoutRole(body any) any {
	from, is := body.(map[string]any)
	if !is {
		return body
	}
	kept := make(map[string]any)
	for key, value := range from {
		if inner := withoutRole(value); !isEmpty(inner) && !strings.Contains(fmt.Sprint(inner), "{role") {
			kept[key] = inner
		}
	}
	return kept
}

// marked returns a field that blocks people by its name, which the mapping does not
// read and a removal has changed, with its present value.
func (t *trip) marked() (field string, value any) {
	if !t.removes() || t.Document.Access.Shows() {
		return "", nil
	}
	for _, s := range spotsIn(t.user) {
		was, _ := at(t.before, s.path)
		if _, flag := s.value.(bool); hasName(s.path, noNames) && !isEmpty(s.value) && (isTime(s.value) || flag) && !reflect.DeepEqual(was, s.value) {
			return s.path, s.value
		}
	}
	return "", nil
}

// errorFixes returns how the answer to a write of the step reports a failure in
// spite of a status that means success; nil if none does.
func (t *trip) errorFixes() []Fix {
	for _, c := range t.writes {
		if c.Answer == nil || t.Document.Errors != nil {
			continue
		}
		if fixes := errorSigns(decoded(c.Answer.Body), nil); fixes != nil {
			return fixes
		}
	}
	return nil
}

// answersElsewhere returns where the user is in an answer, if not where the mapping
// looks.
func (t *trip) answersElsewhere() []Fix {
	for _, c := range t.writes {
		if c.lacksUser() {
			if fixes := t.answerFix(c.Call.Operation, decoded(c.Answer.Body)); fixes != nil {
				return fixes
			}
		}
	}
	return nil
}
