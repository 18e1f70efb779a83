package scim

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

// CoreUser is the whole core User schema (RFC 7643 §4.1 and §8.7.1). Every call
// makes a fresh copy, which the caller may cut down to what it holds.
func CoreUser() *Schema {
	return &Schema{
		ID:          URNUser,
		Name:        "User",
		Description: "User account",
		Attributes:  append(userAttributes(), userLists()...),
	}
}

// userAttributes are the single-valued attributes (RFC 7643 §4.1.1).
func userAttributes() []*Attribute {
	return []*Attribute{
		stringAttribute("userName", "Name the user signs in with; unique at the service provider.").
			required().unique(UniqueServer),
		complexAttribute("name", "The parts of the user's name.",
			stringAttribute("formatted", "The whole name, ready to be shown."),
			stringAttribute("familyName", "Family name, or last name."),
			stringAttribute("givenName", "Given name, or first name."),
			stringAttribute("middleName", "Middle name or names."),
			stringAttribute("honorificPrefix", "Title before the name."),
			stringAttribute("honorificSuffix", "Suffix after the name."),
		),
		stringAttribute("displayName", "Name of the user for people to read."),
		stringAttribute("nickName", "Casual name of the user."),
		newAttribute("profileUrl", Reference, "URL of the user's profile page.").refersTo("external"),
		stringAttribute("title", "Job title."),
		stringAttribute("userType", "Relation of the user to the organization."),
		stringAttribute("preferredLanguage", "Language the user prefers, as in the Accept-Language header."),
		stringAttribute("locale", "Where the user is, for the form of dates, numbers and currencies."),
		stringAttribute("timezone", "Time zone of the user in the IANA form."),
		newAttribute("active", Boolean, "Whether the user may sign in.").vital(),
		stringAttribute("password", "Password of the user in clear text.").
			mutable(WriteOnly).returned(Never).caseExact(),
	}
}

// userLists are the multi-valued attributes (RFC 7643 §4.1.2).
func userLists() []*Attribute {
	return []*Attribute{
		valueList("emails", "E-mail addresses of the user.",
			stringAttribute("value", "An e-mail address."), "work", "home", "other"),
		valueList("phoneNumbers", "Phone numbers of the user.",
			stringAttribute("value", "A phone number."), "work", "home", "mobile", "fax", "pager", "other"),
		valueList("ims", "Instant messaging addresses of the user.",
			stringAttribute("value", "An instant messaging address."),
			"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		valueList("photos", "Pictures of the user.",
			newAttribute("value", Reference, "URL of a picture.").refersTo("external"), "photo", "thumbnail"),
		userAddresses(),
		userGroups(),
		valueList("entitlements", "Things the user is entitled to.",
			stringAttribute("value", "An entitlement.")),
		valueList("roles", "Roles that the user holds.",
			stringAttribute("value", "A role.")),
		valueList("x509Certificates", "Certificates issued to the user.",
			newAttribute("value", Binary, "A certificate in base64-encoded DER.")),
	}
}

func userAddresses() *Attribute {
	return complexAttribute("addresses", "Postal addresses of the user.",
		stringAttribute("formatted", "The whole address, ready to be shown or printed."),
		stringAttribute("streetAddress", "Street, house number and what belongs to them."),
		stringAttribute("locality", "City or locality."),
		stringAttribute("region", "State or region."),
		stringAttribute("postalCode", "Postal code."),
		stringAttribute("country", "Country as an ISO 3166-1 alpha-2 code."),
		stringAttribute("type", "What the address is for.").oneOf("work", "home", "other"),
		newAttribute("primary", Boolean, "Whether this is the preferred address; at most one is."),
	).multiValued()
}

