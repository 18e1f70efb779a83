package scim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// newComparison checks that the operator and the value fit the attribute's type,
// and prepares the test. problem is the end of a sentence for the client.
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

// implyValue replaces a complex multi-valued attribute by its "value", as clients
// write it: emails co "x", members eq "id".
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
		return func(v any) bool {
			number, ok := v.(float64)
			return ok && c.op.holds(cmp.Compare(number, want))
		}, ""
	}
	want, ok := c.value.(string)
	if !ok {
		return nil, fmt.Sprintf("%s is of type %s, so the value needs double quotes", c.path, attr.Type)
	}
	if attr.Type == DateTime {
		instant, ok := parseInstant(want)
		if !ok {
			return nil, fmt.Sprintf("%s is a time, to be written like 2026-01-31T09:30:00Z", c.path)
		}
		return func(v any) bool {
			text, _ := v.(string)
			at, ok := parseInstant(text)
			return ok && c.op.holds(at.Compare(instant))
		}, ""
	}
	return textTest(c.op, want, attr.CaseExact || attr.Type == Binary), ""
}

func hasOperator(kind Type, op operator) bool {
	return slices.Contains(operatorsOf[kind], op)
}

// asBoolean accepts a boolean, and the texts that some clients send for one.
func asBoolean(value any) (boolean, ok bool) {
	switch value := value.(type) {
	case bool:
		return value, true
	case string:
		boolean = strings.EqualFold(value, "true")
		return boolean, boolean || strings.EqualFold(value, "false")
	default:
		return false, false
	}
}

// parseInstant reads an xsd:dateTime (RFC 7643 §2.3.5) with or without a
// fraction of a second and a zone.
func parseInstant(text string) (time.Time, bool) {
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil {
		instant, err = time.Parse("2006-01-02T15:04:05", text)
	}
	return instant, err == nil
}

// textTest compares text exactly or without letter case.
func textTest(op operator, want string, exact bool) func(any) bool {
	fold := func(s string) string { return s }
	holds := func(s, want string) bool { return op.holds(strings.Compare(s, want)) }
	switch {
	case op == opContains:
		holds = strings.Contains
	case op == opStartsWith:
		holds = strings.HasPrefix
	case op == opEndsWith:
		holds = strings.HasSuffix
	case !exact && (op == opEqual || op == opNotEqual):
		exact, holds = true, strings.EqualFold // the most frequent one, and needs no copy
	}
	if !exact {
		fold = foldText
		want = fold(want)
	}
	return func(v any) bool {
		text, ok := v.(string)
		return ok && holds(fold(text), want)
	}
}

// holds reports whether the operator holds for a value that compares like this to
// the wanted one. ne is tested as eq and then negated.
func (op operator) holds(order int) bool {
	switch op {
	case opGreater:
		return order > 0
	case opGreaterEqual:
		return order >= 0
	case opLess:
		return order < 0
	case opLessEqual:
		return order <= 0
	default:
		return order == 0
	}
}

func (n junction) match(object map[string]any) bool {
	for _, node := range n.nodes {
		if node.match(object) == n.or {
			return n.or
		}
	}
	return !n.or
}

func (n negation) match(object map[string]any) bool {
	return !n.node.match(object)
}

func (c *comparison) match(object map[string]any) bool {
	return c.passes(object) != c.negated
}

// passes reports whether one of the values that the path names passes the test.
func (c *comparison) passes(object map[string]any) bool {
	return anyElement(c.path.in(object), func(element any) bool {
		if c.path.Sub == nil {
			return c.test(element)
		}
		object, ok := element.(map[string]any)
		return ok && anyElement(object[c.path.Sub.Name], c.test)
	})
}

// anyElement reports whether the value, or one element of it if it is a list,
// passes the test.
func anyElement(value any, test func(any) bool) bool {
	if elements, multi := value.([]any); multi {
		return slices.ContainsFunc(elements, test)
	}
	return test(value)
}

// match reports whether an element fulfils the filter and the comparison. A
// negated comparison is negated as a whole: a.b[f].c ne "x" means that no
// element fulfils f and equals "x", as ne does without the brackets.
func (e *elementMatch) match(object map[string]any) bool {
	negated := e.comparison != nil && e.comparison.negated
	return negated != anyElement(e.path.in(object), func(element any) bool {
		object, ok := element.(map[string]any)
		return ok && e.filter.match(object) && (e.comparison == nil || e.comparison.passes(object))
	})
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
		for _, member := range value {
			if isPresent(member) {
				return true
			}
		}
		return false
	default:
		return true
	}
}
