package documents

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A requirement is a MUST, SHALL, REQUIRED or SHOULD of an RFC for service providers,
// in our words.
type requirement struct {
	section string
	level   string // "SHOULD", or "MUST" also for SHALL and REQUIRED
	text    string
	proofs  []string // tests in the form of testReference, and conversations in testdata
	reason  string   // what the gateway does instead, and why
	idle    string   // why it does not apply
}

func must(section, text string) requirement {
	return requirement{section: section, level: "MUST", text: text}
}

func should(section, text string) requirement {
	return requirement{section: section, level: "SHOULD", text: text}
}

func (r requirement) by(proofs ...string) requirement { r.proofs = proofs; return r }

func (r requirement) departs(reason string) requirement { r.reason = reason; return r }

func (r requirement) moot(why string) requirement { r.idle = why; return r }

var conformance = []struct {
	rfc          string
	title        string
	requirements []requirement
}{
	{"7643", "Core Schema", rfc7643},
	{"7644", "Protocol", rfc7644},
	{"9865", "Cursor-Based Pagination", rfc9865},
}

// testReference matches "folder.TestName", "folder.TestName/case" (with the case's
// name in the test's file) and "FuzzName of folder".
var testReference = regexp.MustCompile(`^(.+?)\.(Test\w+)(?:/(.+))?$|^(Fuzz\w+) of (.+)$`)

// Every requirement has an existing test, or a reason for having none.
func TestEveryRequirementIsCovered(t *testing.T) {
	sources := map[string]string{}
	for _, missing := range []string{"gateway.TestThatIsNotThere", "gateway.TestCursors/a case that is not there", "rfc/not-there.txtar", "by hand"} {
		require.Error(t, exists(missing, sources), missing)
	}
	for _, list := range conformance {
		require.NotEmpty(t, list.requirements, list.rfc)
		seen := map[string]bool{}
		for _, r := range list.requirements {
			name := fmt.Sprintf("RFC %s section %s: %s", list.rfc, r.section, r.text)
			assert.False(t, seen[name], "%s is listed twice", name)
			seen[name] = true
			assert.True(t, len(r.proofs) > 0 || r.reason != "" || r.idle != "", "%s: no test covers it", name)
			assert.False(t, r.idle != "" && (r.reason != "" || len(r.proofs) > 0), "%s: it both applies and does not apply", name)
			for _, proof := range r.proofs {
				assert.NoError(t, exists(proof, sources), name)
			}
		}
	}
}

// exists returns an error if a test or conversation does not exist. sources caches the
// files.
func exists(proof string, sources map[string]string) error {
	if strings.HasSuffix(proof, ".txtar") {
		_, err := os.Stat(filepath.Join("testdata", proof))
		return err
	}
	parts := testReference.FindStringSubmatch(proof)
	if parts == nil {
		return fmt.Errorf("%q is neither a test nor a conversation", proof)
	}
	folder, name, one := parts[1], parts[2], parts[3]
	if parts[4] != "" {
		folder, name = parts[5], parts[4]
	}
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, read := sources[file]; !read {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			sources[file] = string(text)
		}
		if strings.Contains(sources[file], "\nfunc "+name+"(") {
			if !strings.Contains(sources[file], one) {
				return fmt.Errorf("%s has no case %q", name, one)
			}
			return nil
		}
	}
	return fmt.Errorf("there is no test %s in %q", name, folder)
}

// docs/conformance.md is generated from the tables; -update rewrites it.
func TestConformanceDocumentMatchesTheTables(t *testing.T) {
	path := filepath.Join("docs", "conformance.md")
	page := conformancePage()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(page), 0o644))
	}
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, page == string(written), "docs/conformance.md differs from the tables: run the test with -update to rewrite it")
}

const conformanceIntroduction = "# Conformance\n\n" +
	"For anyone who must know how closely the gateway follows the RFCs: every requirement of RFC 7643, 7644 and\n" +
	"9865 on service providers, by section, in our words, with its tests. Each is a MUST (SHALL, REQUIRED) where\n" +
	"SHOULD does not follow the section. A test checks the tables from which this page is generated.\n\n" +
	"`gateway.TestCursors` is a Go test in that folder, a name ending in `.txtar` a conversation in `testdata/`\n" +
	"with the whole stack. [protocol.md](protocol.md) describes what the gateway supports.\n"

const conformanceEnd = "\n## Fuzzing and the filter parser\n\n" +
	"`.ci/fuzz 1m` fuzzes every parser, PATCH and whole requests: nothing panics, a whole resource that is\n" +
	"read again is the same, a refused PATCH changes nothing, and every answer is valid SCIM.\n\n" +
	"The filter parser is hand-written. `github.com/scim2/filter-parser/v2` refuses some of what clients send\n" +
	"(`\\u00e9` in a string, parentheses within brackets, a comparison after brackets), does not report where a\n" +
	"filter is wrong, and is about twenty times slower: `go test ./internal/scim -run '^$' -bench ParseFilter`.\n"

func conformancePage() string {
	var page, idle, covered strings.Builder
	page.WriteString(conformanceIntroduction)
	page.WriteString("\n## Where the gateway departs from the RFCs\n\n" +
		"| RFC, section | requirement | the gateway | tests |\n|---|---|---|---|\n")
	idle.WriteString("\n## What does not apply\n\n")
	for _, list := range conformance {
		fmt.Fprintf(&covered, "\n## RFC %s, %s\n\n", list.rfc, list.title)
		for _, r := range list.requirements {
			switch {
			case r.reason != "":
				fmt.Fprintf(&page, "| %s, %s | %s | %s | %s |\n", list.rfc, r.place(), cell(r.text), cell(r.reason), cell(r.tests()))
			case r.idle != "":
				fmt.Fprintf(&idle, "- %s, %s: %s *%s*\n", list.rfc, r.place(), r.text, r.idle)
			default:
				fmt.Fprintf(&covered, "- %s: %s %s\n", r.place(), r.text, r.tests())
			}
		}
	}
	return page.String() + idle.String() + covered.String() + conformanceEnd
}

// place returns the section, and the level if it is SHOULD.
func (r requirement) place() string {
	if r.level == "SHOULD" {
		return r.section + " SHOULD"
	}
	return r.section
}

// tests lists the tests without their cases, each once.
func (r requirement) tests() string {
	var names []string
	for _, proof := range r.proofs {
		if parts := testReference.FindStringSubmatch(proof); parts != nil && parts[3] != "" {
			proof = parts[1] + "." + parts[2]
		}
		if name := "`" + proof + "`"; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
