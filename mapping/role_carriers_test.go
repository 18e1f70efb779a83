package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

const roleURN = mapping.URNSuger + ":role"

// withIDs replaces FINANCE in a body by the id of the role Finance, which the sandbox
// generates.
func (s *stand) withIDs(body string) string {
	return strings.ReplaceAll(body, "FINANCE", s.roleID("Finance"))
}

// The forms in which clients send a role, and the resulting role of a user who is an
// EDITOR.
func TestRoleForms(t *testing.T) {
	tests := []struct {
		name string
		put  string // attributes after userName
		want string
		code scim.Code // "" if the request succeeds
	}{
		{"roles as a string", `"roles":"ADMIN"`, "ADMIN", ""},
		{"roles as a list of strings", `"roles":["ADMIN"]`, "ADMIN", ""},
		{"roles as an object", `"roles":{"value":"ADMIN"}`, "ADMIN", ""},
		{"roles as a list of objects", `"roles":[{"value":"ADMIN","primary":true}]`, "ADMIN", ""},
		{"the extension, nested", `"` + mapping.URNSuger + `":{"role":"VIEWER"}`, "VIEWER", ""},
		{"the extension, by a dotted URN", `"` + roleURN + `":"VIEWER"`, "VIEWER", ""},
		{"another letter case", `"roles":["viewer"]`, "VIEWER", ""},
		{"a custom role by name", `"roles":["finance"]`, "Finance", ""},
		{"a custom role by id", `"roles":["FINANCE"]`, "Finance", ""},
		{"the highest of several", `"roles":["VIEWER","FINANCE","EDITOR"]`, "EDITOR", ""},
		{"the highest of several, in any order", `"roles":["FINANCE","VIEWER"]`, "Finance", ""},
		{"the same role twice", `"roles":["VIEWER","viewer"]`, "VIEWER", ""},
		{"no role in the body keeps the role", `"displayName":"Basalt Beacon"`, "EDITOR", ""},
		{"an empty extension keeps the role", `"` + mapping.URNSuger + `":{}`, "EDITOR", ""},
		{"an empty list is the default role", `"roles":[]`, "VIEWER", ""},
		{"null is the default role", `"roles":null`, "VIEWER", ""},
		{"an empty string is the default role", `"roles":""`, "VIEWER", ""},
		{"an object without a value is invalid", `"roles":[{"primary":true}]`, "EDITOR", scim.CodeInvalidValue},
		{"an empty extension role is the default role", `"` + roleURN + `":""`, "VIEWER", ""},
		{"the same change twice", `"roles":["ADMIN"],"` + roleURN + `":"admin"`, "ADMIN", ""},
		{"roles repeats, the extension changes", `"roles":[{"value":"EDITOR","display":"EDITOR"}],"` + roleURN + `":"VIEWER"`, "VIEWER", ""},
		{"the extension repeats, roles changes", `"roles":["VIEWER"],"` + roleURN + `":"EDITOR"`, "VIEWER", ""},
		{"both repeat the role", `"roles":["EDITOR"],"` + roleURN + `":"editor"`, "EDITOR", ""},
		{"two different changes", `"roles":["VIEWER"],"` + roleURN + `":"ADMIN"`, "EDITOR", scim.CodeConflictingRoles},
		{"an unknown role", `"roles":["OWNER"]`, "EDITOR", scim.CodeUnknownRole},
		{"an unknown role among others", `"roles":["OWNER","ADMIN"]`, "EDITOR", scim.CodeUnknownRole},
		{"groups do not change the role", `"groups":[{"value":"ADMIN"}]`, "EDITOR", ""},
	}
	for _, test := range tests {
		t.Run("PUT, "+test.name, func(t *testing.T) {
			s := newStand(t)
			after, err := s.putUser(s.id("editor"), s.withIDs(`{"userName":"editor@example.com",`+test.put+`}`))
			assert.Equal(t, test.want+" ACTIVE", s.state("editor"))
			if test.code != "" {
				assertCode(t, test.code, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, after[mapping.URNSuger].(map[string]any)["role"], "the answer shows the role")
		})
	}
}

func TestRolePatches(t *testing.T) {
	tests := []struct {
		name       string
		operations string
		want       string
	}{
		{"replace roles", `{"op":"replace","path":"roles","value":[{"value":"FINANCE"}]}`, "Finance"},
		{"replace roles without a path", `{"op":"replace","value":{"roles":["VIEWER"]}}`, "VIEWER"},
		{"replace the value of the primary role", `{"op":"replace","path":"roles[primary eq true].value","value":"VIEWER"}`, "VIEWER"},
		{"replace the value by type", `{"op":"replace","path":"roles[type eq \"suger\"].value","value":"ADMIN"}`, "ADMIN"},
		{"add a higher role", `{"op":"add","path":"roles","value":[{"value":"ADMIN"}]}`, "ADMIN"},
		{"add a lower role", `{"op":"add","path":"roles","value":[{"value":"VIEWER"}]}`, "EDITOR"},
		{"remove by filter", `{"op":"remove","path":"roles[value eq \"EDITOR\"]"}`, "VIEWER"},
		{"remove a role that the user does not hold", `{"op":"remove","path":"roles[value eq \"ADMIN\"]"}`, "EDITOR"},
		{"remove all", `{"op":"remove","path":"roles"}`, "VIEWER"},
		{"replace the extension by path", `{"op":"replace","path":"` + roleURN + `","value":"ADMIN"}`, "ADMIN"},
		{"replace the extension without a path", `{"op":"replace","value":{"` + mapping.URNSuger + `":{"role":"ADMIN"}}}`, "ADMIN"},
		{"remove the extension's role", `{"op":"remove","path":"` + roleURN + `"}`, "VIEWER"},
		{"remove one role and add another", `{"op":"remove","path":"roles[value eq \"EDITOR\"]"},{"op":"add","path":"roles","value":[{"value":"FINANCE"}]}`, "Finance"},
		{"another attribute", `{"op":"replace","path":"name.givenName","value":"Basil"}`, "EDITOR"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			_, err := s.patchUser(s.id("editor"), s.withIDs(test.operations))
			require.NoError(t, err)
			assert.Equal(t, test.want+" ACTIVE", s.state("editor"))
		})
	}
}

