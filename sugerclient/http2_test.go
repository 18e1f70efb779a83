package sugerclient

import (
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOverHTTP2 repeats the rules that depend on the transport over TLS and
// HTTP/2, as Suger itself is reached.
func TestOverHTTP2(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		call   Call
		want   want // of two attempts; no kind means success
	}{
		{"read", say(200, `[]`), listUsers, want{sendings: 1}},
		{"create", say(201, `{"id":"u1"}`), addUser, want{sendings: 1}},
		{"read whose stream is reset", abort, listUsers, want{2, Unavailable, 0, false}},
		{"repeatable write whose stream is reset", abort, removeUser, want{2, Unavailable, 0, true}},
		{"create whose stream is reset", abort, addUser, want{1, Unavailable, 0, true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var sendings atomic.Int64
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "HTTP/2.0", r.Proto)
				sendings.Add(1)
				tt.answer(w, r)
			}))
			s.EnableHTTP2 = true
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			t.Cleanup(s.Close)
			client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Attempts = 2 })
			transport, err := client.rest.Transport()
			require.NoError(t, err)
			transport.TLSClientConfig.RootCAs = x509.NewCertPool()
			transport.TLSClientConfig.RootCAs.AddCert(s.Certificate())

			_, err = client.Do(t.Context(), testKey, tt.call)
			got := want{sendings: int(sendings.Load())}
			if err != nil {
				fail := failure(t, err)
				got.kind, got.status, got.uncertain = fail.Kind, fail.Status, fail.Uncertain
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
