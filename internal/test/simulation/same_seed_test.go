//go:build !race

package simulation

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// One seed tells one story. Lines of the same moment may stand in any order. Which of
// two requests that wait for one list goes on first is the scheduler's choice, so a
// story may be told another way now and then, but not each time. The race detector
// makes that choice at random, each time: nothing is held against it there.
func TestSameSeedSameStory(t *testing.T) {
	for _, sh := range shapes {
		t.Run(sh.name, func(t *testing.T) {
			p := newPlan(42, sh)
			told := func() []string { return slices.Sorted(slices.Values(tell(t, p, true).log)) }
			first, again := told(), told()
			for range 4 {
				if slices.Equal(first, again) {
					break
				}
				first, again = again, told()
			}
			assert.Equal(t, first, again)
		})
	}
}
