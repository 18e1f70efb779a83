// Package throttle bounds what one client can use: a [Throttle] slows down an
// address that guesses tokens, a [Quota] gives each owner a share.
package throttle

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/semaphore"

	"suger-scim-gateway/internal/marks"
)

const (
	maxAddresses = 10_000 // about 2 MB; then the least recently used one is forgotten
	maxWrong     = 4096   // wrong tokens that were counted a moment ago

	turnEvery   = time.Second     // of attempts above the limit
	longestTurn = 5 * time.Second // waiting for one's turn
)

// A Limit is how many failures an address may have within a window. The zero Limit
// means no limit.
type Limit struct {
	Failures int
	Window   time.Duration
}

// A Throttle counts failures by address: wrong tokens, each once in a window, since a
// client with an old token repeats it and finds no other, and others. It is safe for
// concurrent use; a nil Throttle never makes a client wait.
type Throttle struct {
	limit Limit
	now   func() time.Time

	mu       sync.Mutex
	table    *simplelru.LRU[netip.Prefix, window]
	underWay map[guess]int                    // attempts with each
	wrong    *simplelru.LRU[guess, time.Time] // and until when they are not counted again
}

// A window begins with the first failure.
type window struct {
	ends     time.Time
	failures int
	turn     time.Time // when the next attempt above the limit may be made
}

// A guess is a token from an address that is not known to be good.
type guess struct {
	from  netip.Prefix
	token marks.Mark
}

// New returns a Throttle, nil if there is no limit.
func New(limit Limit, now func() time.Time) *Throttle {
	if limit.Failures <= 0 || limit.Window <= 0 {
		return nil
	}
	t := &Throttle{limit: limit, now: now, underWay: make(map[guess]int)}
	t.table, _ = simplelru.NewLRU[netip.Prefix, window](maxAddresses, nil) // an error only for a size below 1
	t.wrong, _ = simplelru.NewLRU[guess, time.Time](maxWrong, nil)
	return t
}

// with calls do with the current window of an address, under the lock.
func (t *Throttle) with(client netip.Addr, do func(from netip.Prefix, w *window, now time.Time)) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	from, now := Network(client), t.now()
	before, _ := t.table.Get(from)
	w := before
	if !now.Before(w.ends) {
		w.failures = 0
	}
	do(from, &w, now)
	if w != before { // an address that never failed is not kept
		t.table.Add(from, w)
	}
}

// Wait returns how long the address is still blocked, 0 if it is not.
func (t *Throttle) Wait(client netip.Addr) (wait time.Duration) {
	t.with(client, func(_ netip.Prefix, w *window, now time.Time) {
		if w.failures >= t.limit.Failures {
			wait = w.ends.Sub(now)
		}
	})
	return wait
}

// Fail counts a failure of the address.
func (t *Throttle) Fail(client netip.Addr) {
	t.with(client, func(_ netip.Prefix, w *window, now time.Time) { t.fail(w, now) })
}

func (t *Throttle) fail(w *window, now time.Time) {
	if w.failures == 0 {
		w.ends = now.Add(t.limit.Window)
	}
	w.failures++
}

// Begin counts an attempt with a token as if it had failed, so that concurrent
// attempts cannot exceed the limit; attempts with the same token count once. It
// returns false, and counts nothing, if the address has reached its limit. Otherwise
// the attempt ends with End.
func (t *Throttle) Begin(client netip.Addr, token marks.Mark) bool {
	begun := true
	t.with(client, func(from netip.Prefix, w *window, _ time.Time) {
		try, counted := guess{from, token}, w.failures
		for other := range t.underWay { // there are few: each is a request
			if other.from == from {
				counted++
			}
		}
		if begun = t.underWay[try] > 0 || counted < t.limit.Failures; begun {
			t.underWay[try]++
		}
	})
	return begun
}

// Turn allows an address above its limit one attempt a second, so that a client
// that shares it with a guesser is still served. It returns how long to wait
// before the attempt, which ends with End; ok is false, and wait the time to retry
// after, if too many are waiting already or the token is known to be wrong.
func (t *Throttle) Turn(client netip.Addr, token marks.Mark) (wait time.Duration, ok bool) {
	t.with(client, func(from netip.Prefix, w *window, now time.Time) {
		try := guess{from, token}
		if t.isWrong(try, now) {
			wait = w.ends.Sub(now)
			return
		}
		wait = max(0, w.turn.Sub(now))
		if ok = wait < longestTurn; ok {
			w.turn = now.Add(wait + turnEvery)
			t.underWay[try]++
		}
	})
	return wait, ok
}

func (t *Throttle) isWrong(try guess, now time.Time) bool {
	until, counted := t.wrong.Get(try)
	return counted && now.Before(until)
}

// End ends an attempt. It also counts a failed token that needed no attempt.
func (t *Throttle) End(client netip.Addr, token marks.Mark, failed bool) {
	t.with(client, func(from netip.Prefix, w *window, now time.Time) {
		try := guess{from, token}
		if t.underWay[try]--; t.underWay[try] <= 0 {
			delete(t.underWay, try)
		}
		if failed && !t.isWrong(try, now) {
			t.wrong.Add(try, now.Add(t.limit.Window))
			t.fail(w, now)
		}
	})
}

// Network returns what counts as one client: an IPv4 address, or the /64 that a
// single IPv6 machine usually has.
func Network(client netip.Addr) netip.Prefix {
	client = client.Unmap()
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	prefix, _ := client.WithZone("").Prefix(bits) // no bits are too many
	return prefix
}

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
