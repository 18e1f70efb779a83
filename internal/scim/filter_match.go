package scim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// An operator is a comparison operator of RFC 7644 §3.4.2.2 table 3.
type operator string

const (
	opEqual    operator = "eq"
	opNotEqual operator = "ne"
	opPresent  operator = "pr"
)

// operators says of each operator when it holds. ne is tested as eq and then negated.
var operators = map[operator]struct {
	order func(order int) bool      // for a value that compares like this to the wanted one
	text  func(s, want string) bool // of those for text alone
}{
	opPresent:  {},
	opEqual:    {order: func(order int) bool { return order == 0 }},
	opNotEqual: {order: func(order int) bool { return order == 0 }},
	"gt":       {order: func(order int) bool { return order > 0 }},
	"ge":       {order: func(order int) bool { return order >= 0 }},
	"lt":       {order: func(order int) bool { return order < 0 }},
	"le":       {order: func(order int) bool { return order <= 0 }},
	"co":       {text: strings.Contains},
	"sw":       {text: strings.HasPrefix},
	"ew":       {text: strings.HasSuffix},
}

// newComparison makes the node "path op value". It checks that the operator and the
// value, a string, bool, float64 or nil for null, fit the attribute's type; problem is
// the end of a sentence for the client.
func newComparison(path AttrPath, op operator, value any) (node filterNode, problem string) {
	null := value == nil && op != opPresent
	var test func(value any) bool // of one value; nil is no value
	switch {
	case path.unknown:
		test = func(any) bool { return false }
	case null && op != opEqual && op != opNotEqual:
		return node, "null can only be compared with eq and ne"
	case value == nil:
		test = isPresent
	default:
		if path, problem = path.comparable(); problem == "" {
			test, value, problem = newTest(path, op, value)
		}
	}
	node.negated = (op == opNotEqual) != null
	node.text = path.String() + " " + string(op)
	if op != opPresent {
		encoded, _ := json.Marshal(value) // a text of valid UTF-8, a boolean, a finite number or null
		node.text += " " + string(encoded)
	}
	if op == opEqual && !null {
		node.equal = []equality{{path.String(), path.leaf(), value}}
	}
	node.match = func(object map[string]any) bool {
		return anyElement(path.in(object), func(element any) bool {
			if path.Sub == nil {
				return test(element)
			}
			object, ok := element.(map[string]any)
			return ok && anyElement(object[path.Sub.Name], test)
		})
	}
	return node, problem
}

// comparable replaces a complex multi-valued attribute by its "value": emails co "x".
func (p AttrPath) comparable() (path AttrPath, problem string) {
	attr := p.leaf()
	if attr.Type != Complex {
		return p, ""
	}
	value := attributeNamed(attr.SubAttributes, "value")
	if p.Sub != nil || !attr.MultiValued || value == nil {
		var names []string
		for _, sub := range attr.SubAttributes[:min(10, len(attr.SubAttributes))] {
			names = append(names, sub.Name)
		}
		return p, fmt.Sprintf("%s is complex; compare one of its sub-attributes (%s)", p, strings.Join(names, ", "))
	}
	p.Sub = value
	return p, ""
}

// leaf returns the attribute that holds the values.
func (p AttrPath) leaf() *Attribute {
	if p.Sub != nil {
		return p.Sub
	}
	return p.Attr
}

// newTest makes the test of one value. wanted is the value as the attribute's type has it.
func newTest(path AttrPath, op operator, value any) (test func(any) bool, wanted any, problem string) {
	attr, holds, order := path.leaf(), operators[op].text, operators[op].order
	text, isText := value.(string)
	switch attr.Type {
	case Boolean:
		boolean, ok := asBoolean(value)
		if !ok {
			problem = fmt.Sprintf("%s is a boolean, so it can be compared with true and false only", path)
		}
		value = boolean
	case Integer, Decimal:
		if _, ok := value.(float64); !ok {
			problem = fmt.Sprintf("%s is a number, so it can be compared with a number only, without quotes", path)
		}
	default:
		if !isText {
			problem = fmt.Sprintf("%s is of type %s, so the value needs double quotes", path, attr.Type)
		}
	}
	assumed := attr.Name == "primary" && value == false // RFC 7643 §2.4
	number, isNumber := value.(float64)
	isEquality, hasParts := op == opEqual || op == opNotEqual, attr.Type == String || attr.Type == Reference
	hasOrder := attr.Type != Boolean && attr.Type != Binary // RFC 7644 §3.4.2.2
	switch {
	case !isEquality && !hasOrder, holds != nil && !hasParts:
		problem = fmt.Sprintf("%s is of type %s, which has no operator %s", path, attr.Type, op)
	case isEquality && hasParts && !attr.CaseExact: // the most frequent test
		test = func(v any) bool {
			s, ok := v.(string)
			return ok && strings.EqualFold(s, text)
		}
	case isEquality && attr.Type != DateTime:
		test = func(v any) bool { return v == value || v == nil && assumed }
	case isNumber:
		test = func(v any) bool {
			n, ok := v.(float64)
			return ok && order(cmp.Compare(n, number))
		}
	case attr.Type == DateTime:
		want, ok := parseInstant(text)
		if isText && !ok {
			problem = fmt.Sprintf("%s is a time, to be written like 2026-01-31T09:30:00Z", path)
		}
		test = func(v any) bool {
			text, _ := v.(string)
			at, ok := parseInstant(text)
			return ok && order(at.Compare(want))
		}
	default:
		if holds == nil {
			holds = func(s, want string) bool { return order(strings.Compare(s, want)) }
		}
		want := attr.fold(text)
		test = func(v any) bool {
			text, ok := v.(string)
			return ok && holds(attr.fold(text), want)
		}
	}
	return test, value, problem
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
