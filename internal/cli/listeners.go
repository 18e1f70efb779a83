package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// Limits of every listener. SCIM requests are small; the largest are group pushes
// and bulk requests of about a megabyte.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	idleTimeout       = 120 * time.Second // longer than the 60 s of common balancers, which close first
	maxHeaderBytes    = 64 << 10

	// Simultaneous connections. Okta uses some tens.
	maxConnections           = 1024
	maxConnectionsPerAddress = 256

	// untrustedIdleTimeout is for connections that have not shown a good token yet.
	untrustedIdleTimeout = 10 * time.Second

	// drainTime is how long requests in flight may take after the signal to
	// stop. It is shorter than the 30 s after which Kubernetes kills a pod.
	drainTime = 25 * time.Second
)

// A listener is an HTTP server with an open socket, so that an address in use is an
// error before anything runs.
type listener struct {
	name   string
	socket net.Listener
	server *http.Server
}

// listen opens addr, or a free port if addr is the usual one and in use; usual may be
// "". answerWithin is the longest time that a handler needs.
func listen(ctx context.Context, name, addr, usual string, handler http.Handler, answerWithin time.Duration, log *slog.Logger) (*listener, error) {
	var config net.ListenConfig
	socket, err := config.Listen(ctx, "tcp", addr)
	if addr == usual && errors.Is(err, syscall.EADDRINUSE) {
		socket, err = config.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &listener{name, socket, &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + answerWithin + 5*time.Second,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}, nil
}

// exportAddresses is the part of a printed export line that gives a second gateway ports
// of its own: random ones, below the range that systems use for connections.
func exportAddresses() string {
	port := 20000 + 2*rand.IntN(6000) //nolint:gosec // G404: a port is no secret
	return fmt.Sprintf("GATEWAY_ADDR='127.0.0.1:%d' GATEWAY_OPS_ADDR='127.0.0.1:%d'", port, port+1)
}

func (l *listener) addr() string { return l.socket.Addr().String() }

// serveUntilDone serves until ctx is done or a listener fails, then lets requests in
// flight finish within drainTime, one listener after the other.
func serveUntilDone(ctx context.Context, log *slog.Logger, listeners ...*listener) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range listeners {
		group.Go(func() error {
			serve := l.server.Serve
			if l.server.TLSConfig != nil {
				serve = func(socket net.Listener) error { return l.server.ServeTLS(socket, "", "") }
			}
			if err := serve(l.socket); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			return nil
		})
	}
	group.Go(func() error {
		<-ctx.Done()
		log.Info("stopping", "drain_seconds", drainTime.Seconds())
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		var failed error
		for _, l := range listeners {
			if err := l.server.Shutdown(ctx); err != nil {
				_ = l.server.Close() // err has the cause
				failed = errors.Join(failed, fmt.Errorf("%s: requests were cut off: %w", l.name, err))
			}
		}
		log.Info("stopped")
		return failed
	})
	return group.Wait()
}
