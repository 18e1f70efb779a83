package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

// attackWithBodies announces large bodies with an invented token, and checks that the
// gateway answers without reading them.
func attackWithBodies(t *testing.T, g *target) {
	g.suger.ResetCalls()
	var done sync.WaitGroup
	for range 30 {
		connection := g.dial(t)
		fmt.Fprint(connection, "PATCH /scim/v2/Users/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer made-up\r\nContent-Length: 1048576\r\n\r\n")
		done.Go(func() {
			_ = connection.SetReadDeadline(time.Now().Add(time.Minute))
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if assert.NoError(t, err) {
				defer response.Body.Close()
				assert.Equal(t, http.StatusUnauthorized, response.StatusCode)
				assert.True(t, response.Close)
			}
		})
	}
	done.Wait()
	assert.Equal(t, 1, g.suger.Count(""), "a single call to Suger refuses all of them")
}

// attackMemoryOfBodies announces more body bytes with one valid token than its share,
// and checks that small bodies do not wait.
func attackMemoryOfBodies(t *testing.T, g *target) {
	const size = 1 << 20
	for range 10 { // more than half of the 16 MiB
		connection := g.dial(t)
		fmt.Fprintf(connection, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n{", testKey, size)
	}
	waits := func() bool { // the body is answered until the gateway reads the others
		large := g.dial(t)
		fmt.Fprintf(large, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", testKey, size)
		go func() { _, _ = large.Write([]byte("<" + strings.Repeat(" ", size-1))) }()
		_ = large.SetReadDeadline(time.Now().Add(time.Second))
		_, err := large.Read(make([]byte, 1))
		var timeout net.Error
		return errors.As(err, &timeout) && timeout.Timeout()
	}
	waited := waits()
	for began := time.Now(); !waited && time.Since(began) < time.Minute; {
		waited = waits()
	}
	assert.True(t, waited, "another large body waits")
	status, _, text := g.send(post("/scim/v2/Users/.search", `{"count":1}`))
	assert.Equal(t, http.StatusOK, status, text)
}

// attackWithConnections opens more connections than the limit.
func attackWithConnections(t *testing.T, g *target) {
	first := g.dial(t)
	for range 256 {
		g.dial(t)
	}
	_ = first.SetReadDeadline(time.Now().Add(time.Minute))
	_, err := first.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF, "the gateway closes the oldest connection")
}

// attackWithIdleConnections leaves a connection without a valid token idle.
func attackWithIdleConnections(t *testing.T, g *target) {
	stranger := g.dial(t)
	fmt.Fprint(stranger, "GET /scim/v2/Schemas HTTP/1.1\r\nHost: x\r\n\r\n")
	_ = stranger.SetReadDeadline(time.Now().Add(time.Minute)) // less than the idle time of connections with a good token
	_, err := io.ReadAll(stranger)
	assert.NoError(t, err, "the gateway closes the connection")
}

// attackSlotsOfAddress makes requests with invented tokens from one address wait for a
// Suger that does not answer.
func attackSlotsOfAddress(t *testing.T, _ *target) {
	g := newTarget(t, map[string]string{
		"GATEWAY_MAX_IN_FLIGHT": "8", "SUGER_TIMEOUT": "1m", "GATEWAY_BUDGET": "1m", "GATEWAY_TRUSTED_PROXIES": "127.0.0.0/8",
	})
	g.stillServes() // so that the gateway knows its token
	require.NoError(t, g.suger.SetFaults(sandbox.Fault{Kind: sandbox.Hang}))
	guess := func(n int) []string {
		return []string{"Authorization", fmt.Sprintf("Bearer guess-%d", n), "X-Forwarded-For", "192.0.2.1"}
	}
	g.suger.ResetCalls()
	for n := range 2 {
		connection, headers := g.dial(t), guess(n)
		fmt.Fprintf(connection, "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n%s: %s\r\n%s: %s\r\n\r\n", headers[0], headers[1], headers[2], headers[3])
	}
	for g.suger.Count("") < 2 {
		time.Sleep(time.Millisecond)
	}
	status, _, text := g.send(probe{method: "GET", path: "/scim/v2/Users", headers: guess(2)})
	assert.Equal(t, http.StatusTooManyRequests, status)
	assert.Contains(t, text, "[too_many_requests, ")
	g.suger.Close() // ends the hanging calls
	g.stillServes()
}

// The health check works while the SCIM listener has the maximum number of
// connections.
func TestHealthWhileTheListenerIsFull(t *testing.T) {
	t.Parallel()
	g := newTarget(t, map[string]string{"GATEWAY_TRUSTED_PROXIES": "127.0.0.0/8"})
	const most = 1024
	for range most + 10 {
		g.dial(t)
	}
	response, err := http.Get("http://" + g.gateway.OpsAddress(t) + "/healthz")
	require.NoError(t, err)
	response.Body.Close()
	assert.Equal(t, http.StatusOK, response.StatusCode)
	g.stillServes()
}
