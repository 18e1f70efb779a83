package mapping_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// everybody returns the sandbox's fixed people who have access, as a list without
// roles.
func everybody() []mapping.Person {
	var people []mapping.Person
	for _, mailbox := range []string{"admin", "editor", "viewer", "finance", "deals", "mixed.case", "invited"} {
		people = append(people, mapping.Person{UserName: mailbox + "@example.com"})
	}
	return people
}

func TestCompare(t *testing.T) {
	const unknown = `Suger has no role "Boss". Its roles are: ADMIN, EDITOR, Deal desk, Finance, VIEWER.`
	protect := func(s *setup) { s.config.ProtectedUsers = []string{"Editor@example.com"} }
	noAdmins := func(s *setup) { s.config.AllowAdminGrant = false }
	groupNames := func(s *setup) { s.config.GroupRoles = map[string]string{"Suger Editors": "EDITOR"} }
	tests := []struct {
		name   string
		change func(*setup)
		person mapping.Person
		want   mapping.Forecast
	}{
		{"same role", nil, mapping.Person{UserName: "editor@example.com", Role: "EDITOR"},
			mapping.Forecast{UserName: "editor@example.com", Effect: "unchanged", Before: "EDITOR", After: "EDITOR"}},
		{"address in other letter case", nil, mapping.Person{UserName: "MIXED.case@example.com", Role: "viewer"},
			mapping.Forecast{UserName: "Mixed.Case@example.com", Effect: "unchanged", Before: "VIEWER", After: "VIEWER"}},
		{"no role keeps the role", nil, mapping.Person{UserName: "finance@example.com"},
			mapping.Forecast{UserName: "finance@example.com", Effect: "unchanged", Before: "Finance", After: "Finance"}},
		{"another role", nil, mapping.Person{UserName: "viewer@example.com", Role: "Deal desk"},
			mapping.Forecast{UserName: "viewer@example.com", Effect: "role", Before: "VIEWER", After: "Deal desk"}},
		{"role by its group's name", groupNames, mapping.Person{UserName: "viewer@example.com", Role: "suger editors"},
			mapping.Forecast{UserName: "viewer@example.com", Effect: "role", Before: "VIEWER", After: "EDITOR"}},
		{"unknown role", nil, mapping.Person{UserName: "viewer@example.com", Role: "Boss"},
			mapping.Forecast{UserName: "viewer@example.com", Effect: "refused", Before: "VIEWER", After: "VIEWER", Code: scim.CodeUnknownRole, Why: unknown}},
		{"new user", nil, mapping.Person{UserName: "new@example.com"},
			mapping.Forecast{UserName: "new@example.com", Effect: "create", After: "VIEWER"}},
		{"new user with a role", nil, mapping.Person{UserName: "new@example.com", Role: "EDITOR"},
			mapping.Forecast{UserName: "new@example.com", Effect: "create", After: "EDITOR"}},
		{"user without access", nil, mapping.Person{UserName: "former@example.com"},
			mapping.Forecast{UserName: "former@example.com", Effect: "return", Before: "EDITOR", After: "EDITOR"}},
		{"user without access, with another role", nil, mapping.Person{UserName: "former@example.com", Role: "VIEWER"},
			mapping.Forecast{UserName: "former@example.com", Effect: "return", Before: "EDITOR", After: "VIEWER"}},
		{"userName that is not an address", nil, mapping.Person{UserName: "new"},
			mapping.Forecast{UserName: "new", Effect: "refused", Code: scim.CodeUserNameNotEmail,
				Why: `The userName "new" is not an e-mail address, and Suger knows people by e-mail. In Okta's Sign On tab, set the application username format to Email.`}},
		{"protected user with a change", protect, mapping.Person{UserName: "editor@example.com", Role: "VIEWER"},
			mapping.Forecast{UserName: "editor@example.com", Effect: "refused", Before: "EDITOR", After: "EDITOR", Code: scim.CodeProtectedUser,
				Why: "editor@example.com is protected: SCIM may read but not change this user, nor rename or delete the user's role. Make the change in Suger's console, or remove the address from GATEWAY_PROTECTED_USERS."}},
		{"protected user without a change", protect, mapping.Person{UserName: "editor@example.com"},
			mapping.Forecast{UserName: "editor@example.com", Effect: "unchanged", Before: "EDITOR", After: "EDITOR"}},
		{"new administrator while SCIM may not grant ADMIN", noAdmins, mapping.Person{UserName: "viewer@example.com", Role: "ADMIN"},
			mapping.Forecast{UserName: "viewer@example.com", Effect: "refused", Before: "VIEWER", After: "VIEWER", Code: scim.CodeAdminGrant,
				Why: "This gateway does not grant the administrator role, nor restore an administrator's access or change the address (GATEWAY_ALLOW_ADMIN_GRANT=false). Do it in Suger's console."}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t, func(set *setup) {
				if test.change != nil {
					test.change(set)
				}
			})
			got, err := s.users().Compare(t.Context(), append(everybody(), test.person))
			require.NoError(t, err)
			require.Len(t, got, len(everybody())+1, "no forecast of an absent user")
			assert.Equal(t, test.want, got[len(got)-1])
			for _, call := range s.suger.Calls() {
				assert.Equal(t, http.MethodGet, call.Method, "a comparison only reads")
			}
			assert.Empty(t, s.audit.take(t), "no change was attempted")
		})
	}
}

// Users who have access but are not on the list come last. Absent users without access
// are left out.
func TestCompareFindsAbsentUsers(t *testing.T) {
	s := newStand(t)
	got, err := s.users().Compare(t.Context(), everybody()[2:])
	require.NoError(t, err)
	require.Len(t, got, 7)
	assert.Equal(t, []mapping.Forecast{
		{UserName: "admin@example.com", Effect: "absent", Before: "ADMIN"},
		{UserName: "editor@example.com", Effect: "absent", Before: "EDITOR"},
	}, got[5:])
	assert.Equal(t, []string{"list users", "list roles"}, s.calls())
}

func TestCompareWithoutSuger(t *testing.T) {
	s := newStand(t)
	_, err := s.as(func(c *mapping.Caller) { c.Credential = "another-key" }).users().Compare(t.Context(), everybody())
	var refusal *scim.Error
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, scim.CodeTokenRefused, refusal.Code)
}
