package scim

import (
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
	filterNode
	comparisons int      // most comparisons for one resource
	named       []string // the top-level attributes, or URNs of extensions, that it looks at
}

// ParseFilter reads a filter on resources of type rt. In a query on several types at once
// it may also name what only the others have, and resources of type rt have no value for
// (RFC 7644 §3.4.2.1).
//
// The error is a *[Error] with [CodeInvalidFilter] that names the place: the filter is
// malformed, exceeds a bound, names an attribute that does not exist or is only tolerated,
// or compares what the attribute's type cannot compare.
func ParseFilter(text string, rt *ResourceType, others ...*ResourceType) (*Filter, error) {
	p := filterParser{rt: rt, others: others, code: CodeInvalidFilter, noun: "filter"}
	var root filterNode
	if err := p.parse(text, func() { root = p.parseOr() }, `"and", "or" or the end is expected here`); err != nil {
		return nil, err
	}
	return &Filter{filterNode: root, comparisons: p.terms, named: p.named}, nil
}

// Match reports whether the resource, or the element of a list, fulfils the filter.
func (f *Filter) Match(r Resource) bool {
	return f == nil || f.holds(r)
}

// String returns the filter in canonical spelling, "" for none: the same for filters that
// differ in letter case, blanks or needless parentheses only. It can be parsed.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.text
}

// Equality reports whether the filter only compares one attribute with one value, a
// string, bool or float64, for equality. emails[value eq "x"] compares "emails.value".
func (f *Filter) Equality() (path string, value any, ok bool) {
	if f == nil || len(f.equal) != 1 {
		return "", nil, false
	}
	return f.equal[0].path, f.equal[0].value, true
}

// Names reports whether the filter uses the top-level attribute, or extension by its URN.
func (f *Filter) Names(attr string) bool {
	return f != nil && slices.ContainsFunc(f.named, func(name string) bool { return strings.EqualFold(name, attr) })
}

// A filterNode is a part of a filter. It holds if it matches, or, negated, if it does not.
type filterNode struct {
	match   func(object map[string]any) bool // a resource or, inside brackets, an element
	negated bool
	text    string // in canonical spelling
	or      bool   // "and" needs parentheses around the text

	// The comparisons with eq, all of which must hold, if the node is nothing else.
	equal []equality
}

// An equality is "path eq value", for a value that is not null.
type equality struct {
	path  string
	attr  *Attribute // at the end of the path
	value any
}

func (n filterNode) holds(object map[string]any) bool { return n.match(object) != n.negated }

// join makes one node of several with the word, "and" or "or", between them.
func join(nodes []filterNode, word string) filterNode {
	if len(nodes) == 1 {
		return nodes[0]
	}
	or := word == "or"
	node := filterNode{or: or, match: func(object map[string]any) bool {
		return or == slices.ContainsFunc(nodes, func(part filterNode) bool { return part.holds(object) == or })
	}}
	parts, equalities := make([]string, len(nodes)), !or
	for i, part := range nodes {
		parts[i] = part.text
		if part.or && !or {
			parts[i] = "(" + part.text + ")"
		}
		node.equal = append(node.equal, part.equal...)
		equalities = equalities && part.equal != nil
	}
	if !equalities {
		node.equal = nil
	}
	node.text = strings.Join(parts, " "+word+" ")
	return node
}

// selects makes the node "path[filter]", which holds if an element of what the path
// names fulfils the filter. With a comparison it is "path[filter].sub op value": one
// element must fulfil both. A negated comparison is negated as a whole: a[f].b ne "x"
// means that no element fulfils f and equals "x", as ne does without the brackets.
func selects(path AttrPath, filter filterNode, and *filterNode) filterNode {
	node := filterNode{text: path.String() + "[" + filter.text + "]"}
	if and != nil {
		node.text += "." + and.text
		node.negated = and.negated
	} else if len(filter.equal) == 1 && !path.WholeExtension() {
		equal := filter.equal[0]
		equal.path = path.String() + "." + equal.path
		node.equal = []equality{equal}
	}
	node.match = func(object map[string]any) bool {
		return anyElement(path.in(object), func(element any) bool {
			object, ok := element.(map[string]any)
			return ok && filter.holds(object) && (and == nil || and.match(object))
		})
	}
	return node
}

// anyElement reports whether the value, or an element of it, passes the test.
func anyElement(value any, test func(any) bool) bool {
	if elements, multi := value.([]any); multi {
		return slices.ContainsFunc(elements, test)
	}
	return test(value)
}
