package scim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSameValues(t *testing.T) {
	complexes := plural("things", attribute("link", String))
	tests := []struct {
		name string
		attr *Attribute
		a, b any
		want bool
	}{
		{name: "letter case does not count", attr: attribute("a", String), a: "x", b: "X", want: true},
		{name: "unless the attribute is case exact", attr: caseExact(attribute("a", String)), a: "x", b: "X"},
		{name: "the same number", attr: attribute("a", Integer), a: float64(1), b: float64(1), want: true},
		{name: "a number and its text", attr: attribute("a", Integer), a: float64(1), b: "1"},
		{name: "false is not absent", attr: attribute("a", Boolean), a: false, b: nil},
		{name: "zero is not absent", attr: attribute("a", Integer), a: float64(0), b: nil},
		{name: "an empty string is absent", attr: attribute("a", String), a: "", b: nil, want: true},
		{name: "an empty list is absent", attr: multiValued(attribute("a", String)), a: []any{}, b: nil, want: true},
		{name: "one instant in two zones", attr: attribute("a", DateTime), a: "2026-01-01T00:00:00Z", b: "2026-01-01T01:00:00.0+01:00", want: true},
		{name: "the order of a list does not count", attr: multiValued(attribute("a", String)), a: []any{"x", "y"}, b: []any{"Y", "x"}, want: true},
		{name: "its length does", attr: multiValued(attribute("a", String)), a: []any{"x", "y"}, b: []any{"x"}},
		{name: "objects in any order", attr: complexes, a: []any{map[string]any{"value": "x"}, map[string]any{"value": "y"}}, b: []any{map[string]any{"value": "y"}, map[string]any{"value": "x"}}, want: true},
		{name: "a part that only one has", attr: complexes, a: map[string]any{"value": "x", "link": "z"}, b: map[string]any{"value": "x"}, want: true},
		{name: "a part that differs", attr: complexes, a: map[string]any{"value": "x", "link": "z"}, b: map[string]any{"value": "x", "link": "y"}},
		{name: "one element is not the element", attr: multiValued(attribute("a", String)), a: []any{"x"}, b: "x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, test.attr.same(test.a, test.b))
			assert.Equal(t, test.want, test.attr.same(test.b, test.a))
		})
	}
}

// foldWords holds ASCII, letters with three cases (k and the Kelvin sign, the
// two small sigmas), letters of other sizes in the other case, and bytes that
// are not UTF-8.
var foldWords = []string{
	"", "a", "A", "ab", "Ab", "abc", "b", "Z", "_", "k", "\u212a", "K\u212ak", "straße", "STRASSE",
	"Σίσυφος", "σίσυφοσ", "é", "É", "Åse", "åSE", "\xff", "a\xffb", "\ufffd", "😀", "ada@EXAMPLE.com", "İ", "i", "ſ", "S", "_", "ẞ", "ß",
}

func TestFoldAgreesWithEqualFold(t *testing.T) {
	for _, s := range foldWords {
		for _, other := range foldWords {
			assert.Equal(t, strings.EqualFold(s, other), foldText(s) == foldText(other), "%q %q", s, other)
		}
	}
}
