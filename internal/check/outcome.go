package check

import (
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

// A state is how a step should leave the user.
type state int

const (
	active   state = iota // there, with access
	inactive              // without access, there or not
	gone                  // not there
)

// An outcome is what came of a step.
type outcome struct {
	check string
	err   error           // what a SCIM client would have been answered
	is    *mapping.Record // the user as Suger shows it afterwards, nil if it does not
	read  error           // why it could not be read
}

// A difference is what is not as a step wanted it.
type difference struct {
	text      string
	values    []string // placeholders in a body that stand for it
	operation string   // that should have made it, "" if it shows in the placeholders
}

// judge says what came of a step, and reports whether all is as it should be.
// From then on the user is expected as it is, so that nothing is said twice.
func (t *trip) judge(ctx context.Context, o outcome, wanted state) bool {
	line := Line{Check: o.check, Level: OK}
	differences := t.differences(o.is, wanted)
	switch {
	case ctx.Err() != nil:
		line.Level, line.Text = Fail, "Not finished."
	case t.cause(o.err) != nil:
		e := t.cause(o.err)
		line = t.failed(ctx, e.Call, e.Err)
		line.Check, line.Text = o.check, e.Call.Operation+": "+line.Text
	case o.err != nil && len(t.writes()) == 0:
		line.Level, line.Text = Fail, "The gateway refuses: "+detailOf(o.err)
	case o.read != nil:
		line.Level, line.Text = Fail, fmt.Sprintf("After %s the user cannot be read: %s.", t.done(), strings.TrimRight(detailOf(o.read), "."))
	case len(differences) > 0 && t.refusedWrite() != nil:
		e := t.refusedWrite()
		line = t.failed(ctx, e.Call, e.Err)
		line.Check, line.Text = o.check, fmt.Sprintf("%s: %s Suger shows %s.", e.Call.Operation, line.Text, textOf(differences))
	case len(differences) > 0 && t.answeredError() != nil:
		line.Level, line.Mapping = Fail, t.at("errors")
		line.Text = fmt.Sprintf("After %s Suger shows %s: its answer says of itself that the call failed, and the mapping takes it for a success.", t.done(), textOf(differences))
		line.propose(t.answeredError()...)
	case len(differences) > 0:
		line.Level, line.Mapping = Fail, t.placeOf(differences[0])
		line.Text = fmt.Sprintf("After %s Suger shows %s.", t.done(), textOf(differences))
		line.Change = "Compare this part of the call with Suger's documentation: Suger accepts it and does not do it."
	case o.err != nil && t.keeps(o.is):
		line.Level = Fail
		line.Text = fmt.Sprintf("Suger did it by %s and goes on listing the user, without access: the gateway would answer an error, since it takes that for no removal.", t.done())
		line.Change = "Okta only deactivates users. If another client deletes them, leave \"remove user\" out, which is answered 501."
		if wanted == inactive {
			line.Mapping = t.at("access.end")
			line.propose(t.endByMark()...)
		} else if t.Document.Access.End.Way != spec.BySetStatus { // the end of access has been judged, and needs the call
			line.Level = Look
		}
	case o.err != nil:
		line.Level, line.Text = Fail, fmt.Sprintf("Suger did it by %s, but the gateway would answer an error: %s", t.done(), detailOf(o.err))
		line.propose(t.answersElsewhere()...)
		if t.waited {
			line.Text = fmt.Sprintf("Suger did it by %s, but its list shows the user only after a while, and the gateway would answer an error.", t.done())
			line.propose(showsLater)
		}
	default:
		line.Text = fmt.Sprintf("Done by %s. Read back: %s.", t.done(), t.shown(o.is))
		t.second(&line)
	}
	if line.Level == Fail && line.Fixes == nil && len(differences) > 0 && ctx.Err() == nil {
		t.otherWays(&line, t.cause(o.err))
	}
	t.add(t.once(line))
	for _, e := range t.writes() {
		was, tried := t.proven[e.Call.Operation]
		t.proven[e.Call.Operation] = line.Level != Fail && (was || !tried)
	}
	t.settle(o.is)
	return line.Level != Fail
}

// otherWays names what else may do the change of a step, which Suger took and did
// not do, or refused.
func (t *trip) otherWays(line *Line, refused *mapping.Exchange) {
	wrongBody := refused == nil || slices.Contains([]int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity}, status(refused.Err))
	field, value := t.marked()
	switch tries := ownRoleTries(t.Document); {
	case line.Check == "write: role" && !t.gaveRole && tries != nil && wrongBody:
		line.Fixes = tries
		line.Change = joined(line.Change, "If roles have calls of their own, which --suggest tries with --try-verbs: "+lowerFirst(say(tries...)))
	case field != "":
		line.Mapping = t.at("access")
		line.Text += fmt.Sprintf(" But now %s is set: Suger marks whom it removes, and goes on listing them.", field)
		shows := []Fix{fix("access.field", field), fix("access.absent", "active")}
		if flag, is := value.(bool); is {
			shows = []Fix{fix("access.field", field), fix("access.active", []any{!flag}), fix("access.inactive", []any{flag})}
		}
		line.propose(slices.Concat(shows, t.endByMark())...)
	case line.Check == "write: deactivate" && refused == nil && t.Document.Access.End.Way == spec.BySetStatus:
		line.Change = joined(line.Change, fmt.Sprintf("If Suger ends access otherwise, say in access.end by which call, or %q.", spec.ByRemoval))
	}
}

