package scim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Bounds of a filter, and of a PATCH path.
const (
	MaxFilterLength = 8 << 10 // bytes
	MaxFilterDepth  = 16      // levels of parentheses and brackets
	MaxFilterTerms  = 200     // comparisons

	// MaxPatchComparisons bounds terms by elements of the filters in the paths of one PATCH:
	// some tenths of a second. A filter for one value, as in members[value eq "x"], counts none.
	MaxPatchComparisons = 50_000_000
)

// A Filter is a parsed and type-checked filter (RFC 7644 §3.4.2.2) on resources of one type, or
// on the elements of a list. It never changes. A nil *Filter matches everything.
//
// Where the RFC leaves a choice:
//
//   - ne is the negation of eq: it is true for an absent attribute, and for a
//     multi-valued one only if no element is equal. emails[type eq "work"].value ne "x"
//     means that no element is of the type and equal.
//   - pr is false for an empty text and an empty list; "eq null" is its negation.
//   - An entry that does not say whether it is primary is not (RFC 7643 §2.4).
//   - A dateTime is an instant; without a zone it is in UTC.
type Filter struct {
	filterNode
	comparisons int      // most comparisons for one resource
	named       []string // the top-level attributes, or URNs of extensions, that it looks at
}

// ParseFilter reads a filter on resources of type rt. In a query on several types it may also
// name what only the others have, so that resources of type rt have no value (RFC 7644 §3.4.2.1).
//
// The error names the place: the filter is malformed, exceeds a bound, names an attribute that
// does not exist or is only tolerated, or compares what the attribute's type cannot compare.
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

// Uses reports whether the filter uses the top-level attribute, or extension by its URN.
func (f *Filter) Uses(attr string) bool {
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

// hasElement returns a filter that holds if what the path names, or an element of it, passes
// the test and is within: both of the same element. A nil test passes each object.
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

// operators maps each to whether it holds for two keys (RFC 7644 §3.4.2.2). ne is tested as eq
// and then negated; co, sw and ew are for text alone.
var operators = map[string]func(have, want any) bool{
	"eq": func(have, want any) bool { return have == want },
	"ne": func(have, want any) bool { return have == want },
	"gt": func(have, want any) bool { return compareKeys(have, want) > 0 },
	"ge": func(have, want any) bool { return compareKeys(have, want) >= 0 },
	"lt": func(have, want any) bool { return compareKeys(have, want) < 0 },
	"le": func(have, want any) bool { return compareKeys(have, want) <= 0 },
	"co": func(have, want any) bool { return strings.Contains(have.(string), want.(string)) },
	"sw": func(have, want any) bool { return strings.HasPrefix(have.(string), want.(string)) },
	"ew": func(have, want any) bool { return strings.HasSuffix(have.(string), want.(string)) },
}

// newTest makes the test of one value of the attribute. problem is the end of a sentence.
func (a *Attribute) newTest(op string, want any) (test func(any) bool, problem string) {
	key, holds, isEquality, isForText := a.key(want), operators[op], op == "eq" || op == "ne", op == "co" || op == "sw" || op == "ew"
	switch {
	case a.Type == Complex:
		return nil, "is complex; compare one of its sub-attributes"
	case isForText && a.Type != String && a.Type != Reference,
		!isForText && !isEquality && (a.Type == Boolean || a.Type == Binary):
		return nil, fmt.Sprintf("is of type %s, which has no operator %s", a.Type, op)
	case key == nil:
		return nil, fmt.Sprintf("can be compared with %s only", a.form())
	}
	return func(value any) bool {
		if text, isText := value.(string); isText && isEquality && a.Type == String && !a.CaseExact {
			return strings.EqualFold(text, want.(string)) // the most frequent test, made without allocating
		}
		if value == nil && a.Name == "primary" {
			value = false // RFC 7643 §2.4
		}
		have := a.key(value)
		return have != nil && holds(have, key)
	}, ""
}

// leaf returns the attribute that holds the values.
func (p AttrPath) leaf() *Attribute {
	if p.Sub != nil {
		return p.Sub
	}
	return p.Attr
}

// key returns what a value of the attribute is compared and sorted by: a string, a
// float64, or nil for no value of its type.
func (a *Attribute) key(value any) any {
	text, isText := value.(string)
	switch a.Type {
	case Boolean:
		switch value {
		case true:
			return 1.0
		case false:
			return 0.0
		}
	case Integer, Decimal:
		if number, ok := value.(float64); ok {
			return number
		}
	case DateTime:
		if instant, ok := parseInstant(text); ok {
			return instant.UTC().Format("2006-01-02T15:04:05.000000000Z")
		}
	default:
		if isText {
			return a.fold(text)
		}
	}
	return nil
}

// compareKeys orders keys ascending; no value comes last.
func compareKeys(a, b any) int {
	switch {
	case a == b:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	s, _ := a.(string)
	t, _ := b.(string)
	x, _ := a.(float64)
	y, _ := b.(float64)
	return cmp.Or(strings.Compare(s, t), cmp.Compare(x, y))
}

// form describes the values of the attribute's type.
func (a *Attribute) form() string {
	forms := map[Type]string{
		Boolean: "true or false", Integer: "a whole number", Decimal: "a number",
		DateTime: "a time like 2026-01-31T09:30:00Z", Complex: "an object",
	}
	return cmp.Or(forms[a.Type], "a string")
}

// asBoolean accepts a boolean, and the texts that some clients send for one.
func asBoolean(value any) (boolean, ok bool) {
	boolean, ok = value.(bool)
	text, _ := value.(string)
	isTrue := strings.EqualFold(text, "true")
	return boolean || isTrue, ok || isTrue || strings.EqualFold(text, "false")
}

// parseInstant reads an xsd:dateTime (RFC 7643 §2.3.5), with a zone or without.
func parseInstant(text string) (time.Time, bool) {
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil {
		instant, err = time.Parse("2006-01-02T15:04:05", text)
	}
	return instant, err == nil
}

// isPresent is the operator pr: an empty text, list or object counts as absent.
func isPresent(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case string:
		return value != ""
	case []any:
		return slices.ContainsFunc(value, isPresent)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(value)), isPresent)
	default:
		return true
	}
}
