// Package scim implements the data side of SCIM 2.0 (RFC 7643, RFC 7644, RFC 9865):
// schemas, filters, PATCH, projection, lists; and the catalogue of the gateway's error
// codes. It serves no HTTP and imports no other package of this program.
//
// Start with [ResourceType], which says what attributes a resource has, and
// [Resource], the value that the rest of the package works on.
package scim

import (
	"cmp"
	_ "embed"
	"encoding/json"
)

type (
	// Type is the data type of an attribute's values (RFC 7643 §2.3).
	Type string
	// Mutability says when a client may write it (RFC 7643 §7).
	Mutability string
	// Returned says when an answer has it.
	Returned string
	// Uniqueness says among which resources a value occurs once.
	Uniqueness string
)

// The values that the RFC defines, as far as this package uses them.
const (
	String    Type = "string"
	Boolean   Type = "boolean"
	Decimal   Type = "decimal"
	Integer   Type = "integer"
	DateTime  Type = "dateTime"
	Binary    Type = "binary"
	Reference Type = "reference"
	Complex   Type = "complex"

	ReadOnly  Mutability = "readOnly"
	ReadWrite Mutability = "readWrite"
	Immutable Mutability = "immutable"
	WriteOnly Mutability = "writeOnly"

	Always    Returned = "always"
	Never     Returned = "never"
	ByDefault Returned = "default"
	OnRequest Returned = "request"

	NotUnique    Uniqueness = "none"
	UniqueServer Uniqueness = "server"
)

// An Attribute describes one attribute of a schema. The exported JSON form is
// that of RFC 7643 §7.
type Attribute struct {
	Name            string       `json:"name"`
	Type            Type         `json:"type"`
	SubAttributes   []*Attribute `json:"subAttributes,omitempty"`
	MultiValued     bool         `json:"multiValued"`
	Description     string       `json:"description"`
	Required        bool         `json:"required"`
	CanonicalValues []string     `json:"canonicalValues,omitempty"`
	CaseExact       bool         `json:"caseExact"`
	Mutability      Mutability   `json:"mutability"`
	Returned        Returned     `json:"returned"`
	Uniqueness      Uniqueness   `json:"uniqueness"`
	ReferenceTypes  []string     `json:"referenceTypes,omitempty"`

	// Derived marks a read-only attribute that the provider computes from others. A PATCH
	// that names one has no effect, since clients such as Entra ID always send it; any other
	// read-only one is an error.
	Derived bool `json:"-"`

	// Echoed marks a read-only attribute that is kept of a whole resource from a client: it
	// shows what the client had read, or what it calls a person without another name.
	Echoed bool `json:"-"`

	// Kept marks a list that only an empty list empties: null is ignored in a whole resource,
	// and refused in a PATCH that replaces, so that no omission removes everybody.
	Kept bool `json:"-"`

	Guarded bool `json:"-"` // immutable, but the provider refuses changes itself
	Named   bool `json:"-"` // a list of things with names, such as roles: display or name can replace the value
	Located bool `json:"-"` // a URL of this service, made when an answer is sent; never compared
}

// A Schema is a named set of attributes (RFC 7643 §7).
type Schema struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Attributes  []*Attribute `json:"attributes"`
}

// A ResourceType ties an endpoint to its schemas (RFC 7643 §6).
type ResourceType struct {
	Name        string // also its id: "User"
	Endpoint    string // "/Users"
	Description string
	Schema      *Schema
	Extensions  []*Schema // none is required

	Aliases []*Schema // the same resource for other clients; their attributes are top-level, too

	// Tolerated are standard schemas of which this provider stores only a part, or nothing.
	// What a client sends for them is ignored; a filter that names them is an error, since
	// the client would conclude from an empty answer that there is none.
	Tolerated []*Schema

	Lacks []string // parts of meta that cannot be filtered by, as this provider does not know them

	strict bool // see Strict
}

// setDefaults gives an attribute the characteristics that it leaves out (RFC 7643 §2.2,
// §2.3.6 and §2.3.7). References that clients cannot set are the URLs of this service.
func (a *Attribute) setDefaults() {
	a.Type = cmp.Or(a.Type, String)
	a.CaseExact = a.CaseExact || a.Type == Reference || a.Type == Binary
	a.Mutability = cmp.Or(a.Mutability, ReadWrite)
	a.Returned = cmp.Or(a.Returned, ByDefault)
	a.Uniqueness = cmp.Or(a.Uniqueness, NotUnique)
	a.Located = a.Type == Reference && a.Mutability != ReadWrite
	for _, sub := range a.SubAttributes {
		sub.setDefaults()
	}
}

// URNs of schemas and messages.
const (
	URNUser           = "urn:ietf:params:scim:schemas:core:2.0:User"                 // RFC 7643 §4.1
	URNEnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" // RFC 7643 §4.3
	URNGroup          = "urn:ietf:params:scim:schemas:core:2.0:Group"                // RFC 7643 §4.2
	URNOktaRole       = "urn:okta:scim:schemas:core:1.0:Role"                        // https://developer.okta.com/docs/guides/scim-with-entitlements/main/
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

// standardSchemas are by URN, and leave the default characteristics out.
var standardSchemas = embedded[map[string]json.RawMessage](schemasJSON)

func embedded[T any](file []byte) (value T) {
	if err := json.Unmarshal(file, &value); err != nil {
		panic(err)
	}
	return value
}

// StandardSchema returns a fresh copy of the schema with one of the URNs above, as its
// document prints it; "" for the common attributes. Group is stricter, as the RFC's text is:
// displayName is required (RFC 7643 §4.2), a member's value case exact as every id is (§3.1),
// and its display read-only, as it belongs to another resource (§2.4).
func StandardSchema(urn string) *Schema {
	schema := embedded[*Schema](standardSchemas[urn])
	for _, attribute := range schema.Attributes {
		attribute.setDefaults()
	}
	return schema
}

// CommonAttributes are those of every resource, which no schema lists (RFC 7643 §3.1).
var CommonAttributes = StandardSchema("").Attributes

// externalID belongs to the client, so a provider without state cannot store it.
var externalID = attributeNamed(CommonAttributes, "externalId")
