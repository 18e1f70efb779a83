package check

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// errorFacts are how an answer of status 2xx says that the call failed.
type errorFacts struct {
	field, code, message, notThere string
	success                        any // nil unless field has one value that means success
}

// findErrors asks for somebody who does not exist, and looks whether that is
// answered as a success.
func (s *survey) findErrors(ctx context.Context, good any, path, free string) {
	answer, err := s.do(ctx, s.get(opGetUser, path, free))
	if err != nil {
		return
	}
	s.errors = errorSigns(decoded(answer.Body), good)
	if s.errors != nil { // the words without the id
		before, _, _ := strings.Cut(s.errors.notThere, free)
		s.errors.notThere = strings.TrimRight(before, " :\"'(")
	}
}

// Names of what an answer says of errors.
var (
	successNames = []string{"ok", "success", "succeeded"}
	codeNames    = []string{"code", "type", "reason", "key"}
	messageNames = []string{"message", "text", "detail", "description", "error"}
)

// errorSigns finds by what an answer of status 2xx says that the call failed, nil
// if nothing does. good is the answer to a call that went well, nil if none is known.
func errorSigns(body, good any) *errorFacts {
	found := &errorFacts{}
	for _, s := range spotsIn(body) {
		was, _ := at(good, s.path)
		flag, isFlag := s.value.(bool)
		switch name := lastName(s.path); {
		case slices.Contains(successNames, name) && isFlag && !flag && was != false:
			found.field, found.success = s.path, true
		case (name == "error" || name == "errors") && !isEmpty(s.value) && (isEmpty(was) || was == false):
			found.field = cmp.Or(found.field, s.path)
		}
	}
	if found.field == "" {
		return nil
	}
	for _, s := range spotsIn(body) {
		around, name := "", s.path
		if i := strings.LastIndex(s.path, "."); i >= 0 {
			around, name = s.path[:i], s.path[i+1:]
		}
		if around != "" && !slices.Contains([]string{"error", "errors"}, lastName(around)) {
			continue // of the record that was asked for
		}
		word, isWord := s.value.(string)
		_, isNumber := s.value.(json.Number)
		switch {
		case found.code == "" && slices.Contains(codeNames, plain(name)) && (isNumber || word != ""):
			found.code = s.path
			found.notThere = cmp.Or(word, found.notThere)
		case found.message == "" && slices.Contains(messageNames, plain(name)) && isWord && word != "":
			found.message = s.path
			found.notThere = cmp.Or(found.notThere, word)
		}
	}
	if code, _ := at(body, found.code); kindOf(code) == isNumber {
		found.notThere = "" // it counts as a status
	}
	return found
}

// fixes say how an answer tells that a call failed.
func (e *errorFacts) fixes() []Fix {
	found := []Fix{fix("errors.field", e.field)}
	if e.success != nil {
		found = append(found, fix("errors.success", []any{e.success}))
	}
	for _, part := range []struct{ key, path string }{{"code", e.code}, {"message", e.message}} {
		if part.path != "" {
			found = append(found, fix("errors."+part.key, part.path))
		}
	}
	return found
}
