//go:build testresources

package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	testURN      = "urn:example:params:scim:schemas:test:2.0:TestResource"
	extensionURN = "urn:example:params:scim:schemas:test:2.0:Extension"
)

// made makes a test resource and returns its path.
func (s *stack) made(t *testing.T, attributes string) string {
	t.Helper()
	a := s.do(http.MethodPost, "/scim/v2/TestResources", `{"schemas":["`+testURN+`"],`+attributes+`}`)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	return "/scim/v2/TestResources/" + a.body["id"].(string)
}

// What RFC 7643 section 2 says of types and characteristics holds for attributes
// that Suger cannot hold.
func TestTestResourceKeepsEveryKind(t *testing.T) {
	s := newStack(t)
	const attributes = `"name":"One","string":"Text","exact":"Text","boolean":false,"integer":-7,"decimal":1.25,
		"dateTime":"2026-01-31T09:30:00Z","binary":"AQID","reference":"https://example.com/x","immutable":"once",
		"strings":["a","b"],"integers":[1,2],"complex":{"string":"x","boolean":true,"integer":3,"dateTime":"2026-01-31T09:30:00Z"},
		"complexes":[{"value":"w","type":"work","primary":true},{"value":"h","type":"home"}],
		"` + extensionURN + `":{"string":"e","strings":["f"]}`
	path := s.made(t, attributes+`,"readOnly":"mine","writeOnly":"hidden","always":"here","onRequest":"asked"`)
	read := s.get(path).body
	var want map[string]any
	require.NoError(t, json.Unmarshal([]byte("{"+attributes+"}"), &want))
	for name, value := range want {
		assert.Equal(t, value, read[name], name)
	}
	assert.Equal(t, "set by the service", read["readOnly"])
	assert.NotContains(t, read, "writeOnly")
	assert.NotContains(t, read, "onRequest", "returned on request alone")
	assert.ElementsMatch(t, []any{testURN, extensionURN}, read["schemas"])
	assert.Equal(t, "asked", s.get(path + "?attributes=onRequest").body["onRequest"])
	assert.Contains(t, s.get(path+"?attributes=string").body, "always", "always returned")
	assert.Contains(t, s.get(path+"?excludedAttributes=always,string").body, "always")
	assert.NotContains(t, s.get(path+"?excludedAttributes=string").body, "string")
}

func TestTestResourceFilters(t *testing.T) {
	s := newStack(t)
	s.made(t, `"name":"One","string":"Text","exact":"Text","boolean":true,"integer":5,"decimal":1.5,"dateTime":"2026-01-31T09:30:00Z","strings":["a","b"],"complexes":[{"value":"x","type":"work"},{"value":"y","type":"home"}]`)
	s.made(t, `"name":"Two","string":"other","integer":50,"dateTime":"2026-02-01T00:00:00Z","`+extensionURN+`":{"string":"e"}`)
	for filter, want := range map[string]int{
		`string eq "TEXT"`: 1, `exact eq "TEXT"`: 0, `exact eq "Text"`: 1, `boolean eq true`: 1, `boolean ne true`: 1,
		`integer gt 5`: 1, `integer ge 5`: 2, `integer eq 5.0`: 1, `decimal lt 2`: 1,
		`dateTime gt "2026-01-31T10:00:00+01:00"`: 2, `dateTime lt "2026-01-31T23:59:59Z"`: 1,
		`strings eq "b"`: 1, `strings ne "b"`: 1, `strings pr`: 1, `not (strings pr)`: 1,
		`complexes[type eq "work" and value eq "y"]`: 0, `complexes[type eq "home" and value eq "y"]`: 1,
		`complexes.type eq "work" and complexes.value eq "y"`: 1,
		extensionURN + `:string eq "e"`:                       1, extensionURN + ` pr`: 1,
	} {
		a := s.get("/scim/v2/TestResources?filter=" + url.QueryEscape(filter))
		assert.EqualValues(t, want, a.body["totalResults"], "%s: %s", filter, a.text)
	}
	for _, filter := range []string{`boolean gt true`, `binary gt "AQID"`, `unknown eq "x"`, `complex eq "x"`} {
		a := s.do(http.MethodGet, "/scim/v2/TestResources?filter="+url.QueryEscape(filter), "")
		assert.Equal(t, http.StatusBadRequest, a.status, filter)
	}
	names := func(query string) []string {
		var found []string
		for i := range s.get("/scim/v2/TestResources" + query).body["Resources"].([]any) {
			found = append(found, s.get("/scim/v2/TestResources" + query).resource(i)["name"].(string))
		}
		return found
	}
	assert.Equal(t, []string{"Two", "One"}, names("?sortBy=integer&sortOrder=descending"))
	assert.Equal(t, []string{"One", "Two"}, names("?sortBy=decimal"), "what has no value comes last")
}

