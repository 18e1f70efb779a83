package scim

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outline lists the attributes of a schema, with their sub-attributes in brackets.
func outline(attributes []*Attribute) []string {
	var names []string
	for _, attr := range attributes {
		names = append(names, attr.Name)
		for _, sub := range attr.SubAttributes {
			names = append(names, attr.Name+"."+sub.Name)
		}
	}
	return names
}

func TestSchemasAreWhole(t *testing.T) {
	tests := []struct {
		name   string
		schema *Schema
		id     string
		want   []string
	}{
		{
			name: "core User of RFC 7643 section 4.1", schema: StandardSchema(URNUser), id: "urn:ietf:params:scim:schemas:core:2.0:User",
			want: []string{
				"userName", "name", "name.formatted", "name.familyName", "name.givenName", "name.middleName",
				"name.honorificPrefix", "name.honorificSuffix", "displayName", "nickName", "profileUrl", "title",
				"userType", "preferredLanguage", "locale", "timezone", "active", "password",
				"emails", "emails.value", "emails.display", "emails.type", "emails.primary",
				"phoneNumbers", "phoneNumbers.value", "phoneNumbers.display", "phoneNumbers.type", "phoneNumbers.primary",
				"ims", "ims.value", "ims.display", "ims.type", "ims.primary",
				"photos", "photos.value", "photos.display", "photos.type", "photos.primary",
				"addresses", "addresses.formatted", "addresses.streetAddress", "addresses.locality", "addresses.region",
				"addresses.postalCode", "addresses.country", "addresses.type", "addresses.primary",
				"groups", "groups.value", "groups.$ref", "groups.display", "groups.type",
				"entitlements", "entitlements.value", "entitlements.display", "entitlements.type", "entitlements.primary",
				"roles", "roles.value", "roles.display", "roles.type", "roles.primary",
				"x509Certificates", "x509Certificates.value", "x509Certificates.display", "x509Certificates.type", "x509Certificates.primary",
			},
		},
		{
			name: "enterprise User of RFC 7643 section 4.3", schema: StandardSchema(URNEnterpriseUser), id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
			want: []string{
				"employeeNumber", "costCenter", "organization", "division", "department",
				"manager", "manager.value", "manager.$ref", "manager.displayName",
			},
		},
		{
			name: "core Group of RFC 7643 section 4.2", schema: StandardSchema(URNGroup), id: "urn:ietf:params:scim:schemas:core:2.0:Group",
			want: []string{"displayName", "members", "members.value", "members.$ref", "members.type", "members.display"},
		},
		{
			name: "Okta's Role", schema: StandardSchema(URNOktaRole), id: "urn:okta:scim:schemas:core:1.0:Role",
			want: []string{"displayName", "description"},
		},
		{
			name: "Role of draft-ietf-scim-roles-entitlements-01", schema: StandardSchema(URNRole), id: "urn:ietf:params:scim:schemas:core:1.0:Role",
			want: []string{"value", "display", "supported", "totalAssignmentsUsed"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.id, test.schema.ID)
			assert.Equal(t, test.want, outline(test.schema.Attributes))
			for _, attr := range test.schema.Attributes {
				assert.NotEmpty(t, attr.Description, attr.Name)
				for _, sub := range attr.SubAttributes {
					assert.NotEmpty(t, sub.Description, attr.Name+"."+sub.Name)
				}
			}
		})
	}
}

// Clients show descriptions to administrators, who know the RFC's words.
func TestDescriptionsAreTheRFCs(t *testing.T) { // RFC 7643 section 8.7.1
	for name, want := range map[string]string{
		"name.familyName": "The family name of the User, or last name in most Western languages (e.g., 'Jensen' given the full name 'Ms. Barbara J Jensen, III').",
		"active":          "A Boolean value indicating the User's administrative status.",
		"roles":           "A list of roles for the User that collectively represent who the User is, e.g., 'Student', 'Faculty'.",
		"roles.display":   "A human-readable name, primarily used for display purposes.",
	} {
		path, ok := wholeUser().Lookup(name)
		require.True(t, ok)
		assert.Equal(t, want, path.leaf().Description)
	}
	for name, want := range map[string]string{
		"displayName":   "A human-readable name for the Group. REQUIRED.",
		"members.$ref":  "The URI corresponding to a SCIM resource that is a member of this Group.",
		"members.value": "Identifier of the member of this Group.",
	} {
		path, ok := wholeGroup().Lookup(name)
		require.True(t, ok)
		assert.Equal(t, want, path.leaf().Description)
	}
}

