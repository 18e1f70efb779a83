package scim

import (
	"bytes"
	"slices"
	"strings"
)

// Equal reports whether two values, or resources, in normal form are the same
// for SCIM. The order of a multi-valued attribute does not count, and an
// attribute that is empty is the same as one that is absent (RFC 7643 §2.5).
// Strings are compared exactly.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return a == b
		}
	case bool:
		return a == b
	case float64:
		return a == b
	}
	return bytes.Equal(appendCanonical(nil, a), appendCanonical(nil, b))
}

// appendCanonical appends a JSON text that equal values, and no others, share.
func appendCanonical(text []byte, value any) []byte {
	if resource, ok := value.(Resource); ok {
		value = map[string]any(resource)
	}
	if !isPresent(value) {
		return append(text, "null"...)
	}
	return appendPresent(text, value)
}

func appendPresent(text []byte, value any) []byte {
	switch value := value.(type) {
	case map[string]any:
		return appendCanonicalObject(text, value)
	case []any:
		return appendCanonicalList(text, value)
	default:
		// A scalar of the normal form cannot fail to be encoded.
		text, _ = appendValue(text, value)
		return text
	}
}

func appendCanonicalObject(text []byte, object map[string]any) []byte {
	text = append(text, '{')
	var room [usualMembers]string
	for _, name := range sortedNames(room[:0], object) {
		if member := object[name]; isPresent(member) {
			text = append(appendString(text, name), ':')
			text = append(appendPresent(text, member), ',')
		}
	}
	return append(text, '}')
}

func appendCanonicalList(text []byte, list []any) []byte {
	text = append(text, '[')
	if len(list) == 1 {
		text = append(appendCanonical(text, list[0]), ',')
		return append(text, ']')
	}
	elements := make([]string, len(list))
	for i, element := range list {
		elements[i] = string(appendCanonical(nil, element))
	}
	slices.Sort(elements)
	for _, element := range elements {
		text = append(text, element...)
		text = append(text, ',')
	}
	return append(text, ']')
}

// same is [Equal] by the rules of the attribute: letter case counts only if it
// is case exact, and a dateTime is an instant.
func (a *Attribute) same(x, y any) bool {
	s, isText := x.(string)
	t, ok := y.(string)
	if !isText || !ok {
		return Equal(x, y)
	}
	if a.Type == DateTime {
		i, okI := parseInstant(s)
		j, okJ := parseInstant(t)
		if okI && okJ {
			return i.Equal(j)
		}
	}
	return s == t || !a.CaseExact && strings.EqualFold(s, t)
}
