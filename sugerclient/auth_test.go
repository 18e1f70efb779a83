package sugerclient

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/marks"
)

func TestRefusedCredentialIsRemembered(t *testing.T) {
	s := serve(t, say(401, `"unknown key"`), say(200, `[]`))
	client, clock := newClient(t, s.URL)
	want := &Error{Operation: "list users", Kind: Refused, Status: 401, Message: "unknown key"}
	for range 3 {
		_, err := client.Do(t.Context(), testKey, listUsers)
		assert.Equal(t, want, failure(t, err))
	}
	assert.Len(t, s.requests(), 1, "Suger is not asked again")

	_, err := client.Do(t.Context(), "suger-key-of-another", listUsers)
	require.NoError(t, err, "another credential is not concerned")

	elsewhere := listUsers
	elsewhere.PathParams = map[string]string{"organization": "org2"}
	_, err = client.Do(t.Context(), testKey, elsewhere)
	require.NoError(t, err, "another organization is not concerned")

	clock.Advance(5*time.Second - 1)
	_, err = client.Do(t.Context(), testKey, listUsers)
	require.Error(t, err)
	clock.Advance(1)
	_, err = client.Do(t.Context(), testKey, listUsers)
	require.NoError(t, err, "it may be good by now")
}

// A key that Suger took before is asked for once more: one server of many that
// does not know it yet must not keep somebody's access alive.
func TestStrayRefusal(t *testing.T) {
	ok, no := say(200, `[]`), say(401, ``)
	tests := []struct {
		name    string
		call    Call
		answers []http.HandlerFunc
		good    []bool // whether each call succeeds
		sent    int
	}{
		{"one", removeUser, []http.HandlerFunc{ok, no, ok}, []bool{true, true, true}, 4},
		{"two are a refusal, and the next call asks again", removeUser, []http.HandlerFunc{ok, no, no, ok}, []bool{true, false, true}, 4},
		{"of a key that was never good", removeUser, []http.HandlerFunc{no, ok}, []bool{false, false}, 1},
		{"a create is not repeated, and the next call asks again", addUser, []http.HandlerFunc{ok, no, ok}, []bool{true, false, true}, 3},
		{"creates only", addUser, []http.HandlerFunc{ok, no, no, ok}, []bool{true, false, false, true}, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answers...)
			client, _ := newClient(t, s.URL)
			for i, good := range tt.good {
				_, err := client.Do(t.Context(), testKey, tt.call)
				assert.Equal(t, good, err == nil, "call %d: %v", i+1, err)
			}
			assert.Len(t, s.requests(), tt.sent)
		})
	}
}

// A key that was good is asked for with every call for a minute, since a refusal
// can pass. After that it is a wrong key like any other.
func TestRevokedCredentialIsRememberedInTheEnd(t *testing.T) {
	s := serve(t, say(200, `[]`), say(401, ``))
	client, clock := newClient(t, s.URL)
	_, err := client.Do(t.Context(), testKey, addUser)
	require.NoError(t, err)
	refused := func(want int) {
		t.Helper()
		before := len(s.requests())
		_, err := client.Do(t.Context(), testKey, addUser)
		assert.Equal(t, 401, failure(t, err).Status)
		assert.Equal(t, want, len(s.requests())-before)
	}
	for range 3 {
		refused(1)
		clock.Advance(doubtFor/3 - time.Second)
	}
	clock.Advance(3 * time.Second)
	refused(1)
	refused(0)
	clock.Advance(5 * time.Second)
	refused(1)
	refused(0)
}

func TestRefusalsMayBeAskedEachTime(t *testing.T) {
	s := serve(t, say(401, ``))
	client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.RefusedFor = -1 })
	for range 2 {
		_, err := client.Do(t.Context(), testKey, listUsers)
		assert.Equal(t, 401, failure(t, err).Status)
	}
	assert.Len(t, s.requests(), 2)
}

func TestForbiddenIsNotRemembered(t *testing.T) {
	s := serve(t, say(403, `"may not manage users"`), say(200, `{}`))
	client, _ := newClient(t, s.URL)
	_, err := client.Do(t.Context(), testKey, addUser)
	assert.Equal(t, 403, failure(t, err).Status)
	_, err = client.Do(t.Context(), testKey, addUser)
	require.NoError(t, err)
}

