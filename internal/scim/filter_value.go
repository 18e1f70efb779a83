package scim

import (
	"cmp"
	"strings"
	"time"
)

// asBoolean takes a boolean, and the texts that some clients send for one.
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

func numberTest(op operator, want float64) func(any) bool {
	return func(v any) bool {
		number, ok := v.(float64)
		return ok && op.holds(cmp.Compare(number, want))
	}
}

func instantTest(op operator, want time.Time) func(any) bool {
	return func(v any) bool {
		text, _ := v.(string)
		instant, ok := parseInstant(text)
		return ok && op.holds(instant.Compare(want))
	}
}

// textRules are the ways to compare text, exactly or without letter case.
type textRules struct {
	equal, contains, hasPrefix, hasSuffix func(s, part string) bool
	compare                               func(a, b string) int
}

var (
	exactRules = textRules{
		func(a, b string) bool { return a == b },
		strings.Contains, strings.HasPrefix, strings.HasSuffix, strings.Compare,
	}
	foldRules = textRules{strings.EqualFold, containsFold, hasPrefixFold, hasSuffixFold, compareFold}
)

func (r textRules) test(op operator, want string) func(any) bool {
	var fulfils func(s, part string) bool
	switch op {
	case opEqual, opNotEqual:
		fulfils = r.equal
	case opContains:
		fulfils = r.contains
	case opStartsWith:
		fulfils = r.hasPrefix
	case opEndsWith:
		fulfils = r.hasSuffix
	default:
		fulfils = func(s, want string) bool { return op.holds(r.compare(s, want)) }
	}
	return func(v any) bool {
		text, ok := v.(string)
		return ok && fulfils(text, want)
	}
}

// holds reports whether the operator holds for a value that stands in this
// order to the one it is compared with. ne is tested as eq and then negated.
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
