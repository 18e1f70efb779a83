package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

// A dialect is how a contract adds a user and formats its errors.
type dialect struct {
	contract, users string
	add             string // format of a body with e-mail and role
	known, new      int    // status of adding a known e-mail and a new one
	refusal         string // format of an error
}

var dialects = []dialect{
	{contract: "status", users: "/org/orgTest01/user", add: `{"email":%q,"role":%q}`, known: 200, new: 200, refusal: `%q`},
	{contract: "envelope", users: "/v2/organizations/orgTest01/members", add: `{"contact":{"emails":[%q]},"role":{"id":%q}}`, known: 200, new: 201, refusal: `{"error":{"message":%q}}`},
	{contract: "removal", users: "/v1/workspaces/orgTest01/users", add: `{"email":%q,"roleName":%q}`, known: 204, new: 204, refusal: `%q`},
	{contract: "multirole", users: "/v3/orgs/orgTest01/users", add: `{"email":%q,"roles":[%q]}`, known: 409, new: 201, refusal: `{"message":%q}`},
}

func TestEveryContractHasADialectHere(t *testing.T) {
	var tested []string
	for _, d := range dialects {
		tested = append(tested, d.contract)
	}
	tested = append(tested, "membership", "documented", "twostep") // their rules are others: contract_membership_test.go
	assert.ElementsMatch(t, sandbox.Contracts(), tested)
}

func TestRulesHoldInEveryContract(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.contract, func(t *testing.T) {
			s := serveContract(t, d.contract)
			add := func(email, role string) got { return s.call(t, "POST", d.users, fmt.Sprintf(d.add, email, role)) }

			before := s.Users()
			answer := add("a@example.org", "VIEWER")
			assert.Equal(t, 400, answer.status)
			assert.JSONEq(t, fmt.Sprintf(d.refusal, `email domain "example.org" is not a domain of the organization`), answer.body)
			answer = add("a@example.com", "JESTER")
			assert.Equal(t, 400, answer.status)
			assert.JSONEq(t, fmt.Sprintf(d.refusal, `unknown role "JESTER"`), answer.body)
			assert.Equal(t, d.known, add("ADMIN@EXAMPLE.COM", "VIEWER").status)
			assert.Equal(t, 404, s.call(t, "DELETE", d.users+"/nobody", "").status)
			assert.Equal(t, before, s.Users())

			assert.Equal(t, d.new, add("new@example.com", "VIEWER").status)
			first, ok := s.UserByEmail("new@example.com")
			require.True(t, ok)
			assert.Equal(t, "VIEWER", first.Role)
			assert.Less(t, s.call(t, "DELETE", d.users+"/"+first.ID, "").status, 300)
			assert.Equal(t, d.new, add("new@example.com", "VIEWER").status)
			second, ok := s.UserByEmail("new@example.com")
			require.True(t, ok)
			assert.NotEqual(t, first.ID, second.ID, "ids are never used again")
			assert.True(t, second.CreationTime.After(first.CreationTime))
		})
	}
}

func TestSeatsInEveryContract(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.contract, func(t *testing.T) {
			taken := 7 // of the eight fixed people one is inactive
			if d.contract == "removal" {
				taken = 8 // nobody is inactive there
			}
			s := serve(t, func(o *sandbox.Options) { o.Contract, o.Seats = d.contract, taken+1 })
			add := func(email string) got { return s.call(t, "POST", d.users, fmt.Sprintf(d.add, email, "VIEWER")) }
			require.Equal(t, d.new, add("last@example.com").status)
			answer := add("beyond@example.com")
			assert.Equal(t, 400, answer.status)
			assert.JSONEq(t, fmt.Sprintf(d.refusal, fmt.Sprintf("no seat left: the plan has %d", taken+1)), answer.body)
			assert.Equal(t, d.known, add("last@example.com").status, "somebody known needs no seat")
			assert.Less(t, s.call(t, "DELETE", d.users+"/"+s.id(t, "last@example.com"), "").status, 300)
			assert.Equal(t, d.new, add("beyond@example.com").status, "a removal frees a seat")
		})
	}
}

func TestInactiveUsersHoldNoSeat(t *testing.T) {
	s := serve(t, func(o *sandbox.Options) { o.Seats = 7 })
	path := "/org/orgTest01/user/"
	back := s.call(t, "PATCH", path+s.id(t, "former@example.com"), `{"status":"ACTIVE"}`)
	assert.Equal(t, 400, back.status)
	assert.Equal(t, `"no seat left: the plan has 7"`, back.body)
	require.Equal(t, 200, s.call(t, "PATCH", path+s.id(t, "viewer@example.com"), `{"status":"INACTIVE"}`).status)
	require.Equal(t, 200, s.call(t, "PATCH", path+s.id(t, "former@example.com"), `{"status":"ACTIVE"}`).status)
	assert.Equal(t, 200, s.call(t, "PATCH", path+s.id(t, "former@example.com"), `{"status":"INVITED"}`).status, "keeps the seat")
}

func TestDomains(t *testing.T) {
	s := serve(t, func(o *sandbox.Options) { o.Domains = []string{"One.example", "two.example"} })
	for email, want := range map[string]int{"a@one.example": 200, "b@TWO.example": 200, "c@example.com": 400} {
		assert.Equal(t, want, s.call(t, "POST", "/org/orgTest01/user", fmt.Sprintf(`{"email":%q,"role":"VIEWER"}`, email)).status, email)
	}
	for _, user := range s.Users()[:8] {
		assert.True(t, strings.HasSuffix(user.Email, "@one.example"), user.Email)
	}
}