func TestRefusalsAreBounded(t *testing.T) {
	r := newRefusals(time.Minute, time.Now)
	for i := range maxRefusals + 100 {
		r.remember(key{credential: marks.Mark{byte(i), byte(i >> 8)}}, "")
	}
	assert.Equal(t, maxRefusals, r.known.Len())
}

func TestCredentialsThatAreNoneAreNotSent(t *testing.T) {
	s := serve(t, say(200, `{"access_token":"jwt"}`))
	oauth := OAuthAuth{TokenURL: s.URL}
	long := Credential(make([]byte, 8<<10+1))
	tests := []struct {
		name string
		auth Authenticator
		cred Credential
	}{
		{"empty", KeyAuth{}, ""},
		{"with a newline", KeyAuth{}, "suger-key\r\nX-Admin: 1"},
		{"with a blank", KeyAuth{}, "suger key"},
		{"not ASCII", KeyAuth{}, "suger-kéy"},
		{"endless", KeyAuth{}, long},
		{"OAuth without a secret", oauth, "client-1"},
		{"OAuth with an empty secret", oauth, "client-1:"},
		{"OAuth with an empty id", oauth, ":secret"},
		{"legacy without a secret", legacyAuth, "client-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Auth = tt.auth })
			_, err := client.Do(t.Context(), tt.cred, addUser)
			cause := errMalformed
			if tt.auth != (KeyAuth{}) {
				cause = ErrNotPair
			}
			assert.Equal(t, &Error{Operation: "add user", Kind: Refused, Status: 401, Err: cause}, failure(t, err))
		})
	}
	assert.Empty(t, s.requests())
}

// legacyAuth has the names of Suger's documentation (doc.suger.io, API Client).
var legacyAuth = LegacyAuth{
	Method: http.MethodPost, Path: "/public/apiClient/accessToken",
	Organization: "organizationID", ClientID: "id", ClientSecret: "secret",
	AccessToken: "access_token", ExpiresIn: "expires_in",
}

func TestLegacyTokenRequest(t *testing.T) {
	s := serve(t, say(200, `{"access_token":"jwt-1","expires_in":3600,"token_type":"Bearer"}`), say(200, `[]`))
	client, _ := newClient(t, s.URL+"/v1", func(cfg *Config) { cfg.Auth = legacyAuth })
	_, err := client.Do(t.Context(), "client-1:secret:with:colons", listUsers)
	require.NoError(t, err)
	got := s.requests()
	require.Len(t, got, 2)
	assert.Equal(t, "POST", got[0].method)
	assert.Equal(t, "/v1/public/apiClient/accessToken", got[0].uri)
	assert.JSONEq(t, `{"organizationID":"org1","id":"client-1","secret":"secret:with:colons"}`, got[0].body)
	assert.Empty(t, got[0].header.Get("Authorization"))
	assert.Equal(t, "/v1/org/org1/user", got[1].uri)
	assert.Equal(t, "Bearer jwt-1", got[1].header.Get("Authorization"))
}

func TestLegacyTokenNeedsTheOrganization(t *testing.T) {
	s := serve(t, say(200, `{}`))
	client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Auth = legacyAuth })
	_, err := client.Do(t.Context(), "client-1:secret", Call{Operation: "ping", Method: "GET", Path: "/ping"})
	assert.Equal(t, Invalid, failure(t, err).Kind)
	assert.Empty(t, s.requests())
}

func TestLegacyTokensAreKeptPerOrganization(t *testing.T) {
	s := serve(t,
		say(200, `{"access_token":"jwt-of-org1","expires_in":3600}`), say(200, `[]`),
		say(200, `{"access_token":"jwt-of-org2","expires_in":3600}`), say(200, `[]`))
	client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Auth = legacyAuth })
	for _, organization := range []string{"org1", "org2"} {
		call := listUsers
		call.PathParams = map[string]string{"organization": organization}
		_, err := client.Do(t.Context(), "client-1:secret", call)
		require.NoError(t, err)
	}
	assert.Equal(t, "Bearer jwt-of-org2", s.requests()[3].header.Get("Authorization"))
}
