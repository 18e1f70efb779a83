package scim

import (
	_ "embed"
	"encoding/json"
	"sync"
)

// URNs of schemas and messages.
const (
	URNUser           = "urn:ietf:params:scim:schemas:core:2.0:User"                 // RFC 7643 §4.1
	URNEnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" // RFC 7643 §4.3
	URNGroup          = "urn:ietf:params:scim:schemas:core:2.0:Group"                // RFC 7643 §4.2
	URNOktaRole       = "urn:okta:scim:schemas:core:1.0:Role"                        // Okta, "SCIM with entitlements"
	URNRole           = "urn:ietf:params:scim:schemas:core:1.0:Role"                 // draft-ietf-scim-roles-entitlements-01

	URNServiceProviderConfig = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig" // RFC 7643 §5
	URNResourceType          = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"          // RFC 7643 §6
	URNSchema                = "urn:ietf:params:scim:schemas:core:2.0:Schema"                // RFC 7643 §7

	URNListResponse  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"  // RFC 7644 §3.4.2
	URNSearchRequest = "urn:ietf:params:scim:api:messages:2.0:SearchRequest" // RFC 7644 §3.4.3
	URNPatchOp       = "urn:ietf:params:scim:api:messages:2.0:PatchOp"       // RFC 7644 §3.5.2
	URNBulkRequest   = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"   // RFC 7644 §3.7
	URNBulkResponse  = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"  // RFC 7644 §3.7
	URNError         = "urn:ietf:params:scim:api:messages:2.0:Error"         // RFC 7644 §3.12
)

//go:embed schemas.json
var schemasJSON []byte

// embedded decodes a file that is a part of the program.
func embedded[T any](file []byte) (value T) {
	if err := json.Unmarshal(file, &value); err != nil {
		panic(err)
	}
	return value
}

// schemaTexts are the schemas of schemas.json by their URNs.
var schemaTexts = sync.OnceValue(func() map[string]json.RawMessage {
	byURN := make(map[string]json.RawMessage)
	for _, text := range embedded[[]json.RawMessage](schemasJSON) {
		byURN[embedded[struct{ ID string }](text).ID] = text
	}
	return byURN
})

// schema makes a fresh copy of a schema in schemas.json, which leaves the default
// characteristics out.
func schema(urn string) *Schema {
	s := embedded[*Schema](schemaTexts()[urn])
	for _, attribute := range s.Attributes {
		attribute.setDefaults()
	}
	return s
}

// CommonAttributes are the attributes that every resource has and no schema
// lists (RFC 7643 §3 and §3.1).
var CommonAttributes = locatedIn(schema(""), "meta", "location").Attributes

// externalID is the one common attribute that belongs to the client. This
// provider keeps no state, so it does not hold it.
var externalID = attributeNamed(CommonAttributes, "externalId")

// locatedIn marks a sub-attribute as the URL of a resource of this service.
func locatedIn(s *Schema, attribute, sub string) *Schema {
	attributeNamed(attributeNamed(s.Attributes, attribute).SubAttributes, sub).Located = true
	return s
}

// CoreUser returns the whole core User schema (RFC 7643 §4.1 and §8.7.1), a fresh
// copy, which the caller may cut down to what it holds.
func CoreUser() *Schema { return locatedIn(schema(URNUser), "groups", "$ref") }

// CoreGroup returns the whole Group schema (RFC 7643 §4.2 and §8.7.1), a fresh
// copy.
//
// It is stricter than the printed schema in three characteristics, for the
// reasons of the RFC's own text: displayName is required (§4.2), the identifier
// of a member is case exact as every id is (§3.1), and a member's display is
// read-only, since it belongs to the resource that value names (§2.4).
func CoreGroup() *Schema { return locatedIn(schema(URNGroup), "members", "$ref") }

// EnterpriseUser returns the whole enterprise extension of the User (RFC 7643
// §4.3 and §8.7.1), a fresh copy.
func EnterpriseUser() *Schema { return schema(URNEnterpriseUser) }

// OktaRole returns the schema of Okta's Role resource, which Okta reads to offer
// a provider's roles as entitlements, a fresh copy.
//
// Source: Okta, "SCIM 2.0 with entitlements",
// https://developer.okta.com/docs/guides/scim-with-entitlements/main/
func OktaRole() *Schema { return schema(URNOktaRole) }

// Role returns the schema of a role in draft-ietf-scim-roles-entitlements-01, as
// far as a service provider without limits and hierarchies has it, a fresh copy.
func Role() *Schema { return schema(URNRole) }

// DiscoverySchemas returns the schemas of the discovery resources themselves (RFC
// 7643 §5 to §7 and §8.7.2; RFC 9865 §4), fresh copies.
func DiscoverySchemas() []*Schema {
	return []*Schema{schema(URNServiceProviderConfig), schema(URNResourceType), schema(URNSchema)}
}
