package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// memberNames returns the sorted mailboxes of a group's members.
func memberNames(group scim.Resource) []string {
	names := []string{}
	members, _ := group["members"].([]any)
	for _, member := range members {
		display, _ := member.(map[string]any)["display"].(string)
		names = append(names, strings.TrimSuffix(display, "@example.com"))
	}
	slices.Sort(names)
	return names
}

func TestGroupResource(t *testing.T) {
	s := newStand(t)
	group, err := s.getGroup("VIEWER")
	require.NoError(t, err)
	delete(group["meta"].(map[string]any), "version")
	assert.Equal(t, scim.Resource{
		"schemas": []any{scim.URNGroup}, "id": "VIEWER", "displayName": "VIEWER", "meta": map[string]any{"resourceType": "Group"},
		"members": []any{
			map[string]any{"value": s.id("viewer"), "display": "viewer@example.com", "type": "User"},
			map[string]any{"value": s.id("Mixed.Case"), "display": "Mixed.Case@example.com", "type": "User"},
			map[string]any{"value": s.id("invited"), "display": "invited@example.com", "type": "User"},
		},
	}, group)
	_, err = s.getGroup("nothing")
	assertCode(t, scim.CodeNotFound, err)
}

// The roles of viewer, editor, finance and admin after a change of members.
func TestGroupMembers(t *testing.T) {
	tests := []struct {
		name, group string
		change      func(s *stand, group string) error
		want        string // of viewer, editor, finance and admin
		writes      int
	}{
		{"add gives the role", "EDITOR", patched("add", "viewer", "finance"), "EDITOR EDITOR EDITOR ADMIN", 2},
		{"add keeps a more powerful role", "Finance", patched("add", "viewer", "editor", "admin"), "Finance EDITOR Finance ADMIN", 1},
		{"add of members changes nothing", "EDITOR", patched("add", "editor"), "VIEWER EDITOR Finance ADMIN", 0},
		{"add to the default role keeps other roles", "VIEWER", patched("add", "editor", "finance", "admin"), "VIEWER EDITOR Finance ADMIN", 0},
		{"remove gives the default role", "EDITOR", patched("remove", "editor"), "VIEWER VIEWER Finance ADMIN", 1},
		{"remove from a custom role gives the default role", "Finance", patched("remove", "finance"), "VIEWER EDITOR VIEWER ADMIN", 1},
		{"remove of users who are not members changes nothing", "EDITOR", patched("remove", "viewer", "finance"), "VIEWER EDITOR Finance ADMIN", 0},
		{"remove from the default role changes nothing", "VIEWER", patched("remove", "viewer"), "VIEWER EDITOR Finance ADMIN", 0},
		{"replace writes the difference", "EDITOR", patched("replace", "viewer", "former"), "EDITOR VIEWER Finance ADMIN", 2},
		{"replace by the same list changes nothing", "Finance", patched("replace", "finance"), "VIEWER EDITOR Finance ADMIN", 0},
		{"PUT with members replaces them", "Finance", func(s *stand, group string) error {
			_, err := s.putGroup(group, withMembers("Finance", s.id("viewer")))
			return err
		}, "Finance EDITOR VIEWER ADMIN", 2},
		{"PUT without members keeps them", "Finance", func(s *stand, group string) error {
			_, err := s.putGroup(group, `{"displayName":"Finance"}`)
			return err
		}, "VIEWER EDITOR Finance ADMIN", 0},
		{"PUT with an empty list removes all", "Finance", func(s *stand, group string) error {
			_, err := s.putGroup(group, withMembers("Finance"))
			return err
		}, "VIEWER EDITOR VIEWER ADMIN", 1},
		{"remove without a value removes all", "Finance", func(s *stand, group string) error {
			_, err := s.patchGroup(group, `{"op":"remove","path":"members"}`)
			return err
		}, "VIEWER EDITOR VIEWER ADMIN", 1},
		{"remove by filter", "EDITOR", func(s *stand, group string) error {
			_, err := s.patchGroup(group, fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, s.id("editor")))
			return err
		}, "VIEWER VIEWER Finance ADMIN", 1},
		{"replace without a path", "EDITOR", func(s *stand, group string) error {
			_, err := s.patchGroup(group, `{"op":"replace","value":{"displayName":"EDITOR","members":`+membersJSON(s.id("viewer"), s.id("editor"))+`}}`)
			return err
		}, "EDITOR EDITOR Finance ADMIN", 2},
		{"add and remove in one request", "EDITOR", func(s *stand, group string) error {
			_, err := s.patchGroup(group, membersOp("add", s.id("viewer"))+","+membersOp("remove", s.id("viewer"), s.id("editor")))
			return err
		}, "VIEWER VIEWER Finance ADMIN", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			group := s.roleID(test.group)
			for range 2 { // a repeat changes nothing
				require.NoError(t, test.change(s, group))
				var roles []string
				for _, mailbox := range []string{"viewer", "editor", "finance", "admin"} {
					roles = append(roles, strings.Fields(s.state(mailbox))[0])
				}
				assert.Equal(t, test.want, strings.Join(roles, " "))
				assert.Equal(t, test.writes, s.suger.Count("update user"))
			}
			group1, err := s.getGroup(group)
			require.NoError(t, err)
			assert.Equal(t, s.holders(test.group), memberNames(group1), "a read shows the same members")
		})
	}
}

