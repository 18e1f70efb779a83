package scim

// externalID is the one common attribute that belongs to the client. This
// provider keeps no state, so it does not hold it.
var externalID = &Attribute{
	Name: "externalId", Type: String, Description: "Identifier of the resource at the client.", CaseExact: true,
	Mutability: ReadWrite, Returned: ByDefault, Uniqueness: NotUnique,
}

// CommonAttributes are the attributes that every resource has and no schema
// lists (RFC 7643 §3 and §3.1).
var CommonAttributes = []*Attribute{
	{
		Name: "id", Type: String, Description: "Identifier of the resource at the service provider.", CaseExact: true,
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
