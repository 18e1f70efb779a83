package mapping

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Brake bounds drastic changes per organization: at most Limit ends of access,
// lost roles and changed addresses within Window. The zero value is off.
type Brake struct {
	Limit  int
	Window time.Duration
}

// String returns the brake in the form of the setting: "20/1h", or "off".
func (b Brake) String() string {
	if b.Limit == 0 {
		return "off"
	}
	window := strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(b.Window.String())
	return fmt.Sprintf("%d/%s", b.Limit, window)
}

// A brake counts the drastic changes of this process.
type brake struct {
	limit  Brake
	now    func() time.Time
	mu     sync.Mutex
	recent map[string][]*reservation // by organization, oldest first
}

// A reservation is a number of changes in progress or made.
type reservation struct {
	brake        *brake
	organization string
	whom         string // it is about: a repeat of the same change counts once
	at           time.Time
	n            int
	kept         int // what an earlier one of the same change has made
}

func newBrake(limit Brake, now func() time.Time) *brake {
	return &brake{limit: limit, now: now, recent: make(map[string][]*reservation)}
}

// reserve makes room for n changes; if there is none, retryAfter says when there will be.
// The reservation is empty if the brake is off.
func (b *brake) reserve(organization, whom string, n int) (r *reservation, retryAfter time.Duration) {
	if b.limit.Limit == 0 || n == 0 {
		return &reservation{}, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now, taken, kept := b.now(), 0, 0
	recent := slices.DeleteFunc(slices.Clone(b.recent[organization]), func(one *reservation) bool {
		switch {
		case now.Sub(one.at) >= b.limit.Window:
		case one.whom == whom:
			kept, n = one.n, max(n, one.n)
		default:
			taken += one.n
			return false
		}
		return true
	})
	if taken+n > b.limit.Limit {
		retryAfter = b.limit.Window
		for _, one := range recent { // oldest first: until enough of them have expired
			if taken -= one.n; taken+n <= b.limit.Limit {
				retryAfter = b.limit.Window - now.Sub(one.at)
				break
			}
		}
		return nil, max(retryAfter, time.Second)
	}
	r = &reservation{brake: b, organization: organization, whom: whom, at: now, n: n, kept: kept}
	b.recent[organization] = append(recent, r)
	return r, 0
}

// settle keeps the part of a reservation that was made, and releases the rest.
func (r *reservation) settle(made int) {
	if r.brake == nil {
		return
	}
	r.brake.mu.Lock()
	defer r.brake.mu.Unlock()
	r.n = max(made, r.kept)
}
