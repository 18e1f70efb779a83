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

	"suger-scim-gateway/internal/throttle"
)

const (
	sessionCookie = "gateway_session"
	sessionLasts  = 8 * time.Hour
)

// guessLimit limits wrong tokens from one address.
var guessLimit = throttle.Limit{Failures: 10, Window: time.Minute}

// permits reports whether the request may see the status page: without a token from
// this machine, and with one if it has the token, as a bearer token or in a session
// after signing in.
func (s *server) permits(r *http.Request) bool {
	if s.config.Token == nil {
		return forThisMachine(r.Host)
	}
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "bearer") {
		return s.accepts(r, strings.TrimSpace(token))
	}
	return s.hasSession(r)
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
func (s *server) accepts(r *http.Request, token string) bool {
	client := peer(r)
	if s.guessing.Wait(client) > 0 {
		return false
	}
	presented, wanted := s.marks.Of(token), s.marks.Of(s.config.Token())
	if subtle.ConstantTimeCompare(presented[:], wanted[:]) == 1 {
		return true
	}
	s.guessing.Fail(client)
	return false
}

func peer(r *http.Request) netip.Addr {
	address, _ := netip.ParseAddrPort(r.RemoteAddr)
	return address.Addr()
}

// session returns the cookie of a session that ends at a time, in seconds since
// 1970. A session does not outlast the token by which it was opened.
func (s *server) session(ends string) string {
	mark := s.marks.Of(s.config.Token(), ends)
	return ends + "." + base64.RawURLEncoding.EncodeToString(mark[:])
}

// setSession sets the session cookie for so many seconds.
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
	return err == nil && s.config.Now().Unix() < ends && subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(s.session(text))) == 1
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
	if s.accepts(r, r.PostFormValue("token")) {
		ends := strconv.FormatInt(s.config.Now().Add(sessionLasts).Unix(), 10)
		setSession(w, s.session(ends), int(sessionLasts.Seconds()))
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.config.Log.Warn("sign-in to the status page refused", "client", peer(r).String())
	if s.guessing.Wait(peer(r)) > 0 {
		s.showSignIn(w, http.StatusTooManyRequests, "Too many wrong tokens came from your address. Try again in a minute.")
		return
	}
	s.showSignIn(w, http.StatusUnauthorized, "This is not the token.")
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) {
	setSession(w, "", -1) // removes it
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}
