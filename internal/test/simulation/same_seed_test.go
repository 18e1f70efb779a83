//go:build !race

package simulation

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A seed always gives the same scenario. Lines of the same moment can be in any order.
// The scheduler decides which of two requests that wait for one list continues first,
// so runs can differ sometimes, but not always. The race detector makes that choice at
// random, so the test does not run with it.
func TestSameSeedSameScenario(t *testing.T) {
	for _, sh := range shapes {
		t.Run(sh.name, func(t *testing.T) {
			p := newPlan(42, sh)
			run := func() []string { return slices.Sorted(slices.Values(simulate(t, p, true).log)) }
			first, again := run(), run()
			for range 4 {
				if slices.Equal(first, again) {
					break
				}
				first, again = again, run()
			}
			assert.Equal(t, first, again)
		})
	}
}
