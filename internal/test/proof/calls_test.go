package proof

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

var update = flag.Bool("update", false, "write the counted calls into docs/performance.md")

// people is the size of the organization whose calls are counted. Suger's list is a
// single answer, whatever the size.
const people = 2508

// fixed is the number of people in every sandbox.
const fixed = 7

// A budget is the number of calls to Suger that a request may make: cold in a gateway
// that has just started, and warm when repeated within GATEWAY_LIST_TTL.
type budget struct {
	request    string
	coldText   string // as docs/performance.md states it
	warmText   string
	cold, warm int
	make       func(t testing.TB, s *stand) request
	// between, if set, runs before the warm request; its calls do not count.
	between func(t testing.TB, s *stand)
}

var budgets = []budget{
	{"`GET /Users/{id}`", "1: the list", "0", 1, 0, readViewer, nil},
	{"`GET /Users/{id}` of a holder of a custom role", "2: the role list too", "0", 2, 0,
		func(t testing.TB, s *stand) request { return get("/Users/" + s.id(t, "finance")) }, nil},
	{"`GET /Users?filter=userName eq …`, again, with an expired list", "1", "1", 1, 1,
		func(testing.TB, *stand) request { return lookup("viewer@example.com") }, expireList},
	{"`GET /Users?filter=userName eq …` for one person after another", "1", "0", 1, 0,
		differentLookups(), nil},
	{"`GET /Users?filter=userName eq …` for an unknown person", "1", "0", 1, 0,
		func(testing.TB, *stand) request { return lookup("nobody@example.com") }, nil},
	{"`GET /Users`, a page of an import", "2", "0", 2, 0,
		func(testing.TB, *stand) request { return get("/Users?startIndex=201&count=100") }, nil},
	{"`POST /Users`, after its lookup", "3: list, add, list", "3", 3, 3, afterItsLookup, nil},
	{"`PUT`, `PATCH /Users/{id}` with a change", "3: list, update, list", "3", 3, 3, roleChange(), nil},
	{"`PUT`, `PATCH /Users/{id}` without a change", "1: the list", "1", 1, 1,
		func(t testing.TB, s *stand) request {
			return patch("/Users/"+s.id(t, "viewer"), `{"op":"replace","value":{"active":true}}`)
		}, nil},
	{"`PATCH /Users/{id}` that ends access", "3: list, remove, list", "3", 3, 3,
		func(t testing.TB, s *stand) request {
			return patch("/Users/"+s.id(t, "viewer"), `{"op":"replace","value":{"active":false}}`)
		}, func(t testing.TB, s *stand) { s.makeViewer("viewer") }},
	{"`PATCH /Users/{id}` that ends access of a person who has left", "2: list, get", "2", 2, 2,
		func(t testing.TB, s *stand) request {
			return patch("/Users/"+s.id(t, "former"), `{"op":"replace","value":{"active":false}}`)
		}, nil},
	{"`DELETE /Users/{id}`", "3: list, remove, list", "3", 3, 3,
		func(t testing.TB, s *stand) request {
			return request{method: http.MethodDelete, path: "/Users/" + s.id(t, "viewer")}
		}, func(t testing.TB, s *stand) { s.makeViewer("viewer") }},
	{"`GET /Groups`", "2", "0", 2, 0,
		func(testing.TB, *stand) request { return get("/Groups?startIndex=1&count=100") }, nil},
	{"`GET /Groups/{id}`", "2", "0", 2, 0,
		func(testing.TB, *stand) request { return get("/Groups/EDITOR") }, nil},
	{"`PATCH /Groups/{id}`, 2 members differ", "4: list, 2 updates, list", "4", 4, 4, twoJoinEditors,
		func(t testing.TB, s *stand) {
			s.makeViewer("viewer")
			s.makeViewer("Mixed.Case")
			s.clock.advance(2 * time.Second)
		}},
}

func readViewer(t testing.TB, s *stand) request { return get("/Users/" + s.id(t, "viewer")) }

func expireList(_ testing.TB, s *stand) { s.clock.advance(time.Minute) }

