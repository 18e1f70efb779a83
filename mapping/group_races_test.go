package mapping_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// If some members fail, the others are changed, the error reports how many and which
// failed, and a retry changes only those.
func TestPartialFailureConverges(t *testing.T) {
	s := newStand(t)
	var ids []string
	for i := range 10 {
		ids = append(ids, s.put(numbered(i), "VIEWER", "ACTIVE").ID)
	}
	s.onCall(func(r *http.Request) {
		if r.Method == http.MethodPatch && (strings.HasSuffix(r.URL.Path, ids[3]) || strings.HasSuffix(r.URL.Path, ids[7])) {
			r.URL.Path = "/nowhere" // Suger answers 404
		}
	})
	_, err := s.patchGroup("EDITOR", membersOp("add", ids...))
	var e *scim.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, scim.CodePartialGroup, e.Code)
	assert.Contains(t, e.Detail, "2 of 10 members could not be changed; the others were")
	for _, name := range []string{"m3@example.com", "m7@example.com"} {
		assert.Contains(t, e.Detail, name)
	}
	assert.NotContains(t, e.Detail, "m4@example.com")
	assert.Equal(t, 8, s.suger.Count("update user"))

	s.onCall(func(*http.Request) {})
	s.suger.ResetCalls()
	_, err = s.patchGroup("EDITOR", membersOp("add", ids...))
	require.NoError(t, err)
	assert.Equal(t, 2, s.suger.Count("update user"))
	assert.Len(t, s.holders("EDITOR"), 12)

	t.Run("temporary failures make the client retry", func(t *testing.T) {
		s.fault(sandbox.Fault{Operation: "update user", Kind: sandbox.Status(503)})
		_, err := s.patchGroup(s.roleID("Finance"), membersOp("add", s.id("viewer"), s.id("invited")))
		require.ErrorAs(t, err, &e)
		assert.Equal(t, scim.CodeSugerUnavailable, e.Code)
		assert.Positive(t, e.RetryAfter)
	})
	t.Run("a single failing member is reported with its own error", func(t *testing.T) {
		s.fault(sandbox.Fault{Operation: "update user", Kind: sandbox.Status(403)})
		_, err := s.patchGroup(s.roleID("Finance"), membersOp("add", s.id("viewer")))
		assertCode(t, scim.CodeNotAllowed, err)
	})
}

// A user who is not a member of the organization cannot be a member of a group. The
// gateway knows that beforehand, so it changes no one.
func TestUnknownMemberChangesNobody(t *testing.T) {
	for name, ids := range map[string][]string{"unknown member alone": {"stranger"}, "unknown member among others": {"viewer", "stranger"}} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			for i, id := range ids {
				if id != "stranger" {
					ids[i] = s.id(id)
				}
			}
			_, err := s.patchGroup("EDITOR", membersOp("add", ids...))
			assertCode(t, scim.CodeInvalidValue, err)
			assert.ErrorContains(t, err, "stranger")
			assert.Equal(t, []string{"list users"}, s.calls())
		})
	}
}

// While a group changes, another request of this process that concerns one of its
// members waits, and is then decided on the new state.
func TestChangesOfOneMemberAreSerialized(t *testing.T) {
	others := map[string]func(s *stand, id string) error{
		"by a group": func(s *stand, id string) error {
			_, err := s.patchGroup("EDITOR", membersOp("add", id))
			return err
		},
		"by another credential": func(s *stand, id string) error {
			second := s.as(func(c *mapping.Caller) { c.Credential = "second-" + standKey })
			_, err := second.patchUser(id, roleTo("EDITOR"))
			return err
		},
	}
	for name, other := range others {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, func(u *setup) { u.config.Parallel = 1 })
			first, last := s.put("first", "VIEWER", "ACTIVE").ID, s.put("last", "VIEWER", "ACTIVE").ID
			done := make(chan error, 1)
			var once sync.Once
			s.onCall(func(r *http.Request) {
				if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, first) {
					once.Do(func() {
						go func() { done <- other(s, last) }()
						assert.Never(t, func() bool { return len(done) > 0 }, 50*time.Millisecond, time.Millisecond, "the other request waits")
					})
				}
			})
			_, err := s.patchGroup(s.roleID("Finance"), membersOp("add", first, last))
			require.NoError(t, err)
			require.NoError(t, <-done)
			assert.Equal(t, "Finance ACTIVE", s.state("first"))
			assert.Equal(t, "EDITOR ACTIVE", s.state("last"), "EDITOR outranks Finance")
		})
	}
}

// Another replica removes a member while a group changes: the change applies to the
// remaining members.
func TestMemberLeavesDuringAChange(t *testing.T) {
	s := newStand(t, func(u *setup) { u.config.Parallel = 1 })
	first, last := s.put("first", "EDITOR", "ACTIVE").ID, s.put("last", "EDITOR", "ACTIVE").ID
	other := s.replica()
	var once sync.Once
	s.onCall(func(r *http.Request) {
		if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, first) {
			once.Do(func() { assert.NoError(t, other.deleteUser(last)) })
		}
	})
	_, err := s.patchGroup("EDITOR", membersOp("remove", first, last))
	require.NoError(t, err)
	assert.Equal(t, "VIEWER ACTIVE", s.state("first"))
	_, err = s.patchGroup("EDITOR", membersOp("remove", first, last))
	require.NoError(t, err, "a removed user is no longer a member")
}

// A user whom another replica has just added counts as a member, although the cached
// list lacks the user.
func TestMemberAddedByAnotherReplica(t *testing.T) {
	s := newStand(t)
	_, err := s.listUsers("")
	require.NoError(t, err)
	made, err := s.replica().postUser(person("nova", ""))
	require.NoError(t, err)
	group, err := s.putGroup("EDITOR", withMembers("EDITOR", s.id("editor"), s.id("former"), made.ID()))
	require.NoError(t, err)
	assert.Equal(t, []string{"editor", "former", "nova"}, memberNames(group))
	assert.Equal(t, "EDITOR INVITED", s.state("nova"))
}

// Six groups with the same members are pushed at the same time.
func TestConcurrentGroupPushes(t *testing.T) {
	s := newStand(t)
	var ids []string
	for i := range 30 {
		ids = append(ids, s.put(numbered(i), "VIEWER", "ACTIVE").ID)
	}
	var all []func() error
	for _, group := range []string{"EDITOR", "Finance", "Deal desk", "VIEWER", "EDITOR", "Finance"} {
		all = append(all, func() error { _, err := s.patchGroup(s.roleID(group), membersOp("add", ids...)); return err })
	}
	for _, err := range atOnce(t, all...) {
		require.NoError(t, err)
	}
	assert.Len(t, s.holders("EDITOR"), 32)
}