func TestRoleOfNewUser(t *testing.T) {
	tests := []struct {
		name, more, want string
		code             scim.Code
	}{
		{"no role is the default role", ``, "VIEWER", ""},
		{"an empty list is the default role", `,"roles":[]`, "VIEWER", ""},
		{"roles", `,"roles":["EDITOR"]`, "EDITOR", ""},
		{"the extension", `,"` + roleURN + `":"Deal desk"`, "Deal desk", ""},
		{"roles and extension are equal", `,"roles":["EDITOR"],"` + roleURN + `":"EDITOR"`, "EDITOR", ""},
		{"roles and extension differ", `,"roles":["EDITOR"],"` + roleURN + `":"VIEWER"`, "", scim.CodeConflictingRoles},
		{"an unknown role", `,"roles":["OWNER"]`, "", scim.CodeUnknownRole},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			_, err := s.postUser(person("nova", test.more))
			if test.code != "" {
				assertCode(t, test.code, err)
				assert.Equal(t, "absent", s.state("nova"))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want+" INVITED", s.state("nova"))
		})
	}
}

func TestUnknownRoleListsTheValidOnes(t *testing.T) {
	s := newStand(t, func(u *setup) { u.config.GroupRoles = map[string]string{"Money people": "Finance"} })
	_, err := s.patchUser(s.id("viewer"), roleTo("OWNER"))
	var e *scim.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, `Suger has no role "OWNER". Its roles are: ADMIN, EDITOR, Deal desk, Finance (Money people), VIEWER.`, e.Detail)
}

