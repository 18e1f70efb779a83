package throttle

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// A Quota bounds what is in use at once, in total and by each owner. Owners that
// wait are served in order. It is safe for concurrent use.
type Quota[K comparable] struct {
	all   *semaphore.Weighted
	share int64

	mu     sync.Mutex
	owners map[K]*owner
}

type owner struct {
	share *semaphore.Weighted
	users int // that hold or wait; an idle owner is dropped
}

// NewQuota returns a Quota of a size, of which an owner has at most its share.
func NewQuota[K comparable](size, share int64) *Quota[K] {
	return &Quota[K]{all: semaphore.NewWeighted(size), share: share, owners: make(map[K]*owner)}
}

// Try takes one place for an owner if one is free. release must be called once.
func (q *Quota[K]) Try(of K) (release func(), ok bool) {
	return q.take(of, 1, func(s *semaphore.Weighted) bool { return s.TryAcquire(1) })
}

// Wait takes size places for an owner, or waits for them until ctx ends, whose error
// it returns then.
func (q *Quota[K]) Wait(ctx context.Context, of K, size int64) (release func(), err error) {
	release, ok := q.take(of, size, func(s *semaphore.Weighted) bool { return s.Acquire(ctx, size) == nil })
	if !ok {
		err = ctx.Err()
	}
	return release, err
}

func (q *Quota[K]) take(of K, size int64, acquire func(*semaphore.Weighted) bool) (release func(), ok bool) {
	own := q.join(of)
	if acquire(own.share) {
		if acquire(q.all) {
			return func() {
				q.all.Release(size)
				own.share.Release(size)
				q.quit(of, own)
			}, true
		}
		own.share.Release(size)
	}
	q.quit(of, own)
	return func() {}, false
}

func (q *Quota[K]) join(of K) *owner {
	q.mu.Lock()
	defer q.mu.Unlock()
	own := q.owners[of]
	if own == nil {
		own = &owner{share: semaphore.NewWeighted(q.share)}
		q.owners[of] = own
	}
	own.users++
	return own
}

func (q *Quota[K]) quit(of K, own *owner) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(q.owners, of)
	}
}
