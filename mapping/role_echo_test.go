package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// okta makes Okta's PUT: what it has read, with a mapped attribute replaced.
// send sends it, any number of times.
func (s *stand) okta(id string, lay func(body scim.Resource)) (send func() error) {
	s.t.Helper()
	body, err := s.getUser(id)
	require.NoError(s.t, err)
	lay(body)
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

// A request may arrive twice, because its answer can be lost; the second must not
// treat repeated values as changes and undo the first. If that cannot be
// distinguished, because the first gave a more powerful role, it is an error.
func TestPutThatComesTwice(t *testing.T) {
	for name, carrier := range map[string]func(string) func(scim.Resource){"roles": rolesAre, "extension": extensionIs} {
		for _, role := range []string{"VIEWER", "ADMIN", "Finance", ""} { // less, more, custom, emptied
			t.Run(name+" "+role, func(t *testing.T) {
				s := newStand(t)
				send := s.okta(s.id("editor"), carrier(role))
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

// Between Okta's GET and its PUT, a pushed group has changed the role. What a
// client claims to have read does not count; two different roles in a request
// are an error.
func TestPutOfAnOldAnswer(t *testing.T) {
	tests := []struct {
		name   string
		mapped func(scim.Resource)
		want   string
		code   scim.Code
	}{
		{"no role is mapped", nothingMapped, "VIEWER", ""},
		{"the mapped role was so before", rolesAre("VIEWER"), "VIEWER", ""},
		{"the mapped role was so before, by the extension", extensionIs("viewer"), "VIEWER", ""},
		{"the mapped role is so now", extensionIs("EDITOR"), "EDITOR", scim.CodeConflictingRoles},
		{"the mapped role is another", extensionIs("Finance"), "EDITOR", scim.CodeConflictingRoles},
		{"the mapped role is empty", func(body scim.Resource) { body["roles"] = []any{} }, "VIEWER", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			send := s.okta(s.id("viewer"), test.mapped)
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

// The role that Okta had read has been deleted since: it is as unknown as any
// other, and nothing is changed.
func TestPutOfAnOldAnswerWithADeletedRole(t *testing.T) {
	s := newStand(t)
	id := s.id("finance")
	send := s.okta(id, func(body scim.Resource) { body["name"] = map[string]any{"givenName": "Dana", "familyName": "Drum"} })
	require.NoError(t, s.deleteGroup(s.roleID("Finance")))
	before, _ := s.suger.User(id)
	assertCode(t, scim.CodeUnknownRole, send())
	after, _ := s.suger.User(id)
	assert.Equal(t, before, after)
}

// An emptied attribute asks for the default role, which is no second change beside
// another one if that role is held anyway.
func TestEmptiedCarrierBesideAChange(t *testing.T) {
	s := newStand(t)
	_, err := s.putUser(s.id("viewer"), person("viewer", `,"roles":[],"`+roleURN+`":"EDITOR"`))
	require.NoError(t, err)
	assert.Equal(t, "EDITOR ACTIVE", s.state("viewer"))
	_, err = s.putUser(s.id("finance"), person("finance", `,"roles":[],"`+roleURN+`":"EDITOR"`))
	assertCode(t, scim.CodeConflictingRoles, err)
}
