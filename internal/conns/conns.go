// Package conns limits the connections of an HTTP server, so that nobody can block others.
// Start with [Guard]; a handler calls [Trust] for a request with a valid token.
package conns

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"suger-scim-gateway/internal/throttle"
)

// Limits limit connections.
type Limits struct {
	Total      int // at once
	PerAddress int // of those, from one address

	// UntrustedIdle is the idle timeout of connections without a valid token so far; the
	// server's IdleTimeout applies to the others.
	UntrustedIdle time.Duration

	// Shared reports whether an address is that of many clients, as a proxy's is. May be nil.
	Shared func(netip.Addr) bool
}

// A guard is the listener of one server, and tracks its connections.
type guard struct {
	net.Listener
	limits Limits

	mu   sync.Mutex
	open map[*connection]struct{}
}

// Guard limits the connections of a server, which must serve the returned socket.
func Guard(server *http.Server, socket net.Listener, limits Limits) net.Listener {
	g := &guard{Listener: socket, limits: limits, open: make(map[*connection]struct{})}
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if known := unwrap(c); known != nil {
			g.changed(known, state)
		}
	}
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, contextKey{}, unwrap(c))
	}
	return g
}

// A connection is an accepted connection. The guard's lock protects its fields.
type connection struct {
	net.Conn
	guard *guard
	from  netip.Prefix
	since time.Time

	trusted bool
	idle    bool
	timer   *time.Timer // closes it if it stays idle; nil or stopped if it may
}

type contextKey struct{}

// Trust marks the connection of the request with this context as one with a valid token.
func Trust(ctx context.Context) {
	if c, _ := ctx.Value(contextKey{}).(*connection); c != nil {
		c.guard.mu.Lock()
		defer c.guard.mu.Unlock()
		c.trusted = true
	}
}

func unwrap(c net.Conn) *connection {
	if over, ok := c.(*tls.Conn); ok {
		c = over.NetConn()
	}
	known, _ := c.(*connection)
	return known
}

// Accept makes room for each new connection, or closes it if there is none.
func (g *guard) Accept() (net.Conn, error) {
	for {
		accepted, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := g.admit(accepted); c != nil {
			return c, nil
		}
		_ = accepted.Close()
	}
}

// admit adds a new connection to the open ones, or returns nil if there is no room.
func (g *guard) admit(accepted net.Conn) *connection {
	peer, _ := netip.ParseAddrPort(accepted.RemoteAddr().String())
	address := peer.Addr().Unmap()
	c := &connection{Conn: accepted, guard: g, from: throttle.Network(address), since: time.Now()}
	shared := g.limits.Shared != nil && g.limits.Shared(address)
	g.mu.Lock()
	defer g.mu.Unlock()
	same := 0
	for other := range g.open {
		if other.from == c.from {
			same++
		}
	}
	tooManyFrom := !shared && same >= g.limits.PerAddress
	if tooManyFrom || len(g.open) >= g.limits.Total {
		// The oldest without a valid token makes room, or else the oldest idle one.
		var least *connection
		for other := range g.open {
			switch {
			case tooManyFrom && other.from != c.from, other.trusted && !other.idle:
			case least == nil, least.trusted && !other.trusted, least.trusted == other.trusted && other.since.Before(least.since):
				least = other
			}
		}
		if least == nil {
			return nil
		}
		g.remove(least)
		_ = least.Conn.Close()
	}
	g.open[c] = struct{}{}
	return c
}

// remove may be called more than once; the caller holds the lock.
func (g *guard) remove(c *connection) {
	delete(g.open, c)
	if c.timer != nil {
		c.timer.Stop()
	}
}

func (g *guard) changed(c *connection, state http.ConnState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.idle = state == http.StateIdle
	if c.timer != nil {
		c.timer.Stop()
	}
	if _, open := g.open[c]; open && c.idle && !c.trusted {
		c.timer = time.AfterFunc(g.limits.UntrustedIdle, func() {
			g.mu.Lock()
			idle := c.idle
			g.mu.Unlock()
			if idle {
				_ = c.Close()
			}
		})
	}
}

// Close closes the connection and makes room for another.
func (c *connection) Close() error {
	c.guard.mu.Lock()
	c.guard.remove(c)
	c.guard.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite lets the server finish an answer before it closes.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
