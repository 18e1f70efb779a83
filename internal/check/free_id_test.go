package check

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// An id that nobody has keeps the form of one that somebody has.
func TestFreeID(t *testing.T) {
	for id, want := range map[string]string{
		"480001":    "713334",
		"D88MGYVTY": "A11PJHYWH",
		"3f2b-9a":   "6c5e-2d",
		"":          "",
		"ä":         "ä",
	} {
		assert.Equal(t, want, freeID(id, func(string) bool { return false }), id)
	}
}
