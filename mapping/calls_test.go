package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// Suger's calls for each SCIM request in an organization of 25 users, whose list
// comes in three pages of ten: without cached state (cold), and with cached lists
// of users and roles (warm). Every change begins with a read that is not older than
// the request, and ends with one that confirms it.
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
		{"GET user by filter id", func(s *stand) error { _, err := s.listUsers(fmt.Sprintf("id eq %q", s.id("viewer"))); return err }, get, get},
		{"GET userName eq, of a user", func(s *stand) error { return found(1, s.find)("viewer") }, lists, ""},
		{"GET userName eq, of nobody", func(s *stand) error { return found(0, s.find)("nobody") }, lists, ""},
		{"GET emails.value eq", func(s *stand) error { _, err := s.listUsers(`emails.value eq "viewer@example.com"`); return err }, lists, ""},
		{"GET users by another filter", func(s *stand) error { _, err := s.listUsers(`active eq false`); return err }, lists + ", " + roles, ""},
		{"GET users, a walk of pages", func(s *stand) error {
			for start := 1; start < 25; start += 4 {
				page, err := s.users().List(t.Context(), &scim.Query{StartIndex: start, Count: 4})
				if err != nil || page.TotalResults != 25 {
					return fmt.Errorf("%d: %w", page.TotalResults, err)
				}
			}
			return nil
		}, lists + ", " + roles, ""},
		{"POST user after the lookup", func(s *stand) error {
			if err := found(0, s.find)("nova"); err != nil {
				return err
			}
			s.suger.ResetCalls()
			_, err := s.postUser(person("nova", `,"roles":["EDITOR"]`))
			return err
		}, lists + ", add user, " + get, lists + ", add user, " + get},
		{"POST user without one", func(s *stand) error { _, err := s.postUser(person("nova", "")); return err }, lists + ", add user, " + get, lists + ", add user, " + get},
		{"POST user who is inactive", func(s *stand) error { _, err := s.postUser(person("former", "")); return err }, lists + ", " + write + ", " + get, lists + ", " + write + ", " + get},
		{"POST user who is active", func(s *stand) error {
			_, err := s.postUser(person("viewer", ""))
			assertCode(t, scim.CodeUserExists, err)
			return nil
		}, lists, lists},
		{"PUT user, a change", func(s *stand) error {
			_, err := s.putUser(s.id("viewer"), person("viewer", `,"roles":["EDITOR"]`))
			return err
		}, change, change},
		{"PUT user, no change", func(s *stand) error {
			_, err := s.putUser(s.id("viewer"), `{"userName":"viewer@example.com"}`)
			return err
		}, get, get},
		{"PATCH user, a change", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), roleTo("EDITOR")); return err }, change, change},
		{"PATCH user, no change", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), roleTo("VIEWER")); return err }, get, get},
		{"PATCH user to a custom role", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), roleTo("Finance")); return err }, get + ", " + roles + ", " + write + ", " + get, get + ", " + roles + ", " + write + ", " + get},
		{"deactivation", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), deactivation); return err }, change + ", " + lists, change + ", " + lists},                // ended only if the list agrees
		{"deactivation of somebody inactive", func(s *stand) error { _, err := s.patchUser(s.id("former"), deactivation); return err }, get + ", " + lists, get + ", " + lists}, // nothing is done only if the list agrees
		{"reactivation", func(s *stand) error { _, err := s.patchUser(s.id("former"), reactivation); return err }, change, change},
		{"deactivation of an administrator, judged before and after", func(s *stand) error { _, err := s.patchUser(s.id("admin"), deactivation); return err },
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
		{"PATCH group, two differ", func(s *stand) error {
			_, err := s.patchGroup("EDITOR", membersOp("add", s.id("viewer"), s.id("invited"), s.id("editor")))
			return err
		},
			lists + ", " + write + ", " + write + ", " + lists, lists + ", " + write + ", " + write + ", " + lists},
		{"PATCH group, nobody differs", func(s *stand) error { _, err := s.patchGroup("EDITOR", membersOp("add", s.id("editor"))); return err }, lists, lists},
		{"PUT group, a name as before", func(s *stand) error {
			_, err := s.putGroup(s.roleID("Finance"), `{"displayName":"Finance"}`)
			return err
		}, lists + ", " + roles, lists + ", " + roles},
		{"POST group", func(s *stand) error { _, err := s.postGroup(`{"displayName":"Partner"}`); return err }, lists + ", " + roles + ", add role, " + lists + ", " + roles, lists + ", " + roles + ", add role, " + lists + ", " + roles},
	}
	for _, test := range tests {
		for _, temperature := range []string{"cold", "warm"} {
			t.Run(test.name+", "+temperature, func(t *testing.T) {
				s := newStand(t, pagesOfTen(t), func(u *setup) { u.sandbox.People, u.config.LookupCache = 17, 0 })
				s.put("second", "ADMIN", "ACTIVE") // so that the first may go
				s.suger.RemoveUser(s.id("deals"))  // which makes 25
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

// found checks how many users a lookup finds.
func found(want int, find func(mailbox string) (*scim.List, error)) func(mailbox string) error {
	return func(mailbox string) error {
		list, err := find(mailbox)
		if err == nil && list.TotalResults != want {
			return fmt.Errorf("found %d, want %d", list.TotalResults, want)
		}
		return err
	}
}
