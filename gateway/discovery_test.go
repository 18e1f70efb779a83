package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
)

func TestServiceProviderConfig(t *testing.T) {
	s := newStack(t, func(c *gateway.Config) {
		c.DocumentationURL, c.Version = "https://docs.example.com/", "1.2.3"
	})
	want := `{
	  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
	  "documentationUri": "https://docs.example.com/",
	  "patch": {"supported": true},
	  "bulk": {"supported": true, "maxOperations": 1000, "maxPayloadSize": 1048576},
	  "filter": {"supported": true, "maxResults": 1000},
	  "changePassword": {"supported": false},
	  "sort": {"supported": true},
	  "etag": {"supported": true},
	  "pagination": {"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100, "maxPageSize": 1000, "cursorTimeout": 3600},
	  "RolesAndEntitlements": {
	    "roles": {"supported": true, "multipleRolesSupported": false, "primarySupported": false, "typeSupported": false},
	    "entitlements": {"supported": false, "multipleEntitlementsSupported": false, "primarySupported": false, "typeSupported": false}
	  },
	  "authenticationSchemes": [{
	    "type": "oauthbearertoken", "name": "Bearer token", "primary": true,
	    "description": "The token in the Authorization header, after the word Bearer.",
	    "specUri": "https://www.rfc-editor.org/info/rfc6750"
	  }],
	  "meta": {"resourceType": "ServiceProviderConfig", "location": "` + s.url + `/scim/v2/ServiceProviderConfig", "version": "W/\"1.2.3\""}
	}`
	a := s.get("/scim/v2/ServiceProviderConfig")
	assert.JSONEq(t, want, a.text)
	assert.Equal(t, `W/"1.2.3"`, a.header.Get("ETag"), "a version is an ETag, too (RFC 7644 §3.14)")
	assert.Equal(t, http.StatusNotModified, s.do(http.MethodGet, "/scim/v2/ServiceProviderConfig", "", "If-None-Match", `W/"1.2.3"`).status)
}

// Okta reads these for entitlements and for its schema import.
func TestResourceTypes(t *testing.T) {
	s := newStack(t)
	a := s.get("/scim/v2/ResourceTypes")
	want := `{
	  "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 3, "startIndex": 1, "itemsPerPage": 3,
	  "Resources": [
	    {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "User", "name": "User", "endpoint": "/Users",
	     "description": "Suger user", "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
	     "schemaExtensions": [{"schema": "urn:ietf:params:scim:schemas:extension:suger:2.0:User", "required": false}],
	     "meta": {"resourceType": "ResourceType", "location": "` + s.url + `/scim/v2/ResourceTypes/User"}},
	    {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "Group", "name": "Group", "endpoint": "/Groups",
	     "description": "Suger role, as a group", "schema": "urn:ietf:params:scim:schemas:core:2.0:Group",
	     "meta": {"resourceType": "ResourceType", "location": "` + s.url + `/scim/v2/ResourceTypes/Group"}},
	    {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "Role", "name": "Role", "endpoint": "/Roles",
	     "description": "Suger role", "schema": "urn:okta:scim:schemas:core:1.0:Role",
	     "schemaExtensions": [{"schema": "urn:ietf:params:scim:schemas:core:1.0:Role", "required": false}],
	     "meta": {"resourceType": "ResourceType", "location": "` + s.url + `/scim/v2/ResourceTypes/Role"}}
	  ]}`
	assert.JSONEq(t, want, a.text)
	assert.Equal(t, a.resource(2), s.get("/scim/v2/ResourceTypes/Role").body)
	assertError(t, s.do(http.MethodGet, "/scim/v2/ResourceTypes/Entitlement", ""), http.StatusNotFound, "", scim.CodeNotFound)
}

