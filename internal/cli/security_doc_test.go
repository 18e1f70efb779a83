package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	namedTest    = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
)

// allTests are the names of the tests of this module and of the one in deploy.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, found := range testFunction.FindAllStringSubmatch(string(source), -1) {
			names[found[1]] = true
		}
		return err
	}))
	require.NotEmpty(t, names)
	return names
}

// Each threat in SECURITY.md names tests, and each test that it names exists.
func TestSecurityDocumentNamesTests(t *testing.T) {
	document, err := os.ReadFile("SECURITY.md")
	require.NoError(t, err)
	_, threats, found := strings.Cut(string(document), "\n## Who could do what")
	require.True(t, found)
	tests := allTests(t)
	rows := 0
	for line := range strings.Lines(threats) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		last := strings.TrimSpace(cells[len(cells)-1])
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || last == "tests" {
			continue
		}
		rows++
		named := namedTest.FindAllStringSubmatch(last, -1)
		assert.NotEmpty(t, named, "no test shows: %s", line)
		for _, name := range named {
			assert.True(t, tests[name[1]], "there is no test %s", name[1])
		}
	}
	assert.NotZero(t, rows)
}
