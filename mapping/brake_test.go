package mapping_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

func withBrake(limit int) func(*setup) {
	return func(u *setup) { u.config.Brake = mapping.Brake{Limit: limit, Window: time.Hour} }
}

func TestBrakeString(t *testing.T) {
	for want, b := range map[string]mapping.Brake{
		"off":        {},
		"20/1h":      {Limit: 20, Window: time.Hour},
		"1/1m30s":    {Limit: 1, Window: 90 * time.Second},
		"3/1h30m":    {Limit: 3, Window: 90 * time.Minute},
		"10/100h":    {Limit: 10, Window: 100 * time.Hour},
		"10/20m":     {Limit: 10, Window: 20 * time.Minute},
		"7/90ms":     {Limit: 7, Window: 90 * time.Millisecond},
		"2/10h0m20s": {Limit: 2, Window: 10*time.Hour + 20*time.Second},
	} {
		assert.Equal(t, want, b.String())
	}
}

func TestBrakeCounts(t *testing.T) {
	tests := []struct {
		name  string
		do    func(s *stand) error
		count bool
	}{
		{"deactivation", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), deactivation); return err }, true},
		{"removal", func(s *stand) error { return s.deleteUser(s.id("viewer")) }, true},
		{"removal of an inactive user", func(s *stand) error { return s.deleteUser(s.id("former")) }, true},
		{"role downgrade", func(s *stand) error { _, err := s.patchUser(s.id("editor"), roleTo("VIEWER")); return err }, true},
		{"role downgrade by a group", func(s *stand) error {
			_, err := s.patchGroup("EDITOR", membersOp("remove", s.id("editor")))
			return err
		}, true},
		{"role downgrade by deleting a role", func(s *stand) error { return s.deleteGroup(s.roleID("Finance")) }, true},
		{"deactivation with a role downgrade is one change", func(s *stand) error {
			_, err := s.putUser(s.id("editor"), person("editor", `,"active":false,"roles":["VIEWER"]`))
			return err
		}, true},
		{"role upgrade", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), roleTo("EDITOR")); return err }, false},
		{"name change", func(s *stand) error { _, err := s.putUser(s.id("viewer"), person("viewer", "")); return err }, false},
		{"reactivation with a lower role", func(s *stand) error { _, err := s.postUser(person("former", "")); return err }, false},
		{"new user", func(s *stand) error { _, err := s.postUser(person("nova", "")); return err }, false},
		{"no difference", func(s *stand) error { _, err := s.patchUser(s.id("former"), deactivation); return err }, false},
		{"change that Suger refuses", func(s *stand) error {
			s.fault(sandbox.Fault{Operation: "update user", Kind: sandbox.Status(400), Times: 1})
			_, err := s.patchUser(s.id("viewer"), deactivation)
			assertCode(s.t, scim.CodeSugerRefused, err)
			return nil
		}, false},
		{"change that Suger does not confirm", func(s *stand) error {
			s.fault(sandbox.Fault{Operation: "update user", Kind: sandbox.NotApplied, Times: 1})
			_, err := s.patchUser(s.id("viewer"), deactivation)
			assertCode(s.t, scim.CodeWriteUnconfirmed, err)
			return nil
		}, true}, // it may take effect later
		{"change that another guard refuses", func(s *stand) error {
			_, err := s.patchUser(s.id("admin"), deactivation)
			assertCode(s.t, scim.CodeLastAdmin, err)
			return nil
		}, false},
		{"change with an unknown outcome", func(s *stand) error {
			s.unavailableAfterWrite()
			_, err := s.patchUser(s.id("viewer"), deactivation)
			assertCode(s.t, scim.CodeSugerUnavailable, err)
			s.suger.ClearFaults()
			return nil
		}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t, withBrake(1))
			require.NoError(t, test.do(s))
			_, err := s.patchUser(s.id("Mixed.Case"), deactivation)
			if !test.count {
				assert.NoError(t, err)
				return
			}
			assertCode(t, scim.CodeChangeBrake, err)
			assert.Equal(t, "VIEWER ACTIVE", s.state("Mixed.Case"))
			assert.Equal(t, 1, s.observed.count("refused change_brake"))
		})
	}
}

