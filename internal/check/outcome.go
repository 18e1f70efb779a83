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

// judge reports the outcome of a step, and whether it succeeded. Later steps
// expect the user as it is now, so that nothing is reported twice.
func (t *trip) judge(ctx context.Context, s *step) bool {
	line := t.outcomeLine(ctx, s)
	advice := fmt.Sprint(line.Change, line.Mapping)
	if slices.Contains(t.advised, advice) {
		if line.Change, line.Mapping = "", nil; line.Level == Warn {
			line.Level = OK
		}
	}
	t.advised = append(t.advised, advice)
	if line.Level != OK || s.check != checkName || !t.renames {
		t.add(line)
	}
	for _, c := range t.writes {
		was, tried := t.proven[c.Call.Operation]
		t.proven[c.Call.Operation] = line.Level != Fail && (was || !tried)
	}
	if s.is == nil {
		return line.Level != Fail
	}
	if family, mapped := s.is.Values["name.familyName"]; mapped {
		t.family = family
	}
	if s.wanted != inactive || s.is.Active { // without access the user may show no role, and must get it back
		t.role = mapping.RoleName{} // none is expected
		if len(s.is.Roles) == 1 {
			t.role, _ = t.roles.of(s.is.Roles[0])
		}
	}
	return line.Level != Fail
}

func (t *trip) outcomeLine(ctx context.Context, o *step) Line {
	line := t.line(o.check, Fail, "", "")
	differences, about := t.differences(o.is, o.wanted)
	cause := t.call(func(c *stepCall) bool { return o.err != nil && c.Err != nil && errors.Is(o.err, c.Err) })
	if cause == nil && o.readErr == nil && len(differences) > 0 {
		// The gateway takes this answer for something else, such as a user who is gone.
		cause = t.call(func(c *stepCall) bool {
			return c.Call.Method != http.MethodGet && (status(c.Err) == http.StatusNotFound || status(c.Err) == http.StatusMethodNotAllowed)
		})
	}
	_, answerFixes := t.lessons()
	switch {
	case ctx.Err() != nil:
		line.Text = "Not finished."
	case cause != nil:
		line = t.failed(ctx, cause.Call, cause.Err)
		line.Check, line.Text = o.check, cause.Call.Operation+": "+line.Text
		if line.Fixes == nil && len(differences) > 0 {
			line = t.otherWays(line, status(cause.Err))
		}
	case o.err != nil && len(t.writes) == 0:
		line.Text = "The gateway refuses: " + detailOf(o.err)
	case o.readErr != nil:
		line.Text = fmt.Sprintf("After %s the user cannot be read: %s.", t.done(), strings.TrimRight(detailOf(o.readErr), "."))
	case len(differences) > 0:
		return t.notApplied(line, o, series(differences), about)
	case o.err != nil && o.is != nil && !o.is.Active && t.succeeds(spec.OpRemoveUser):
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
			answerFixes = []Fix{showsLater}
		}
		return line.propose(answerFixes...)
	default:
		line.Level, line.Text = OK, fmt.Sprintf("Done by %s. Read back: %s.", t.done(), t.shown(o.is))
		if answerFixes != nil {
			line.Level, line.Mapping = Warn, t.at(answerFixes[0].Entry)
			line = line.propose(answerFixes...).also("That saves a read.")
		}
	}
	return line
}

// notApplied says what a step without an error has not done.
func (t *trip) notApplied(line Line, s *step, differences string, about []string) Line {
	line.Text = fmt.Sprintf("After %s Suger shows %s.", t.done(), differences)
	resets := s.sends != "" && !slices.Contains(about, "") && !slices.Contains(about, s.sends) && t.succeeds(spec.OpUpdateUser)
	errorFixes, _ := t.lessons()
	switch {
	case errorFixes != nil:
		line.Mapping, line.Text = t.at("errors"), line.Text+" The answer reports a failure, and the mapping treats it as a success."
		return line.propose(errorFixes...)
	case resets:
		line.Mapping, line.Text = t.at("operations.update user"), line.Text+" The call did not send that: Suger resets what an update leaves out."
		if t.Document.Operations.UpdateUser.Sends != spec.SendsWholeObject {
			line = line.propose(fix("operations.update user.sends", string(spec.SendsWholeObject)))
		}
		return line
	}
	if last := len(t.writes) - 1; last >= 0 {
		line.Mapping = t.at(spec.OperationPath(t.writes[last].Call.Operation))
	}
	return t.otherWays(line.advise("Suger accepts this part of the call but does not apply it: compare it with Suger's documentation."), 0)
}

