package scim

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// Equal reports whether two values, or resources, in normal form are the same for SCIM:
// lists in any order, an empty attribute as an absent one (RFC 7643 §2.5), strings exactly.
func Equal(a, b any) bool {
	if text, ok := a.(string); ok && text != "" {
		return a == b
	}
	return canonical(a) == canonical(b)
}

// canonical returns a text that equal values, and no others, have in common.
func canonical(value any) string {
	return string(appendCanonical(nil, value))
}

func appendCanonical(text []byte, value any) []byte {
	if resource, ok := value.(Resource); ok {
		value = map[string]any(resource)
	}
	if !isPresent(value) {
		return append(text, "null"...)
	}
	switch value := value.(type) {
	case map[string]any:
		text = append(text, '{')
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if isPresent(value[name]) {
				text = append(strconv.AppendQuote(text, name), ':')
				text = append(appendCanonical(text, value[name]), ',')
			}
		}
		return append(text, '}')
	case []any:
		elements := make([]string, len(value))
		for i, element := range value {
			elements[i] = canonical(element)
		}
		slices.Sort(elements)
		return append(append(text, '['), strings.Join(elements, ",")+"]"...)
	case string:
		return strconv.AppendQuote(text, value)
	case bool:
		return strconv.AppendBool(text, value)
	case float64:
		return strconv.AppendFloat(text, value, 'g', -1, 64)
	default:
		return fmt.Append(text, value)
	}
}

// same is [Equal] by the rules of the attribute: letter case counts only if it
// is case exact, a dateTime is an instant, and of a complex value those parts count
// that both have: a resource may lack its location.
func (a *Attribute) same(x, y any) bool {
	if object, ok := y.(map[string]any); ok {
		known, _ := x.(map[string]any)
		return !slices.ContainsFunc(a.SubAttributes, func(sub *Attribute) bool {
			have, want := known[sub.Name], object[sub.Name]
			return have != nil && want != nil && !sub.same(have, want)
		})
	}
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

// fold returns what a text is compared and sorted by.
func (a *Attribute) fold(s string) string {
	if a.CaseExact || a.Type == Binary {
		return s
	}
	return foldText(s)
}

// foldText replaces each letter by one that represents all its cases, so that
// two texts that [strings.EqualFold] calls equal become the same.
func foldText(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return strings.Map(foldRune, s)
		}
	}
	return s // most text is in lower case
}

func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if 'A' <= least && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

// Version returns a weak entity tag, W/"…", of what [Equal] compares of the resource,
// without meta.version, and meta.location, which depends on how it was reached.
func Version(r Resource) string {
	content := map[string]any(r)
	if meta, ok := r["meta"].(map[string]any); ok && (meta["version"] != nil || meta["location"] != nil) {
		meta = maps.Clone(meta)
		delete(meta, "version")
		delete(meta, "location")
		content = maps.Clone(content)
		content["meta"] = meta
	}
	return VersionOf(appendCanonical(nil, content))
}

// VersionOf returns a weak entity tag of the content of a resource in any encoding. Its 64
// bits distinguish the states of one resource; they do not protect against a deliberate
// collision.
func VersionOf(content []byte) string {
	sum := binary.BigEndian.AppendUint64(nil, xxhash.Sum64(content))
	return `W/"` + hex.EncodeToString(sum) + `"`
}

// CheckIfMatch checks an If-Match header (RFC 7644 §3.14), "" for none, against the
// resource's version, weakly, as SCIM has weak tags only. The error is a *[Error] with
// [CodeVersionMismatch].
func CheckIfMatch(header, version string) error {
	if strings.TrimSpace(header) == "" || tagsMatch(header, version) {
		return nil
	}
	return NewError(CodeVersionMismatch, "The resource has changed since it was read. Read it again and retry the change.")
}

// NoneMatch reports whether an If-None-Match header, "" for none, does not have the
// version, so that the request goes on. Otherwise a GET is answered 304 Not Modified.
func NoneMatch(header, version string) bool {
	return !tagsMatch(header, version)
}

var entityTag = regexp.MustCompile(`"[^"]*"`)

// tagsMatch reports whether the list of entity tags (RFC 9110 §13.1.1) has the version.
func tagsMatch(header, version string) bool {
	current := entityTag.FindString(version)
	return strings.TrimSpace(header) == "*" ||
		current != "" && slices.Contains(entityTag.FindAllString(header, -1), current)
}