// afterItsLookup returns a create; the lookup before it does not count.
func afterItsLookup(t testing.TB, s *stand) request {
	email := fmt.Sprintf("nova%d@example.com", len(s.suger.Users()))
	s.do(t, lookup(email))
	s.suger.ResetCalls()
	return create(email, "EDITOR")
}

// differentLookups returns lookups of a different user each time, who has a standard
// role.
func differentLookups() func(testing.TB, *stand) request {
	mailboxes := []string{"viewer", "editor", "admin"}
	return func(testing.TB, *stand) request {
		mailboxes = append(mailboxes[1:], mailboxes[0])
		return lookup(mailboxes[0] + "@example.com")
	}
}

func roleChange() func(testing.TB, *stand) request {
	return func(t testing.TB, s *stand) request {
		role := sandbox.RoleEditor
		if user, _ := s.suger.UserByEmail("viewer@example.com"); user.Role == role {
			role = sandbox.RoleViewer
		}
		return patch("/Users/"+s.id(t, "viewer"), fmt.Sprintf(`{"op":"replace","path":"%s:role","value":%q}`, extension, role))
	}
}

func twoJoinEditors(t testing.TB, s *stand) request {
	return patch("/Groups/EDITOR", `{"op":"add","path":"members","value":[`+members(s.id(t, "viewer"), s.id(t, "Mixed.Case"))+`]}`)
}

// makeViewer makes a sample user an active viewer, directly in Suger.
func (s *stand) makeViewer(mailbox string) {
	user, _ := s.suger.UserByEmail(mailbox + "@example.com")
	if user.Email == "" {
		user.Email = mailbox + "@example.com"
	}
	user.Role, user.Status = sandbox.RoleViewer, sandbox.StatusActive
	s.suger.PutUser(user)
}

func TestCallBudgets(t *testing.T) {
	table := "| SCIM request | calls at first | in the seconds after |\n|---|---|---|\n"
	for _, b := range budgets {
		t.Run(b.request, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStand(t, inMemory, func(u *setup) { u.sandbox.People = people - fixed })
				s.do(t, request{method: http.MethodPost, path: "/Users/.search", body: "no JSON"}) // checks the key without reading a list
				require.Equal(t, 1, s.suger.Count(""), "an unknown key costs one call")
				cold := b.count(t, s)
				if b.between != nil {
					b.between(t, s)
				}
				warm := b.count(t, s)
				assert.Equal(t, b.cold, cold)
				assert.Equal(t, b.warm, warm)
				assert.Regexp(t, fmt.Sprintf(`^%d\b`, cold), b.coldText)
				assert.Regexp(t, fmt.Sprintf(`^%d\b`, warm), b.warmText)
				table += fmt.Sprintf("| %s | %s | %s |\n", b.request, b.coldText, b.warmText)
			})
		})
	}
	compareTable(t, "calls", table)
}

// count makes the request and returns the number of its calls.
func (b *budget) count(t *testing.T, s *stand) int {
	s.suger.ResetCalls()
	r := b.make(t, s)
	got := s.do(t, r)
	require.Less(t, got.status, 300, "%s", got.text)
	return s.suger.Count("")
}

// compareTable compares table with the one in docs/performance.md between the two
// comments with this name.
func compareTable(t *testing.T, name, table string) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "docs", "performance.md")
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	begin, end := fmt.Sprintf("<!-- %s -->\n", name), fmt.Sprintf("<!-- end of %s -->\n", name)
	before, rest, found := strings.Cut(string(page), begin)
	require.True(t, found, "%s has no place for %s", path, name)
	written, after, found := strings.Cut(rest, end)
	require.True(t, found)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+table+end+after), 0o644))
		return
	}
	assert.Equal(t, table, written, "run this test with -update to write the counted calls")
}

// Okta assigns two hundred new users one after the other: a lookup, then a create that
// reads the list, adds the user, and reads the list again. Each lookup uses the last
// list that the previous create read.
func TestCallsOfABulkAssignment(t *testing.T) { synctest.Test(t, testCallsOfABulkAssignment) }

