package mapping

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// locks serializes work by name within this process.
type locks struct {
	mu   sync.Mutex
	held map[string]*lock
}

// everybody is the weight of an exclusive lock.
const everybody = 1 << 30

type lock struct {
	*semaphore.Weighted
	uses int // holders and waiters
}

// acquire waits for the exclusive or the shared lock of a name. release must be
// called once if there is no error. It gives up when the context ends.
func (l *locks) acquire(ctx context.Context, name string, shared bool) (release func(), err error) {
	weight := int64(everybody)
	if shared {
		weight = 1
	}
	one := l.use(name, 1)
	if err := one.Acquire(ctx, weight); err != nil {
		l.use(name, -1)
		return nil, err
	}
	return func() {
		one.Release(weight)
		l.use(name, -1)
	}, nil
}

// use changes the number of uses of the lock with a name, which is there as long as
// it has some.
func (l *locks) use(name string, more int) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.held[name]
	if one == nil {
		one = &lock{Weighted: semaphore.NewWeighted(everybody)}
		l.held[name] = one
	}
	if one.uses += more; one.uses == 0 {
		delete(l.held, name)
	}
	return one
}
