package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// oktaPut returns a function that sends Okta's PUT, any number of times: the user as
// read now, with mapped attributes replaced by change.
func (s *stand) oktaPut(id string, change func(body scim.Resource)) (send func() error) {
	s.t.Helper()
	body, err := s.getUser(id)
	require.NoError(s.t, err)
	change(body)
	normal, err := s.service.UserType().Normalize(body)
	require.NoError(s.t, err)
	return func() error {
		_, err := s.users().Replace(s.t.Context(), id, normal, "", nil)
		return err
	}
}

func rolesAre(role string) func(scim.Resource) {
	return func(body scim.Resource) { body["roles"] = []any{map[string]any{"value": role, "primary": true}} }
}

func extensionIs(role string) func(scim.Resource) {
	return func(body scim.Resource) { body[mapping.URNSuger].(map[string]any)["role"] = role }
}

func nothingMapped(scim.Resource) {}

// A request can arrive twice, because its answer can be lost. The second one must not
// treat repeated values as changes and undo the first. If the gateway cannot tell them
// apart, because the first one gave a more powerful role, it answers an error.
func TestRepeatedPut(t *testing.T) {
	for name, carrier := range map[string]func(string) func(scim.Resource){"roles": rolesAre, "extension": extensionIs} {
		for _, role := range []string{"VIEWER", "ADMIN", "Finance", ""} { // lower, higher, custom, empty
			t.Run(name+" "+role, func(t *testing.T) {
				s := newStand(t)
				send := s.oktaPut(s.id("editor"), carrier(role))
				require.NoError(t, send())
				state := s.state("editor")
				assert.NotEqual(t, "EDITOR ACTIVE", state)
				s.suger.ResetCalls()
				for range 3 {
					err := send()
					if role == "ADMIN" {
						assertCode(t, scim.CodeConflictingRoles, err)
						continue
					}
					require.NoError(t, err)
				}
				assert.Equal(t, state, s.state("editor"))
				assert.Zero(t, s.suger.Count("update user"))
			})
		}
	}
}

// Between Okta's GET and its PUT, a pushed group has changed the role. What a client
// claims to have read does not count; two different roles in a request are an error.
func TestPutOfOldData(t *testing.T) {
	tests := []struct {
		name   string
		mapped func(scim.Resource)
		want   string
		code   scim.Code
	}{
		{"no role is mapped", nothingMapped, "VIEWER", ""},
		{"the mapped role is the old role", rolesAre("VIEWER"), "VIEWER", ""},
		{"the mapped role is the old role, in the extension", extensionIs("viewer"), "VIEWER", ""},
		{"the mapped role is the current role", extensionIs("EDITOR"), "EDITOR", scim.CodeConflictingRoles},
		{"the mapped role is a third role", extensionIs("Finance"), "EDITOR", scim.CodeConflictingRoles},
		{"the mapped role is empty", func(body scim.Resource) { body["roles"] = []any{} }, "VIEWER", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			send := s.oktaPut(s.id("viewer"), test.mapped)
			_, err := s.patchGroup("EDITOR", membersOp("add", s.id("viewer")))
			require.NoError(t, err)
			if err = send(); test.code == "" {
				require.NoError(t, err)
			} else {
				assertCode(t, test.code, err)
			}
			assert.Equal(t, test.want+" ACTIVE", s.state("viewer"))
		})
	}
}

// The role that Okta read has been deleted since: it is an unknown role like any
// other, and nothing changes.
func TestPutOfOldDataWithADeletedRole(t *testing.T) {
	s := newStand(t)
	id := s.id("finance")
	send := s.oktaPut(id, func(body scim.Resource) { body["name"] = map[string]any{"givenName": "Dana", "familyName": "Drum"} })
	require.NoError(t, s.deleteGroup(s.roleID("Finance")))
	before, _ := s.suger.User(id)
	assertCode(t, scim.CodeUnknownRole, send())
	after, _ := s.suger.User(id)
	assert.Equal(t, before, after)
}

// An empty attribute asks for the default role. If the user holds that role already,
// it is not a second change next to another one.
func TestEmptiedAttributeWithAChange(t *testing.T) {
	s := newStand(t)
	_, err := s.putUser(s.id("viewer"), person("viewer", `,"roles":[],"`+roleURN+`":"EDITOR"`))
	require.NoError(t, err)
	assert.Equal(t, "EDITOR ACTIVE", s.state("viewer"))
	_, err = s.putUser(s.id("finance"), person("finance", `,"roles":[],"`+roleURN+`":"EDITOR"`))
	assertCode(t, scim.CodeConflictingRoles, err)
}
