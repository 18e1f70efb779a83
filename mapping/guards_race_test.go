package mapping_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// atOnce runs all of them and returns their errors.
func atOnce(t *testing.T, all ...func() error) []error {
	t.Helper()
	errs := make([]error, len(all))
	var group sync.WaitGroup
	start := make(chan struct{})
	for i, one := range all {
		group.Go(func() {
			<-start
			errs[i] = one()
		})
	}
	close(start)
	group.Wait()
	return errs
}

// administrators counts those who are active.
func (s *stand) administrators() int {
	count := 0
	for _, user := range s.suger.Users() {
		if user.Role == "ADMIN" && user.Status == "ACTIVE" {
			count++
		}
	}
	return count
}

// All administrators are removed at the same time, each in another way: one
// stays.
func TestAdministratorsGoAtOnce(t *testing.T) {
	for range 10 {
		s := newStand(t)
		second := s.as(func(c *mapping.Caller) { c.Credential = "second-" + standKey })
		var ids []string
		for _, name := range []string{"b", "c", "d", "e"} {
			ids = append(ids, s.put(name, "ADMIN", "ACTIVE").ID)
		}
		errs := atOnce(t,
			func() error { _, err := s.patchUser(s.id("admin"), deactivation); return err },
			func() error { _, err := second.patchUser(ids[0], roleTo("VIEWER")); return err },
			func() error { return s.deleteUser(ids[1]) },
			func() error { _, err := second.patchGroup("ADMIN", membersOp("remove", ids[2])); return err },
			func() error { _, err := s.putUser(ids[3], person("e", `,"active":false`)); return err },
		)
		failed := 0
		for _, err := range errs {
			if err != nil {
				assertCode(t, scim.CodeLastAdmin, err)
				failed++
			}
		}
		assert.Equal(t, 1, failed)
		assert.Equal(t, 1, s.administrators())
	}
}

// Two replicas take away one of two administrators each, at the same time: both
// may be seen to go, but the organization is not left without one.
func TestReplicasTakeAdministratorsAwayAtOnce(t *testing.T) {
	ways := map[string]func(a *actor, id string) error{
		"deactivation": func(a *actor, id string) error { _, err := a.patchUser(id, deactivation); return err },
		"demotion":     func(a *actor, id string) error { _, err := a.patchUser(id, roleTo("VIEWER")); return err },
		"group":        func(a *actor, id string) error { _, err := a.patchGroup("ADMIN", membersOp("remove", id)); return err },
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			other := s.replica()
			first, second := s.id("admin"), s.put("second", "ADMIN", "ACTIVE").ID
			var judged sync.WaitGroup // both have, before either writes
			judged.Add(2)
			var writes atomic.Int32
			s.onCall(func(r *http.Request) {
				if r.Method == http.MethodPatch && writes.Add(1) <= 2 {
					judged.Done()
					judged.Wait()
				}
			})
			errs := atOnce(t,
				func() error { return way(s.actor, first) },
				func() error { return way(other, second) },
			)
			assert.Positive(t, s.administrators(), "errors: %v", errs)
			for _, err := range errs {
				if err != nil {
					assertCode(t, scim.CodeLastAdmin, err)
				}
			}
		})
	}
}

// raced removes the last but one administrator while another replica has just
// removed the other one.
func raced(s *stand, do func() error, more ...sandbox.Fault) error {
	second := s.put("second", "ADMIN", "ACTIVE")
	second.Status = "INACTIVE"
	s.fault(more...)
	var once sync.Once
	s.onCall(func(r *http.Request) {
		if r.Method != http.MethodGet {
			once.Do(func() { s.suger.PutUser(second) })
		}
	})
	return do()
}

func TestLostRaceForTheLastAdministratorIsUndone(t *testing.T) {
	tests := map[string]struct {
		do   func(s *stand, id string) error
		want string
	}{
		"deactivation": {func(s *stand, id string) error { _, err := s.patchUser(id, deactivation); return err }, "ADMIN ACTIVE"},
		"demotion":     {func(s *stand, id string) error { _, err := s.patchUser(id, roleTo("EDITOR")); return err }, "ADMIN ACTIVE"},
		"group":        {func(s *stand, id string) error { _, err := s.patchGroup("ADMIN", membersOp("remove", id)); return err }, "ADMIN ACTIVE"},
		"removal":      {func(s *stand, id string) error { return s.deleteUser(id) }, "ADMIN ACTIVE"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, func(u *setup) { u.config.Brake = mapping.Brake{Limit: 1, Window: time.Hour} })
			id := s.id("admin")
			err := raced(s, func() error { return test.do(s, id) })
			assertCode(t, scim.CodeLastAdmin, err)
			assert.ErrorContains(t, err, "was made one again")
			assert.Equal(t, test.want, s.state("admin"))
			user, _ := s.suger.UserByEmail("admin@example.com")
			assert.Equal(t, "Amber Anchor", user.FirstName+" "+user.LastName)

			records := s.audit.take(t)
			require.Len(t, records, 2, "what was done, and what was undone")
			assert.Equal(t, []any{"done", "undo", "done"}, []any{records[0]["outcome"], records[1]["what"], records[1]["outcome"]})

			s.suger.ClearFaults()
			_, err = s.patchUser(s.id("viewer"), deactivation)
			assert.NoError(t, err, "the change brake has not counted it")
		})
	}
	t.Run("deactivation where only removal ends access", func(t *testing.T) {
		s := newStand(t, endedByRemoval(t))
		id := s.id("admin")
		err := raced(s, func() error {
			_, err := s.patchUser(id, deactivation)
			return err
		})
		assertCode(t, scim.CodeLastAdmin, err)
		assert.Equal(t, "ADMIN INVITED", s.state("admin"))
	})
	t.Run("removal whose second half fails", func(t *testing.T) {
		s := newStand(t)
		s.put("second", "ADMIN", "ACTIVE")
		s.fault(sandbox.Fault{Operation: "remove user", Kind: sandbox.Status(403)})
		err := s.deleteUser(s.id("admin"))
		assertCode(t, scim.CodeNotAllowed, err)
		assert.ErrorContains(t, err, "The user's access has ended, but")
		assert.Equal(t, "ADMIN INACTIVE", s.state("admin"))

		s.suger.ClearFaults()
		require.NoError(t, s.deleteUser(s.id("admin")), "a repeat does the rest")
	})
	t.Run("and if that fails, the error says so", func(t *testing.T) {
		s := newStand(t, endedByRemoval(t))
		id := s.id("admin")
		err := raced(s, func() error { return s.deleteUser(id) }, sandbox.Fault{Operation: "add user", Kind: sandbox.Status(403)})
		assertCode(t, scim.CodeLastAdmin, err)
		assert.ErrorContains(t, err, "undoing the change failed")
	})
}

// While somebody loses access, another replica makes them the only administrator:
// access is given back, the new role kept.
func TestEndOfAccessMeetsANewAdministrator(t *testing.T) {
	s := newStand(t)
	id := s.id("viewer")
	var once sync.Once
	s.onCall(func(r *http.Request) {
		if r.Method == http.MethodPatch {
			once.Do(func() {
				s.put("viewer", "ADMIN", "ACTIVE")
				s.put("admin", "VIEWER", "ACTIVE")
			})
		}
	})
	_, err := s.patchUser(id, deactivation)
	assertCode(t, scim.CodeLastAdmin, err)
	assert.Equal(t, "ADMIN ACTIVE", s.state("viewer"))
}
