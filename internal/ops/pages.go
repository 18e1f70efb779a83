package ops

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io/fs"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/mapping"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed pages/style.css
var style string

// pages holds a template for each page, and parts of them.
var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"style":     func() template.CSS { return template.CSS(style) }, //nolint:gosec // embedded, a part of the program
	"ago":       ago,
	"number":    number,
	"count":     count,
	"json":      check.Indented,
	"attribute": attributeName,
	"value":     valueText,
	"outcomes":  func() []string { return outcomes },
}).ParseFS(pageFiles, "pages/*.html"))

// contentPolicy allows a page its own style and nothing else: no scripts, no
// frames, no other host.
var contentPolicy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

// A page is what a template gets: what every page can show, and its own content.
type page struct {
	Config
	Title   string
	Path    string // for the menu; "" for who may not see the pages
	Now     time.Time
	Refresh int // seconds after which the page loads itself again; 0 is never
	Content any
}

// show writes a page, or an error if it cannot be rendered.
func (s *server) show(w http.ResponseWriter, r *http.Request, status int, view, title string, content any) {
	p := page{Config: s.config, Title: title, Now: s.config.Now(), Content: content}
	if view != "message" {
		p.Path = r.URL.Path
	}
	if r.URL.Query().Get("refresh") != "" {
		p.Refresh = refreshEvery
	}
	var html bytes.Buffer
	if err := pages.ExecuteTemplate(&html, view+".html", p); err != nil {
		s.config.Log.Error("a page of the ops listener could not be rendered", "page", view, "error", err)
		http.Error(w, "The page could not be rendered; the log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(html.Bytes()) // the client disconnected
}

// A timestamp is a time and its age in words.
type timestamp struct {
	At  time.Time // UTC
	Ago string
}

func ago(at, now time.Time) timestamp {
	text := "just now"
	switch since := now.Sub(at); {
	case since >= 24*time.Hour:
		text = count(int(since.Hours())/24, "day", "days") + " ago"
	case since >= time.Hour:
		text = strconv.Itoa(int(since.Hours())) + " h ago"
	case since >= time.Minute:
		text = strconv.Itoa(int(since.Minutes())) + " min ago"
	}
	return timestamp{at.UTC(), text}
}

var english = message.NewPrinter(language.English)

// number returns n with a comma before each three digits.
func number(n int) string { return english.Sprint(n) }

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

const (
	maxForm     = 16 << 10         // bytes
	testTimeout = 60 * time.Second // a large organization is read whole
)

// A formPage has a form that asks Suger with a credential of the reader's, so that nobody
// sees more than Suger would show them. The credential is not kept.
type formPage struct {
	Changes changeList // recent ones to Person

	Organization string
	Problem      string // why Suger was not asked, or did not answer

	Report *check.Report // of a connection test

	Person, Role string
	Found        *check.Explanation // of Person
}

// form serves the page of a form, "explain" or "test"; when it is sent, it asks Suger
// with the credential, for one form at a time.
func (s *server) form(view, title string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
		page := &formPage{Organization: field("organization"), Person: field("person"), Role: field("role")}
		credential, status := field("credential"), http.StatusBadRequest
		switch {
		case r.Method != http.MethodPost:
			page.Organization, status = s.config.Organization, http.StatusOK
		case view == "explain" && page.Person == "":
			page.Problem = "The person is missing."
		case !s.config.Serves(page.Organization):
			page.Problem = "The gateway does not serve this organization."
		case credential == "":
			page.Problem = "The credential is missing."
		case !s.testing.TryLock():
			page.Problem, status = "Another test is running. Try again in a moment.", http.StatusTooManyRequests
		default:
			defer s.testing.Unlock()
			ctx, cancel := context.WithTimeout(r.Context(), testTimeout)
			defer cancel()
			status = http.StatusOK
			var err error
			if view == "test" {
				page.Report, err = s.config.Test(ctx, page.Organization, credential)
			} else {
				page.Changes = s.changeList(shownChanges, changeFilter{Person: page.Person})
				page.Found, err = s.config.Explain(ctx, page.Organization, credential, mapping.Person{UserName: page.Person, Role: page.Role})
			}
			page.Problem = problemOf(err)
		}
		s.show(w, r, status, view, title, page)
	}
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
	file, err := fs.ReadFile(s.config.Guides, r.PathValue("name"))
	if err != nil {
		s.notFound("Guide not found.")(w, r)
		return
	}
	source := string(file)
	if s.config.PublicURL != "" {
		const host = "https://your-host"
		source = strings.NewReplacer(host+"/scim/v2", s.config.BaseURL, host, s.config.PublicURL).Replace(source)
	}
	title, _, _ := strings.Cut(source, "\n")
	var page bytes.Buffer
	_ = markdown.Convert(unserved.ReplaceAll([]byte(source), []byte("$1")), &page) // the buffer has no error
	// The renderer omits the source's own markup, so these tags are the renderer's.
	body := codeRow.ReplaceAllString(tables.Replace(page.String()), `<tr id="$2">$1`)
	s.show(w, r, http.StatusOK, "guide", strings.TrimPrefix(title, "# "), template.HTML(body)) //nolint:gosec // goldmark escapes text and leaves out raw HTML and links to scripts
}

func (s *server) picture(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, s.config.Guides, "images/"+r.PathValue("name"))
}
