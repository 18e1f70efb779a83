package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// What the interoperability profile (draft-zollner-scim-interop-profile-01)
// refuses is refused with Config.Strict alone: today's Okta and Entra ID send it.
func TestStrict(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		scimType                 string
		code                     scim.Code
	}{
		{"unknown attribute", "POST", "/Users", `{"userName":"nova.sample@example.com","shoeSize":5}`, "invalidSyntax", scim.CodeInvalidSyntax},
		{"standard attribute that is not held", "POST", "/Users", `{"userName":"nova.sample@example.com","title":"x"}`, "invalidSyntax", scim.CodeInvalidSyntax},
		{"password", "POST", "/Users", `{"userName":"nova.sample@example.com","password":"throw-away"}`, "invalidSyntax", scim.CodeInvalidSyntax},
		{"unknown schema", "PUT", "/Users/VIEWER", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:example:x"],"userName":"viewer@example.com"}`, "invalidSyntax", scim.CodeInvalidSyntax},
		{"operation without path", "PATCH", "/Users/VIEWER", `{"Operations":[{"op":"replace","value":{"active":true}}]}`, "invalidSyntax", scim.CodeInvalidSyntax},
		{"unknown path", "PATCH", "/Users/VIEWER", `{"Operations":[{"op":"replace","path":"shoeSize","value":5}]}`, "invalidPath", scim.CodeInvalidPath},
		{"value filter without a sub-attribute", "PATCH", "/Groups/FINANCE", `{"Operations":[{"op":"remove","path":"members[value eq \"nobody\"]"}]}`, "invalidPath", scim.CodeInvalidPath},
		{"value filter that selects several", "PATCH", "/Groups/FINANCE", `{"Operations":[{"op":"add","path":"members[type eq \"User\"].type","value":"User"}]}`, "invalidFilter", scim.CodeInvalidFilter},
		{"unknown attribute of a group", "POST", "/Groups", `{"displayName":"Sample crew","color":"red"}`, "invalidSyntax", scim.CodeInvalidSyntax},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, strict := range []bool{true, false} {
				s := newStack(t, func(c *gateway.Config) { c.Strict = strict })
				path := test.path
				switch path {
				case "/Users/VIEWER":
					path = "/Users/" + s.id("viewer")
				case "/Groups/FINANCE":
					path = "/Groups/" + s.group("Finance")
				}
				a := s.do(test.method, "/scim/v2"+path, test.body)
				if strict {
					assertError(t, a, http.StatusBadRequest, test.scimType, test.code)
				} else {
					assert.Less(t, a.status, 300, a.text)
				}
			}
		})
	}

	s := newStack(t, func(c *gateway.Config) { c.Strict = true })
	a := s.do("POST", "/scim/v2/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","`+sugerUser+`"],
		"userName":"nova.sample@example.com","externalId":"x","name":{"givenName":"Nova","familyName":"Sample"},"active":true,
		"emails":[{"value":"nova.sample@example.com","type":"work","primary":true}],"`+sugerUser+`":{"role":"EDITOR"}}`)
	assert.Equal(t, http.StatusCreated, a.status, "what conforms is taken: %s", a.text)
	a = s.do("PATCH", "/scim/v2/Users/"+a.body["id"].(string), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations":[{"op":"replace","path":"active","value":false},{"op":"replace","path":"name.givenName","value":"Changed"}]}`)
	assert.Equal(t, http.StatusOK, a.status, a.text)
}

// replace of a complex attribute replaces all of it by the interoperability
// profile, and the parts that are given by RFC 7644 section 3.5.2.3.
func TestStrictReplacesTheWholeName(t *testing.T) {
	for strict, want := range map[bool]map[string]any{
		true:  {"givenName": "Changed", "formatted": "Changed"},
		false: {"givenName": "Changed", "familyName": "Compass", "formatted": "Changed Compass"},
	} {
		s := newStack(t, func(c *gateway.Config) { c.Strict = strict })
		path := "/scim/v2/Users/" + s.id("viewer")
		require.Equal(t, "Compass", s.get(path).body["name"].(map[string]any)["familyName"])
		a := s.do("PATCH", path, `{"Operations":[{"op":"replace","path":"name","value":{"givenName":"Changed"}}]}`)
		require.Equal(t, http.StatusOK, a.status, a.text)
		assert.Equal(t, want, s.get(path).body["name"], "strict %v", strict)
		a = s.do("PATCH", path, `{"Operations":[{"op":"add","path":"name","value":{"familyName":"Added"}}]}`)
		require.Equal(t, http.StatusOK, a.status, a.text)
		assert.Equal(t, "Changed Added", s.get(path).body["name"].(map[string]any)["formatted"], "add merges")
	}
}

// Conformance to the interoperability profile is claimed where it is kept: in
// strict mode, with a mapping whose deactivation keeps the resource.
func TestInteropProfileIsClaimedWhereItIsKept(t *testing.T) {
	for _, test := range []struct {
		mapping string
		strict  bool
		want    any
	}{
		{"status.yaml", true, true},
		{"status.yaml", false, nil},
		{"", true, nil},
		{"", false, nil},
	} {
		document := mapping.DefaultDocument()
		if test.mapping != "" {
			document = statusDocument(t)
		}
		client, err := sugerclient.New(sugerclient.Config{BaseURL: "http://127.0.0.1:9"})
		require.NoError(t, err)
		service, err := mapping.New(document, client, mapping.Config{Strict: test.strict})
		require.NoError(t, err)
		handler := gateway.New(gateway.Config{Organization: "o", Strict: test.strict}, service)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/scim/v2/ServiceProviderConfig", nil))
		var provider map[string]any
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &provider))
		assert.Equal(t, test.want, provider["interopProfileConformant"], "%+v", test)
	}
}
