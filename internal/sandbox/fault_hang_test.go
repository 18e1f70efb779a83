package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

func newTLSServer(t *testing.T, handler http.Handler, http2 bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// A hanging is a sandbox whose every call hangs or is late by an hour, and
// whose server says when it has got rid of a call.
type hanging struct {
	*served
	url  string
	left chan struct{}
}

func hang(t *testing.T, fault sandbox.Fault) *hanging {
	t.Helper()
	s := serve(t, nil)
	s.fault(t, fault)
	left := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { left <- struct{}{} }()
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.server = server
	return &hanging{served: s, url: server.URL, left: left}
}

// call adds newUser in the background, and gives the client's error.
func (h *hanging) call(ctx context.Context, t *testing.T) <-chan error {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, "POST", h.url+aUserList, strings.NewReader(newUser))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Key "+testKey)
	request.Header.Set("Content-Type", "application/json")
	ended := make(chan error, 1)
	go func() {
		response, err := h.server.Client().Do(request)
		if err == nil {
			_ = response.Body.Close()
			err = errors.New("it was answered")
		}
		ended <- err
	}()
	return ended
}

// arrive waits until the call is being served.
func (h *hanging) arrive(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return h.Count("add user") == 1 }, 10*time.Second, time.Millisecond)
}

var endless = map[string]sandbox.Fault{
	"hang":            {Kind: sandbox.Hang},
	"hang after":      {Kind: sandbox.Hang, After: true},
	"a long delay":    {Kind: sandbox.Latency, Delay: time.Hour},
	"a delay at last": {Kind: sandbox.Latency, Delay: time.Hour, After: true},
}

func TestHangEndsWhenTheClientGoes(t *testing.T) {
	for name, fault := range endless {
		t.Run(name, func(t *testing.T) {
			h := hang(t, fault)
			ctx, cancel := context.WithCancel(t.Context())
			ended := h.call(ctx, t)
			h.arrive(t)
			if fault.After {
				require.Eventually(t, h.applied, 10*time.Second, time.Millisecond, "after the effect")
			}
			cancel()
			assert.ErrorIs(t, <-ended, context.Canceled)
			<-h.left
			assert.Equal(t, fault.After, h.applied())
			assert.Equal(t, 0, h.Calls()[0].Status)
		})
	}
}

func TestHangEndsWhenTheServerCloses(t *testing.T) {
	for name, fault := range endless {
		for closing, end := range map[string]func(*hanging){
			"the sandbox is closed":      func(h *hanging) { h.Close(); h.Close() },
			"the connections are closed": func(h *hanging) { h.server.CloseClientConnections() },
		} {
			t.Run(name+", "+closing, func(t *testing.T) {
				h := hang(t, fault)
				ended := h.call(t.Context(), t)
				h.arrive(t)
				end(h)
				assert.Error(t, <-ended)
				<-h.left
			})
		}
	}
}

func TestHangAfterCloseEndsAtOnce(t *testing.T) {
	h := hang(t, sandbox.Fault{Kind: sandbox.Hang})
	h.Close()
	assert.Error(t, <-h.call(t.Context(), t))
	<-h.left
}
