package ops

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

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
		"style":  func() template.CSS { return template.CSS(style) }, //nolint:gosec // embedded, a part of the program
		"ago":    ago,
		"for":    func(since, now time.Time) string { return duration(now.Sub(since)) },
		"number": number,
		"count":  count,
		"json":   check.Indented,
		"said":   spokenName,
		"value":  spokenValue,
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

// A frame is what every page can show: the configuration, and what is around the
// page's content.
type frame struct {
	Config
	Title   string
	Path    string // for the menu; "" for who may not see the pages
	Now     time.Time
	Refresh int // seconds after which the page loads itself again; 0 is never
}

// frame returns the frame of a page for those who may see the status page.
func (s *server) frame(r *http.Request, title string) frame {
	return frame{Config: s.config, Title: title, Path: r.URL.Path, Now: s.config.Now()}
}

// show writes a page, or an error if it cannot be rendered.
func (s *server) show(w http.ResponseWriter, status int, view string, data any) {
	var page bytes.Buffer
	if err := views[view].ExecuteTemplate(&page, "layout", data); err != nil {
		s.config.Log.Error("a page of the ops listener could not be rendered", "page", view, "error", err)
		http.Error(w, "The page could not be rendered; the log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the client disconnected
}

// message writes a page with one text.
func (s *server) message(w http.ResponseWriter, status int, title, text string) {
	s.show(w, status, "message", struct {
		frame
		Text string
	}{frame{Config: s.config, Title: title}, text})
}

// protectPages sets the security headers of every page.
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
	if since := now.Sub(at); since >= time.Minute {
		return past{at.UTC(), duration(since) + " ago"}
	}
	return past{at.UTC(), "just now"}
}

// duration returns a length of time in its two largest units.
func duration(d time.Duration) string {
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return strings.TrimSuffix(count(days, "day", "days")+" "+strconv.Itoa(hours)+" h", " 0 h")
	case hours > 0:
		return strings.TrimSuffix(strconv.Itoa(hours)+" h "+strconv.Itoa(minutes)+" min", " 0 min")
	case minutes > 0:
		return strconv.Itoa(minutes) + " min"
	}
	return "less than a minute"
}

// number returns n with a comma before each three digits.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// count returns a number and its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}
