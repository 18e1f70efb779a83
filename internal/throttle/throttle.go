// Package throttle makes guessing slow: it counts failures by client address
// and tells how long an address with too many of them has to wait.
package throttle

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxAddresses bounds the table, which then takes about 2 MB. Beyond it the
// address that has been quiet longest is forgotten.
const maxAddresses = 10_000

// A Limit is how many failures an address may have within a window. The zero
// Limit is none.
type Limit struct {
	Failures int
	Window   time.Duration
}

// A Throttle counts failures. It is safe for concurrent use; a nil one never
// makes anybody wait.
type Throttle struct {
	limit Limit
	now   func() time.Time

	mu    sync.Mutex
	table *simplelru.LRU[netip.Prefix, window]
}

// A window begins with a first failure.
type window struct {
	ends     time.Time
	failures int
}

// New makes a throttle; it is nil if there is no limit.
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

// Wait is how long the address has to wait before it is heard again, 0 if it is
// heard now.
func (t *Throttle) Wait(client netip.Addr) time.Duration {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	w, ok := t.table.Get(network(client))
	if !ok || w.failures < t.limit.Failures {
		return 0
	}
	return max(0, w.ends.Sub(t.now()))
}

// Fail counts a failure of the address.
func (t *Throttle) Fail(client netip.Addr) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key, now := network(client), t.now()
	w, ok := t.table.Get(key)
	if !ok || !now.Before(w.ends) {
		w = window{ends: now.Add(t.limit.Window)}
	}
	w.failures++
	t.table.Add(key, w)
}

// network is what counts as one client: an IPv4 address, or the /64 that a
// single IPv6 machine commonly has to itself.
func network(client netip.Addr) netip.Prefix {
	client = client.Unmap()
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	prefix, _ := client.WithZone("").Prefix(bits) // no bits are too many
	return prefix
}
