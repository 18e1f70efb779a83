package scim

import (
	"fmt"
	"slices"
	"strings"
)

// newComparison checks that the attribute's type has the operator and takes the
// value, and prepares the test. What is wrong is returned as the end of a
// sentence for the client.
func newComparison(path AttrPath, op operator, value any) (c *comparison, problem string) {
	c = &comparison{path: path, op: op, value: value, negated: op == opNotEqual}
	if op == opPresent {
		c.test = isPresent
		return c, ""
	}
	if value == nil {
		if op != opEqual && op != opNotEqual {
			return nil, "null can only be compared with eq and ne"
		}
		c.test, c.negated = isPresent, op == opEqual
		return c, ""
	}
	if problem := c.implyValue(); problem != "" {
		return nil, problem
	}
	c.test, problem = c.newTest()
	return c, problem
}

// implyValue makes a complex multi-valued attribute stand for its "value", as
// clients write it: emails co "x", members eq "id".
func (c *comparison) implyValue() (problem string) {
	attr := c.path.leaf()
	if attr.Type != Complex {
		return ""
	}
	value := attributeNamed(attr.SubAttributes, "value")
	if c.path.Sub != nil || !attr.MultiValued || value == nil {
		return fmt.Sprintf("%s is complex, so one of its sub-attributes must be compared (%s)",
			c.path, joinNames(attr.SubAttributes, 10))
	}
	c.path.Sub = value
	return ""
}

// leaf is the attribute that holds the values.
func (p AttrPath) leaf() *Attribute {
	if p.Sub != nil {
		return p.Sub
	}
	return p.Attr
}

func joinNames(attributes []*Attribute, limit int) string {
	var names []string
	for _, attribute := range attributes[:min(limit, len(attributes))] {
		names = append(names, attribute.Name)
	}
	return strings.Join(names, ", ")
}

// operatorsOf lists the operators besides pr that a type has. RFC 7644 §3.4.2.2
// forbids order on booleans and binaries; parts of a text exist only in texts.
var operatorsOf = map[Type][]operator{
	String:    {opEqual, opNotEqual, opContains, opStartsWith, opEndsWith, opGreater, opGreaterEqual, opLess, opLessEqual},
	Reference: {opEqual, opNotEqual, opContains, opStartsWith, opEndsWith, opGreater, opGreaterEqual, opLess, opLessEqual},
	DateTime:  {opEqual, opNotEqual, opGreater, opGreaterEqual, opLess, opLessEqual},
	Integer:   {opEqual, opNotEqual, opGreater, opGreaterEqual, opLess, opLessEqual},
	Decimal:   {opEqual, opNotEqual, opGreater, opGreaterEqual, opLess, opLessEqual},
	Boolean:   {opEqual, opNotEqual},
	Binary:    {opEqual, opNotEqual},
}

func (c *comparison) newTest() (test func(any) bool, problem string) {
	attr := c.path.leaf()
	if !hasOperator(attr.Type, c.op) {
		return nil, fmt.Sprintf("%s is of type %s, which has no operator %s", c.path, attr.Type, c.op)
	}
	switch attr.Type {
	case Boolean:
		want, ok := asBoolean(c.value)
		if !ok {
			return nil, fmt.Sprintf("%s is a boolean, so it can be compared with true and false only", c.path)
		}
		c.value = want
		assumed := attr.Name == "primary" && !want // RFC 7643 §2.4
		return func(v any) bool { return v == want || v == nil && assumed }, ""
	case Integer, Decimal:
		want, ok := c.value.(float64)
		if !ok {
			return nil, fmt.Sprintf("%s is a number, so it can be compared with a number only, without quotes", c.path)
		}
		return numberTest(c.op, want), ""
	}
	want, ok := c.value.(string)
	if !ok {
		return nil, fmt.Sprintf("%s is of type %s, so the value needs double quotes", c.path, attr.Type)
	}
	switch {
	case attr.Type == DateTime:
		instant, ok := parseInstant(want)
		if !ok {
			return nil, fmt.Sprintf("%s is a time, to be written like 2026-01-31T09:30:00Z", c.path)
		}
		return instantTest(c.op, instant), ""
	case attr.CaseExact || attr.Type == Binary:
		return exactRules.test(c.op, want), ""
	default:
		return foldRules.test(c.op, foldText(want)), ""
	}
}

func hasOperator(kind Type, op operator) bool {
	return slices.Contains(operatorsOf[kind], op)
}
