package mapping_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// newMemberStand starts a stand with the default mapping and the contract that it
// describes: one list without pages, no status, and access ends by removal.
func newMemberStand(t *testing.T, changes ...func(*setup)) *stand {
	t.Helper()
	return newStand(t, append([]func(*setup){func(u *setup) {
		u.document, u.sandbox.Contract = mapping.DefaultDocument(), "membership"
	}}, changes...)...)
}

// Suger's calls for common requests with the default mapping.
const (
	oneList    = "list users"
	addsOne    = "list users, add user, list users"
	updatesOne = "list users, update user, list users"
	removesOne = "list users, remove user, list users"
)

// globalID returns the id that Suger has for a person, a member or not.
func (s *stand) globalID(email string) string {
	s.t.Helper()
	user, ok := s.suger.GlobalUser(email)
	require.True(s.t, ok, "Suger does not know %s", email)
	return user.ID
}

// leaver removes the sample user with this mailbox and returns the user's id.
func (s *stand) leaver(mailbox string) string {
	s.t.Helper()
	id := s.id(mailbox)
	s.suger.RemoveUser(id)
	return id
}

// fullName returns the name that Suger has for the user with this mailbox.
func (s *stand) fullName(mailbox string) string {
	user, _ := s.suger.GlobalUser(mailbox + "@example.com")
	return user.FirstName + " " + user.LastName
}

