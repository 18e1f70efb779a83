package mapping

import (
	"context"
	"sync"
)

// locks serializes work on the same thing, by name, within this process.
type locks struct {
	mu   sync.Mutex
	held map[string]*lock
}

type lock struct {
	turn chan struct{} // holds one token while free
	uses int           // holders and waiters
}

// acquire waits for the thing's turn; release must be called once if there is
// no error. It gives up when the context ends.
func (l *locks) acquire(ctx context.Context, name string) (release func(), err error) {
	l.mu.Lock()
	if l.held == nil {
		l.held = make(map[string]*lock)
	}
	one := l.held[name]
	if one == nil {
		one = &lock{turn: make(chan struct{}, 1)}
		one.turn <- struct{}{}
		l.held[name] = one
	}
	one.uses++
	l.mu.Unlock()

	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if one.uses--; one.uses == 0 {
			delete(l.held, name)
		}
	}
	select {
	case <-one.turn:
		return func() { one.turn <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
