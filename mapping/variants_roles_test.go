package mapping_test

import (
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
)

// held returns the names of all roles that the sample user holds in Suger.
func (s *stand) held(mailbox string) string {
	s.t.Helper()
	user, ok := s.suger.UserByEmail(mailbox + "@example.com")
	require.True(s.t, ok, "there is no %s", mailbox)
	names := []string{}
	for _, id := range append([]string{user.Role}, user.OtherRoles...) {
		if id != "" {
			names = append(names, s.roleName(id))
		}
	}
	sort.Strings(names)
	return strings.Join(names, " and ")
}

// groupID returns the id of the group with this name, found as a client finds it.
func (s *stand) groupID(name string) string {
	s.t.Helper()
	list, err := s.listGroups(`displayName eq "` + name + `"`)
	require.NoError(s.t, err)
	require.Equal(s.t, 1, list.TotalResults)
	return list.Resources[0].ID()
}

// membersIn returns the mailboxes of a group's members in their order.
func membersIn(t *testing.T, r scim.Resource) string {
	t.Helper()
	names := []string{}
	members, _ := r["members"].([]any)
	for _, member := range members {
		display, _ := member.(map[string]any)["display"].(string)
		names = append(names, strings.TrimSuffix(display, "@example.com"))
	}
	return strings.Join(names, " ")
}

func TestVariantChangesTheRoleByEachAttribute(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		editor, deals := s.groupID("EDITOR"), s.groupID("Deal desk")
		tests := []struct {
			name     string
			act      func(id string) error
			one, any string // the roles held afterwards if users hold one, or any number
		}{
			{"roles, object", func(id string) error {
				_, err := s.patchUser(id, `{"op":"replace","path":"roles","value":[{"value":"`+editor+`"}]}`)
				return err
			}, "EDITOR", "EDITOR"},
			{"roles, name in another letter case", func(id string) error {
				_, err := s.patchUser(id, `{"op":"replace","value":{"roles":["deal DESK"]}}`)
				return err
			}, "Deal desk", "Deal desk"},
			{"roles, several", func(id string) error {
				_, err := s.patchUser(id, `{"op":"replace","value":{"roles":["VIEWER","`+deals+`","EDITOR"]}}`)
				return err
			}, "EDITOR", "Deal desk and EDITOR and VIEWER"},
			{"roles, repeated", func(id string) error {
				s.calls()
				_, err := s.patchUser(id, `{"op":"replace","value":{"roles":["VIEWER","`+deals+`","EDITOR"]}}`)
				for _, call := range s.calls() {
					assert.Contains(t, "get user, list users, list roles", call, "only reads")
				}
				return err
			}, "EDITOR", "Deal desk and EDITOR and VIEWER"},
			{"extension", func(id string) error {
				_, err := s.patchUser(id, roleTo("Finance"))
				return err
			}, "Finance", "Finance"},
			{"group of a lower role", func(id string) error {
				_, err := s.patchGroup(s.groupID("VIEWER"), membersOp("add", id))
				return err
			}, "Finance", "Finance and VIEWER"},
			{"group of a higher role", func(id string) error {
				_, err := s.patchGroup(editor, membersOp("add", id))
				return err
			}, "EDITOR", "EDITOR and Finance and VIEWER"},
			{"removal from a group", func(id string) error {
				_, err := s.patchGroup(editor, `{"op":"remove","path":"members[value eq \"`+id+`\"]"}`)
				return err
			}, "VIEWER", "Finance and VIEWER"},
			{"removal from a group of which the user is not a member", func(id string) error {
				_, err := s.patchGroup(editor, `{"op":"remove","path":"members[value eq \"`+id+`\"]"}`)
				return err
			}, "VIEWER", "Finance and VIEWER"},
			{"PUT without a role", func(id string) error {
				_, err := s.putUser(id, `{"userName":"viewer@example.com","name":{"givenName":"Cedar","familyName":"Compass"}}`)
				return err
			}, "VIEWER", "Finance and VIEWER"},
			{"roles, empty", func(id string) error {
				_, err := s.patchUser(id, `{"op":"replace","value":{"roles":[]}}`)
				return err
			}, "VIEWER", "VIEWER"},
		}
		for _, test := range tests {
			require.NoError(t, test.act(s.id("viewer")), test.name)
			want := test.one
			if v.many {
				want = test.any
			}
			assert.Equal(t, want, s.held("viewer"), test.name)
		}
	})
}

func TestVariantShowsAllRolesOfAUser(t *testing.T) {
	for _, v := range variants {
		if !v.many {
			continue
		}
		s := v.stand(t)
		finance := s.roleID("Finance")
		s.suger.PutUser(sandbox.User{Email: "viewer@example.com", Role: finance, OtherRoles: []string{"EDITOR"}})
		got, err := s.getUser(s.id("viewer"))
		require.NoError(t, err)
		assert.Equal(t, []any{
			map[string]any{"value": finance, "display": "Finance", "type": "suger", "primary": false},
			map[string]any{"value": "EDITOR", "display": "EDITOR", "type": "suger", "primary": true},
		}, got["roles"])
		assert.Equal(t, "EDITOR", extension(got)["role"], "the extension shows the most powerful role")
	}
}

