package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// docs/errors.md is made from the table of codes; -update writes it anew.
func TestErrorsDocumentIsTheTable(t *testing.T) {
	require.NotEmpty(t, scim.Codes)
	var page strings.Builder
	page.WriteString("# Errors\n\n" +
		"Every error ends in `[code, request id]`: the code is explained here, the request id finds the\n" +
		"line in the gateway's log. Okta shows the text under Dashboard, Tasks, on the app's Assignments\n" +
		"tab, and for groups on the Push Groups tab.\n\n" +
		"| code | HTTP status | scimType | what has happened | what to do |\n|---|---|---|---|---|\n")
	for _, entry := range scim.Codes {
		kind := "-"
		if entry.Type != "" {
			kind = "`" + string(entry.Type) + "`"
		}
		fmt.Fprintf(&page, "| `%s` | %d | %s | %s | %s |\n", entry.Code, entry.Status, kind, entry.Cause, entry.Cure)
	}
	page.WriteString("\nA `503` is sent as `429` to Okta, which repeats by itself only after that; both say in\n" +
		"`Retry-After` when to come back.\n")
	path := filepath.Join("docs", "errors.md")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(page.String()), 0o644))
	}
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, page.String() == string(written), "docs/errors.md is not the table any more: run the test with -update to write it anew")
}

// Every code that the program uses has an entry, since the entry holds its status.
func TestEveryCodeHasAnEntry(t *testing.T) {
	seen := make(map[scim.Code]bool)
	for _, entry := range scim.Codes {
		assert.False(t, seen[entry.Code], "%s is in the table twice", entry.Code)
		seen[entry.Code] = true
		assert.NotEmpty(t, entry.Cause, entry.Code)
		assert.NotEmpty(t, entry.Cure, entry.Code)
	}
	source, err := os.ReadFile(filepath.Join("internal", "scim", "codes.go"))
	require.NoError(t, err)
	constants := 0
	for line := range strings.Lines(string(source)) {
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
