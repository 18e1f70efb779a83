package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// The forms come from Okta's "Header Auth" and "OAuth Bearer Token" templates
// and its connection guides.
func TestAuthorizationHeader(t *testing.T) {
	s := newStack(t)
	tests := []struct {
		name   string
		header string
		status int
		code   scim.Code // "" means success
	}{
		{"scheme and token", "Bearer " + key, 200, ""},
		{"the bare token", key, 200, ""},
		{"scheme in lower case", "bearer " + key, 200, ""},
		{"scheme in capitals", "BEARER " + key, 200, ""},
		{"surplus blanks", "   Bearer  \t " + key + "  ", 200, ""},
		{"doubled scheme", "Bearer Bearer " + key, 200, ""},
		{"Suger's own scheme", "Key " + key, 200, ""},
		{"Okta's header mode with Suger's scheme typed into it", "Bearer Key " + key, 200, ""},
		{"missing", "", 401, scim.CodeTokenMissing},
		{"scheme alone", "Bearer", 401, scim.CodeTokenMissing},
		{"scheme and blanks", "Bearer   ", 401, scim.CodeTokenMissing},
		{"basic", "Basic dXNlcjpwYXNz", 401, scim.CodeTokenMissing},
		{"a token that Suger does not know", "non-token", 401, scim.CodeTokenRefused}, // Okta's SPEC suite, step 21
		{"two words", "Bearer one two", 401, scim.CodeTokenRefused},
		{"control character", "Bearer a\u0080b", 401, scim.CodeTokenRefused},
		{"longest token", "Bearer " + strings.Repeat("a", 4096), 401, scim.CodeTokenRefused},
		{"too long", "Bearer " + strings.Repeat("a", 4097), 401, scim.CodeTokenRefused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := s.do(http.MethodGet, "/scim/v2/Users?startIndex=1&count=2", "", "Authorization", test.header)
			if test.code == "" {
				assert.Equal(t, test.status, a.status, a.text)
				assert.Empty(t, a.header.Get("WWW-Authenticate"))
				return
			}
			assertError(t, a, test.status, "", test.code)
			challenge := `Bearer realm="suger-scim-gateway"`
			if test.code == scim.CodeTokenRefused {
				challenge += `, error="invalid_token"`
			}
			assert.Equal(t, challenge, a.header.Get("WWW-Authenticate"))
		})
	}
	t.Run("basic is named in the detail", func(t *testing.T) {
		a := s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", "Basic dXNlcjpwYXNz")
		assert.Contains(t, a.body["detail"], "Basic")
	})
	t.Run("what is no token does not reach Suger", func(t *testing.T) {
		s.suger.ResetCalls()
		s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", "Bearer one two")
		assert.Zero(t, s.suger.Count(""))
	})
	t.Run("no token is logged or answered", func(t *testing.T) {
		assert.NotContains(t, s.log.String(), key)
		assert.NotContains(t, s.log.String(), "non-token")
	})
}

// A token that cannot be exchanged says what form it needs, and a token endpoint
// that fails is named as what fails.
func TestMessagesAboutExchangedTokens(t *testing.T) {
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(endpoint.Close)
	client, err := sugerclient.New(sugerclient.Config{
		BaseURL: endpoint.URL, Attempts: 1, Auth: sugerclient.Auth{TokenURL: endpoint.URL + "/token"},
	})
	require.NoError(t, err)
	service, err := mapping.New(mapping.DefaultDocument(), client, mapping.Config{})
	require.NoError(t, err)
	handler := gateway.New(gateway.Config{Organization: sandbox.DefaultOrganization}, service)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s := &stack{t: t, url: server.URL}

	a := s.do(http.MethodGet, "/scim/v2/Users/1", "", "Authorization", "Bearer a-key-and-no-pair")
	assertError(t, a, http.StatusUnauthorized, "", scim.CodeTokenRefused)
	assert.Contains(t, a.body["detail"], "client_id:client_secret")
	a = s.do(http.MethodGet, "/scim/v2/Users/1", "", "Authorization", "Bearer id:secret")
	assertError(t, a, http.StatusServiceUnavailable, "", scim.CodeSugerUnavailable)
	assert.Contains(t, a.body["detail"], `"get token"`)
}

func TestConnectionTestAsksSuger(t *testing.T) {
	s := newStack(t)
	a := s.get("/scim/v2/Users?startIndex=1&count=2")
	assert.EqualValues(t, 2, a.body["itemsPerPage"])
	assert.NotZero(t, s.suger.Count("list users"))
}