// Canonical values are suggestions (RFC 7643 section 7): others are taken, and a
// provider may name some of those that it takes.
func TestCanonicalValuesAreSuggestions(t *testing.T) {
	rt := gatewayUser()
	path, ok := rt.Lookup("roles.value")
	require.True(t, ok)
	path.Sub.CanonicalValues = []string{"ADMIN", "EDITOR", "VIEWER"}
	got, err := rt.Normalize(object(t, `{"userName":"ada","roles":[{"value":"Finance"}]}`))
	require.NoError(t, err)
	assert.Equal(t, []any{map[string]any{"value": "Finance"}}, got["roles"])
	got, err = patched(t, rt, object(t, patchUser), `[{"op":"replace","path":"roles[primary eq true].value","value":"Finance"}]`)
	require.NoError(t, err)
	assert.Equal(t, "Finance", got["roles"].([]any)[0].(map[string]any)["value"])
	data, err := json.Marshal(path.Sub)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"canonicalValues":["ADMIN","EDITOR","VIEWER"]`)
}

func TestAttributeJSON(t *testing.T) { // RFC 7643 section 8.7.1
	tests := []struct {
		name string
		attr *Attribute
		want string
	}{
		{
			name: "required and unique", attr: attributeNamed(StandardSchema(URNUser).Attributes, "userName"),
			want: `{"name":"userName","type":"string","multiValued":false,"required":true,"caseExact":false,
				"mutability":"readWrite","returned":"default","uniqueness":"server"}`,
		},
		{
			name: "a password is never returned", attr: attributeNamed(StandardSchema(URNUser).Attributes, "password"),
			want: `{"name":"password","type":"string","multiValued":false,"required":false,"caseExact":true,
				"mutability":"writeOnly","returned":"never","uniqueness":"none"}`,
		},
		{
			name: "complex and multi-valued", attr: attributeNamed(StandardSchema(URNUser).Attributes, "groups"),
			want: `{"name":"groups","type":"complex","multiValued":true,"required":false,"caseExact":false,
				"mutability":"readOnly","returned":"default","uniqueness":"none","subAttributes":[
				{"name":"value","type":"string","multiValued":false,"required":false,"caseExact":true,
					"mutability":"readOnly","returned":"default","uniqueness":"none"},
				{"name":"$ref","type":"reference","multiValued":false,"required":false,"caseExact":true,
					"mutability":"readOnly","returned":"default","uniqueness":"none","referenceTypes":["User","Group"]},
				{"name":"display","type":"string","multiValued":false,"required":false,"caseExact":false,
					"mutability":"readOnly","returned":"default","uniqueness":"none"},
				{"name":"type","type":"string","multiValued":false,"required":false,"caseExact":false,
					"mutability":"readOnly","returned":"default","uniqueness":"none","canonicalValues":["direct","indirect"]}]}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data, err := json.Marshal(test.attr)
			require.NoError(t, err)
			got := object(t, string(data))
			forget(got, "description")
			assert.Equal(t, object(t, test.want), got)
		})
	}
}

// forget deletes a member from an object and from those in it.
func forget(value any, name string) {
	switch value := value.(type) {
	case map[string]any:
		delete(value, name)
		for _, member := range value {
			forget(member, name)
		}
	case []any:
		for _, element := range value {
			forget(element, name)
		}
	}
}

func TestSchemasAreFreshCopies(t *testing.T) {
	for _, urn := range []string{URNUser, URNEnterpriseUser, URNGroup, URNOktaRole, URNRole} {
		before, err := json.Marshal(StandardSchema(urn))
		require.NoError(t, err)
		changed := StandardSchema(urn)
		changed.Attributes[0].Name = "changed"
		changed.Attributes = changed.Attributes[:1]
		after, err := json.Marshal(StandardSchema(urn))
		require.NoError(t, err)
		assert.JSONEq(t, string(before), string(after))
	}
}
