package documents

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

// allTests returns the names of the tests of this module and of deploy.
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

// Each threat in SECURITY.md names tests, and all of them exist.
func TestSecurityDocumentNamesTests(t *testing.T) {
	document, err := os.ReadFile("SECURITY.md")
	require.NoError(t, err)
	_, threats, found := strings.Cut(string(document), "\n## Attackers and defenses")
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

// Each requirement of a newer profile either holds and names tests, all of which
// exist, or has a reason why it does not.
func TestProfilesNameTests(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("docs", "profiles.md"))
	require.NoError(t, err)
	tests := allTests(t)
	requirements := 0
	for line := range strings.Lines(string(document)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || len(cells) < 3 || strings.HasPrefix(line, "| requirement") || strings.HasPrefix(line, "| level") {
			continue
		}
		requirements++
		result, evidence := cells[len(cells)-2], strings.TrimSpace(cells[len(cells)-1])
		assert.Regexp(t, `^(holds|with a setting|Suger's limit|not )`, result, line)
		assert.NotEmpty(t, evidence, line)
		named := namedTest.FindAllStringSubmatch(evidence, -1)
		assert.True(t, len(named) > 0 || !strings.HasPrefix(result, "holds") && !strings.HasPrefix(result, "with") || strings.Contains(evidence, "no test"), "no test shows: %s", line)
		for _, name := range named {
			assert.True(t, tests[name[1]], "there is no test %s", name[1])
		}
	}
	assert.Greater(t, requirements, 40)
}

// Each section of docs/limits.md names tests, and all of them exist.
func TestLimitsNameTests(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("docs", "limits.md"))
	require.NoError(t, err)
	tests := allTests(t)
	sections := strings.Split(string(document), "\n## ")
	require.Greater(t, len(sections), 5)
	for _, section := range sections {
		title, _, _ := strings.Cut(section, "\n")
		named := namedTest.FindAllStringSubmatch(section, -1)
		assert.NotEmpty(t, named, "no test shows what %q says", title)
		for _, name := range named {
			assert.True(t, tests[name[1]], "there is no test %s", name[1])
		}
	}
}

var word = regexp.MustCompile("`([^`]+)`")

// The evidence for Okta's test plan exists: each passing case names an existing story
// or test.
func TestEvidenceForOktasTestPlan(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("docs", "okta-oin.md"))
	require.NoError(t, err)
	_, table, found := strings.Cut(string(source), "| cases | what | result | evidence |\n|---|---|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	tests := allTests(t)
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
				assert.True(t, tests[name], "%s: there is no test %s", cells[0], name)
			}
		}
	}
	assert.NotZero(t, cases)
}
