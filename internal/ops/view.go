package ops

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"suger-scim-gateway/internal/check"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed pages/style.css
var style string

// pages holds a template for each page; changes.html, errors.html, layout.html and
// time.html define parts of them.
var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"style":     func() template.CSS { return template.CSS(style) }, //nolint:gosec // embedded, a part of the program
	"ago":       ago,
	"number":    number,
	"count":     count,
	"json":      check.Indented,
	"attribute": attributeName,
	"value":     valueText,
	"outcomes":  func() []string { return outcomeGroups },
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
	if view != "message" && view != "signin" {
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
