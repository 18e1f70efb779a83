package proof

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"suger-scim-gateway/internal/sandbox"
)

var soak = flag.Duration("soak", 30*time.Second, "how long the mixed traffic lasts; by hand 10m, with -timeout 0")

const soakWorkers = 8

// weather are the faults of which one set after the other is switched on.
var weather = [][]sandbox.Fault{
	nil,
	{{Kind: sandbox.Latency, Delay: 5 * time.Millisecond, Probability: 0.5}},
	{{Kind: sandbox.Status(429), Probability: 0.3}},
	{{Kind: sandbox.Status(429), Retry: sandbox.RetrySeconds, RetryAfter: time.Second, Probability: 0.1}},
	{{Kind: sandbox.Status(503), Probability: 0.3}, {Kind: sandbox.Status(502), After: true, Probability: 0.2}},
	{{Kind: sandbox.Status(500), After: true, Probability: 0.1}, {Kind: sandbox.Status(500), Probability: 0.1}},
	{{Kind: sandbox.Reset, Probability: 0.2}, {Kind: sandbox.Reset, After: true, Probability: 0.2}},
	{{Kind: sandbox.Cut, Probability: 0.2}, {Kind: sandbox.Truncated, Probability: 0.05}},
	{{Kind: sandbox.HTML, Probability: 0.1}, {Kind: sandbox.WrongShape, Probability: 0.05}, {Kind: sandbox.Empty, Probability: 0.05}},
	{{Kind: sandbox.Hang, Probability: 0.02}, {Kind: sandbox.Hang, After: true, Probability: 0.02}},
	{{Kind: sandbox.Status(503)}}, // an outage
	nil,
}

// Mixed traffic of many people while Suger fails in every way: what was
// acknowledged is so, in Suger and in every later answer; what was not is as
// before or as asked for; and neither goroutines nor memory grow.
func TestSoak(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	t.Run("traffic", func(t *testing.T) {
		s := newStand(t, func(u *setup) {
			u.sandbox.People, u.sandbox.Clock = 300, time.Now
			u.client.Now, u.client.Sleep, u.mapping.Now, u.gateway.Now = nil, nil, nil, nil // real time
			u.client.Backoff, u.client.BackoffCap, u.client.Timeout = time.Millisecond, 20*time.Millisecond, 500*time.Millisecond
			u.client.RefusedFor = -1
			u.gateway.Budget = 2 * time.Second
		})
		workers := startTraffic(t, s)
		acknowledged, failed := 0, 0
		for _, w := range workers {
			acknowledged, failed = acknowledged+w.acknowledged, failed+w.failed
		}
		t.Logf("%d changes were acknowledged, %d were not", acknowledged, failed)
		assert.Greater(t, acknowledged, 100)
		assert.Greater(t, failed, 10, "the faults strike")
	})
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for runtime.NumGoroutine() > goroutines { // or the test does not end
		time.Sleep(10 * time.Millisecond)
	}
}

// startTraffic keeps the workers busy for the time of the soak. In between it
// changes the weather, and looks at the memory.
func startTraffic(t *testing.T, s *stand) []*worker {
	ctx, stop := context.WithTimeout(t.Context(), *soak)
	defer stop()
	var workers []*worker
	group, ctx := errgroup.WithContext(ctx)
	for n := range soakWorkers {
		workers = append(workers, newWorker(t, s, n)) // all before the first one counts groups
	}
	for _, w := range workers {
		group.Go(func() error { return w.work(ctx) })
	}
	var settled uint64 // the heap once a quarter of the time is over
	began, tick := time.Now(), time.NewTicker(200*time.Millisecond)
	defer tick.Stop()
	for turn := 0; ctx.Err() == nil; turn++ {
		require.NoError(t, s.suger.SetFaults(weather[turn%len(weather)]...))
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		s.suger.ResetCalls() // which the sandbox remembers, and which grow
		if settled == 0 && time.Since(began) > *soak/4 {
			settled = heap()
		}
	}
	require.NoError(t, group.Wait())
	s.suger.ClearFaults()
	for _, w := range workers {
		require.NoError(t, w.settle(t.Context()))
	}
	s.suger.ResetCalls()
	const noise = 8 << 20
	grown := int64(heap()) - int64(settled)
	t.Logf("the heap has grown by %d KB from %d KB", grown>>10, settled>>10)
	assert.Less(t, grown, int64(noise))
	return workers
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one has freed through finalizers
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// A pupil is a person of a worker's as Suger is to hold them.
type pupil struct {
	there       bool
	active      bool
	role        string // name
	first, last string
}

func (p pupil) String() string {
	if !p.there {
		return "absent"
	}
	return fmt.Sprintf("%s %s %v %s", p.first, p.last, p.active, p.role)
}

// held is a person as Suger holds them.
func (s *stand) held(email string) (id string, p pupil) {
	user, ok := s.suger.UserByEmail(email)
	if !ok {
		return "", pupil{}
	}
	p = pupil{there: true, active: user.Status != sandbox.StatusInactive, first: user.FirstName, last: user.LastName}
	for _, role := range s.suger.Roles() {
		if role.ID == user.Role {
			p.role = role.Name
		}
	}
	return user.ID, p
}

// pick is one of some values by chance.
func pick[T any](luck *rand.Rand, values ...T) T { return values[luck.IntN(len(values))] }
