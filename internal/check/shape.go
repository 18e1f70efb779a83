package check

import (
	"encoding/json"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

func decoded(body []byte) any {
	value, err := mapping.Decode(body)
	if err != nil {
		return nil
	}
	return value
}

func at(value any, path string) (any, bool) {
	var field spec.Field
	if field.AddScalar(path) != nil {
		return nil, false
	}
	return field.In(value)
}

// textAt returns the text or number at a path of an object, "" if there is none.
func textAt(value any, path string) string {
	value, _ = at(value, path)
	text, _ := spec.Text(value)
	return text
}

func rowsIn(answer any, path string) (rows []any, ok bool) {
	if path != "" {
		answer, _ = at(answer, path)
	}
	rows, ok = answer.([]any)
	return rows, ok
}

// maxDepth is how deep an answer is searched for what the mapping does not find.
const maxDepth = 6

// A spot is a value in an answer and its path, "" for the answer itself.
type spot struct {
	path  string
	value any
}

// spotsIn lists the objects in an answer and their members, from the outside in. Of a list
// it has the first element, but only with inLists.
func spotsIn(answer any, inLists bool) []spot {
	spots := []spot{{"", answer}}
	for i := 0; i < len(spots); i++ {
		outer := spots[i]
		if strings.Count(outer.path, ".") >= maxDepth-1 {
			continue
		}
		object, _ := outer.value.(map[string]any)
		for _, key := range sortedNames(object) {
			if isNameable(key) {
				spots = append(spots, spot{strings.TrimPrefix(outer.path+"."+key, "."), object[key]})
			}
		}
		if list, _ := outer.value.([]any); inLists && len(list) > 0 && outer.path != "" {
			spots = append(spots, spot{outer.path + "[0]", list[0]})
		}
	}
	return spots
}

func isNameable(key string) bool {
	return !strings.ContainsAny(key, ".[") && new(spec.Field).AddScalar(key) == nil
}

func pathsWhere(answer any, is func(path string, value any) bool) (paths []string) {
	for _, s := range spotsIn(answer, false) {
		if is(s.path, s.value) {
			paths = append(paths, s.path)
		}
	}
	return paths
}

// listsIn returns the paths of arrays that could be a list of users or roles.
func listsIn(answer any) []string {
	return pathsWhere(answer, func(path string, value any) bool {
		array, ok := value.([]any)
		return ok && (len(array) > 0 || path == "")
	})
}

// totalsIn returns the paths of numbers that may count all rows.
func totalsIn(answer any) []string {
	return pathsWhere(answer, func(path string, value any) bool {
		_, ok := value.(json.Number)
		return ok && countsAll(path)
	})
}

func countsAll(path string) bool {
	name := lastName(path)
	return strings.Contains(name, "total") || strings.HasSuffix(name, "count")
}

// placeFixes say that something is at one of some paths of an answer; where it is the
// answer itself, the entry is left out.
func placeFixes(entry string, paths []string) []Fix {
	if len(paths) > 0 && paths[0] == "" {
		return []Fix{{Entry: entry}}
	}
	return fixes(entry, paths)
}

// answerFix returns how the mapping finds the user in the answer of an operation,
// none if no user is in it.
func (r *run) answerFix(operation string, answer any) []Fix {
	paths := pathsWhere(answer, func(_ string, value any) bool {
		_, err := r.probe.ReadUser(value)
		return err == nil
	})
	return placeFixes(spec.OperationPath(operation)+".answer", paths[:min(1, len(paths))])
}

// userIn returns what the answer of an operation has where the mapping looks for the
// user.
func (r *run) userIn(operation string, answer []byte) any {
	user := decoded(answer)
	if at := r.Document.Operations.Named(operation).Answer; at.Given() {
		user, _ = at.In(user)
	}
	return user
}

// errorSigns finds by what an answer of status 2xx says that the call failed, none if
// nothing does.
func errorSigns(body any) (found []Fix) {
	for _, s := range spotsIn(body, false) {
		switch name := lastName(s.path); {
		case slices.Contains([]string{"ok", "success", "succeeded"}, name) && s.value == false:
			return []Fix{fix("errors.field", s.path), fix("errors.success", []any{true})}
		case found == nil && (name == "error" || name == "errors") && !isEmpty(s.value) && s.value != false:
			found = []Fix{fix("errors.field", s.path)}
		}
	}
	return found
}

// notThere finds the word by which such an answer says that an id is unknown, none if there
// is none: a number is a status, which the gateway knows.
func notThere(body any, id string) []Fix {
	for _, path := range []string{"error.code", "code", "error", "error.message", "message"} {
		value, _ := at(body, path)
		word, _ := value.(string)
		word, _, _ = strings.Cut(word, id)
		if word = strings.TrimRight(word, " :\"'("); word != "" {
			return []Fix{fix("refusals.not there", []any{word})}
		} else if kindOf(value) == isNumber {
			break
		}
	}
	return nil
}
