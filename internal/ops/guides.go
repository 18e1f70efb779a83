package ops

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Placeholders in guides for the gateway's address and for the base URL below it.
const (
	anyHost = "https://your-host"
	anyBase = anyHost + "/scim/v2"
)

// guideOrder lists the guides that come first, in the order of use.
var guideOrder = []string{"okta-private.md", "okta-variants.md", "okta-drill.md", "other-clients.md", "roles.md", "known.md", "check.md", "mapping.md", "errors.md", "limits.md", "metrics.md", "operate.md"}

// guides holds the documents of this version as pages.
type guides struct {
	files  fs.FS
	list   []guideEntry
	bodies map[string]template.HTML
}

type guideEntry struct{ Name, Title string }

// readGuides renders every guide, with the gateway's address if it is known.
func readGuides(config Config) *guides {
	files := config.Guides
	own := strings.NewReplacer(anyBase, config.BaseURL, anyHost, config.PublicURL)
	if config.PublicURL == "" {
		own = strings.NewReplacer()
	}
	g := &guides{files: files, bodies: map[string]template.HTML{}}
	names, err := fs.Glob(files, "*.md")
	if err != nil {
		panic(err) // the pattern is right
	}
	markdown := goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
		goldmark.WithParserOptions(parser.WithAutoHeadingID(),
			parser.WithASTTransformers(util.Prioritized(&localize{files}, 500))),
	)
	for _, name := range names {
		source, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err) // the guides are a part of the program
		}
		var page bytes.Buffer
		if err := markdown.Convert([]byte(own.Replace(string(source))), &page); err != nil {
			panic(fmt.Errorf("guide %s: %w", name, err))
		}
		// The renderer omits the source's own markup, so these tags are the renderer's.
		body := strings.NewReplacer("<table>", `<div class="scroll"><table>`, "</table>", "</table></div>").Replace(page.String())
		g.bodies[name] = template.HTML(body) //nolint:gosec // goldmark escapes text and leaves out raw HTML and links to scripts
		g.list = append(g.list, guideEntry{name, titleOf(source, name)})
	}
	slices.SortStableFunc(g.list, func(a, b guideEntry) int { return rank(a.Name) - rank(b.Name) })
	return g
}

func rank(name string) int {
	if i := slices.Index(guideOrder, name); i >= 0 {
		return i
	}
	return len(guideOrder)
}

// titleOf returns the first heading of a guide.
func titleOf(source []byte, name string) string {
	for line := range strings.Lines(string(source)) {
		if title, ok := strings.CutPrefix(line, "# "); ok {
			return strings.TrimSpace(title)
		}
	}
	return name
}

// A localize adapts links to the status page: links to other guides lead to them,
// and links to files that are not served become plain text. A table row that
// begins with a word in code, such as an error code, becomes a link target.
type localize struct{ files fs.FS }

// Transform changes a parsed document.
func (l *localize) Transform(document *ast.Document, reader text.Reader, _ parser.Context) {
	var gone []ast.Node
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walker returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if n.Destination = l.address(n.Destination); n.Destination == nil {
				gone = append(gone, n)
			}
		case *ast.Image:
			if isElsewhere(string(n.Destination)) {
				n.Destination = nil // a page loads nothing from other hosts
			}
			if n.Destination = l.address(n.Destination); len(n.Destination) == 0 {
				gone = append(gone, n)
			}
		case *tables.TableRow:
			if word := leadingCode(n, reader.Source()); word != nil {
				n.SetAttributeString("id", word)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range gone {
		parent := n.Parent()
		for child := n.FirstChild(); child != nil; child = n.FirstChild() {
			parent.InsertBefore(parent, n, child)
		}
		parent.RemoveChild(parent, n)
	}
}

// leadingCode returns the word in code with which a row begins, or nil.
func leadingCode(row *tables.TableRow, source []byte) []byte {
	cell := row.FirstChild()
	if cell == nil {
		return nil
	}
	code, ok := cell.FirstChild().(*ast.CodeSpan)
	if !ok {
		return nil
	}
	word, ok := code.FirstChild().(*ast.Text)
	if !ok {
		return nil
	}
	return word.Segment.Value(source)
}

// address returns the target of a guide's link on the status page, nil if it has
// none.
func (l *localize) address(link []byte) []byte {
	target, fragment, _ := strings.Cut(string(link), "#")
	switch {
	case target == "", isElsewhere(target):
		return link
	}
	name := path.Clean(target)
	if info, err := fs.Stat(l.files, name); err != nil || info.IsDir() {
		return nil
	}
	if fragment != "" {
		fragment = "#" + fragment
	}
	return []byte("/guides/" + name + fragment)
}

func isElsewhere(link string) bool {
	return strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://")
}

type guidesPage struct {
	frame
	Guides    []guideEntry
	BaseKnown bool
}

func (s *server) guideList(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusOK, "guides", guidesPage{s.frame(r, "Guides"), s.guides().list, s.config.PublicURL != ""})
}

type guidePage struct {
	frame
	Body template.HTML
}

// guide serves one guide, or a picture in one.
func (s *server) guide(w http.ResponseWriter, r *http.Request) {
	name, all := r.PathValue("path"), s.guides()
	if i := slices.IndexFunc(all.list, func(e guideEntry) bool { return e.Name == name }); i >= 0 {
		s.show(w, http.StatusOK, "guide", guidePage{s.frame(r, all.list[i].Title), all.bodies[name]})
		return
	}
	if info, err := fs.Stat(all.files, name); err == nil && !info.IsDir() {
		http.ServeFileFS(w, r, all.files, name) //nolint:gosec // an fs.FS opens nothing outside of itself, and what is in this one is public
		return
	}
	s.message(w, http.StatusNotFound, "Nothing here", "There is no such guide.")
}
