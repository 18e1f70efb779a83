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
		Description: "User Account",
		Attributes:  append(userAttributes(), userLists()...),
	}
}

// userAttributes are the single-valued attributes (RFC 7643 §4.1.1).
func userAttributes() []*Attribute {
	return []*Attribute{
		stringAttribute("userName", "Unique identifier for the User, typically used by the user to directly authenticate to the service provider.").
			required().unique(UniqueServer),
		complexAttribute("name", "The components of the user's name.",
			stringAttribute("formatted", "The full name, including all middle names, titles, and suffixes as appropriate, formatted for display (e.g., 'Ms. Barbara J Jensen, III')."),
			stringAttribute("familyName", "The family name of the User, or last name in most Western languages (e.g., 'Jensen' given the full name 'Ms. Barbara J Jensen, III')."),
			stringAttribute("givenName", "The given name of the User, or first name in most Western languages (e.g., 'Barbara' given the full name 'Ms. Barbara J Jensen, III')."),
			stringAttribute("middleName", "The middle name(s) of the User (e.g., 'Jane' given the full name 'Ms. Barbara J Jensen, III')."),
			stringAttribute("honorificPrefix", "The honorific prefix(es) of the User, or title in most Western languages (e.g., 'Ms.' given the full name 'Ms. Barbara J Jensen, III')."),
			stringAttribute("honorificSuffix", "The honorific suffix(es) of the User, or suffix in most Western languages (e.g., 'III' given the full name 'Ms. Barbara J Jensen, III')."),
		),
		stringAttribute("displayName", "The name of the User, suitable for display to end-users."),
		stringAttribute("nickName", "The casual way to address the user in real life, e.g., 'Bob' or 'Bobby' instead of 'Robert'."),
		newAttribute("profileUrl", Reference, "A fully qualified URL pointing to a page representing the User's online profile.").refersTo("external"),
		stringAttribute("title", "The user's title, such as 'Vice President'."),
		stringAttribute("userType", "Used to identify the relationship between the organization and the user."),
		stringAttribute("preferredLanguage", "Indicates the User's preferred written or spoken language."),
		stringAttribute("locale", "Used to indicate the User's default location for purposes of localizing items such as currency, date time format, or numerical representations."),
		stringAttribute("timezone", "The User's time zone in the 'Olson' time zone database format, e.g., 'America/Los_Angeles'."),
		newAttribute("active", Boolean, "A Boolean value indicating the User's administrative status."),
		stringAttribute("password", "The User's cleartext password.").
			mutable(WriteOnly).returned(Never).caseExact(),
	}
}

// userLists are the multi-valued attributes (RFC 7643 §4.1.2).
func userLists() []*Attribute {
	return []*Attribute{
		valueList("emails", "Email addresses for the user.",
			stringAttribute("value", "Email address for the user."), "work", "home", "other"),
		valueList("phoneNumbers", "Phone numbers for the User.",
			stringAttribute("value", "Phone number of the User."), "work", "home", "mobile", "fax", "pager", "other"),
		valueList("ims", "Instant messaging addresses for the User.",
			stringAttribute("value", "Instant messaging address for the User."),
			"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		valueList("photos", "URLs of photos of the User.",
			newAttribute("value", Reference, "URL of a photo of the User.").refersTo("external"), "photo", "thumbnail"),
		userAddresses(),
		userGroups(),
		valueList("entitlements", "A list of entitlements for the User that represent a thing the User has.",
			stringAttribute("value", "The value of an entitlement.")),
		valueList("roles", "A list of roles for the User that collectively represent who the User is, e.g., 'Student', 'Faculty'.",
			stringAttribute("value", "The value of a role.")),
		valueList("x509Certificates", "A list of certificates issued to the User.",
			newAttribute("value", Binary, "The value of an X.509 certificate.")),
	}
}

func userAddresses() *Attribute {
	return complexAttribute("addresses", "Physical mailing addresses for the User.",
		stringAttribute("formatted", "The full mailing address, formatted for display or use with a mailing label. This attribute MAY contain newlines."),
		stringAttribute("streetAddress", "The full street address component, which may include house number, street name, P.O. box, and multi-line extended street address information. This attribute MAY contain newlines."),
		stringAttribute("locality", "The city or locality component."),
		stringAttribute("region", "The state or region component."),
		stringAttribute("postalCode", "The zip code or postal code component."),
		stringAttribute("country", "The country name component, in ISO 3166-1 'alpha-2' code format."),
		stringAttribute("type", "A label indicating the attribute's function, e.g., 'work' or 'home'.").oneOf("work", "home", "other"),
		newAttribute("primary", Boolean, "A Boolean value indicating the 'primary' or preferred attribute value for this attribute. The primary attribute value 'true' MUST appear no more than once."),
	).multiValued()
}

