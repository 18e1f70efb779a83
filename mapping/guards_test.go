package mapping_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// attacks lists the ways in which a request can remove a user's access or role.
func attacks(s *stand) map[string]func(id string) error {
	return map[string]func(id string) error{
		"PATCH active": func(id string) error { _, err := s.patchUser(id, deactivation); return err },
		"PUT active": func(id string) error {
			user, err := s.getUser(id)
			require.NoError(s.t, err)
			user["active"] = false
			_, err = s.users().Replace(s.t.Context(), id, user, "", nil)
			return err
		},
		"DELETE": func(id string) error { return s.deleteUser(id) },
		"roles": func(id string) error {
			_, err := s.patchUser(id, `{"op":"replace","path":"roles","value":["VIEWER"]}`)
			return err
		},
		"roles removed": func(id string) error { _, err := s.patchUser(id, `{"op":"remove","path":"roles"}`); return err },
		"extension":     func(id string) error { _, err := s.patchUser(id, roleTo("VIEWER")); return err },
		"group PATCH":   func(id string) error { _, err := s.patchGroup("ADMIN", membersOp("remove", id)); return err },
		"group PATCH, filter": func(id string) error {
			_, err := s.patchGroup("ADMIN", fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, id))
			return err
		},
		"group PATCH, all":     func(string) error { _, err := s.patchGroup("ADMIN", `{"op":"remove","path":"members"}`); return err },
		"group PATCH, replace": func(string) error { _, err := s.patchGroup("ADMIN", membersOp("replace")); return err },
		"group PUT":            func(string) error { _, err := s.putGroup("ADMIN", withMembers("ADMIN")); return err },
	}
}

func TestLastAdministratorStays(t *testing.T) {
	others := map[string]func(*stand){
		"no other administrator":                    func(*stand) {},
		"other administrator is invited":            func(s *stand) { s.put("second", "ADMIN", "INVITED") },
		"other administrator is inactive":           func(s *stand) { s.put("second", "ADMIN", "INACTIVE") },
		"other administrator has an unknown status": func(s *stand) { s.put("second", "ADMIN", "SUSPENDED") },
	}
	for situation, prepare := range others {
		for attack := range attacks(nil) {
			t.Run(situation+", "+attack, func(t *testing.T) {
				s := newStand(t)
				prepare(s)
				_, err := s.listUsers("") // the cached list must not decide
				require.NoError(t, err)
				err = attacks(s)[attack](s.id("admin"))
				require.Error(t, err)
				assert.Equal(t, "ADMIN ACTIVE", s.state("admin"))
				assert.Positive(t, s.observed.count("refused last_admin"))
			})
		}
	}
	for attack := range attacks(nil) {
		t.Run("allowed with a second administrator, "+attack, func(t *testing.T) {
			s := newStand(t)
			s.put("second", "ADMIN", "ACTIVE")
			err := attacks(s)[attack](s.id("admin"))
			if s.state("second") == "ADMIN ACTIVE" && s.state("admin") != "ADMIN ACTIVE" {
				require.NoError(t, err)
				return
			}
			assertCode(t, scim.CodeLastAdmin, err) // the attack removed both
			assert.Equal(t, "ADMIN ACTIVE", s.state("admin"))
		})
	}
}

// The cached list still has a second administrator, who has just been removed. The
// guard reads a new list.
func TestLastAdministratorNeedsFreshData(t *testing.T) {
	for _, gone := range []string{"EDITOR ACTIVE", "ADMIN INACTIVE"} {
		s := newStand(t)
		s.put("second", "ADMIN", "ACTIVE")
		_, err := s.listUsers("")
		require.NoError(t, err)
		var role, status string
		_, err = fmt.Sscan(gone, &role, &status)
		require.NoError(t, err)
		s.put("second", role, status)
		_, err = s.patchUser(s.id("admin"), deactivation)
		assertCode(t, scim.CodeLastAdmin, err)
	}
}

// When a group replaces one administrator by another, the new one is added before the
// old one is removed.
func TestLastAdministratorIsReplaced(t *testing.T) {
	s := newStand(t)
	_, err := s.putGroup("ADMIN", withMembers("ADMIN", s.id("editor")))
	require.NoError(t, err)
	assert.Equal(t, "VIEWER ACTIVE", s.state("admin"))
	assert.Equal(t, "ADMIN ACTIVE", s.state("editor"))

	t.Run("an invited user cannot be the replacement", func(t *testing.T) {
		_, err := s.putGroup("ADMIN", withMembers("ADMIN", s.id("invited")))
		require.Error(t, err)
		assert.Equal(t, "ADMIN ACTIVE", s.state("editor"))
	})
}

