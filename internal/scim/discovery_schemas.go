package scim

// DiscoverySchemas are the schemas of the discovery resources themselves (RFC
// 7643 §5 to §7 and §8.7.2; RFC 9865 §4). Every call makes fresh copies.
func DiscoverySchemas() []*Schema {
	return []*Schema{serviceProviderConfigSchema(), resourceTypeSchema(), schemaSchema()}
}

func serviceProviderConfigSchema() *Schema {
	return readOnlySchema(URNServiceProviderConfig, "ServiceProviderConfig", "What the service provider offers.",
		newAttribute("documentationUri", Reference, "Where the service is documented.").refersTo("external"),
		complexAttribute("patch", "PATCH.", supportedAttribute()).required(),
		complexAttribute("bulk", "Bulk requests.", supportedAttribute(),
			newAttribute("maxOperations", Integer, "Operations in one request.").required(),
			newAttribute("maxPayloadSize", Integer, "Size of one request in bytes.").required(),
		).required(),
		complexAttribute("filter", "Filters.", supportedAttribute(),
			newAttribute("maxResults", Integer, "Resources in one answer.").required(),
		).required(),
		complexAttribute("changePassword", "Changing a password.", supportedAttribute()).required(),
		complexAttribute("sort", "Sorting.", supportedAttribute()).required(),
		complexAttribute("etag", "Versions of resources.", supportedAttribute()).required(),
		complexAttribute("pagination", "Paging.",
			newAttribute("cursor", Boolean, "Whether it is by cursor.").required(),
			newAttribute("index", Boolean, "Whether it is by index.").required(),
			stringAttribute("defaultPaginationMethod", "How, if the client does not say.").oneOf("cursor", "index"),
			newAttribute("defaultPageSize", Integer, "Resources in a page, if the client does not say."),
			newAttribute("maxPageSize", Integer, "Most resources in a page."),
			newAttribute("cursorTimeout", Integer, "How long a cursor can be used, in seconds."),
		),
		complexAttribute("authenticationSchemes", "How clients authenticate.",
			stringAttribute("type", "Kind of scheme.").required().
				oneOf("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"),
			stringAttribute("name", "Name of the scheme.").required(),
			stringAttribute("description", "Description of the scheme.").required(),
			newAttribute("specUri", Reference, "Where the scheme is specified.").refersTo("external"),
			newAttribute("documentationUri", Reference, "Where its use is documented.").refersTo("external"),
			newAttribute("primary", Boolean, "Whether this is the preferred scheme."),
		).multiValued().required(),
	)
}

func supportedAttribute() *Attribute {
	return newAttribute("supported", Boolean, "Whether it is offered.").required()
}

func resourceTypeSchema() *Schema {
	return readOnlySchema(URNResourceType, "ResourceType", "A kind of resource that the service provider has.",
		stringAttribute("id", "Identifier of the resource type."),
		stringAttribute("name", "Name of the resource type.").required(),
		stringAttribute("description", "Description of the resource type."),
		newAttribute("endpoint", Reference, "Where its resources are, relative to the base URL.").refersTo("uri").required(),
		newAttribute("schema", Reference, "URN of its schema.").refersTo("uri").required(),
		complexAttribute("schemaExtensions", "Schemas that extend it.",
			newAttribute("schema", Reference, "URN of the extension.").refersTo("uri").required(),
			newAttribute("required", Boolean, "Whether every resource has it.").required(),
		).multiValued(),
	)
}

func schemaSchema() *Schema {
	return readOnlySchema(URNSchema, "Schema", "The attributes of a kind of resource.",
		stringAttribute("id", "URN of the schema.").required(),
		stringAttribute("name", "Name of the schema."),
		stringAttribute("description", "Description of the schema."),
		describedAttributes("attributes", "Attributes of the schema.",
			describedAttributes("subAttributes", "Attributes of a complex attribute."),
		).required(),
	)
}

// describedAttributes is the attribute that lists attributes: the list of a
// schema itself, and within it that of a complex attribute.
func describedAttributes(name, description string, deeper ...*Attribute) *Attribute {
	return complexAttribute(name, description, append([]*Attribute{
		stringAttribute("name", "Name of the attribute.").required().caseExact(),
		stringAttribute("type", "Data type of the values.").required().
			oneOf("string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"),
		newAttribute("multiValued", Boolean, "Whether it has several values.").required(),
		stringAttribute("description", "Description of the attribute.").caseExact(),
		newAttribute("required", Boolean, "Whether every resource has it.").required(),
		stringAttribute("canonicalValues", "Values to choose from.").multiValued().caseExact(),
		newAttribute("caseExact", Boolean, "Whether letter case matters.").required(),
		stringAttribute("mutability", "When it can be written.").required().caseExact().
			oneOf("readOnly", "readWrite", "immutable", "writeOnly"),
		stringAttribute("returned", "When it is in an answer.").required().caseExact().
			oneOf("always", "never", "default", "request"),
		stringAttribute("uniqueness", "Within what a value is unique.").required().caseExact().
			oneOf("none", "server", "global"),
		stringAttribute("referenceTypes", "What a reference may refer to.").multiValued().caseExact(),
	}, deeper...)...).multiValued()
}

func readOnlySchema(urn, name, description string, attributes ...*Attribute) *Schema {
	for _, attribute := range attributes {
		attribute.mutable(ReadOnly)
	}
	return &Schema{ID: urn, Name: name, Description: description, Attributes: attributes}
}
