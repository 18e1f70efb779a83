package ops_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

const readyNow = `{"ready":true,"last_answer":"2030-05-01T12:00:00Z","degraded":[]}`

func TestHealth(t *testing.T) {
	s := newStand(t)
	a := s.get("/healthz")
	assert.Equal(t, http.StatusOK, a.status)
	assert.JSONEq(t, `{"alive":true}`, a.body)

	a = s.get("/readyz")
	assert.Equal(t, http.StatusOK, a.status)
	assert.JSONEq(t, readyNow, a.body)
	assert.Empty(t, s.suger.header.Load().Get("Authorization"), "a probe carries no credential")
	assert.Equal(t, "no-store", a.header.Get("Cache-Control"))

	s.stopping.Store(true)
	assert.Equal(t, http.StatusOK, s.get("/healthz").status)
	a = s.get("/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, a.status)
	assert.Contains(t, a.body, `"ready":false,"reason":"stopping"`)
	assert.Equal(t, "Stopping: requests in flight are finished, new connections are refused.", verdict(t, s))
}

// verdict returns the first heading of the status page.
func verdict(t *testing.T, s *stand) string {
	t.Helper()
	page := s.get("/")
	require.Equal(t, http.StatusOK, page.status)
	_, rest, _ := strings.Cut(page.body, `<h2 id="verdict">`)
	text, _, _ := strings.Cut(rest, "</h2>")
	return text
}

func TestReadyOnlyIfSugerWasReachedLately(t *testing.T) {
	s := newStand(t)
	s.suger.down.Store(true)
	ready := func() bool {
		a := s.get("/readyz")
		if a.status != http.StatusOK {
			require.Equal(t, http.StatusServiceUnavailable, a.status)
			require.Contains(t, a.body, `"reason":"Suger cannot be reached"`)
		}
		return a.status == http.StatusOK
	}

	assert.False(t, ready(), "never reached")
	assert.Equal(t, "Suger cannot be reached.", verdict(t, s))
	assert.Contains(t, s.get("/").text(), "last answer none since the start")
	s.suger.down.Store(false)
	before := s.suger.probes.Load()
	assert.False(t, ready(), "the outcome of a probe stands for a while")
	assert.Equal(t, before, s.suger.probes.Load())

	s.clock.Advance(5 * time.Second)
	assert.True(t, ready(), "asked again, reached")

	s.suger.down.Store(true)
	s.clock.Advance(5 * time.Second)
	assert.True(t, ready(), "one failure soon after a success is forgiven")
	s.clock.Advance(30 * time.Second)
	assert.False(t, ready(), "not reached for too long")
	s.clock.Advance(10 * time.Minute)
	assert.Contains(t, s.get("/").text(), "last answer 10 min ago")

	s.suger.down.Store(false)
	s.clock.Advance(5 * time.Second)
	assert.True(t, ready())
	assert.Contains(t, s.get("/").text(), "last answer just now")
	assert.Equal(t, 2, strings.Count(s.log.String(), "Suger cannot be reached"))
	assert.Equal(t, 2, strings.Count(s.log.String(), "Suger can be reached again"))
}

// Where the gateway itself has just been answered, nobody needs to be asked.
func TestOwnCallsCountAsProbes(t *testing.T) {
	s := newStand(t)
	s.suger.down.Store(true)
	s.activity.Called("get token", 200, 0)
	assert.Equal(t, http.StatusServiceUnavailable, s.get("/readyz").status, "a token comes from another host")
	s.activity.Called("list users", 0, 0)
	assert.Equal(t, http.StatusServiceUnavailable, s.get("/readyz").status, "no answer")
	s.activity.Called("list users", 500, 0)
	before := s.suger.probes.Load()
	assert.Equal(t, http.StatusOK, s.get("/readyz").status, "an answer, whatever it says")
	assert.Equal(t, before, s.suger.probes.Load())
}

func TestDegraded(t *testing.T) {
	s := newStand(t)
	for range 4 {
		s.activity.Called("list users", 503, 0)
	}
	assert.Contains(t, s.get("/readyz").body, `"degraded":[]`, "too few calls to tell")
	s.activity.Called("list users", 0, 0)
	s.activity.Called("list users", 200, 0)
	a := s.get("/readyz")
	assert.Equal(t, http.StatusOK, a.status, "another gateway would fare no better")
	assert.Contains(t, a.body, `"degraded":["5 of the last 6 calls to Suger failed (5xx or no answer)"]`)
	s.clock.Advance(5 * time.Minute)
	assert.Contains(t, s.get("/readyz").body, `"degraded":[]`)
	for n := range 151 {
		s.activity.Called("list users", 200+300*(n/100), 0)
	}
	assert.Contains(t, s.get("/readyz").body, "51 of the last 100 calls")
	s.activity.Called("list users", 200, 0)
	assert.Contains(t, s.get("/readyz").body, "51 of the last 100 calls", "a success took the place of a success")
	for range 49 {
		s.activity.Called("list users", 200, 0)
	}
	s.activity.Called("list users", 200, 0)
	assert.Contains(t, s.get("/readyz").body, `"degraded":[]`, "half of them")

	s.drift.Store(&[]mapping.DriftCount{{Operation: "get user", Field: "email", Answers: 3, Last: s.clock.Now()}})
	a = s.get("/readyz")
	assert.Equal(t, http.StatusOK, a.status)
	assert.Contains(t, a.body, `"degraded":["the answer to \"get user\" differs from the mapping in \"email\""]`)
	assert.Equal(t, "Ready, but something needs attention.", verdict(t, s))
	s.clock.Advance(time.Hour)
	assert.Contains(t, s.get("/readyz").body, `"degraded":[]`)

	s.activity.Failed(scim.CodeWriteUnconfirmed)
	assert.Equal(t, "Ready. Suger answers. Requests: 1 failed.", verdict(t, s))
}

func TestMetricsAreServed(t *testing.T) {
	for name, hide := range map[string]bool{"with pages": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, func(c *ops.Config) { c.HidePages = hide })
			a := s.get("/metrics")
			assert.Equal(t, http.StatusOK, a.status)
			assert.Contains(t, a.body, "suger_scim_upstream_retries_total 0")
		})
	}
}
