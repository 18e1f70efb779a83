package scim

import "sync"

// Characteristics of an attribute (RFC 7643 §2.2 and §7).
type (
	// Type is the data type of its values.
	Type string
	// Mutability says when a client may write it.
	Mutability string
	// Returned says when an answer holds it.
	Returned string
	// Uniqueness says among which resources a value occurs once.
	Uniqueness string
)

// Attribute data types (RFC 7643 §2.3).
const (
	String    Type = "string"
	Boolean   Type = "boolean"
	Decimal   Type = "decimal"
	Integer   Type = "integer"
	DateTime  Type = "dateTime"
	Binary    Type = "binary"
	Reference Type = "reference"
	Complex   Type = "complex"
)

// Mutability values (RFC 7643 §7).
const (
	ReadOnly  Mutability = "readOnly"
	ReadWrite Mutability = "readWrite"
	Immutable Mutability = "immutable"
	WriteOnly Mutability = "writeOnly"
)

// Returned values (RFC 7643 §7).
const (
	Always          Returned = "always"
	Never           Returned = "never"
	ByDefault       Returned = "default"
	OnRequest       Returned = "request"
	NotUnique                = Uniqueness("none")
	UniqueServer             = Uniqueness("server")
	UniqueGlobal             = Uniqueness("global")
	MaxNestingDepth          = 32 // levels of objects and arrays read in a body
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

	// Derived marks a read-only attribute that the service provider computes
	// from others (a displayName made of given and family name). Clients such
	// as Entra ID send these unconditionally, so a PATCH that names one is
	// accepted and has no effect, where another read-only attribute is an error.
	Derived bool `json:"-"`

	// Echoed marks a read-only attribute that is kept of a whole resource from a
	// client. It is not written, but tells what the client had read when it made
	// the resource, or what it calls a person of whom it sends no other name.
	Echoed bool `json:"-"`

	// Kept marks a list that only an empty list empties. null leaves it alone in a
	// whole resource, as if it were not sent, and is refused in a PATCH that
	// replaces: a client that had nothing to say must not take all away.
	Kept bool `json:"-"`

	// Guarded marks an immutable attribute whose changes the provider refuses
	// itself, in words that say what to do.
	Guarded bool `json:"-"`

	// Named marks a list of things that have a name, such as roles: an element
	// with a display or a name in place of a value means that name, and one
	// without any is an error.
	Named bool `json:"-"`

	// Located marks a URL of this service itself. It depends on how the client
	// reached the service, so it is made when an answer is sent, and resources
	// are neither compared nor sorted by it.
	Located bool `json:"-"`
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

	// Aliases describe the same resource for other clients. Their attributes are
	// top-level ones, as those of Schema are.
	Aliases []*Schema

	// Tolerated are standard schemas of which this provider holds only a part,
	// or nothing (the full core User, the enterprise extension). What a client
	// sends for them is accepted and ignored; a filter that names them is an
	// error, since an empty answer would be a lie.
	Tolerated []*Schema

	// Lacks names the parts of meta that this provider does not know of the
	// resources, such as "created". A filter that names one is an error, too.
	Lacks []string

	strict bool // see Strict

	selects     sync.Once
	isSelective bool // see returnsSelectively
}

// newAttribute is an attribute with the default characteristics of RFC 7643
// §2.2. References and binaries are case exact (§2.3.6 and §2.3.7).
func newAttribute(name string, kind Type, description string) *Attribute {
	return &Attribute{
		Name: name, Type: kind, Description: description,
		CaseExact:  kind == Reference || kind == Binary,
		Mutability: ReadWrite, Returned: ByDefault, Uniqueness: NotUnique,
	}
}

func stringAttribute(name, description string) *Attribute {
	return newAttribute(name, String, description)
}

func complexAttribute(name, description string, subAttributes ...*Attribute) *Attribute {
	attribute := newAttribute(name, Complex, description)
	attribute.SubAttributes = subAttributes
	return attribute
}

// valueList is a multi-valued attribute with the usual sub-attributes of
// RFC 7643 §2.4; types are the canonical values of "type", if it has any.
func valueList(name, description string, value *Attribute, types ...string) *Attribute {
	attribute := complexAttribute(name, description,
		value,
		stringAttribute("display", "A human-readable name, primarily used for display purposes."),
		stringAttribute("type", "A label indicating the attribute's function.").oneOf(types...),
		newAttribute("primary", Boolean, "A Boolean value indicating the 'primary' or preferred attribute value for this attribute. The primary attribute value 'true' MUST appear no more than once."),
	)
	return attribute.multiValued()
}

// The following methods set one characteristic each and return the attribute,
// so that a schema can be read as a table.

func (a *Attribute) multiValued() *Attribute {
	a.MultiValued = true
	return a
}

func (a *Attribute) required() *Attribute {
	a.Required = true
	return a
}

func (a *Attribute) caseExact() *Attribute {
	a.CaseExact = true
	return a
}

func (a *Attribute) oneOf(values ...string) *Attribute {
	a.CanonicalValues = values
	return a
}

func (a *Attribute) refersTo(types ...string) *Attribute {
	a.ReferenceTypes = types
	return a
}

// mutable sets the mutability of the attribute and of its sub-attributes.
func (a *Attribute) mutable(m Mutability) *Attribute {
	a.Mutability = m
	for _, sub := range a.SubAttributes {
		sub.mutable(m)
	}
	return a
}

func (a *Attribute) located() *Attribute {
	a.Located = true
	return a
}

func (a *Attribute) returned(r Returned) *Attribute {
	a.Returned = r
	return a
}

func (a *Attribute) unique(u Uniqueness) *Attribute {
	a.Uniqueness = u
	return a
}

// externalID is the one common attribute that belongs to the client. This
// provider keeps no state, so it does not hold it.
var externalID = &Attribute{
	Name: "externalId", Type: String, Description: "A String that is an identifier for the resource as defined by the provisioning client.", CaseExact: true,
	Mutability: ReadWrite, Returned: ByDefault, Uniqueness: NotUnique,
}

// CommonAttributes are the attributes that every resource has and no schema
// lists (RFC 7643 §3 and §3.1).
var CommonAttributes = []*Attribute{
	{
		Name: "id", Type: String, Description: "A unique identifier for a SCIM resource as defined by the service provider.", CaseExact: true,
		Mutability: ReadOnly, Returned: Always, Uniqueness: UniqueServer,
	},
	externalID,
	{
		Name: "schemas", Type: Reference, MultiValued: true, Required: true,
		Description: "URNs of the schemas that the resource uses.", ReferenceTypes: []string{"uri"},
		Mutability: ReadWrite, Returned: Always, Uniqueness: NotUnique,
	},
	{
		Name: "meta", Type: Complex, Description: "Metadata of the resource.",
		Mutability: ReadOnly, Returned: ByDefault, Uniqueness: NotUnique,
		SubAttributes: []*Attribute{
			metaAttribute("resourceType", String, "Name of the resource type."),
			metaAttribute("created", DateTime, "When the resource was created."),
			metaAttribute("lastModified", DateTime, "When the resource was last changed."),
			metaAttribute("location", Reference, "URI of the resource."),
			metaAttribute("version", String, "Weak entity tag of the resource."),
		},
	},
}

func metaAttribute(name string, kind Type, description string) *Attribute {
	attribute := &Attribute{
		Name: name, Type: kind, Description: description, CaseExact: kind != DateTime,
		Mutability: ReadOnly, Returned: ByDefault, Uniqueness: NotUnique,
	}
	if kind == Reference {
		attribute.ReferenceTypes, attribute.Located = []string{"uri"}, true
	}
	return attribute
}