func testCallsOfABulkAssignment(t *testing.T) {
	const newcomers, organization = 200, 500
	s := newStand(t, inMemory, func(u *setup) { u.sandbox.People = organization - fixed })
	roles := []string{sandbox.RoleViewer, sandbox.RoleEditor}
	for n := range newcomers {
		email := fmt.Sprintf("newcomer%d@example.com", n)
		found := s.do(t, lookup(email))
		require.EqualValues(t, 0, found.body["totalResults"], "%s", found.text)
		got := s.do(t, create(email, roles[n%len(roles)]))
		require.Equal(t, http.StatusCreated, got.status, "%s", got.text)
		s.clock.advance(30 * time.Millisecond)
	}
	assert.LessOrEqual(t, s.suger.Count("list users"), 2*newcomers+2, "two more lists for the first user, to check the credential")
	assert.Equal(t, newcomers, s.suger.Count("add user"))
	assert.Equal(t, newcomers, s.suger.Count("")-s.suger.Count("list users"))
}

// A thousand group changes in one bulk request are confirmed together: the gateway
// reads the list for the first change, at the end, and a few times in between.
func TestCallsOfABulkOfGroupChanges(t *testing.T) { synctest.Test(t, testCallsOfABulkOfGroupChanges) }

func testCallsOfABulkOfGroupChanges(t *testing.T) {
	const changes = 1000
	s := newStand(t, inMemory, func(u *setup) { u.sandbox.People, u.gateway.Budget = 3*changes+500, time.Hour })
	var viewers []string
	for _, user := range s.suger.Users() {
		if user.Role == sandbox.RoleViewer && len(viewers) < changes {
			viewers = append(viewers, user.ID)
		}
	}
	require.Len(t, viewers, changes)
	operations := make([]string, changes)
	finance := s.roleID(t, "Finance") // a role with few members keeps the answers short
	for i, id := range viewers {
		operations[i] = `{"method":"PATCH","path":"/Groups/` + finance + `","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"` + id + `"}]}]}}`
	}
	got := s.do(t, request{method: http.MethodPost, path: "/Bulk", body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` + strings.Join(operations, ",") + `]}`})
	require.Equal(t, http.StatusOK, got.status, "%s", got.text)
	for _, result := range got.body["Operations"].([]any) {
		require.Contains(t, []any{"200", "204"}, result.(map[string]any)["status"])
	}
	assert.Equal(t, changes, s.suger.Count("update user"))
	assert.Less(t, s.suger.Count("list users"), 20)
	assert.Less(t, s.suger.Count("list roles"), 20)
}

// An import of all users, page by page, reads Suger's list once.
func TestCallsOfAnImport(t *testing.T) { synctest.Test(t, testCallsOfAnImport) }

func testCallsOfAnImport(t *testing.T) {
	s := newStand(t, inMemory, func(u *setup) { u.sandbox.People = people - fixed })
	seen := make(map[any]bool)
	for start := 1; start <= people; start += 100 {
		page := s.do(t, get(fmt.Sprintf("/Users?startIndex=%d&count=100", start)))
		require.EqualValues(t, people, page.body["totalResults"])
		for _, user := range page.body["Resources"].([]any) {
			seen[user.(map[string]any)["id"]] = true
		}
	}
	assert.Len(t, seen, people)
	assert.Equal(t, 1, s.suger.Count("list users"))
	assert.Equal(t, 1, s.suger.Count("list roles"))
	assert.Equal(t, 2, s.suger.Count(""))
}

// Suger needs longer for the list than GATEWAY_LIST_TTL. The list still serves, from
// the moment when it is complete.
func TestImportFromASlowSuger(t *testing.T) { synctest.Test(t, testImportFromASlowSuger) }

func testImportFromASlowSuger(t *testing.T) {
	s := newStand(t, inMemory, func(u *setup) { u.sandbox.People, u.gateway.Budget = people-fixed, time.Minute })
	s.between(t, func(suger http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.clock.advance(6 * time.Second)
			suger.ServeHTTP(w, r)
		})
	})
	for start := 1; start <= people; start += 100 {
		page := s.do(t, get(fmt.Sprintf("/Users?startIndex=%d&count=100", start)))
		require.EqualValues(t, people, page.body["totalResults"], "%s", page.text)
	}
	assert.Equal(t, 2, s.suger.Count(""))
}
