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

// Wait returns how long the address is still blocked, 0 if it is not.
func (t *Throttle) Wait(client netip.Addr) time.Duration {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	w, _ := t.table.Get(Network(client))
	if w.failures < t.limit.Failures {
		return 0
	}
	return max(0, w.ends.Sub(t.now()))
}

// Reserve counts an attempt of the address as if it had failed, so that concurrent
// attempts cannot exceed the limit. It returns false, and counts nothing, if the
// address has reached its limit. Otherwise the attempt ends with Release.
func (t *Throttle) Reserve(client netip.Addr) bool {
	if t == nil {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := Network(client)
	w := t.windowOf(key)
	if w.failures+w.pending >= t.limit.Failures {
		return false
	}
	w.pending++
	t.table.Add(key, w)
	return true
}

// Release ends a reserved attempt.
func (t *Throttle) Release(client netip.Addr, failed bool) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := Network(client)
	w := t.windowOf(key)
	w.pending = max(0, w.pending-1) // the address may have been forgotten meanwhile
	t.add(key, w, failed)
}

// Fail counts a failure of the address.
func (t *Throttle) Fail(client netip.Addr) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := Network(client)
	t.add(key, t.windowOf(key), true)
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
	if t == nil {
		return 0, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key, now := Network(client), t.now()
	w := t.windowOf(key)
	if w.turn.Before(now) {
		w.turn = now
	}
	wait = w.turn.Sub(now)
	if wait >= longestTurn {
		return wait, false
	}
	w.turn = w.turn.Add(turnEvery)
	t.table.Add(key, w)
	return wait, true
}

// windowOf returns the current window of an address; the caller holds the lock.
func (t *Throttle) windowOf(key netip.Prefix) window {
	w, _ := t.table.Get(key)
	if !t.now().Before(w.ends) {
		w.failures = 0
	}
	return w
}

func (t *Throttle) add(key netip.Prefix, w window, failed bool) {
	if failed {
		if w.failures == 0 {
			w.ends = t.now().Add(t.limit.Window)
		}
		w.failures++
	}
	t.table.Add(key, w)
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
