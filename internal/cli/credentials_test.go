package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

// The credential of an OAuth App, invented here.
const (
	clientID     = "client-0123"
	clientSecret = "client-secret-0123456789"
	nextSecret   = "next-client-secret-0123456789"
)

// A client of Suger's whose credential is exchanged for a token, in both ways
// there are, brought by the SCIM client or held by the gateway.
func TestServeWithExchangedCredentials(t *testing.T) {
	for _, auth := range []string{"oauth", "legacy"} {
		for _, held := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, held by the gateway: %v", auth, held), func(t *testing.T) {
				s := newTokenStage(t, auth, held)
				for range 5 {
					assert.Equal(t, http.StatusOK, s.read(t, s.token))
				}
				assert.Equal(t, 1, s.suger.Count("get token"), "a token serves until it ends")
				s.suger.ExpireTokens()
				assert.Equal(t, http.StatusOK, s.read(t, s.token), "and is renewed if Suger ends it before")
				assert.Equal(t, 2, s.suger.Count("get token"))
				if held {
					s.rotate(t)
				} else {
					s.refuse(t)
				}
				require.NoError(t, s.gateway.end())
				for _, secret := range []string{clientSecret, nextSecret, "bearer-token", "Bearer "} {
					assert.NotContains(t, s.gateway.log.String(), secret)
				}
			})
		}
	}
}

// A tokenStage is a gateway that serves, and a Suger that gives out tokens.
type tokenStage struct {
	suger      *sandbox.Sandbox
	gateway    *started
	user       string // URL of one, whose every read is a call
	token      string // that the SCIM client presents
	credential string // file of the one that the gateway holds
	tokens     string // file of those that it accepts
}

func newTokenStage(t *testing.T, auth string, held bool) *tokenStage {
	s := &tokenStage{token: clientID + ":" + clientSecret}
	var err error
	s.suger, err = sandbox.New(sandbox.Options{Contract: "status", Clients: map[string]string{clientID: clientSecret, clientID + "-next": nextSecret}})
	require.NoError(t, err)
	server := httptest.NewServer(s.suger)
	t.Cleanup(server.Close)
	t.Cleanup(s.suger.Close)
	settings := map[string]string{
		"SUGER_API_URL": server.URL, "SUGER_ORG_ID": sandbox.DefaultOrganization,
		"SUGER_AUTH": auth, "SUGER_TOKEN_URL": server.URL + "/oauth2/token",
		"GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0",
	}
	if held {
		s.credential, s.tokens = filepath.Join(t.TempDir(), "credential"), filepath.Join(t.TempDir(), "tokens")
		writeFile(t, s.credential, s.token)
		writeFile(t, s.tokens, "first-bearer-token,second-bearer-token")
		settings["SUGER_CREDENTIAL_FILE"], settings["GATEWAY_TOKENS_FILE"] = s.credential, s.tokens
		s.token = "second-bearer-token"
	}
	setEnvironment(t, settings)
	s.gateway = start(t, "serve")
	viewer, _ := s.suger.UserByEmail("viewer@example.com")
	s.user = "http://" + s.gateway.wait(t, s.gateway.log, `"scim_address":"([^"]+)"`) + "/scim/v2/Users/" + viewer.ID
	return s
}

// read is the status of a request with the token.
func (s *tokenStage) read(t *testing.T, token string) int {
	status, _ := ask(t, http.MethodGet, s.user, "Bearer "+token, "")
	return status
}

// rotate changes the credential and the tokens while the gateway serves.
func (s *tokenStage) rotate(t *testing.T) {
	assert.Equal(t, http.StatusOK, s.read(t, "first-bearer-token"), "two tokens are good at once")
	assert.Equal(t, http.StatusUnauthorized, s.read(t, clientID+":"+clientSecret), "Suger's credential is not the gateway's token")
	writeFile(t, s.credential, clientID+"-next:"+nextSecret)
	writeFile(t, s.tokens, "second-bearer-token")
	assert.Equal(t, http.StatusUnauthorized, s.read(t, "first-bearer-token"))
	assert.Equal(t, http.StatusOK, s.read(t, "second-bearer-token"))
	assert.Equal(t, 3, s.suger.Count("get token"), "the new credential has a token of its own")
}

// refuse shows that a credential that Suger refuses is not asked about again at
// once.
func (s *tokenStage) refuse(t *testing.T) {
	wrong := clientID + ":wrong-secret-0123456789"
	assert.Equal(t, http.StatusUnauthorized, s.read(t, wrong))
	calls := s.suger.Count("")
	for range 3 {
		assert.Equal(t, http.StatusUnauthorized, s.read(t, wrong))
	}
	assert.Equal(t, calls, s.suger.Count(""))
	assert.Equal(t, http.StatusOK, s.read(t, s.token), "the others are served")
}
