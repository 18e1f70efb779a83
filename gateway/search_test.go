package gateway_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/internal/scim"
)

func TestSearch(t *testing.T) {
	s := newStack(t)
	tests := []struct {
		name  string
		path  string
		body  string
		names []string
		total int
	}{
		{
			"users by filter", "/Users/.search",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName eq \"editor@example.com\"","attributes":["userName"]}`,
			[]string{"editor@example.com"}, 1,
		},
		{"names in any letter case", "/Users/.search", `{"STARTINDEX":2,"Count":1,"sortby":"meta.created"}`, []string{"editor@example.com"}, people},
		{"null is absent", "/Users/.search", `{"filter":null,"startIndex":1,"count":1}`, []string{"admin@example.com"}, people},
		{"groups", "/Groups/.search", `{"filter":"displayName eq \"Finance\"","excludedAttributes":["members"]}`, []string{"Finance"}, 1},
		{"roles", "/Roles/.search", `{"filter":"displayName eq \"Finance\""}`, []string{"Finance"}, 1},
		{"first page by cursor", "/Users/.search", `{"cursor":"","count":1}`, []string{"admin@example.com"}, people},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := s.do(http.MethodPost, "/scim/v2"+test.path, test.body)
			if !assert.Equal(t, http.StatusOK, a.status, a.text) {
				return
			}
			assert.Equal(t, test.names, a.names())
			assert.EqualValues(t, test.total, a.body["totalResults"])
			assert.EqualValues(t, len(test.names), a.body["itemsPerPage"])
		})
	}
	for name, body := range map[string]string{
		"filter that is a number":      `{"filter":1.5}`,
		"attributes that are no names": `{"attributes":[1]}`,
		"count that is an object":      `{"count":{}}`,
		"count with a fraction":        `{"count":1.5}`,
		"filter that is empty":         `{"filter":""}`,
		"another message":              `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}`,
		"startIndex that is a word":    `{"startIndex":"one"}`,
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			a := s.do(http.MethodPost, "/scim/v2/Users/.search", body)
			assert.Equal(t, http.StatusBadRequest, a.status, a.text)
			assert.Contains(t, []any{"invalidValue", "invalidFilter"}, a.body["scimType"])
		})
	}
}

// By RFC 9865 every query can be paged by cursor.
func TestCursorsOnTheRoot(t *testing.T) {
	s := newStack(t)
	everything := append(s.get("/scim/v2/Users").names(), s.get("/scim/v2/Groups").names()...)
	for _, count := range []string{"1", "4", "25", "26", "30", "100"} {
		t.Run(count+" a page", func(t *testing.T) {
			var names []string
			cursor := ""
			for range len(everything) + 1 {
				a := s.get("/scim/v2?count=" + count + "&cursor=" + url.QueryEscape(cursor))
				assert.NotContains(t, a.body, "startIndex")
				assert.EqualValues(t, len(everything), a.body["totalResults"])
				assert.EqualValues(t, len(a.names()), a.body["itemsPerPage"])
				names = append(names, a.names()...)
				var more bool
				if cursor, more = a.body["nextCursor"].(string); !more {
					break
				}
			}
			assert.Equal(t, everything, names)
		})
	}
	t.Run("sorted and filtered, by POST", func(t *testing.T) {
		query := `"filter":"displayName co \"n\"","sortBy":"displayName","sortOrder":"descending","attributes":["displayName"]`
		want := s.do(http.MethodPost, "/scim/v2/.search", `{`+query+`}`).names()
		var names []string
		cursor := ""
		for range len(want) + 1 {
			a := s.do(http.MethodPost, "/scim/v2/.search", `{`+query+`,"count":3,"cursor":"`+cursor+`"}`)
			names = append(names, a.names()...)
			var more bool
			if cursor, more = a.body["nextCursor"].(string); !more {
				break
			}
		}
		assert.NotEmpty(t, want)
		assert.Equal(t, want, names)
	})
	next := s.get("/scim/v2?count=26&cursor=").body["nextCursor"].(string)
	for name, path := range map[string]string{
		"another filter":      "/scim/v2?filter=displayName+pr&cursor=" + next,
		"users alone":         "/scim/v2/Users?cursor=" + next,
		"groups alone":        "/scim/v2/Groups?cursor=" + next,
		"a cursor of users":   "/scim/v2?cursor=" + s.get("/scim/v2/Users?count=2&cursor=").body["nextCursor"].(string),
		"a cursor of nothing": "/scim/v2?cursor=abc",
	} {
		t.Run("a cursor belongs to its query: "+name, func(t *testing.T) {
			assertError(t, s.do(http.MethodGet, path, ""), http.StatusBadRequest, "invalidCursor", scim.CodeInvalidCursor)
		})
	}
}

// The root holds the users and after them the groups (RFC 7644 §3.4.2.1).
func TestQueryOnTheRoot(t *testing.T) {
	s := newStack(t)
	const groups = 5
	userNames, groupNames := s.get("/scim/v2/Users").names(), s.get("/scim/v2/Groups").names()
	everything := slices.Concat(userNames, groupNames)
	tests := []struct {
		name  string
		query string
		want  []string
		total int
		start int
	}{
		{"everything", "", everything, people + groups, 1},
		{"a page of users", "startIndex=2&count=3", everything[1:4], people + groups, 2},
		{"a page across both", "startIndex=24&count=4", everything[23:27], people + groups, 24},
		{"a page of groups", "startIndex=27&count=10", everything[26:], people + groups, 27},
		{"past the end", "startIndex=31&count=10", []string{}, people + groups, 31},
		{"only the total", "count=0", []string{}, people + groups, 1},
		{"by type", "filter=meta.resourceType+eq+%22Group%22", groupNames, groups, 1},
		{"attribute of one type", "filter=userName+eq+%22admin%40example.com%22", []string{"admin@example.com"}, 1, 1},
		{
			"attributes of both", "filter=userName+eq+%22admin%40example.com%22+or+members+pr+and+displayName+eq+%22Finance%22",
			[]string{"admin@example.com", "Finance"}, 2, 1,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := s.get("/scim/v2?" + test.query)
			assert.Equal(t, test.want, a.names())
			assert.EqualValues(t, test.total, a.body["totalResults"])
			assert.EqualValues(t, test.start, a.body["startIndex"])
			assert.EqualValues(t, len(test.want), a.body["itemsPerPage"])
			for i := range test.want {
				meta := a.resource(i)["meta"].(map[string]any)
				assert.True(t, strings.HasPrefix(meta["location"].(string), s.url+"/scim/v2/"+meta["resourceType"].(string)+"s/"), meta)
			}
		})
	}
	t.Run("by POST", func(t *testing.T) {
		a := s.do(http.MethodPost, "/scim/v2/.search", `{"startIndex":25,"count":2}`)
		assert.Equal(t, http.StatusOK, a.status, a.text)
		assert.Equal(t, everything[24:26], a.names())
	})
	t.Run("unknown attribute", func(t *testing.T) {
		a := s.do(http.MethodGet, "/scim/v2?filter=shoeSize+pr", "")
		assertError(t, a, http.StatusBadRequest, "invalidFilter", scim.CodeInvalidFilter)
	})
	for _, test := range []struct {
		filter string
		want   []string
	}{
		{"urn:ietf:params:scim:schemas:core:2.0:Group:displayName+eq+%22finance%22", []string{"Finance"}},
		{"urn:ietf:params:scim:schemas:core:2.0:User:displayName+eq+%22finance%22", []string{}},
	} {
		t.Run("an attribute with the URN of its schema is that schema's: "+test.filter, func(t *testing.T) {
			assert.Equal(t, test.want, s.get("/scim/v2?filter="+test.filter).names())
		})
	}
}