func TestBrakeReleasesAfterItsWindow(t *testing.T) {
	s := newStand(t, withBrake(2))
	_, err := s.patchUser(s.id("viewer"), deactivation)
	require.NoError(t, err)
	s.clock.Advance(20 * time.Minute)
	_, err = s.patchUser(s.id("editor"), deactivation)
	require.NoError(t, err)

	_, err = s.patchUser(s.id("finance"), deactivation)
	var e *scim.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, 429, e.Status)
	assert.Equal(t, 40*time.Minute, e.RetryAfter, "until the first change leaves the window")
	assert.Contains(t, e.Detail, "GATEWAY_CHANGE_BRAKE=2/1h")

	s.clock.Advance(40 * time.Minute)
	_, err = s.patchUser(s.id("finance"), deactivation)
	require.NoError(t, err)
	_, err = s.patchUser(s.id("deals"), deactivation)
	assertCode(t, scim.CodeChangeBrake, err)
}

// Neither many concurrent requests, with any credential, nor one request about many
// people can exceed the brake.
func TestBrakeLimitsConcurrentChanges(t *testing.T) {
	t.Run("many requests", func(t *testing.T) {
		s := newStand(t, withBrake(3))
		second := s.as(func(c *mapping.Caller) { c.Credential = "second-" + standKey })
		var all []func() error
		for i := range 20 {
			id := s.put(numbered(i), "EDITOR", "ACTIVE").ID
			by := []*actor{s.actor, second}[i%2]
			all = append(all, func() error { _, err := by.patchUser(id, deactivation); return err })
		}
		var done atomic.Int32
		for _, err := range atOnce(t, all...) {
			if err == nil {
				done.Add(1)
				continue
			}
			assertCode(t, scim.CodeChangeBrake, err)
		}
		assert.EqualValues(t, 3, done.Load())
		assert.Equal(t, 4, s.count("EDITOR INACTIVE"), "three, and the sample user who was inactive before")
	})
	t.Run("one group", func(t *testing.T) {
		s := newStand(t, withBrake(3))
		for i := range 20 {
			s.put(numbered(i), "EDITOR", "ACTIVE")
		}
		for range 2 {
			_, err := s.putGroup("EDITOR", withMembers("EDITOR"))
			assertCode(t, scim.CodeChangeBrake, err)
			assert.Equal(t, 21, s.count("EDITOR ACTIVE"), "all changes or none")
			s.clock.Advance(2 * time.Hour)
		}
		_, err := s.patchGroup("EDITOR", membersOp("remove", s.id("m1"), s.id("m2"), s.id("m3")))
		require.NoError(t, err, "as many as the brake allows")
		assert.Equal(t, 18, s.count("EDITOR ACTIVE"))
	})
}

// count returns how many users have this role and status.
func (s *stand) count(state string) int {
	count := 0
	for _, user := range s.suger.Users() {
		if s.roleName(user.Role)+" "+user.Status == state {
			count++
		}
	}
	return count
}

func TestBrakeIsPerOrganization(t *testing.T) {
	s := newStand(t, withBrake(1))
	other := s.withElsewhere()
	_, err := s.patchUser(s.id("viewer"), deactivation)
	require.NoError(t, err)
	there, ok := s.elsewhere.UserByEmail("viewer@example.com")
	require.True(t, ok)
	_, err = other.patchUser(there.ID, deactivation)
	require.NoError(t, err)
	_, err = s.patchUser(s.id("editor"), deactivation)
	assertCode(t, scim.CodeChangeBrake, err)
}

// Suger refuses the removal, but has made the deactivation before it, which still
// counts.
func TestBrakeCountsAppliedChanges(t *testing.T) {
	s := newStand(t, withBrake(1))
	s.fault(sandbox.Fault{Operation: "remove user", Kind: sandbox.Status(400)})
	_, err := s.patchUser(s.id("viewer"), deactivation)
	require.NoError(t, err)
	require.Error(t, s.deleteUser(s.id("viewer")))
	_, err = s.patchUser(s.id("editor"), deactivation)
	assertCode(t, scim.CodeChangeBrake, err)
}
