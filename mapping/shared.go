package mapping

import (
	"context"
	"sync"
	"time"
)

// fetchLimit bounds the wait for a fetch of who has no deadline.
const fetchLimit = time.Minute

// A shared value is fetched when somebody needs it younger than it is, once for
// all who need it at the same time.
type shared[T any] struct {
	mu     sync.Mutex
	now    func() time.Time
	age    time.Duration // after which nobody uses a value any more
	value  T
	held   bool
	since  time.Time // when the fetch of value began
	whole  time.Time // when it was complete
	flight *flight[T]
}

// A flight is a fetch under way.
type flight[T any] struct {
	began   time.Time
	done    chan struct{}
	value   T
	err     error
	waiting int
	until   time.Time // when the last of those who have waited must have it
	cancel  context.CancelFunc
	later   []func(T) // writes confirmed since the fetch began
}

// get is a value that is at most maxAge old, see [young]. The fetch goes on for
// the others if one who waits for it gives up, and stops with the last one.
// reused reports that no fetch was started for this call.
func (s *shared[T]) get(ctx context.Context, maxAge time.Duration, fetch func(context.Context) (T, error)) (value T, reused bool, err error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, fetchLimit)
		defer cancel()
		deadline, _ = ctx.Deadline()
	}
	s.mu.Lock()
	now := s.now()
	if s.held && young(now, s.since, s.whole, maxAge) {
		defer s.mu.Unlock()
		return s.value, true, nil
	}
	f := s.flight
	reused = f != nil && young(now, f.began, now, maxAge)
	if !reused {
		f = s.start(ctx, now, deadline, maxAge, fetch)
	}
	f.waiting++
	if deadline.After(f.until) {
		f.until = deadline
	}
	s.mu.Unlock()

	select {
	case <-f.done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		f.cancel()
		if s.flight == f {
			s.flight = nil // nobody may join what has been stopped
		}
	}
	if err != nil {
		return value, reused, err
	}
	return f.value, reused, f.err
}

// young reports whether a value is recent enough. What a decision is made on was
// asked for lately. What is only shown was complete lately: else a list that
// takes longer to fetch than it may be old would be of no use to anybody.
func young(now, began, whole time.Time, maxAge time.Duration) bool {
	if maxAge <= freshAge {
		return maxAge > 0 && now.Sub(began) <= maxAge
	}
	return now.Sub(whole) <= maxAge
}

// start begins a fetch; the caller holds the lock. The newest fetch is the one
// that later calls share and whose value is kept, for keep.
func (s *shared[T]) start(ctx context.Context, now, deadline time.Time, keep time.Duration, fetch func(context.Context) (T, error)) *flight[T] {
	detached, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight[T]{began: now, done: make(chan struct{}), until: deadline, cancel: cancel}
	s.flight = f
	latest := func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		return f.until
	}
	go func() {
		value, err := fetch(flightContext{detached, latest})
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			for _, write := range f.later {
				write(value)
			}
		}
		f.value, f.err = value, err
		if s.flight == f {
			s.flight = nil
			if err == nil && keep > 0 {
				s.hold(value, f.began)
			}
		}
		close(f.done)
	}()
	return f
}

// hold keeps a value; the caller has the lock. It is dropped when it is of no use
// any more, so that a large list does not stay in memory when nobody asks, nor
// beside the next one.
func (s *shared[T]) hold(value T, began time.Time) {
	s.value, s.held, s.since, s.whole = value, true, began, s.now()
	time.AfterFunc(s.age+time.Millisecond, func() { s.forget(s.age) })
}

// A flightContext ends with the last who waits for the fetch, and has the
// deadline of who can wait longest, so that nothing is waited for in vain.
type flightContext struct {
	context.Context
	latest func() time.Time
}

// Deadline is later once somebody waits who has more time.
func (c flightContext) Deadline() (deadline time.Time, ok bool) { return c.latest(), true }

// peek is the value that is held, of whatever age; ok is false if there is none.
func (s *shared[T]) peek() (value T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.held
}

// apply makes a confirmed write show in the value that is held and in the one
// that is being fetched.
func (s *shared[T]) apply(write func(T)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held {
		write(s.value)
	}
	if s.flight != nil {
		s.flight.later = append(s.flight.later, write)
	}
}

// forget drops a value that is at least maxAge old. With 0 it drops any value,
// and the one being fetched is not kept either.
func (s *shared[T]) forget(maxAge time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if maxAge == 0 {
		s.flight = nil
	}
	if s.held && s.now().Sub(s.whole) >= maxAge {
		var none T
		s.value, s.held = none, false
	}
}
