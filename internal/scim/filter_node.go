package scim

import (
	"fmt"
	"strconv"
	"strings"
)

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