// keeps reports whether a removal took somebody's access and left them in the list.
func (t *trip) keeps(is *mapping.Record) bool {
	return is != nil && !is.Active && slices.ContainsFunc(t.writes(), func(e mapping.Exchange) bool { return e.Call.Operation == spec.OpRemoveUser && e.Err == nil })
}

// endByMark ends access by the call that removes and leaves the user in the list, and
// gives it back by adding them again.
func (t *trip) endByMark() []Fix {
	ops := &t.Document.Operations
	if t.Document.Access.End.Way != spec.ByRemoval || ops.AddMember != nil {
		return nil
	}
	text := func(in *spec.Operation) string { return in.Call.Method + " " + in.Call.Path }
	return []Fix{
		fix("access.end", object{{"call", text(ops.RemoveUser)}, {"repeat", true}}),
		fix("access.give", object{{"call", text(ops.AddUser)}, {"body", withoutRole(ops.AddUser.Body)}}),
	}
}

// marked is a field that blocks people by its name, which the mapping does not read
// and a removal has changed, with what it holds now.
func (t *trip) marked() (field string, value any) {
	removed := slices.ContainsFunc(t.writes(), func(e mapping.Exchange) bool { return e.Call.Operation == spec.OpRemoveUser && e.Err == nil })
	if !removed || t.Document.Access.Shows() {
		return "", nil
	}
	for _, s := range spotsIn(t.row) {
		was, _ := at(t.rowBefore, s.path)
		if _, flag := s.value.(bool); hasName(s.path, noNames) && !isEmpty(s.value) && (isTime(s.value) || flag) && !reflect.DeepEqual(was, s.value) {
			return s.path, s.value
		}
	}
	return "", nil
}

// once shortens a line that says what an earlier one has said.
func (t *trip) once(line Line) Line {
	said := line.Text + line.Change
	if line.Level == Fail && slices.Contains(t.said, said) {
		line.Text, line.Change = "Fails as above.", ""
	}
	t.said = append(t.said, said)
	return line
}

// settle takes the user's present name and role for what they should be.
func (t *trip) settle(is *mapping.Record) {
	if is == nil {
		return
	}
	if family, held := is.Values["name.familyName"]; held {
		t.family = family
	}
	t.role = mapping.RoleName{} // none is expected
	if t.roles != nil && len(is.Roles) == 1 {
		t.role, _ = t.roles.of(is.Roles[0])
	}
}

