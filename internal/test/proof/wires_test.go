package proof

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// A wiring is a network in memory: real HTTP on both sides, with neither sockets
// nor ports between them. In a bubble of testing/synctest nothing of it takes time.
type wiring struct {
	mu        sync.Mutex
	listeners map[string]*plug // by address
}

func newWiring() *wiring { return &wiring{listeners: make(map[string]*plug)} }

// listen opens a listener at an address of its own.
func (w *wiring) listen() net.Listener {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := &plug{
		address: fmt.Sprintf("127.0.0.1:%d", len(w.listeners)+1),
		dialed:  make(chan net.Conn), closed: make(chan struct{}),
	}
	w.listeners[l.address] = l
	return l
}

// dial is a DialContext of net/http's.
func (w *wiring) dial(ctx context.Context, _, address string) (net.Conn, error) {
	w.mu.Lock()
	l := w.listeners[address]
	w.mu.Unlock()
	if l == nil {
		return nil, syscall.ECONNREFUSED
	}
	near, far := net.Pipe()
	var reset atomic.Bool
	select {
	case l.dialed <- &wire{Conn: far, reset: &reset}:
		return &wire{Conn: near, reset: &reset}, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A plug is a listener of a wiring.
type plug struct {
	address string
	dialed  chan net.Conn
	close   sync.Once
	closed  chan struct{}
}

func (p *plug) Accept() (net.Conn, error) {
	select {
	case conn := <-p.dialed:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *plug) Close() error {
	p.close.Do(func() { close(p.closed) })
	return nil
}

func (p *plug) Addr() net.Addr { return p }

func (p *plug) Network() string { return "tcp" }

func (p *plug) String() string { return p.address }

// A wire is one end of a connection. Closed after SetLinger(0), it fails at the
// other end as a TCP connection does that is reset.
type wire struct {
	net.Conn
	reset *atomic.Bool // of both ends
}

func (w *wire) SetLinger(seconds int) error {
	w.reset.Store(seconds == 0)
	return nil
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	return n, w.failure("read", err)
}

func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	return n, w.failure("write", err)
}

func (w *wire) failure(operation string, err error) error {
	if err != nil && w.reset.Load() {
		return &net.OpError{Op: operation, Net: "tcp", Err: syscall.ECONNRESET}
	}
	return err
}
