package sandbox_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

func TestParseFault(t *testing.T) {
	for text, want := range map[string]sandbox.Fault{
		"429":                   {Status: 429},
		" 500  update user\n":   {Status: 500, Operation: "update user"},
		"2s":                    {Delay: 2 * time.Second},
		"1500ms list users":     {Delay: 1500 * time.Millisecond, Operation: "list users"},
		"reset add user":        {Operation: "add user"},
		"hang list users":       {Operation: "list users", Delay: 24 * time.Hour},
		"reset of no such name": {Operation: "of no such name"}, // New refuses it
	} {
		got, err := sandbox.ParseFault(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "flood", "200", "399", "600", "-429", "0s", "-2s", "2", "list users", "hangs"} {
		got, err := sandbox.ParseFault(text)
		assert.ErrorContains(t, err, "unknown kind of fault", text)
		assert.Zero(t, got, text)
	}
}

// The faults of the options apply to their operation alone, delays before the rest.
func TestFaults(t *testing.T) {
	var options sandbox.Options
	options.Keys = []string{"key"}
	for _, text := range []string{"1h list roles", "20ms", "500 get user", "reset get user", "reset remove user"} {
		fault, err := sandbox.ParseFault(text)
		require.NoError(t, err)
		options.Faults = append(options.Faults, fault)
	}
	suger, err := sandbox.New(options)
	require.NoError(t, err)
	stopping, stop := context.WithCancel(t.Context())
	server := httptest.NewUnstartedServer(suger)
	server.Config.BaseContext = func(net.Listener) context.Context { return stopping }
	server.Start()
	t.Cleanup(server.Close)
	call := func(method, path string) (status int, body string, err error) {
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/org/sandboxed/"+path, nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Key key")
		response, err := server.Client().Do(request)
		if err != nil {
			return 0, "", err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		return response.StatusCode, string(text), err
	}
	began := time.Now()
	status, body, err := call(http.MethodGet, "user")
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	assert.Equal(t, 7, strings.Count(body, `"email"`))
	assert.GreaterOrEqual(t, time.Since(began), 20*time.Millisecond)

	status, body, err = call(http.MethodGet, "user/D88MGYVTY")
	require.NoError(t, err)
	assert.Equal(t, 500, status, "the first that replaces the operation")
	assert.Equal(t, "injected fault: status 500", body)

	_, _, err = call(http.MethodDelete, "user/D88MGYVTY")
	assert.ErrorIs(t, err, io.EOF)
	suger.Locked(func(s *sandbox.Store) {
		assert.NotNil(t, s.Home().Member("D88MGYVTY"), "a reset replaces the operation")
	})

	ended := make(chan error, 1)
	go func() {
		_, _, err := call(http.MethodGet, "role")
		ended <- err
	}()
	stop()
	assert.Error(t, <-ended, "a delay ends when the server stops")
}

func TestFaultOfNoOperation(t *testing.T) {
	_, err := sandbox.New(sandbox.Options{Keys: []string{"key"}, Faults: []sandbox.Fault{{Status: 500, Operation: "unknown"}}})
	assert.ErrorContains(t, err, `no operation "unknown"; there are list users, get user, add user,`)
}
