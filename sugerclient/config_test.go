package sugerclient

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewChecksTheConfig(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want string // "" means accepted
	}{
		{"https", Config{BaseURL: "https://api.suger.cloud"}, ""},
		{"http with a port and a path", Config{BaseURL: "http://127.0.0.1:8080/suger/v1/"}, ""},
		{"no base URL", Config{}, "base URL is not https"},
		{"another scheme", Config{BaseURL: "ftp://api.suger.cloud"}, "base URL is not https"},
		{"no scheme", Config{BaseURL: "api.suger.cloud"}, "base URL is not https"},
		{"no host", Config{BaseURL: "https:///org"}, "base URL is not https"},
		{"a port alone", Config{BaseURL: "https://:443"}, "base URL is not https"},
		{"a query", Config{BaseURL: "https://api.suger.cloud?a=b"}, "base URL is not https"},
		{"an empty query", Config{BaseURL: "https://api.suger.cloud?"}, "base URL is not https"},
		{"a fragment", Config{BaseURL: "https://api.suger.cloud#"}, "base URL is not https"},
		{"a password", Config{BaseURL: "https://ada:hunter22@api.suger.cloud"}, "base URL is not https"},
		{"a token URL without a host", Config{BaseURL: "https://api.suger.cloud", Auth: Auth{TokenURL: "https:///token"}}, "token URL is not https"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, err := New(tt.cfg)
			if tt.want == "" {
				require.NoError(t, err)
				assert.NotNil(t, client)
				return
			}
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "hunter22")
		})
	}
}

func TestDefaults(t *testing.T) {
	cfg := Config{}.withDefaults()
	assert.Equal(t, Auth{}, cfg.Auth)
	assert.Equal(t, "suger-scim-gateway", cfg.UserAgent)
	assert.Equal(t, 10*time.Second, cfg.Timeout)
	assert.Equal(t, 8, cfg.Concurrency)
	assert.Equal(t, 6, cfg.Attempts)
	assert.Equal(t, 200*time.Millisecond, cfg.Backoff)
	assert.Equal(t, 5*time.Second, cfg.RefusedFor)
}

func TestTransport(t *testing.T) {
	transport := newTransport(200)
	assert.Equal(t, uint16(tls.VersionTLS12), transport.TLSClientConfig.MinVersion)
	assert.GreaterOrEqual(t, transport.MaxIdleConnsPerHost, 200, "calls in flight keep their connections")
	assert.NotNil(t, transport.Proxy)
	assert.Nil(t, newREST(transport, "x").GetClient().Jar, "cookies would be shared between credentials")
}

func TestConnectionsAreReused(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(say(200, `[]`))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	client, _ := newClient(t, s.URL)
	for _, call := range []Call{listUsers, addUser, removeUser, listUsers, addUser} {
		_, err := client.Do(t.Context(), testKey, call)
		require.NoError(t, err)
	}
	assert.Equal(t, int64(1), opened.Load())
}
