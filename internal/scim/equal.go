package scim

import (
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// same reports whether two values in normal form are the same by the rules of the attribute:
// an empty value as an absent one (RFC 7643 §2.5), lists in any order, and of a complex value
// those parts that both have: a resource may lack its location.
func (a *Attribute) same(x, y any) bool {
	switch y := y.(type) {
	case []any:
		known, _ := x.([]any)
		isMissing := func(element any) bool {
			return !slices.ContainsFunc(known, func(other any) bool { return a.same(other, element) })
		}
		return len(known) == len(y) && !slices.ContainsFunc(y, isMissing)
	case map[string]any:
		known, _ := x.(map[string]any)
		return !slices.ContainsFunc(a.SubAttributes, func(sub *Attribute) bool {
			have, want := known[sub.Name], y[sub.Name]
			return have != nil && want != nil && !sub.same(have, want)
		})
	}
	key := a.key(x)
	return x == y || !isPresent(x) && !isPresent(y) || key != nil && key == a.key(y)
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

// Version returns a weak entity tag, W/"…", of a resource that has neither a version nor a
// location yet, with its lists in a fixed order.
func Version(r Resource) string {
	content, _ := Marshal(r) // in normal form, so it can be encoded
	return VersionOf(content)
}

// VersionOf returns a weak entity tag of the content of a resource in any encoding,
// for a provider that has a faster one than [Version]. Its 64 bits distinguish the
// states of one resource; they do not protect against a deliberate collision.
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
