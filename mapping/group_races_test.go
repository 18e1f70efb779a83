package mapping_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
	"suger-scim-gateway/internal/scim"
)

// Some members fail: the others are changed, the error names how many and which,
// and a repeat does only the rest.
func TestPartialFailureConverges(t *testing.T) {
	s := newStand(t)
	var ids []string
	for i := range 10 {
		ids = append(ids, s.put(numbered("m", i), "VIEWER", "ACTIVE").ID)
	}
	s.onCall(func(r *http.Request) {
		if r.Method == http.MethodPatch && (strings.HasSuffix(r.URL.Path, ids[3]) || strings.HasSuffix(r.URL.Path, ids[7])) {
			r.URL.Path = "/nowhere" // which Suger answers 404
		}
	})
	_, err := s.patchGroup("EDITOR", membersOp("add", append(ids, "stranger")...))
	var e *scim.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, scim.CodePartialGroup, e.Code)
	assert.Contains(t, e.Detail, "3 of 11 members could not be changed, the others were")
	for _, name := range []string{"m3@example.com", "m7@example.com", "stranger"} {
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

	t.Run("what passes is told so that the client comes back", func(t *testing.T) {
		s.fault(sandbox.Fault{Operation: "update user", Kind: sandbox.Status(503)})
		_, err := s.patchGroup(s.roleID("Finance"), membersOp("add", s.id("viewer"), s.id("invited")))
		require.ErrorAs(t, err, &e)
		assert.Equal(t, scim.CodeSugerUnavailable, e.Code)
		assert.Positive(t, e.RetryAfter)
	})
	t.Run("one of several is told among them", func(t *testing.T) {
		s := newStand(t)
		_, err := s.patchGroup("EDITOR", membersOp("add", s.id("viewer"), "stranger"))
		assertCode(t, scim.CodePartialGroup, err)
		assert.ErrorContains(t, err, "1 of 2 members")
		assert.Equal(t, "EDITOR ACTIVE", s.state("viewer"))
	})
	t.Run("one who fails alone is told as such", func(t *testing.T) {
		s.suger.ClearFaults()
		_, err := s.patchGroup("EDITOR", membersOp("add", "stranger"))
		assertCode(t, scim.CodeInvalidValue, err)
	})
}

// While a change of a group is under way, others change its members: each member
// is judged as he or she is by then.
func TestMembersAreJudgedAtTheirTurn(t *testing.T) {
	others := map[string]func(s *stand, id string){
		"by this process": func(s *stand, id string) {
			_, err := s.patchGroup("EDITOR", membersOp("add", id))
			require.NoError(s.t, err)
		},
		"by this process, of a later list": func(s *stand, id string) {
			s.clock.Advance(2 * time.Second)
			_, err := s.patchGroup("EDITOR", membersOp("add", id))
			require.NoError(s.t, err)
		},
		"by another credential": func(s *stand, id string) {
			second := *s.actor
			second.caller.Credential = "second-" + standKey
			_, err := second.patchUser(id, roleTo("EDITOR"))
			require.NoError(s.t, err)
		},
		"by another replica, a while later": func(s *stand, id string) {
			s.clock.Advance(2 * time.Second)
			_, err := s.replica().patchUser(id, roleTo("EDITOR"))
			require.NoError(s.t, err)
		},
	}
	for name, other := range others {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, func(u *setup) { u.config.Parallel = 1 })
			first, last := s.put("first", "VIEWER", "ACTIVE").ID, s.put("last", "VIEWER", "ACTIVE").ID
			var once sync.Once
			s.onCall(func(r *http.Request) {
				if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, first) {
					once.Do(func() { other(s, last) })
				}
			})
			_, err := s.patchGroup(s.roleID("Finance"), membersOp("add", first, last))
			require.NoError(t, err)
			assert.Equal(t, "Finance ACTIVE", s.state("first"))
			assert.Equal(t, "EDITOR ACTIVE", s.state("last"), "Finance is less")
		})
	}
	t.Run("somebody leaves the organization", func(t *testing.T) {
		s := newStand(t, func(u *setup) { u.config.Parallel = 1 })
		first, last := s.put("first", "EDITOR", "ACTIVE").ID, s.put("last", "EDITOR", "ACTIVE").ID
		var once sync.Once
		s.onCall(func(r *http.Request) {
			if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, first) {
				once.Do(func() { require.NoError(t, s.deleteUser(last)) })
			}
		})
		_, err := s.patchGroup("EDITOR", membersOp("remove", first, last))
		require.NoError(t, err, "who is gone is no member any more")
		assert.Equal(t, "VIEWER ACTIVE", s.state("first"))
	})
}

// Somebody whom another replica has just added is a member like others, although
// the list at hand lacks them.
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

// Six groups are pushed at once, over the same people.
func TestGroupsPushedAtOnce(t *testing.T) {
	s := newStand(t)
	var ids []string
	for i := range 30 {
		ids = append(ids, s.put(numbered("m", i), "VIEWER", "ACTIVE").ID)
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
