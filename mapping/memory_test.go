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

// old makes the list of users too old to be used, not so the hints.
func (s *stand) old() { s.clock.Advance(time.Minute) }

// When the list is old, a lookup costs one call, by a hint that is verified.
func TestHintSavesTheList(t *testing.T) {
	s := newStand(t)
	require.NoError(t, found(1, s.find)("viewer"))
	s.old()
	s.suger.ResetCalls()
	list, err := s.listUsers(`userName eq "VIEWER@example.com"`)
	require.NoError(t, err)
	assert.Equal(t, s.id("viewer"), list.Resources[0].ID())
	assert.Equal(t, []string{"get user"}, s.calls())
	assert.Equal(t, 1, s.observed.count("lookup hit"))

	t.Run("also of whom this process has written", func(t *testing.T) {
		_, err := s.postUser(person("nova", ""))
		require.NoError(t, err)
		s.old()
		s.suger.ResetCalls()
		require.NoError(t, found(1, s.find)("nova"))
		assert.Equal(t, []string{"get user"}, s.calls())
	})
	t.Run("as long as it lasts", func(t *testing.T) {
		s.clock.Advance(2 * time.Hour)
		s.suger.ResetCalls()
		require.NoError(t, found(1, s.find)("viewer"))
		assert.Equal(t, []string{"list users"}, s.calls())
	})
	t.Run("and not if it is switched off", func(t *testing.T) {
		s := newStand(t, func(u *setup) { u.config.LookupCache = 0 })
		require.NoError(t, found(1, s.find)("viewer"))
		s.old()
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
		{"of another address now", func(s *stand) {
			user, _ := s.suger.UserByEmail("viewer@example.com")
			user.Email = "cyan@example.com"
			s.suger.PutUser(user)
		}, 0},
		{"removed and added anew", func(s *stand) {
			s.suger.RemoveUser(s.id("viewer"))
			s.put("viewer", "EDITOR", "ACTIVE")
		}, 1},
		{"the address is another person's now", func(s *stand) {
			user, _ := s.suger.UserByEmail("viewer@example.com")
			user.Email = "cyan@example.com"
			s.suger.PutUser(user)
			s.put("viewer", "EDITOR", "ACTIVE")
		}, 1},
	}
	for _, test := range tests {
		for _, wait := range []time.Duration{2 * time.Second, time.Minute} { // the list is still at hand, or not
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

				s.old()
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
	s.old()
	require.NoError(t, found(1, second.find)("viewer"))
	assert.Equal(t, []string{"get user"}, s.calls())

	list, err := there.find("viewer")
	require.NoError(t, err)
	user, _ := s.elsewhere.UserByEmail("viewer@example.com")
	assert.Equal(t, user.ID, list.Resources[0].ID())
	assert.NotEqual(t, s.id("viewer"), user.ID)
	assert.Empty(t, s.calls(), "of the first organization")
	_, err = there.getUser(s.id("viewer"))
	assertCode(t, scim.CodeNotFound, err)
	_, err = there.patchUser(s.id("viewer"), deactivation)
	assertCode(t, scim.CodeNotFound, err)

	nobody := s.as(func(c *mapping.Caller) { c.Organization = "unknown" })
	_, err = nobody.find("viewer")
	assertCode(t, scim.CodeOrgUnknown, err)
}

// A refused credential gets no data that others have fetched, and evicts none of
// it.
func TestRefusedCredential(t *testing.T) {
	s := newStand(t)
	require.NoError(t, found(1, s.find)("viewer"))
	_, err := s.listGroups("")
	require.NoError(t, err)
	for i := range 100 { // more than there are places in memory
		stranger := s.as(func(c *mapping.Caller) { c.Credential = "made-up-" + sugerCredential(i) })
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
	assert.Empty(t, s.calls(), "the lists of the right credential are still at hand")
}

// A credential that has just been revoked gets no list that it fetched before it
// was: where Suger is asked, it is refused. A list at hand serves for its few seconds.
func TestRevokedCredential(t *testing.T) {
	s := newStand(t)
	_, err := s.listUsers("")
	require.NoError(t, err)
	s.fault(sandbox.Fault{Kind: sandbox.Status(401)})
	_, err = s.getUser(s.id("viewer"))
	assertCode(t, scim.CodeTokenRefused, err)
	s.old()
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

	t.Run("with ListTTL 0 at once", func(t *testing.T) {
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

// A confirmed write shows at once in the cached list.
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

// A list that changes while it is read can have a row on two pages.
func TestRowOnTwoPages(t *testing.T) {
	s := newStand(t, pagesOfTen(t), func(u *setup) { u.sandbox.People = 17 })
	s.fault(sandbox.Fault{Operation: "list users", Kind: sandbox.ShiftingList, Shift: -3, Times: 1})
	list, err := s.listUsers("")
	require.NoError(t, err)
	assert.Equal(t, 25, list.TotalResults)
}
