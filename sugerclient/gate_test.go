package sugerclient

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/marks"
)

func TestCallsInFlightAreBoundedPerCredential(t *testing.T) {
	var mu sync.Mutex
	inFlight, most := map[string]int{}, map[string]int{}
	arrived, release := make(chan struct{}, 40), make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		who := r.Header.Get("Authorization")
		mu.Lock()
		inFlight[who]++
		most[who] = max(most[who], inFlight[who])
		mu.Unlock()
		arrived <- struct{}{}
		<-release
		mu.Lock()
		inFlight[who]--
		mu.Unlock()
		say(200, `[]`)(w, r)
	})
	client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Concurrency = 3 })

	var group sync.WaitGroup
	for _, cred := range []Credential{"suger-key-of-ada", "suger-key-of-bob"} {
		for range 10 {
			group.Go(func() {
				_, err := client.Do(t.Context(), cred, listUsers)
				assert.NoError(t, err)
			})
		}
	}
	for range 6 { // three of each: one credential does not hold up the other
		<-arrived
	}
	close(release)
	group.Wait()
	assert.Equal(t, map[string]int{"Key suger-key-of-ada": 3, "Key suger-key-of-bob": 3}, most)
}

func TestWaitingForAPlaceEndsWithTheContext(t *testing.T) {
	synctest.Test(t, testWaitingForAPlaceEndsWithTheContext)
}

func testWaitingForAPlaceEndsWithTheContext(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s, inMemory := serveInMemory(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-release
		say(200, `[]`)(w, r)
	})
	client, _ := newClient(t, s.URL, inMemory, func(cfg *Config) { cfg.Concurrency = 1 })
	var group sync.WaitGroup
	group.Go(func() {
		_, err := client.Do(t.Context(), testKey, listUsers)
		assert.NoError(t, err)
	})
	<-arrived

	late, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := client.Do(late, testKey, addUser)
	fail := failure(t, err)
	assert.Equal(t, Throttled, fail.Kind)
	assert.False(t, fail.Uncertain)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	gone, hangUp := context.WithCancel(t.Context())
	group.Go(func() {
		_, err := client.Do(gone, testKey, addUser)
		assert.Equal(t, Canceled, failure(t, err).Kind)
	})
	synctest.Wait()
	hangUp()
	close(release)
	group.Wait()
	assert.Len(t, s.requests(), 1)
}

func TestCallsInFlightAreBounded(t *testing.T) {
	s := serve(t, say(200, `[]`))
	client, _ := newClient(t, s.URL)
	width := int64(client.cfg.Concurrency)
	for i := range maxCalls / width {
		_, err := client.gate.Wait(t.Context(), marks.Mark{byte(i), byte(i >> 8)}, width)
		require.NoError(t, err)
	}
	late, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := client.Do(late, testKey, listUsers)
	assert.Equal(t, Throttled, failure(t, err).Kind)
	assert.Empty(t, s.requests())
}

func TestNoSlotIsHeldWhileWaitingToRetry(t *testing.T) {
	s := serve(t, say(503, ``), say(200, `[]`))
	client, clock := newClient(t, s.URL, func(cfg *Config) { cfg.Concurrency = 1 })
	free := false
	client.cfg.Sleep = func(ctx context.Context, d time.Duration) error {
		leave, ok := client.gate.Try(client.keys.Of(string(testKey)))
		if free = ok; ok {
			leave()
		}
		return clock.Sleep(ctx, d)
	}
	_, err := client.Do(t.Context(), testKey, listUsers)
	require.NoError(t, err)
	assert.True(t, free)
}

func TestCancelStopsTheCall(t *testing.T) {
	var stopped atomic.Int64
	tests := []struct {
		name      string
		answer    http.HandlerFunc
		call      Call
		uncertain bool
	}{
		{"read without answer", hang, listUsers, false},
		{"create without answer", hang, addUser, true},
		{"repeatable write without answer", hang, removeUser, true},
		{"read that stops midway", stall, listUsers, false},
		{"create that stops midway", stall, addUser, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			arrived := make(chan struct{})
			stopped.Store(0)
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				close(arrived)
				tt.answer(w, r) // returns once the caller has hung up
				stopped.Add(1)
			})
			client, clock := newClient(t, s.URL)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				<-arrived
				cancel()
			}()
			_, err := client.Do(ctx, testKey, tt.call)
			fail := failure(t, err)
			assert.Equal(t, Canceled, fail.Kind)
			assert.Equal(t, tt.uncertain, fail.Uncertain)
			require.ErrorIs(t, err, context.Canceled)
			assert.Empty(t, clock.sleeps())
			s.Close() // waits for the handler
			assert.Equal(t, int64(1), stopped.Load())
			assert.Len(t, s.requests(), 1)
			noGoroutineLeft(t, before)
		})
	}
}

func TestContextThatHasEndedSendsNothing(t *testing.T) {
	s := serve(t, say(200, `[]`))
	client, _ := newClient(t, s.URL)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.Do(canceled, testKey, addUser)
	assert.Equal(t, &Error{Operation: "add user", Kind: Canceled, Err: context.Canceled}, failure(t, err))

	expired, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err = client.Do(expired, testKey, addUser)
	assert.Equal(t, &Error{Operation: "add user", Kind: Unavailable, Err: context.DeadlineExceeded}, failure(t, err))
	assert.Empty(t, s.requests())
}

func TestDeadlineDuringTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, inMemory := serveInMemory(t, hang)
		client, _ := newClient(t, s.URL, inMemory)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := client.Do(ctx, testKey, addUser)
		fail := failure(t, err)
		assert.Equal(t, Unavailable, fail.Kind)
		assert.True(t, fail.Uncertain)
		assert.Len(t, s.requests(), 1)
	})
}

func TestCancelWhileWaitingToRetry(t *testing.T) {
	s := serve(t, reset)
	client, _ := newClient(t, s.URL)
	ctx, cancel := context.WithCancel(t.Context())
	client.cfg.Sleep = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return sleep(ctx, time.Hour)
	}
	_, err := client.Do(ctx, testKey, removeUser)
	fail := failure(t, err)
	assert.Equal(t, Canceled, fail.Kind)
	assert.True(t, fail.Uncertain, "the first try was sent")
}

// noGoroutineLeft waits until connections have wound down. It polls by itself,
// since assert.Eventually would add goroutines of its own.
func noGoroutineLeft(t *testing.T, before int) {
	t.Helper()
	for range 5000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("goroutines are left:\n%s", stacks[:runtime.Stack(stacks, true)])
}
