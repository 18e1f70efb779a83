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
			name: "core User of RFC 7643 section 4.1", schema: CoreUser(), id: "urn:ietf:params:scim:schemas:core:2.0:User",
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
			name: "enterprise User of RFC 7643 section 4.3", schema: EnterpriseUser(), id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
			want: []string{
				"employeeNumber", "costCenter", "organization", "division", "department",
				"manager", "manager.value", "manager.$ref", "manager.displayName",
			},
		},
		{
			name: "core Group of RFC 7643 section 4.2", schema: CoreGroup(), id: "urn:ietf:params:scim:schemas:core:2.0:Group",
			want: []string{"displayName", "members", "members.value", "members.$ref", "members.type", "members.display"},
		},
		{
			name: "Okta's Role", schema: OktaRole(), id: "urn:okta:scim:schemas:core:1.0:Role",
			want: []string{"displayName", "description"},
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

func TestAttributeJSON(t *testing.T) { // RFC 7643 section 8.7.1
	tests := []struct {
		name string
		attr *Attribute
		want string
	}{
		{
			name: "required and unique", attr: attributeNamed(CoreUser().Attributes, "userName"),
			want: `{"name":"userName","type":"string","multiValued":false,"required":true,"caseExact":false,
				"mutability":"readWrite","returned":"default","uniqueness":"server"}`,
		},
		{
			name: "a password is never returned", attr: attributeNamed(CoreUser().Attributes, "password"),
			want: `{"name":"password","type":"string","multiValued":false,"required":false,"caseExact":true,
				"mutability":"writeOnly","returned":"never","uniqueness":"none"}`,
		},
		{
			name: "complex and multi-valued", attr: attributeNamed(CoreUser().Attributes, "groups"),
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
	for _, schema := range []func() *Schema{CoreUser, EnterpriseUser, CoreGroup, OktaRole} {
		before, err := json.Marshal(schema())
		require.NoError(t, err)
		changed := schema()
		changed.Attributes[0].Name = "changed"
		changed.Attributes = changed.Attributes[:1]
		after, err := json.Marshal(schema())
		require.NoError(t, err)
		assert.JSONEq(t, string(before), string(after))
	}
}