func TestSchemas(t *testing.T) {
	s := newStack(t)
	a := s.get("/scim/v2/Schemas")
	var urns []string
	for i := range a.body["Resources"].([]any) {
		schema := a.resource(i)
		urn := schema["id"].(string)
		urns = append(urns, urn)
		assert.Equal(t, []any{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, schema["schemas"])
		assert.Equal(t, map[string]any{"resourceType": "Schema", "location": s.url + "/scim/v2/Schemas/" + urn}, schema["meta"])
		assert.NotEmpty(t, schema["attributes"], urn)
		assert.Equal(t, schema, s.get("/scim/v2/Schemas/"+urn).body)
	}
	assert.Equal(t, []string{
		"urn:ietf:params:scim:schemas:core:2.0:User",
		"urn:ietf:params:scim:schemas:extension:suger:2.0:User",
		"urn:ietf:params:scim:schemas:core:2.0:Group",
		"urn:okta:scim:schemas:core:1.0:Role",
		"urn:ietf:params:scim:schemas:core:1.0:Role",
		"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
		"urn:ietf:params:scim:schemas:core:2.0:ResourceType",
		"urn:ietf:params:scim:schemas:core:2.0:Schema",
	}, urns)
	assert.EqualValues(t, len(urns), a.body["totalResults"])
	assertError(t, s.do(http.MethodGet, "/scim/v2/Schemas/urn:none", ""), http.StatusNotFound, "", scim.CodeNotFound)
}

// What every attribute of every schema says of itself (RFC 7643 §7), with the
// values that the RFC lists.
func TestSchemasAreComplete(t *testing.T) {
	allowed := map[string][]any{
		"type":       {"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"},
		"mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
		"returned":   {"always", "never", "default", "request"},
		"uniqueness": {"none", "server", "global"},
	}
	var check func(t *testing.T, path string, attributes []any)
	check = func(t *testing.T, path string, attributes []any) {
		for _, element := range attributes {
			attribute := element.(map[string]any)
			name := path + "." + attribute["name"].(string)
			for key, values := range allowed {
				assert.Contains(t, values, attribute[key], "%s of %s", key, name)
			}
			for _, key := range []string{"multiValued", "required", "caseExact"} {
				assert.IsType(t, true, attribute[key], "%s of %s", key, name)
			}
			assert.NotEmpty(t, attribute["description"], name)
			assert.Regexp(t, `^\$?[A-Za-z][A-Za-z0-9$_-]*$`, attribute["name"], "RFC 7643 §2.1, and $ref")
			subs, _ := attribute["subAttributes"].([]any)
			assert.Equal(t, attribute["type"] == "complex", len(subs) > 0, "%s has sub-attributes if and only if it is complex", name)
			assert.Equal(t, attribute["type"] == "reference", attribute["referenceTypes"] != nil, "%s has referenceTypes if and only if it is a reference", name)
			check(t, name, subs)
			for _, sub := range subs { // but for the schema of schemas (RFC 7643 §7), and one draft
				complexPart := sub.(map[string]any)["type"] == "complex"
				assert.False(t, complexPart && !strings.HasPrefix(path, "Schema") && !strings.HasSuffix(name, ".RolesAndEntitlements"),
					"a complex attribute in a complex one (RFC 7643 §2.3.8)")
			}
		}
	}
	s := newStack(t)
	a := s.get("/scim/v2/Schemas")
	require.NotEmpty(t, a.body["Resources"])
	for i := range a.body["Resources"].([]any) {
		schema := a.resource(i)
		check(t, schema["name"].(string), schema["attributes"].([]any))
	}
}

// Nothing but a filter counts on discovery endpoints (RFC 7644 §4).
func TestDiscoveryIgnoresParameters(t *testing.T) {
	s := newStack(t)
	for _, path := range []string{"/scim/v2/Schemas", "/scim/v2/ResourceTypes"} {
		for _, query := range []string{
			"?startIndex=2&count=1", "?count=none", "?count=1&count=2", "?sortBy=id&sortOrder=descending", "?cursor=x", "?attributes=id&excludedAttributes=name",
		} {
			t.Run(path+query, func(t *testing.T) {
				assert.JSONEq(t, s.get(path).text, s.get(path+query).text)
			})
		}
	}
}

func TestDiscoveryRefusesFilters(t *testing.T) {
	s := newStack(t)
	for _, path := range []string{
		"/ServiceProviderConfig?filter=x", "/ResourceTypes?filter=name+eq+%22User%22", "/ResourceTypes/User?FILTER=x", "/Schemas?filter=", "/Schemas/urn:none?filter=x",
	} {
		t.Run(path, func(t *testing.T) {
			assertError(t, s.do(http.MethodGet, "/scim/v2"+path, ""), http.StatusForbidden, "", scim.CodeForbiddenFilter)
		})
	}
}
