// Package ops implements the ops listener: health and metrics for machines, a
// status page and the guides for people. It never shows a credential and, unless it is
// configured to, no whole e-mail address.
//
// Start with [New]. An [Activity] observes the gateway, the mapping and the Suger
// client.
package ops

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/throttle"
	"suger-scim-gateway/mapping"
)

// Config configures the ops listener. A field is required unless it says what its
// zero value means.
type Config struct {
	Build
	Started time.Time

	Stopping func() bool // whether the process is about to stop
	Activity *Activity
	Drift    func() []mapping.DriftCount
	Profiles bool // serve /debug/pprof/, to those who may see the status page

	// HidePages serves health and metrics only: for a listener that others can
	// reach and that has no token.
	HidePages bool
	Token     func() string // opens the pages; nil opens them to this machine

	Okta      []OktaValue // what to enter in Okta
	PublicURL string      // replaces "https://your-host" in guides; "" leaves it
	BaseURL   string      // replaces "https://your-host/scim/v2"
	Guides    fs.FS       // Markdown files and the pictures in them, in memory
	Held      bool        // the gateway holds the Suger credential
	DryRun    bool

	Roles func(context.Context) ([]Role, error) // reads the roles that are shown; nil if there are none

	// Test runs the read-only preflight with a credential from the form.
	Test func(ctx context.Context, organization, credential string) (*check.Report, error)
	// Explain returns everything known about one person, likewise.
	Explain      func(ctx context.Context, organization, credential string, person mapping.Person) (*check.Explanation, error)
	Organization string // initial value in the form
	Serves       func(organization string) bool

	Log *slog.Logger
	Now func() time.Time
}

// A server is the ops listener.
type server struct {
	config   Config
	marks    *marks.Maker       // of sessions
	guessing *throttle.Throttle // of the token
	testing  sync.Mutex         // one test at a time
	guides   []guideEntry

	rolesMu sync.Mutex
	roles   roleCount
}

// guessLimit limits wrong tokens from one address.
var guessLimit = throttle.Limit{Failures: 10, Window: time.Minute}

// New returns the handler of the ops listener.
func New(config Config) http.Handler {
	s := &server{config: config, marks: marks.New(), guessing: throttle.New(guessLimit, config.Now), guides: readGuides(config.Guides)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { // the process runs
		answerJSON(w, http.StatusOK, map[string]any{"alive": true})
	})
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", config.Activity.Handler())
	if config.HidePages {
		mux.Handle("/", s.notFound("This listener can be reached from other machines and has no token, so it only answers /healthz, /readyz and /metrics. "+
			"Set GATEWAY_OPS_TOKEN to see the status page."))
	} else {
		mux.Handle("/", s.pages())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentPolicy)
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	})
}

// pages serves what people read, to those who may see it.
func (s *server) pages() http.Handler {
	closed := http.NewServeMux()
	closed.HandleFunc("GET /{$}", s.status)
	closed.HandleFunc("GET /changes", s.changes)
	if s.config.DryRun {
		closed.HandleFunc("GET /dry-run", func(w http.ResponseWriter, r *http.Request) {
			s.show(w, r, http.StatusOK, "dry_run", "Dry run", s.config.Activity.DryRun())
		})
		closed.HandleFunc("GET /dry-run.json", func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, http.StatusOK, s.config.Activity.DryRun())
		})
	}
	for _, method := range []string{"GET ", "POST "} {
		closed.HandleFunc(method+"/explain", s.form("explain", "Explain"))
		closed.HandleFunc(method+"/test", s.form("test", "Test a connection"))
	}
	closed.HandleFunc("GET /guides", func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, http.StatusOK, "guides", "Guides", s.guides)
	})
	closed.HandleFunc("GET /guides/{name}", s.guide)
	closed.HandleFunc("GET /guides/images/{name}", s.picture)
	if s.config.Profiles {
		closed.HandleFunc("GET /debug/pprof/", pprof.Index)
		closed.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		closed.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	closed.Handle("/", s.notFound("Page not found."))

	open := http.NewServeMux()
	open.Handle("/", s.guarded(closed))
	if s.config.Token != nil {
		open.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) { s.show(w, r, http.StatusOK, "signin", "Sign in", "") })
		open.HandleFunc("POST /sign-in", s.signIn)
		open.HandleFunc("POST /sign-out", func(w http.ResponseWriter, r *http.Request) {
			setSession(w, "", -1) // removes it
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		})
	}
	// The protection is against forms that a page of another site sends.
	return http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(open, maxForm))
}

