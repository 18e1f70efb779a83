package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping/spec"
)

func (s *stand) roleNames() []string {
	var names []string
	for _, r := range s.suger.Roles() {
		names = append(names, r.Name)
	}
	return names
}

var sampleRoles = []string{"ADMIN", "EDITOR", "VIEWER", "Finance", "Deal desk"}

func TestPushedGroupBecomesARole(t *testing.T) {
	s := newStand(t, func(u *setup) {
		u.document = withChanges(t, func(doc *spec.Document) {
			doc.Role.Template = spec.RoleTemplate{Description: "From Okta", Permissions: []any{"offer.read"}}
		})
	})
	group, err := s.postGroup(withMembers("Partner", s.id("viewer"), s.id("editor")))
	require.NoError(t, err)
	assert.Equal(t, "Partner", group["displayName"])
	assert.Equal(t, []string{"viewer"}, memberNames(group), "EDITOR outranks Partner")
	assert.Equal(t, "Partner ACTIVE", s.state("viewer"))
	assert.Equal(t, "EDITOR ACTIVE", s.state("editor"))
	for _, r := range s.suger.Roles() {
		if r.Name == "Partner" {
			assert.Equal(t, sandbox.Role{ID: group.ID(), Name: "Partner", Description: "From Okta", Type: "CUSTOM", Permissions: []string{"offer.read"}}, r)
		}
	}
	read, err := s.getGroup(group.ID())
	require.NoError(t, err)
	assert.Equal(t, group, read)
}

func TestPushedGroupIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*setup)
		group  string
		code   scim.Code
		detail string
	}{
		{"named like a role", func(*setup) {}, "editor", scim.CodeGroupExists,
			`Suger already has a role EDITOR. In Okta, link the group to the existing group "EDITOR" instead of creating one.`},
		{"named like a role's id", func(*setup) {}, "VIEWER", scim.CodeGroupExists, "link the group"},
		{"the group name of a role", func(u *setup) { u.config.GroupRoles = map[string]string{"Suger Editors": "EDITOR"} }, "SUGER EDITORS", scim.CodeGroupExists,
			`Suger already has a role EDITOR (Suger Editors). In Okta, link the group to the existing group "Suger Editors" instead of creating one.`},
		{"creating roles is switched off", func(u *setup) { u.config.CreateRoles = false }, "Partner", scim.CodeRoleCreateRefused,
			`"Partner" is not a Suger role, and this gateway does not create roles. Name the group after a role (ADMIN, EDITOR, Deal desk, Finance, VIEWER), or map its name with GATEWAY_GROUP_ROLES.`},
		{"Suger cannot create roles", withoutOperation(t, "add role"), "Partner", scim.CodeRoleCreateRefused, "map its name with GATEWAY_GROUP_ROLES"},
		{"GATEWAY_GROUP_ROLES names an unknown role", func(u *setup) { u.config.GroupRoles = map[string]string{"Partner": "ADMN"} }, "Partner", scim.CodeRoleCreateRefused,
			`GATEWAY_GROUP_ROLES gives the group "Partner" to a role that Suger does not have.`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t, test.change)
			_, err := s.postGroup(withMembers(test.group, s.id("viewer")))
			assertCode(t, test.code, err)
			assert.ErrorContains(t, err, test.detail)
			assert.Equal(t, sampleRoles, s.roleNames())
			assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))
		})
	}
	t.Run("without a name", func(t *testing.T) {
		s := newStand(t)
		_, err := s.postGroup(`{"members":[]}`)
		assertCode(t, scim.CodeInvalidValue, err)
	})
}

