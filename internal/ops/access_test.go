package ops_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/ops"
)

const opsToken = "token-of-the-ops-listener"

var pages = []string{"/", "/changes", "/test", "/guides", "/guides/roles.md", "/debug/pprof/", "/nowhere"}

// machines lists the paths that need no token, because they name nobody.
var machines = []string{"/healthz", "/readyz", "/metrics"}

func withToken(token *string) func(*ops.Config) {
	return func(c *ops.Config) { c.Token = func() string { return *token } }
}

func TestWithoutPages(t *testing.T) {
	s := newStand(t, func(c *ops.Config) { c.HidePages = true })
	for _, path := range append(pages, "/sign-in", "/scim/v2/Users") {
		a := s.get(path)
		assert.Equal(t, http.StatusNotFound, a.status, path)
		assert.Contains(t, a.text(), "Set GATEWAY_OPS_TOKEN to see the status page", path)
		assert.NotContains(t, a.text(), "example.com", path)
	}
	for _, path := range machines {
		assert.Equal(t, http.StatusOK, s.get(path).status, path)
	}
}

// A page of another site can give its own name to 127.0.0.1 and read what is
// there, but it cannot ask under a name of this machine.
func TestOnThisMachineOnly(t *testing.T) {
	s := newStand(t)
	for _, host := range []string{"127.0.0.1:9090", "localhost:9090", "LOCALHOST", "[::1]:9090", "[::1]", "127.9.9.9"} {
		assert.Equal(t, http.StatusOK, s.get("/", "Host", host).status, host)
	}
	for _, host := range []string{"rebinding.example.com", "rebinding.example.com:9090", "localhost.example.com", "127.0.0.1.example.com", "192.0.2.1:9090"} {
		for _, path := range pages {
			a := s.get(path, "Host", host)
			assert.Equal(t, http.StatusForbidden, a.status, host+path)
			assert.NotContains(t, a.text(), "scim.example.com", host+path)
		}
	}
	for _, path := range machines {
		assert.Equal(t, http.StatusOK, s.get(path, "Host", "192.0.2.1:9090").status, path)
	}
	assert.Equal(t, http.StatusNotFound, s.get("/sign-in").status, "there is nothing to sign in with")
}

func TestSignIn(t *testing.T) {
	token := opsToken
	s := newStand(t, withToken(&token))
	for _, path := range pages {
		a := s.get(path)
		assert.Equal(t, http.StatusSeeOther, a.status, path)
		assert.Equal(t, "/sign-in", a.header.Get("Location"), path)
	}
	for _, path := range machines {
		assert.Equal(t, http.StatusOK, s.get(path).status, path)
	}
	a := s.get("/sign-in")
	assert.Equal(t, http.StatusOK, a.status)
	assert.Contains(t, a.text(), "Token of the ops listener")

	a = s.send(http.MethodPost, "/sign-in", url.Values{"token": {"wrong"}})
	assert.Equal(t, http.StatusUnauthorized, a.status)
	assert.Empty(t, a.header.Get("Set-Cookie"))
	assert.NotContains(t, a.body, "wrong-token")

	a = s.send(http.MethodPost, "/sign-in", url.Values{"token": {token}})
	assert.Equal(t, http.StatusSeeOther, a.status)
	cookie := a.header.Get("Set-Cookie")
	assert.Contains(t, cookie, "HttpOnly")
	assert.Contains(t, cookie, "SameSite=Strict")
	assert.NotContains(t, cookie, token)
	a = s.get("/", "Host", "ops.example.com")
	assert.Equal(t, http.StatusSeeOther, a.status, "the cookie is for one host")
	assert.Equal(t, http.StatusOK, s.get("/").status)

	signOut := func() answer { return s.send(http.MethodPost, "/sign-out", url.Values{}) }
	assert.Equal(t, http.StatusSeeOther, signOut().status)
	assert.Equal(t, http.StatusSeeOther, s.get("/").status, "signed out")
	assert.NotContains(t, s.log.String(), token)
}

func TestSessionsEnd(t *testing.T) {
	token := opsToken
	s := newStand(t, withToken(&token))
	signIn := func() { s.send(http.MethodPost, "/sign-in", url.Values{"token": {token}}) }
	signIn()
	s.clock.Advance(8*time.Hour - time.Second)
	assert.Equal(t, http.StatusOK, s.get("/").status)
	s.clock.Advance(time.Second)
	assert.Equal(t, http.StatusSeeOther, s.get("/").status, "after eight hours")

	signIn()
	assert.Equal(t, http.StatusOK, s.get("/").status)
	token = "another-token-of-the-listener"
	assert.Equal(t, http.StatusSeeOther, s.get("/").status, "when the token is changed")
}

