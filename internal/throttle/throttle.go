// Package throttle slows guessing down: it counts failures by client address and
// makes an address with too many of them wait.
package throttle

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxAddresses bounds the table to about 2 MB. When it is exceeded, the least
// recently used address is forgotten.
const maxAddresses = 10_000

// A Limit is how many failures an address may have within a window. The zero Limit
// means no limit.
type Limit struct {
	Failures int
	Window   time.Duration
}

// A Throttle counts failures. It is safe for concurrent use; a nil Throttle never
// makes a client wait.
type Throttle struct {
	limit Limit
	now   func() time.Time

	mu    sync.Mutex
	table *simplelru.LRU[netip.Prefix, window]
}

// A window begins with the first failure.
type window struct {
	ends     time.Time
	failures int
	pending  int       // attempts whose outcome is not known yet
	turn     time.Time // when the next attempt above the limit may be made
}

// New returns a Throttle, nil if there is no limit.
func New(limit Limit, now func() time.Time) *Throttle {
	if limit.Failures <= 0 || limit.Window <= 0 {
		return nil
	}
	table, err := simplelru.NewLRU[netip.Prefix, window](maxAddresses, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &Throttle{limit: limit, now: now, table: table}
}

// with calls do with the current window of an address, under the lock.
func (t *Throttle) with(client netip.Addr, do func(w *window, now time.Time)) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key, now := Network(client), t.now()
	before, _ := t.table.Get(key)
	w := before
	if !now.Before(w.ends) {
		w.failures = 0
	}
	do(&w, now)
	if w != before { // an address that never failed is not kept
		t.table.Add(key, w)
	}
}

// Wait returns how long the address is still blocked, 0 if it is not.
func (t *Throttle) Wait(client netip.Addr) (wait time.Duration) {
	t.with(client, func(w *window, now time.Time) {
		if w.failures >= t.limit.Failures {
			wait = w.ends.Sub(now)
		}
	})
	return wait
}

// Reserve counts an attempt of the address as if it had failed, so that concurrent
// attempts cannot exceed the limit. It returns false, and counts nothing, if the
// address has reached its limit. Otherwise the attempt ends with Release.
func (t *Throttle) Reserve(client netip.Addr) bool {
	reserved := true
	t.with(client, func(w *window, _ time.Time) {
		if reserved = w.failures+w.pending < t.limit.Failures; reserved {
			w.pending++
		}
	})
	return reserved
}

// Release ends a reserved attempt.
func (t *Throttle) Release(client netip.Addr, failed bool) {
	t.with(client, func(w *window, now time.Time) {
		w.pending = max(0, w.pending-1) // the address may have been forgotten meanwhile
		if failed {
			w.fail(now, t.limit)
		}
	})
}

// Fail counts a failure of the address.
func (t *Throttle) Fail(client netip.Addr) {
	t.with(client, func(w *window, now time.Time) { w.fail(now, t.limit) })
}

func (w *window) fail(now time.Time, limit Limit) {
	if w.failures == 0 {
		w.ends = now.Add(limit.Window)
	}
	w.failures++
}

// Attempts above the limit.
const (
	turnEvery   = time.Second
	longestTurn = 5 * time.Second // waiting for one's turn
)

// Turn allows an address above its limit one attempt each second, so that a client
// that shares it with a guesser is still served. It returns how long to wait
// before the attempt; ok is false if too many are waiting already.
func (t *Throttle) Turn(client netip.Addr) (wait time.Duration, ok bool) {
	t.with(client, func(w *window, now time.Time) {
		wait = max(0, w.turn.Sub(now))
		if wait < longestTurn {
			w.turn = now.Add(wait + turnEvery)
		}
	})
	return wait, wait < longestTurn
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
