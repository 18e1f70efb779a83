package mapping_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// expireList makes the cached list of users too old to use, but not the hints.
func (s *stand) expireList() { s.clock.Advance(time.Minute) }

// Once the list has expired, a lookup takes one call, which verifies a hint.
func TestHintSavesTheList(t *testing.T) {
	s := newStand(t)
	require.NoError(t, found(1, s.find)("viewer"))
	s.expireList()
	s.suger.ResetCalls()
	list, err := s.listUsers(`userName eq "VIEWER@example.com"`)
	require.NoError(t, err)
	assert.Equal(t, s.id("viewer"), list.Resources[0].ID())
	assert.Equal(t, []string{"get user"}, s.calls())
	assert.Equal(t, 1, s.observed.count("lookup hit"))

	t.Run("for a user that this process created", func(t *testing.T) {
		_, err := s.postUser(person("nova", ""))
		require.NoError(t, err)
		s.expireList()
		s.suger.ResetCalls()
		require.NoError(t, found(1, s.find)("nova"))
		assert.Equal(t, []string{"get user"}, s.calls())
	})
	t.Run("until the hint expires", func(t *testing.T) {
		s.clock.Advance(2 * time.Hour)
		s.suger.ResetCalls()
		require.NoError(t, found(1, s.find)("viewer"))
		assert.Equal(t, []string{"list users"}, s.calls())
	})
	t.Run("not if it is switched off", func(t *testing.T) {
		s := newStand(t, func(u *setup) { u.config.LookupCache = 0 })
		require.NoError(t, found(1, s.find)("viewer"))
		s.expireList()
		s.suger.ResetCalls()
		require.NoError(t, found(1, s.find)("viewer"))
		assert.Equal(t, []string{"list users"}, s.calls())
	})
}

// A wrong hint is dropped and changes no answer.
func TestWrongHintIsDropped(t *testing.T) {
	tests := []struct {
		name   string
		change func(s *stand)
		want   int
	}{
		{"removed", func(s *stand) { s.suger.RemoveUser(s.id("viewer")) }, 0},
		{"address changed", func(s *stand) {
			user, _ := s.suger.UserByEmail("viewer@example.com")
			user.Email = "cyan@example.com"
			s.suger.PutUser(user)
		}, 0},
		{"removed and added again", func(s *stand) {
			s.suger.RemoveUser(s.id("viewer"))
			s.put("viewer", "EDITOR", "ACTIVE")
		}, 1},
		{"address taken by another person", func(s *stand) {
			user, _ := s.suger.UserByEmail("viewer@example.com")
			user.Email = "cyan@example.com"
			s.suger.PutUser(user)
			s.put("viewer", "EDITOR", "ACTIVE")
		}, 1},
	}
	for _, test := range tests {
		for _, wait := range []time.Duration{2 * time.Second, time.Minute} { // before and after the list expires
			t.Run(fmt.Sprintf("%s, after %v", test.name, wait), func(t *testing.T) {
				s := newStand(t)
				require.NoError(t, found(1, s.find)("viewer"))
				test.change(s)
				s.clock.Advance(wait)
				s.suger.ResetCalls()
				list, err := s.find("viewer")
				require.NoError(t, err)
				require.Equal(t, test.want, list.TotalResults)
				if test.want == 1 {
					assert.Equal(t, s.id("viewer"), list.Resources[0].ID())
				}
				assert.Equal(t, []string{"get user", "list users"}, s.calls())
				assert.Equal(t, 1, s.observed.count("lookup wrong"))

				s.expireList()
				s.suger.ResetCalls()
				_, err = s.find("viewer")
				require.NoError(t, err)
				want := []string{"list users"}
				if test.want == 1 {
					want = []string{"get user"} // a new hint
				}
				assert.Equal(t, want, s.calls())
			})
		}
	}
}

// Lists are not shared between credentials or organizations.
func TestListsAreSeparate(t *testing.T) {
	s := newStand(t)
	there := s.withElsewhere()
	second := s.as(func(c *mapping.Caller) { c.Credential = "second-" + standKey })
	require.NoError(t, found(1, s.find)("viewer"))
	require.NoError(t, found(1, s.find)("viewer"))
	require.Equal(t, []string{"list users", "get user"}, s.calls())

	require.NoError(t, found(1, second.find)("viewer"))
	assert.Equal(t, []string{"list users"}, s.calls())
	s.expireList()
	require.NoError(t, found(1, second.find)("viewer"))
	assert.Equal(t, []string{"get user"}, s.calls())

	list, err := there.find("viewer")
	require.NoError(t, err)
	user, _ := s.elsewhere.UserByEmail("viewer@example.com")
	assert.Equal(t, user.ID, list.Resources[0].ID())
	assert.NotEqual(t, s.id("viewer"), user.ID)
	assert.Empty(t, s.calls(), "no calls for the first organization")
	_, err = there.getUser(s.id("viewer"))
	assertCode(t, scim.CodeNotFound, err)
	_, err = there.patchUser(s.id("viewer"), deactivation)
	assertCode(t, scim.CodeNotFound, err)

	nobody := s.as(func(c *mapping.Caller) { c.Organization = "unknown" })
	_, err = nobody.find("viewer")
	assertCode(t, scim.CodeOrgUnknown, err)
}

