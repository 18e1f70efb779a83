package mapping_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// groupNames returns the names of all groups by id.
func (a *actor) groupNames() map[string]string {
	a.t.Helper()
	list, err := a.listGroups("")
	require.NoError(a.t, err)
	names := make(map[string]string)
	for _, group := range resourcesOf(list) {
		names[group.ID()], _ = group["displayName"].(string)
	}
	return names
}

// listedRoles makes Suger answer these roles.
func (s *stand) listedRoles(body string) {
	s.t.Helper()
	s.fault(sandbox.Fault{Operation: "list roles", Kind: sandbox.Literal, Body: body})
}

func TestCatalogueIsLive(t *testing.T) {
	s := newStand(t)
	assert.Equal(t, map[string]string{
		"ADMIN": "ADMIN", "EDITOR": "EDITOR", "VIEWER": "VIEWER",
		s.roleID("Finance"): "Finance", s.roleID("Deal desk"): "Deal desk",
	}, s.groupNames())

	s.suger.PutRole(sandbox.Role{ID: "p1", Name: "Partner", Permissions: []string{"offer.read"}})
	s.clock.Advance(11 * time.Second)
	assert.Equal(t, "Partner", s.groupNames()["p1"], "a role made in Suger's console")
}

func TestCatalogueFallsBack(t *testing.T) {
	standard := map[string]string{"ADMIN": "ADMIN", "EDITOR": "EDITOR", "VIEWER": "VIEWER"}
	t.Run("if Suger lists none", func(t *testing.T) {
		s := newStand(t)
		s.listedRoles(`[]`)
		assert.Equal(t, standard, s.groupNames())
	})
	t.Run("if the mapping has no list", func(t *testing.T) {
		s := newStand(t, withoutOperation(t, "list roles"))
		assert.Equal(t, standard, s.groupNames())
		_, err := s.patchUser(s.id("viewer"), roleTo("EDITOR"))
		require.NoError(t, err)
		assert.Equal(t, "EDITOR ACTIVE", s.state("viewer"))
	})
	t.Run("by name, if the mapping knows no ids", func(t *testing.T) {
		s := newStand(t, func(u *setup) {
			u.document = withChanges(t, func(doc *spec.Document) {
				for i := range doc.Role.Known {
					doc.Role.Known[i].ID = nil
				}
			})
		})
		s.listedRoles(`[]`)
		assert.Equal(t, standard, s.groupNames())
		s.put("second", "ADMIN", "ACTIVE")
		_, err := s.patchUser(s.id("second"), deactivation)
		require.NoError(t, err)
		_, err = s.patchUser(s.id("admin"), deactivation)
		assertCode(t, scim.CodeLastAdmin, err)
	})
	t.Run("for the standard roles if Suger lists custom ones only", func(t *testing.T) {
		s := newStand(t)
		s.listedRoles(`[{"id":"f1","name":"Finance","type":"CUSTOM"}]`)
		names := s.groupNames()
		assert.Equal(t, "Finance", names["f1"])
		assert.Equal(t, "ADMIN", names["ADMIN"])
		assert.Len(t, names, 4)
	})
}

// If Suger lists only its custom roles, an administrator still ranks first.
func TestStandardRolesRankThoughNotListed(t *testing.T) {
	s := newStand(t)
	finance := s.roleID("Finance")
	s.listedRoles(`[{"id":"` + finance + `","name":"Finance"},{"id":"` + s.roleID("Deal desk") + `","name":"Deal desk"}]`)
	_, err := s.patchGroup(finance, membersOp("add", s.id("admin"), s.id("deals"), s.id("editor")))
	require.NoError(t, err)
	assert.Equal(t, "ADMIN ACTIVE", s.state("admin"))
	assert.Equal(t, "EDITOR ACTIVE", s.state("editor"))
	assert.Equal(t, "Deal desk ACTIVE", s.state("deals"), "of custom roles the first by name")
}

// An administrator role is one by its name, too, if its id is not the mapping's.
func TestAdministratorRoleWithAnotherID(t *testing.T) {
	s := newStand(t, func(u *setup) { u.config.AllowAdminGrant = false })
	s.suger.PutRole(sandbox.Role{ID: "r1", Name: "Admin"})
	s.listedRoles(`[{"id":"r1","name":"Admin"},{"id":"EDITOR","name":"EDITOR"},{"id":"VIEWER","name":"VIEWER"}]`)
	_, err := s.patchUser(s.id("viewer"), roleTo("r1"))
	assertCode(t, scim.CodeAdminGrant, err)
	assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))
}

