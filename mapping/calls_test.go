package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// Suger's calls for each SCIM request in an organization of 25 users, whose list has
// three pages of ten: without cached state (cold), and with cached lists of users and
// roles (warm). Every change starts with a read made after the request arrived, and
// ends with a read that confirms it.
func TestCallsOfEachRequest(t *testing.T) {
	const (
		lists  = "list users, list users, list users"
		roles  = "list roles"
		get    = "get user"
		write  = "update user"
		change = get + ", " + write + ", " + get
	)
	tests := []struct {
		name       string
		do         func(s *stand) error
		cold, warm string
	}{
		{"GET user", func(s *stand) error { _, err := s.getUser(s.id("viewer")); return err }, get, get},
		{"GET user with a custom role", func(s *stand) error { _, err := s.getUser(s.id("finance")); return err }, get + ", " + roles, get},
		{"GET users by id filter", func(s *stand) error { _, err := s.listUsers(fmt.Sprintf("id eq %q", s.id("viewer"))); return err }, get, get},
		{"GET userName eq, user exists", func(s *stand) error { return found(1, s.find)("viewer") }, lists, ""},
		{"GET userName eq, no such user", func(s *stand) error { return found(0, s.find)("nobody") }, lists, ""},
		{"GET emails.value eq", func(s *stand) error { _, err := s.listUsers(`emails.value eq "viewer@example.com"`); return err }, lists, ""},
		{"GET users by another filter", func(s *stand) error { _, err := s.listUsers(`active eq false`); return err }, lists + ", " + roles, ""},
		{"GET users, page by page", func(s *stand) error {
			for start := 1; start < 25; start += 4 {
				page, err := s.users().List(t.Context(), &scim.Query{StartIndex: start, Count: 4})
				if err != nil || page.TotalResults != 25 {
					return fmt.Errorf("%d: %w", page.TotalResults, err)
				}
			}
			return nil
		}, lists + ", " + roles, ""},
		{"POST user after a lookup", func(s *stand) error {
			if err := found(0, s.find)("nova"); err != nil {
				return err
			}
			s.suger.ResetCalls()
			_, err := s.postUser(person("nova", `,"roles":["EDITOR"]`))
			return err
		}, lists + ", add user, " + get, lists + ", add user, " + get},
		{"POST user without a lookup", func(s *stand) error { _, err := s.postUser(person("nova", "")); return err }, lists + ", add user, " + get, lists + ", add user, " + get},
		{"POST inactive user", func(s *stand) error { _, err := s.postUser(person("former", "")); return err }, lists + ", " + write + ", " + get, lists + ", " + write + ", " + get},
		{"POST active user", func(s *stand) error {
			_, err := s.postUser(person("viewer", ""))
			assertCode(t, scim.CodeUserExists, err)
			return nil
		}, lists, lists},
		{"PUT user, change", func(s *stand) error {
			_, err := s.putUser(s.id("viewer"), person("viewer", `,"roles":["EDITOR"]`))
			return err
		}, change, change},
		{"PUT user, no change", func(s *stand) error {
			_, err := s.putUser(s.id("viewer"), `{"userName":"viewer@example.com"}`)
			return err
		}, get, get},
		{"PATCH user, change", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), roleTo("EDITOR")); return err }, change, change},
		{"PATCH user, no change", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), roleTo("VIEWER")); return err }, get, get},
		{"PATCH user to a custom role", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), roleTo("Finance")); return err }, get + ", " + roles + ", " + write + ", " + get, get + ", " + roles + ", " + write + ", " + get},
		{"deactivation", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), deactivation); return err }, change + ", " + lists, change + ", " + lists},               // the list must confirm it
		{"deactivation of an inactive user", func(s *stand) error { _, err := s.patchUser(s.id("former"), deactivation); return err }, get + ", " + lists, get + ", " + lists}, /// the list must confirm it
		{"reactivation", func(s *stand) error { _, err := s.patchUser(s.id("former"), reactivation); return err }, change, change},
		{"deactivation of an administrator, guarded before and after", func(s *stand) error { _, err := s.patchUser(s.id("admin"), deactivation); return err },
			get + ", " + lists + ", " + write + ", " + get + ", " + lists, get + ", " + lists + ", " + write + ", " + get + ", " + lists},
		{"DELETE user", func(s *stand) error { return s.deleteUser(s.id("viewer")) }, get + ", remove user, " + get + ", " + lists, get + ", remove user, " + get + ", " + lists},
		{"GET groups", func(s *stand) error { _, err := s.listGroups(""); return err }, roles + ", " + lists, ""},
		{"GET groups without members", func(s *stand) error {
			projection, err := scim.ParseProjection(s.service.GroupType(), "", "members")
			require.NoError(t, err)
			_, err = s.groups().List(t.Context(), &scim.Query{Count: 10, Projection: projection})
			return err
		}, roles, ""},
		{"GET group", func(s *stand) error { _, err := s.getGroup(s.roleID("Finance")); return err }, roles + ", " + lists, ""},
		{"GET roles", func(s *stand) error {
			_, err := s.service.Roles(s.caller).List(t.Context(), &scim.Query{Count: 10})
			return err
		}, roles + ", " + lists, ""},
		{"PATCH group, two users change", func(s *stand) error {
			_, err := s.patchGroup("EDITOR", membersOp("add", s.id("viewer"), s.id("invited"), s.id("editor")))
			return err
		},
			lists + ", " + write + ", " + write + ", " + lists, lists + ", " + write + ", " + write + ", " + lists},
		{"PATCH group, no change", func(s *stand) error { _, err := s.patchGroup("EDITOR", membersOp("add", s.id("editor"))); return err }, lists, lists},
		{"PUT group, same name", func(s *stand) error {
			_, err := s.putGroup(s.roleID("Finance"), `{"displayName":"Finance"}`)
			return err
		}, lists + ", " + roles, lists + ", " + roles},
		{"POST group", func(s *stand) error { _, err := s.postGroup(`{"displayName":"Partner"}`); return err }, lists + ", " + roles + ", add role, " + roles + ", " + lists, lists + ", " + roles + ", add role, " + roles + ", " + lists},
	}
	for _, test := range tests {
		for _, temperature := range []string{"cold", "warm"} {
			t.Run(test.name+", "+temperature, func(t *testing.T) {
				s := newStand(t, pagesOfTen(t), func(u *setup) { u.sandbox.People, u.config.LookupCache = 17, 0 })
				s.put("second", "ADMIN", "ACTIVE") // so that the first one can be deactivated
				s.suger.RemoveUser(s.id("deals"))  // leaves 25
				want := test.cold
				if temperature == "warm" {
					_, err := s.listUsers("")
					require.NoError(t, err)
					want = test.warm
				}
				s.suger.ResetCalls()
				require.NoError(t, test.do(s))
				assert.Equal(t, want, strings.Join(s.calls(), ", "))
			})
		}
	}
}

// found checks that a lookup finds want users.
func found(want int, find func(mailbox string) (*scim.List, error)) func(mailbox string) error {
	return func(mailbox string) error {
		list, err := find(mailbox)
		if err == nil && list.TotalResults != want {
			return fmt.Errorf("found %d, want %d", list.TotalResults, want)
		}
		return err
	}
}
