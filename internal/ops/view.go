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

// views holds the pages by name. Each is the layout, the shared parts and one
// file that defines "content".
var views = func() map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(template.FuncMap{
		"style":    func() template.CSS { return template.CSS(style) }, //nolint:gosec // embedded, a part of the program
		"ago":      ago,
		"number":   number,
		"count":    count,
		"json":     check.Indented,
		"said":     spokenName,
		"value":    spokenValue,
		"outcomes": func() []string { return outcomeGroups },
	}).ParseFS(pageFiles, "pages/layout.html", "pages/time.html", "pages/changes.html", "pages/errors.html"))
	parsed := map[string]*template.Template{}
	for _, name := range []string{"status", "all_changes", "dry_run", "explain", "test", "signin", "message", "guides", "guide"} {
		one := template.Must(shared.Clone())
		parsed[name] = template.Must(one.ParseFS(pageFiles, "pages/"+name+".html"))
	}
	return parsed
}()

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

// show writes a page for those who may see the status page.
func (s *server) show(w http.ResponseWriter, r *http.Request, status int, view, title string, content any) {
	p := page{Title: title, Path: r.URL.Path, Content: content}
	if view == "status" && r.URL.Query().Get("refresh") != "" {
		p.Refresh = refreshEvery
	}
	s.render(w, status, view, p)
}

func (s *server) message(w http.ResponseWriter, status int, title, text string) {
	s.render(w, status, "message", page{Title: title, Content: text})
}

// render writes a page, or an error if it cannot be rendered.
func (s *server) render(w http.ResponseWriter, status int, view string, p page) {
	var html bytes.Buffer
	p.Config, p.Now = s.config, s.config.Now()
	if err := views[view].ExecuteTemplate(&html, "layout", p); err != nil {
		s.config.Log.Error("a page of the ops listener could not be rendered", "page", view, "error", err)
		http.Error(w, "The page could not be rendered; the log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(html.Bytes()) // the client disconnected
}

func protectPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentPolicy)
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// A past is a time and its age in words.
type past struct {
	At  time.Time // UTC
	Ago string
}

func ago(at, now time.Time) past {
	text := "just now"
	switch since := now.Sub(at); {
	case since >= 24*time.Hour:
		text = count(int(since.Hours())/24, "day", "days") + " ago"
	case since >= time.Hour:
		text = strconv.Itoa(int(since.Hours())) + " h ago"
	case since >= time.Minute:
		text = strconv.Itoa(int(since.Minutes())) + " min ago"
	}
	return past{at.UTC(), text}
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
