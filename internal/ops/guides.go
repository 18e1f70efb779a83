package ops

import (
	"bytes"
	"html/template"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
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
	// unserved is a link to a file that is not embedded, by its text.
	unserved = regexp.MustCompile(`!?\[([^\]]*)\]\((?:\.\./[^)]+|[^)]+\.png)\)`)
	// codeRow is a table row that begins with a word in code, such as an error code.
	codeRow = regexp.MustCompile(`<tr>(\s*<td><code>(\w+)</code></td>)`)
	tables  = strings.NewReplacer("<table>", `<div class="scroll"><table>`, "</table>", "</table></div>")
)

// guide serves a guide as HTML, with the gateway's address if it is known. A link to a
// file that is not served becomes plain text, and a table row that begins with a word
// in code becomes a link target.
func (s *server) guide(w http.ResponseWriter, r *http.Request) {
	at := slices.IndexFunc(s.guides, func(e guideEntry) bool { return e.Name == r.PathValue("name") })
	if at < 0 {
		s.notFound("Guide not found.")(w, r)
		return
	}
	source := s.guides[at].source
	if s.config.PublicURL != "" {
		const host = "https://your-host"
		source = strings.NewReplacer(host+"/scim/v2", s.config.BaseURL, host, s.config.PublicURL).Replace(source)
	}
	var page bytes.Buffer
	_ = markdown.Convert(unserved.ReplaceAll([]byte(source), []byte("$1")), &page) // the buffer has no error
	// The renderer omits the source's own markup, so these tags are the renderer's.
	body := codeRow.ReplaceAllString(tables.Replace(page.String()), `<tr id="$2">$1`)
	s.show(w, r, http.StatusOK, "guide", s.guides[at].Title, template.HTML(body)) //nolint:gosec // goldmark escapes text and leaves out raw HTML and links to scripts
}

// picture serves a picture of a guide.
func (s *server) picture(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, s.config.Guides, "images/"+r.PathValue("name"))
}
