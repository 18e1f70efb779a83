package scim

import (
	"cmp"
	"regexp"
	"strings"
)

// An Access is the value of active that a request asks for.
type Access string

// What a request can say about active.
const (
	AccessUnsaid Access = ""      // the request does not mention it
	AccessGiven  Access = "given" // active true
	AccessEnded  Access = "ended" // active false
)

// ReadAccess reads what a whole resource from [DecodeObject] asks for the access of a user.
//
// It looks for active also under other schemas and inside other attributes, so that a misplaced
// value does not leave somebody's access in place. If a value is empty, misplaced or not a
// boolean, or values differ, access ends if one is false and none is true; else it is an error.
func ReadAccess(body map[string]any, rt *ResourceType) (Access, error) {
	var found accessFound
	found.search(rt.Schema.ID, body, rt)
	return found.verdict()
}

// ReadPatchAccess is [ReadAccess] for the body of a PATCH request.
func ReadPatchAccess(body map[string]any, rt *ResourceType) (Access, error) {
	var found accessFound
	operations, _ := Member(body, "Operations")
	for _, item := range listOf(operations) {
		operation, _ := item.(map[string]any)
		value, _ := Member(operation, "value")
		if strings.EqualFold(MemberText(operation, "op"), patchRemove) {
			value = nil
		}
		found.search(cmp.Or(strings.TrimSpace(MemberText(operation, "path")), rt.Schema.ID), value, rt)
	}
	return found.verdict()
}

// accessFound is what the values of active in a request say.
type accessFound struct {
	given, ended bool
	odd          bool // one is empty, no boolean, or misplaced
}

func (f *accessFound) verdict() (Access, error) {
	switch {
	case f.ended && !f.given:
		return AccessEnded, nil
	case f.given && !f.ended && !f.odd:
		return AccessGiven, nil
	case !f.given && !f.odd:
		return AccessUnsaid, nil
	}
	return AccessUnsaid, NewError(CodeInvalidValue,
		"The request does not say whether the user is active: active is empty, has two values or is in the wrong place. Send active once, as true or false.")
}

// add adds a value of active; misplaced says that it has no meaning where it is.
func (f *accessFound) add(value any, misplaced bool) {
	if list, isList := value.([]any); isList && len(list) == 1 {
		value = list[0]
	}
	if object, isObject := value.(map[string]any); isObject {
		value, _ = Member(object, "value")
		misplaced = true
	}
	active, ok := asBoolean(value)
	f.given = f.given || ok && active
	f.ended = f.ended || ok && !active
	f.odd = f.odd || !ok || misplaced
}

// search looks for active in an attribute by its name, which may be a path, or in the
// attributes of a user under the core URN.
func (f *accessFound) search(name string, value any, rt *ResourceType) {
	inner, _ := value.(map[string]any)
	name = strings.TrimSpace(name)
	local, _ := cutURN(name, rt.Schema.ID)
	if namesActive(local) {
		f.add(value, !strings.EqualFold(local, "active"))
		return
	}
	for key, value := range inner {
		switch {
		case strings.EqualFold(name, rt.Schema.ID):
			f.search(key, value, rt)
		case namesActive(strings.TrimSpace(key)):
			f.add(value, true)
		}
	}
}

var (
	activeStep    = regexp.MustCompile(`(?i)(?:^|[.:\[\]])active(?:$|[.:\[\]])`)
	comparedValue = regexp.MustCompile(`(?i)\b(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s*"(?:[^"\\]|\\.)*"`) // a text with which a filter compares
)

// namesActive reports whether a step of a path is active, outside the texts of its filters.
func namesActive(path string) bool {
	return activeStep.MatchString(comparedValue.ReplaceAllString(path, ` ""`))
}