// The result of each of Okta's requests about a user, with Suger's calls for it.
func TestMembership(t *testing.T) {
	tests := []struct {
		name    string
		mailbox string
		do      func(s *stand) (scim.Resource, error)
		calls   string
		state   string // of the user afterwards
		names   string // of the user afterwards, "" if not checked
	}{
		{"assign a new user", "nova", func(s *stand) (scim.Resource, error) {
			made, err := s.postUser(person("nova", `,"roles":["EDITOR"]`))
			require.NoError(s.t, err)
			assert.Equal(s.t, s.id("nova"), made.ID())
			read, err := s.getUser(made.ID())
			assert.Equal(s.t, read, made)
			return made, err
		}, addsOne, "EDITOR ACTIVE", "Iris Sample"},
		{"assign a user whom Suger knows with other names", "elsewhere", func(s *stand) (scim.Resource, error) {
			id := s.globalID("elsewhere@example.com")
			made, err := s.postUser(person("elsewhere", ""))
			require.NoError(s.t, err)
			assert.Equal(s.t, id, made.ID())
			assert.Equal(s.t, "Iris Sample", made["displayName"])
			return made, nil
		}, "list users, add user, update user, list users", "VIEWER ACTIVE", "Iris Sample"},
		{"assign a user whom Suger knows without names", "elsewhere", func(s *stand) (scim.Resource, error) {
			return s.postUser(`{"userName":"Elsewhere@example.com"}`)
		}, addsOne, "VIEWER ACTIVE", "Ivory Inkwell"},
		{"assign an existing member", "viewer", func(s *stand) (scim.Resource, error) {
			_, err := s.postUser(person("VIEWER", `,"roles":["ADMIN"]`))
			assertCode(s.t, scim.CodeUserExists, err)
			return nil, nil
		}, oneList, "VIEWER ACTIVE", "Cedar Compass"},
		{"role by the attribute", "viewer", func(s *stand) (scim.Resource, error) {
			return s.patchUser(s.id("viewer"), roleTo("EDITOR"))
		}, updatesOne, "EDITOR ACTIVE", "Cedar Compass"},
		{"role by a group", "viewer", func(s *stand) (scim.Resource, error) {
			return s.patchGroup("EDITOR", membersOp("add", s.id("viewer"), s.id("editor")))
		}, updatesOne, "EDITOR ACTIVE", ""},
		{"custom role by a group", "viewer", func(s *stand) (scim.Resource, error) {
			return s.putGroup(s.roleID("Finance"), withMembers("Finance", s.id("viewer"), s.id("finance")))
		}, "list users, list roles, update user, list users", "Finance ACTIVE", ""},
		{"names", "viewer", func(s *stand) (scim.Resource, error) {
			return s.putUser(s.id("viewer"), person("viewer", ""))
		}, updatesOne, "VIEWER ACTIVE", "Iris Sample"},
		{"no change", "viewer", func(s *stand) (scim.Resource, error) {
			return s.putUser(s.id("viewer"), `{"userName":"viewer@example.com","active":true}`)
		}, oneList, "VIEWER ACTIVE", ""},
		{"deactivate by PATCH", "viewer", func(s *stand) (scim.Resource, error) {
			after, err := s.patchUser(s.id("viewer"), deactivation)
			require.NoError(s.t, err)
			assert.Equal(s.t, []any{false, "viewer@example.com"}, []any{after["active"], after["userName"]})
			return after, nil
		}, removesOne, "absent", "Cedar Compass"},
		{"deactivate by PUT with other invalid values", "viewer", func(s *stand) (scim.Resource, error) {
			id := s.id("viewer")
			after, err := s.putUser(id, `{"userName":"viewer@example.com","active":false,"roles":["OWNER"]}`)
			require.NoError(s.t, err)
			assert.Equal(s.t, []any{false, id}, []any{after["active"], after.ID()})
			return after, nil
		}, removesOne, "absent", ""},
		{"deleted", "viewer", func(s *stand) (scim.Resource, error) { return nil, s.deleteUser(s.id("viewer")) }, removesOne, "absent", ""},
		{"deactivate again by PATCH", "viewer", func(s *stand) (scim.Resource, error) {
			after, err := s.patchUser(s.leaver("viewer"), deactivation)
			require.NoError(s.t, err)
			assert.Nil(s.t, after, "no user to show")
			records := s.audit.take(s.t)
			require.Len(s.t, records, 1)
			assert.Equal(s.t, "already left", records[0]["outcome"])
			return nil, nil
		}, "list users, get user", "absent", ""},
		{"deactivate again by PUT", "viewer", func(s *stand) (scim.Resource, error) {
			id := s.leaver("viewer")
			after, err := s.putUser(id, person("viewer", `,"active":false,"externalId":"00u1"`))
			require.NoError(s.t, err)
			assert.Equal(s.t, []any{id, false, "viewer@example.com", "00u1"}, []any{after.ID(), after["active"], after["userName"], after["externalId"]})
			assert.NotContains(s.t, after, mapping.URNSuger)
			return after, nil
		}, "list users, get user", "absent", "Cedar Compass"},
		{"deactivate an id that Suger never had", "viewer", func(s *stand) (scim.Resource, error) {
			_, err := s.patchUser("nobody", deactivation)
			assertCode(s.t, scim.CodeNotFound, err)
			return nil, nil
		}, "list users, get user, get user", "VIEWER ACTIVE", ""},
		{"read a user who has left", "viewer", func(s *stand) (scim.Resource, error) {
			_, err := s.getUser(s.leaver("viewer"))
			assertCode(s.t, scim.CodeNotFound, err)
			return nil, nil
		}, oneList, "absent", ""},
		{"delete a user who has left", "viewer", func(s *stand) (scim.Resource, error) {
			assertCode(s.t, scim.CodeNotFound, s.deleteUser(s.leaver("viewer")))
			return nil, nil
		}, "list users, get user", "absent", ""},
		{"return by POST", "editor", func(s *stand) (scim.Resource, error) {
			id := s.leaver("editor")
			back, err := s.postUser(`{"userName":"editor@example.com"}`)
			require.NoError(s.t, err)
			assert.Equal(s.t, []any{id, true}, []any{back.ID(), back["active"]})
			return back, nil
		}, addsOne, "VIEWER ACTIVE", "Basalt Beacon"},
		{"return by PATCH", "editor", func(s *stand) (scim.Resource, error) {
			id := s.leaver("editor")
			back, err := s.patchUser(id, reactivation)
			require.NoError(s.t, err)
			assert.Equal(s.t, []any{id, true}, []any{back.ID(), back["active"]})
			return back, nil
		}, "list users, get user, add user, list users", "VIEWER ACTIVE", "Basalt Beacon"},
		{"return by PUT", "editor", func(s *stand) (scim.Resource, error) {
			id := s.leaver("editor")
			back, err := s.putUser(id, person("editor", `,"active":true,"roles":["EDITOR"]`))
			require.NoError(s.t, err)
			assert.Equal(s.t, id, back.ID())
			return back, nil
		}, "list users, get user, add user, update user, list users", "EDITOR ACTIVE", "Iris Sample"},
		{"change of address", "viewer", func(s *stand) (scim.Resource, error) {
			_, err := s.putUser(s.id("viewer"), person("cedar", ""))
			assertCode(s.t, scim.CodeMutability, err)
			return nil, nil
		}, oneList, "VIEWER ACTIVE", "Cedar Compass"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newMemberStand(t)
			_, err := test.do(s)
			require.NoError(t, err)
			assert.Equal(t, test.calls, strings.Join(s.calls(), ", "))
			assert.Equal(t, test.state, s.state(test.mailbox))
			if test.names != "" {
				assert.Equal(t, test.names, s.fullName(test.mailbox))
			}
		})
	}
}

