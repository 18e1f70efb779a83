package scim

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
		stringAttribute("display", "Name of the entry for people to read."),
		stringAttribute("type", "What the entry is for.").oneOf(types...),
		newAttribute("primary", Boolean, "Whether this is the preferred entry; at most one is."),
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
