package ops

import (
	"crypto/subtle"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/throttle"
)

const (
	sessionCookie = "gateway_session"
	sessionLasts  = 8 * time.Hour
)

// guessLimit limits wrong tokens from one address.
var guessLimit = throttle.Limit{Failures: 10, Window: time.Minute}

// An access decides who may see the status page. Without a token, everybody who
// can reach the loopback interface; with one, whoever sends it, in a session after
// signing in or as a bearer token.
type access struct {
	token    func() string // nil for no token
	marks    *marks.Maker
	guessing *throttle.Throttle
	now      func() time.Time
}

func newAccess(token func() string, now func() time.Time) *access {
	return &access{token: token, marks: marks.New(), guessing: throttle.New(guessLimit, now), now: now}
}

// permits reports whether the request may see the status page.
func (a *access) permits(r *http.Request) bool {
	if a.token == nil {
		return forThisMachine(r.Host)
	}
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "bearer") {
		return a.accepts(r, strings.TrimSpace(token))
	}
	return a.hasSession(r)
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

// accepts compares a token in constant time. An address that guesses is blocked
// for a while.
func (a *access) accepts(r *http.Request, token string) bool {
	client := peer(r)
	if a.guessing.Wait(client) > 0 {
		return false
	}
	presented, wanted := a.marks.Of(token), a.marks.Of(a.token())
	if subtle.ConstantTimeCompare(presented[:], wanted[:]) == 1 {
		return true
	}
	a.guessing.Fail(client)
	return false
}

func peer(r *http.Request) netip.Addr {
	address, _ := netip.ParseAddrPort(r.RemoteAddr)
	return address.Addr()
}

// session returns the cookie of a session that ends at a time, in seconds since
// 1970. A session does not outlast the token by which it was opened.
func (a *access) session(ends string) string {
	mark := a.marks.Of(a.token(), ends)
	return ends + "." + base64.RawURLEncoding.EncodeToString(mark[:])
}

// open starts a session.
func (a *access) open(w http.ResponseWriter) {
	ends := strconv.FormatInt(a.now().Add(sessionLasts).Unix(), 10)
	setSession(w, a.session(ends), int(sessionLasts.Seconds()))
}

// setSession sets the session cookie for so many seconds.
func setSession(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure: the ops listener speaks plain HTTP, over which browsers refuse a Secure cookie
		Name: sessionCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: seconds,
	})
}

func (a *access) hasSession(r *http.Request) bool {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return false
	}
	text, _, _ := strings.Cut(cookie.Value, ".")
	ends, err := strconv.ParseInt(text, 10, 64)
	return err == nil && a.now().Unix() < ends && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(a.session(text))) == 1
}

func (s *server) signInForm(w http.ResponseWriter, _ *http.Request) {
	s.showSignIn(w, http.StatusOK, "")
}

func (s *server) showSignIn(w http.ResponseWriter, status int, problem string) {
	s.show(w, status, "signin", struct {
		frame
		Problem string
	}{frame{Config: s.config, Title: "Sign in"}, problem})
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	if s.access.accepts(r, r.PostFormValue("token")) {
		s.access.open(w)
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.config.Log.Warn("sign-in to the status page refused", "client", peer(r).String())
	if s.access.guessing.Wait(peer(r)) > 0 {
		s.showSignIn(w, http.StatusTooManyRequests, "Too many wrong tokens came from your address. Try again in a minute.")
		return
	}
	s.showSignIn(w, http.StatusUnauthorized, "This is not the token.")
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) {
	setSession(w, "", -1) // removes it
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}
