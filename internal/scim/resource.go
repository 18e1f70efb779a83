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

// A Resource is one SCIM resource in normal form, as every function of this package expects
// and returns it:
//
//   - keys are spelt as in the schema; extension attributes are in an object
//     under the extension's URN;
//   - values are string, bool, float64, map[string]any (complex) and []any
//     (multi-valued, of map[string]any if complex); never nil.
//
// An attribute that a client emptied (null, "", [], {}, an entry without a value, a PATCH that
// removes it) is the empty value of its kind; one that it did not mention is absent. Booleans
// and numbers have no empty value, so they are absent. Otherwise empty and absent are the same.
//
// Functions never change a Resource they are given, but what they return may share parts with it.
type Resource map[string]any

// ID returns the resource's id, or "".
func (r Resource) ID() string {
	id, _ := r["id"].(string)
	return id
}

// Version is meta.version, the resource's weak ETag, or "".
func (r Resource) Version() string {
	meta, _ := r["meta"].(map[string]any)
	version, _ := meta["version"].(string)
	return version
}

// CheckRequired reports the first required attribute that the resource lacks, as
// [CodeInvalidValue]. Absent extensions and complex attributes require no parts.
func (rt *ResourceType) CheckRequired(r Resource) error {
	for path := range rt.single {
		if path.leaf().Required && !path.readOnly() && path.parentPresent(r) && !isPresent(path.valueIn(r)) {
			return NewError(CodeInvalidValue, "The attribute %s is required, but the request has no value for it. "+
				"In Okta, check the attribute mappings of the app (Provisioning, To App).", path)
		}
	}
	return nil
}

// CheckImmutable reports the first immutable attribute that is set in current
// and that wanted sets to something else, as [CodeMutability]. One that wanted
// does not mention stays as it is (RFC 7644 §3.5.1).
func (rt *ResourceType) CheckImmutable(current, wanted Resource) error {
	return rt.checkChange(current, wanted, false)
}

// checkChange is CheckImmutable. If wanted is all of the resource, as after a PATCH, an
// immutable or required attribute cannot be missing either (RFC 7644 §3.5.2.2).
func (rt *ResourceType) checkChange(current, wanted Resource, all bool) error {
	for path := range rt.single {
		leaf, before, after := path.leaf(), path.valueIn(current), path.valueIn(wanted)
		fixed := leaf.Mutability == Immutable && !leaf.Guarded
		switch {
		case !isPresent(before):
		case fixed && (all || after != nil) && !leaf.same(before, after):
			return NewError(CodeMutability, "The attribute %s cannot be changed once it is set.", path)
		case all && leaf.Required && path.parentPresent(wanted) && !isPresent(after):
			return NewError(CodeMutability, "The attribute %s is required and cannot be removed or emptied.", path)
		}
	}
	return nil
}

// single yields the attributes of resources, and the sub-attributes of those with one value.
func (rt *ResourceType) single(yield func(AttrPath) bool) {
	for _, space := range rt.namespaces() {
		for _, attr := range space.Attributes {
			for _, sub := range append([]*Attribute{nil}, attr.SubAttributes...) {
				path := AttrPath{URN: space.urn, Attr: attr, Sub: sub}
				if isSingle := sub == nil || !attr.MultiValued; isSingle && !space.tolerated && !yield(path) {
					return
				}
			}
		}
	}
}

// valueIn returns the value of a path that leads through no list, or nil.
func (p AttrPath) valueIn(r Resource) any {
	value := p.in(r)
	if p.Sub == nil {
		return value
	}
	object, _ := value.(map[string]any)
	return object[p.Sub.Name]
}

// parentPresent reports whether what the path's end belongs to is there.
func (p AttrPath) parentPresent(r Resource) bool {
	if p.Sub != nil {
		return isPresent(p.in(r))
	}
	return p.URN == "" || isPresent(r[p.URN])
}

func (p AttrPath) readOnly() bool {
	return p.Attr.Mutability == ReadOnly || p.Sub != nil && p.Sub.Mutability == ReadOnly
}

// same reports whether two values are the same by the rules of the attribute: empty and absent
// (RFC 7643 §2.5), lists in any order, and of objects the parts that both have.
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

// foldText makes texts the same that [strings.EqualFold] calls equal.
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

// Version returns a weak entity tag of a resource that has neither a version nor a location
// yet, with its lists in a fixed order.
func Version(r Resource) string {
	content, _ := Marshal(r) // a normal form can be encoded
	return VersionOf(content)
}

// VersionOf is [Version] for a provider that encodes resources faster. Its 64 bits distinguish
// the states of one resource; they do not protect against a deliberate collision.
func VersionOf(content []byte) string {
	sum := binary.BigEndian.AppendUint64(nil, xxhash.Sum64(content))
	return `W/"` + hex.EncodeToString(sum) + `"`
}

// CheckIfMatch checks an If-Match header (RFC 7644 §3.14), "" for none, against the
// resource's version, weakly, as SCIM has weak tags only. The error is a *[Error] with
// [CodeVersionMismatch].
func CheckIfMatch(header, version string) error {
	if strings.TrimSpace(header) == "" || TagsMatch(header, version) {
		return nil
	}
	return NewError(CodeVersionMismatch, "The resource has changed since it was read. Read it again and retry the change.")
}

var entityTag = regexp.MustCompile(`"[^"]*"`)

// TagsMatch reports whether the header, a list of entity tags (RFC 9110 §13.1), has the version.
func TagsMatch(header, version string) bool {
	current := entityTag.FindString(version)
	return strings.TrimSpace(header) == "*" ||
		current != "" && slices.Contains(entityTag.FindAllString(header, -1), current)
}
