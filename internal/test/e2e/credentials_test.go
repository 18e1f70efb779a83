package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/cli"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
)

// The credential of an OAuth App, invented here.
const (
	clientID     = "client-0123"
	clientSecret = "client-secret-0123456789"
	nextSecret   = "next-client-secret-0123456789"
)

// The credential of an OAuth App is exchanged for a token. Either the SCIM client
// sends it, or the gateway holds it.
func TestServeWithExchangedCredentials(t *testing.T) {
	t.Parallel()
	for _, held := range []bool{false, true} {
		t.Run(fmt.Sprintf("held by the gateway: %v", held), func(t *testing.T) {
			t.Parallel()
			s := newTokenStage(t, held)
			for range 5 {
				assert.Equal(t, http.StatusOK, s.read(t, s.token))
			}
			assert.Equal(t, 1, s.suger.Count("get token"), "the gateway uses a token until it expires")
			s.suger.ExpireTokens()
			assert.Equal(t, http.StatusOK, s.read(t, s.token), "the gateway renews a token that Suger revokes early")
			assert.Equal(t, 2, s.suger.Count("get token"))
			if held {
				s.rotate(t)
			} else {
				s.refuse(t)
			}
			require.NoError(t, s.gateway.End())
			for _, secret := range []string{clientSecret, nextSecret, "bearer-token", "Bearer "} {
				assert.NotContains(t, s.gateway.Log.String(), secret)
			}
		})
	}
}

// A tokenStage is a running gateway, and a Suger that issues tokens.
type tokenStage struct {
	suger      *sandbox.Sandbox
	gateway    *program.Program
	user       string // URL of a user; every read is a call
	token      string // sent by the SCIM client
	credential string // file with the credential that the gateway holds
	tokens     string // file with the tokens that the gateway accepts
}

func newTokenStage(t *testing.T, held bool) *tokenStage {
	s := &tokenStage{token: clientID + ":" + clientSecret}
	var err error
	s.suger, err = sandbox.New(sandbox.Options{Clients: map[string]string{clientID: clientSecret, clientID + "-next": nextSecret}})
	require.NoError(t, err)
	server := httptest.NewServer(s.suger)
	t.Cleanup(server.Close)
	t.Cleanup(s.suger.Close)
	values := map[string]string{
		"SUGER_API_URL": server.URL, "SUGER_ORG_ID": sandbox.DefaultOrganization,
		"SUGER_AUTH": "oauth", "SUGER_TOKEN_URL": server.URL + "/oauth2/token",
		"GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0",
		"GATEWAY_LIST_TTL": "0s", // so that every read is a call
	}
	if held {
		s.credential, s.tokens = filepath.Join(t.TempDir(), "credential"), filepath.Join(t.TempDir(), "tokens")
		program.WriteFile(t, s.credential, s.token)
		program.WriteFile(t, s.tokens, "first-bearer-token,second-bearer-token")
		values["SUGER_CREDENTIAL_FILE"], values["GATEWAY_TOKENS_FILE"] = s.credential, s.tokens
		s.token = "second-bearer-token"
	}
	s.gateway = program.Serve(t, cli.Run, settings.Names(), values)
	viewer, _ := s.suger.UserByEmail("viewer@example.com")
	s.user = "http://" + s.gateway.SCIMAddress(t) + "/scim/v2/Users/" + viewer.ID
	return s
}

// read returns the status of a request with the token.
func (s *tokenStage) read(t *testing.T, token string) int {
	status, _ := program.Ask(t, http.MethodGet, s.user, "Bearer "+token, "")
	return status
}

// rotate changes the credential and the tokens while the gateway serves.
func (s *tokenStage) rotate(t *testing.T) {
	assert.Equal(t, http.StatusOK, s.read(t, "first-bearer-token"), "both tokens are valid")
	assert.Equal(t, http.StatusUnauthorized, s.read(t, clientID+":"+clientSecret), "Suger's credential is not accepted as a token of the gateway")
	program.WriteFile(t, s.credential, clientID+"-next:"+nextSecret)
	program.WriteFile(t, s.tokens, "second-bearer-token")
	assert.Equal(t, http.StatusUnauthorized, s.read(t, "first-bearer-token"))
	assert.Equal(t, http.StatusOK, s.read(t, "second-bearer-token"))
	assert.Equal(t, 3, s.suger.Count("get token"), "the gateway gets a new token for the new credential")
}

// refuse checks that the gateway does not ask Suger again at once about a refused
// credential.
func (s *tokenStage) refuse(t *testing.T) {
	wrong := clientID + ":wrong-secret-0123456789"
	assert.Equal(t, http.StatusUnauthorized, s.read(t, wrong))
	calls := s.suger.Count("")
	for range 3 {
		assert.Equal(t, http.StatusUnauthorized, s.read(t, wrong))
	}
	assert.Equal(t, calls, s.suger.Count(""))
	assert.Equal(t, http.StatusOK, s.read(t, s.token), "other credentials are served")
}

