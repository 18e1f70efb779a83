package scim

import (
	"fmt"
	"strconv"
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
//   - On a multi-valued attribute an operator holds if it holds for one element
//     at least. A complex multi-valued attribute stands for its "value".
//   - ne is the negation of eq: it holds for an absent attribute, and for a
//     multi-valued one only if no element is equal.
//   - pr is false for an empty text and an empty list. "eq null" is its
//     negation, "ne null" is the same as pr.
//   - An entry that does not say whether it is primary is not (RFC 7643 §2.4).
//   - Boolean attributes also compare with "true" and "false" in quotes, in any
//     letter case, as Entra ID sends them.
//   - A dateTime is an instant; without a zone it is in UTC.
//   - emails[type eq "work"].value eq "x" is taken too (Entra ID sends it): one
//     element must fulfil both.
type Filter struct {
	root filterNode
}

// ParseFilter reads a filter on resources of type rt. In a query on several
// types at once the filter may also name what only the others have; no resource
// of type rt has a value for that (RFC 7644 §3.4.2.1).
//
// The error is a *[Error] with [CodeInvalidFilter] that names the place: the
// filter is malformed or beyond a bound, names an attribute that does not exist
// or is only tolerated, or compares what the attribute's type cannot compare.
func ParseFilter(text string, rt *ResourceType, others ...*ResourceType) (*Filter, error) {
	p := filterParser{rt: rt, others: others, code: CodeInvalidFilter, noun: "filter"}
	if err := p.start(text); err != nil {
		return nil, err
	}
	root, err := p.parseOr()
	if err != nil {
		return nil, err
	}
	if p.token.kind != tokenEnd {
		return nil, p.fail(p.token, "\"and\", \"or\" or the end is expected here")
	}
	return &Filter{root}, nil
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
	return termsOf(f.root)
}

func termsOf(nodes ...filterNode) (terms int) {
	for _, node := range nodes {
		switch node := node.(type) {
		case allOf:
			terms += termsOf(node...)
		case anyOf:
			terms += termsOf(node...)
		case negation:
			terms += termsOf(node.node)
		case *elementMatch:
			terms += 1 + termsOf(node.filter)
		default:
			terms++
		}
	}
	return terms
}

// String is the filter in canonical spelling. Parsing it gives the same filter.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	var b strings.Builder
	f.root.print(&b)
	return b.String()
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
	return f != nil && f.root.names(attr)
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
	print(b *strings.Builder)
	names(attr string) bool
}

type (
	allOf    []filterNode              // and; two nodes or more, none an allOf
	anyOf    []filterNode              // or; two nodes or more, none an anyOf
	negation struct{ node filterNode } // not

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

func (n allOf) print(b *strings.Builder) {
	for i, node := range n {
		if i > 0 {
			b.WriteString(" and ")
		}
		if _, alternative := node.(anyOf); alternative {
			b.WriteByte('(')
			node.print(b)
			b.WriteByte(')')
			continue
		}
		node.print(b)
	}
}

func (n anyOf) print(b *strings.Builder) {
	for i, node := range n {
		if i > 0 {
			b.WriteString(" or ")
		}
		node.print(b)
	}
}

func (n negation) print(b *strings.Builder) {
	b.WriteString("not (")
	n.node.print(b)
	b.WriteByte(')')
}

func (c *comparison) print(b *strings.Builder) {
	b.WriteString(c.path.String())
	b.WriteByte(' ')
	b.WriteString(string(c.op))
	if c.op != opPresent {
		b.WriteByte(' ')
		printLiteral(b, c.value)
	}
}

func (e *elementMatch) print(b *strings.Builder) {
	b.WriteString(e.path.String())
	b.WriteByte('[')
	e.filter.print(b)
	b.WriteByte(']')
	if e.comparison != nil {
		b.WriteByte('.')
		e.comparison.print(b)
	}
}

// printLiteral writes a value as JSON.
func printLiteral(b *strings.Builder, value any) {
	switch value := value.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(value))
	case float64:
		b.WriteString(strconv.FormatFloat(value, 'g', -1, 64))
	case string:
		b.WriteByte('"')
		for _, r := range value {
			switch {
			case r == '"' || r == '\\':
				b.WriteByte('\\')
				b.WriteRune(r)
			case r < ' ':
				fmt.Fprintf(b, `\u%04x`, r)
			default:
				b.WriteRune(r)
			}
		}
		b.WriteByte('"')
	}
}

func (n allOf) names(attr string) bool    { return anyNames(n, attr) }
func (n anyOf) names(attr string) bool    { return anyNames(n, attr) }
func (n negation) names(attr string) bool { return n.node.names(attr) }

func (c *comparison) names(attr string) bool   { return c.path.under(attr) }
func (e *elementMatch) names(attr string) bool { return e.path.under(attr) }

func anyNames(nodes []filterNode, attr string) bool {
	for _, node := range nodes {
		if node.names(attr) {
			return true
		}
	}
	return false
}

// under reports whether the path lies in the top-level attribute or extension.
func (p AttrPath) under(attr string) bool {
	if p.URN != "" {
		return strings.EqualFold(p.URN, attr)
	}
	return strings.EqualFold(p.Attr.Name, attr)
}
