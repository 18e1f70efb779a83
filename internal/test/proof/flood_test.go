package proof

import (
	"net/http"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
)

const secondKey = "second-" + key

// A doorkeeper is a proxy before Suger: each call waits until it is let in.
type doorkeeper struct {
	arrived chan *http.Request
	enter   chan struct{}

	mu     sync.Mutex
	within map[string]int // calls that have arrived and are not answered, by credential
	most   map[string]int
}

func newDoorkeeper() *doorkeeper {
	return &doorkeeper{
		arrived: make(chan *http.Request, 1000), enter: make(chan struct{}, 1000),
		within: make(map[string]int), most: make(map[string]int),
	}
}

func (d *doorkeeper) before(suger http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := r.Header.Get("Authorization")
		d.count(who, 1)
		defer d.count(who, -1)
		d.arrived <- r
		<-d.enter
		suger.ServeHTTP(w, r)
	})
}

func (d *doorkeeper) count(who string, change int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.within[who] += change
	d.most[who] = max(d.most[who], d.within[who])
}

// inBackground sends n simultaneous requests. The answers arrive in the order
// in which they are given.
func inBackground(t *testing.T, s *stand, r request, token string, times int) <-chan answer {
	answers := make(chan answer, times)
	for range times {
		go func() {
			got, err := s.try(t.Context(), r, token)
			assert.NoError(t, err)
			answers <- got
		}()
	}
	return answers
}

// A Suger that does not answer blocks at most one credential's share of requests:
// the others are answered at once, with the time to retry.
func TestSlowSugerDoesNotExhaustTheGateway(t *testing.T) {
	const most = 6
	door := newDoorkeeper()
	s := newStand(t, statusContract, func(u *setup) { // where reads by id do not share a list
		u.gateway.MaxInFlight, u.client.Concurrency = 2*most, most // a credential has half of the slots
		u.client.Timeout = time.Hour
	})
	s.between(t, door.before)
	read := get("/Users/" + s.id(t, "viewer"))
	door.enter <- struct{}{}
	require.Equal(t, http.StatusOK, s.do(t, read).status) // unknown tokens may not use all slots
	<-door.arrived
	answers := inBackground(t, s, read, key, most)
	for range most {
		<-door.arrived
	}
	for _, r := range []request{get("/Users"), create("nova@example.com", "VIEWER"), get("/ServiceProviderConfig")} {
		got := s.do(t, r)
		assert.Equal(t, []scim.Code{scim.CodeTooManyRequests}, codesIn(got))
		assert.Equal(t, http.StatusTooManyRequests, got.status)
		assert.Equal(t, "5", got.header.Get("Retry-After"))
	}
	for range most {
		door.enter <- struct{}{}
		assert.Equal(t, http.StatusOK, (<-answers).status)
	}
	assert.Equal(t, http.StatusOK, s.do(t, get("/ServiceProviderConfig")).status)
	assert.Zero(t, s.suger.Count("add user"))
}

// No credential has more than SUGER_CONCURRENCY calls in flight, and a busy one
// does not delay another.
func TestCallsAtOncePerCredential(t *testing.T) {
	const width, requests = 3, 12
	door := newDoorkeeper()
	s := newStand(t, statusContract, func(u *setup) { // where reads by id do not share a list
		u.sandbox.Keys = append(u.sandbox.Keys, secondKey)
		u.client.Concurrency = width
		u.client.Timeout = time.Hour
	})
	s.between(t, door.before)
	read := get("/Users/" + s.id(t, "viewer"))
	first := inBackground(t, s, read, key, requests)
	for range width {
		<-door.arrived // and use all slots of the first
	}
	second := inBackground(t, s, read, secondKey, requests)
	for range width {
		assert.Equal(t, "Key "+secondKey, (<-door.arrived).Header.Get("Authorization"))
	}
	for range 2 * requests {
		door.enter <- struct{}{}
	}
	for range requests {
		assert.Equal(t, http.StatusOK, (<-first).status)
		assert.Equal(t, http.StatusOK, (<-second).status)
	}
	assert.Equal(t, map[string]int{"Key " + key: width, "Key " + secondKey: width}, door.most)
}

// A push of many members does not delay a read until its end: calls to Suger are
// served in order.
func TestLargeRequestDoesNotBlockSmallOnes(t *testing.T) {
	const width, people, parallel = 2, 60, 4
	door := newDoorkeeper()
	s := newStand(t, statusContract, func(u *setup) { // where reads by id do not share a list
		u.sandbox.People = people
		u.client.Concurrency, u.client.Timeout = width, time.Hour
		u.mapping.Parallel = parallel
	})
	s.between(t, door.before)
	var viewers []string
	for _, user := range s.suger.Users() {
		if user.Role == sandbox.RoleViewer {
			viewers = append(viewers, user.ID)
		}
	}
	require.Greater(t, len(viewers), 20)
	push := inBackground(t, s, patch("/Groups/EDITOR", `{"op":"add","path":"members","value":[`+members(viewers...)+`]}`), key, 1)
	writes := 0 // that were let in or wait
	for writes < width {
		if r := <-door.arrived; r.Method == http.MethodPatch {
			writes++
			continue
		}
		door.enter <- struct{}{} // the list
	}
	untilWaiting(parallel - width) // the push has no more calls in the queue
	read := inBackground(t, s, get("/Users/"+viewers[0]), key, 1)
	untilWaiting(parallel - width + 1)
	for {
		door.enter <- struct{}{}
		if r := <-door.arrived; r.Method == http.MethodGet {
			break
		}
		writes++
	}
	assert.LessOrEqual(t, writes, parallel, "only those that queued before the read")
	for range len(viewers) + 100 { // including the lists that confirm it
		door.enter <- struct{}{}
	}
	assert.Equal(t, http.StatusOK, (<-read).status)
	assert.Equal(t, http.StatusOK, (<-push).status)
	assert.Equal(t, len(viewers), s.suger.Count("update user"))
}

// untilWaiting returns when n calls wait for their turn. The queue itself is
// not observable; its waiting goroutines are.
func untilWaiting(calls int) {
	for {
		var stacks strings.Builder
		_ = pprof.Lookup("goroutine").WriteTo(&stacks, 2) // to memory
		if strings.Count(stacks.String(), "semaphore.(*Weighted).Acquire(") >= calls {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
