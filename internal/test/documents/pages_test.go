package documents

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// docs/errors.md is generated from the table of codes; -update rewrites it.
func TestErrorsDocumentMatchesTheTable(t *testing.T) {
	require.NotEmpty(t, scim.Codes)
	var page strings.Builder
	page.WriteString("# Errors\n\n" +
		"For anyone who reads an error in Okta, in the gateway's log or on the status page.\n\n" +
		"Every error ends in `[code, request id]`: the table explains the code, and the request id finds the line in\n" +
		"the gateway's log. Okta shows the text under Dashboard, Tasks, on the app's Assignments tab, and for groups\n" +
		"on the Push Groups tab. Okta is answered `429` instead of `503`, because it retries only a `429` by itself;\n" +
		"`Retry-After` says when.\n\n" +
		"| code | status, scimType | what has happened | what to do |\n|---|---|---|---|\n")
	for _, entry := range scim.Codes {
		status := strconv.Itoa(entry.Status)
		if entry.Type != "" {
			status += " `" + string(entry.Type) + "`"
		}
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n", entry.Code, status, entry.Cause, entry.Cure)
	}
	path := filepath.Join("docs", "errors.md")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(page.String()), 0o644))
	}
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, page.String() == string(written), "docs/errors.md does not match the table: run the test with -update")
}

// Every code that the program uses has an entry, with its status.
func TestEveryCodeHasAnEntry(t *testing.T) {
	seen := make(map[scim.Code]bool)
	for _, entry := range scim.Codes {
		assert.False(t, seen[entry.Code], "%s is in the table twice", entry.Code)
		seen[entry.Code] = true
		assert.NotEmpty(t, entry.Cause, entry.Code)
		assert.NotEmpty(t, entry.Cure, entry.Code)
	}
	files, err := filepath.Glob(filepath.Join("internal", "scim", "*.go"))
	require.NoError(t, err)
	var sources strings.Builder
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		sources.Write(source)
	}
	constants := 0
	for line := range strings.Lines(sources.String()) {
		_, value, ok := strings.Cut(line, "Code = \"")
		if !ok {
			continue
		}
		constants++
		word, _, _ := strings.Cut(value, `"`)
		assert.True(t, seen[scim.Code(word)], "%s has no entry", word)
	}
	assert.Equal(t, len(scim.Codes), constants)
}

// docs/check.md shows what the check prints.
func TestCheckDocument(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("docs", "check.md"))
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)<!-- ([a-z.]+) -->\n```text\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		report, err := os.ReadFile(filepath.Join("internal", "check", "testdata", block[1]))
		require.NoError(t, err)
		for _, piece := range strings.Split(block[2], "...\n") {
			assert.Contains(t, string(report), piece, block[1])
		}
	}
}