// The answer to creating a role is lost; the role exists once.
func TestCreateRoleWithLostAnswer(t *testing.T) {
	for _, kind := range []sandbox.FaultKind{sandbox.Cut, sandbox.Truncated, sandbox.Empty, sandbox.HTML, sandbox.WrongShape} {
		s := newStand(t)
		s.fault(sandbox.Fault{Operation: "add role", Kind: kind})
		group, err := s.postGroup(withMembers("Partner", s.id("viewer")))
		require.NoError(t, err, kind)
		assert.Equal(t, s.roleID("Partner"), group.ID())
		assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"), "a role without permissions outranks nothing")
		assert.Equal(t, append(append([]string{}, sampleRoles...), "Partner"), s.roleNames())
	}
	for _, kind := range []sandbox.FaultKind{sandbox.Reset, sandbox.Status(503)} {
		s := newStand(t)
		s.fault(sandbox.Fault{Operation: "add role", Kind: kind})
		_, err := s.postGroup(withMembers("Partner", s.id("viewer")))
		assertCode(t, scim.CodeSugerUnavailable, err)
		assert.Equal(t, sampleRoles, s.roleNames())
		assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))
	}
}

func TestConcurrentGroupCreates(t *testing.T) {
	s := newStand(t)
	post := func() error { _, err := s.postGroup(`{"displayName":"Partner"}`); return err }
	failed := 0
	for _, err := range atOnce(t, post, post, post, post) {
		if err != nil {
			assertCode(t, scim.CodeGroupExists, err)
			failed++
		}
	}
	assert.Equal(t, 3, failed)
	assert.Len(t, s.suger.Roles(), 6)
}

// Okta repeats the name with every change, in any letter case.
func TestGroupName(t *testing.T) {
	mapped := func(u *setup) {
		u.config.GroupRoles = map[string]string{"Money People": "Finance", "Suger Admins": "ADMIN"}
	}
	noise := map[string][]string{"Finance": {"Money People", "MONEY PEOPLE", "finance"}, "ADMIN": {"Suger admins", "ADMIN"}, "EDITOR": {"EDITOR", "Editor"}, "Deal desk": {"DEAL DESK"}}
	for role, names := range noise {
		for _, name := range names {
			t.Run(role+" keeps its name if sent as "+name, func(t *testing.T) {
				s := newStand(t, mapped)
				_, err := s.putGroup(s.roleID(role), `{"displayName":"`+name+`"}`)
				require.NoError(t, err)
				_, err = s.patchGroup(s.roleID(role), `{"op":"replace","value":{"id":"`+s.roleID(role)+`","displayName":"`+name+`"}}`)
				require.NoError(t, err)
				assert.Zero(t, s.suger.Count("update role"))
			})
		}
	}
	t.Run("renames a custom role", func(t *testing.T) {
		s := newStand(t)
		id := s.roleID("Finance")
		group, err := s.patchGroup(id, `{"op":"replace","path":"displayName","value":"Money"}`)
		require.NoError(t, err)
		assert.Equal(t, "Money", group["displayName"])
		assert.Equal(t, id, group.ID())
		assert.Equal(t, "Money ACTIVE", s.state("finance"), "its members keep it")
		read, err := s.getGroup(id)
		require.NoError(t, err)
		assert.Equal(t, "Money", read["displayName"])
		_, err = s.patchUser(s.id("viewer"), roleTo("money"))
		require.NoError(t, err)
	})
	refused := []struct {
		name, role, to string
		change         func(*setup)
		code           scim.Code
	}{
		{"a standard role", "EDITOR", "Authors", func(*setup) {}, scim.CodeRoleFixed},
		{"a standard role with a group name", "ADMIN", "Bosses", mapped, scim.CodeRoleFixed},
		{"a role whose name GATEWAY_GROUP_ROLES sets", "Finance", "Money", mapped, scim.CodeRoleFixed},
		{"to the name of another role", "Finance", "deal desk", func(*setup) {}, scim.CodeGroupExists},
		{"to the name of another role's group", "Deal desk", "money people", mapped, scim.CodeGroupExists},
		{"Suger cannot rename roles", "Finance", "Money", withoutOperation(t, "update role"), scim.CodeUnsupported},
	}
	for _, test := range refused {
		t.Run("refused: "+test.name, func(t *testing.T) {
			s := newStand(t, test.change)
			_, err := s.putGroup(s.roleID(test.role), withMembers(test.to, s.id("viewer")))
			assertCode(t, test.code, err)
			assert.Equal(t, sampleRoles, s.roleNames())
			assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"), "the members stay unchanged too")
		})
	}
}

