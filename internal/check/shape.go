package check

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// maxDepth is how deep an answer is searched for what the mapping does not find.
const maxDepth = 6

// A spot is a value in an answer and its path, "" for the answer itself.
type spot struct {
	path  string
	value any
}

// spotsIn lists the objects in an answer and their members, from the outside
// in, but not what is inside arrays.
func spotsIn(answer any) []spot {
	spots := []spot{{"", answer}}
	for level, i := 0, 0; level < maxDepth; level++ {
		for end := len(spots); i < end; i++ {
			object, ok := spots[i].value.(map[string]any)
			if !ok {
				continue
			}
			for _, key := range sortedNames(object) {
				if isNameable(key) {
					spots = append(spots, spot{strings.TrimPrefix(spots[i].path+"."+key, "."), object[key]})
				}
			}
		}
	}
	return spots
}

func isNameable(key string) bool {
	return !strings.ContainsAny(key, ".[") && new(spec.Field).AddScalar(key) == nil
}

// pathsWhere returns the paths of the spots for which a condition is true.
func pathsWhere(answer any, is func(path string, value any) bool) (paths []string) {
	for _, s := range spotsIn(answer) {
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

// placeFixes say that something is at one of some paths of an answer; where it is the
// answer itself, the entry is left out.
func placeFixes(entry string, paths []string) []Fix {
	if len(paths) > 0 && paths[0] == "" {
		return []Fix{{Entry: entry}}
	}
	return fixes(entry, paths)
}

func totalsIn(answer any) []string {
	return pathsWhere(answer, func(path string, value any) bool {
		_, ok := value.(json.Number)
		return ok && countsAll(path[len(parentOf(path)):])
	})
}

func countsAll(name string) bool {
	name = fold(name)
	return strings.Contains(name, "total") || strings.HasSuffix(name, "count")
}

func seemsNext(path string) bool {
	name := fold(path[len(parentOf(path)):])
	return strings.Contains(name, "next") || strings.Contains(name, "cursor") || strings.Contains(name, "continu")
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

func decoded(body []byte) any {
	value, err := mapping.Decode(body)
	if err != nil {
		return nil
	}
	return value
}

// Usual names of error fields.
var (
	successNames = []string{"ok", "success", "succeeded"}
	codeNames    = []string{"code", "type", "reason", "key"}
	messageNames = []string{"message", "text", "detail", "description", "error"}
)

// errorSigns finds by what an answer of status 2xx says that the call failed, and the
// word or text with which it does; none if nothing does. good is the answer to a call
// that went well, nil if none is known.
func errorSigns(body, good any) (found []Fix, word string) {
	field, success, isStatus := "", false, false
	for _, s := range spotsIn(body) {
		was, _ := at(good, s.path)
		switch name := lastName(s.path); {
		case slices.Contains(successNames, name) && s.value == false && was != false:
			field, success = s.path, true
		case (name == "error" || name == "errors") && !isEmpty(s.value) && (isEmpty(was) || was == false):
			field = cmp.Or(field, s.path)
		}
	}
	if field == "" {
		return nil, ""
	}
	found = []Fix{fix("errors.field", field)}
	if success {
		found = append(found, fix("errors.success", []any{true}))
	}
	for _, part := range []struct {
		key   string
		names []string
	}{{"code", codeNames}, {"message", messageNames}} {
		path := first(pathsWhere(body, func(path string, value any) bool {
			around := lastName(strings.TrimSuffix(parentOf(path), "."))
			_, flag := value.(bool)
			_, number := value.(json.Number)
			return slices.Contains([]string{"", "error", "errors"}, around) && slices.Contains(part.names, lastName(path)) && // not of a record
				!flag && textAt(body, path) != "" && (!number || part.key != "message")
		}))
		if path == "" {
			continue
		}
		found = append(found, fix("errors."+part.key, path))
		code, _ := at(body, path)
		isStatus = isStatus || kindOf(code) == isNumber
		word = cmp.Or(word, textAt(body, path))
	}
	if isStatus { // by which the gateway knows what it means
		word = ""
	}
	return found, word
}
