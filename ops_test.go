package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// suger answers probes as long as it is not told to hang up on them.
type suger struct {
	*httptest.Server
	down   atomic.Bool
	probes atomic.Int64
	header atomic.Pointer[http.Header]
}

func newSuger(t *testing.T) *suger {
	s := &suger{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.probes.Add(1)
		s.header.Store(&r.Header)
		if s.down.Load() {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, handler http.Handler, path string) (int, string) {
	t.Helper()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return answer.Code, strings.TrimSpace(answer.Body.String())
}

func TestOps(t *testing.T) {
	upstream := newSuger(t)
	stopping := make(chan struct{})
	handler := (&ops{stopping: stopping, suger: newReachability(upstream.URL, slog.New(slog.DiscardHandler))}).handler()
	check := func(path string, wantStatus int, want string) {
		t.Helper()
		status, body := get(t, handler, path)
		assert.Equal(t, wantStatus, status)
		assert.JSONEq(t, want, body)
	}
	check("/healthz", http.StatusOK, `{"alive":true}`)
	check("/readyz", http.StatusOK, `{"ready":true}`)
	assert.Empty(t, upstream.header.Load().Get("Authorization"), "a probe carries no credential")

	close(stopping)
	check("/healthz", http.StatusOK, `{"alive":true}`)
	check("/readyz", http.StatusServiceUnavailable, `{"ready":false,"reason":"stopping"}`)

	status, _ := get(t, handler, "/scim/v2/Users")
	assert.Equal(t, http.StatusNotFound, status, "SCIM is not on the ops listener")
}

func TestReadyOnlyIfSugerWasReachedLately(t *testing.T) {
	upstream := newSuger(t)
	upstream.down.Store(true)
	var logged bytes.Buffer
	reach := newReachability(upstream.URL, slog.New(slog.NewTextHandler(&logged, nil)))
	clock := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	reach.now = func() time.Time { return clock }
	handler := (&ops{stopping: make(chan struct{}), suger: reach}).handler()
	ready := func() bool {
		status, body := get(t, handler, "/readyz")
		if status != http.StatusOK {
			require.Equal(t, http.StatusServiceUnavailable, status)
			require.JSONEq(t, `{"ready":false,"reason":"Suger cannot be reached"}`, body)
		}
		return status == http.StatusOK
	}

	assert.False(t, ready(), "never reached")
	upstream.down.Store(false)
	before := upstream.probes.Load()
	assert.False(t, ready(), "the outcome of a probe stands for a while")
	assert.Equal(t, before, upstream.probes.Load())

	clock = clock.Add(probeEvery)
	assert.True(t, ready(), "asked again, reached")

	upstream.down.Store(true)
	clock = clock.Add(probeEvery)
	assert.True(t, ready(), "one failure soon after a success is forgiven")
	clock = clock.Add(probeGrace)
	assert.False(t, ready(), "not reached for too long")

	upstream.down.Store(false)
	clock = clock.Add(probeEvery)
	assert.True(t, ready())
	assert.Equal(t, 2, strings.Count(logged.String(), "Suger cannot be reached"))
	assert.Equal(t, 2, strings.Count(logged.String(), "Suger can be reached again"))
}
