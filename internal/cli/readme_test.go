package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	settingCell = regexp.MustCompile(`^\|([^|]*)\|`)
	settingName = regexp.MustCompile("`((?:SUGER|GATEWAY)_[A-Z_]+)`")
)

// The README's table of settings and the program know the same variables. A
// _FILE variable is not a row of its own: the README says once that every
// secret has one.
func TestReadmeNamesEverySetting(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	documented := map[string]bool{}
	for line := range strings.Lines(string(readme)) {
		if cell := settingCell.FindStringSubmatch(line); cell != nil {
			for _, name := range settingName.FindAllStringSubmatch(cell[1], -1) {
				documented[strings.TrimSuffix(name[1], "_FILE")] = true
			}
		}
	}
	known := map[string]bool{}
	for _, name := range settingNames() {
		known[strings.TrimSuffix(name, "_FILE")] = true
	}
	assert.Equal(t, known, documented, "the table's first cell has each name in backticks")
}
