package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
)

func TestLocations(t *testing.T) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	elsewhere := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	forwarded := []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "scim.example.com", "X-Forwarded-Prefix", "/suger/"}
	tests := []struct {
		name      string
		publicURL string
		trusted   []netip.Prefix
		headers   []string
		want      string // "" is the URL of the test server
	}{
		{"of the request", "", nil, nil, ""},
		{"headers of anybody do not count", "", nil, forwarded, ""},
		{"headers of a peer that is no proxy do not count", "", elsewhere, forwarded, ""},
		{"headers of a proxy count", "", loopback, forwarded, "https://scim.example.com/suger"},
		{"the trusted proxy's own of several", "", loopback, []string{"X-Forwarded-Proto", "http, https", "X-Forwarded-Host", "evil.example.com, scim.example.com:8443"}, "https://scim.example.com:8443"},
		{"IPv6 address", "", loopback, []string{"X-Forwarded-Host", "[2001:db8::1]:8443"}, "http://[2001:db8::1]:8443"},
		{"host that has no form of one", "", loopback, []string{"X-Forwarded-Host", "a b"}, ""},
		{"host with a user", "", loopback, []string{"X-Forwarded-Host", "user@evil.example.com"}, ""},
		{"host with a script", "", loopback, []string{"X-Forwarded-Host", "<script>"}, ""},
		{"endless host", "", loopback, []string{"X-Forwarded-Host", strings.Repeat("a", 300)}, ""},
		{"headers that make no sense do not count", "", loopback, []string{"X-Forwarded-Proto", "javascript", "X-Forwarded-Host", "a/b", "X-Forwarded-Prefix", "//evil.example.com"}, ""},
		{"configured", "https://scim.example.com", loopback, []string{"X-Forwarded-Host", "other.example.com"}, "https://scim.example.com"},
		{"configured with a prefix and a slash", "https://example.com/suger/", nil, nil, "https://example.com/suger"},
		{"configured as Okta's base URL", "https://example.com/scim/v2/", nil, nil, "https://example.com"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStack(t, func(c *gateway.Config) { c.PublicURL, c.TrustedProxies = test.publicURL, test.trusted })
			if test.want == "" {
				test.want = s.url
			}
			a := s.get("/scim/v2/ResourceTypes/User", test.headers...)
			assert.Equal(t, test.want+"/scim/v2/ResourceTypes/User", a.body["meta"].(map[string]any)["location"])
		})
	}
}

// Without a public URL the client's own host is used, if it can be one.
func TestHostOfTheClient(t *testing.T) {
	s := newStack(t)
	for host, want := range map[string]string{"scim.example.com": "http://scim.example.com", "a'b": s.url, "a;b=c": s.url, "(x)": s.url} {
		request := s.request(http.MethodGet, "/scim/v2/ResourceTypes/User", nil)
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		answered := readAnswer(t, response)
		response.Body.Close()
		assert.Equal(t, want+"/scim/v2/ResourceTypes/User", answered.body["meta"].(map[string]any)["location"], host)
	}
}

func TestLocationOverTLS(t *testing.T) {
	plain := newStack(t)
	server := httptest.NewTLSServer(plain.handler)
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/scim/v2/ResourceTypes/User", nil)
	require.NoError(t, err)
	response, err := server.Client().Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	location := readAnswer(t, response).body["meta"].(map[string]any)["location"]
	assert.Equal(t, server.URL+"/scim/v2/ResourceTypes/User", location)
}