// userGroups is read-only: membership is changed at the group.
func userGroups() *Attribute {
	return complexAttribute("groups", "Groups that the user is a member of.",
		stringAttribute("value", "Identifier of the group.").caseExact(),
		newAttribute("$ref", Reference, "URI of the group.").refersTo("User", "Group").located(),
		stringAttribute("display", "Name of the group for people to read."),
		stringAttribute("type", "How the user came to be a member.").oneOf("direct", "indirect"),
	).multiValued().mutable(ReadOnly)
}

// CoreGroup is the whole Group schema (RFC 7643 §4.2 and §8.7.1). Every call
// makes a fresh copy.
//
// It is stricter than the printed schema in three characteristics, for the
// reasons of the RFC's own text: displayName is required (§4.2), the identifier
// of a member is case exact as every id is (§3.1), and a member's display is
// read-only, since it belongs to the resource that value names (§2.4).
func CoreGroup() *Schema {
	return &Schema{
		ID:          URNGroup,
		Name:        "Group",
		Description: "Group",
		Attributes: []*Attribute{
			stringAttribute("displayName", "Name of the group for people to read.").required(),
			complexAttribute("members", "Members of the group.",
				stringAttribute("value", "Identifier of the member.").mutable(Immutable).caseExact(),
				newAttribute("$ref", Reference, "URI of the member.").mutable(Immutable).refersTo("User", "Group").located(),
				stringAttribute("type", "What the member is.").mutable(Immutable).oneOf("User", "Group"),
				stringAttribute("display", "Name of the member for people to read.").mutable(ReadOnly),
			).multiValued(),
		},
	}
}

// EnterpriseUser is the whole enterprise extension of the User (RFC 7643 §4.3
// and §8.7.1). Every call makes a fresh copy.
func EnterpriseUser() *Schema {
	return &Schema{
		ID:          URNEnterpriseUser,
		Name:        "EnterpriseUser",
		Description: "Enterprise user",
		Attributes: []*Attribute{
			stringAttribute("employeeNumber", "Number or name that the organization gives an employee."),
			stringAttribute("costCenter", "Name of a cost centre."),
			stringAttribute("organization", "Name of an organization."),
			stringAttribute("division", "Name of a division."),
			stringAttribute("department", "Name of a department."),
			complexAttribute("manager", "The user's manager.",
				stringAttribute("value", "Identifier of the manager's User resource.").caseExact(),
				newAttribute("$ref", Reference, "URI of the manager's User resource.").refersTo("User"),
				stringAttribute("displayName", "Name of the manager for people to read.").mutable(ReadOnly),
			),
		},
	}
}

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

// Role is the schema of a role in draft-ietf-scim-roles-entitlements-01, as far as
// a service provider without limits and hierarchies has it. Every call makes a
// fresh copy.
func Role() *Schema {
	return &Schema{
		ID:          URNRole,
		Name:        "Role",
		Description: "Role that a user's roles attribute can have as its value",
		Attributes: []*Attribute{
			stringAttribute("value", "The value of the role in the roles attribute of a User.").required().mutable(ReadOnly).caseExact(),
			stringAttribute("display", "A human-readable name, primarily used for display purposes.").mutable(ReadOnly),
			newAttribute("supported", Boolean, "A Boolean value that says whether the role can be granted.").required().mutable(ReadOnly),
		},
	}
}

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
		complexAttribute("RolesAndEntitlements", "Roles and entitlements (draft-ietf-scim-roles-entitlements-01).",
			complexAttribute("roles", "Roles of users.", supportedAttribute(),
				newAttribute("multipleRolesSupported", Boolean, "Whether a user can have several."),
				newAttribute("primarySupported", Boolean, "Whether a client can choose the primary one."),
				newAttribute("typeSupported", Boolean, "Whether a client can give them a type."),
			),
			complexAttribute("entitlements", "Entitlements of users.", supportedAttribute(),
				newAttribute("multipleEntitlementsSupported", Boolean, "Whether a user can have several."),
				newAttribute("primarySupported", Boolean, "Whether a client can choose the primary one."),
				newAttribute("typeSupported", Boolean, "Whether a client can give them a type."),
			),
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
