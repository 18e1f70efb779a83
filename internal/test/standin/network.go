package standin

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// A Network is an in-memory network: real HTTP over connections without sockets and
// ports. In a testing/synctest bubble, where sockets would block the clock, waits and
// time limits take no time. It is safe for concurrent use.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener // by address
}

// Listen opens a listener at its own loopback address.
func (n *Network) Listen() net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &listener{dialed: make(chan net.Conn), closed: make(chan struct{})}
	l.address.IP, l.address.Port = net.IPv4(127, 0, 0, 1), len(n.listeners)+1
	if n.listeners == nil {
		n.listeners = make(map[string]*listener)
	}
	n.listeners[l.address.String()] = l
	return l
}

// Dial can be the DialContext of an http.Transport.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.mu.Unlock()
	if l == nil {
		return nil, syscall.ECONNREFUSED
	}
	near, far := net.Pipe()
	var reset atomic.Bool
	select {
	case l.dialed <- &end{Conn: far, listener: l, reset: &reset}:
		return &end{Conn: near, listener: l, reset: &reset}, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A listener is a listener of a Network.
type listener struct {
	address net.TCPAddr
	dialed  chan net.Conn
	close   sync.Once
	closed  chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.dialed:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.close.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return &l.address }

// An end is one end of a connection. Closing it after SetLinger(0) makes the other end
// fail as a reset TCP connection does.
type end struct {
	net.Conn
	listener *listener
	reset    *atomic.Bool // shared by both ends
}

// Both ends have the listener's address.
func (e *end) LocalAddr() net.Addr  { return e.listener.Addr() }
func (e *end) RemoteAddr() net.Addr { return e.listener.Addr() }

func (e *end) SetLinger(seconds int) error {
	e.reset.Store(seconds == 0)
	return nil
}

func (e *end) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	return n, e.failure("read", err)
}

func (e *end) Write(p []byte) (int, error) {
	n, err := e.Conn.Write(p)
	return n, e.failure("write", err)
}

func (e *end) failure(operation string, err error) error {
	if err != nil && e.reset.Load() {
		return &net.OpError{Op: operation, Net: "tcp", Err: syscall.ECONNRESET}
	}
	return err
}