// A return by id requires certainty that this is the person who left; otherwise the id
// is unknown.
func TestReturnByIDIsRefused(t *testing.T) {
	tests := []struct {
		name string
		do   func(s *stand) error
	}{
		{"with another address", func(s *stand) error {
			_, err := s.putUser(s.leaver("viewer"), person("nova", `,"active":true`))
			return err
		}},
		{"in a foreign domain", func(s *stand) error {
			_, err := s.patchUser(s.globalID("partner@"+sandbox.SecondDomain), reactivation)
			return err
		}},
		{"in a foreign domain, with other invalid values", func(s *stand) error {
			_, err := s.putUser(s.globalID("partner@"+sandbox.SecondDomain), `{"active":true}`)
			return err
		}},
		{"with an id that Suger does not have", func(s *stand) error { _, err := s.patchUser("nobody", reactivation); return err }},
		{"with an id that is not valid in a path", func(s *stand) error { _, err := s.patchUser("..", reactivation); return err }},
		{"without active", func(s *stand) error {
			_, err := s.patchUser(s.leaver("viewer"), roleTo("EDITOR"))
			return err
		}},
		{"with an address that now has another id", func(s *stand) error {
			s.fault(sandbox.Fault{Operation: "get user", Kind: sandbox.Literal, Body: `{"id":"x","email":"viewer@example.com"}`})
			_, err := s.patchUser("x", reactivation)
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newMemberStand(t)
			before := s.suger.Users()
			err := test.do(s)
			assertCode(t, scim.CodeNotFound, err)
			for _, call := range s.suger.Calls() {
				assert.Equal(t, http.MethodGet, call.Method)
			}
			assert.Subset(t, before, s.suger.Users())
		})
	}
}

// Values that are too long for Suger's columns are refused before any write.
func TestTooLongValues(t *testing.T) {
	long := strings.Repeat("é", 31)
	tests := map[string]func(s *stand) error{
		"given name of a new user": func(s *stand) error {
			_, err := s.postUser(`{"userName":"nova@example.com","name":{"givenName":"` + long + `"}}`)
			return err
		},
		"family name": func(s *stand) error {
			_, err := s.patchUser(s.id("viewer"), `{"op":"replace","path":"name.familyName","value":"`+long+`"}`)
			return err
		},
		"address": func(s *stand) error {
			_, err := s.postUser(person(strings.Repeat("n", 100), ""))
			return err
		},
		"role name": func(s *stand) error {
			_, err := s.postGroup(withMembers(strings.Repeat("r", 51), s.id("viewer")))
			return err
		},
	}
	for name, do := range tests {
		t.Run(name, func(t *testing.T) {
			s := newMemberStand(t)
			err := do(s)
			assertCode(t, scim.CodeInvalidValue, err)
			assert.ErrorContains(t, err, "characters that Suger allows")
			for _, call := range s.suger.Calls() {
				assert.Equal(t, http.MethodGet, call.Method)
			}
		})
	}
	t.Run("the longest allowed value is accepted", func(t *testing.T) {
		s := newMemberStand(t)
		_, err := s.postUser(`{"userName":"nova@example.com","name":{"givenName":"` + strings.Repeat("é", 30) + `"}}`)
		require.NoError(t, err)
	})
}

