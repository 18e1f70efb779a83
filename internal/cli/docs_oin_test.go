package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var word = regexp.MustCompile("`([^`]+)`")

// The evidence for Okta's test plan exists: each case that is said to pass names
// a story or a test that there is.
func TestEvidenceForOktasTestPlan(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("docs", "okta-oin.md"))
	require.NoError(t, err)
	_, table, found := strings.Cut(string(source), "| cases | what | result | evidence |\n|---|---|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	tests := goTests(t)
	cases := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		evidence := word.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if strings.HasPrefix(cells[2], "passes") {
			cases++
			assert.NotEmpty(t, evidence, cells[0])
		}
		for _, one := range evidence {
			switch name := one[1]; filepath.Ext(name) {
			case ".txtar":
				assert.FileExists(t, filepath.Join("testdata", "okta", name), cells[0])
			case ".md":
				assert.FileExists(t, filepath.Join("docs", name), cells[0])
			default:
				assert.Contains(t, tests, "\nfunc "+name+"(t *testing.T)", cells[0])
			}
		}
	}
	assert.NotZero(t, cases)
}

// goTests is the text of the tests of this package.
func goTests(t *testing.T) string {
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	text := ""
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		text += string(source)
	}
	return text
}