// A request without a list of members removes no one: only an empty list removes
// everyone (null and absent are the same, RFC 7643 section 2.5).
func TestMembersThatAreNull(t *testing.T) {
	const urn = "urn:ietf:params:scim:schemas:core:2.0:Group"
	for _, body := range []string{
		`{"displayName":"EDITOR"}`,
		`{"displayName":"EDITOR","members":null}`,
		`{"displayName":"EDITOR","Members":null}`,
		`{"displayName":"EDITOR","members":""}`,
		`{"displayName":"EDITOR","` + urn + `:members":null}`,
		`{"` + urn + `":{"displayName":"EDITOR","members":null}}`,
	} {
		t.Run("PUT "+body, func(t *testing.T) {
			s := newStand(t)
			before := s.suger.Users()
			group, err := s.putGroup("EDITOR", body)
			require.NoError(t, err)
			assert.NotEmpty(t, memberNames(group))
			assert.Equal(t, before, s.suger.Users())
		})
	}
	for operation, refused := range map[string]bool{
		`{"op":"replace","path":"members","value":null}`:                               true,
		`{"op":"replace","path":"members","value":""}`:                                 true,
		`{"op":"replace","value":{"members":null}}`:                                    true,
		`{"op":"replace","value":{"displayName":"EDITOR","` + urn + `:members":null}}`: true,
		`{"op":"add","path":"members","value":null}`:                                   false,
		`{"op":"add","value":{"members":null}}`:                                        false,
	} {
		t.Run("PATCH "+operation, func(t *testing.T) {
			s := newStand(t)
			before := s.suger.Users()
			_, err := s.patchGroup("EDITOR", operation)
			if refused {
				assertCode(t, scim.CodeInvalidValue, err)
			} else {
				require.NoError(t, err)
			}
			assert.Equal(t, before, s.suger.Users())
		})
	}
}

// patched returns a PATCH that changes the members with these mailboxes.
func patched(op string, mailboxes ...string) func(s *stand, group string) error {
	return func(s *stand, group string) error {
		ids := make([]string, len(mailboxes))
		for i, mailbox := range mailboxes {
			ids[i] = s.id(mailbox)
		}
		_, err := s.patchGroup(group, membersOp(op, ids...))
		return err
	}
}

// holders returns the sorted mailboxes of the users who hold a role in Suger.
func (s *stand) holders(role string) []string {
	names := []string{}
	for _, user := range s.suger.Users() {
		if s.roleName(user.Role) == role {
			names = append(names, strings.TrimSuffix(user.Email, "@example.com"))
		}
	}
	slices.Sort(names)
	return names
}

// Okta can send two groups in either order; the more powerful one wins.
func TestOrderOfGroupsDoesNotMatter(t *testing.T) {
	groups := []string{"EDITOR", "Finance", "Deal desk", "VIEWER"}
	for _, first := range groups {
		for _, second := range groups {
			results := map[string]bool{}
			for _, order := range [][]string{{first, second}, {second, first}} {
				s := newStand(t)
				id := s.put("nova", "VIEWER", "ACTIVE").ID
				for _, group := range order {
					_, err := s.patchGroup(s.roleID(group), membersOp("add", id))
					require.NoError(t, err)
				}
				results[s.state("nova")] = true
			}
			assert.Len(t, results, 1, "%s and %s", first, second)
		}
	}
}

// A change of 1000 members of whom 3 differ reads the list, makes 3 writes, and reads
// the list again to confirm them.
func TestGroupChangeWritesOnlyDifferences(t *testing.T) {
	s := newStand(t, func(u *setup) { u.sandbox.People = 2500 })
	var members, strangers []string
	for _, user := range s.suger.Users() {
		switch {
		case user.Role == "EDITOR" && len(members) < 997:
			members = append(members, user.ID)
		case user.Role == "VIEWER" && len(members) < 990:
			user.Role = "EDITOR"
			s.suger.PutUser(user)
			members = append(members, user.ID)
		case user.Role == "VIEWER" && len(strangers) < 3:
			strangers = append(strangers, user.ID)
		}
	}
	require.Len(t, members, 997)
	_, err := s.patchGroup("EDITOR", membersOp("add", append(members, strangers...)...))
	require.NoError(t, err)
	const pages = 3 // of 1000 users
	calls := s.calls()
	assert.Len(t, calls, pages+3+pages)
	assert.Equal(t, 3, countOf(calls, "update user"))

	t.Run("a repeat only reads the list", func(t *testing.T) {
		s.clock.Advance(2 * time.Second)
		_, err := s.patchGroup("EDITOR", membersOp("add", append(members, strangers...)...))
		require.NoError(t, err)
		assert.Equal(t, []string{"list users", "list users", "list users"}, s.calls())
	})
}

func countOf(calls []string, operation string) int {
	count := 0
	for _, call := range calls {
		if call == operation {
			count++
		}
	}
	return count
}