func TestForgedSessions(t *testing.T) {
	token := opsToken
	s := newStand(t, withToken(&token))
	real := s.send(http.MethodPost, "/sign-in", url.Values{"token": {token}}).header.Get("Set-Cookie")
	value, _, _ := strings.Cut(strings.TrimPrefix(real, "gateway_session="), ";")
	ends, mark, _ := strings.Cut(value, ".")
	s.client.Jar = nil
	for name, cookie := range map[string]string{
		"none": "", "no mark": ends, "another time": "9" + ends[1:] + "." + mark, "another mark": ends + ".AAAA", "nonsense": "x.y",
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, http.StatusSeeOther, s.get("/", "Cookie", "gateway_session="+cookie).status)
		})
	}
	assert.Equal(t, http.StatusOK, s.get("/", "Cookie", "gateway_session="+value).status)
}

func TestBearerToken(t *testing.T) {
	token := opsToken
	s := newStand(t, withToken(&token), func(c *ops.Config) { c.Profiles = true })
	for _, path := range []string{"/", "/changes", "/guides", "/debug/pprof/"} {
		assert.Equal(t, http.StatusOK, s.get(path, "Authorization", "Bearer "+token).status, path)
	}
	a := s.get("/", "Authorization", "Bearer wrong")
	assert.Equal(t, http.StatusUnauthorized, a.status)
	assert.Equal(t, `Bearer realm="ops"`, a.header.Get("WWW-Authenticate"))
}

func TestGuessingTheToken(t *testing.T) {
	token := opsToken
	s := newStand(t, withToken(&token))
	for range 10 {
		assert.Equal(t, http.StatusUnauthorized, s.get("/", "Authorization", "Bearer guess").status)
	}
	assert.Equal(t, http.StatusUnauthorized, s.get("/", "Authorization", "Bearer "+token).status, "even the right one is not heard")
	assert.Equal(t, http.StatusTooManyRequests, s.send(http.MethodPost, "/sign-in", url.Values{"token": {token}}).status)
	s.clock.Advance(time.Minute)
	assert.Equal(t, http.StatusOK, s.get("/", "Authorization", "Bearer "+token).status)
}

func TestProfilesOnlyIfAskedFor(t *testing.T) {
	assert.Equal(t, http.StatusNotFound, newStand(t).get("/debug/pprof/").status)
	s := newStand(t, func(c *ops.Config) { c.Profiles = true })
	assert.Equal(t, http.StatusOK, s.get("/debug/pprof/heap").status)
	assert.Equal(t, http.StatusForbidden, s.get("/debug/pprof/heap", "Host", "rebinding.example.com").status)
}

// A form is only accepted from a page of this listener's.
func TestFormsOfOtherSites(t *testing.T) {
	var tested int
	token := opsToken
	s := newStand(t, withToken(&token), func(c *ops.Config) {
		c.Test = func(context.Context, string, string) (*check.Report, error) {
			tested++
			return &check.Report{OK: true}, nil
		}
	})
	s.send(http.MethodPost, "/sign-in", url.Values{"token": {token}})
	send := func(headers ...string) int {
		return s.send(http.MethodPost, "/test", url.Values{"organization": {"org-1"}, "credential": {"suger-key-of-somebody"}}, headers...).status
	}
	assert.Equal(t, http.StatusForbidden, send("Sec-Fetch-Site", "cross-site"))
	assert.Equal(t, http.StatusForbidden, send("Sec-Fetch-Site", "same-site"))
	assert.Equal(t, http.StatusForbidden, send("Origin", "https://elsewhere.example.com"))
	require.Zero(t, tested)
	assert.Equal(t, http.StatusOK, send("Sec-Fetch-Site", "same-origin"))
	assert.Equal(t, http.StatusOK, send("Origin", s.url))
	assert.Equal(t, 2, tested)
}

func TestHeadersOfPages(t *testing.T) {
	s := newStand(t)
	for _, path := range []string{"/", "/nowhere", "/guides/roles.md", "/guides/images/okta-path.svg", "/healthz", "/metrics"} {
		header := s.get(path).header
		assert.Regexp(t, `^default-src 'none'; style-src 'sha256-[^']+'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$`, header.Get("Content-Security-Policy"))
		assert.Equal(t, "no-store", header.Get("Cache-Control"))
		assert.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
	}
}