// A Suger that offers only what it documents, the list of users: reads work, and each
// write reports what Suger answered.
func TestSugerThatOnlyLists(t *testing.T) {
	s := newMemberStand(t, func(u *setup) { u.sandbox.Contract = "documented" })
	before := s.suger.Users()
	t.Run("reads", func(t *testing.T) {
		require.NoError(t, found(1, s.find)("viewer"))
		got, err := s.getUser(s.id("viewer"))
		require.NoError(t, err)
		assert.Equal(t, "VIEWER", extension(got)["role"])
		all, err := s.listUsers("")
		require.NoError(t, err)
		assert.Equal(t, len(before), all.TotalResults)
		groups, err := s.listGroups("")
		require.NoError(t, err)
		assert.Equal(t, 3, groups.TotalResults, "the known roles")
		group, err := s.getGroup("EDITOR")
		require.NoError(t, err)
		assert.Equal(t, s.holders("EDITOR"), memberNames(group))
	})
	t.Run("a refused credential cannot read groups", func(t *testing.T) {
		stranger := s.as(func(c *mapping.Caller) { c.Credential = "made-up-" + standKey })
		projection, err := scim.ParseProjection(s.service.GroupType(), "", "members")
		require.NoError(t, err)
		_, err = stranger.groups().List(t.Context(), &scim.Query{Count: 10, Projection: projection})
		assertCode(t, scim.CodeTokenRefused, err)
	})
	writes := map[string]func() error{
		"assignment":   func() error { _, err := s.postUser(person("nova", "")); return err },
		"deactivation": func() error { _, err := s.patchUser(s.id("viewer"), deactivation); return err },
		"deletion":     func() error { return s.deleteUser(s.id("viewer")) },
		"role":         func() error { _, err := s.patchUser(s.id("viewer"), roleTo("EDITOR")); return err },
		"name":         func() error { _, err := s.putUser(s.id("viewer"), person("viewer", "")); return err },
		"group member": func() error { _, err := s.patchGroup("EDITOR", membersOp("add", s.id("viewer"))); return err },
		"group":        func() error { _, err := s.postGroup(withMembers("Partner")); return err },
	}
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			err := write()
			assertCode(t, scim.CodeUnsupported, err)
			want := `Suger answered "not found" to `
			switch name {
			case "assignment":
				want = "Suger does not have the call"
			case "group":
				want = "Suger does not give its list of roles"
			}
			assert.ErrorContains(t, err, want)
			assert.Equal(t, before, s.suger.Users())
		})
	}
}

// If Suger does not allow a call, the error says that the call does not exist.
func TestCallThatSugerDoesNotAllow(t *testing.T) {
	s := newMemberStand(t)
	s.fault(sandbox.Fault{Operation: "remove user", Kind: "405"})
	err := s.deleteUser(s.id("viewer"))
	assertCode(t, scim.CodeUnsupported, err)
	assert.ErrorContains(t, err, `Suger does not have the call "remove user" of the mapping`)
}

// Where adding takes two calls, the user is a member once both are made.
func TestTwoStepAdds(t *testing.T) {
	twostep := func(t *testing.T) *stand {
		return newStand(t, func(u *setup) { u.document, u.sandbox.Contract = mappingOf(t, "twostep"), "twostep" })
	}
	t.Run("new user", func(t *testing.T) {
		s := twostep(t)
		made, err := s.postUser(person("nova", `,"roles":["EDITOR"]`))
		require.NoError(t, err)
		assert.Equal(t, s.id("nova"), made.ID())
		assert.Equal(t, "EDITOR ACTIVE", s.state("nova"))
		assert.Equal(t, []string{"list users", "create user", "get user", "add user", "list users"}, s.calls())
	})
	t.Run("user whom Suger knows with other names", func(t *testing.T) {
		s := twostep(t)
		made, err := s.postUser(person("elsewhere", ""))
		require.NoError(t, err)
		assert.Equal(t, s.globalID("elsewhere@example.com"), made.ID())
		assert.Equal(t, "Iris Sample", s.fullName("elsewhere"))
		assert.Equal(t, []string{"list users", "create user", "get user", "add user", "list users", "update user", "list users"}, s.calls(),
			"no answer shows the names, so the gateway reads the list")
	})
	t.Run("the second call fails", func(t *testing.T) {
		s := twostep(t)
		s.fault(sandbox.Fault{Operation: "add user", Kind: sandbox.Status(403)})
		_, err := s.postUser(person("nova", ""))
		assertCode(t, scim.CodeNotAllowed, err)
		assert.Equal(t, "absent", s.state("nova"), "Suger knows the person, who is not a member")
		records := s.audit.take(t)
		require.Len(t, records, 1)
		assert.Equal(t, "failed", records[0]["outcome"])

		id := s.globalID("nova@example.com")
		s.suger.ClearFaults()
		made, err := s.postUser(person("nova", ""))
		require.NoError(t, err, "a retry continues from there")
		assert.Equal(t, id, made.ID())
		assert.Equal(t, "VIEWER ACTIVE", s.state("nova"))
	})
	t.Run("the answer to the second call is lost", func(t *testing.T) {
		s := twostep(t)
		s.fault(sandbox.Fault{Operation: "add user", Kind: sandbox.Reset, After: true})
		made, err := s.postUser(person("nova", ""))
		require.NoError(t, err)
		assert.Equal(t, s.id("nova"), made.ID())
	})
	t.Run("the answer to the first call has no id", func(t *testing.T) {
		s := twostep(t)
		s.fault(sandbox.Fault{Operation: "create user", Kind: sandbox.Literal, Body: `{}`})
		_, err := s.postUser(person("nova", ""))
		assertCode(t, scim.CodeSugerUnreadable, err)
		assert.Equal(t, "absent", s.state("nova"))
	})
	t.Run("the first call does nothing", func(t *testing.T) {
		s := twostep(t)
		s.fault(sandbox.Fault{Operation: "create user", Kind: sandbox.NotApplied})
		_, err := s.postUser(person("nova", ""))
		assertCode(t, scim.CodeWriteUnconfirmed, err)
		assert.Equal(t, "absent", s.state("nova"))
	})
	t.Run("role changes and deactivation change the membership", func(t *testing.T) {
		s := twostep(t)
		id := s.id("viewer")
		_, err := s.patchUser(id, roleTo("EDITOR"))
		require.NoError(t, err)
		assert.Equal(t, "EDITOR ACTIVE", s.state("viewer"))
		_, err = s.patchUser(id, deactivation)
		require.NoError(t, err)
		assert.Equal(t, "absent", s.state("viewer"))
		back, err := s.patchUser(id, reactivation)
		require.NoError(t, err)
		assert.Equal(t, id, back.ID())
		assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))
	})
}