// cause is the call that an error comes of, or nil.
func (t *trip) cause(err error) *mapping.Exchange {
	for i := range t.calls {
		if e := &t.calls[i]; err != nil && e.Err != nil && errors.Is(err, e.Err) {
			return e
		}
	}
	return nil
}

// refusedWrite is a write of the step that Suger does not offer, though the gateway
// takes the answer for something else, such as a removal of who is gone; or nil.
func (t *trip) refusedWrite() *mapping.Exchange {
	for i := range t.calls {
		e := &t.calls[i]
		if e.Call.Method != http.MethodGet && (status(e.Err) == http.StatusNotFound || status(e.Err) == http.StatusMethodNotAllowed) {
			return e
		}
	}
	return nil
}

// answeredError is how the answer to a write of the step says, with a status that
// means success, that the call failed; or nil.
func (t *trip) answeredError() []Fix {
	if t.Document.Errors != nil {
		return nil
	}
	for _, e := range t.writes() {
		if e.Answer == nil {
			continue
		}
		if signs := errorSigns(decoded(e.Answer.Body), nil); signs != nil {
			return signs.fixes()
		}
	}
	return nil
}

// differences compares the user with what a step wanted.
func (t *trip) differences(is *mapping.Record, wanted state) []difference {
	switch {
	case wanted == gone && is != nil && is.Active:
		return []difference{{text: "that the user is still there"}}
	case wanted == gone, wanted == inactive && is == nil:
		return nil // or kept without access, as one who is gone
	case is == nil:
		return []difference{{text: "no such user"}}
	case wanted == inactive && is.Active:
		return []difference{{text: "that the user still has access" + t.statusWord(is), values: []string{"status"}}}
	case wanted == inactive:
		return nil
	}
	var found []difference
	if !is.Active {
		found = append(found, difference{text: "a user without access" + t.statusWord(is), values: []string{"status"}})
	}
	return append(found, t.otherValues(is)...)
}

// otherValues compares names and role.
func (t *trip) otherValues(is *mapping.Record) []difference {
	var found []difference
	for _, name := range []struct{ attribute, want string }{{"name.givenName", tripGivenName}, {"name.familyName", t.family}} {
		if shown, held := is.Values[name.attribute]; held && shown != name.want {
			found = append(found, difference{text: fmt.Sprintf("%s %q instead of %q", name.attribute, shown, name.want),
				values: []string{name.attribute, "name.formatted", "displayName"}})
		}
	}
	if t.role.ID != "" && !t.holdsOnly(is, t.role) {
		d := difference{text: fmt.Sprintf("%s instead of role %s", t.rolesShown(is), t.role.Name),
			values: []string{"role", "role.name", "roles", "roles.names"}}
		if len(is.Roles) > 1 && t.Document.Operations.RevokeRole != nil {
			d.operation = "revoke role"
		}
		found = append(found, d)
	}
	return found
}

func (t *trip) holdsOnly(is *mapping.Record, role mapping.RoleName) bool {
	if len(is.Roles) != 1 {
		return false
	}
	held, ok := t.roles.of(is.Roles[0])
	return ok && held.ID == role.ID
}

func textOf(differences []difference) string {
	var texts []string
	for _, d := range differences {
		texts = append(texts, d.text)
	}
	return both(texts)
}

// statusWord is the status as Suger writes it, if there is one.
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
		name := firstWord(ref.Name, ref.ID)
		if t.roles != nil {
			if role, ok := t.roles.of(ref); ok {
				name = role.Name
			}
		}
		names = append(names, name)
	}
	return "role " + both(names)
}

// shown describes the user after a step that went well.
func (t *trip) shown(is *mapping.Record) string {
	if is == nil {
		return "the user is not there"
	}
	access := "with access"
	if !is.Active {
		access = "without access"
	}
	return t.rolesShown(is) + ", " + access + t.statusWord(is)
}