// A role that another replica has just created does not count as unknown: the
// user who holds it keeps it.
func TestRoleMadeByAnotherReplica(t *testing.T) {
	s := newStand(t)
	s.groupNames() // the cached list does not have the role
	s.suger.PutRole(sandbox.Role{ID: "p1", Name: "Partner", Permissions: []string{"offer.read"}})
	s.put("viewer", "p1", "ACTIVE")
	s.clock.Advance(2 * time.Second)

	t.Run("it is shown by name", func(t *testing.T) {
		user, err := s.getUser(s.id("viewer"))
		require.NoError(t, err)
		assert.Equal(t, "Partner", user[mapping.URNSuger].(map[string]any)["role"])
	})
	t.Run("it ranks above VIEWER", func(t *testing.T) {
		_, err := s.patchGroup("VIEWER", membersOp("add", s.id("viewer")))
		require.NoError(t, err)
		assert.Equal(t, "Partner ACTIVE", s.state("viewer"))
	})
	t.Run("it can be given by name", func(t *testing.T) {
		s.suger.PutRole(sandbox.Role{ID: "q1", Name: "Quality", Permissions: []string{"offer.read"}})
		s.clock.Advance(2 * time.Second)
		_, err := s.patchUser(s.id("editor"), roleTo("quality"))
		require.NoError(t, err)
		assert.Equal(t, "Quality ACTIVE", s.state("editor"))
	})
}

func TestGroupNamesOfRoles(t *testing.T) {
	s := newStand(t, func(u *setup) {
		u.config.GroupRoles = map[string]string{"Suger Admins": "admin", "Money People": "finance"}
	})
	names := s.groupNames()
	assert.Equal(t, "Suger Admins", names["ADMIN"])
	assert.Equal(t, "Money People", names[s.roleID("Finance")])
	assert.Equal(t, "EDITOR", names["EDITOR"])

	list, err := s.listGroups(`displayName eq "suger admins"`)
	require.NoError(t, err)
	require.Len(t, list.Resources, 1)
	assert.Equal(t, "ADMIN", list.Resources[0].ID())

	user, err := s.getUser(s.id("admin"))
	require.NoError(t, err)
	assert.Equal(t, []any{map[string]any{"value": "ADMIN", "display": "Suger Admins"}}, user["groups"])
	assert.Equal(t, []any{map[string]any{"value": "ADMIN", "display": "ADMIN", "type": "suger", "primary": true}}, user["roles"])
}

func TestRolesOfEntitlementDiscovery(t *testing.T) {
	s := newStand(t)
	roles := s.service.Roles(s.caller)
	list, err := roles.List(t.Context(), s.query(s.service.RoleType(), ""))
	require.NoError(t, err)
	assert.Len(t, list.Resources, 5)
	one, err := resourceOf(roles.Get(t.Context(), s.roleID("Finance"), nil))
	require.NoError(t, err)
	assert.Equal(t, "Finance", one["displayName"])
	assert.Equal(t, "Invoices and revenue.", one["description"])
	_, err = roles.Get(t.Context(), "nothing", nil)
	assertCode(t, scim.CodeNotFound, err)
}

func TestConfigOfRolesIsChecked(t *testing.T) {
	tests := []struct {
		name    string
		config  mapping.Config
		problem string
	}{
		{"two groups for one role", mapping.Config{GroupRoles: map[string]string{"A": "EDITOR", "B": "editor"}},
			`GATEWAY_GROUP_ROLES: "A" and "B" both name role "editor"; a role has one group name`},
		{"a group with the name of another role", mapping.Config{GroupRoles: map[string]string{"admin": "EDITOR"}},
			`GATEWAY_GROUP_ROLES: group "admin" has the name of another role`},
		{"a group without a role", mapping.Config{GroupRoles: map[string]string{"A": ""}},
			`GATEWAY_GROUP_ROLES: a group name or role is empty`},
		{"administrators by default", mapping.Config{DefaultRole: "admin"},
			`GATEWAY_DEFAULT_ROLE: "admin" is an administrator role; everybody without a role would get it`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := mapping.New(mapping.DefaultDocument(), nil, test.config)
			require.Error(t, err)
			assert.Equal(t, test.problem, err.Error())
		})
	}
	t.Run("all problems at once", func(t *testing.T) {
		_, err := mapping.New(mapping.DefaultDocument(), nil, mapping.Config{
			DefaultRole: "ADMIN", GroupRoles: map[string]string{"A": "", "viewer": "EDITOR"},
		})
		require.Error(t, err)
		assert.Contains(t, err.Error(), "GATEWAY_DEFAULT_ROLE")
		assert.Contains(t, err.Error(), "is empty")
		assert.Contains(t, err.Error(), "another role")
	})
	t.Run("a role's own name is no problem", func(t *testing.T) {
		_, err := mapping.New(mapping.DefaultDocument(), nil, mapping.Config{GroupRoles: map[string]string{"Editor": "EDITOR"}})
		assert.NoError(t, err)
	})
}
