package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// What the gateway does if Suger lacks an operation.
func TestMissingOperations(t *testing.T) {
	tests := []struct {
		name   string
		remove func(*spec.Document)
		act    func(t *testing.T, s *stand)
	}{
		{"without get user, a user is found in the list", func(d *spec.Document) { d.Operations.GetUser = nil }, func(t *testing.T, s *stand) {
			id := s.id("viewer")
			got, err := s.getUser(id)
			require.NoError(t, err)
			assert.Equal(t, "viewer@example.com", got["userName"])
			_, err = s.getUser("nobody")
			assertCode(t, scim.CodeNotFound, err)
			_, err = s.patchUser(id, roleTo("EDITOR"))
			require.NoError(t, err)
			_, err = s.patchUser(id, deactivation)
			require.NoError(t, err)
			assert.Equal(t, "EDITOR INACTIVE", s.state("viewer"))
			require.NoError(t, s.deleteUser(id))
			assert.Equal(t, 0, s.suger.Count("get user"))
		}},
		{"without list roles, only the known roles exist", func(d *spec.Document) {
			o := &d.Operations
			o.ListRoles, o.AddRole, o.UpdateRole, o.RemoveRole = nil, nil, nil, nil
		}, func(t *testing.T, s *stand) {
			list, err := s.listGroups("")
			require.NoError(t, err)
			names := map[string]string{}
			for _, r := range list.Resources {
				names[r["displayName"].(string)] = membersIn(t, r)
			}
			assert.Equal(t, map[string]string{"ADMIN": "admin", "EDITOR": "editor former", "VIEWER": "viewer Mixed.Case invited"}, names)
			got, err := s.getUser(s.id("finance"))
			require.NoError(t, err)
			assert.Equal(t, s.roleID("Finance"), extension(got)["role"], "an unlisted role is shown by its id")
			_, err = s.patchUser(s.id("finance"), `{"op":"replace","path":"name.givenName","value":"Dunes"}`)
			require.NoError(t, err)
			assert.Equal(t, "Finance", s.held("finance"), "the unlisted role is kept")
			_, err = s.patchUser(s.id("viewer"), roleTo("EDITOR"))
			require.NoError(t, err)
			_, err = s.patchUser(s.id("viewer"), roleTo("Finance"))
			assertCode(t, scim.CodeUnknownRole, err)
			_, err = s.postGroup(withMembers("Partners"))
			assertCode(t, scim.CodeRoleCreateRefused, err)
			assert.Equal(t, 0, s.suger.Count("list roles"))
		}},
		{"without update role, a rename is answered 501", func(d *spec.Document) { d.Operations.UpdateRole = nil }, func(t *testing.T, s *stand) {
			_, err := s.putGroup(s.roleID("Finance"), withMembers("Money", s.id("finance")))
			assertCode(t, scim.CodeUnsupported, err)
			_, err = s.putGroup(s.roleID("Finance"), withMembers("Finance", s.id("finance")))
			assert.NoError(t, err, "the current name is not a rename")
		}},
		{"without remove user, a removal is answered 501 but a deactivation works", func(d *spec.Document) {
			d.Operations.RemoveUser = nil
		}, func(t *testing.T, s *stand) {
			assertCode(t, scim.CodeUnsupported, s.deleteUser(s.id("viewer")))
			_, err := s.patchUser(s.id("viewer"), deactivation)
			require.NoError(t, err)
			assert.Equal(t, "VIEWER INACTIVE", s.state("viewer"))
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.act(t, newStand(t, func(s *setup) { s.document = withChanges(t, test.remove) }))
		})
	}
}

// The mapping decides how access ends: if records lack the mapped status, a
// deactivation does not become a removal, and it is an error because no read can
// confirm it.
func TestMappingDecidesHowAccessEnds(t *testing.T) {
	text := []byte(replaced(t, sourceOf(t, "status"), "  field: status\n", "  field: state\n"))
	document, err := spec.Parse("state.yaml", text)
	require.NoError(t, err)
	s := newStand(t, func(s *setup) { s.document = document })
	_, err = s.patchUser(s.id("viewer"), deactivation)
	assertCode(t, scim.CodeWriteUnconfirmed, err)
	assert.Zero(t, s.suger.Count("remove user"))
	assert.Positive(t, s.observed.count("drift get user: state"))
}
