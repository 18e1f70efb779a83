package scim

import "sync"

// Characteristics of an attribute (RFC 7643 §2.2 and §7).
type (
	Type       string
	Mutability string
	Returned   string
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
	// client. It has no effect, but tells what the client had read when it made
	// the resource, where others only show what they wish.
	Echoed bool `json:"-"`

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

	// Tolerated are standard schemas of which this provider holds only a part,
	// or nothing (the full core User, the enterprise extension). What a client
	// sends for them is accepted and ignored; a filter that names them is an
	// error, since an empty answer would be a lie.
	Tolerated []*Schema

	// Lacks names the parts of meta that this provider does not know of the
	// resources, such as "created". A filter that names one is an error, too.
	Lacks []string

	selects     sync.Once
	isSelective bool // see returnsSelectively
}