func TestTestResourceChanges(t *testing.T) {
	s := newStack(t)
	path := s.made(t, `"name":"One","immutable":"once","integers":[1],"complex":{"string":"x","integer":3},"complexes":[{"value":"w","type":"work","primary":true}]`)
	patch := func(operation string) *answer {
		return s.do(http.MethodPatch, path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+operation+`]}`)
	}
	for _, test := range []struct {
		operation, attribute string
		want                 any // after it; of the attribute
	}{
		{`{"op":"add","path":"integers","value":[2,1]}`, "integers", []any{1.0, 2.0}},
		{`{"op":"replace","path":"complex","value":{"integer":4}}`, "complex", map[string]any{"string": "x", "integer": 4.0}},
		{`{"op":"remove","path":"complex.string"}`, "complex", map[string]any{"integer": 4.0}},
		{`{"op":"replace","path":"complex","value":{"string":"y","integer":null}}`, "complex", map[string]any{"string": "y"}},
		{`{"op":"add","path":"complexes","value":[{"value":"h","type":"home","primary":true}]}`, "complexes",
			[]any{map[string]any{"value": "w", "type": "work", "primary": false}, map[string]any{"value": "h", "type": "home", "primary": true}}},
		{`{"op":"replace","path":"complexes[type eq \"work\"].display","value":"Work"}`, "complexes",
			[]any{map[string]any{"value": "w", "type": "work", "primary": false, "display": "Work"}, map[string]any{"value": "h", "type": "home", "primary": true}}},
		{`{"op":"remove","path":"complexes[type eq \"work\"]"}`, "complexes", []any{map[string]any{"value": "h", "type": "home", "primary": true}}},
		{`{"op":"remove","path":"integers"}`, "integers", nil},
		{`{"op":"add","path":"` + extensionURN + `:strings","value":"one"}`, extensionURN, map[string]any{"strings": []any{"one"}}},
	} {
		a := patch(test.operation)
		require.Equal(t, http.StatusOK, a.status, a.text)
		assert.Equal(t, test.want, s.get(path).body[test.attribute], test.operation)
	}
	for operation, scimType := range map[string]string{
		`{"op":"replace","path":"immutable","value":"twice"}`: "mutability",
		`{"op":"remove","path":"immutable"}`:                  "mutability",
		`{"op":"replace","path":"readOnly","value":"mine"}`:   "mutability",
		`{"op":"remove","path":"name"}`:                       "mutability",
		`{"op":"replace","path":"integer","value":"x"}`:       "invalidValue",
		`{"op":"replace","path":"dateTime","value":"soon"}`:   "invalidValue",
		`{"op":"remove"}`: "noTarget",
	} {
		a := patch(operation)
		assert.Equal(t, http.StatusBadRequest, a.status, operation)
		assert.Equal(t, scimType, a.body["scimType"], operation)
	}
	// A PUT replaces all of it.
	a := s.do(http.MethodPut, path, `{"schemas":["`+testURN+`"],"name":"One","decimal":2.5}`)
	require.Equal(t, http.StatusOK, a.status, a.text)
	read := s.get(path)
	assert.NotContains(t, read.body, "complexes")
	assert.Equal(t, 2.5, read.body["decimal"])
	assert.Equal(t, "once", read.body["immutable"])
	assert.Equal(t, http.StatusPreconditionFailed, s.do(http.MethodDelete, path, "", "If-Match", `W/"other"`).status)
	assert.Equal(t, http.StatusNotModified, s.do(http.MethodGet, path, "", "If-None-Match", read.header.Get("ETag")).status)
	assert.Equal(t, http.StatusConflict, s.do(http.MethodPost, "/scim/v2/TestResources", `{"name":"ONE"}`).status)
	assert.Equal(t, http.StatusNoContent, s.do(http.MethodDelete, path, "").status)
	assert.Equal(t, http.StatusNotFound, s.do(http.MethodGet, path, "").status)
}

func TestTestResourceIsDescribed(t *testing.T) {
	s := newStack(t)
	assert.Equal(t, "/TestResources", s.get("/scim/v2/ResourceTypes/TestResource").body["endpoint"])
	found := map[string]map[string]any{}
	described("", s.get("/scim/v2/Schemas/" + testURN).body["attributes"].([]any), found)
	assert.Equal(t, "onRequest", found["onRequest"]["name"])
	assert.Equal(t, "request", found["onRequest"]["returned"])
	a := s.do(http.MethodPost, "/scim/v2/TestResources", `{"name":"x"}`, "Authorization", "")
	assert.Equal(t, http.StatusUnauthorized, a.status, "a token is needed as everywhere")
}