// A group change that would remove all administrators changes no one.
func TestGroupChangeOfAllAdministrators(t *testing.T) {
	s := newStand(t)
	s.put("second", "ADMIN", "ACTIVE")
	s.put("third", "ADMIN", "INVITED")
	_, err := s.putGroup("ADMIN", withMembers("ADMIN"))
	assertCode(t, scim.CodeLastAdmin, err)
	assert.Zero(t, s.suger.Count("update user"))
}

func TestProtectedUsersStay(t *testing.T) {
	protect := func(u *setup) { u.config.ProtectedUsers = []string{"Admin@Example.com", "glass@example.com"} }
	for attack := range attacks(nil) {
		t.Run(attack, func(t *testing.T) {
			s := newStand(t, protect)
			s.put("second", "ADMIN", "ACTIVE")
			err := attacks(s)[attack](s.id("admin"))
			assert.Equal(t, "ADMIN ACTIVE", s.state("admin"))
			switch attack {
			case "group PATCH, all", "group PATCH, replace", "group PUT": // the group keeps the protected user without an error
				require.NoError(t, err)
				assert.Equal(t, "VIEWER ACTIVE", s.state("second"))
				assert.Contains(t, s.log.String(), "protected user stays in a group that no longer lists them")
			default:
				assertCode(t, scim.CodeProtectedUser, err)
				assert.Equal(t, 1, s.observed.count("refused protected_user"))
			}
		})
	}
	tests := map[string]func(s *stand) error{
		"name": func(s *stand) error {
			_, err := s.patchUser(s.id("admin"), `{"op":"replace","path":"name.givenName","value":"X"}`)
			return err
		},
		"address": func(s *stand) error {
			_, err := s.patchUser(s.id("admin"), `{"op":"replace","path":"userName","value":"x@example.com"}`)
			return err
		},
		"removal from a group by id, next to Okta's usual rename": func(s *stand) error {
			s.put("second", "ADMIN", "ACTIVE")
			_, err := s.patchGroup("ADMIN", `{"op":"replace","value":{"id":"ADMIN","displayName":"ADMIN"}},`+
				`{"op":"remove","path":"members[value eq \"`+s.id("admin")+`\"]"}`)
			return err
		},
		"create": func(s *stand) error { _, err := s.postUser(person("glass", "")); return err },
		"return by create": func(s *stand) error {
			s.put("glass", "VIEWER", "INACTIVE")
			_, err := s.postUser(person("glass", ""))
			return err
		},
		"another user takes the address": func(s *stand) error {
			_, err := s.patchUser(s.id("viewer"), `{"op":"replace","path":"userName","value":"GLASS@example.com"}`)
			return err
		},
		"new role by a group": func(s *stand) error {
			s.put("glass", "VIEWER", "ACTIVE")
			_, err := s.patchGroup("EDITOR", membersOp("add", s.id("glass")))
			return err
		},
		"deleting the role": func(s *stand) error {
			s.put("glass", s.roleID("Finance"), "ACTIVE")
			s.put("finance", "VIEWER", "ACTIVE")
			return s.deleteGroup(s.roleID("Finance"))
		},
	}
	for name, attack := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, protect)
			assertCode(t, scim.CodeProtectedUser, attack(s))
			assert.Zero(t, s.suger.Count("update user")+s.suger.Count("add user")+s.suger.Count("remove role"))
		})
	}
	t.Run("reads and repeated values are allowed", func(t *testing.T) {
		s := newStand(t, protect)
		user, err := s.getUser(s.id("admin"))
		require.NoError(t, err)
		_, err = s.users().Replace(t.Context(), user.ID(), user, "", nil)
		require.NoError(t, err, "repeated values change nothing")
	})
}