func TestWhatSugerForbids(t *testing.T) {
	s := newStack(t)
	a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"new@example.com"}`, "Authorization", "read-only-key")
	assertError(t, a, http.StatusForbidden, "", scim.CodeNotAllowed)
}

func TestDiscoveryNeedsNoCredential(t *testing.T) {
	s := newStack(t)
	for _, path := range []string{
		"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User",
		"/Schemas", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
	} {
		t.Run(path, func(t *testing.T) {
			a := s.do(http.MethodGet, "/scim/v2"+path, "", "Authorization", "")
			assert.Equal(t, http.StatusOK, a.status, a.text)
		})
	}
	assert.Zero(t, s.suger.Count(""), "discovery must not depend on Suger")
}

func TestEverythingElseNeedsACredential(t *testing.T) {
	s := newStack(t)
	for _, endpoint := range []string{
		"GET /Users", "POST /Users", "GET /Users/1", "PUT /Users/1", "PATCH /Users/1", "DELETE /Users/1", "POST /Users/.search",
		"GET /Groups", "POST /Groups", "GET /Groups/1", "PUT /Groups/1", "PATCH /Groups/1", "DELETE /Groups/1", "POST /Groups/.search",
		"GET /Roles", "GET /Roles/1", "POST /Roles/.search", "GET ", "POST /.search", "POST /Bulk", "GET /Me",
	} {
		t.Run(endpoint, func(t *testing.T) {
			method, path, _ := strings.Cut(endpoint, " ")
			a := s.do(method, "/scim/v2"+path, "{}", "Authorization", "")
			assertError(t, a, http.StatusUnauthorized, "", scim.CodeTokenMissing)
		})
	}
}

func heldBy(credential string, tokens ...string) func(*gateway.Config) {
	return func(c *gateway.Config) {
		c.Tokens = func() []string { return tokens }
		c.HeldCredential = func() sugerclient.Credential { return sugerclient.Credential(credential) }
	}
}

func TestHeldCredential(t *testing.T) {
	s := newStack(t, heldBy(key, "old-token", "new-token"))
	for _, token := range []string{"old-token", "new-token"} {
		t.Run("accepted: "+token, func(t *testing.T) {
			assert.Equal(t, http.StatusOK, s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", "Bearer "+token).status)
		})
	}
	s.suger.ResetCalls()
	for _, token := range []string{key, "old-toke", "old-tokens", "old-token,new-token"} {
		t.Run("refused: "+token, func(t *testing.T) {
			a := s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", "Bearer "+token)
			assertError(t, a, http.StatusUnauthorized, "", scim.CodeTokenRefused)
			assert.Equal(t, `Bearer realm="suger-scim-gateway", error="invalid_token"`, a.header.Get("WWW-Authenticate"))
		})
	}
	assert.Zero(t, s.suger.Count(""), "a refused token must not reach Suger")
}

// The client's token is valid, so the answer must not ask Okta's administrator
// for a new one.
func TestHeldCredentialThatSugerRefuses(t *testing.T) {
	s := newStack(t, heldBy("expired-key", "token"))
	a := s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", "Bearer token")
	assertError(t, a, http.StatusBadGateway, "", scim.CodeHeldCredential)
	assert.Empty(t, a.header.Get("WWW-Authenticate"))
	assert.NotContains(t, s.log.String(), "expired-key")
}

func TestOrganization(t *testing.T) {
	const org = sandbox.DefaultOrganization
	tests := []struct {
		name         string
		organization string
		allowed      []string
		path         string
		status       int
		code         scim.Code // "" means success
	}{
		{"configured", org, nil, "/scim/v2/Users", 200, ""},
		{"in the path", "", nil, "/org/" + org + "/scim/v2/Users", 200, ""},
		{"in the path, beside a configured one", org, nil, "/org/" + org + "/scim/v2/Users", 200, ""},
		{"not configured", "", nil, "/scim/v2/Users", 404, scim.CodeNoSuchEndpoint},
		{"allowed", "", []string{"other", org}, "/org/" + org + "/scim/v2/Users", 200, ""},
		{"not allowed", "", []string{"other"}, "/org/" + org + "/scim/v2/Users", 403, scim.CodeOrgUnknown},
		{"not allowed, discovery", "", []string{"other"}, "/org/" + org + "/scim/v2/Schemas", 403, scim.CodeOrgUnknown},
		{"not known to Suger", "", nil, "/org/nowhere/scim/v2/Users", 403, scim.CodeOrgUnknown},
		{"climbing", "", nil, "/org/%2e%2e/scim/v2/Users", 403, scim.CodeOrgUnknown},
		{"two segments in one", "", nil, "/org/a%2Fb/scim/v2/Users", 403, scim.CodeOrgUnknown},
		{"empty", "", nil, "/org//scim/v2/Users", 404, scim.CodeNoSuchEndpoint},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStack(t, func(c *gateway.Config) { c.Organization, c.AllowedOrganizations = test.organization, test.allowed })
			a := s.do(http.MethodGet, test.path, "")
			if test.code != "" {
				assertError(t, a, test.status, "", test.code)
				return
			}
			require.Equal(t, test.status, a.status, a.text)
			prefix := strings.TrimSuffix(s.url+test.path, "/Users")
			user := a.resource(0)
			assert.Equal(t, prefix+"/Users/"+user["id"].(string), user["meta"].(map[string]any)["location"])
		})
	}
}
