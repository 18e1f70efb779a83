package sugerclient

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

// A formerly accepted key is tried once more: one of Suger's servers that does
// not know it yet must not let a leaver keep access.
func TestAcceptedKeyIsTriedOnceMore(t *testing.T) {
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

// A formerly accepted key is sent with every call for a minute, because a
// refusal may be temporary. After that it is a wrong key like any other.
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

// A roundTripper is a Suger without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRefusalsAreBounded(t *testing.T) {
	refuses := roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusUnauthorized, Body: http.NoBody, Request: r}, nil
	})
	client, _ := newClient(t, "http://127.0.0.1", func(cfg *Config) { cfg.Transport = refuses })
	for i := range maxAccounts + 100 {
		_, err := client.Do(t.Context(), Credential("key-"+strconv.Itoa(i)), listUsers)
		require.Error(t, err)
	}
	assert.Equal(t, maxAccounts, client.refused.Len())
}

func TestInvalidCredentialsAreNotSent(t *testing.T) {
	s := serve(t, say(200, `{"access_token":"jwt"}`))
	oauth := Auth{TokenURL: s.URL}
	long := Credential(make([]byte, 8<<10+1))
	tests := []struct {
		name string
		auth Auth
		cred Credential
	}{
		{"empty", Auth{}, ""},
		{"with a newline", Auth{}, "suger-key\r\nX-Admin: 1"},
		{"with a blank", Auth{}, "suger key"},
		{"not ASCII", Auth{}, "suger-kéy"},
		{"endless", Auth{}, long},
		{"OAuth without a secret", oauth, "client-1"},
		{"OAuth with an empty secret", oauth, "client-1:"},
		{"OAuth with an empty id", oauth, ":secret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Auth = tt.auth })
			_, err := client.Do(t.Context(), tt.cred, addUser)
			cause := errMalformed
			if tt.auth != (Auth{}) {
				cause = ErrNotPair
			}
			assert.Equal(t, &Error{Operation: "add user", Kind: Refused, Status: 401, Err: cause}, failure(t, err))
		})
	}
	assert.Empty(t, s.requests())
}