// Concurrent assignments share lists: each list takes a while, and all requests that
// need a list started in that time get the same one.
func TestParallelAssignmentsShareLists(t *testing.T) {
	const people, most = 100, 40
	s := newMemberStand(t)
	s.fault(sandbox.Fault{Operation: "list users", Kind: sandbox.Latency, Delay: 30 * time.Millisecond})
	var all []func() error
	for i := range people {
		all = append(all, func() error { _, err := s.postUser(person(fmt.Sprintf("nova%d", i), "")); return err })
	}
	for _, err := range atOnce(t, all...) {
		require.NoError(t, err)
	}
	assert.Equal(t, people, s.suger.Count("add user"))
	lists := s.suger.Count("list users")
	t.Logf("%d assignments took %d lists", people, lists)
	assert.LessOrEqual(t, lists, most, "without sharing it would be %d", 2*people)
}

// An organization has at least one administrator, so an empty list does not prove that
// a user has left.
func TestEmptyListEndsNothing(t *testing.T) {
	for _, list := range []string{`[]`, `null`} {
		for name, end := range map[string]func(s *stand, id string) error{
			"deactivation": func(s *stand, id string) error { _, err := s.patchUser(id, deactivation); return err },
			"deletion":     func(s *stand, id string) error { return s.deleteUser(id) },
		} {
			t.Run(name+" with the list "+list, func(t *testing.T) {
				s := newMemberStand(t)
				editor := s.id("editor")
				s.fault(sandbox.Fault{Operation: "list users", Kind: sandbox.Literal, Body: list, Times: 1})
				assertCode(t, scim.CodeSugerUnreadable, end(s, editor))
				require.NoError(t, end(s, editor), "once Suger lists the users again")
				require.NoError(t, found(0, s.find)("editor"))
			})
		}
	}
}

// While Suger does not answer its list of roles, no custom role counts as missing,
// created or deleted.
func TestRoleListMissing(t *testing.T) {
	for _, status := range []sandbox.FaultKind{"404", "405"} {
		t.Run(string(status), func(t *testing.T) {
			s := newMemberStand(t)
			group, err := s.postGroup(withMembers("Partner", s.id("viewer")))
			require.NoError(t, err)
			id, _ := group["id"].(string)
			s.fault(sandbox.Fault{Operation: "list roles", Kind: status})
			fresh, before := s.replica(), s.roleNames()
			for name, send := range map[string]func() error{
				"read":             func() error { _, err := fresh.getGroup(id); return err },
				"members":          func() error { _, err := fresh.patchGroup(id, membersOp("add", s.id("editor"))); return err },
				"create":           func() error { _, err := fresh.postGroup(withMembers("Partner")); return err },
				"another new role": func() error { _, err := fresh.postGroup(withMembers("Finance")); return err },
				"deletion":         func() error { return fresh.deleteGroup(id) },
			} {
				assertCode(t, scim.CodeUnsupported, send())
				assert.Equal(t, before, s.roleNames(), name)
			}
		})
		t.Run(string(status)+" after the change", func(t *testing.T) {
			s := newMemberStand(t)
			group, err := s.postGroup(withMembers("Partner"))
			require.NoError(t, err)
			id, _ := group["id"].(string)
			s.fault(sandbox.Fault{Operation: "remove role", Kind: sandbox.NotApplied})
			s.afterCall(func(r *http.Request) {
				if r.Method == http.MethodDelete {
					s.fault(sandbox.Fault{Operation: "list roles", Kind: status})
				}
			})
			assertCode(t, scim.CodeWriteUnconfirmed, s.deleteGroup(id))
		})
	}
}
