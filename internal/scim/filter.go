package scim

import (
	"cmp"
	"slices"
	"strings"
)

// Bounds of a filter, and of a PATCH path.
const (
	MaxFilterLength = 8 << 10 // bytes
	MaxFilterDepth  = 16      // levels of parentheses and brackets
	MaxFilterTerms  = 200     // comparisons

	// MaxPatchComparisons bounds what the filters in the paths of one PATCH compare
	// in all: terms by elements, which takes some tenths of a second. A filter for
	// one value, as in members[value eq "x"], looks it up and compares nothing.
	MaxPatchComparisons = 50_000_000
)

// A Filter is a parsed and type-checked filter (RFC 7644 §3.4.2.2) on resources
// of one type, or on the elements of one multi-valued attribute. It never
// changes, so that goroutines can share it. A nil *Filter matches everything.
//
// Where the RFC leaves a choice:
//
//   - On a multi-valued attribute an operator is true if it is true for at least one
//     element. A complex multi-valued attribute means its "value".
//   - ne is the negation of eq: it is true for an absent attribute, and for a
//     multi-valued one only if no element is equal.
//   - pr is false for an empty text and an empty list. "eq null" is its
//     negation, "ne null" is the same as pr.
//   - An entry that does not say whether it is primary is not (RFC 7643 §2.4).
//   - Boolean attributes also compare with "true" and "false" in quotes, in any
//     letter case, as Entra ID sends them.
//   - A dateTime is an instant; without a zone it is in UTC.
//   - emails[type eq "work"].value eq "x" is accepted too (Entra ID sends it): one
//     element must fulfil both.
type Filter struct {
	root        filterNode
	comparisons int        // how many it makes of one resource at most
	named       []AttrPath // what it looks at, outside brackets
}

// ParseFilter reads a filter on resources of type rt. In a query on several
// types at once the filter may also name what only the others have; no resource
// of type rt has a value for that (RFC 7644 §3.4.2.1).
//
// The error is a *[Error] with [CodeInvalidFilter] that names the place: the
// filter is malformed or exceeds a bound, names an attribute that does not exist
// or is only tolerated, or compares what the attribute's type cannot compare.
func ParseFilter(text string, rt *ResourceType, others ...*ResourceType) (*Filter, error) {
	p := filterParser{rt: rt, others: others, code: CodeInvalidFilter, noun: "filter"}
	p.start(text)
	root := p.parseOr()
	p.expectEnd(`"and", "or" or the end is expected here`)
	if p.err != nil {
		return nil, p.err
	}
	return &Filter{root: root, comparisons: p.terms, named: p.named}, nil
}

// Match reports whether the resource fulfils the filter.
func (f *Filter) Match(r Resource) bool {
	return f == nil || f.root.match(r)
}

// MatchElement reports whether an element of a multi-valued attribute fulfils
// the value filter of a [Path].
func (f *Filter) MatchElement(element any) bool {
	if f == nil {
		return true
	}
	object, ok := element.(map[string]any)
	return ok && f.root.match(object)
}

// terms is how many comparisons the filter makes of one resource at most.
func (f *Filter) terms() int {
	if f == nil {
		return 1
	}
	return f.comparisons
}

// String is the filter in canonical spelling, "" for none: filters that differ in
// letter case, blanks or needless parentheses only have the same. Parsing it gives the
// same filter.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.root.String()
}

// Equality reports whether the filter does nothing but compare one attribute
// with one value for equality, and which: "userName", "members.value". The
// value is a string, bool or float64. emails[value eq "x"] compares emails.value.
func (f *Filter) Equality() (path string, value any, ok bool) {
	if f == nil {
		return "", nil, false
	}
	node, prefix := f.root, ""
	if e, selects := node.(*elementMatch); selects && e.comparison == nil && !e.path.WholeExtension() {
		node, prefix = e.filter, e.path.String()+"."
	}
	c, ok := node.(*comparison)
	if !ok || c.op != opEqual || c.value == nil {
		return "", nil, false
	}
	return prefix + c.path.String(), c.value, true
}

// Names reports whether the filter looks at the top-level attribute, or at the
// extension if attr is a URN.
func (f *Filter) Names(attr string) bool {
	return f != nil && slices.ContainsFunc(f.named, func(path AttrPath) bool {
		return strings.EqualFold(cmp.Or(path.URN, path.Attr.Name), attr)
	})
}

// An operator is a comparison operator of RFC 7644 §3.4.2.2 table 3.
type operator string

const (
	opEqual        operator = "eq"
	opNotEqual     operator = "ne"
	opContains     operator = "co"
	opStartsWith   operator = "sw"
	opEndsWith     operator = "ew"
	opPresent      operator = "pr"
	opGreater      operator = "gt"
	opGreaterEqual operator = "ge"
	opLess         operator = "lt"
	opLessEqual    operator = "le"
)

// A filterNode is a part of a filter. The object that it is matched against is
// a resource or, inside brackets, an element of a multi-valued attribute.
type filterNode interface {
	match(object map[string]any) bool
	String() string // in canonical spelling
}

type (
	negation struct{ node filterNode } // not

	// A junction is its nodes with "and" or "or" between them.
	junction struct {
		or    bool
		nodes []filterNode
	}

	// A comparison is "path op value".
	comparison struct {
		path    AttrPath
		op      operator
		value   any            // string, bool or float64; nil for null and with pr
		test    func(any) bool // does one value fulfil the operator; false for nil
		negated bool           // ne, and eq null: holds if no value passes the test
	}

	// An elementMatch is "path[filter]", or "path[filter].sub op value" if
	// there is a comparison.
	elementMatch struct {
		path       AttrPath
		filter     filterNode
		comparison *comparison
	}
)

func (n junction) String() string {
	keyword := " and "
	if n.or {
		keyword = " or "
	}
	parts := make([]string, len(n.nodes))
	for i, node := range n.nodes {
		parts[i] = node.String()
		if inner, ok := node.(junction); ok && inner.or && !n.or {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, keyword)
}

func (n negation) String() string { return "not (" + n.node.String() + ")" }

func (c *comparison) String() string {
	text := c.path.String() + " " + string(c.op)
	if c.op == opPresent {
		return text
	}
	value, _ := AppendJSON(nil, c.value) // a text, boolean, number or null can be encoded
	return text + " " + string(value)
}

func (e *elementMatch) String() string {
	text := e.path.String() + "[" + e.filter.String() + "]"
	if e.comparison != nil {
		text += "." + e.comparison.String()
	}
	return text
}
