package scim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An operator is a comparison operator of RFC 7644 §3.4.2.2 table 3.
type operator struct {
	name               string
	presence, equality bool
	negated            bool                      // ne is tested as eq and then negated
	order              func(order int) bool      // whether it holds for a value that compares like this to the wanted one
	part               func(s, want string) bool // of those for text alone
}

var operators = map[string]operator{
	"pr": {name: "pr", presence: true},
	"eq": {name: "eq", equality: true, order: func(order int) bool { return order == 0 }},
	"ne": {name: "ne", equality: true, negated: true, order: func(order int) bool { return order == 0 }},
	"gt": {name: "gt", order: func(order int) bool { return order > 0 }},
	"ge": {name: "ge", order: func(order int) bool { return order >= 0 }},
	"lt": {name: "lt", order: func(order int) bool { return order < 0 }},
	"le": {name: "le", order: func(order int) bool { return order <= 0 }},
	"co": {name: "co", part: strings.Contains},
	"sw": {name: "sw", part: strings.HasPrefix},
	"ew": {name: "ew", part: strings.HasSuffix},
}

// compare makes the test of one value: how it compares to the wanted one. It returns the
// path of the values, which is the "value" of a complex multi-valued attribute, and the
// wanted value as the attribute's type has it. problem is the end of a sentence for the
// client.
func (op operator) compare(path AttrPath, want any) (_ AttrPath, wanted any, test func(any) bool, problem string) {
	attr := path.leaf()
	if attr.Type == Complex {
		value := attributeNamed(attr.SubAttributes, "value")
		if path.Sub != nil || !attr.MultiValued || value == nil {
			return path, nil, nil, fmt.Sprintf("%s is complex; compare one of its sub-attributes", path)
		}
		path.Sub, attr = value, value
	}
	if boolean, ok := asBoolean(want); ok && attr.Type == Boolean {
		want = boolean
	}
	key := attr.key(want)
	switch {
	case op.part != nil && attr.Type != String && attr.Type != Reference,
		op.order != nil && !op.equality && (attr.Type == Boolean || attr.Type == Binary):
		return path, nil, nil, fmt.Sprintf("%s is of type %s, which has no operator %s", path, attr.Type, op.name)
	case key == nil:
		return path, nil, nil, fmt.Sprintf("%s can be compared with %s only", path, attr.form())
	}
	return path, want, func(value any) bool {
		if text, isText := value.(string); isText && op.equality && attr.Type == String && !attr.CaseExact {
			return strings.EqualFold(text, want.(string)) // the most frequent test, made without allocating
		}
		if value == nil && attr.Name == "primary" {
			value = false // RFC 7643 §2.4
		}
		have := attr.key(value)
		switch {
		case have == nil:
			return false
		case op.part != nil:
			return op.part(have.(string), key.(string))
		}
		return op.order(compareKeys(have, key))
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
	switch a.Type {
	case Boolean:
		return "true or false"
	case Integer:
		return "a whole number"
	case Decimal:
		return "a number"
	case DateTime:
		return "a time like 2026-01-31T09:30:00Z"
	case Complex:
		return "an object"
	}
	return "a string"
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