func TestRoleIsFoundByGroupName(t *testing.T) {
	s := newStand(t, func(u *setup) {
		u.config.GroupRoles = map[string]string{"Suger Editors": "editor", "Money People": "Finance"}
	})
	for word, want := range map[string]string{"suger editors": "EDITOR", "money people": "Finance"} {
		_, err := s.patchUser(s.id("viewer"), roleTo(word))
		require.NoError(t, err)
		assert.Equal(t, want+" ACTIVE", s.state("viewer"))
	}
}

func TestAmbiguousRoleNameIsRefused(t *testing.T) {
	s := newStand(t)
	s.suger.PutRole(sandbox.Role{ID: "f2", Name: "FINANCE"})
	before := s.state("viewer")
	_, err := s.patchUser(s.id("viewer"), roleTo("finance"))
	assertCode(t, scim.CodeAmbiguousRole, err)
	assert.Equal(t, before, s.state("viewer"))

	t.Run("accepts the id instead", func(t *testing.T) {
		_, err := s.patchUser(s.id("viewer"), roleTo("f2"))
		require.NoError(t, err)
		assert.Equal(t, "FINANCE ACTIVE", s.state("viewer"))
	})
	t.Run("repeating the answer changes nothing", func(t *testing.T) {
		user, err := s.getUser(s.id("viewer"))
		require.NoError(t, err)
		role := user[mapping.URNSuger].(map[string]any)["role"]
		assert.Equal(t, "f2", role, "the answer has no ambiguous name")
		_, err = s.putUser(s.id("viewer"), fmt.Sprintf(`{"userName":"viewer@example.com",%q:%q}`, roleURN, role))
		require.NoError(t, err)
		assert.Equal(t, "FINANCE ACTIVE", s.state("viewer"))
	})
}

// A role that is not in the list of roles is shown as Suger writes it; repeating it is
// not a change.
func TestUnlistedRole(t *testing.T) {
	s := newStand(t)
	s.put("viewer", "r-gone", "ACTIVE")
	user, err := s.getUser(s.id("viewer"))
	require.NoError(t, err)
	assert.Equal(t, []any{map[string]any{"value": "r-gone", "display": "r-gone", "type": "suger", "primary": true}}, user["roles"])
	_, err = s.putUser(s.id("viewer"), person("viewer", `,"roles":["r-gone"],"`+roleURN+`":"r-gone"`))
	require.NoError(t, err)
	assert.Equal(t, "r-gone ACTIVE", s.state("viewer"))
	_, err = s.putUser(s.id("viewer"), person("viewer", `,"roles":["r-gone"],"`+roleURN+`":"EDITOR"`))
	require.NoError(t, err)
	assert.Equal(t, "EDITOR ACTIVE", s.state("viewer"))
}

func TestDefaultRole(t *testing.T) {
	t.Run("a custom role by name", func(t *testing.T) {
		s := newStand(t, func(u *setup) { u.config.DefaultRole = "deal desk" })
		_, err := s.postUser(person("nova", ""))
		require.NoError(t, err)
		assert.Equal(t, "Deal desk INVITED", s.state("nova"))
	})
	t.Run("an unknown role", func(t *testing.T) {
		s := newStand(t, func(u *setup) { u.config.DefaultRole = "Guests" })
		_, err := s.postUser(person("nova", ""))
		assertCode(t, scim.CodeUnknownRole, err)
		assert.Equal(t, "absent", s.state("nova"))
	})
	t.Run("an administrator role by its group name", func(t *testing.T) {
		s := newStand(t, func(u *setup) {
			u.config.GroupRoles, u.config.DefaultRole = map[string]string{"Suger Admins": "ADMIN"}, "Suger Admins"
		})
		_, err := s.postUser(person("nova", ""))
		assertCode(t, scim.CodeAdminGrant, err)
		assert.Equal(t, "absent", s.state("nova"))
	})
}
