package check

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// maxDepth is how deep an answer is searched for what the mapping does not find.
const maxDepth = 4

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
			for _, key := range sortedKeys(object) {
				if isNameable(key) {
					spots = append(spots, spot{strings.TrimPrefix(spots[i].path+"."+key, "."), object[key]})
				}
			}
		}
	}
	return spots
}

// isNameable reports whether a mapping file can name the member of an object.
func isNameable(key string) bool {
	return !strings.ContainsAny(key, ".[") && new(spec.Field).UnmarshalScalar(key) == nil
}

func sortedKeys(object map[string]any) []string {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// listsIn are the paths of arrays that could be a list of users or roles.
func listsIn(answer any) []string {
	var paths []string
	for _, s := range spotsIn(answer) {
		if array, ok := s.value.([]any); ok && (len(array) > 0 || s.path == "") {
			paths = append(paths, s.path)
		}
	}
	return paths
}

// itemsAdvice says how the mapping finds the list in an answer, "" if no list is
// in it.
func itemsAdvice(answer any) string {
	paths := listsIn(answer)
	switch {
	case len(paths) == 0:
		return ""
	case paths[0] == "":
		return "Leave items out: the answer itself is the list."
	}
	return "Say items: " + either(paths) + "."
}

// totalsIn are the paths of numbers that seem to count all rows.
func totalsIn(answer any) []string {
	var paths []string
	for _, s := range spotsIn(answer) {
		name := fold(s.path[strings.LastIndex(s.path, ".")+1:])
		if _, ok := s.value.(json.Number); ok && (strings.Contains(name, "total") || strings.HasSuffix(name, "count")) {
			paths = append(paths, s.path)
		}
	}
	return paths
}

// cursorsIn are the paths of what seems to lead to the next page.
func cursorsIn(answer any) []string {
	var paths []string
	for _, s := range spotsIn(answer) {
		switch s.value.(type) {
		case string, json.Number:
			if seemsNext(s.path) {
				paths = append(paths, s.path)
			}
		}
	}
	return paths
}

// cursorHeadersIn are the headers of an answer that seem to do so.
func cursorHeadersIn(header http.Header) []string {
	var names []string
	for name := range header {
		if seemsNext(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func seemsNext(path string) bool {
	name := fold(path[strings.LastIndex(path, ".")+1:])
	return strings.Contains(name, "next") || strings.Contains(name, "cursor") || strings.Contains(name, "continu")
}

// userIn is the path at which an answer holds an object that can be read as a
// user.
func (r *run) userIn(answer any) (path string, found bool) {
	for _, s := range spotsIn(answer) {
		if _, err := r.probe.ReadUser(s.value); err == nil {
			return s.path, true
		}
	}
	return "", false
}

// answerAdvice says how the mapping finds the user in an answer.
func (r *run) answerAdvice(answer any) string {
	switch path, found := r.userIn(answer); {
	case !found:
		return ""
	case path == "":
		return "Leave answer out: the answer itself is the user."
	default:
		return "Say answer: " + path + "."
	}
}

// decoded is the JSON of an answer, nil if there is none.
func decoded(body []byte) any {
	value, err := mapping.Decode(body)
	if err != nil {
		return nil
	}
	return value
}
