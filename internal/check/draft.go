package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"suger-scim-gateway/mapping/spec"
)

// A Certainty is how far an entry of a draft can be trusted.
type Certainty string

// The certainties, best first.
const (
	Proven  Certainty = "proven"   // done, and read back
	Seen    Certainty = "seen"     // in what Suger answered
	Likely  Certainty = "likely"   // follows from what was seen
	NotSeen Certainty = "not seen" // assumed; somebody should look
)

// A Draft is a mapping file under construction. Comments are by the path of their
// entry, such as "operations.list users.paging" or "role.known[0]".
type Draft struct {
	file     any
	comments map[string]string
}

// keyOrder is the order of the keys of a file. Other keys, and those of bodies, are in
// alphabetical order.
var keyOrder = slices.Concat([]string{"version", "operations", "user", "role", "access", "errors", "refusals", "credential"}, spec.OperationNames(), []string{
	"call", "items", "total", "repeat", "body", "sends", "answer", "covers", "style", "size", "limit", "next", "first", "cursor",
	"end", "give", "field", "hold", "part", "write", "name", "id", "ids", "description", "permissions", "organization",
	"attributes", "userName", "name.givenName", "name.familyName", "created", "modified", "roles", "known", "precedence", "default", "active", "pending",
})

// set gives an entry a value, if there is one, and says how sure it is.
func (d *Draft) set(path string, value any, sure Certainty, why string) {
	if isEmpty(value) {
		return
	}
	d.file = put(d.file, splitEntry(path), value)
	maps.DeleteFunc(d.comments, func(inner, _ string) bool { return within(inner, path) })
	d.comments[path] = string(sure)
	if why != "" {
		d.comments[path] += ": " + why
	}
}

func (d *Draft) seen(path string, value any, why string)   { d.set(path, value, Seen, why) }
func (d *Draft) likely(path string, value any, why string) { d.set(path, value, Likely, why) }

// unless sets what was seen, unless there is a doubt.
func (d *Draft) unless(path string, value any, doubt string) {
	d.set(path, value, map[bool]Certainty{true: Seen, false: Likely}[doubt == ""], doubt)
}

// apply applies a fix, and reports whether that changed anything.
func (d *Draft) apply(f Fix, sure Certainty, why string) bool {
	before := flowOf(d.file)
	if d.set(f.Entry, f.Value, sure, why); f.Value == nil {
		d.file = put(d.file, splitEntry(f.Entry), nil)
	}
	return flowOf(d.file) != before
}

// put returns a copy of a map or a list with another value at a path, nil for none.
// What is empty without it goes, too.
func put(in any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	key := path[0]
	if i, err := strconv.Atoi(key); err == nil {
		old, _ := in.([]any)
		list := slices.Concat(old, []any{nil})
		i = min(i, len(old))
		list[i] = put(list[i], path[1:], value)
		in = slices.DeleteFunc(list, func(one any) bool { return one == nil })
	} else {
		old, _ := in.(map[string]any)
		object := map[string]any{}
		maps.Copy(object, old)
		if object[key] = put(object[key], path[1:], value); object[key] == nil {
			delete(object, key)
		}
		in = object
	}
	if isEmpty(in) {
		return nil
	}
	return in
}

// splitEntry splits the path of an entry. The names of attributes have dots in them.
func splitEntry(path string) []string {
	name, isAttribute := strings.CutPrefix(path, "user.attributes.")
	outer, isField := strings.CutSuffix(name, ".field")
	switch {
	case !isAttribute:
		return strings.FieldsFunc(path, func(c rune) bool { return strings.ContainsRune(".[]", c) })
	case isField:
		return []string{"user", "attributes", outer, "field"}
	}
	return []string{"user", "attributes", name}
}

// lineWidth is how long a line of the file may become.
const lineWidth = 100

// String returns the file, with a comment on each line.
func (d *Draft) String() string {
	var sections []string
	for _, e := range entriesOf("", d.file) {
		sections = append(sections, d.lines("", e, ""))
	}
	return strings.Join(sections, "\n")
}

// An entry is a value in a map or, without a label, in a list.
type entry struct {
	path, label string
	value       any
}

func entriesOf(path string, value any) (entries []entry) {
	switch v := value.(type) {
	case map[string]any:
		rank := func(key string) int {
			return (slices.Index(keyOrder, key) + len(keyOrder) + 1) % (len(keyOrder) + 1)
		}
		keys := sortedNames(v)
		if !strings.Contains("."+path, ".body") {
			slices.SortStableFunc(keys, func(a, b string) int { return rank(a) - rank(b) })
		}
		for _, key := range keys {
			entries = append(entries, entry{strings.TrimPrefix(path+"."+key, "."), plainText(key, true) + ":", v[key]})
		}
	case []any:
		for i, one := range v {
			entries = append(entries, entry{path: fmt.Sprintf("%s[%d]", path, i), value: one})
		}
	}
	return entries
}

// lines writes an entry on one line if all of it has the same comment and fits, else
// what is in it line by line. Without a comment of its own, an entry has the outer one.
func (d *Draft) lines(margin string, e entry, comment string) string {
	label, comment := margin+cmp.Or(e.label, "-"), cmp.Or(d.comments[e.path], comment)
	whole, inner := label+" "+flow(e, false), entriesOf(e.path, e.value)
	hasOwn := func(path string) bool { return within(path, e.path) }
	if inner == nil || comment != "" && utf8.RuneCountInString(whole) <= lineWidth && !slices.ContainsFunc(sortedNames(d.comments), hasOwn) {
		return whole + " # " + comment + "\n"
	}
	text := label + "\n"
	for _, one := range inner {
		text += d.lines(margin+"  ", one, comment)
	}
	return text
}

// flow returns a value as YAML writes it on one line, also inside braces.
func flow(e entry, inside bool) string {
	var parts []string
	for _, inner := range entriesOf(e.path, e.value) {
		parts = append(parts, strings.TrimSpace(inner.label+" "+flow(inner, true)))
	}
	switch v := e.value.(type) {
	case map[string]any:
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		return "[" + strings.Join(parts, ", ") + "]"
	case nil:
		return "null"
	case string:
		return plainText(v, inside)
	}
	return fmt.Sprint(e.value)
}

func flowOf(value any) string { return flow(entry{value: value}, false) }

// plainText returns a text as YAML writes it: in quotes where it would be read as
// something else.
func plainText(text string, inside bool) string {
	written, _ := yaml.Marshal(text) // a text always can
	if strings.TrimSpace(string(written)) == text && (!inside || !strings.ContainsAny(text, "{}[],")) {
		return text
	}
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// prove marks all lines of some operations as proven.
func (d *Draft) prove(operations []string) {
	for path := range d.comments {
		if slices.ContainsFunc(operations, func(name string) bool { return within(path+".", spec.OperationPath(name)) }) {
			d.comments[path] = string(Proven)
		}
	}
}
