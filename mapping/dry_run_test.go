package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

func dryRun(u *setup) { u.config.DryRun = true }

// A dry run answers as if the change was made and logs it, but writes nothing; later
// reads show the unchanged state.
func TestDryRun(t *testing.T) {
	tests := []struct {
		name   string
		do     func(s *stand) (scim.Resource, error)
		answer func(t *testing.T, s *stand, r scim.Resource)
		what   string
	}{
		{"deactivation", func(s *stand) (scim.Resource, error) { return s.patchUser(s.id("viewer"), deactivation) },
			func(t *testing.T, _ *stand, r scim.Resource) { assert.Equal(t, false, r["active"]) }, "deactivate user"},
		{"role", func(s *stand) (scim.Resource, error) { return s.patchUser(s.id("viewer"), roleTo("Finance")) },
			func(t *testing.T, _ *stand, r scim.Resource) {
				assert.Equal(t, "Finance", r[mapping.URNSuger].(map[string]any)["role"])
			}, "update user"},
		{"removal", func(s *stand) (scim.Resource, error) { return nil, s.deleteUser(s.id("viewer")) }, nil, "remove user"},
		{"create", func(s *stand) (scim.Resource, error) { return s.postUser(person("nova", `,"roles":["EDITOR"]`)) },
			func(t *testing.T, s *stand, r scim.Resource) {
				assert.Equal(t, "nova@example.com", r["userName"])
				assert.Equal(t, "EDITOR", r[mapping.URNSuger].(map[string]any)["role"])
				assert.Equal(t, true, r["active"])
				assert.Contains(t, r.ID(), "dry-run")
			}, "add user"},
		{"return", func(s *stand) (scim.Resource, error) { return s.postUser(person("former", "")) },
			func(t *testing.T, _ *stand, r scim.Resource) { assert.Equal(t, true, r["active"]) }, "activate user"},
		{"group member", func(s *stand) (scim.Resource, error) {
			return s.patchGroup("EDITOR", membersOp("replace", s.id("viewer"), s.id("editor")))
		}, func(t *testing.T, s *stand, r scim.Resource) {
			assert.ElementsMatch(t, []any{
				map[string]any{"value": s.id("editor"), "display": "editor@example.com", "type": "User"},
				map[string]any{"value": s.id("viewer"), "display": "viewer@example.com", "type": "User"},
			}, r["members"], "the answer lacks the former member")
		}, "update user"},
		{"role created", func(s *stand) (scim.Resource, error) { return s.postGroup(withMembers("Partner", s.id("viewer"))) },
			func(t *testing.T, s *stand, r scim.Resource) {
				assert.Equal(t, "Partner", r["displayName"])
				assert.Empty(t, r["members"], "the new role has no permissions, so the user keeps the old one")
			}, "add role"},
		{"role renamed", func(s *stand) (scim.Resource, error) {
			return s.putGroup(s.roleID("Finance"), `{"displayName":"Money"}`)
		}, func(t *testing.T, _ *stand, r scim.Resource) { assert.Equal(t, "Money", r["displayName"]) }, "update role"},
		{"role deleted", func(s *stand) (scim.Resource, error) { return nil, s.deleteGroup(s.roleID("Finance")) }, nil, "remove role"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t, dryRun, withBrake(1))
			users, roles := s.suger.Users(), s.suger.Roles()
			for range 2 { // the answer is not cached, and the brake does not count the change
				r, err := test.do(s)
				require.NoError(t, err)
				if test.answer != nil {
					test.answer(t, s, r)
				}
			}
			for _, call := range s.suger.Calls() {
				assert.Equal(t, "GET", call.Method)
			}
			assert.Equal(t, users, s.suger.Users())
			assert.Equal(t, roles, s.suger.Roles())
			found := false
			for _, record := range s.audit.take(t) {
				assert.Equal(t, "dry run", record["outcome"])
				found = found || record["what"] == test.what
			}
			assert.True(t, found)

			user, err := s.getUser(s.id("viewer"))
			require.NoError(t, err)
			assert.Equal(t, true, user["active"])
			assert.Equal(t, "VIEWER", user[mapping.URNSuger].(map[string]any)["role"])
			list, err := s.find("nova")
			require.NoError(t, err)
			assert.Zero(t, list.TotalResults)
		})
	}
}

func TestDryRunRefusesChanges(t *testing.T) {
	s := newStand(t, dryRun, func(u *setup) { u.config.ProtectedUsers = []string{"viewer@example.com"} })
	_, err := s.patchUser(s.id("admin"), deactivation)
	assertCode(t, scim.CodeLastAdmin, err)
	_, err = s.patchUser(s.id("viewer"), deactivation)
	assertCode(t, scim.CodeProtectedUser, err)
	_, err = s.postUser(person("editor", ""))
	assertCode(t, scim.CodeUserExists, err)
	for _, record := range s.audit.take(t) {
		assert.Equal(t, "refused", record["outcome"])
	}
}
