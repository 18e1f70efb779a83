package mapping_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// A heldCall makes calls to Suger wait until they are released or their client
// disconnects.
type heldCall struct {
	arrived chan struct{} // a value for each call
	gone    chan struct{} // a value for each call whose client disconnected
	release chan struct{} // closed to release all calls
}

// hold holds the calls with this method and path.
func (s *stand) hold(method, path string) *heldCall {
	held := &heldCall{arrived: make(chan struct{}, 100), gone: make(chan struct{}, 100), release: make(chan struct{})}
	s.onCall(func(r *http.Request) {
		if r.Method != method || r.URL.Path != path {
			return
		}
		held.arrived <- struct{}{}
		select {
		case <-held.release:
		case <-r.Context().Done():
			held.gone <- struct{}{}
		}
	})
	return held
}

const listPath = "/org/sandboxed/user"

// listWithin lists users in the background.
func (a *actor) listWithin(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	query := a.query(a.service.UserType(), "")
	go func() {
		list, err := a.users().List(ctx, query)
		if err == nil && list.TotalResults != 8 {
			err = assert.AnError
		}
		done <- err
	}()
	return done
}

// untilWaiting returns once n requests wait for the list.
func (a *actor) untilWaiting(n int) {
	a.t.Helper()
	require.Eventually(a.t, func() bool { return a.service.WaitingForUsers(a.caller) == n }, time.Minute, time.Millisecond)
}

func TestManyReadersShareOneFetch(t *testing.T) {
	s := newStand(t)
	held := s.hold(http.MethodGet, listPath)
	var readers []<-chan error
	for range 30 {
		readers = append(readers, s.listWithin(t.Context()))
	}
	<-held.arrived
	s.untilWaiting(30)
	close(held.release)
	for _, reader := range readers {
		require.NoError(t, <-reader)
	}
	assert.Equal(t, 1, s.suger.Count("list users"))
	assert.Equal(t, 1, s.observed.count("list miss"))
	assert.Equal(t, 29, s.observed.count("list hit"))
}

func TestCanceledReader(t *testing.T) {
	t.Run("does not stop the others", func(t *testing.T) {
		s := newStand(t)
		held := s.hold(http.MethodGet, listPath)
		ctx, cancel := context.WithCancel(t.Context())
		first := s.listWithin(ctx) // starts the fetch
		<-held.arrived
		others := []<-chan error{s.listWithin(t.Context()), s.listWithin(t.Context())}
		s.untilWaiting(3)
		cancel()
		require.ErrorIs(t, <-first, context.Canceled)
		close(held.release)
		for _, other := range others {
			require.NoError(t, <-other)
		}
		assert.Equal(t, 1, s.suger.Count("list users"))
	})
	t.Run("stops the fetch as the last reader", func(t *testing.T) {
		s := newStand(t)
		held := s.hold(http.MethodGet, listPath)
		ctx, cancel := context.WithCancel(t.Context())
		readers := []<-chan error{s.listWithin(ctx), s.listWithin(ctx)}
		<-held.arrived
		s.untilWaiting(2)
		cancel()
		for _, reader := range readers {
			require.ErrorIs(t, <-reader, context.Canceled)
		}
		select {
		case <-held.gone:
		case <-time.After(30 * time.Second): // long before the fetch would end by itself
			require.Fail(t, "the fetch goes on")
		}

		next := s.listWithin(t.Context()) // must not fail because of the stopped fetch
		<-held.arrived
		close(held.release)
		require.NoError(t, <-next)
	})
	t.Run("gets an error at its deadline", func(t *testing.T) {
		s := newStand(t)
		s.hold(http.MethodGet, listPath)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := s.users().List(ctx, s.query(s.service.UserType(), ""))
		assertCode(t, scim.CodeSugerUnavailable, err)
	})
}

func TestFailedFetchIsNotCached(t *testing.T) {
	s := newStand(t)
	s.fault(sandbox.Fault{Operation: "list users", Kind: sandbox.HTML, Times: 1})
	_, err := s.listUsers("")
	assertCode(t, scim.CodeSugerUnreadable, err)
	_, err = s.listUsers("")
	require.NoError(t, err)
}

// A list that Suger read before a write but that arrives after it serves only earlier
// requests: it does not replace the list that confirmed the write.
func TestWritesDuringAFetch(t *testing.T) {
	s := newStand(t)
	viewer, editor := s.id("viewer"), s.id("editor")
	answered := make(chan struct{})
	release := make(chan struct{})
	var lists atomic.Int32
	s.afterCall(func(r *http.Request) {
		if r.URL.Path == listPath && lists.Add(1) == 1 {
			close(answered) // Suger has read the list, but its answer has not arrived
			<-release
		}
	})
	reader := make(chan int, 1)
	go func() {
		list, err := s.listUsers("")
		if assert.NoError(t, err) {
			reader <- list.TotalResults
		}
		close(reader)
	}()
	<-answered
	_, err := s.patchUser(viewer, roleTo("EDITOR"))
	require.NoError(t, err)
	require.NoError(t, s.deleteUser(editor))
	close(release)
	assert.Equal(t, 8, <-reader, "includes the user who was removed later")

	s.suger.ResetCalls()
	list, err := s.listUsers("")
	require.NoError(t, err)
	assert.NotContains(t, s.calls(), "list users")
	roles := make(map[string]any)
	for _, user := range list.Resources {
		roles[user["userName"].(string)] = user[mapping.URNSuger].(map[string]any)["role"]
	}
	assert.Equal(t, "EDITOR", roles["viewer@example.com"])
	assert.NotContains(t, roles, "editor@example.com")
}

// A later fetch by a guard does not stop the fetch that others wait for.
func TestLaterFetchDoesNotEndAnEarlierOne(t *testing.T) {
	s := newStand(t)
	s.put("second", "ADMIN", "ACTIVE")
	var lists atomic.Int32
	release := make(chan struct{})
	arrived := make(chan struct{})
	s.onCall(func(r *http.Request) {
		if r.URL.Path == listPath && lists.Add(1) == 1 {
			close(arrived)
			<-release
		}
	})
	reader := make(chan error, 1)
	go func() { _, err := s.listUsers(""); reader <- err }()
	<-arrived
	_, err := s.patchUser(s.id("admin"), deactivation)
	require.NoError(t, err)
	close(release)
	require.NoError(t, <-reader)
	user, err := s.find("admin")
	require.NoError(t, err)
	assert.Equal(t, false, user.Resources[0]["active"])
}
