package ops_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/ops"
)

const opsToken = "token-of-the-ops-listener"

var pages = []string{"/", "/changes", "/test", "/guides/README.md", "/guides/roles.md", "/debug/pprof/", "/nowhere"}

// machines lists the paths that need no token, because they name nobody.
var machines = []string{"/healthz", "/readyz", "/metrics"}

func withToken(token *string) func(*ops.Config) {
	return func(c *ops.Config) { c.Token = func() string { return *token } }
}

func TestWithoutPages(t *testing.T) {
	s := newStand(t, func(c *ops.Config) { c.HidePages = true })
	for _, path := range append(pages, "/scim/v2/Users") {
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
}

func TestSignIn(t *testing.T) {
	token := opsToken
	s := newStand(t, withToken(&token), func(c *ops.Config) { c.Profiles = true })
	signedIn := func(token string) answer {
		return s.get("/", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("anybody:"+token)))
	}
	for _, path := range pages {
		a := s.get(path)
		assert.Equal(t, http.StatusUnauthorized, a.status, path)
		assert.Equal(t, []string{`Basic realm="ops", charset="UTF-8"`, `Bearer realm="ops"`}, a.header.Values("WWW-Authenticate"), path)
		assert.NotContains(t, a.text(), "scim.example.com", path)
		assert.Equal(t, http.StatusForbidden, s.get(path, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors").status, path)
	}
	for _, path := range machines {
		assert.Equal(t, http.StatusOK, s.get(path).status, path)
	}
	assert.Equal(t, http.StatusOK, signedIn(token).status)
	assert.Empty(t, s.log.String())
	a := signedIn("a-wrong-guess")
	assert.Equal(t, http.StatusUnauthorized, a.status)
	assert.NotContains(t, a.body, "a-wrong-guess")
	assert.Contains(t, s.log.String(), "wrong token for the status page")
	for _, secret := range []string{token, "a-wrong-guess"} {
		assert.NotContains(t, s.log.String(), secret)
	}

	token = "another-token-of-the-listener"
	assert.Equal(t, http.StatusUnauthorized, signedIn(opsToken).status, "the token was changed")
	assert.Equal(t, http.StatusOK, signedIn(token).status)
}

func TestBearerToken(t *testing.T) {
	token := opsToken
	s := newStand(t, withToken(&token), func(c *ops.Config) { c.Profiles = true })
	for _, path := range []string{"/", "/changes", "/guides/README.md", "/debug/pprof/"} {
		assert.Equal(t, http.StatusOK, s.get(path, "Authorization", "Bearer "+token).status, path)
	}
	assert.Equal(t, http.StatusUnauthorized, s.get("/", "Authorization", "Bearer wrong").status)
}

func TestGuessingTheToken(t *testing.T) {
	token := opsToken
	s := newStand(t, withToken(&token))
	for range 10 {
		assert.Equal(t, http.StatusUnauthorized, s.get("/").status, "no guess")
		assert.Equal(t, http.StatusUnauthorized, s.get("/", "Authorization", "Bearer guess").status)
	}
	assert.Equal(t, http.StatusTooManyRequests, s.get("/", "Authorization", "Bearer "+token).status, "even the right one is refused")
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
	send := func(headers ...string) int {
		headers = append(headers, "Authorization", "Bearer "+token)
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