func (t *trip) call(is func(*stepCall) bool) *stepCall {
	if i := slices.IndexFunc(t.writes, is); i >= 0 {
		return t.writes[i]
	}
	return nil
}

// differences says how the user differs from what a step wanted, and in which
// attributes, as in step.sends; "" is the user as a whole.
func (t *trip) differences(is *mapping.Record, wanted state) (texts, about []string) {
	differ := func(attribute, format string, args ...any) {
		texts, about = append(texts, fmt.Sprintf(format, args...)), append(about, attribute)
	}
	switch {
	case wanted == gone && is != nil && is.Active:
		differ("", "that the user is still there")
		return texts, about
	case wanted == gone, wanted == inactive && (is == nil || !is.Active):
		return nil, nil // or kept without access, like a removed user
	case is == nil:
		differ("", "no such user")
		return texts, about
	case wanted == inactive:
		differ("active", "a user %s", t.access(is))
		return texts, about
	case !is.Active:
		differ("active", "a user %s", t.access(is))
	}
	for _, name := range [][2]string{{"name.givenName", tripGivenName}, {"name.familyName", t.family}} {
		if shown, mapped := is.Values[name[0]]; mapped && shown != name[1] {
			differ("name", "%s %q instead of %q", name[0], shown, name[1])
		}
	}
	holds := func(ref mapping.RoleName) bool { role, ok := t.roles.of(ref); return ok && role.ID == t.role.ID }
	if t.role.ID != "" && (len(is.Roles) != 1 || !holds(is.Roles[0])) {
		differ(mapping.URNSuger, "%s instead of role %s", t.rolesShown(is), t.role.Name)
	}
	return texts, about
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

// access says whether the user has access, and by which status.
func (t *trip) access(is *mapping.Record) string {
	text := map[bool]string{true: "with access", false: "without access"}[is.Active]
	if is.Status != "" {
		text += fmt.Sprintf(" (%s: %s)", t.Document.Access.Field, is.Status)
	}
	return text
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

func (t *trip) shown(is *mapping.Record) string {
	if is == nil {
		return "no such user"
	}
	return t.rolesShown(is) + ", " + t.access(is)
}

// otherWays adds other calls for the change of a step that Suger refused with a status
// or, with 0, accepted and did not apply.
func (t *trip) otherWays(line Line, status int) Line {
	field := t.marked()
	tries := ownRoleTries(t.Document)
	switch {
	case line.Check == "write: role" && !t.gaveRole && tries != nil && slices.Contains([]int{0, http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity}, status):
		line.Fixes = tries
		return line.also("If roles have calls of their own, which --suggest tries with --try-verbs: " + lowerFirst(say(tries...)))
	case field != "":
		line.Mapping = t.at("access")
		line.Text += fmt.Sprintf(" But %s is set now: Suger marks removed users and still lists them.", field)
		return line.propose(append([]Fix{fix("access.field", field), fix("access.absent", "active")}, t.endByMark()...)...)
	}
	return line
}

// succeeds reports whether a call of the step to an operation succeeded.
func (t *trip) succeeds(operation string) bool {
	return t.call(func(c *stepCall) bool { return c.Call.Operation == operation && c.Err == nil }) != nil
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

// marked returns a time that blocks people by its name, which the mapping does not read
// and a removal has set; "" if there is none.
func (t *trip) marked() string {
	if !t.succeeds(spec.OpRemoveUser) || t.Document.Access.Shows() {
		return ""
	}
	return first(pathsWhere(t.user, func(path string, value any) bool {
		was, _ := at(t.before, path)
		return hasName(path, noNames) && isTime(value) && !reflect.DeepEqual(was, value)
	}))
}

// lessons returns how the answers to the writes of a step report a failure with a status
// that means success, and where they have the user, if not where the mapping looks; nil if
// they do not.
func (t *trip) lessons() (failure, user []Fix) {
	for _, c := range t.writes {
		if c.Answer == nil {
			continue
		}
		body := decoded(c.Answer.Body)
		if failure == nil && t.Document.Errors == nil {
			failure = errorSigns(body)
		}
		if user == nil && c.lacksUser() {
			user = t.answerFix(c.Call.Operation, body)
		}
	}
	return failure, user
}
