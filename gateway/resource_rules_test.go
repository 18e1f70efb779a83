package gateway_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// What RFC 7643 §3 and §3.1 ask of every resource, whatever its type.
func TestEveryResource(t *testing.T) {
	s := newStack(t)
	types := s.get("/scim/v2/ResourceTypes")
	ids := map[string]string{}
	for i := range types.names() {
		kind := types.resource(i)
		listed := s.get("/scim/v2" + kind["endpoint"].(string))
		require.NotEmpty(t, listed.names(), kind["name"])
		for j := range listed.names() {
			r := listed.resource(j)
			id := r["id"].(string)
			t.Run(kind["name"].(string)+" "+id, func(t *testing.T) {
				schemas := r["schemas"].([]any)
				assert.Equal(t, kind["schema"], schemas[0])
				assert.Len(t, slices.Compact(slices.Clone(schemas)), len(schemas), "no schema twice")
				assert.Subset(t, schemasOf(kind), schemas)
				assert.NotContains(t, id, "bulkId")
				meta := r["meta"].(map[string]any)
				assert.Equal(t, kind["name"], meta["resourceType"])
				assert.Regexp(t, `^W/"[^"]+"$`, meta["version"])
				single := s.get(strings.TrimPrefix(meta["location"].(string), s.url))
				assert.Equal(t, r, single.body, "the location leads to the resource")
				assert.Equal(t, meta["version"], single.header.Get("ETag"))
				assert.Equal(t, meta["location"], single.header.Get("Location"))
				assertTimes(t, kind["name"].(string), meta)
			})
			if kind["name"] != "Role" { // a role is a group once more, under the same id
				assert.Empty(t, ids[id], "an id of two resources")
				ids[id] = kind["name"].(string)
			}
		}
	}
}

func schemasOf(kind map[string]any) []any {
	schemas := []any{kind["schema"]}
	extensions, _ := kind["schemaExtensions"].([]any)
	for _, extension := range extensions {
		schemas = append(schemas, extension.(map[string]any)["schema"])
	}
	return schemas
}

// Suger tells the times of its users only.
func assertTimes(t *testing.T, kind string, meta map[string]any) {
	t.Helper()
	for _, name := range []string{"created", "lastModified"} {
		if kind != "User" {
			assert.NotContains(t, meta, name)
			continue
		}
		_, err := time.Parse(time.RFC3339, meta[name].(string))
		assert.NoError(t, err, name)
	}
}

// Each schema that a resource type has can be read (RFC 7643 §6 and §7), and each
// reference leads to its resource (§2.3.7).
func TestReferencesResolve(t *testing.T) {
	s := newStack(t)
	types := s.get("/scim/v2/ResourceTypes")
	for i := range types.names() {
		for _, urn := range schemasOf(types.resource(i)) {
			schema := s.get("/scim/v2/Schemas/" + urn.(string)).body
			assert.Equal(t, urn, schema["id"])
			assert.NotEmpty(t, schema["name"])
			assert.NotEmpty(t, schema["description"])
		}
	}
	user := s.get("/scim/v2/Users/" + s.id("finance")).body
	group := s.get(strings.TrimPrefix(shownAt(user, "groups.$ref").(string), s.url)).body
	assert.Equal(t, "Finance", group["displayName"])
	assert.Equal(t, shownAt(user, "groups.value"), group["id"])
	member := s.get(strings.TrimPrefix(shownAt(group, "members.$ref").(string), s.url)).body
	assert.Equal(t, shownAt(group, "members.value"), member["id"])
}

// The order of schemas means nothing, and which there are follows from the
// attributes (RFC 7643 §3).
func TestOrderOfSchemas(t *testing.T) {
	s := newStack(t)
	core, path := "urn:ietf:params:scim:schemas:core:2.0:User", "/scim/v2/Users/"+s.id("viewer")
	before := s.get(path).text
	for _, schemas := range []string{`"` + core + `","` + sugerUser + `"`, `"` + sugerUser + `","` + core + `"`, `"` + core + `"`, ``} {
		a := s.do(http.MethodPut, path, `{"schemas":[`+schemas+`],"userName":"viewer@example.com"}`)
		require.Equal(t, http.StatusOK, a.status, a.text)
		assert.Equal(t, before, a.text)
	}
	a := s.do(http.MethodPatch, path, `{"Operations":[{"op":"add","path":"schemas","value":["urn:example:another"]}]}`)
	assertError(t, a, http.StatusBadRequest, "mutability", scim.CodeMutability)
}
