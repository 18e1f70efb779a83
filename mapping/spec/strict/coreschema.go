package strict

import (
	"math"
	"regexp"
	"strconv"
)

// The plain scalars of YAML 1.2's core schema that are not strings (section 10.3.2).
var (
	nullScalar  = regexp.MustCompile(`^(null|Null|NULL|~|)$`)
	boolScalar  = regexp.MustCompile(`^(true|True|TRUE|false|False|FALSE)$`)
	intScalar   = regexp.MustCompile(`^[-+]?[0-9]+$`)
	octalScalar = regexp.MustCompile(`^0o[0-7]+$`)
	hexScalar   = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	floatScalar = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	// JSON has no infinity and no not-a-number, so neither has a document.
	otherScalar = regexp.MustCompile(`^([-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN)$`)
)

// value is what a scalar stands for: nil, a bool, an int, a float64 or a string.
// A number that none of these can hold is a float64 beyond the finite.
func (n *node) value() any {
	text := n.text
	switch {
	case !n.plain:
		return text
	case nullScalar.MatchString(text):
		return nil
	case boolScalar.MatchString(text):
		return text[0] == 't' || text[0] == 'T'
	case intScalar.MatchString(text):
		return whole(text, 10)
	case octalScalar.MatchString(text):
		return whole(text[2:], 8)
	case hexScalar.MatchString(text):
		return whole(text[2:], 16)
	case floatScalar.MatchString(text):
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return math.Inf(1)
		}
		return number
	case otherScalar.MatchString(text):
		return math.Inf(1)
	}
	return text
}

// whole reads digits that have been checked; only their size can be wrong.
func whole(digits string, base int) any {
	number, err := strconv.ParseInt(digits, base, strconv.IntSize)
	if err != nil {
		return math.Inf(1)
	}
	return int(number)
}
