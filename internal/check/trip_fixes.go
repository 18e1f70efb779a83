package check

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"suger-scim-gateway/mapping/spec"
)

// otherWays names what else may make the change of a step that Suger accepted and
// did not apply, or refused.
func (t *trip) otherWays(line *Line, refused *stepCall) {
	wrongBody := refused == nil || slices.Contains([]int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity}, status(refused.Err))
	field, value := t.marked()
	switch tries := ownRoleTries(t.Document); {
	case line.Check == "write: role" && !t.gaveRole && tries != nil && wrongBody:
		line.Fixes = tries
		line.Change = joined(line.Change, "If roles have calls of their own, which --suggest tries with --try-verbs: "+lowerFirst(say(tries...)))
	case field != "":
		line.Mapping = t.at("access")
		line.Text += fmt.Sprintf(" But %s is set now: Suger marks removed users and still lists them.", field)
		shows := []Fix{fix("access.field", field), fix("access.absent", "active")}
		if flag, is := value.(bool); is {
			shows = []Fix{fix("access.field", field), fix("access.active", []any{!flag}), fix("access.inactive", []any{flag})}
		}
		*line = line.propose(slices.Concat(shows, t.endByMark())...)
	case line.Check == "write: deactivate" && refused == nil && t.Document.Access.End.Way == spec.BySetStatus:
		line.Change = joined(line.Change, fmt.Sprintf("If another call of Suger's ends access, set access.end to it, or to %q.", spec.ByRemoval))
	}
}

// removes reports whether Suger accepted a removal in the step.
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

// withoutRole is a body without what is about roles.
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

// marked is a field that blocks people by its name, which the mapping does not read
// and a removal has changed, with its present value.
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

// errorFixes are how the answer to a write of the step reports a failure in spite of
// a status that means success; nil if none does.
func (t *trip) errorFixes() []Fix {
	for _, c := range t.writes {
		if c.Answer == nil || t.Document.Errors != nil {
			continue
		}
		if fixes, _ := errorSigns(decoded(c.Answer.Body), nil); fixes != nil {
			return fixes
		}
	}
	return nil
}

// answersElsewhere is where the user is in an answer, if not where the mapping looks.
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

// costs adds to the line of a successful step which of its calls could be saved.
func (t *trip) costs(line *Line) {
	if fixes := t.answersElsewhere(); fixes != nil && !slices.Contains(t.said, fixes[0].Entry) {
		line.Level, line.Mapping = Warn, t.at(fixes[0].Entry)
		*line = line.propose(fixes...).also("That saves a read.")
		t.said = append(t.said, fixes[0].Entry)
	}
	if writes := t.writes; !t.known && len(writes) > 1 && writes[0].Call.Operation == spec.OpAddUser && writes[1].Call.Operation == spec.OpUpdateUser &&
		t.Document.Operations.UpdateUser.Sends != spec.SendsWholeObject {
		line.Level, line.Mapping = Warn, t.at("operations.add user.body")
		line.Change = fmt.Sprintf(`"add user" does not set %s, so the gateway needs a second call. Correct the body.`, both(pathsOf(writes[1].Call.Body, "")))
	}
}
