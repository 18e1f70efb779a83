package documents

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	documentLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	inlineCode   = regexp.MustCompile("`[^`\n]+`")
	notInAnchor  = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// proseOf returns a document without its fenced blocks.
func proseOf(t *testing.T, file string) string {
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	var prose strings.Builder
	fenced := false
	for line := range strings.Lines(string(source)) {
		switch fence := strings.HasPrefix(strings.TrimSpace(line), "```"); {
		case fence:
			fenced = !fenced
		case !fenced:
			prose.WriteString(line)
		}
	}
	return prose.String()
}

// anchorsOf returns the anchors of a document's headings on GitHub.
func anchorsOf(t *testing.T, file string) map[string]bool {
	anchors := map[string]bool{}
	for line := range strings.Lines(proseOf(t, file)) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			name := notInAnchor.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			anchors[strings.ReplaceAll(name, " ", "-")] = true
		}
	}
	return anchors
}

// Each link and picture of a document leads to an existing file and heading.
func TestDocumentsLink(t *testing.T) {
	for _, file := range documents(t) {
		for _, found := range documentLink.FindAllStringSubmatch(inlineCode.ReplaceAllString(proseOf(t, file), ""), -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, ":") {
				continue // an address on the web
			}
			path := file
			if target != "" {
				path = filepath.Join(filepath.Dir(file), target)
			}
			if !assert.FileExists(t, path, "%s links to %s", file, found[1]) || anchor == "" {
				continue
			}
			assert.True(t, anchorsOf(t, path)[anchor], "%s links to %s, which does not have this heading", file, found[1])
		}
	}
}

// A drawing has a title and a description, supports light and dark mode, and is used
// by a document. A drawing of a form says that it is not a screenshot.
func TestDrawings(t *testing.T) {
	drawings, err := filepath.Glob(filepath.Join("docs", "images", "okta-*.svg"))
	require.NoError(t, err)
	require.NotEmpty(t, drawings)
	pages := ""
	for _, file := range documents(t) {
		pages += proseOf(t, file)
	}
	for _, file := range drawings {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, part := range []string{"<title", "<desc", "prefers-color-scheme: dark"} {
			assert.Contains(t, string(source), part, file)
		}
		assert.Contains(t, pages, "images/"+filepath.Base(file)+")")
		if strings.Contains(file, "form") {
			assert.Contains(t, string(source), "Drawing, no screenshot", file)
		}
	}
}
