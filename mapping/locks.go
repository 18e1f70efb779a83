package mapping

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// locks serializes work on the same thing, by name, within this process.
type locks struct {
	mu   sync.Mutex
	held map[string]*lock
}

// everybody is the weight of an exclusive lock.
const everybody = 1 << 30

type lock struct {
	places *semaphore.Weighted
	uses   int // holders and waiters
}

// acquire waits for the thing's turn, or for a part in it that is shared with
// others who share it. release must be called once if there is no error. It gives
// up when the context ends.
func (l *locks) acquire(ctx context.Context, name string, shared bool) (release func(), err error) {
	weight := int64(everybody)
	if shared {
		weight = 1
	}
	one := l.use(name)
	if err := one.places.Acquire(ctx, weight); err != nil {
		l.leave(name, one)
		return nil, err
	}
	return func() {
		one.places.Release(weight)
		l.leave(name, one)
	}, nil
}

func (l *locks) use(name string) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = make(map[string]*lock)
	}
	one := l.held[name]
	if one == nil {
		one = &lock{places: semaphore.NewWeighted(everybody)}
		l.held[name] = one
	}
	one.uses++
	return one
}

func (l *locks) leave(name string, one *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.uses--; one.uses == 0 {
		delete(l.held, name)
	}
}
