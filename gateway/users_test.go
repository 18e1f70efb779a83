package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// newUser is what Okta sends for a first assignment, with an invented person.
const newUser = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
  "userName": "nova.sample@example.com",
  "name": {"givenName": "Nova", "familyName": "Sample"},
  "emails": [{"primary": true, "value": "nova.sample@example.com", "type": "work"}],
  "displayName": "Nova Sample", "locale": "en-US",
  "externalId": "00uSAMPLE", "groups": [], "password": "throw-away", "active": true
}`

// take removes a value from a map and returns it.
func take(from map[string]any, name string) any {
	value := from[name]
	delete(from, name)
	return value
}

func TestCreateUser(t *testing.T) {
	s := newStack(t)
	a := s.do(http.MethodPost, "/scim/v2/Users", newUser)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	user := a.body
	id := take(user, "id").(string)
	meta := take(user, "meta").(map[string]any)
	assert.Equal(t, s.url+"/scim/v2/Users/"+id, a.header.Get("Location"))
	assert.Equal(t, a.header.Get("Location"), meta["location"])
	assert.Equal(t, "User", meta["resourceType"])
	assert.NotEmpty(t, a.header.Get("ETag"))
	assert.Equal(t, a.header.Get("ETag"), meta["version"])
	assert.Equal(t, "00uSAMPLE", user["externalId"], "echoed in the direct answer")
	assert.Equal(t, "nova.sample@example.com", user["userName"])
	assert.Equal(t, true, user["active"])
	assert.NotContains(t, a.text, "throw-away")

	read := s.get("/scim/v2/Users/" + id)
	assert.NotContains(t, read.body, "externalId", "not stored")
	assert.Equal(t, a.header.Get("ETag"), read.header.Get("ETag"))
	assert.Equal(t, map[string]any{
		"value": "VIEWER", "display": "VIEWER", "$ref": s.url + "/scim/v2/Groups/VIEWER",
	}, read.body["groups"].([]any)[0])

	again := s.do(http.MethodPost, "/scim/v2/Users", newUser)
	assertError(t, again, http.StatusConflict, "uniqueness", scim.CodeUserExists)
}

func TestChangeUser(t *testing.T) {
	s := newStack(t)
	id := s.id("viewer")
	path := "/scim/v2/Users/" + id
	before := s.get(path)

	t.Run("PUT answers the resource", func(t *testing.T) {
		a := s.do(http.MethodPut, path, `{"userName":"viewer@example.com","name":{"givenName":"Cloud","familyName":"Compass"},"externalId":"00u1","active":true}`)
		require.Equal(t, http.StatusOK, a.status, a.text)
		assert.Equal(t, s.url+path, a.header.Get("Location"))
		assert.Equal(t, "00u1", a.body["externalId"])
		assert.Equal(t, "Cloud", a.body["name"].(map[string]any)["givenName"])
		assert.NotEqual(t, before.header.Get("ETag"), a.header.Get("ETag"))
	})
	t.Run("PATCH answers the resource", func(t *testing.T) {
		a := s.do(http.MethodPatch, path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}`)
		require.Equal(t, http.StatusOK, a.status, a.text)
		assert.Equal(t, false, a.body["active"])
		assert.Equal(t, s.url+path, a.header.Get("Location"))
		assert.Equal(t, false, s.get(path).body["active"])
	})
	t.Run("DELETE answers nothing", func(t *testing.T) {
		a := s.do(http.MethodDelete, path, "")
		assert.Equal(t, http.StatusNoContent, a.status)
		assert.Empty(t, a.text)
		assert.Empty(t, a.header.Get("Content-Type"))
		assertError(t, s.do(http.MethodGet, path, ""), http.StatusNotFound, "", scim.CodeNotFound)
		assertError(t, s.do(http.MethodDelete, path, ""), http.StatusNotFound, "", scim.CodeNotFound)
	})
}

func TestValuesOfTheWrongType(t *testing.T) {
	s := newStack(t)
	body := `{"userName":"viewer@example.com","active":"perhaps"}`
	for _, endpoint := range []string{"POST /scim/v2/Users", "PUT /scim/v2/Users/" + s.id("viewer")} {
		t.Run(endpoint, func(t *testing.T) {
			method, path, _ := strings.Cut(endpoint, " ")
			assertError(t, s.do(method, path, body), http.StatusBadRequest, "invalidValue", scim.CodeInvalidValue)
		})
	}
}