func TestGroupIsDeleted(t *testing.T) {
	t.Run("moves the members to the default role first", func(t *testing.T) {
		s := newStand(t)
		id := s.roleID("Finance")
		s.put("former", id, "INACTIVE") // inactive members are moved too
		s.suger.ResetCalls()
		require.NoError(t, s.deleteGroup(id))
		assert.Equal(t, "VIEWER ACTIVE", s.state("finance"))
		assert.Equal(t, "VIEWER INACTIVE", s.state("former"))
		assert.NotContains(t, s.roleNames(), "Finance")
		calls := s.calls()
		assert.Equal(t, 2, countOf(calls, "update user"))
		assertCode(t, scim.CodeNotFound, s.deleteGroup(id))
		_, err := s.getGroup(id)
		assertCode(t, scim.CodeNotFound, err)
	})
	t.Run("keeps the role if its member cannot be moved", func(t *testing.T) {
		s := newStand(t)
		s.fault(sandbox.Fault{Operation: "update user", Kind: sandbox.Status(400)})
		err := s.deleteGroup(s.roleID("Finance"))
		assertCode(t, scim.CodeSugerRefused, err)
		assert.Contains(t, s.roleNames(), "Finance")
		assert.Equal(t, "Finance ACTIVE", s.state("finance"))
		assert.Zero(t, s.suger.Count("remove role"))
		records := s.audit.take(t)
		require.Len(t, records, 2)
		for _, record := range records {
			assert.Equal(t, []any{"failed", "suger_refused"}, []any{record["outcome"], record["code"]})
		}
	})
	t.Run("keeps the role if one of two members cannot be moved", func(t *testing.T) {
		s := newStand(t, func(u *setup) { u.config.Parallel = 1 })
		id := s.roleID("Finance")
		s.put("viewer", id, "ACTIVE")
		s.fault(sandbox.Fault{Operation: "update user", Kind: sandbox.Status(400), Times: 1})
		err := s.deleteGroup(id)
		assertCode(t, scim.CodePartialGroup, err)
		assert.ErrorContains(t, err, "1 of 2 members could not be changed")
		assert.Zero(t, s.suger.Count("remove role"))
		require.NoError(t, s.deleteGroup(id), "a retry does the rest")
	})
	t.Run("refuses to delete standard roles", func(t *testing.T) {
		s := newStand(t)
		for _, id := range []string{"ADMIN", "EDITOR", "VIEWER"} {
			err := s.deleteGroup(id)
			assertCode(t, scim.CodeRoleFixed, err)
			assert.ErrorContains(t, err, "choose to leave the group in the target app")
		}
		assert.Zero(t, s.suger.Count("update user"))
	})
	t.Run("refuses to delete the default role", func(t *testing.T) {
		s := newStand(t, func(u *setup) { u.config.DefaultRole = "Finance" })
		assertCode(t, scim.CodeRoleFixed, s.deleteGroup(s.roleID("Finance")))
		assert.Equal(t, "Finance ACTIVE", s.state("finance"))
	})
	t.Run("refused if Suger cannot delete roles", func(t *testing.T) {
		s := newStand(t, withoutOperation(t, "remove role"))
		assertCode(t, scim.CodeUnsupported, s.deleteGroup(s.roleID("Finance")))
		assert.Equal(t, "Finance ACTIVE", s.state("finance"))
	})
	t.Run("succeeds if only the answer is lost", func(t *testing.T) {
		s := newStand(t)
		s.fault(sandbox.Fault{Operation: "remove role", Kind: sandbox.Reset, After: true})
		require.NoError(t, s.deleteGroup(s.roleID("Finance")))
		assert.NotContains(t, s.roleNames(), "Finance")
	})
	t.Run("the role can be created again", func(t *testing.T) {
		s := newStand(t)
		require.NoError(t, s.deleteGroup(s.roleID("Finance")))
		group, err := s.postGroup(withMembers("Finance", s.id("viewer")))
		require.NoError(t, err)
		assert.Equal(t, s.roleID("Finance"), group.ID())
		assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"), "a role without permissions outranks nothing")
	})
}
