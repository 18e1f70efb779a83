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

// A callGate is a proxy before Suger that lets calls pass one by one.
type callGate struct {
	arrived chan *http.Request
	pass    chan struct{}

	mu       sync.Mutex
	inFlight map[string]int // unanswered calls by credential
	most     map[string]int
}

func newCallGate() *callGate {
	return &callGate{
		arrived: make(chan *http.Request, 1000), pass: make(chan struct{}, 1000),
		inFlight: make(map[string]int), most: make(map[string]int),
	}
}

func (d *callGate) before(suger http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := r.Header.Get("Authorization")
		d.count(who, 1)
		defer d.count(who, -1)
		d.arrived <- r
		<-d.pass
		suger.ServeHTTP(w, r)
	})
}

func (d *callGate) count(who string, change int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inFlight[who] += change
	d.most[who] = max(d.most[who], d.inFlight[who])
}

// inBackground sends a request times times concurrently. The channel gets the answers
// as they arrive.
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

// A Suger that does not answer blocks at most one credential's share of requests: the
// others get an answer at once, with a Retry-After.
func TestSlowSugerDoesNotExhaustTheGateway(t *testing.T) {
	const most = 6
	gate := newCallGate()
	s := newStand(t, statusContract, func(u *setup) { // in this contract, reads by id do not share a list
		u.gateway.MaxInFlight, u.client.Concurrency = 2*most, most // a credential has half of the slots
		u.client.Timeout = time.Hour
	})
	s.between(t, gate.before)
	read := get("/Users/" + s.id(t, "viewer"))
	gate.pass <- struct{}{}
	require.Equal(t, http.StatusOK, s.do(t, read).status) // the gateway must know the token, since unknown tokens cannot use all slots
	<-gate.arrived
	answers := inBackground(t, s, read, key, most)
	for range most {
		<-gate.arrived
	}
	for _, r := range []request{get("/Users"), create("nova@example.com", "VIEWER"), get("/ServiceProviderConfig")} {
		got := s.do(t, r)
		assert.Equal(t, []scim.Code{scim.CodeTooManyRequests}, codesIn(got))
		assert.Equal(t, http.StatusTooManyRequests, got.status)
		assert.Equal(t, "5", got.header.Get("Retry-After"))
	}
	for range most {
		gate.pass <- struct{}{}
		assert.Equal(t, http.StatusOK, (<-answers).status)
	}
	assert.Equal(t, http.StatusOK, s.do(t, get("/ServiceProviderConfig")).status)
	assert.Zero(t, s.suger.Count("add user"))
}

// No credential has more than SUGER_CONCURRENCY calls in flight, and a busy credential
// does not delay another.
func TestConcurrentCallsPerCredential(t *testing.T) {
	const width, requests = 3, 12
	gate := newCallGate()
	s := newStand(t, statusContract, func(u *setup) { // in this contract, reads by id do not share a list
		u.sandbox.Keys = append(u.sandbox.Keys, secondKey)
		u.client.Concurrency = width
		u.client.Timeout = time.Hour
	})
	s.between(t, gate.before)
	read := get("/Users/" + s.id(t, "viewer"))
	first := inBackground(t, s, read, key, requests)
	for range width {
		<-gate.arrived // the first credential uses all its slots
	}
	second := inBackground(t, s, read, secondKey, requests)
	for range width {
		assert.Equal(t, "Key "+secondKey, (<-gate.arrived).Header.Get("Authorization"))
	}
	for range 2 * requests {
		gate.pass <- struct{}{}
	}
	for range requests {
		assert.Equal(t, http.StatusOK, (<-first).status)
		assert.Equal(t, http.StatusOK, (<-second).status)
	}
	assert.Equal(t, map[string]int{"Key " + key: width, "Key " + secondKey: width}, gate.most)
}

// A push of many members does not delay a read until it ends: calls to Suger are
// served in order.
func TestLargeRequestDoesNotBlockSmallOnes(t *testing.T) {
	const width, people, parallel = 2, 60, 4
	gate := newCallGate()
	s := newStand(t, statusContract, func(u *setup) { // in this contract, reads by id do not share a list
		u.sandbox.People = people
		u.client.Concurrency, u.client.Timeout = width, time.Hour
		u.mapping.Parallel = parallel
	})
	s.between(t, gate.before)
	var viewers []string
	for _, user := range s.suger.Users() {
		if user.Role == sandbox.RoleViewer {
			viewers = append(viewers, user.ID)
		}
	}
	require.Greater(t, len(viewers), 20)
	push := inBackground(t, s, patch("/Groups/EDITOR", `{"op":"add","path":"members","value":[`+members(viewers...)+`]}`), key, 1)
	writes := 0 // that have passed or wait
	for writes < width {
		if r := <-gate.arrived; r.Method == http.MethodPatch {
			writes++
			continue
		}
		gate.pass <- struct{}{} // a list
	}
	untilWaiting(parallel - width) // the push cannot queue more calls
	read := inBackground(t, s, get("/Users/"+viewers[0]), key, 1)
	untilWaiting(parallel - width + 1)
	for {
		gate.pass <- struct{}{}
		if r := <-gate.arrived; r.Method == http.MethodGet {
			break
		}
		writes++
	}
	assert.LessOrEqual(t, writes, parallel, "only the writes that queued before the read")
	for range len(viewers) + 100 { // includes the lists that confirm the push
		gate.pass <- struct{}{}
	}
	assert.Equal(t, http.StatusOK, (<-read).status)
	assert.Equal(t, http.StatusOK, (<-push).status)
	assert.Equal(t, len(viewers), s.suger.Count("update user"))
}

// untilWaiting returns once this many calls wait for their turn. The queue itself is
// not observable, but its waiting goroutines are.
func untilWaiting(calls int) {
	for {
		var stacks strings.Builder
		_ = pprof.Lookup("goroutine").WriteTo(&stacks, 2) // writes to memory
		if strings.Count(stacks.String(), "semaphore.(*Weighted).Acquire(") >= calls {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
