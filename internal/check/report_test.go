package check_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
)

var update = flag.Bool("update", false, "rewrite the reports in testdata; read the change")

var port = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// golden compares a text with a file of testdata. The ports of test servers are
// left out, since they differ.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = port.ReplaceAllString(got, "127.0.0.1:PORT")
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "run the test with -update to write the file anew")
}

// The planted differences are named, each by the line that concerns it.
func testPlanted(t *testing.T, file string, all []planted) {
	require.NotEmpty(t, all)
	var found strings.Builder
	for i := range all {
		p := &all[i]
		t.Run(p.name, func(t *testing.T) {
			report := p.stand.run(t)
			at := slices.IndexFunc(report.Lines, func(line check.Line) bool {
				return line.Check == p.check && line.Level == p.level && strings.Contains(line.Text+" "+line.Change, p.says)
			})
			require.GreaterOrEqual(t, at, 0, "no line %s %q that says %q in\n%s", p.level, p.check, p.says, text(report))
			entry := ""
			if place := report.Lines[at].Mapping; place != nil {
				entry = place.Entry
			}
			assert.Equal(t, p.entry, entry)
			assert.Equal(t, report.Count(check.Fail) == 0, report.OK)
			fmt.Fprintf(&found, "== %s\n%s\n", p.name, onlyNotable(report, at))
			p.stand.assertNothingPersonal(t, text(report))
		})
	}
	golden(t, file, found.String())
}

// onlyNotable returns the part of a report that is not well, but for what every
// check without --write says.
func onlyNotable(report *check.Report, expected int) string {
	var b strings.Builder
	for i, line := range report.Lines {
		if i == expected || line.Level != check.OK && line.Check != "managing users" {
			b.WriteString(line.String())
		}
	}
	return b.String()
}

var operationsOnUsers = []string{
	"list users", "get user", "add user", "update user", "remove user", "activate user", "deactivate user",
	"set role", "grant role", "revoke role", "list roles",
}

// If Suger matches the mapping, nothing fails, nothing is left behind, and every
// operation on users has been tried.
func TestContracts(t *testing.T) {
	for _, contract := range []string{"membership", "status", "envelope", "removal", "multirole"} {
		t.Run(contract, func(t *testing.T) {
			s := written(stand{contract: contract})
			report := s.run(t)
			assert.True(t, report.OK)
			for _, line := range report.Lines {
				if line.Level == check.OK {
					assert.Empty(t, line.Change, line.Check)
				}
			}
			assert.Len(t, s.suger.Users(), map[bool]int{true: 24, false: 25}[contract == "membership"], "nobody has come or gone")
			for _, operation := range operationsOnUsers {
				if op := s.document(t).Operations.Named(operation); op != nil {
					assert.Positive(t, s.suger.Count(operation), operation)
				}
			}
			s.assertNothingPersonal(t, text(report))
			golden(t, contract+".txt", text(report))
		})
	}
}

// Where Suger offers only the call that it documents, the report names each call
// of the mapping that it lacks.
func TestDocumentedCallOnly(t *testing.T) {
	s := written(stand{contract: "documented"})
	report := s.run(t)
	assert.False(t, report.OK)
	golden(t, "documented.txt", text(report))
}

// A check whose writes were refused beforehand says nothing about the gateway.
func TestWritesThatAreNotTried(t *testing.T) {
	s := stand{config: write("viewer@example.com")}
	assert.Contains(t, text(s.run(t)), "\n1 check failed. The writes were not tried.\n")
}

func TestReadDefectsAreReported(t *testing.T) { testPlanted(t, "reads.txt", plantedReads) }

func TestWriteDefectsAreReported(t *testing.T) { testPlanted(t, "writes.txt", plantedWrites) }