func TestProjectionOfSingleResources(t *testing.T) {
	s := newStack(t)
	path := "/scim/v2/Users/" + s.id("viewer")
	body := `{"userName":"viewer@example.com","active":true}`
	patch := `{"Operations":[{"op":"replace","path":"active","value":true}]}`
	tests := []struct {
		name, method, path, body string
		status                   int
	}{
		{"GET", http.MethodGet, path, "", 200},
		{"PUT", http.MethodPut, path, body, 200},
		{"PATCH", http.MethodPatch, path, patch, 200},
		{"POST", http.MethodPost, "/scim/v2/Users", newUser, 201},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := s.do(test.method, test.path+"?attributes=active", test.body)
			require.Equal(t, test.status, a.status, a.text)
			assert.NotEmpty(t, take(a.body, "id"))
			take(a.body, "schemas")
			assert.Equal(t, map[string]any{"active": true}, a.body)
			assert.NotEmpty(t, a.header.Get("Location"), "the header stays")
			assert.NotEmpty(t, a.header.Get("ETag"), "the header stays")
		})
	}
	t.Run("not both parameters", func(t *testing.T) {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			a := s.do(method, path+"?attributes=active&excludedAttributes=groups", body)
			assertError(t, a, http.StatusBadRequest, "invalidValue", scim.CodeInvalidValue)
		}
	})
	t.Run("excludedAttributes", func(t *testing.T) {
		a := s.get(path + "?excludedAttributes=groups,meta,name.formatted")
		assert.NotContains(t, a.body, "groups")
		assert.NotContains(t, a.body, "meta")
		assert.NotContains(t, a.body["name"], "formatted")
		assert.Contains(t, a.body, "userName")
	})
}

func TestETags(t *testing.T) {
	s := newStack(t)
	path := "/scim/v2/Users/" + s.id("viewer")
	version := s.get(path).header.Get("ETag")
	require.Regexp(t, `^W/"[^"]+"$`, version)
	for name, header := range map[string]string{
		"same": version, "one of several": `"a", ` + version, "strong form": version[2:], "any": "*",
	} {
		t.Run("If-None-Match, "+name, func(t *testing.T) {
			a := s.do(http.MethodGet, path, "", "If-None-Match", header)
			assert.Equal(t, http.StatusNotModified, a.status)
			assert.Empty(t, a.text)
			assert.Equal(t, version, a.header.Get("ETag"))
		})
	}
	t.Run("If-None-Match, another", func(t *testing.T) {
		assert.Equal(t, http.StatusOK, s.do(http.MethodGet, path, "", "If-None-Match", `W/"other"`).status)
	})
	t.Run("If-Match, another", func(t *testing.T) {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
			body := `{"userName":"viewer@example.com","Operations":[{"op":"replace","path":"active","value":true}]}`
			a := s.do(method, path, body, "If-Match", `W/"other"`)
			assertError(t, a, http.StatusPreconditionFailed, "", scim.CodeVersionMismatch)
		}
	})
	t.Run("If-None-Match on a write (RFC 9110 §13.1.2)", func(t *testing.T) {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
			body := `{"userName":"viewer@example.com","name":{"givenName":"Changed"},"Operations":[{"op":"replace","path":"name.givenName","value":"Changed"}]}`
			for _, header := range []string{version, "*"} {
				assertError(t, s.do(method, path, body, "If-None-Match", header), http.StatusPreconditionFailed, "", scim.CodeVersionMismatch)
			}
			assertError(t, s.do(method, "/scim/v2/Users/nobody", body, "If-None-Match", "*"), http.StatusNotFound, "", scim.CodeNotFound)
		}
		assert.Equal(t, version, s.get(path).header.Get("ETag"), "nothing has changed")
		a := s.do(http.MethodPut, path, `{"userName":"viewer@example.com"}`, "If-None-Match", `W/"other"`)
		assert.Equal(t, http.StatusOK, a.status, a.text)
	})
	t.Run("If-Match, same", func(t *testing.T) {
		assert.Equal(t, http.StatusNoContent, s.do(http.MethodDelete, path, "", "If-Match", version).status)
	})
}
