package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// Rule 7 of no false success: groups in a create do not make it a repetition.
func TestRule7CreateWithGroups(t *testing.T) {
	t.Run("a new person", func(t *testing.T) {
		for _, contract := range bothContracts {
			s := newRuleStand(t, contract)
			a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"nova@example.com","roles":["EDITOR"],"groups":[{"value":"EDITOR"}],"`+sugerUser+`":{"role":"EDITOR"}}`)
			require.Equal(t, http.StatusCreated, a.status, a.text)
			assert.Contains(t, s.state("nova"), "EDITOR")
		}
	})
	t.Run("an administrator who is created again", func(t *testing.T) {
		s := newRuleStand(t, onStatus)
		former, _ := s.suger.UserByEmail("former@example.com")
		former.Role = "ADMIN"
		s.suger.PutUser(former)
		for _, groups := range []string{`[{"value":"VIEWER"}]`, `[{"value":"ADMIN"}]`, `[]`} {
			a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"former@example.com","roles":["VIEWER"],"groups":`+groups+`}`)
			require.Equal(t, http.StatusCreated, a.status, a.text)
			assert.Equal(t, "VIEWER ACTIVE", s.state("former"))
			s.suger.PutUser(former)
		}
	})
	t.Run("a leaver who comes back", func(t *testing.T) {
		s := newRuleStand(t, onMembership)
		require.Equal(t, http.StatusNoContent, s.do(http.MethodDelete, s.user("editor"), "").status)
		a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"editor@example.com","groups":[{"value":"EDITOR"}]}`)
		require.Equal(t, http.StatusCreated, a.status, a.text)
		assert.Equal(t, "VIEWER", s.state("editor"))
	})
}

// Rule 7: a PUT that repeats an older answer neither restores a role nor
// cancels a demotion.
func TestRule7ReplaceOfAnOldAnswer(t *testing.T) {
	for _, contract := range bothContracts {
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract)
			old := s.get(s.user("editor")).body
			require.Equal(t, http.StatusOK, s.patch(s.user("editor"), `{"op":"replace","path":"roles","value":["VIEWER"]}`).status)
			body, err := json.Marshal(old)
			require.NoError(t, err)
			a := s.do(http.MethodPut, s.user("editor"), string(body))
			require.Equal(t, http.StatusOK, a.status, a.text)
			assert.Equal(t, s.has("VIEWER"), s.state("editor"), "the role is not brought back")

			old["roles"] = []any{map[string]any{"value": "ADMIN"}}
			old["groups"] = []any{map[string]any{"value": "ADMIN"}}
			old[sugerUser].(map[string]any)["role"] = "ADMIN"
			body, err = json.Marshal(old)
			require.NoError(t, err)
			assert.Less(t, s.do(http.MethodPut, s.user("editor"), string(body)).status, 300)
			assert.Equal(t, s.has("VIEWER"), s.state("editor"))
		})
	}
}

// Rule 8: entries of roles and members that have no value.
func TestRule8EntriesWithoutAValue(t *testing.T) {
	s := newRuleStand(t, onMembership)
	for list, want := range map[string]string{
		`[{"display":"ADMIN"}]`: "ADMIN", `[{"name":"finance"}]`: "Finance", `{"display":"VIEWER"}`: "VIEWER",
		`[{"primary":true,"type":"suger"}]`: "", `[{"id":"ADMIN"}]`: "", `[{}]`: "", `[null]`: "", `[{"display":"nobody knows"}]`: "",
	} {
		for _, method := range []string{"PUT", "PATCH"} {
			s.suger.PutUser(sandbox.User{Email: "editor@example.com", FirstName: "Basalt", LastName: "Beacon", Role: "EDITOR"})
			var a *answer
			if method == "PUT" {
				a = s.do(method, s.user("editor"), `{"userName":"editor@example.com","roles":`+list+`}`)
			} else {
				a = s.patch(s.user("editor"), `{"op":"replace","path":"roles","value":`+list+`}`)
			}
			if want == "" {
				assert.Equal(t, http.StatusBadRequest, a.status, "%s %s %s", method, list, a.text)
				assert.Equal(t, "EDITOR", s.state("editor"), list)
				continue
			}
			assert.Equal(t, http.StatusOK, a.status, "%s %s %s", method, list, a.text)
			assert.Equal(t, want, s.state("editor"), list)
		}
	}
	before := s.everybody()
	for _, list := range []string{`[{}]`, `[null]`, `[""]`, `{}`, `[{"display":"Dune"}]`} {
		assert.Equal(t, http.StatusBadRequest, s.do(http.MethodPut, s.role("Finance"), `{"displayName":"Finance","members":`+list+`}`).status, list)
		assert.Equal(t, http.StatusBadRequest, s.patch(s.role("Finance"), `{"op":"replace","path":"members","value":`+list+`}`).status, list)
	}
	assert.Equal(t, before, s.everybody())
}

// Rule 9: a pushed group without permissions replaces nobody's role.
func TestRule9PushedGroupTakesNobodysRole(t *testing.T) {
	for _, contract := range bothContracts {
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract)
			before := s.everybody()
			var members []string
			for _, user := range s.suger.Users() {
				members = append(members, `{"value":"`+user.ID+`"}`)
			}
			group := `{"displayName":"All Staff","members":[` + strings.Join(members, ",") + `]}`
			a := s.do(http.MethodPost, "/scim/v2/Groups", group)
			require.Equal(t, http.StatusCreated, a.status, a.text)
			assert.NotContains(t, a.body, "members", "the answer says who holds the role")
			assert.Equal(t, before, s.everybody())

			path := "/scim/v2/Groups/" + a.body["id"].(string)
			assert.Equal(t, http.StatusOK, s.do(http.MethodPut, path, group).status)
			assert.Less(t, s.patch(path, `{"op":"replace","path":"members","value":[`+strings.Join(members, ",")+`]}`).status, 300)
			assert.Equal(t, before, s.everybody(), "nor when it is pushed again")
			assert.Contains(t, s.log.String(), "group member keeps the current role")
		})
	}
}

// Rule 9: the change brake counts lost roles and changed addresses.
func TestRule9BrakeCounts(t *testing.T) {
	s := newRuleStand(t, onStatus, func(_ *sandbox.Options, c *mapping.Config) {
		c.Brake = mapping.Brake{Limit: 2, Window: 1e12}
	})
	assert.Equal(t, http.StatusOK, s.patch(s.user("viewer"), `{"op":"replace","path":"userName","value":"cedar@example.com"}`).status)
	assert.Equal(t, http.StatusOK, s.patch(s.user("cedar"), `{"op":"replace","path":"roles","value":["EDITOR"]}`).status, "a promotion is no loss")
	assert.Less(t, s.patch(s.role("Deal desk"), `{"op":"add","path":"members","value":[{"value":"`+strings.TrimPrefix(s.user("finance"), "/scim/v2/Users/")+`"}]}`).status, 300)
	before := s.everybody()
	assert.Equal(t, scim.CodeChangeBrake, s.patch(s.user("editor"), `{"op":"replace","path":"userName","value":"basil@example.com"}`).code())
	assert.Equal(t, scim.CodeChangeBrake, s.patch(s.user("editor"), `{"op":"replace","path":"roles","value":["VIEWER"]}`).code())
	assert.Equal(t, scim.CodeChangeBrake, s.patch(s.role("EDITOR"), `{"op":"replace","path":"members","value":[]}`).code())
	assert.Equal(t, before, s.everybody())
}

// Rule 10: unknown members are named, and nobody is changed.
func TestRule10UnknownMembers(t *testing.T) {
	for _, contract := range bothContracts {
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract)
			before := s.everybody()
			const ghosts = `[{"value":"ghost-1"},{"value":"ghost-2"}]`
			s.suger.ResetCalls()
			for _, a := range []*answer{
				s.do(http.MethodPut, s.role("Finance"), `{"displayName":"Finance","members":`+ghosts+`}`),
				s.patch(s.role("Finance"), `{"op":"replace","path":"members","value":`+ghosts+`}`),
				s.patch(s.role("Finance"), `{"op":"replace","value":{"members":`+ghosts+`}}`),
				s.patch(s.role("Finance"), `{"op":"remove","path":"members"},{"op":"add","path":"members","value":`+ghosts+`}`),
				s.do(http.MethodPost, "/scim/v2/Groups", `{"displayName":"Night crew","members":`+ghosts+`}`),
			} {
				assert.Equal(t, http.StatusBadRequest, a.status, a.text)
				assert.Contains(t, a.text, "ghost-1, ghost-2")
			}
			assert.Zero(t, s.writes())
			assert.Equal(t, before, s.everybody())
		})
	}
}

// Rule 11: names that look alike are the same name.
func TestRule11LookalikeNames(t *testing.T) {
	s := newRuleStand(t, onMembership)
	for _, name := range []string{"ADMIN ", "admin\u200b", "ＡＤＭＩＮ", "Finance\u00a0", "FINANCE\ufe0f"} {
		a := s.do(http.MethodPost, "/scim/v2/Groups", `{"displayName":"`+name+`"}`)
		assert.Equal(t, scim.CodeGroupExists, a.code(), "%q %s", name, a.text)
	}
	a := s.do(http.MethodPost, "/scim/v2/Groups", `{"displayName":" Night\u2003\u200bcrew "}`)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	assert.Equal(t, "Night crew", a.body["displayName"])
	assert.Equal(t, http.StatusOK, s.patch(s.user("viewer"), `{"op":"replace","path":"roles","value":["editor\u200b "]}`).status)
	assert.Equal(t, "EDITOR", s.state("viewer"))

	t.Run("somebody's own role does not pass for the standard one", func(t *testing.T) {
		s.suger.PutRole(sandbox.Role{ID: "r9", Name: "Admin"})
		assert.Equal(t, scim.CodeAmbiguousRole, s.patch(s.user("viewer"), `{"op":"replace","path":"roles","value":["admin"]}`).code())
		assert.Equal(t, scim.CodeLastAdmin, s.do(http.MethodDelete, s.user("admin"), "").code(), "who holds ADMIN is the last administrator still")
		assert.Equal(t, "ADMIN", s.state("admin"))
	})
}

// Rule 15: a role that somebody protected holds is neither renamed nor deleted, and
// a pushed group that no longer lists them leaves them in.
func TestRule15RolesOfProtectedPeople(t *testing.T) {
	for _, contract := range bothContracts {
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract, func(_ *sandbox.Options, c *mapping.Config) { c.ProtectedUsers = []string{"Finance@Example.com"} })
			before := s.everybody()
			path := s.role("Finance")
			assert.Equal(t, scim.CodeProtectedUser, s.patch(path, `{"op":"replace","path":"displayName","value":"Money"}`).code())
			assert.Equal(t, scim.CodeProtectedUser, s.do(http.MethodPut, path, `{"displayName":"Money"}`).code())
			assert.Equal(t, scim.CodeProtectedUser, s.do(http.MethodDelete, path, "").code())
			assert.Less(t, s.patch(path, `{"op":"replace","path":"members","value":[]}`).status, 300)
			assert.Equal(t, before, s.everybody())
			assert.Equal(t, http.StatusOK, s.patch(s.role("Deal desk"), `{"op":"replace","path":"displayName","value":"Contracts"}`).status, "others can")
		})
	}
}

// Rule 17: a group's change ends with a list that shows each requested
// membership; differing members are named.
func TestRule17GroupChangesAreShown(t *testing.T) {
	for _, contract := range bothContracts {
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract)
			id := func(mailbox string) string { return strings.TrimPrefix(s.user(mailbox), "/scim/v2/Users/") }
			add := `{"op":"add","path":"members","value":[{"value":"` + id("viewer") + `"},{"value":"` + id("Mixed.Case") + `"}]}`
			require.NoError(t, s.suger.SetFaults(sandbox.Fault{Operation: "update user", Kind: sandbox.NotApplied, Times: 1}))
			a := s.patch(s.role("Finance"), add)
			require.GreaterOrEqual(t, a.status, 400, a.text)
			var missing []string
			for _, mailbox := range []string{"viewer", "Mixed.Case"} {
				if s.state(mailbox) == s.has("VIEWER") {
					missing = append(missing, mailbox)
				}
			}
			require.Len(t, missing, 1)
			assert.Contains(t, strings.ToLower(a.text), strings.ToLower(missing[0])+"@example.com")
			assert.Equal(t, http.StatusOK, s.patch(s.role("Finance"), add).status, "a repeat does the rest")
			assert.Equal(t, s.has("Finance"), s.state(missing[0]))
		})
	}
}

// Rule 17: of two changes with the same If-Match, one is made.
func TestRule17IfMatchIsAtomic(t *testing.T) {
	s := newRuleStand(t, onMembership)
	version := s.get(s.role("Finance")).header.Get("ETag")
	answers := make(chan int)
	for _, mailbox := range []string{"viewer", "invited", "Mixed.Case"} {
		operation := `{"op":"add","path":"members","value":[{"value":"` + strings.TrimPrefix(s.user(mailbox), "/scim/v2/Users/") + `"}]}`
		go func() { answers <- s.patch(s.role("Finance"), operation, "If-Match", version).status }()
	}
	counts := map[int]int{}
	for range 3 {
		counts[<-answers]++
	}
	assert.Equal(t, map[int]int{http.StatusOK: 1, http.StatusPreconditionFailed: 2}, counts)
}

// Rule 21: replacing all members by PATCH, which Push Now of template apps does,
// takes as many as PUT.
func TestRule21ReplaceMembersOfALargeGroup(t *testing.T) {
	s := newRuleStand(t, onMembership, func(o *sandbox.Options, _ *mapping.Config) { o.People = 2600 })
	var members []string
	for _, user := range s.suger.Users() {
		if user.Role == "VIEWER" {
			members = append(members, `{"value":"`+user.ID+`"}`)
		}
	}
	require.Greater(t, len(members), 1001)
	s.suger.ResetCalls()
	a := s.patch(s.role("VIEWER"), `{"op":"replace","path":"members","value":[`+strings.Join(members, ",")+`]}`)
	assert.Equal(t, http.StatusNoContent, a.status, a.text)
	assert.Zero(t, s.writes())

	before := s.everybody()
	a = s.patch(s.role("VIEWER"), `{"op":"replace","path":"members","value":[`+strings.Join(members, ",")+`,{"value":"ghost"}]}`)
	assert.Equal(t, scim.CodeInvalidValue, a.code(), a.text)
	assert.Equal(t, before, s.everybody())
}

// Rule 26: Entra ID's AppRoleAssignmentsComplex sends entries whose value is the
// role's, or a JSON text that holds it. The first is that role; the second names no
// role, so it is refused, and nobody gets or loses one by it.
func TestRule26AppRoleAssignmentsComplex(t *testing.T) {
	s := newRuleStand(t, onMembership)
	entry := func(value string) string {
		return fmt.Sprintf(`{"primary":"False","type":"WindowsAzureActiveDirectoryRole","value":%q,"display":"EDITOR"}`, value)
	}
	const text = `{"id":"18d14569-c3bd-439b-9a66-3a2aee01d14f","value":"ADMIN","displayName":"ADMIN"}`
	a := s.patch(s.user("viewer"), `{"op":"Add","path":"roles","value":[`+entry("EDITOR")+`]}`)
	require.Equal(t, http.StatusOK, a.status, a.text)
	assert.Equal(t, "EDITOR", s.state("viewer"))
	a = s.patch(s.user("viewer"), `{"op":"Add","path":"roles","value":[`+entry(text)+`]}`)
	assert.Equal(t, scim.CodeUnknownRole, a.code(), a.text)
	assert.Equal(t, "EDITOR", s.state("viewer"))
	a = s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"nova@example.com","roles":[`+entry(text)+`]}`)
	assert.Equal(t, scim.CodeUnknownRole, a.code(), a.text)
	assert.Equal(t, "gone", s.state("nova"))
}
