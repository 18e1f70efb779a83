package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
	"suger-scim-gateway/internal/throttle"
)

func behindLoopback(c *gateway.Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

func TestAllowedClients(t *testing.T) {
	allowed := func(c *gateway.Config) {
		c.AllowedClients = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32")}
	}
	behind, direct := newStack(t, allowed, behindLoopback), newStack(t, allowed)
	tests := []struct {
		name, forwarded string
		status          int
	}{
		{"in a network", "203.0.113.7", 200},
		{"in an IPv6 network", "2001:db8::7", 200},
		{"elsewhere", "198.51.100.1", 403},
		{"an address put in front by the client", "203.0.113.7, 198.51.100.1", 403},
		{"no address from the proxy", "", 403},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := behind.do(http.MethodGet, "/scim/v2/Users", "", "X-Forwarded-For", test.forwarded)
			if test.status == http.StatusOK {
				assert.Equal(t, http.StatusOK, a.status, a.text)
			} else {
				assertError(t, a, http.StatusForbidden, "", scim.CodeClientRefused)
			}
			a = direct.do(http.MethodGet, "/scim/v2/Users", "", "X-Forwarded-For", test.forwarded)
			assertError(t, a, http.StatusForbidden, "", scim.CodeClientRefused)
			assert.Contains(t, a.body["detail"], "127.0.0.1", "the header of a peer that is no proxy does not count")
		})
	}
	t.Run("a peer without an address", func(t *testing.T) {
		request, answer := httptest.NewRequest(http.MethodGet, "/scim/v2/Users", nil), httptest.NewRecorder()
		request.RemoteAddr = "@"
		direct.handler.ServeHTTP(answer, request)
		assert.Equal(t, http.StatusForbidden, answer.Code)
		assert.Contains(t, answer.Body.String(), "does not answer requests from an address that it cannot determine.")
	})
	t.Run("discovery and unknown paths too", func(t *testing.T) {
		for _, path := range []string{"/scim/v2/Schemas", "/nowhere"} {
			assertError(t, direct.do(http.MethodGet, path, ""), http.StatusForbidden, "", scim.CodeClientRefused)
		}
	})
	assert.Zero(t, direct.suger.Count(""), "who is turned away costs Suger nothing")
}

func TestURLTooLong(t *testing.T) {
	s := newStack(t)
	a := s.do(http.MethodGet, "/scim/v2/Users?attributes="+strings.Repeat("a", 32<<10), "")
	assertError(t, a, http.StatusRequestURITooLong, "", scim.CodeURLTooLong)
	a = s.do(http.MethodGet, "/"+strings.Repeat("a", 32<<10), "")
	assertError(t, a, http.StatusRequestURITooLong, "", scim.CodeURLTooLong)
	assert.Zero(t, s.suger.Count(""))
}

func guessLimit(failures int, now *standin.Clock) func(*gateway.Config) {
	return func(c *gateway.Config) {
		c.AuthFailures = throttle.Limit{Failures: failures, Window: time.Minute}
		c.Now = now.Now
	}
}

// In pass-through mode only Suger can judge a token.
func TestGuessingIsSlow(t *testing.T) {
	now := standin.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newStack(t, guessLimit(3, now), behindLoopback)
	from := func(address, token string) *answer {
		return s.do(http.MethodGet, "/scim/v2/Users?count=1", "", "X-Forwarded-For", address, "Authorization", token)
	}
	const guesser, okta, other = "198.51.100.1", "203.0.113.7", "192.0.2.9"
	require.Equal(t, http.StatusOK, from(guesser, "Bearer "+key).status, "a customer behind the same address")

	for _, token := range []string{"Bearer guess-1", "", "Bearer guess-2"} {
		assert.Equal(t, http.StatusUnauthorized, from(guesser, token).status)
	}
	s.suger.ResetCalls()
	for _, token := range []string{"", "Bearer guess-1", "Bearer guess-2"} {
		a := from(guesser, token)
		assertError(t, a, http.StatusTooManyRequests, "", scim.CodeTooManyFailures)
		assert.Equal(t, "60", a.header.Get("Retry-After"))
	}
	assert.Zero(t, s.suger.Count(""), "what is throttled does not reach Suger")
	assert.Equal(t, http.StatusOK, from(guesser, "Bearer "+key).status, "a token that was good before is not held up")
	assert.Equal(t, http.StatusUnauthorized, from(okta, "Bearer guess-4").status, "nor are other addresses")
	assert.Equal(t, http.StatusOK, from(other, "Bearer read-only-key").status)
	assert.Equal(t, http.StatusOK, from(guesser, "Bearer read-only-key").status, "good from one address is good from all")
	a := s.do(http.MethodGet, "/scim/v2/Schemas", "", "X-Forwarded-For", guesser, "Authorization", "")
	assert.Equal(t, http.StatusOK, a.status, "discovery needs no token")

	now.Advance(time.Minute)
	assert.Equal(t, http.StatusUnauthorized, from(guesser, "Bearer guess-5").status, "the window has passed")
}

