package mapping

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// fetchLimit bounds the wait of a call without a deadline.
const fetchLimit = time.Minute

// maxFlights bounds the concurrent fetches of one value.
const maxFlights = 2

// A tick orders events of this process; clocks are too coarse for that.
type tick uint64

type ticker struct{ last atomic.Uint64 }

func (t *ticker) next() tick { return tick(t.last.Add(1)) }

// A feed fetches a value when a caller needs a newer one, once for all simultaneous
// callers. Those for whom the running fetches began too early share the next one.
type feed[T any] struct {
	ticker  *ticker
	now     func() time.Time
	keep    time.Duration // how long a value can be used once it is complete
	running chan struct{} // a place for each fetch that may run

	mu      sync.Mutex
	held    *fetched[T]
	retired bool         // the feed no longer keeps values
	flights []*flight[T] // running fetches, and at most one that waits for its place
}

func newFeed[T any](t *ticker, now func() time.Time, keep time.Duration) *feed[T] {
	return &feed[T]{ticker: t, now: now, keep: keep, running: make(chan struct{}, maxFlights)}
}

type fetched[T any] struct {
	value T
	tick  tick // when the fetch began
	done  time.Time
}

// A need is how new a value must be: its fetch must have begun after a tick and,
// if age is not 0, have ended at most that long ago. Age counts from the end, or
// a list that takes longer to fetch than its age limit could never be used.
type need struct {
	after tick
	age   time.Duration
}

// A flight is a fetch that runs or waits to start.
type flight[T any] struct {
	result  fetched[T] // its tick is 0 until the fetch begins
	err     error
	done    chan struct{}
	waiting int
	until   time.Time // latest deadline of its callers
	cancel  context.CancelFunc
}

// get returns a value that satisfies a need, and whether no fetch was started for this
// call. A fetch stops when the last caller gives up.
func (f *feed[T]) get(ctx context.Context, n need, fetch func(context.Context) (T, error)) (result fetched[T], reused bool, err error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, fetchLimit)
		defer cancel()
		deadline, _ = ctx.Deadline()
	}
	f.mu.Lock()
	if f.held != nil && f.held.tick > n.after && (n.age == 0 || f.now().Sub(f.held.done) <= n.age) {
		defer f.mu.Unlock()
		return *f.held, true, nil
	}
	at := slices.IndexFunc(f.flights, func(one *flight[T]) bool { return one.result.tick == 0 || one.result.tick > n.after })
	if reused = at >= 0; !reused {
		at = len(f.flights)
		f.flights = append(f.flights, f.start(context.WithoutCancel(ctx), fetch))
	}
	one := f.flights[at]
	one.waiting++
	if deadline.After(one.until) {
		one.until = deadline
	}
	f.mu.Unlock()

	select {
	case <-one.done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if one.waiting--; one.waiting == 0 {
		one.cancel()
		f.drop(one) // a stopped fetch cannot be joined
	}
	if err != nil {
		return result, reused, err
	}
	return one.result, reused, one.err
}

// start returns a flight that begins as soon as there is a place for it.
func (f *feed[T]) start(ctx context.Context, fetch func(context.Context) (T, error)) *flight[T] {
	ctx, cancel := context.WithCancel(ctx)
	one := &flight[T]{done: make(chan struct{}), cancel: cancel}
	latest := func() time.Time {
		f.mu.Lock()
		defer f.mu.Unlock()
		return one.until
	}
	go func() {
		defer close(one.done)
		select {
		case f.running <- struct{}{}:
			defer func() { <-f.running }()
		case <-ctx.Done(): // nobody waits for it any more
			return
		}
		f.mu.Lock()
		one.result.tick = f.ticker.next()
		f.mu.Unlock()
		value, err := fetch(flightContext{ctx, latest})
		cancel()
		f.mu.Lock()
		defer f.mu.Unlock()
		one.result.value, one.err, one.result.done = value, err, f.now()
		if f.drop(one) && err == nil {
			f.hold(one.result)
		}
	}()
	return one
}

// drop reports whether a flight could still be joined, and ends that.
func (f *feed[T]) drop(one *flight[T]) bool {
	at := slices.Index(f.flights, one)
	if at >= 0 {
		f.flights = slices.Delete(f.flights, at, at+1) // also frees the flight and its value
	}
	return at >= 0
}

// hold keeps a value; the caller holds the lock. It is dropped when it is too old
// to be used, so that a large list does not stay in memory.
func (f *feed[T]) hold(result fetched[T]) {
	if f.retired || f.held != nil && f.held.tick > result.tick {
		return
	}
	f.held = &result
	until := result.tick // and not the result, which the timer would keep in memory
	time.AfterFunc(f.keep+time.Millisecond, func() { f.forget(until) })
}

func (f *feed[T]) latest() (value T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held != nil {
		value = f.held.value
	}
	return value
}

func (f *feed[T]) forget(until tick) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held != nil && f.held.tick <= until {
		f.held = nil
	}
}

// retire drops the value and keeps none from now on: the feed itself stays in
// memory until its last timer, and a large list must not.
func (f *feed[T]) retire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held, f.retired = nil, true
}

// A flightContext ends when the last caller stops waiting for the fetch, and has the
// deadline of the one that can wait longest.
type flightContext struct {
	context.Context
	latest func() time.Time
}

func (c flightContext) Deadline() (deadline time.Time, ok bool) { return c.latest(), true }