// A refused credential gets no data that others have fetched, and evicts none of it.
func TestRefusedCredential(t *testing.T) {
	s := newStand(t)
	require.NoError(t, found(1, s.find)("viewer"))
	_, err := s.listGroups("")
	require.NoError(t, err)
	for i := range 100 { // more than the cache holds
		stranger := s.as(func(c *mapping.Caller) { c.Credential = mapping.Credential(fmt.Sprintf("made-up-%d", i)) })
		_, err := stranger.find("viewer")
		assertCode(t, scim.CodeTokenRefused, err)
		if i == 0 {
			for _, ask := range []func() error{
				func() error { _, err := stranger.listUsers(""); return err },
				func() error { _, err := stranger.getUser(s.id("viewer")); return err },
				func() error { _, err := stranger.getUser(".."); return err },
				func() error { _, err := stranger.listGroups(""); return err },
				func() error { _, err := stranger.getGroup("ADMIN"); return err },
				func() error { _, err := stranger.patchGroup("ADMIN", membersOp("add", s.id("viewer"))); return err },
				func() error { _, err := stranger.postGroup(`{"displayName":"Partner"}`); return err },
				func() error { _, err := stranger.postUser(person("viewer", "")); return err },
				func() error { return stranger.deleteUser(s.id("viewer")) },
				func() error { return stranger.deleteGroup("VIEWER") },
				func() error {
					_, err := stranger.service.Roles(stranger.caller).Get(t.Context(), "ADMIN", nil)
					return err
				},
			} {
				assertCode(t, scim.CodeTokenRefused, ask())
			}
		}
	}
	s.suger.ResetCalls()
	_, err = s.listUsers("")
	require.NoError(t, err)
	_, err = s.listGroups("")
	require.NoError(t, err)
	assert.Empty(t, s.calls(), "the lists of the good credential are still cached")
}

// A credential that has just been revoked is refused as soon as Suger is asked. Until
// then, a cached list serves for its few seconds.
func TestRevokedCredential(t *testing.T) {
	s := newStand(t)
	_, err := s.listUsers("")
	require.NoError(t, err)
	s.fault(sandbox.Fault{Kind: sandbox.Status(401)})
	_, err = s.getUser(s.id("viewer"))
	assertCode(t, scim.CodeTokenRefused, err)
	s.expireList()
	_, err = s.listUsers("")
	assertCode(t, scim.CodeTokenRefused, err)
}

func TestListExpires(t *testing.T) {
	s := newStand(t)
	list := func() []string {
		_, err := s.listUsers("")
		require.NoError(t, err)
		return s.calls()
	}
	cold := []string{"list users", "list roles"}
	assert.Equal(t, cold, list())
	s.clock.Advance(10 * time.Second)
	assert.Empty(t, list())
	s.clock.Advance(time.Second)
	assert.Equal(t, cold, list())

	t.Run("at once with ListTTL 0", func(t *testing.T) {
		s = newStand(t, func(u *setup) { u.config.ListTTL = 0 })
		for range 2 {
			assert.Equal(t, cold, list())
		}
		s.put("viewer", "ADMIN", "ACTIVE")
		users, err := s.find("viewer")
		require.NoError(t, err)
		assert.Equal(t, "ADMIN", users.Resources[0][mapping.URNSuger].(map[string]any)["role"])
	})
}

// The cached list shows a confirmed write at once.
func TestWritesShowInTheList(t *testing.T) {
	s := newStand(t)
	_, err := s.listGroups("")
	require.NoError(t, err)
	made, err := s.postUser(person("nova", `,"roles":["EDITOR"]`))
	require.NoError(t, err)
	_, err = s.patchUser(s.id("viewer"), deactivation)
	require.NoError(t, err)
	_, err = s.patchUser(s.id("editor"), `{"op":"replace","path":"userName","value":"basalt@example.com"}`)
	require.NoError(t, err)
	require.NoError(t, s.deleteUser(s.id("deals")))
	_, err = s.patchGroup(s.roleID("Finance"), membersOp("add", s.id("Mixed.Case")))
	require.NoError(t, err)

	s.suger.ResetCalls()
	list, err := s.listUsers("")
	require.NoError(t, err)
	assert.Empty(t, s.calls())
	shown := make(map[string]string)
	for _, user := range list.Resources {
		shown[user.ID()] = fmt.Sprint(user["userName"], user["active"], user["roles"].([]any)[0].(map[string]any)["display"])
	}
	want := make(map[string]string)
	for _, user := range s.suger.Users() {
		want[user.ID] = fmt.Sprint(user.Email, user.Status != "INACTIVE", s.roleName(user.Role))
	}
	assert.Equal(t, want, shown)
	assert.Equal(t, made.ID(), list.Resources[list.TotalResults-1].ID(), "in the order of creation")
	group, err := s.getGroup(s.roleID("Finance"))
	require.NoError(t, err)
	assert.Equal(t, []string{"Mixed.Case", "finance"}, memberNames(group))
	for mailbox, want := range map[string]int{"editor": 0, "basalt": 1, "deals": 0, "nova": 1} {
		require.NoError(t, found(want, s.find)(mailbox), mailbox)
	}
}

// If a list changes while it is read, two pages can hold the same row.
func TestRowOnTwoPages(t *testing.T) {
	s := newStand(t, pagesOfTen(t), func(u *setup) { u.sandbox.People = 17 })
	s.fault(sandbox.Fault{Operation: "list users", Kind: sandbox.ShiftingList, Shift: -3, Times: 1})
	list, err := s.listUsers("")
	require.NoError(t, err)
	assert.Equal(t, 25, list.TotalResults)
}
