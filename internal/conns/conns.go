// Package conns bounds the connections of an HTTP server. Beyond the bound it is
// not the newcomer who has to go but the oldest connection that has shown no good
// token yet, so that nobody can shut others out by connecting.
//
// Start with [New] and give the server its [Guard.Listen] and [Guard.Attach]; a
// handler calls [Trust] for a request whose token is good.
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

// Limits bound connections.
type Limits struct {
	Total      int // at once
	PerAddress int // of those, from one address

	// Strange is how long a connection may do nothing that has not shown a good
	// token. The server's IdleTimeout is for the others.
	Strange time.Duration

	// Shared reports whether an address is that of many clients, as a proxy's
	// is, so that it has no share of its own. May be nil.
	Shared func(netip.Addr) bool
}

// A Guard knows the connections of one server.
type Guard struct {
	limits Limits

	mu        sync.Mutex
	open      map[*connection]struct{}
	addresses map[netip.Prefix]int
}

// New makes a Guard.
func New(limits Limits) *Guard {
	return &Guard{limits: limits, open: make(map[*connection]struct{}), addresses: make(map[netip.Prefix]int)}
}

// A connection is one that was accepted. The guard's lock is for its fields.
type connection struct {
	net.Conn
	guard  *Guard
	from   netip.Prefix
	shared bool // its address has no share
	since  time.Time

	trusted bool
	idle    bool
	closed  bool
	timer   *time.Timer // closes it if it stays idle
}

// Listen wraps the server's socket.
func (g *Guard) Listen(socket net.Listener) net.Listener { return &listener{socket, g} }

// Attach makes the server tell the guard of its connections.
func (g *Guard) Attach(server *http.Server) {
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if known := unwrap(c); known != nil {
			g.changed(known, state)
		}
	}
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, contextKey{}, unwrap(c))
	}
}

type contextKey struct{}

// Trust tells the guard that the request, whose context this is, came with a good
// token. It does nothing if there is no guard.
func Trust(ctx context.Context) {
	c, _ := ctx.Value(contextKey{}).(*connection)
	if c == nil {
		return
	}
	c.guard.mu.Lock()
	defer c.guard.mu.Unlock()
	c.trusted = true
}

func unwrap(c net.Conn) *connection {
	if over, ok := c.(*tls.Conn); ok {
		c = over.NetConn()
	}
	known, _ := c.(*connection)
	return known
}

// A listener hands out connections that the guard knows.
type listener struct {
	net.Listener
	guard *Guard
}

// Accept makes room for each newcomer, and closes those for whom there is none.
func (l *listener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := l.guard.admit(accepted); c != nil {
			return c, nil
		}
		_ = accepted.Close()
	}
}

// admit makes the newcomer one of the open connections; nil if there is no room.
func (g *Guard) admit(accepted net.Conn) *connection {
	c := &connection{Conn: accepted, guard: g, since: time.Now()}
	address := addressOf(accepted)
	c.from = throttle.Network(address)
	c.shared = g.limits.Shared != nil && g.limits.Shared(address)
	g.mu.Lock()
	var gone *connection
	switch {
	case !c.shared && g.addresses[c.from] >= g.limits.PerAddress:
		gone = g.leastOf(func(other *connection) bool { return other.from == c.from })
	case len(g.open) >= g.limits.Total:
		gone = g.leastOf(func(*connection) bool { return true })
	default:
		defer g.mu.Unlock()
		g.add(c)
		return c
	}
	if gone != nil {
		g.remove(gone)
		g.add(c)
	}
	g.mu.Unlock()
	if gone == nil {
		return nil
	}
	_ = gone.Close()
	return c
}

// leastOf is the connection that has to make room: one that has shown no good
// token, the oldest of them; or else one that is idle. The caller holds the lock.
func (g *Guard) leastOf(among func(*connection) bool) *connection {
	var least *connection
	for c := range g.open {
		if !among(c) || c.trusted && !c.idle {
			continue
		}
		if least == nil || least.trusted && !c.trusted || least.trusted == c.trusted && c.since.Before(least.since) {
			least = c
		}
	}
	return least
}

func (g *Guard) add(c *connection) {
	g.open[c] = struct{}{}
	g.addresses[c.from]++
}

// remove may be called more than once; the caller holds the lock.
func (g *Guard) remove(c *connection) {
	if c.closed {
		return
	}
	c.closed = true
	delete(g.open, c)
	if g.addresses[c.from]--; g.addresses[c.from] == 0 {
		delete(g.addresses, c.from)
	}
	if c.timer != nil {
		c.timer.Stop()
	}
}

// changed is told what the server does with the connection.
func (g *Guard) changed(c *connection, state http.ConnState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.idle = state == http.StateIdle
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if c.idle && !c.trusted && !c.closed {
		c.timer = time.AfterFunc(g.limits.Strange, func() { g.closeIfIdle(c) })
	}
}

func (g *Guard) closeIfIdle(c *connection) {
	g.mu.Lock()
	idle := c.idle
	g.mu.Unlock()
	if idle {
		_ = c.Close()
	}
}

// Close makes room for another.
func (c *connection) Close() error {
	c.guard.mu.Lock()
	c.guard.remove(c)
	c.guard.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite lets the server end an answer so that its client hears it.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func addressOf(c net.Conn) netip.Addr {
	peer, _ := netip.ParseAddrPort(c.RemoteAddr().String())
	return peer.Addr().Unmap()
}