// Guesses in a bulk request count, too.
func TestGuessingInBulk(t *testing.T) {
	now := standin.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newStack(t, guessLimit(2, now))
	bulk := func(token, operations string) *answer {
		return s.do(http.MethodPost, "/scim/v2/Bulk", `{"Operations":[`+operations+`]}`, "Authorization", "Bearer "+token)
	}
	const deletion = `{"method":"DELETE","path":"/Users/none"}`
	assertError(t, bulk("guess-1", ""), http.StatusUnauthorized, "", scim.CodeTokenRefused)
	assertError(t, bulk("guess-2", deletion+","+deletion), http.StatusUnauthorized, "", scim.CodeTokenRefused)
	assertError(t, bulk("guess-1", deletion), http.StatusTooManyRequests, "", scim.CodeTooManyFailures)
	assertError(t, bulk("guess-2", ""), http.StatusTooManyRequests, "", scim.CodeTooManyFailures)
}

// A formerly valid token counts as wrong also inside a bulk request, which is
// answered 200.
func TestRefusalInBulk(t *testing.T) {
	now := standin.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newStack(t, guessLimit(1, now))
	s.id("viewer") // proves the token
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.Status(401)}))
	a := s.do(http.MethodPost, "/scim/v2/Bulk", `{"Operations":[{"method":"DELETE","path":"/Users/none"}]}`)
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.Contains(t, a.text, "token_refused")
	assertError(t, s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", ""), http.StatusTooManyRequests, "", scim.CodeTooManyFailures)
}

// If the gateway can verify a token itself, a valid one always passes.
func TestGuessingWithHeldCredential(t *testing.T) {
	now := standin.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newStack(t, heldBy(key, "right-token"), guessLimit(2, now))
	ask := func(token string) *answer {
		return s.do(http.MethodGet, "/scim/v2/Users?count=1", "", "Authorization", token)
	}
	for range 3 {
		assert.Equal(t, http.StatusUnauthorized, ask("guess-1").status, "one token is one guess")
	}
	assert.Equal(t, http.StatusUnauthorized, ask("guess-2").status)
	assertError(t, ask("guess-3"), http.StatusTooManyRequests, "", scim.CodeTooManyFailures)
	assert.Equal(t, http.StatusOK, ask("right-token").status)
}

// If Suger refuses the gateway's own credential, the client's token is not at
// fault.
func TestRefusedHeldCredentialIsNoGuess(t *testing.T) {
	s := newStack(t, heldBy("expired-key", "right-token"), guessLimit(1, &standin.Clock{}))
	for range 3 {
		a := s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", "right-token")
		assertError(t, a, http.StatusBadGateway, "", scim.CodeHeldCredential)
	}
}

func TestFailedReportsEveryCode(t *testing.T) {
	var codes []scim.Code
	s := newStack(t, func(c *gateway.Config) { c.Failed = func(code scim.Code) { codes = append(codes, code) } })
	s.do(http.MethodGet, "/scim/v2/Users", "")
	s.do(http.MethodGet, "/scim/v2/Users/nobody", "")
	s.do(http.MethodPost, "/scim/v2/Bulk", `{"Operations":[{"method":"GET","path":"/Users/1"},{"method":"DELETE","path":"/Users/nobody"}]}`)
	s.do(http.MethodGet, "/nowhere", "")
	assert.Equal(t, []scim.Code{scim.CodeNotFound, scim.CodeMethodNotAllowed, scim.CodeNotFound, scim.CodeNoSuchEndpoint}, codes)
}
