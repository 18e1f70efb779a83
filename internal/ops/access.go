package ops

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
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
	formLasts     = time.Hour // at least, and twice that at most
)

// guessLimit bounds wrong tokens from one address.
var guessLimit = throttle.Limit{Failures: 10, Window: time.Minute}

// An access decides who may see the status page. Without a token, everybody who
// can reach the loopback interface; with one, whoever sends it, in a session after
// signing in or as a bearer token.
type access struct {
	token    func() string // nil if there is none
	secret   [sha256.Size]byte
	guessing *throttle.Throttle
	now      func() time.Time
}

func newAccess(token func() string, now func() time.Time) *access {
	a := &access{token: token, guessing: throttle.New(guessLimit, now), now: now}
	// crypto/rand.Read never returns an error; it ends the program instead.
	_, _ = rand.Read(a.secret[:])
	return a
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
	presented, wanted := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(a.token()))
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

// mark signs what the server itself issued, for one purpose. A session does not
// outlast the token that opened it.
func (a *access) mark(purpose, text string) string {
	mac := hmac.New(sha256.New, a.secret[:])
	token := ""
	if a.token != nil {
		token = a.token()
	}
	fmt.Fprintf(mac, "%s\x00%s\x00%s", purpose, token, text)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// open begins a session.
func (a *access) open(w http.ResponseWriter) {
	ends := strconv.FormatInt(a.now().Add(sessionLasts).Unix(), 10)
	setSession(w, ends+"."+a.mark("session", ends), int(sessionLasts.Seconds()))
}

// end removes the session from the browser.
func (a *access) end(w http.ResponseWriter) { setSession(w, "", -1) }

// setSession sets the session cookie, which lasts so many seconds.
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
	text, mark, _ := strings.Cut(cookie.Value, ".")
	ends, err := strconv.ParseInt(text, 10, 64)
	return err == nil && a.now().Unix() < ends && hmac.Equal([]byte(mark), []byte(a.mark("session", text)))
}

// formToken is part of every form, so that only a page of this process, shown in
// the same session, can send it.
func (a *access) formToken(r *http.Request) string { return a.formTokenOf(r, 0) }

func (a *access) formTokenOf(r *http.Request, periodsAgo int64) string {
	session := ""
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		session = cookie.Value
	}
	period := a.now().Unix()/int64(formLasts.Seconds()) - periodsAgo
	return a.mark("form", session+"\x00"+strconv.FormatInt(period, 10))
}

func (a *access) isFormToken(r *http.Request, token string) bool {
	for _, periodsAgo := range []int64{0, 1} {
		if hmac.Equal([]byte(token), []byte(a.formTokenOf(r, periodsAgo))) {
			return true
		}
	}
	return false
}
