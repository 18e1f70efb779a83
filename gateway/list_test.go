package gateway_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/standin"
)

// people is how many users the sandbox has.
const people = 25

func TestListParameters(t *testing.T) {
	s := newStack(t)
	tests := []struct {
		name  string
		query string
		total int
		start int
		items int
	}{
		{"none", "", people, 1, people},
		{"Okta's import", "startIndex=1&count=100", people, 1, people},
		{"a page", "startIndex=11&count=10", people, 11, 10},
		{"the last page", "startIndex=21&count=10", people, 21, 5},
		{"past the end", "startIndex=26&count=10", people, 26, 0},
		{"names in any letter case", "STARTINDEX=3&Count=2", people, 3, 2},
		{"start below 1", "startIndex=-5&count=2", people, 1, 2},
		{"count of 0", "count=0", people, 1, 0},
		{"negative count", "count=-1", people, 1, 0},
		{"count above the page size", "count=1001", people, 1, people},
		{"numbers larger than any", "startIndex=99999999999999999999&count=99999999999999999999", people, 9223372036854775807, 0},
		{"empty values", "startIndex=&count=&sortBy=&attributes=", people, 1, people},
		{"filter with plus", "filter=userName+eq+%22admin%40example.com%22", 1, 1, 1},
		{"filter with %20", "filter=userName%20eq%20%22admin%40example.com%22", 1, 1, 1},
		{"filter in another letter case", "filter=USERNAME+EQ+%22ADMIN%40EXAMPLE.COM%22", 1, 1, 1},
		{"filter that matches nothing", "filter=userName+eq+%22nobody%40example.com%22", 0, 1, 0},
		{"unknown parameters", "pretty=1&x=y&x=z", people, 1, people},
		{"sortBy of nothing we hold", "sortBy=shoeSize&count=1", people, 1, 1},
		{"sortBy of a standard attribute we do not hold", "sortBy=title&count=1", people, 1, 1},
		{"sortOrder of no kind", "sortBy=userName&sortOrder=sideways&count=1", people, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := s.get("/scim/v2/Users?" + test.query)
			resources := a.body["Resources"]
			delete(a.body, "Resources")
			assert.Equal(t, map[string]any{
				"schemas":      []any{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
				"totalResults": float64(test.total), "startIndex": float64(test.start), "itemsPerPage": float64(test.items),
			}, a.body)
			assert.Len(t, resources, test.items)
			assert.NotNil(t, resources, "no match is [], not null")
		})
	}
}

func TestListParametersThatAreRefused(t *testing.T) {
	s := newStack(t)
	tests := []struct {
		name     string
		query    string
		scimType string
		code     scim.Code
	}{
		{"startIndex that is no number", "startIndex=one", "invalidValue", scim.CodeInvalidValue},
		{"count that is no number", "count=ten", "invalidValue", scim.CodeInvalidValue},
		{"count with a fraction", "count=1.5", "invalidValue", scim.CodeInvalidValue},
		{"empty filter (RFC 7644 §3.4.2.2)", "filter=", "invalidFilter", scim.CodeInvalidFilter},
		{"blank filter", "filter=+", "invalidFilter", scim.CodeInvalidFilter},
		{"malformed filter", "filter=userName+eq", "invalidFilter", scim.CodeInvalidFilter},
		{"filter on an unknown attribute", "filter=shoeSize+eq+%2244%22", "invalidFilter", scim.CodeInvalidFilter},
		{"escape that is none", "filter=%zz", "invalidValue", scim.CodeInvalidValue},
		{"semicolon", "filter=userName+eq+%22a%22;count=1", "invalidValue", scim.CodeInvalidValue},
		{"parameter given twice", "count=1&count=2", "invalidValue", scim.CodeInvalidValue},
		{"parameter given twice in two letter cases", "filter=userName+pr&Filter=active+pr", "invalidValue", scim.CodeInvalidValue},
		{"cursor that is none", "cursor=abc", "invalidCursor", scim.CodeInvalidCursor},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{"/Users", "/Groups"} {
				a := s.do(http.MethodGet, "/scim/v2"+path+"?"+test.query, "")
				if path == "/Users" {
					assertError(t, a, http.StatusBadRequest, test.scimType, test.code)
				} else {
					assert.Equal(t, http.StatusBadRequest, a.status)
				}
			}
		})
	}
}

