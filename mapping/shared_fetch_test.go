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

// A held call waits before Suger until it is released or its client
// disconnects.
type heldCall struct {
	arrived chan struct{} // one for each call
	gone    chan struct{} // one for each whose client has left
	let     chan struct{} // closed to let all go
}

// hold holds the calls of this method and path suffix.
func (s *stand) hold(method, path string) *heldCall {
	held := &heldCall{arrived: make(chan struct{}, 100), gone: make(chan struct{}, 100), let: make(chan struct{})}
	s.onCall(func(r *http.Request) {
		if r.Method != method || r.URL.Path != path {
			return
		}
		held.arrived <- struct{}{}
		select {
		case <-held.let:
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

// untilWaiting returns when so many requests wait for the list.
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
	close(held.let)
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
		ctx, giveUp := context.WithCancel(t.Context())
		first := s.listWithin(ctx) // who began the fetch
		<-held.arrived
		others := []<-chan error{s.listWithin(t.Context()), s.listWithin(t.Context())}
		s.untilWaiting(3)
		giveUp()
		require.ErrorIs(t, <-first, context.Canceled)
		close(held.let)
		for _, other := range others {
			require.NoError(t, <-other)
		}
		assert.Equal(t, 1, s.suger.Count("list users"))
	})
	t.Run("stops the fetch, if it is the last", func(t *testing.T) {
		s := newStand(t)
		held := s.hold(http.MethodGet, listPath)
		ctx, giveUp := context.WithCancel(t.Context())
		readers := []<-chan error{s.listWithin(ctx), s.listWithin(ctx)}
		<-held.arrived
		s.untilWaiting(2)
		giveUp()
		for _, reader := range readers {
			require.ErrorIs(t, <-reader, context.Canceled)
		}
		select {
		case <-held.gone:
		case <-time.After(30 * time.Second): // long before the fetch ends by itself
			require.Fail(t, "the fetch goes on")
		}

		next := s.listWithin(t.Context()) // is not let down by a fetch that was stopped
		<-held.arrived
		close(held.let)
		require.NoError(t, <-next)
	})
	t.Run("is told so when the time is over", func(t *testing.T) {
		s := newStand(t)
		s.hold(http.MethodGet, listPath)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := s.users().List(ctx, s.query(s.service.UserType(), ""))
		assertCode(t, scim.CodeSugerUnavailable, err)
	})
}

// A fetch that failed is not what the next one gets.
func TestFailedFetchIsNotKept(t *testing.T) {
	s := newStand(t)
	s.fault(sandbox.Fault{Operation: "list users", Kind: sandbox.HTML, Times: 1})
	_, err := s.listUsers("")
	assertCode(t, scim.CodeSugerUnreadable, err)
	_, err = s.listUsers("")
	require.NoError(t, err)
}

// A list that Suger read before a write and that arrives after it is used only
// for earlier requests: it does not replace the list that confirmed the write.
func TestWritesDuringAFetch(t *testing.T) {
	s := newStand(t)
	viewer, editor := s.id("viewer"), s.id("editor")
	answered := make(chan struct{})
	let := make(chan struct{})
	var lists atomic.Int32
	s.afterCall(func(r *http.Request) {
		if r.URL.Path == listPath && lists.Add(1) == 1 {
			close(answered) // Suger has read the list, and its answer is on the way
			<-let
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
	close(let)
	assert.Equal(t, 8, <-reader, "with the one who was removed later")

	s.suger.ResetCalls()
	list, err := s.listUsers("")
	require.NoError(t, err)
	assert.NotContains(t, s.calls(), "list users")
	roles := make(map[string]any)
	for _, user := range resourcesOf(list) {
		roles[user["userName"].(string)] = user[mapping.URNSuger].(map[string]any)["role"]
	}
	assert.Equal(t, "EDITOR", roles["viewer@example.com"])
	assert.NotContains(t, roles, "editor@example.com")
}

// A guard's own fetch, which begins later, does not end the one that others wait for.
func TestFetchesOfDifferentAge(t *testing.T) {
	s := newStand(t)
	s.put("second", "ADMIN", "ACTIVE")
	var lists atomic.Int32
	let := make(chan struct{})
	arrived := make(chan struct{})
	s.onCall(func(r *http.Request) {
		if r.URL.Path == listPath && lists.Add(1) == 1 {
			close(arrived)
			<-let
		}
	})
	reader := make(chan error, 1)
	go func() { _, err := s.listUsers(""); reader <- err }()
	<-arrived
	_, err := s.patchUser(s.id("admin"), deactivation)
	require.NoError(t, err)
	close(let)
	require.NoError(t, <-reader)
	user, err := s.find("admin")
	require.NoError(t, err)
	assert.Equal(t, false, resourcesOf(user)[0]["active"])
}
