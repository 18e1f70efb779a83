package gateway_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
)

// Okta retries by itself only after a 429 with whole seconds in Retry-After.
func TestAnswersWhenSugerFails(t *testing.T) {
	s := newStack(t)
	tests := []struct {
		name   string
		fault  sandbox.Fault
		agent  string
		status int
		code   scim.Code
	}{
		{"for Okta", sandbox.Fault{Kind: sandbox.Status(503)}, "Okta SCIM Client 1.0.0", 429, scim.CodeSugerUnavailable},
		{"for Okta's test suites", sandbox.Fault{Kind: sandbox.Status(500)}, "OKTA SCIM Integration", 429, scim.CodeSugerUnavailable},
		{"for others", sandbox.Fault{Kind: sandbox.Status(503)}, "curl/8", 503, scim.CodeSugerUnavailable},
		{"connection reset", sandbox.Fault{Kind: sandbox.Reset}, "curl/8", 503, scim.CodeSugerUnavailable},
		{"throttled", sandbox.Fault{Kind: sandbox.Status(429), Retry: sandbox.RetrySeconds, RetryAfter: 7 * time.Second}, "curl/8", 429, scim.CodeSugerThrottled},
		{"not JSON", sandbox.Fault{Kind: sandbox.HTML}, "Okta SCIM Client 1.0.0", 502, scim.CodeSugerUnreadable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, s.suger.SetFaults(test.fault))
			for _, path := range []string{"/Users", "/Users/some-id", "/Groups", "/Roles", ""} {
				a := s.do(http.MethodGet, "/scim/v2"+path, "", "User-Agent", test.agent)
				assertError(t, a, test.status, "", test.code)
				if test.status == 429 || test.status == 503 {
					assert.Regexp(t, `^[1-9][0-9]*$`, a.header.Get("Retry-After"))
				}
				assert.NotContains(t, a.text, "127.0.0.1", "no Go error text in the answer")
			}
		})
	}
	t.Run("Suger's own time to retry is passed on", func(t *testing.T) {
		require.NoError(t, s.suger.SetFaults(tests[4].fault))
		assert.Equal(t, "7", s.do(http.MethodGet, "/scim/v2/Users", "").header.Get("Retry-After"))
	})
	t.Run("discovery does not care", func(t *testing.T) {
		assert.Equal(t, http.StatusOK, s.do(http.MethodGet, "/scim/v2/Schemas", "").status)
	})
}

func TestBudget(t *testing.T) {
	s := newStack(t, func(c *gateway.Config) { c.Budget = 50 * time.Millisecond })
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.Hang}))
	a := s.do(http.MethodGet, "/scim/v2/Users", "")
	assertError(t, a, http.StatusServiceUnavailable, "", scim.CodeSugerUnavailable)
	a = s.do(http.MethodGet, "/scim/v2/Users", "", "User-Agent", "Okta SCIM Client 1.0.0")
	assertError(t, a, http.StatusTooManyRequests, "", scim.CodeSugerUnavailable)
	assert.EqualValues(t, 429, s.log.last(t, "request")["status"])
}

// Operations of a bulk request that are left when its time is up get an answer
// after which the client retries.
func TestBudgetOfBulk(t *testing.T) {
	s := newStack(t, func(c *gateway.Config) { c.Budget = 50 * time.Millisecond })
	s.id("viewer") // proves the token
	s.suger.ResetCalls()
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.Hang}))
	results := s.bulk(`{"method":"DELETE","path":"/Users/a"},{"method":"DELETE","path":"/Users/b"}`)
	assert.Equal(t, []any{"503", "503"}, statuses(results))
	assert.Equal(t, []any{scim.CodeSugerUnavailable, scim.CodeSugerUnavailable}, []any{results[0]["code"], results[1]["code"]})
	assert.LessOrEqual(t, s.suger.Count(""), 1, "nothing more is asked of Suger")
}

func TestPanic(t *testing.T) {
	s := newStack(t, heldBy(key), func(c *gateway.Config) {
		c.Tokens = func() []string { panic("a defect") }
	})
	a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"secret@example.com"}`)
	assertError(t, a, http.StatusInternalServerError, "", scim.CodeInternal)
	assert.NotContains(t, a.text, "defect\"")

	record := s.log.last(t, "panic")
	assert.Equal(t, "a defect", record["panic"])
	assert.Contains(t, record["stack"], "errors_test.go")
	assert.Equal(t, "/scim/v2/Users", record["route"])
	assert.Equal(t, a.header.Get("X-Request-Id"), record["request_id"])
	assert.EqualValues(t, 500, s.log.last(t, "request")["status"])
	assert.NotContains(t, s.log.String(), "secret@example.com")
}

// blockingSuger answers no call before it is released.
func blockingSuger(t *testing.T) (url string, called chan struct{}, release func()) {
	t.Helper()
	called, released := make(chan struct{}, 10), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called <- struct{}{}
		select {
		case <-released:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`[{"id":"u1","email":"amber@example.com","role":"ADMIN","status":"ACTIVE"}]`))
	}))
	t.Cleanup(server.Close)
	return server.URL, called, func() { close(released) }
}

func TestMaxInFlight(t *testing.T) {
	url, called, release := blockingSuger(t)
	s := newStackOver(t, url, func(c *gateway.Config) { c.MaxInFlight = 1 })
	first := make(chan *answer)
	go func() { first <- s.do(http.MethodGet, "/scim/v2/Users", "") }()
	<-called

	a := s.do(http.MethodGet, "/scim/v2/Users", "")
	assertError(t, a, http.StatusTooManyRequests, "", scim.CodeTooManyRequests)
	assert.Equal(t, "5", a.header.Get("Retry-After"))

	release()
	assert.Equal(t, http.StatusOK, (<-first).status)
	assert.Equal(t, http.StatusOK, s.do(http.MethodGet, "/scim/v2/Users", "").status, "the slot is free again")
}

func TestClientThatGoesAway(t *testing.T) {
	url, called, _ := blockingSuger(t)
	observed := make(chan int, 1)
	s := newStackOver(t, url, func(c *gateway.Config) {
		c.Observe = func(_, _ string, status int, _ time.Duration) { observed <- status }
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		response, err := http.DefaultClient.Do(s.request(http.MethodGet, "/scim/v2/Users", http.NoBody).WithContext(ctx))
		if err == nil {
			response.Body.Close()
		}
		done <- err
	}()
	<-called
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	assert.Equal(t, 499, <-observed)
	record := s.log.last(t, "request")
	assert.EqualValues(t, 499, record["status"])
	assert.Equal(t, "INFO", record["level"])
	assert.Equal(t, "client_gone", record["code"])
}