func TestSort(t *testing.T) {
	s := newStack(t)
	ascending := s.get("/scim/v2/Users?sortBy=userName").names()
	fold := func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
	assert.True(t, slices.IsSortedFunc(ascending, fold), "%v", ascending)
	descending := s.get("/scim/v2/Users?sortBy=USERNAME&sortOrder=Descending").names()
	slices.Reverse(descending)
	assert.Equal(t, ascending, descending)
}

func TestProjectionOfLists(t *testing.T) {
	s := newStack(t)
	a := s.get("/scim/v2/Users?attributes=userName&filter=userName+eq+%22admin%40example.com%22")
	user := a.resource(0)
	assert.NotEmpty(t, user["id"], "id is always returned")
	delete(user, "id")
	delete(user, "schemas")
	assert.Equal(t, map[string]any{"userName": "admin@example.com"}, user)

	// Clients whose HTTP library writes a list so.
	repeated := s.get("/scim/v2/Users?attributes=userName&Attributes=active,emails.value&filter=userName+eq+%22admin%40example.com%22").resource(0)
	delete(repeated, "id")
	delete(repeated, "schemas")
	assert.Equal(t, map[string]any{
		"userName": "admin@example.com", "active": true, "emails": []any{map[string]any{"value": "admin@example.com"}},
	}, repeated)
	less := s.get("/scim/v2/Groups?excludedAttributes=members&excludedAttributes=displayName").resource(0)
	assert.NotContains(t, less, "members")
	assert.NotContains(t, less, "displayName")

	for _, query := range []string{"excludedAttributes=members", "attributes=displayName"} {
		t.Run("groups without members do not fetch users: "+query, func(t *testing.T) {
			s.suger.ResetCalls()
			a := s.get("/scim/v2/Groups?" + query)
			assert.NotEmpty(t, a.body["Resources"])
			for i := range a.body["Resources"].([]any) {
				assert.NotContains(t, a.resource(i), "members")
			}
			assert.Zero(t, s.suger.Count("list users"))
		})
	}
}

// walk follows cursors to the end and returns the names, and the cursor of the
// second page.
func walk(t *testing.T, s *stack, query string) (names []string, second string) {
	t.Helper()
	cursor := ""
	for range people + 1 {
		a := s.get("/scim/v2/Users?cursor=" + url.QueryEscape(cursor) + query)
		names = append(names, a.names()...)
		assert.NotContains(t, a.body, "startIndex")
		assert.EqualValues(t, people, a.body["totalResults"])
		next, more := a.body["nextCursor"].(string)
		if !more {
			return names, second
		}
		if second == "" {
			second = next
		}
		cursor = next
	}
	require.Fail(t, "the cursors do not end")
	return nil, ""
}

