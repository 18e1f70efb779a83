package scim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLookup(t *testing.T) {
	tests := []struct {
		name      string
		path      string
		want      string // "" means not found
		tolerated bool
	}{
		{name: "core attribute", path: "userName", want: "userName"},
		{name: "any letter case", path: "USERNAME", want: "userName"},
		{name: "sub-attribute", path: "name.GIVENNAME", want: "name.givenName"},
		{name: "sub-attribute with a dollar sign", path: "groups.$REF", want: "groups.$ref"},
		{name: "core URN in front", path: coreUser + "name.givenName", want: "name.givenName"},
		{name: "core URN in another letter case", path: "URN:ietf:params:scim:schemas:CORE:2.0:user:userName", want: "userName"},
		{name: "common attribute", path: "meta.lastmodified", want: "meta.lastModified"},
		{name: "common attribute with the core URN", path: coreUser + "id", want: "id"},
		{name: "extension attribute", path: urnSuger + ":Role", want: urnSuger + ":role"},
		{name: "whole extension", path: urnSuger, want: urnSuger},
		{name: "displayName for display", path: "roles.displayName", want: "roles.display"},

		{name: "externalId is not held", path: "externalId", want: "externalId", tolerated: true},
		{name: "what is never returned is not held", path: "password", want: "password", tolerated: true},
		{name: "tolerated attribute of the core schema", path: "nickName", want: "nickName", tolerated: true},
		{name: "tolerated attribute with the core URN", path: coreUser + "nickName", want: "nickName", tolerated: true},
		{name: "tolerated sub-attribute of a held attribute", path: "name.honorificPrefix", want: "name.honorificPrefix", tolerated: true},
		{name: "tolerated extension attribute", path: URNEnterpriseUser + ":manager.displayName", want: URNEnterpriseUser + ":manager.displayName", tolerated: true},
		{name: "whole tolerated extension", path: URNEnterpriseUser, want: URNEnterpriseUser, tolerated: true},
		{name: "tolerated extension attribute without its URN", path: "department", want: URNEnterpriseUser + ":department", tolerated: true},

		{name: "empty"},
		{name: "unknown attribute", path: "shoeSize"},
		{name: "unknown sub-attribute", path: "name.shoeSize"},
		{name: "sub-attribute of a simple attribute", path: "userName.value"},
		{name: "two dots", path: "name.givenName.x"},
		{name: "dot at the end", path: "name."},
		{name: "dot at the beginning", path: ".name"},
		{name: "held extension attribute without its URN", path: "role"},
		{name: "bare core URN", path: URNUser},
		{name: "core URN and nothing after it", path: coreUser},
		{name: "core attribute under an extension's URN", path: urnSuger + ":userName"},
		{name: "tolerated extension attribute under the core URN", path: coreUser + "department"},
		{name: "unknown URN", path: "urn:example:User:userName"},
	}
	rt := filterUserType()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path, ok := rt.Lookup(test.path)
			require.Equal(t, test.want != "", ok)
			if ok {
				assert.Equal(t, test.want, path.String())
				assert.Equal(t, test.tolerated, path.Tolerated)
			}
		})
	}
}

func TestLookupPrefersWhatIsHeld(t *testing.T) {
	rt := filterUserType()
	path, ok := rt.Lookup("userName")
	require.True(t, ok)
	assert.Same(t, rt.Schema.Attributes[1], path.Attr)

	path, ok = rt.Lookup(urnSuger)
	require.True(t, ok)
	assert.True(t, path.WholeExtension())
	assert.Equal(t, Complex, path.Attr.Type)
	assert.Equal(t, rt.Extensions[0].Attributes, path.Attr.SubAttributes)

	path, ok = rt.Lookup(urnSuger + ":role")
	require.True(t, ok)
	assert.False(t, path.WholeExtension())
}

func TestSortable(t *testing.T) {
	rt := wholeGroup()
	rt.Lacks = []string{"created"}
	for name, want := range map[string]bool{
		"displayName": true, "id": true, "meta.lastModified": true, "members.value": true,
		"externalId": false, "meta.created": false, "meta.location": false, "members.$ref": false,
	} {
		path, ok := rt.Lookup(name)
		assert.True(t, ok, name)
		assert.Equal(t, want, path.Sortable(), name)
	}
}

func TestAttrPathValues(t *testing.T) {
	tests := []struct {
		name string
		path string
		want []any
	}{
		{"simple attribute", "userName", []any{"Ada.Sample@example.com"}},
		{"absent attribute", "title", nil},
		{"sub-attribute", "name.givenName", []any{"Ada"}},
		{"absent sub-attribute", "name.formatted", nil},
		{"one for each element", "emails.value", []any{"Ada.Sample@example.com", "ada@home.example.org"}},
		{"elements without the sub-attribute are left out", "emails.primary", []any{true}},
		{"simple multi-valued attribute", "schemas", []any{URNUser, urnSuger}},
		{"complex attribute", "name", []any{map[string]any{"givenName": "Ada", "familyName": "Sample-Ångström"}}},
		{"extension attribute", urnSuger + ":role", []any{"ADMIN"}},
		{"multi-valued extension attribute", urnSuger + ":tags", []any{"Red", "blue"}},
		{"whole extension", urnSuger, []any{ada()[urnSuger]}},
		{"attribute that is not held", "externalId", nil},
	}
	rt := filterUserType()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path, ok := rt.Lookup(test.path)
			require.True(t, ok)
			assert.Equal(t, test.want, path.Values(ada()))
		})
	}
}

func TestCommonAttributesAreThoseOfTheRFC(t *testing.T) {
	var names []string
	for _, attribute := range CommonAttributes {
		names = append(names, attribute.Name)
		for _, sub := range attribute.SubAttributes {
			names = append(names, attribute.Name+"."+sub.Name)
		}
	}
	assert.Equal(t, []string{
		"id", "externalId", "schemas",
		"meta", "meta.resourceType", "meta.created", "meta.lastModified", "meta.location", "meta.version",
	}, names)
}
