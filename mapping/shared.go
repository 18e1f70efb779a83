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
	keep   time.Duration // for which a value is of use once it is complete
	value  T
	held   bool
	began  time.Time // when the fetch of value did
	done   time.Time // when it was complete
	flight *flight[T]
}

// A limit says how old a value may be.
type limit struct {
	age time.Duration // 0 for a value whose fetch begins after the call

	// shown counts the age from when the value was complete, and not from when its
	// fetch began, as a decision needs it. Else a list that takes longer to fetch
	// than it may be old would be of no use to anybody. A fetch under way is waited
	// for, however long ago it began: a new one would take as long.
	shown bool
}

// allows reports whether a value can be used at a time.
func (l limit) allows(now, began, done time.Time) bool {
	if l.shown {
		began = done
	}
	return l.age > 0 && now.Sub(began) <= l.age
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

// get is a value within a limit. The fetch goes on for the others if one who waits
// for it gives up, and stops with the last one. reused reports that no fetch was
// started for this call.
func (s *shared[T]) get(ctx context.Context, within limit, fetch func(context.Context) (T, error)) (value T, reused bool, err error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, fetchLimit)
		defer cancel()
		deadline, _ = ctx.Deadline()
	}
	s.mu.Lock()
	now := s.now()
	if s.held && within.allows(now, s.began, s.done) {
		defer s.mu.Unlock()
		return s.value, true, nil
	}
	f := s.flight
	reused = f != nil && within.allows(now, f.began, now)
	if !reused {
		f = s.start(ctx, now, deadline, within.age > 0, fetch)
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

// start begins a fetch; the caller holds the lock. The newest fetch is the one
// that later calls share and whose value is held, if hold says so.
func (s *shared[T]) start(ctx context.Context, now, deadline time.Time, hold bool, fetch func(context.Context) (T, error)) *flight[T] {
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
			if err == nil && hold {
				s.hold(value, f.began)
			}
		}
		close(f.done)
	}()
	return f
}

// hold keeps a value; the caller has the lock. It is dropped when it is of no use
// any more, so that a large list does not stay in memory when nobody asks.
func (s *shared[T]) hold(value T, began time.Time) {
	s.value, s.held, s.began, s.done = value, true, began, s.now()
	time.AfterFunc(s.keep+time.Millisecond, func() { s.forget(s.keep) })
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

// forget drops a value that was complete at least so long ago. With 0 it drops any
// value, and the one being fetched is not held either.
func (s *shared[T]) forget(age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age == 0 {
		s.flight = nil
	}
	if s.held && s.now().Sub(s.done) >= age {
		var none T
		s.value, s.held = none, false
	}
}