func TestAdminGrantIsRefused(t *testing.T) {
	refuse := func(u *setup) { u.config.AllowAdminGrant = false }
	tests := map[string]func(s *stand) error{
		"roles": func(s *stand) error {
			_, err := s.patchUser(s.id("viewer"), `{"op":"add","path":"roles","value":["admin"]}`)
			return err
		},
		"extension": func(s *stand) error { _, err := s.patchUser(s.id("viewer"), roleTo("ADMIN")); return err },
		"PUT": func(s *stand) error {
			_, err := s.putUser(s.id("viewer"), person("viewer", `,"roles":["ADMIN"]`))
			return err
		},
		"group PATCH": func(s *stand) error { _, err := s.patchGroup("ADMIN", membersOp("add", s.id("viewer"))); return err },
		"group PUT": func(s *stand) error {
			_, err := s.putGroup("ADMIN", withMembers("ADMIN", s.id("admin"), s.id("viewer")))
			return err
		},
		"create":         func(s *stand) error { _, err := s.postUser(person("nova", `,"roles":["ADMIN"]`)); return err },
		"return":         func(s *stand) error { _, err := s.postUser(person("former", `,"roles":["ADMIN"]`)); return err },
		"while inactive": func(s *stand) error { _, err := s.patchUser(s.id("former"), roleTo("ADMIN")); return err },
		"reactivation": func(s *stand) error {
			s.put("former", "ADMIN", "INACTIVE")
			_, err := s.patchUser(s.id("former"), reactivation)
			return err
		},
		"return by create": func(s *stand) error {
			s.put("former", "ADMIN", "INACTIVE")
			_, err := s.postUser(person("former", `,"roles":["ADMIN"]`))
			return err
		},
		"new address for an administrator's account": func(s *stand) error {
			_, err := s.patchUser(s.id("admin"), `{"op":"replace","path":"userName","value":"other@example.com"}`)
			return err
		},
	}
	for name, attack := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, refuse)
			assertCode(t, scim.CodeAdminGrant, attack(s))
			assert.Equal(t, 1, s.observed.count("refused admin_grant"))
			administrators := 0
			for _, user := range s.suger.Users() {
				if user.Role == "ADMIN" && user.Status != "INACTIVE" {
					assert.Equal(t, "admin@example.com", user.Email)
					administrators++
				}
			}
			assert.Equal(t, 1, administrators)
		})
	}
	t.Run("an administrator can keep the role", func(t *testing.T) {
		s := newStand(t, refuse)
		_, err := s.putUser(s.id("admin"), `{"userName":"admin@example.com","name":{"givenName":"Ambrosia","familyName":"Anchor"},"roles":["ADMIN"]}`)
		require.NoError(t, err)
		assert.Equal(t, "ADMIN ACTIVE", s.state("admin"))
	})
	t.Run("a former administrator returns with the default role", func(t *testing.T) {
		s := newStand(t, refuse)
		s.put("former", "ADMIN", "INACTIVE")
		_, err := s.postUser(person("former", ""))
		require.NoError(t, err)
		assert.Equal(t, "VIEWER ACTIVE", s.state("former"))
	})
	t.Run("no role can get the administrator role's name", func(t *testing.T) {
		s := newStand(t, refuse)
		_, err := s.postGroup(withMembers("admin", s.id("viewer")))
		assertCode(t, scim.CodeGroupExists, err)
		_, err = s.putGroup(s.roleID("Finance"), `{"displayName":"Admin"}`)
		assertCode(t, scim.CodeGroupExists, err)
	})
}

// Every refusal of a guard is reported to the Observer and audited.
func TestRefusalIsRecorded(t *testing.T) {
	s := newStand(t)
	id := s.id("admin")
	_, err := s.patchUser(id, deactivation)
	assertCode(t, scim.CodeLastAdmin, err)
	records := s.audit.take(t)
	require.Len(t, records, 1)
	assert.Equal(t, "refused", records[0]["outcome"])
	assert.Equal(t, "last_admin", records[0]["code"])
	assert.Equal(t, id, records[0]["id"])
	require.Len(t, s.observed.changes, 1)
	assert.Equal(t, mapping.Change{
		Time: s.clock.Now(), RequestID: "request-1", Credential: records[0]["credential"].(string), Organization: "sandboxed",
		UserID: id, User: "admin@example.com", What: "deactivate user",
		Before: map[string]string{"active": "true"}, After: map[string]string{"active": "false"},
		Outcome: "refused", Code: "last_admin",
	}, s.observed.changes[0])
}

// The first attempt of a repeated call can take effect after a later change.
func TestRepeatedCallMayTakeEffectLate(t *testing.T) {
	s := newStand(t)
	_, err := s.patchUser(s.id("editor"), roleTo("ADMIN"))
	require.NoError(t, err)
	s.fault(sandbox.Fault{Operation: "update user", Kind: sandbox.Status(504), Times: 1})
	for _, role := range []string{"VIEWER", "ADMIN"} {
		_, err := s.patchUser(s.id("editor"), roleTo(role))
		require.NoError(t, err)
	}
	_, err = s.patchUser(s.id("admin"), roleTo("VIEWER"))
	assertCode(t, scim.CodeLastAdmin, err)
	s.clock.Advance(11 * time.Minute)
	_, err = s.patchUser(s.id("admin"), roleTo("VIEWER"))
	require.NoError(t, err)
}
