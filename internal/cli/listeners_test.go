package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListenReportsATakenAddress(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	first, err := listen(t.Context(), "GATEWAY_ADDR", "127.0.0.1:0", http.NotFoundHandler(), time.Second, log)
	require.NoError(t, err)
	t.Cleanup(func() { first.socket.Close() })
	_, err = listen(t.Context(), "GATEWAY_ADDR", first.addr(), http.NotFoundHandler(), time.Second, log)
	assert.ErrorContains(t, err, "GATEWAY_ADDR: ")
}

func TestEveryTimeoutIsSet(t *testing.T) {
	l, err := listen(t.Context(), "x", "127.0.0.1:0", http.NotFoundHandler(), time.Minute, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { l.socket.Close() })
	assert.Positive(t, l.server.ReadHeaderTimeout)
	assert.Positive(t, l.server.ReadTimeout)
	assert.Positive(t, l.server.IdleTimeout)
	assert.Positive(t, l.server.MaxHeaderBytes)
	assert.Greater(t, l.server.WriteTimeout, l.server.ReadTimeout+time.Minute, "a handler that takes its full time can still answer")
}

// A request that is under way when the signal comes gets its answer, and
// nobody new is let in.
func TestDrain(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	l, err := listen(t.Context(), "x", "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
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
	good, err := listen(t.Context(), "good", "127.0.0.1:0", http.NotFoundHandler(), time.Second, log)
	require.NoError(t, err)
	bad, err := listen(t.Context(), "bad", "127.0.0.1:0", http.NotFoundHandler(), time.Second, log)
	require.NoError(t, err)
	require.NoError(t, bad.socket.Close())
	err = serveUntilDone(t.Context(), log, good, bad)
	assert.True(t, errors.Is(err, net.ErrClosed))
	assert.ErrorContains(t, err, "bad: ")
}
