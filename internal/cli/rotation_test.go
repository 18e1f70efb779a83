package cli

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

// A keyring is a Suger that knows two keys of which either can be deleted.
type keyring struct {
	url     string
	mu      sync.Mutex
	deleted map[string]bool
}

func newKeyring(t *testing.T) *keyring {
	suger, err := sandbox.New(sandbox.Options{Contract: "status", Keys: []string{"old-suger-key", "new-suger-key"}})
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

// A steadyCaller reads users without a pause, as Okta would in a busy hour, with
// the token that has been entered last.
type steadyCaller struct {
	users    string
	token    atomic.Pointer[string]
	answered chan string // what came of each request
}

func callSteadily(t *testing.T, users, token string) *steadyCaller {
	c := &steadyCaller{users: users, answered: make(chan string)}
	c.enter(token)
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

func (c *steadyCaller) enter(token string) { c.token.Store(&token) }

// fine checks some answers, enough to be of requests made after the last step.
func (c *steadyCaller) fine(t *testing.T, after string) {
	t.Helper()
	for range 5 {
		require.Equal(t, "200 OK", <-c.answered, "after: %s", after)
	}
}

// The key that Okta holds is rotated by overlap: no request fails, though the
// gateway is not touched.
func TestRotationOfOktasKey(t *testing.T) {
	suger := newKeyring(t)
	setEnvironment(t, map[string]string{
		"SUGER_API_URL": suger.url, "SUGER_ORG_ID": sandbox.DefaultOrganization,
		"GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0", "GATEWAY_LIST_TTL": "0s",
	})
	gateway := start(t, "serve")
	users := "http://" + gateway.wait(t, gateway.log, `"scim_address":"([^"]+)"`) + "/scim/v2/Users"
	okta := callSteadily(t, users, "old-suger-key")
	okta.fine(t, "the start")
	okta.enter("new-suger-key")
	okta.fine(t, "the new key is entered in Okta")
	suger.delete("old-suger-key")
	okta.fine(t, "the old key is deleted in Suger")
	status, _ := ask(t, http.MethodGet, users, "Bearer old-suger-key", "")
	assert.Equal(t, http.StatusUnauthorized, status)
}

// The key that the gateway holds, and Okta's token, are rotated by overlap: no
// request fails and the gateway is not restarted.
func TestRotationOfTheHeldKey(t *testing.T) {
	suger := newKeyring(t)
	folder := t.TempDir()
	credential, tokens := filepath.Join(folder, "credential"), filepath.Join(folder, "tokens")
	writeFile(t, credential, "old-suger-key")
	writeFile(t, tokens, "old-bearer-token")
	setEnvironment(t, map[string]string{
		"SUGER_API_URL": suger.url, "SUGER_ORG_ID": sandbox.DefaultOrganization,
		"SUGER_CREDENTIAL_FILE": credential, "GATEWAY_TOKENS_FILE": tokens,
		"GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0", "GATEWAY_LIST_TTL": "0s",
	})
	gateway := start(t, "serve")
	users := "http://" + gateway.wait(t, gateway.log, `"scim_address":"([^"]+)"`) + "/scim/v2/Users"
	okta := callSteadily(t, users, "old-bearer-token")
	okta.fine(t, "the start")

	writeFile(t, credential, "new-suger-key")
	okta.fine(t, "the new key is in the file")
	suger.delete("old-suger-key")
	okta.fine(t, "the old key is deleted in Suger")

	writeFile(t, tokens, "old-bearer-token\nnew-bearer-token")
	okta.fine(t, "both tokens are in the file")
	okta.enter("new-bearer-token")
	okta.fine(t, "the new token is entered in Okta")
	writeFile(t, tokens, "new-bearer-token")
	okta.fine(t, "the old token is out of the file")
	status, _ := ask(t, http.MethodGet, users, "Bearer old-bearer-token", "")
	assert.Equal(t, http.StatusUnauthorized, status)
}
