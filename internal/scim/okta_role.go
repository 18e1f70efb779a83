package scim

// OktaRole is the schema of Okta's Role resource, which Okta reads to offer a
// provider's roles as entitlements. Every call makes a fresh copy.
//
// Source: Okta, "SCIM 2.0 with entitlements",
// https://developer.okta.com/docs/guides/scim-with-entitlements/main/
func OktaRole() *Schema {
	return &Schema{
		ID:          URNOktaRole,
		Name:        "Role",
		Description: "Role that can be granted to users",
		Attributes: []*Attribute{
			stringAttribute("displayName", "Name of the role for people to read.").required().mutable(ReadOnly),
			stringAttribute("description", "What the role allows, in at most 1000 characters.").mutable(ReadOnly),
		},
	}
}
