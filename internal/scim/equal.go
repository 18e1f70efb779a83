package scim

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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

// The functions below compare text without regard to letter case, by the same
// rule as strings.EqualFold, and allocate nothing: a filter runs them on every
// resource of an organization. A folded text is one that foldText returned.

// foldText replaces each letter by the one that stands for all its cases.
func foldText(s string) string {
	return strings.Map(foldRune, s)
}

// foldRune maps all letters that Unicode's simple case folding makes equal to
// one of them; for ASCII, to the lower-case letter.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return lowerASCII(r)
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return lowerASCII(least)
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + ('a' - 'A')
	}
	return r
}

// firstFold is the first letter of s, folded, and its size in bytes. It is the
// fast way for ASCII; s is not empty.
func firstFold(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return lowerASCII(rune(s[0])), 1
	}
	r, size := utf8.DecodeRuneInString(s)
	return foldRune(r), size
}

// compareFold orders s against a folded text.
func compareFold(s, folded string) int {
	for s != "" && folded != "" {
		a, sizeA := firstFold(s)
		b, sizeB := utf8.DecodeRuneInString(folded)
		if a != b {
			return int(a - b)
		}
		s, folded = s[sizeA:], folded[sizeB:]
	}
	return len(s) - len(folded)
}

// hasPrefixFold reports whether s begins with a folded text.
func hasPrefixFold(s, folded string) bool {
	for folded != "" {
		if s == "" {
			return false
		}
		a, sizeA := firstFold(s)
		b, sizeB := utf8.DecodeRuneInString(folded)
		if a != b {
			return false
		}
		s, folded = s[sizeA:], folded[sizeB:]
	}
	return true
}

// hasSuffixFold reports whether s ends with a folded text.
func hasSuffixFold(s, folded string) bool {
	for folded != "" {
		if s == "" {
			return false
		}
		a, sizeA := utf8.DecodeLastRuneInString(s)
		b, sizeB := utf8.DecodeLastRuneInString(folded)
		if foldRune(a) != b {
			return false
		}
		s, folded = s[:len(s)-sizeA], folded[:len(folded)-sizeB]
	}
	return true
}

// containsFold reports whether a folded text occurs in s.
func containsFold(s, folded string) bool {
	if folded == "" {
		return true
	}
	want, _ := utf8.DecodeRuneInString(folded)
	for s != "" {
		first, size := firstFold(s)
		if first == want && hasPrefixFold(s, folded) {
			return true
		}
		s = s[size:]
	}
	return false
}
