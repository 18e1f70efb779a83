package scim

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// held cuts a schema down to the named attributes.
func held(schema *Schema, names ...string) *Schema {
	var kept []*Attribute
	for _, name := range names {
		kept = append(kept, attributeNamed(schema.Attributes, name))
	}
	schema.Attributes = kept
	return schema
}

// gatewayUser is a user type like the gateway's: some of the core schema, an
// extension of its own, and the rest tolerated.
func gatewayUser() *ResourceType {
	schema := held(CoreUser(), "userName", "name", "displayName", "active", "emails", "roles", "groups")
	name := attributeNamed(schema.Attributes, "name")
	name.SubAttributes = name.SubAttributes[:3] // formatted, familyName, givenName
	for _, derived := range []*Attribute{name.SubAttributes[0], attributeNamed(schema.Attributes, "displayName")} {
		derived.mutable(ReadOnly).Derived = true
	}
	roles := attributeNamed(schema.Attributes, "roles")
	attributeNamed(roles.SubAttributes, "display").mutable(ReadOnly)
	return &ResourceType{
		Name: "User", Endpoint: "/Users", Schema: schema,
		Extensions: []*Schema{{ID: urnSuger, Name: "Suger User", Attributes: []*Attribute{
			stringAttribute("role", "Role."),
			stringAttribute("status", "Status.").mutable(ReadOnly),
			newAttribute("seats", Integer, "Seats."),
			newAttribute("since", DateTime, "When the user joined.").mutable(Immutable),
			newAttribute("tags", String, "Tags.").multiValued(),
		}}},
		Tolerated: []*Schema{CoreUser(), EnterpriseUser()},
	}
}

// wholeUser has all of the RFC's user schemas.
func wholeUser() *ResourceType {
	return &ResourceType{Name: "User", Endpoint: "/Users", Schema: CoreUser(), Extensions: []*Schema{EnterpriseUser()}}
}

func wholeGroup() *ResourceType {
	return &ResourceType{Name: "Group", Endpoint: "/Groups", Schema: CoreGroup()}
}

// object reads JSON that a test writes down.
func object(t testing.TB, text string) map[string]any {
	t.Helper()
	var value map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &value), text)
	return value
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return data
}