func (s *server) notFound(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, http.StatusNotFound, "message", "Nothing here", text)
	}
}

// guarded admits those who may see the status page: without a token from this machine,
// and with one whoever sends it as a bearer token or has signed in with it.
func (s *server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		bearer := strings.EqualFold(scheme, "bearer")
		switch {
		case s.config.Token == nil && !forThisMachine(r.Host):
			s.show(w, r, http.StatusForbidden, "message", "Host not allowed",
				"Without GATEWAY_OPS_TOKEN this page is only served at localhost or 127.0.0.1.")
		case s.config.Token == nil, bearer && s.accepts(r, strings.TrimSpace(token)), !bearer && s.hasSession(r):
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet && scheme == "":
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="ops"`)
			s.show(w, r, http.StatusUnauthorized, "message", "Not signed in", "The token is missing or wrong.")
		}
	})
}

// forThisMachine reports whether the request's host is a name of this machine. A
// web page elsewhere can resolve its own name to 127.0.0.1 and read the answers
// (DNS rebinding), but it cannot change the Host that the browser sends.
func forThisMachine(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	ip, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && ip.IsLoopback()
}

func peer(r *http.Request) netip.Addr {
	address, _ := netip.ParseAddrPort(r.RemoteAddr)
	return address.Addr()
}

// accepts compares a token in constant time. An address that guesses is blocked
// for a while.
func (s *server) accepts(r *http.Request, token string) bool {
	if s.guessing.Wait(peer(r)) > 0 {
		return false
	}
	presented, wanted := s.marks.Of(token), s.marks.Of(s.config.Token())
	if subtle.ConstantTimeCompare(presented[:], wanted[:]) == 1 {
		return true
	}
	s.guessing.Fail(peer(r))
	return false
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	if s.accepts(r, r.PostFormValue("token")) {
		setSession(w, s.session(s.config.Now().Add(sessionLasts).Unix()), int(sessionLasts.Seconds()))
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.config.Log.Warn("sign-in to the status page refused", "client", peer(r).String())
	status, problem := http.StatusUnauthorized, "Wrong token."
	if s.guessing.Wait(peer(r)) > 0 {
		status, problem = http.StatusTooManyRequests, "Too many wrong tokens from your address. Try again in a minute."
	}
	s.show(w, r, status, "signin", "Sign in", problem)
}

const (
	sessionCookie = "gateway_session"
	sessionLasts  = 8 * time.Hour
)

// session returns the cookie of a session that ends at a time, in seconds since
// 1970. A session does not outlast the token by which it was opened.
func (s *server) session(ends int64) string {
	text := strconv.FormatInt(ends, 10)
	mark := s.marks.Of(s.config.Token(), text)
	return text + "." + base64.RawURLEncoding.EncodeToString(mark[:])
}

func setSession(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure: the ops listener speaks plain HTTP, over which browsers refuse a Secure cookie
		Name: sessionCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: seconds,
	})
}

func (s *server) hasSession(r *http.Request) bool {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return false
	}
	text, _, _ := strings.Cut(cookie.Value, ".")
	ends, err := strconv.ParseInt(text, 10, 64)
	return err == nil && s.config.Now().Unix() < ends && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(s.session(ends))) == 1
}
