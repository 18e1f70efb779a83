package strict_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec/strict"
)

// FuzzRead reads arbitrary documents. The number of problems is bounded, and they are
// sorted and have a place.
func FuzzRead(f *testing.F) {
	require.NotEmpty(f, rules)
	require.NotEmpty(f, broken)
	for _, rule := range rules {
		f.Add([]byte(rule.text))
	}
	for _, test := range broken {
		f.Add([]byte(test.text))
	}
	schema := documents(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var d document
		report := schema.Read("doc.yaml", data, &d)
		problems := problemsIn(t, report)
		line, column := report.Positions.At("any.a.b[0]")
		require.Positive(t, line)
		require.Positive(t, column)
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
