package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/gateway/scim"
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
		"startIndex that is a word":    `{"startIndex":"one"}`,
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			a := s.do(http.MethodPost, "/scim/v2/Users/.search", body)
			assert.Equal(t, http.StatusBadRequest, a.status, a.text)
			assert.Contains(t, []any{"invalidValue", "invalidFilter"}, a.body["scimType"])
		})
	}
}

// The root holds the users and after them the groups (RFC 7644 §3.4.2.1).
func TestQueryOnTheRoot(t *testing.T) {
	s := newStack(t)
	const groups = 5
	userNames, groupNames := s.get("/scim/v2/Users").names(), s.get("/scim/v2/Groups").names()
	everything := append(userNames, groupNames...)
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
		assertError(t, a, http.StatusBadRequest, scim.InvalidFilter, scim.CodeInvalidFilter)
	})
	t.Run("no cursor", func(t *testing.T) {
		a := s.do(http.MethodGet, "/scim/v2?cursor=", "")
		assertError(t, a, http.StatusBadRequest, scim.InvalidCursor, scim.CodeInvalidCursor)
	})
}
