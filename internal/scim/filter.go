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
//     multi-valued one only if no element is equal. So emails[type eq "work"].value ne "x"
//     means that no element is of the type and equal.
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
	if err := p.parse(text, func() { root = p.parseOr() }, `"and", "or" or the end`); err != nil {
		return nil, err
	}
	return &Filter{root, p.terms, p.named}, nil
}

// Match reports whether the resource, or the element of a list, fulfils the filter.
func (f *Filter) Match(r Resource) bool {
	return f == nil || f.match(r)
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

// A filterNode is a part of a filter.
type filterNode struct {
	match func(object map[string]any) bool // a resource or, inside brackets, an element

	// The comparisons with eq, all of which must hold, if the node is nothing else.
	equal []equality
}

// An equality is "path eq value", for a value that is not null.
type equality struct {
	path  string
	attr  *Attribute // at the end of the path
	value any
}

// join makes one node of several with "and" or, if or, "or" between them.
func join(nodes []filterNode, or bool) filterNode {
	if len(nodes) == 1 {
		return nodes[0]
	}
	node := filterNode{match: func(object map[string]any) bool {
		return or == slices.ContainsFunc(nodes, func(part filterNode) bool { return part.match(object) == or })
	}}
	if or || slices.ContainsFunc(nodes, func(part filterNode) bool { return part.equal == nil }) {
		return node
	}
	for _, part := range nodes {
		node.equal = append(node.equal, part.equal...)
	}
	return node
}

// hasElement returns a filter that holds if what the path names, or an element of it,
// passes the test. If the path has a sub-attribute, its value in the same element must
// pass within as well; a nil test passes each object.
func (p AttrPath) hasElement(within func(map[string]any) bool, test func(any) bool) func(map[string]any) bool {
	return func(object map[string]any) bool {
		return anyElement(p.in(object), func(element any) bool {
			if p.Sub == nil && within == nil {
				return test(element)
			}
			inner, isObject := element.(map[string]any)
			return isObject && (within == nil || within(inner)) && (p.Sub == nil || anyElement(inner[p.Sub.Name], test))
		})
	}
}

// anyElement reports whether the value, or an element of it, passes the test.
func anyElement(value any, test func(any) bool) bool {
	if elements, multi := value.([]any); multi {
		return slices.ContainsFunc(elements, test)
	}
	return test(value)
}