// userGroups is read-only: membership is changed at the group.
func userGroups() *Attribute {
	return complexAttribute("groups", "A list of groups to which the user belongs, either through direct membership, through nested groups, or dynamically calculated.",
		stringAttribute("value", "The identifier of the User's group.").caseExact(),
		newAttribute("$ref", Reference, "The URI of the corresponding 'Group' resource to which the user belongs.").refersTo("User", "Group").located(),
		stringAttribute("display", "A human-readable name, primarily used for display purposes. READ-ONLY."),
		stringAttribute("type", "A label indicating the attribute's function, e.g., 'direct' or 'indirect'.").oneOf("direct", "indirect"),
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
			stringAttribute("displayName", "A human-readable name for the Group. REQUIRED.").required(),
			complexAttribute("members", "A list of members of the Group.",
				stringAttribute("value", "Identifier of the member of this Group.").mutable(Immutable).caseExact(),
				newAttribute("$ref", Reference, "The URI corresponding to a SCIM resource that is a member of this Group.").mutable(Immutable).refersTo("User", "Group").located(),
				stringAttribute("type", "A label indicating the type of resource, e.g., 'User' or 'Group'.").mutable(Immutable).oneOf("User", "Group"),
				stringAttribute("display", "A human-readable name, primarily used for display purposes. READ-ONLY.").mutable(ReadOnly),
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
		Description: "Enterprise User",
		Attributes: []*Attribute{
			stringAttribute("employeeNumber", "Numeric or alphanumeric identifier assigned to a person, typically based on order of hire or association with an organization."),
			stringAttribute("costCenter", "Identifies the name of a cost center."),
			stringAttribute("organization", "Identifies the name of an organization."),
			stringAttribute("division", "Identifies the name of a division."),
			stringAttribute("department", "Identifies the name of a department."),
			complexAttribute("manager", "The User's manager. A complex type that optionally allows service providers to represent organizational hierarchy by referencing the 'id' attribute of another User.",
				stringAttribute("value", "The id of the SCIM resource representing the User's manager.").caseExact(),
				newAttribute("$ref", Reference, "The URI of the SCIM resource representing the User's manager.").refersTo("User"),
				stringAttribute("displayName", "The displayName of the User's manager. OPTIONAL and READ-ONLY.").mutable(ReadOnly),
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
			stringAttribute("displayName", "A human-readable name, primarily used for display purposes.").required().mutable(ReadOnly),
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
			newAttribute("totalAssignmentsUsed", Integer, "How many users hold the role.").mutable(ReadOnly),
		},
	}
}

// DiscoverySchemas are the schemas of the discovery resources themselves (RFC
// 7643 §5 to §7 and §8.7.2; RFC 9865 §4). Every call makes fresh copies.
func DiscoverySchemas() []*Schema {
	return []*Schema{serviceProviderConfigSchema(), resourceTypeSchema(), schemaSchema()}
}

func serviceProviderConfigSchema() *Schema {
	return readOnlySchema(URNServiceProviderConfig, "ServiceProviderConfig", "Schema for representing the service provider's configuration",
		newAttribute("documentationUri", Reference, "An HTTP-addressable URL pointing to the service provider's human-consumable help documentation.").refersTo("external"),
		complexAttribute("patch", "A complex type that specifies PATCH configuration options.", supportedAttribute()).required(),
		complexAttribute("bulk", "A complex type that specifies bulk configuration options.", supportedAttribute(),
			newAttribute("maxOperations", Integer, "An integer value specifying the maximum number of operations.").required(),
			newAttribute("maxPayloadSize", Integer, "An integer value specifying the maximum payload size in bytes.").required(),
		).required(),
		complexAttribute("filter", "A complex type that specifies FILTER options.", supportedAttribute(),
			newAttribute("maxResults", Integer, "An integer value specifying the maximum number of resources returned in a response.").required(),
		).required(),
		complexAttribute("changePassword", "A complex type that specifies configuration options related to changing a password.", supportedAttribute()).required(),
		complexAttribute("sort", "A complex type that specifies sort result options.", supportedAttribute()).required(),
		complexAttribute("etag", "A complex type that specifies ETag configuration options.", supportedAttribute()).required(),
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
		newAttribute("interopProfileConformant", Boolean, "Whether the service provider keeps the SCIM interoperability profile (draft-zollner-scim-interop-profile)."),
		complexAttribute("authenticationSchemes", "A complex type that specifies supported authentication scheme properties.",
			stringAttribute("type", "The authentication scheme.").required().
				oneOf("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"),
			stringAttribute("name", "The common authentication scheme name, e.g., HTTP Basic.").required(),
			stringAttribute("description", "A description of the authentication scheme.").required(),
			newAttribute("specUri", Reference, "An HTTP-addressable URL pointing to the authentication scheme's specification.").refersTo("external"),
			newAttribute("documentationUri", Reference, "An HTTP-addressable URL pointing to the authentication scheme's usage documentation.").refersTo("external"),
			newAttribute("primary", Boolean, "Whether this is the preferred scheme."),
		).multiValued().required(),
	)
}

func supportedAttribute() *Attribute {
	return newAttribute("supported", Boolean, "A Boolean value specifying whether or not the operation is supported.").required()
}

func resourceTypeSchema() *Schema {
	return readOnlySchema(URNResourceType, "ResourceType", "Specifies the schema that describes a SCIM resource type",
		stringAttribute("id", "The resource type's server unique id. May be the same as the 'name' attribute."),
		stringAttribute("name", "The resource type name, e.g., 'User'.").required(),
		stringAttribute("description", "The resource type's human-readable description."),
		newAttribute("endpoint", Reference, "The resource type's HTTP-addressable endpoint relative to the Base URL, e.g., '/Users'.").refersTo("uri").required(),
		newAttribute("schema", Reference, "The resource type's primary/base schema URI.").refersTo("uri").required(),
		complexAttribute("schemaExtensions", "A list of URIs of the resource type's schema extensions.",
			newAttribute("schema", Reference, "The URI of a schema extension.").refersTo("uri").required(),
			newAttribute("required", Boolean, "A Boolean value that specifies whether or not the schema extension is required for the resource type.").required(),
		).multiValued(),
	)
}

func schemaSchema() *Schema {
	return readOnlySchema(URNSchema, "Schema", "Specifies the schema that describes a SCIM schema",
		stringAttribute("id", "The unique URI of the schema.").required(),
		stringAttribute("name", "The schema's human-readable name, e.g., 'User'."),
		stringAttribute("description", "The schema's human-readable description."),
		describedAttributes("attributes", "A complex attribute that includes the attributes of a schema.",
			describedAttributes("subAttributes", "Used to define the sub-attributes of a complex attribute."),
		).required(),
	)
}

// describedAttributes is the attribute that lists attributes: the list of a
// schema itself, and within it that of a complex attribute.
func describedAttributes(name, description string, deeper ...*Attribute) *Attribute {
	return complexAttribute(name, description, append([]*Attribute{
		stringAttribute("name", "The attribute's name.").required().caseExact(),
		stringAttribute("type", "The attribute's data type.").required().
			oneOf("string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"),
		newAttribute("multiValued", Boolean, "A Boolean value indicating an attribute's plurality.").required(),
		stringAttribute("description", "A human-readable description of the attribute.").caseExact(),
		newAttribute("required", Boolean, "A Boolean value indicating whether or not the attribute is required.").required(),
		stringAttribute("canonicalValues", "A collection of canonical values.").multiValued().caseExact(),
		newAttribute("caseExact", Boolean, "A Boolean value indicating whether or not a string attribute is case sensitive.").required(),
		stringAttribute("mutability", "Indicates whether or not an attribute is modifiable.").required().caseExact().
			oneOf("readOnly", "readWrite", "immutable", "writeOnly"),
		stringAttribute("returned", "Indicates when an attribute is returned in a response (e.g., to a query).").required().caseExact().
			oneOf("always", "never", "default", "request"),
		stringAttribute("uniqueness", "Indicates how unique a value must be.").required().caseExact().
			oneOf("none", "server", "global"),
		stringAttribute("referenceTypes", "Used only with an attribute of type 'reference'. Specifies a SCIM resourceType that a reference attribute MAY refer to, e.g., 'User'.").multiValued().caseExact(),
	}, deeper...)...).multiValued()
}

func readOnlySchema(urn, name, description string, attributes ...*Attribute) *Schema {
	for _, attribute := range attributes {
		attribute.mutable(ReadOnly)
	}
	return &Schema{ID: urn, Name: name, Description: description, Attributes: attributes}
}
