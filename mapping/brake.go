package mapping

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// A Brake bounds drastic changes per organization: at most Limit confirmed
// removals, deactivations and role drops within Window. The zero value is off.
type Brake struct {
	Limit  int
	Window time.Duration
}

// String is the brake as the setting writes it: "20/1h", or "off".
func (b Brake) String() string {
	if b.Limit == 0 {
		return "off"
	}
	window := b.Window.String()
	for _, zero := range []string{"0s", "0m"} { // 1h0m0s is 1h
		if trimmed := strings.TrimSuffix(window, zero); trimmed != window && strings.HasSuffix(trimmed, unitBefore[zero]) {
			window = trimmed
		}
	}
	return fmt.Sprintf("%d/%s", b.Limit, window)
}

// unitBefore is the unit after which a zero can be left out.
var unitBefore = map[string]string{"0s": "m", "0m": "h"}

// A brake counts the drastic changes of this process.
type brake struct {
	limit  Brake
	now    func() time.Time
	mu     sync.Mutex
	recent map[string][]*reservation // by organization, oldest first
}

// A reservation is a change that is under way or was made.
type reservation struct {
	organization string
	at           time.Time
}

func newBrake(limit Brake, now func() time.Time) *brake {
	return &brake{limit: limit, now: now, recent: make(map[string][]*reservation)}
}

// reserve makes room for one change; if there is none, retryAfter says when
// there will be. Both are zero if the brake is off.
func (b *brake) reserve(organization string) (r *reservation, retryAfter time.Duration) {
	if b.limit.Limit == 0 {
		return nil, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	recent := b.recent[organization]
	for len(recent) > 0 && now.Sub(recent[0].at) >= b.limit.Window {
		recent = recent[1:]
	}
	b.recent[organization] = recent
	if len(recent) >= b.limit.Limit {
		return nil, b.limit.Window - now.Sub(recent[0].at)
	}
	r = &reservation{organization: organization, at: now}
	b.recent[organization] = append(recent, r)
	return r, 0
}

// settle keeps a reservation if its change was made, and gives it back if not.
func (b *brake) settle(r *reservation, done bool) {
	if done {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	recent := b.recent[r.organization]
	for i := range recent {
		if recent[i] == r {
			b.recent[r.organization] = append(recent[:i:i], recent[i+1:]...)
			return
		}
	}
}
