package ops

import (
	"bytes"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
)

// Placeholders in guides for the gateway's address and for the base URL below it.
const (
	anyHost = "https://your-host"
	anyBase = anyHost + "/scim/v2"
)

// guideOrder lists the guides that come first, in the order of use.
var guideOrder = []string{"okta-private.md", "okta-variants.md", "okta-drill.md", "other-clients.md", "roles.md", "known.md", "check.md", "mapping.md", "errors.md", "limits.md", "metrics.md", "operate.md"}

// A guideEntry is a document of this version.
type guideEntry struct {
	Name, Title string
	source      string
}

// readGuides returns every guide, in the order of use. The files are in memory, so
// that only a name in guideOrder can be missing.
func readGuides(files fs.FS) (list []guideEntry) {
	names, _ := fs.Glob(files, "*.md")
	for _, name := range slices.Concat(guideOrder, names) {
		source, err := fs.ReadFile(files, name)
		if err != nil || slices.ContainsFunc(list, func(e guideEntry) bool { return e.Name == name }) {
			continue
		}
		title, _, _ := strings.Cut(string(source), "\n")
		list = append(list, guideEntry{name, strings.TrimPrefix(title, "# "), string(source)})
	}
	return list
}

var (
	markdown = goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	)
	// linkTo is a link or a picture in Markdown, by its text and its target.
	linkTo = regexp.MustCompile(`!?\[([^\]]*)\]\(([^)#]+)(?:#[^)]*)?\)`)
	// codeRow is a table row that begins with a word in code, such as an error code.
	codeRow = regexp.MustCompile(`<tr>(\s*<td><code>(\w+)</code></td>)`)
	tables  = strings.NewReplacer("<table>", `<div class="scroll"><table>`, "</table>", "</table></div>")
)

// asHTML returns a guide as HTML, with the gateway's address if it is known. A link
// to a file that is not served here becomes plain text, and a table row that begins
// with a word in code becomes a link target.
func (s *server) asHTML(guide guideEntry) template.HTML {
	source := guide.source
	if s.config.PublicURL != "" {
		source = strings.NewReplacer(anyBase, s.config.BaseURL, anyHost, s.config.PublicURL).Replace(source)
	}
	source = linkTo.ReplaceAllStringFunc(source, func(link string) string {
		part := linkTo.FindStringSubmatch(link)
		text, target := part[1], part[2]
		elsewhere := strings.Contains(target, ":") && link[0] != '!' // a page loads no picture from there
		if elsewhere || s.hasGuideFile(path.Clean(target)) {
			return link
		}
		return text
	})
	var page bytes.Buffer
	_ = markdown.Convert([]byte(source), &page) // the buffer has no error
	// The renderer omits the source's own markup, so these tags are the renderer's.
	body := codeRow.ReplaceAllString(tables.Replace(page.String()), `<tr id="$2">$1`)
	return template.HTML(body) //nolint:gosec // goldmark escapes text and leaves out raw HTML and links to scripts
}

func (s *server) hasGuideFile(name string) bool {
	info, err := fs.Stat(s.config.Guides, name)
	return err == nil && !info.IsDir()
}

func (s *server) guide(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("path")
	if i := slices.IndexFunc(s.guides, func(e guideEntry) bool { return e.Name == name }); i >= 0 {
		s.show(w, r, http.StatusOK, "guide", s.guides[i].Title, s.asHTML(s.guides[i]))
		return
	}
	if s.hasGuideFile(name) {
		http.ServeFileFS(w, r, s.config.Guides, name) //nolint:gosec // an fs.FS opens nothing outside of itself, and what is in this one is public
		return
	}
	s.message(w, http.StatusNotFound, "Nothing here", "Guide not found.")
}
