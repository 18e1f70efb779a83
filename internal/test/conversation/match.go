package conversation

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// values holds what a story has captured so far.
type values struct {
	named map[string]string
	met   map[string]map[string]bool // values of each <unique name>
}

func newValues(base, token string) *values {
	return &values{
		named: map[string]string{"base": base, "token": token},
		met:   map[string]map[string]bool{},
	}
}

func (v *values) clone() *values {
	met := map[string]map[string]bool{}
	for name, seen := range v.met {
		met[name] = maps.Clone(seen)
	}
	return &values{named: maps.Clone(v.named), met: met}
}

var reference = regexp.MustCompile(`\{\{(\w+)\}\}`)

// expand replaces {{name}} by captured values.
func (v *values) expand(text string) (string, error) {
	var unknown []string
	text = reference.ReplaceAllStringFunc(text, func(ref string) string {
		name := strings.Trim(ref, "{}")
		value, ok := v.named[name]
		if !ok {
			unknown = append(unknown, name)
		}
		return value
	})
	if unknown != nil {
		return "", fmt.Errorf("nothing was captured as %s", strings.Join(unknown, ", "))
	}
	return text, nil
}

var (
	wildcard = regexp.MustCompile(`<(any|string|time|capture|unique)(?: (\w+))?>`)
	times    = regexp.MustCompile(`^<(\d+) times>$`)
)

const utcTime = `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`

// text compares a string with a pattern and stores what the pattern captures. It
// returns the difference, or "".
func (v *values) text(pattern, got string) string {
	expanded, err := v.expand(pattern)
	if err != nil {
		return err.Error()
	}
	expression, kinds, names := "(?s)^", []string{}, []string{}
	end := 0
	for _, at := range wildcard.FindAllStringSubmatchIndex(expanded, -1) {
		expression += regexp.QuoteMeta(expanded[end:at[0]])
		end = at[1]
		kind := expanded[at[2]:at[3]]
		expression += map[string]string{"any": "(.*)", "time": "(" + utcTime + ")"}[kind]
		if kind != "any" && kind != "time" {
			expression += "(.+)"
		}
		kinds = append(kinds, kind)
		names = append(names, sub(expanded, at[4], at[5]))
	}
	expression += regexp.QuoteMeta(expanded[end:]) + "$"

	found := regexp.MustCompile(expression).FindStringSubmatch(got)
	if found == nil {
		return fmt.Sprintf("want %q, got %q", expanded, got)
	}
	for i, kind := range kinds {
		if wrong := v.keep(kind, names[i], found[i+1]); wrong != "" {
			return wrong
		}
	}
	return ""
}

func sub(text string, from, to int) string {
	if from < 0 {
		return ""
	}
	return text[from:to]
}

func (v *values) keep(kind, name, value string) string {
	switch kind {
	case "capture":
		v.named[name] = value
	case "unique":
		if v.met[name][value] {
			return fmt.Sprintf("%q occurred before in this story as %s", value, name)
		}
		if v.met[name] == nil {
			v.met[name] = map[string]bool{}
		}
		v.met[name][value] = true
	}
	return ""
}

// match compares a decoded JSON value with the expected one. It returns a line for
// each difference, which begins with the path.
func (v *values) match(at string, want, got any) []string {
	switch want := want.(type) {
	case string:
		if want == "<any>" {
			return nil
		}
		text, ok := got.(string)
		if !ok {
			return []string{fmt.Sprintf("%s: want %q, got %s", at, want, compact(got))}
		}
		if wrong := v.text(want, text); wrong != "" {
			return []string{at + ": " + wrong}
		}
		return nil
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: want an object, got %s", at, compact(got))}
		}
		return v.matchObject(at, want, object)
	case []any:
		array, ok := got.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s: want an array, got %s", at, compact(got))}
		}
		return v.matchArray(at, want, array)
	default: // bool, json.Number, nil
		if want != got {
			return []string{fmt.Sprintf("%s: want %s, got %s", at, compact(want), compact(got))}
		}
		return nil
	}
}

const moreKeys = "<more>"

func (v *values) matchObject(at string, want, got map[string]any) (wrong []string) {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		value, ok := got[key]
		switch {
		case key == moreKeys:
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s.%s: missing, want %s", at, key, compact(want[key])))
		default:
			wrong = append(wrong, v.match(at+"."+key, want[key], value)...)
		}
	}
	if _, ok := want[moreKeys]; ok {
		return wrong
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s.%s: unexpected, got %s", at, key, compact(got[key])))
		}
	}
	return wrong
}

func (v *values) matchArray(at string, want, got []any) (wrong []string) {
	if pattern, number, ok := repeated(want); ok {
		want = slices.Repeat([]any{pattern}, number)
	}
	if len(want) != len(got) {
		return []string{fmt.Sprintf("%s: want %d elements, got %d: %s", at, len(want), len(got), compact(got))}
	}
	for i := range want {
		wrong = append(wrong, v.match(fmt.Sprintf("%s[%d]", at, i), want[i], got[i])...)
	}
	return wrong
}

// repeated reads ["<3 times>", pattern].
func repeated(want []any) (pattern any, number int, ok bool) {
	if len(want) != 2 {
		return nil, 0, false
	}
	first, _ := want[0].(string)
	found := times.FindStringSubmatch(first)
	if found == nil {
		return nil, 0, false
	}
	number, err := strconv.Atoi(found[1])
	return want[1], number, err == nil
}

// decode decodes one JSON value and keeps the notation of numbers.
func decode(text string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, fmt.Errorf("there is data after the JSON value")
	}
	return value, nil
}

// CompareJSON compares JSON text with a pattern, JSON that can use the patterns of a
// story's response. It returns the differences.
func CompareJSON(pattern, got string) []string {
	want, err := decode(pattern)
	if err != nil {
		return []string{"the pattern is not JSON: " + err.Error()}
	}
	value, err := decode(got)
	if err != nil {
		return []string{"not JSON: " + err.Error() + ": " + got}
	}
	return newValues("", "").match("answer", want, value)
}

// CompareText compares a text with a pattern. Blanks at the end are ignored.
func CompareText(pattern, got string) []string {
	pattern, got = strings.TrimSpace(pattern), strings.TrimSpace(got)
	if wrong := newValues("", "").text(pattern, got); wrong != "" {
		return []string{wrong}
	}
	return nil
}
