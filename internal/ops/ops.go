// Package ops implements the ops listener: health and metrics for machines, a status page
// and the guides for people. It never shows a credential and, unless it is configured to,
// no whole e-mail address. Start with [New]; an [Activity] observes what happens.
package ops

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strings"
	"sync"
	"time"

	"suger-scim-gateway/internal/check"
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

	HidePages bool          // serve health and metrics only
	Token     func() string // opens the pages; nil opens them to this machine
	Okta      []OktaValue   // what to enter in Okta
	PublicURL string        // replaces "https://your-host" in guides; "" leaves it
	BaseURL   string        // replaces "https://your-host/scim/v2"
	Guides    fs.FS         // Markdown files and the pictures in them, in memory
	Held      bool          // the gateway holds the Suger credential
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
	guessing *throttle.Throttle // of the token
	testing  sync.Mutex         // one test at a time

	rolesMu sync.Mutex
	roles   roleCount
}

// guessLimit limits wrong tokens from one address.
var guessLimit = throttle.Limit{Failures: 10, Window: time.Minute}

// New returns the handler of the ops listener.
func New(config Config) http.Handler {
	s := &server{config: config, guessing: throttle.New(guessLimit, config.Now)}
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
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.status)
	mux.HandleFunc("GET /changes", s.changes)
	if s.config.DryRun {
		mux.HandleFunc("GET /dry-run", func(w http.ResponseWriter, r *http.Request) {
			s.show(w, r, http.StatusOK, "dry_run", "Dry run", s.config.Activity.DryRun())
		})
		mux.HandleFunc("GET /dry-run.json", func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, http.StatusOK, s.config.Activity.DryRun())
		})
	}
	for _, method := range []string{"GET ", "POST "} {
		mux.HandleFunc(method+"/explain", s.form("explain", "Explain"))
		mux.HandleFunc(method+"/test", s.form("test", "Test a connection"))
	}
	mux.Handle("GET /guides", http.RedirectHandler("/guides/README.md", http.StatusFound))
	mux.HandleFunc("GET /guides/{name}", s.guide)
	mux.HandleFunc("GET /guides/images/{name}", s.picture)
	if s.config.Profiles {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	mux.Handle("/", s.notFound("Page not found."))

	// The protection is against forms that a page of another site sends.
	return http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(s.guarded(mux), maxForm))
}

func (s *server) notFound(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, http.StatusNotFound, "message", "Nothing here", text)
	}
}

// guarded admits those who may see the status page: without a token from this machine,
// and with one whoever sends it, as a bearer token or as the password that browsers ask
// for (RFC 7617), with any user name.
func (s *server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, token, _ := r.BasicAuth()
		if scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "bearer") {
			token = strings.TrimSpace(bearer)
		}
		client := peer(r)
		switch {
		case s.config.Token == nil && forThisMachine(r.Host):
			next.ServeHTTP(w, r)
		case s.config.Token == nil:
			s.show(w, r, http.StatusForbidden, "message", "Host not allowed",
				"Without GATEWAY_OPS_TOKEN this page is only served at localhost or 127.0.0.1.")
		case r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate": // the browser would add the password
			s.show(w, r, http.StatusForbidden, "message", "Not allowed", "A page of another site may link to this page, but not load it.")
		case s.guessing.Wait(client) > 0:
			s.show(w, r, http.StatusTooManyRequests, "message", "Too many wrong tokens", "They came from your address. Try again in a minute.")
		case s.isToken(token):
			next.ServeHTTP(w, r)
		default:
			if token != "" {
				s.guessing.Fail(client)
				s.config.Log.Warn("wrong token for the status page", "client", client.String())
			}
			w.Header().Add("WWW-Authenticate", `Basic realm="ops", charset="UTF-8"`)
			w.Header().Add("WWW-Authenticate", `Bearer realm="ops"`)
			s.show(w, r, http.StatusUnauthorized, "message", "Not signed in",
				"The token is missing or wrong. The user name may be anything; the password is GATEWAY_OPS_TOKEN.")
		}
	})
}

// isToken compares in constant time, whatever the lengths.
func (s *server) isToken(token string) bool {
	presented, wanted := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.config.Token()))
	return subtle.ConstantTimeCompare(presented[:], wanted[:]) == 1
}

// forThisMachine reports whether the request's host is a name of this machine. A page
// elsewhere can resolve its own name to 127.0.0.1 (DNS rebinding), but not change the Host
// that the browser sends.
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