func TestCursors(t *testing.T) {
	now := standin.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newStack(t, func(c *gateway.Config) { c.Now = now.Now })
	all := s.get("/scim/v2/Users").names()
	require.Len(t, all, people)
	names, second := walk(t, s, "&count=7")
	assert.Equal(t, all, names)
	require.NotEmpty(t, second)

	sorted := s.get("/scim/v2/Users?sortBy=name.familyName&sortOrder=descending").names()
	names, _ = walk(t, s, "&count=10&sortBy=name.familyName&sortOrder=descending")
	assert.Equal(t, sorted, names)

	t.Run("no cursor unless asked", func(t *testing.T) {
		assert.NotContains(t, s.get("/scim/v2/Users?count=2").body, "nextCursor")
	})
	for name, path := range map[string]string{
		"another filter":        "/scim/v2/Users?count=7&filter=active+eq+true",
		"another order":         "/scim/v2/Users?count=7&sortBy=userName",
		"another resource type": "/scim/v2/Groups?count=7",
	} {
		t.Run("a cursor belongs to its query: "+name, func(t *testing.T) {
			a := s.do(http.MethodGet, path+"&cursor="+url.QueryEscape(second), "")
			assertError(t, a, http.StatusBadRequest, "invalidCursor", scim.CodeInvalidCursor)
		})
	}
	t.Run("a replica takes it", func(t *testing.T) {
		replica := newStack(t, func(c *gateway.Config) { c.Now = now.Now })
		assert.Equal(t, all[7:14], replica.get("/scim/v2/Users?count=7&cursor="+url.QueryEscape(second)).names())
	})
	t.Run("another secret does not", func(t *testing.T) {
		other := newStack(t, func(c *gateway.Config) { c.Now, c.CursorSecret = now.Now, []byte("other") })
		a := other.do(http.MethodGet, "/scim/v2/Users?count=7&cursor="+url.QueryEscape(second), "")
		assertError(t, a, http.StatusBadRequest, "invalidCursor", scim.CodeInvalidCursor)
	})
	t.Run("another client's token does not", func(t *testing.T) {
		path := "/scim/v2/Users?count=7&cursor=" + url.QueryEscape(second)
		assertError(t, s.do(http.MethodGet, path, "", "Authorization", "read-only-key"), http.StatusBadRequest, "invalidCursor", scim.CodeInvalidCursor)
		assertError(t, s.do(http.MethodGet, path, "", "Authorization", ""), http.StatusUnauthorized, "", scim.CodeTokenMissing)
	})
	t.Run("it expires", func(t *testing.T) {
		now.Advance(61 * time.Minute)
		a := s.do(http.MethodGet, "/scim/v2/Users?count=7&cursor="+url.QueryEscape(second), "")
		assertError(t, a, http.StatusBadRequest, "expiredCursor", scim.CodeExpiredCursor)
	})
}

func TestRoles(t *testing.T) {
	s := newStack(t)
	list := s.get("/scim/v2/Roles?startIndex=1&count=1") // Okta's Entitlements suite
	assert.EqualValues(t, 1, list.body["itemsPerPage"])
	assert.EqualValues(t, 5, list.body["totalResults"])

	role := s.get("/scim/v2/Roles/EDITOR").body
	assert.Equal(t, s.url+"/scim/v2/Roles/EDITOR", role["meta"].(map[string]any)["location"])
	assert.Equal(t, []any{"urn:okta:scim:schemas:core:1.0:Role", "urn:ietf:params:scim:schemas:core:1.0:Role"}, role["schemas"])
	assert.Equal(t, "EDITOR", role["id"])
	for attribute, want := range map[string]any{ // draft-ietf-scim-roles-entitlements-01
		"value": "EDITOR", "display": "EDITOR", "supported": true,
	} {
		assert.Equal(t, want, role[attribute], attribute)
		one := s.get("/scim/v2/Roles/EDITOR?attributes=urn:ietf:params:scim:schemas:core:1.0:Role:" + attribute).body
		assert.Equal(t, want, one[attribute], attribute)
		assert.NotContains(t, one, "displayName")
		assert.NotContains(t, s.get("/scim/v2/Roles/EDITOR?excludedAttributes="+attribute).body, attribute)
	}
	user := s.get("/scim/v2/Users/" + s.id("finance")).body
	assert.Equal(t, []string{"Finance"}, s.get(`/scim/v2/Roles?filter=supported+eq+true+and+value+eq+%22`+shownAt(user, "roles.value").(string)+`%22`).names(),
		"the value is that of a user's roles")
	assertError(t, s.do(http.MethodGet, "/scim/v2/Roles/none", ""), http.StatusNotFound, "", scim.CodeNotFound)
}
