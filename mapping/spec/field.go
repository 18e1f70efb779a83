package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Field is the place of a value in a JSON object, such as "info.firstName" or "emails[0]",
// or a list of places that it may be in. The zero Field is no place.
type Field struct{ places []place }

// A place is one path into an object: names of members, and indexes of elements.
type place struct {
	text  string
	steps []string
}

var fieldForm = regexp.MustCompile(`^[A-Za-z0-9_@$-]+(\[[0-9]{1,3}\])*(\.[A-Za-z0-9_@$-]+(\[[0-9]{1,3}\])*)*$`)

// UnmarshalYAML reads the field, or a list of them.
func (f *Field) UnmarshalYAML(n *yaml.Node) (err error) {
	*f = Field{}
	if n.Kind == yaml.ScalarNode {
		return f.AddScalar(n.Value)
	}
	for _, item := range n.Content {
		err = errors.Join(err, f.AddScalar(item.Value))
	}
	return err
}

// AddScalar reads one more name of the field.
func (f *Field) AddScalar(text string) error {
	if !fieldForm.MatchString(text) {
		return fmt.Errorf("%q is not a field such as email, info.firstName or emails[0]", text)
	}
	f.places = append(f.places, place{text, strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".[]", r) })})
	return nil
}

// Scalars returns the names of the field as they are written in a mapping file.
func (f Field) Scalars() []string {
	names := make([]string, len(f.places))
	for i, p := range f.places {
		names[i] = p.text
	}
	return names
}

// String returns the field as a message names it: "role", or "userRole or role".
func (f Field) String() string { return strings.Join(f.Scalars(), " or ") }

// Given reports whether the mapping names this field at all.
func (f Field) Given() bool { return len(f.places) > 0 }

// In looks the field up in a decoded JSON value. Of several places it takes the first that
// has a value, and null only if no other one has.
func (f Field) In(value any) (found any, ok bool) {
	for _, p := range f.places {
		at, there := p.in(value)
		if there && at != nil {
			return at, true
		}
		ok = ok || there
	}
	return nil, ok
}

func (p place) in(value any) (found any, ok bool) {
	for _, step := range p.steps {
		switch in := value.(type) {
		case map[string]any:
			value, ok = in[step]
		case []any:
			at, err := strconv.Atoi(step)
			if ok = err == nil && at >= 0 && at < len(in); ok {
				value = in[at]
			}
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return value, true
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

// A WordSet is a set of values that compare as text without letter case.
type WordSet map[string]bool

// WordsOf returns the values of a list that an answer can have; {now} is only written.
func WordsOf(values []any) WordSet {
	set := make(WordSet, len(values))
	for _, value := range values {
		if word, ok := Text(value); ok && PlaceholderName(word) != NowPlaceholder {
			set[strings.ToLower(word)] = true
		}
	}
	return set
}

// Has reports whether the word is in the set.
func (s WordSet) Has(word string) bool { return s[strings.ToLower(word)] }
