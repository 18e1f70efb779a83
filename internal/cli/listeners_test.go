package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListenReportsATakenAddress(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	first, err := listen(t.Context(), "GATEWAY_ADDR", "127.0.0.1:0", "", http.NotFoundHandler(), time.Second, log)
	require.NoError(t, err)
	t.Cleanup(func() { first.socket.Close() })
	_, err = listen(t.Context(), "GATEWAY_ADDR", first.addr(), "", http.NotFoundHandler(), time.Second, log)
	assert.ErrorContains(t, err, "GATEWAY_ADDR: ")
}

func TestEveryTimeoutIsSet(t *testing.T) {
	l, err := listen(t.Context(), "x", "127.0.0.1:0", "", http.NotFoundHandler(), time.Minute, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { l.socket.Close() })
	assert.Positive(t, l.server.ReadHeaderTimeout)
	assert.Positive(t, l.server.ReadTimeout)
	assert.Positive(t, l.server.IdleTimeout)
	assert.Positive(t, l.server.MaxHeaderBytes)
	assert.Greater(t, l.server.WriteTimeout, l.server.ReadTimeout+time.Minute, "a handler that takes its full time can still answer")
}

// A request in progress at the signal is answered, and no new one is accepted.
func TestDrain(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	l, err := listen(t.Context(), "x", "127.0.0.1:0", "", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "whole answer")
	}), time.Minute, slog.New(slog.DiscardHandler))
	require.NoError(t, err)

	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- serveUntilDone(ctx, slog.New(slog.DiscardHandler), l) }()
	answer := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + l.addr())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answer <- string(body)
	}()

	<-entered
	stop()
	for { // until the socket is closed
		connection, err := net.Dial("tcp", l.addr())
		if err != nil {
			break
		}
		connection.Close()
	}
	close(release)
	assert.Equal(t, "whole answer", <-answer)
	assert.NoError(t, <-served)
}

// If one listener fails, the process does not go on with the other.
func TestOneListenerFailing(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	good, err := listen(t.Context(), "good", "127.0.0.1:0", "", http.NotFoundHandler(), time.Second, log)
	require.NoError(t, err)
	bad, err := listen(t.Context(), "bad", "127.0.0.1:0", "", http.NotFoundHandler(), time.Second, log)
	require.NoError(t, err)
	require.NoError(t, bad.socket.Close())
	err = serveUntilDone(t.Context(), log, good, bad)
	assert.True(t, errors.Is(err, net.ErrClosed))
	assert.ErrorContains(t, err, "bad: ")
}

// serveOneAtATime serves a gateway that has room for one request at once, on a
// listener whose times are changed, and returns its address.
func serveOneAtATime(t *testing.T, change func(*http.Server)) string {
	t.Helper()
	var config *settings.Config
	var err error
	program.InEnvironment(t, settings.Names(), map[string]string{
		"SUGER_API_URL": program.Suger(t), "SUGER_ORG_ID": sandbox.DefaultOrganization, "GATEWAY_MAX_IN_FLIGHT": "1",
	}, func() { config, err = settings.Load(io.Discard) })
	require.NoError(t, err)
	p := &process{Config: config}
	handler, _, err := p.assemble(t.Context())
	require.NoError(t, err)
	l, err := listen(t.Context(), "gateway", "127.0.0.1:0", "", handler, p.Budget, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	change(l.server)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context())) // the test stops it itself, last
	served := make(chan error, 1)
	go func() { served <- serveUntilDone(ctx, slog.New(slog.DiscardHandler), l) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-served)
	})
	return l.addr()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}

func assertServes(t *testing.T, address string) {
	t.Helper()
	status, answer := program.Ask(t, http.MethodGet, "http://"+address+"/scim/v2/Users?count=1", "Bearer "+program.Key, "")
	assert.Equal(t, http.StatusOK, status, "%v", answer)
}

// shortTime is what tests wait for, and enough on a busy machine for what is to be
// in time.
const shortTime = 3 * time.Second

// Many connections that never finish their headers use no slot, and are closed.
func TestSlowHeaders(t *testing.T) {
	t.Parallel()
	address := serveOneAtATime(t, func(s *http.Server) {
		assert.Equal(t, 10*time.Second, s.ReadHeaderTimeout)
		s.ReadHeaderTimeout = shortTime
	})
	var slow []net.Conn
	for range 100 {
		connection := dial(t, address)
		fmt.Fprint(connection, "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		slow = append(slow, connection)
	}
	assertServes(t, address)
	for _, connection := range slow {
		_, err := io.ReadAll(connection)
		assert.NoError(t, err, "the gateway closes the connection")
	}
}

// A missing body occupies the only slot, but not for long.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	address := serveOneAtATime(t, func(s *http.Server) {
		assert.Equal(t, 30*time.Second, s.ReadTimeout)
		s.ReadTimeout = shortTime
	})
	connection := dial(t, address)
	fmt.Fprintf(connection, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 1000\r\n\r\n{", program.Key)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, http.StatusBadRequest, response.StatusCode)
	assert.True(t, response.Close)
	assertServes(t, address)
}
