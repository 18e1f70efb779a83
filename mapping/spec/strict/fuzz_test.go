package strict_test

import (
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec/strict"
)

// FuzzDecode feeds arbitrary documents. Problems are few, in order and have a
// place; a document without problems survives printing.
func FuzzDecode(f *testing.F) {
	require.NotEmpty(f, rules)
	require.NotEmpty(f, broken)
	f.Add([]byte(everything))
	f.Add([]byte(everythingPrinted))
	for _, rule := range rules {
		f.Add([]byte(rule.text))
	}
	for _, test := range broken {
		f.Add([]byte(test.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var d document
		positions, problems := strict.Decode("doc.yaml", data, &d)
		line, column := positions.At("any.a.b[0]")
		require.Positive(t, line)
		require.Positive(t, column)
		if len(problems) == 0 {
			assertPrintRead(t, d)
			return
		}
		require.LessOrEqual(t, len(problems), 101)
		require.True(t, slices.IsSortedFunc(problems, func(a, b strict.Problem) int {
			return slices.Compare([]int{a.Line, a.Column}, []int{b.Line, b.Column})
		}), problems.Error())
		for _, p := range problems {
			require.Positive(t, p.Line)
			require.Positive(t, p.Column)
			require.NotEmpty(t, p.Message)
		}
	})
}

// assertPrintRead prints a document and reads it back.
func assertPrintRead(t *testing.T, d document) {
	t.Helper()
	printed, err := strict.Print(d)
	require.NoError(t, err)
	if len(printed) > 256<<10 {
		return // the print of a flow map can be larger than a document may be
	}
	var again document
	_, problems := strict.Decode("print.yaml", printed, &again)
	require.NoError(t, problems.Err(), "%s", printed)
	require.Equal(t, d, again)
}

// FuzzPrint prints arbitrary text in every place where text can be.
func FuzzPrint(f *testing.F) {
	require.NotEmpty(f, texts)
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) && len(text) <= 256 { // the longest key
			assertTextKept(t, text)
		}
	})
}
