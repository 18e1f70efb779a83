package scim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEqual(t *testing.T) {
	tests := []struct {
		name string
		a, b any
		want bool
	}{
		{name: "the same string", a: "x", b: "x", want: true},
		{name: "letter case counts", a: "x", b: "X"},
		{name: "the same number", a: float64(1), b: float64(1), want: true},
		{name: "a number and its text", a: float64(1), b: "1"},
		{name: "a boolean and its text", a: true, b: "true"},
		{name: "false is not absent", a: false, b: nil},
		{name: "zero is not absent", a: float64(0), b: nil},
		{name: "an empty string is absent", a: "", b: nil, want: true},
		{name: "an empty list is absent", a: []any{}, b: nil, want: true},
		{name: "an object of nothing is absent", a: map[string]any{"a": map[string]any{"b": ""}}, b: nil, want: true},
		{name: "empty members do not count", a: map[string]any{"a": "x", "b": []any{}}, b: map[string]any{"a": "x"}, want: true},
		{name: "a resource and its map", a: Resource{"a": "x"}, b: map[string]any{"a": "x"}, want: true},
		{name: "the order of a list does not count", a: []any{"x", "y", "x"}, b: []any{"x", "x", "y"}, want: true},
		{name: "how often does", a: []any{"x", "y", "x"}, b: []any{"x", "y", "y"}},
		{
			name: "the order of lists in lists of objects does not count",
			a:    []any{map[string]any{"v": []any{"1", "2"}}, map[string]any{"v": "3"}},
			b:    []any{map[string]any{"v": "3"}, map[string]any{"v": []any{"2", "1"}}},
			want: true,
		},
		{name: "one element is not the element", a: []any{"x"}, b: "x"},
		{name: "brackets in a string are only text", a: []any{"a\",\"b"}, b: []any{"a", "b"}},
		{name: "the text null is not absent", a: "null", b: nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, Equal(test.a, test.b))
			assert.Equal(t, test.want, Equal(test.b, test.a))
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
