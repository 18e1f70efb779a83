package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
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

// judge reports the outcome of a step for the check's own user, and whether it succeeded.
// Later steps expect the user as it is now, so that nothing is reported twice.
func (t *trip) judge(ctx context.Context, s *step) bool {
	line := t.outcomeLine(ctx, s)
	advice := fmt.Sprint(line.Change, line.Mapping)
	if t.advised[advice] {
		if line.Change, line.Mapping = "", nil; line.Level == Warn {
			line.Level = OK
		}
	}
	t.advised[advice] = true
	t.add(line)
	if s.is == nil {
		return line.Level != Fail
	}
	t.id, t.ours[s.is.ID] = s.is.RawID, true
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

func (t *trip) outcomeLine(ctx context.Context, s *step) Line {
	line := t.line(s.check, Fail, "", "")
	differences, about := t.differences(s.is, s.wanted)
	cause := t.call(func(c *stepCall) bool { return s.err != nil && c.Err != nil && errors.Is(s.err, c.Err) })
	if cause == nil && s.readErr == nil && len(differences) > 0 {
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
		line.Check, line.Text = s.check, cause.Call.Operation+": "+line.Text
		if line.Fixes == nil && len(differences) > 0 {
			line = t.otherRoleCall(line, status(cause.Err))
		}
	case s.err != nil && len(t.writes) == 0:
		line.Text = "The gateway refuses: " + detailOf(s.err)
	case s.readErr != nil:
		line.Text = fmt.Sprintf("After %s the user cannot be read: %s.", t.done(), strings.TrimRight(detailOf(s.readErr), "."))
	case len(differences) > 0:
		return t.notApplied(line, s, series(differences), about)
	case s.err != nil:
		line.Text = fmt.Sprintf("Suger applied %s, but the gateway would answer with an error: %s", t.done(), detailOf(s.err))
		switch {
		case t.waited:
			answerFixes = []Fix{showsLater}
		case s.is == nil || s.is.Active || s.wanted == active:
		case s.wanted == inactive:
			line.Mapping = t.at("access.end")
			line = line.advise("If Suger marks removed users and still lists them, set access.end to the call that removes, " +
				"and access.give to the one that adds (see docs/mapping.md).")
		default:
			line = line.advise(`Okta only deactivates users. If another client deletes them, leave "remove user" out: then the gateway answers 501.`)
			if t.Document.Access.End.Way != spec.BySetStatus {
				line.Level = Warn // the end of access has been judged, and needs the call
			}
		}
		return line.propose(answerFixes...)
	default:
		line.Level, line.Text = OK, fmt.Sprintf("Done by %s. Read back: %s.", t.done(), t.shown(s.is))
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
	updated := t.call(func(c *stepCall) bool { return c.Call.Operation == spec.OpUpdateUser && c.Err == nil }) != nil
	errorFixes, _ := t.lessons()
	switch {
	case errorFixes != nil:
		line.Mapping, line.Text = t.at("errors"), line.Text+" The answer reports a failure, and the mapping treats it as a success."
		return line.propose(errorFixes...)
	case updated && s.sends != "" && !slices.Contains(about, "") && !slices.Contains(about, s.sends):
		line.Mapping, line.Text = t.at("operations.update user"), line.Text+" The call did not send that: Suger resets what an update leaves out."
		if t.Document.Operations.UpdateUser.Sends != spec.SendsWholeObject {
			line = line.propose(fix("operations.update user.sends", string(spec.SendsWholeObject)))
		}
		return line
	}
	if last := len(t.writes) - 1; last >= 0 {
		line.Mapping = t.at(spec.OperationPath(t.writes[last].Call.Operation))
	}
	return t.otherRoleCall(line.advise("Suger accepts this part of the call but does not apply it: compare it with Suger's documentation."), 0)
}

// otherRoleCall adds calls of their own for roles to a step that Suger refused with a
// status or, with 0, accepted and did not apply.
func (t *trip) otherRoleCall(line Line, status int) Line {
	tries := ownRoleTries(t.Document)
	refusals := []int{0, http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity}
	if line.Check != "write: role" || t.gaveRole || tries == nil || !slices.Contains(refusals, status) {
		return line
	}
	return line.orTry(tries)
}

// call returns the first call of the step that is such; nil if none is.
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
	case wanted != active && (is == nil || !is.Active):
		return nil, nil // or kept without access, like a removed user
	case wanted == gone:
		differ("", "that the user is still there")
		return texts, about
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

// lessons returns how the answers to a step report a failure with a status that means
// success, and where they have the user, if not where the mapping looks.
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

// lacksUser reports whether the gateway looks for the user in the answer in vain.
func (c *stepCall) lacksUser() bool {
	return c.Answer != nil && c.record == nil && (c.Call.Operation == spec.OpAddUser || c.Call.Operation == spec.OpUpdateUser)
}

// done lists the calls of the step.
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