// A keyring is a Suger with two keys, either of which can be deleted.
type keyring struct {
	url     string
	mu      sync.Mutex
	deleted map[string]bool
}

func newKeyring(t *testing.T) *keyring {
	suger, err := sandbox.New(sandbox.Options{Keys: []string{"old-suger-key", "new-suger-key"}})
	require.NoError(t, err)
	k := &keyring{deleted: map[string]bool{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.mu.Lock()
		deleted := k.deleted[r.Header.Get("Authorization")]
		k.mu.Unlock()
		if deleted {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		suger.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(suger.Close)
	k.url = server.URL
	return k
}

func (k *keyring) delete(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.deleted["Key "+key] = true
}

// A steadyCaller reads users continuously with the latest token, like Okta in a busy
// hour.
type steadyCaller struct {
	users    string
	token    atomic.Pointer[string]
	answered chan string // the status of each request
}

func callSteadily(t *testing.T, users, token string) *steadyCaller {
	c := &steadyCaller{users: users, answered: make(chan string)}
	c.useToken(token)
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for {
			select {
			case c.answered <- c.call():
			case <-stop:
				return
			}
		}
	})
	t.Cleanup(func() { close(stop); done.Wait() })
	return c
}

func (c *steadyCaller) call() string {
	request, err := http.NewRequest(http.MethodGet, c.users+"?count=1", nil)
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Authorization", "Bearer "+*c.token.Load())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	return response.Status
}

func (c *steadyCaller) useToken(token string) { c.token.Store(&token) }

// assertServed checks enough answers to include requests made after the last step.
func (c *steadyCaller) assertServed(t *testing.T, after string) {
	t.Helper()
	for range 5 {
		require.Equal(t, "200 OK", <-c.answered, "after: %s", after)
	}
}

// Okta's key is rotated while both keys are valid: no request fails, and the gateway
// needs no change.
func TestRotationOfOktasKey(t *testing.T) {
	t.Parallel()
	suger := newKeyring(t)
	gateway := program.Serve(t, cli.Run, settings.Names(), map[string]string{
		"SUGER_API_URL": suger.url, "SUGER_ORG_ID": sandbox.DefaultOrganization,
		"GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0", "GATEWAY_LIST_TTL": "0s",
	})
	users := "http://" + gateway.SCIMAddress(t) + "/scim/v2/Users"
	okta := callSteadily(t, users, "old-suger-key")
	okta.assertServed(t, "the start")
	okta.useToken("new-suger-key")
	okta.assertServed(t, "entering the new key in Okta")
	suger.delete("old-suger-key")
	okta.assertServed(t, "deleting the old key in Suger")
	status, _ := program.Ask(t, http.MethodGet, users, "Bearer old-suger-key", "")
	assert.Equal(t, http.StatusUnauthorized, status)
}

// The key that the gateway holds, and then Okta's token, are rotated while old and new
// ones are valid: no request fails and the gateway is not restarted.
func TestRotationOfTheHeldKey(t *testing.T) {
	t.Parallel()
	suger := newKeyring(t)
	folder := t.TempDir()
	credential, tokens := filepath.Join(folder, "credential"), filepath.Join(folder, "tokens")
	program.WriteFile(t, credential, "old-suger-key")
	program.WriteFile(t, tokens, "old-bearer-token")
	gateway := program.Serve(t, cli.Run, settings.Names(), map[string]string{
		"SUGER_API_URL": suger.url, "SUGER_ORG_ID": sandbox.DefaultOrganization,
		"SUGER_CREDENTIAL_FILE": credential, "GATEWAY_TOKENS_FILE": tokens,
		"GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0", "GATEWAY_LIST_TTL": "0s",
	})
	users := "http://" + gateway.SCIMAddress(t) + "/scim/v2/Users"
	okta := callSteadily(t, users, "old-bearer-token")
	okta.assertServed(t, "the start")

	program.WriteFile(t, credential, "new-suger-key")
	okta.assertServed(t, "writing the new key to the file")
	suger.delete("old-suger-key")
	okta.assertServed(t, "deleting the old key in Suger")

	program.WriteFile(t, tokens, "old-bearer-token\nnew-bearer-token")
	okta.assertServed(t, "writing both tokens to the file")
	okta.useToken("new-bearer-token")
	okta.assertServed(t, "entering the new token in Okta")
	program.WriteFile(t, tokens, "new-bearer-token")
	okta.assertServed(t, "removing the old token from the file")
	status, _ := program.Ask(t, http.MethodGet, users, "Bearer old-bearer-token", "")
	assert.Equal(t, http.StatusUnauthorized, status)
}
