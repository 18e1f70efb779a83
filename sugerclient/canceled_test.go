package sugerclient_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/sugerclient"
)

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A transport can cancel by itself, for instance a connection that it was
// dialing for another request. That is not the caller's cancellation.
func TestOnlyTheCallerCancels(t *testing.T) {
	for _, cause := range []error{context.Canceled, errors.New("connection reset")} {
		client, err := sugerclient.New(sugerclient.Config{
			BaseURL: "http://suger.invalid", Attempts: 2, Backoff: time.Millisecond,
			Transport: transportFunc(func(*http.Request) (*http.Response, error) { return nil, cause }),
		})
		require.NoError(t, err)
		_, err = client.Do(t.Context(), "key", sugerclient.Call{Operation: "list users", Method: http.MethodGet, Path: "/user"})
		var fail *sugerclient.Error
		require.ErrorAs(t, err, &fail)
		assert.Equal(t, sugerclient.Unavailable, fail.Kind, cause)
		assert.NotErrorIs(t, err, context.Canceled, "nobody would answer the client")
	}
}
