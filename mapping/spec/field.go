package spec

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Field is the place of a value in a JSON object of Suger's, such as
// "email", "info.firstName" or "emails[0]". The zero Field is no place.
type Field struct {
	text  string
	steps []step
}

// A step goes into the member key of an object, or into element index of an
// array if key is "".
type step struct {
	key   string
	index int
}

var fieldPart = regexp.MustCompile(`^([A-Za-z0-9_@$-]+)((?:\[[0-9]{1,3}\])*)$`)

// UnmarshalScalar reads the field as it is written in a mapping file.
func (f *Field) UnmarshalScalar(text string) error {
	parsed := Field{text: text}
	for _, part := range strings.Split(text, ".") {
		match := fieldPart.FindStringSubmatch(part)
		if match == nil {
			return fmt.Errorf("%q is not a field such as email, info.firstName or emails[0]", text)
		}
		parsed.steps = append(parsed.steps, step{key: match[1]})
		for _, index := range strings.FieldsFunc(match[2], func(r rune) bool { return r == '[' || r == ']' }) {
			n, _ := strconv.Atoi(index) // the expression admits digits only
			parsed.steps = append(parsed.steps, step{index: n})
		}
	}
	*f = parsed
	return nil
}

// String is the field as it is written in a mapping file.
func (f Field) String() string { return f.text }

// Given reports whether the mapping names this field at all.
func (f Field) Given() bool { return f.text != "" }

// In looks the field up in a decoded JSON value; ok is false if it is not there.
func (f Field) In(value any) (found any, ok bool) {
	for _, s := range f.steps {
		if s.key != "" {
			object, isObject := value.(map[string]any)
			if !isObject {
				return nil, false
			}
			if value, ok = object[s.key]; !ok {
				return nil, false
			}
			continue
		}
		array, isArray := value.([]any)
		if !isArray || s.index >= len(array) {
			return nil, false
		}
		value = array[s.index]
	}
	return value, f.Given()
}

// Text reads a string, number or boolean as text; ok is false for anything else.
func Text(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	}
	return "", false
}

// Words are the texts of values that can be met in an answer; {now} is only
// written.
func Words(list []any) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, value := range list {
		if word, ok := Text(value); ok && PlaceholderName(word) != NowPlaceholder {
			set[word] = true
		}
	}
	return set
}
