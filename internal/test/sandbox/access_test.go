package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

const aUserList = "/org/orgTest01/user"

func TestAuthorizationHeader(t *testing.T) {
	s := serve(t, func(o *sandbox.Options) {
		o.Keys = []string{testKey, "test-key-2"}
		o.ReadOnlyKeys = []string{"reader"}
	})
	tests := []struct {
		name, method, path, header string
		status                     int
	}{
		{"a key", "GET", aUserList, "Key test-key-1", 200},
		{"another key, for rotation by overlap", "GET", aUserList, "Key test-key-2", 200},
		{"no header", "GET", aUserList, "", 401},
		{"a wrong key", "GET", aUserList, "Key test-key-3", 401},
		{"no key", "GET", aUserList, "Key ", 401},
		{"the scheme word is Key, not Bearer", "GET", aUserList, "Bearer test-key-1", 401},
		{"the scheme word has letter case", "GET", aUserList, "key test-key-1", 401},
		{"no scheme word", "GET", aUserList, "test-key-1", 401},
		{"two blanks", "GET", aUserList, "Key  test-key-1", 401},
		{"the credential comes before the organization", "GET", "/org/other/user", "Key wrong", 401},
		{"a reader reads", "GET", aUserList, "Key reader", 200},
		{"a reader does not write", "DELETE", aUserList + "/" + s.id(t, "viewer@example.com"), "Key reader", 403},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := s.call(t, test.method, test.path, "", "Authorization", test.header)
			assert.Equal(t, test.status, answer.status)
			switch test.status {
			case 401:
				assert.Equal(t, `"unauthorized"`, answer.body)
			case 403:
				assert.Equal(t, `"the API client is not allowed to do this"`, answer.body)
			}
		})
	}
	assert.Len(t, s.Users(), 8)
}

// withClient starts a sandbox with an OAuth client and a clock to be moved.
func withClient(t *testing.T) (*served, *time.Time) {
	t.Helper()
	now := noon
	s := serve(t, func(o *sandbox.Options) {
		o.Clients = map[string]string{"client-1": "secret-1"}
		o.Clock = func() time.Time { return now }
	})
	return s, &now
}

func grantForm(id, secret string) string {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}.Encode()
}

const formType = "application/x-www-form-urlencoded"

// token reads a token out of an answer of either endpoint.
func token(t *testing.T, answer got) string {
	t.Helper()
	require.Equal(t, 200, answer.status)
	var body struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		TokenType   string `json:"token_type"`
	}
	require.NoError(t, json.Unmarshal([]byte(answer.body), &body))
	assert.Equal(t, 3600, body.ExpiresIn)
	assert.Equal(t, "Bearer", body.TokenType)
	assert.Equal(t, 2, strings.Count(body.AccessToken, "."), "looks like a JWT")
	return body.AccessToken
}

func TestTokenExpires(t *testing.T) {
	s, now := withClient(t)
	first := token(t, s.call(t, "POST", "/oauth2/token", grantForm("client-1", "secret-1"), "Content-Type", formType))
	second := token(t, s.call(t, "POST", "/oauth2/token", grantForm("client-1", "secret-1"), "Content-Type", formType))
	assert.NotEqual(t, first, second)
	assert.Equal(t, 2, s.Count("get token"))

	list := func(token string) int {
		return s.call(t, "GET", aUserList, "", "Authorization", "Bearer "+token).status
	}
	assert.Equal(t, 200, list(first))
	assert.Equal(t, 200, list(second))
	assert.Equal(t, 200, s.call(t, "DELETE", aUserList+"/"+s.id(t, "viewer@example.com"), "", "Authorization", "Bearer "+first).status)
	*now = now.Add(time.Hour - time.Second)
	assert.Equal(t, 200, list(first))
	*now = now.Add(time.Second)
	assert.Equal(t, 401, list(first), "after 3600 s")

	third := token(t, s.call(t, "POST", "/oauth2/token", grantForm("client-1", "secret-1"), "Content-Type", formType))
	assert.Equal(t, 200, list(third))
	s.ExpireTokens()
	assert.Equal(t, 401, list(third), "expired by hand")
}

func TestTokenByBasicAuthentication(t *testing.T) {
	s, _ := withClient(t)
	request, err := http.NewRequestWithContext(t.Context(), "POST", s.server.URL+"/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	require.NoError(t, err)
	request.SetBasicAuth("client-1", "secret-1")
	request.Header.Set("Content-Type", formType)
	response, err := s.server.Client().Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 200, response.StatusCode)
}

func TestTokenRefusals(t *testing.T) {
	s, _ := withClient(t)
	tests := []struct {
		name, path, media, body string
		status                  int
		want                    string
	}{
		{"wrong secret", "/oauth2/token", formType, grantForm("client-1", "x"), 401, `{"error":"invalid_client"}`},
		{"unknown client", "/oauth2/token", formType, grantForm("client-2", "secret-1"), 401, `{"error":"invalid_client"}`},
		{"unknown client without secret", "/oauth2/token", formType, grantForm("client-2", ""), 401, `{"error":"invalid_client"}`},
		{"other grant", "/oauth2/token", formType, "grant_type=password", 400, `{"error":"unsupported_grant_type"}`},
		{"not a form", "/oauth2/token", "application/json", `{}`, 400, `{"error":"invalid_request"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := s.call(t, "POST", test.path, test.body, "Content-Type", test.media, "Authorization", "")
			assert.Equal(t, test.status, answer.status)
			assert.JSONEq(t, test.want, answer.body)
		})
	}
}

func TestCallsNeverHoldTheCredential(t *testing.T) {
	s, _ := withClient(t)
	s.call(t, "GET", aUserList+"?limit=2&offset=4", "")
	s.call(t, "GET", aUserList, "", "Authorization", "Key wrong-key-9")
	s.call(t, "POST", "/oauth2/token", grantForm("client-1", "secret-1"), "Content-Type", formType)
	s.call(t, "GET", "/nowhere", "")
	assert.Equal(t, []sandbox.Call{
		{Operation: "list users", Method: "GET", Path: aUserList, Query: "limit=2&offset=4", Status: 200},
		{Operation: "list users", Method: "GET", Path: aUserList, Status: 401},
		{Operation: "get token", Method: "POST", Path: "/oauth2/token", Status: 200},
		{Operation: "unknown", Method: "GET", Path: "/nowhere", Status: 404},
	}, s.Calls())
	assert.Equal(t, []int{2, 1, 0, 4}, []int{s.Count("list users"), s.Count("get token"), s.Count("get user"), s.Count("")})
	s.ResetCalls()
	assert.Empty(t, s.Calls())
	assert.Equal(t, 0, s.Count(""))
}
