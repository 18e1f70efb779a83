package gateway_test

import (
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
)

func TestLogLine(t *testing.T) {
	now := standin.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newStack(t, func(c *gateway.Config) { c.Now = now.Now })
	a := s.get("/scim/v2/Users?filter=userName+eq+%22admin%40example.com%22", "X-Request-Id", "of-the-client")
	record := s.log.last(t, "request")
	assert.NotEmpty(t, take(record, "time"))
	assert.Equal(t, map[string]any{
		"level": "INFO", "msg": "request", "request_id": a.header.Get("X-Request-Id"), "client_request_id": "of-the-client",
		"method": "GET", "route": "/scim/v2/Users", "resource": "User", "organization": sandbox.DefaultOrganization,
		"duration_ms": float64(0), "suger_calls": float64(s.suger.Count("")), "client": "127.0.0.1", "status": float64(200),
	}, record)
	assert.NotEqual(t, "of-the-client", a.header.Get("X-Request-Id"))
	assert.Regexp(t, `^[a-z2-7]{16}$`, a.header.Get("X-Request-Id"))
}

func TestLogHoldsNothingPersonal(t *testing.T) {
	s := newStack(t)
	id := s.id("admin")
	s.do(http.MethodPost, "/scim/v2/Users", newUser)
	s.do(http.MethodPost, "/scim/v2/Users", newUser)
	s.do(http.MethodPut, "/scim/v2/Users/"+id, `{"userName":"not an address"}`)
	s.do(http.MethodGet, "/scim/v2/Users?filter=userName+eq", "")
	s.do(http.MethodPost, "/scim/v2/Bulk", `{"Operations":[{"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"nova.sample@example.com"}}]}`)
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.Status(500)}))
	s.do(http.MethodGet, "/scim/v2/Users?filter=userName+eq+%22nova.sample@example.com%22", "")
	text := regexp.MustCompile(`"request_id":"[a-z2-7]*"`).ReplaceAllString(strings.ToLower(s.log.String()), "") // random letters can be a name
	require.NotEmpty(t, text)
	for _, secret := range []string{"@", "%40", "nova", "throw-away", "filter=", key, "not an address"} {
		assert.NotContains(t, text, secret)
	}
}

func TestLogOfErrors(t *testing.T) {
	s := newStack(t)
	s.do(http.MethodGet, "/scim/v2/Users/nobody", "")
	record := s.log.last(t, "request")
	assert.Equal(t, "not_found", record["code"])
	assert.Equal(t, "/scim/v2/Users/:id", record["route"])
	assert.Equal(t, "INFO", record["level"])
	assert.NotContains(t, record, "cause")

	s.do(http.MethodGet, "/nowhere/secret@example.com", "")
	record = s.log.last(t, "request")
	assert.Equal(t, "", record["route"])
	assert.Equal(t, "no_such_endpoint", record["code"])

	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.HTML}))
	s.do(http.MethodGet, "/scim/v2/Users", "")
	record = s.log.last(t, "request")
	assert.Equal(t, "ERROR", record["level"])
	assert.Contains(t, record["cause"], "list users")
}

func TestRequestIDsOfClients(t *testing.T) {
	s := newStack(t)
	for _, id := range []string{strings.Repeat("x", 65), "a b", "é"} {
		t.Run("not logged: "+id, func(t *testing.T) {
			s.get("/scim/v2/Schemas", "X-Request-Id", id)
			assert.NotContains(t, s.log.last(t, "request"), "client_request_id")
		})
	}
}

func TestClientAddress(t *testing.T) {
	s := newStack(t, func(c *gateway.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	plain := newStack(t)
	tests := []struct{ name, header, want string }{
		{"none", "", "127.0.0.1"},
		{"one", "203.0.113.7", "203.0.113.7"},
		{"the last that is no proxy", "198.51.100.1, 203.0.113.7, 10.1.2.3", "203.0.113.7"},
		{"only proxies", "10.1.1.1, 10.2.2.2", "10.1.1.1"},
		{"nonsense ends it", "203.0.113.7, nonsense, 10.1.2.3", "10.1.2.3"},
		{"IPv4 in IPv6", "::ffff:203.0.113.7", "203.0.113.7"},
		{"IPv6", "2001:db8::1", "2001:db8::1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s.get("/scim/v2/Schemas", "X-Forwarded-For", test.header)
			assert.Equal(t, test.want, s.log.last(t, "request")["client"])
			plain.get("/scim/v2/Schemas", "X-Forwarded-For", test.header)
			assert.Equal(t, "127.0.0.1", plain.log.last(t, "request")["client"], "the header of anybody does not count")
		})
	}
}

func TestObserve(t *testing.T) {
	type seen struct {
		resource, method string
		status           int
		took             time.Duration
	}
	var all []seen
	s := newStack(t, func(c *gateway.Config) {
		c.Observe = func(resource, method string, status int, took time.Duration) {
			all = append(all, seen{resource, method, status, took})
		}
		c.Now = (&standin.Clock{}).Now
	})
	s.do(http.MethodGet, "/scim/v2/Users", "")
	s.do(http.MethodGet, "/scim/v2/Groups/none", "")
	s.do("BREW", "/scim/v2/Coffee", "")
	s.do(http.MethodGet, "/scim/v2/Schemas", "")
	assert.Equal(t, []seen{
		{"User", "GET", 200, 0}, {"Group", "GET", 404, 0}, {"", "other", 404, 0}, {"Schema", "GET", 200, 0},
	}, all)
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	s := newStack(t)
	for _, path := range []string{"/scim/v2/Users", "/scim/v2/Users/none", "/scim/v2/Schemas", "/nowhere"} {
		t.Run(path, func(t *testing.T) {
			a := s.do(http.MethodGet, path, "")
			assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			assert.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
			assert.Equal(t, "application/scim+json", a.header.Get("Content-Type"))
			assert.NotEmpty(t, a.header.Get("X-Request-Id"))
		})
	}
}

// Suger may repeat in an error what it was sent.
func TestLogOmitsSugersMessages(t *testing.T) {
	s := newStack(t)
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.Status(500)}))
	s.do(http.MethodGet, "/scim/v2/Users", "")
	record := s.log.last(t, "request")
	assert.Equal(t, "suger: list users: unavailable (500)", record["cause"])
}