func TestVariantShowsRolesAsGroups(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		list, err := s.listGroups("")
		require.NoError(t, err)
		got := make(map[string]string)
		for _, r := range list.Resources {
			got[r["displayName"].(string)] = membersIn(t, r)
		}
		assert.Equal(t, map[string]string{
			"ADMIN": "admin", "EDITOR": "editor former", "VIEWER": "viewer Mixed.Case invited", "Finance": "finance", "Deal desk": "deals",
		}, got)
		group, err := s.getGroup(s.groupID("Finance"))
		require.NoError(t, err)
		assert.Equal(t, "finance", membersIn(t, group))
	})
}

func TestVariantReplacesMembers(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		id := s.groupID("EDITOR")
		group, err := s.putGroup(id, withMembers("EDITOR", s.id("viewer"), s.id("finance")))
		require.NoError(t, err)
		assert.Equal(t, "viewer finance", membersIn(t, group))
		want := map[string]string{"viewer": "EDITOR", "finance": "EDITOR", "editor": "VIEWER", "former": "VIEWER"}
		if v.many {
			want = map[string]string{"viewer": "EDITOR and VIEWER", "finance": "EDITOR and Finance", "editor": "", "former": ""}
		}
		for mailbox, roles := range want {
			assert.Equal(t, roles, s.held(mailbox), mailbox)
		}
		s.calls()
		_, err = s.putGroup(id, withMembers("EDITOR", s.id("viewer"), s.id("finance")))
		require.NoError(t, err)
		for _, call := range s.calls() {
			assert.Contains(t, call, "list ", "only lists are read")
		}
	})
}

func TestVariantWritesRolesOrRefuses(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		group, err := s.postGroup(withMembers("Partners", s.id("viewer")))
		finance := s.groupID("Finance")
		if v.fixedRoles {
			assertCode(t, scim.CodeRoleCreateRefused, err)
			_, err = s.patchGroup(finance, `{"op":"replace","path":"displayName","value":"Money"}`)
			assertCode(t, scim.CodeUnsupported, err)
			assertCode(t, scim.CodeUnsupported, s.deleteGroup(finance))
			assert.Equal(t, "Finance", s.held("finance"), "the role keeps its name and member")
			return
		}
		require.NoError(t, err)
		assert.Equal(t, v.pushed, s.held("viewer"))
		_, err = s.postGroup(withMembers("partners"))
		assertCode(t, scim.CodeGroupExists, err)

		renamed, err := s.patchGroup(finance, `{"op":"replace","path":"displayName","value":"Money"}`)
		require.NoError(t, err)
		assert.Equal(t, "Money", renamed["displayName"])
		for _, r := range s.suger.Roles() {
			switch r.ID {
			case finance:
				assert.Equal(t, sandbox.Role{ID: finance, Name: "Money", Description: "Invoices and revenue.", Type: "CUSTOM", Permissions: []string{"billing.read", "billing.write"}}, r, "only the name changes")
			case group.ID():
				assert.Equal(t, sandbox.Role{ID: group.ID(), Name: "Partners", Description: "Created from Okta", Type: "CUSTOM", Permissions: []string{}}, r)
			}
		}
		require.NoError(t, s.deleteGroup(finance))
		want := map[bool]string{false: "VIEWER", true: ""}[v.many]
		assert.Equal(t, want, s.held("finance"))
		assertCode(t, scim.CodeNotFound, s.deleteGroup(finance))
		assertCode(t, scim.CodeRoleFixed, s.deleteGroup("EDITOR"))
	})
}

func TestVariantGuardsTheLastAdministrator(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		admin, editor := s.id("admin"), s.id("editor")
		acts := map[string]func() error{
			"deactivation": func() error { _, err := s.patchUser(admin, deactivation); return err },
			"demotion":     func() error { _, err := s.patchUser(admin, roleTo("EDITOR")); return err },
			"removal":      func() error { return s.deleteUser(admin) },
			"group":        func() error { _, err := s.putGroup("ADMIN", withMembers("ADMIN")); return err },
		}
		for name, act := range acts {
			var refused *scim.Error
			require.ErrorAs(t, act(), &refused, name)
			assert.Equal(t, scim.CodeLastAdmin, refused.Code, name)
		}
		assert.Equal(t, "ADMIN ACTIVE", s.state("admin"))

		group, err := s.putGroup("ADMIN", withMembers("ADMIN", editor))
		require.NoError(t, err)
		assert.Equal(t, "editor", membersIn(t, group), "one change can replace the administrator")
	})
}
