package conns_test

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/conns"
	"suger-scim-gateway/internal/test/standin"
)

// serve answers "hello"; /good is a request with a good token.
func serve(t *testing.T, limits conns.Limits) string {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serveOn(t, socket, limits)
	return socket.Addr().String()
}

func serveOn(t *testing.T, socket net.Listener, limits conns.Limits) {
	t.Helper()
	server := &http.Server{
		IdleTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/good" {
				conns.Trust(r.Context())
			}
			_, _ = io.WriteString(w, "hello")
		}),
	}
	socket = conns.Guard(server, socket, limits)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(socket) }()
	t.Cleanup(func() {
		server.Close()
		assert.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
}

// A client keeps one connection.
type client struct{ net.Conn }

func dial(t *testing.T, address string) client {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return client{c}
}

// ask reports whether the connection still answers.
func (c client) ask(path string) bool {
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
	buffer := make([]byte, 4096)
	n, err := c.Read(buffer)
	return err == nil && n > 0
}

func TestNewConnectionsDisplaceUnauthenticatedOnes(t *testing.T) {
	tests := []struct {
		name   string
		limits conns.Limits
		lives  int // of ten strangers
	}{
		{"by the share of an address", conns.Limits{Total: 100, PerAddress: 4, UntrustedIdle: time.Minute}, 2},
		{"by the total", conns.Limits{Total: 4, PerAddress: 100, UntrustedIdle: time.Minute}, 2},
		{"not behind a proxy", conns.Limits{Total: 100, PerAddress: 4, UntrustedIdle: time.Minute, Shared: func(netip.Addr) bool { return true }}, 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			address := serve(t, test.limits)
			good := dial(t, address)
			require.True(t, good.ask("/good"))
			var strangers []client
			for range 10 {
				strangers = append(strangers, dial(t, address))
			}
			newcomer := dial(t, address)
			assert.True(t, newcomer.ask("/"), "who comes last is let in")
			assert.True(t, good.ask("/good"), "who has shown a good token stays")
			lives := 0
			for _, stranger := range strangers {
				if stranger.ask("/") {
					lives++
				}
			}
			assert.Equal(t, test.lives, lives)
		})
	}
}

// An idle connection without a valid token is closed soon.
func TestStrangersAreNotIdleForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network standin.Network
		socket := network.Listen()
		serveOn(t, socket, conns.Limits{Total: 10, PerAddress: 10, UntrustedIdle: 10 * time.Second})
		dial := func() client {
			c, err := network.Dial(t.Context(), "", socket.Addr().String())
			require.NoError(t, err)
			t.Cleanup(func() { c.Close() })
			return client{c}
		}
		good, stranger := dial(), dial()
		require.True(t, good.ask("/good"))
		require.True(t, stranger.ask("/"))
		idle := time.Now()
		_ = stranger.SetReadDeadline(idle.Add(time.Minute))
		_, err := stranger.Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.EOF)
		assert.Equal(t, 10*time.Second, time.Since(idle))
		assert.True(t, good.ask("/"))
	})
}

// Closed connections make room.
func TestClosedConnectionsAreForgotten(t *testing.T) {
	address := serve(t, conns.Limits{Total: 50, PerAddress: 50, UntrustedIdle: time.Minute})
	good := dial(t, address)
	require.True(t, good.ask("/good"))
	for range 200 {
		c := dial(t, address)
		require.True(t, c.ask("/good"))
		c.Close()
	}
	assert.True(t, good.ask("/good"))
}
