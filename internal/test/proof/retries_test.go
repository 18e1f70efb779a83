package proof

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
)

// Suger's answers have a Retry-After. If it is within the budget, the gateway waits
// and repeats the call; otherwise it answers the client at once. This holds for every
// kind of call, shared or not.
func TestNoWaitLongerThanTheBudget(t *testing.T) {
	kinds := map[string]scimRequest{}
	for _, kind := range scimRequests {
		kinds[kind.name] = kind
	}
	for _, name := range []string{"read a user", "list users", "list roles", "create a user", "deactivate", "add members"} {
		for _, budget := range []time.Duration{2 * time.Second, 20 * time.Second, 50 * time.Second, 5 * time.Minute} {
			for _, after := range []time.Duration{time.Second, 15 * time.Second, 45 * time.Second, 4 * time.Minute} {
				t.Run(fmt.Sprintf("%s, %s of %s", name, after, budget), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { testWait(t, kinds[name], budget, after) })
				})
			}
		}
	}
}

// testWait checks one request while Suger answers 429.
func testWait(t *testing.T, kind scimRequest, budget, after time.Duration) {
	s := newStand(t, inMemory, func(u *setup) { u.gateway.Budget = budget })
	r := kind.make(t, s)
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.Status(429), Retry: sandbox.RetrySeconds, RetryAfter: after}))
	got := s.do(t, r)
	assert.Equal(t, []scim.Code{scim.CodeSugerThrottled}, codesIn(got), "%s", got.text)
	assert.Equal(t, strconv.Itoa(int(after/time.Second)), got.header.Get("Retry-After"))
	assert.Less(t, s.waited(), budget)
	if after < budget {
		assert.GreaterOrEqual(t, s.waited(), after)
		assert.Greater(t, s.suger.Count(""), 1)
	} else {
		assert.Zero(t, s.waited())
		assert.Equal(t, 1, s.suger.Count(""))
	}
}

// A client that disconnects cancels its calls to Suger.
func TestClientThatDisconnects(t *testing.T) {
	for _, kind := range scimRequests {
		t.Run(kind.name, func(t *testing.T) {
			calls := make(chan context.Context, 100) // contexts of calls that hang
			s := newStand(t, func(u *setup) { u.client.Timeout, u.gateway.Budget = time.Hour, time.Hour })
			r := kind.make(t, s)
			s.between(t, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					ctx := r.Context()
					calls <- ctx
					next.ServeHTTP(w, r)
				})
			})
			s.do(t, request{method: http.MethodPost, path: "/Users/.search", body: "no JSON"}) // checks the key
			<-calls
			s.suger.ResetCalls()
			require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.Hang}))
			ctx, leave := context.WithCancel(t.Context())
			left := make(chan error)
			go func() {
				_, err := s.try(ctx, r, key)
				left <- err
			}()
			call := <-calls
			leave()
			require.ErrorIs(t, <-left, context.Canceled)
			<-call.Done() // blocks the test if the call goes on
			assert.LessOrEqual(t, s.suger.Count(""), 1, "the gateway makes no further call")
		})
	}
}
