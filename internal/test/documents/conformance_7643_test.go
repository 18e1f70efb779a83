package documents

// Requirements of RFC 7643, the core schema.
var rfc7643 = []requirement{
	must("1.2", "A simple attribute has no sub-attributes.").
		by("gateway.TestSchemasAreComplete"),
	must("2.1", "A resource names its schemas.").
		by("gateway.TestEveryResource", "rfc/create-and-read.txtar"),
	must("2.1", "Attribute names begin with a letter and consist of letters, digits, $, - and _.").
		by("gateway.TestSchemasAreComplete"),
	must("2.1", "Attribute names are compared without letter case.").
		by("internal/scim.TestNormalize/names in any letter case", "internal/scim.TestLookup", "internal/scim.TestDecodeObjectRefuses/a name twice in other letter case"),
	must("2.2", "A characteristic that is not stated has its default.").
		by("internal/scim.TestAttributeJSON"),
	should("2.3", "Extensions bring no new data types.").
		by("gateway.TestSchemasAreComplete"),
	must("2.3.4", "An integer has no fraction.").
		by("internal/scim.TestNormalizeRefuses"),
	must("2.3.5", "A dateTime has a date and a time, in the format of XML Schema.").
		by("gateway.TestEveryResource", "internal/scim.TestNormalizeRefuses"),
	must("2.3.6", "A binary is base64.").
		moot("No supported attribute is binary: certificates are accepted and ignored."),
	must("2.3.7", "A reference is the URI of its target, resolved against the service's base URL.").
		by("gateway.TestGroupReferences", "gateway.TestLocations"),
	must("2.3.7", "GET on a reference gives its target.").
		by("gateway.TestWhatIsReferredToIsThere"),
	must("2.3.8", "The order of attributes has no meaning.").
		by("internal/scim.TestNormalize", "FuzzNormalize of internal/scim"),
	must("2.3.8", "A complex attribute holds no complex one.").
		by("gateway.TestSchemasAreComplete"),
	must("2.4", "type, primary, display, value and $ref mean what the RFC says.").
		by("internal/scim.TestSchemasAreWhole"),
	must("2.4", "At most one value is primary.").
		by("internal/scim.TestNormalize/one primary", "internal/scim.TestPatchLists/add of a primary demotes the other"),
	must("2.4", "A value that does not say so is not primary.").
		by("internal/scim.TestFilterMatch/an operator holds on a multi-valued attribute if it holds for one element"),
	should("2.4", "Values are returned in a canonical form, such as a type.").
		by("gateway.TestSchemasTellTheTruth"),
	should("2.4", "No pair of type and value is returned twice.").
		by("internal/scim.TestNormalize/the same entry twice"),
	must("2.4", "URIs of another protocol version are comparable.").
		moot("There is one version, and references are not compared: they are made when an answer is sent."),
	must("2.5", "Unassigned, null and the empty list are the same.").
		by("internal/scim.TestEqual", "internal/scim.TestNothingButEmptyValuesIsAbsent", "rfc/whole-resources.txtar", "mapping.TestMembersThatAreNull").
		departs("Except for the members of a group: null in a PUT changes nobody and only the empty list removes everybody, so that a client without a list takes no role away."),

	must("3", "schemas is not empty, holds no URN twice, and only URNs of the resource type.").
		by("gateway.TestEveryResource"),
	must("3", "The order of schemas means nothing.").
		by("gateway.TestOrderOfSchemas"),
	must("3.1", "Every resource type has the common attributes, with the RFC's characteristics.").
		by("internal/scim.TestCommonAttributesAreThoseOfTheRFC"),
	must("3.1", "The provider assigns id and meta.").
		by("rfc/create-and-read.txtar", "gateway.TestEveryResource"),
	must("3.1", "All parts of meta are assigned.").
		by("gateway.TestEveryResource", "internal/scim.TestFilterOnWhatTheProviderDoesNotKnow").
		departs("Groups and roles have neither created nor lastModified: Suger does not show when a role was created or changed. A filter on them is an error, not an empty answer."),
	must("3.1", "Every representation has an id, which is not empty and does not contain bulkId.").
		by("gateway.TestEveryResource"),
	must("3.1", "An id is unique among all resources.").
		by("gateway.TestEveryResource").
		departs("A role and a group have the same id, because they are the same Suger role, once for Okta's entitlement discovery and once for pushed groups."),
	must("3.1", "An id is stable and never assigned again.").
		by("okta/wizard-unassign-reassign.txtar", "okta/wizard-username-change.txtar"),
	must("3.1", "The client does not choose the id.").
		by("rfc/create-and-read.txtar", "rfc/replace.txtar"),
	must("3.1", "externalId is the client's and is scoped to it.").
		by("mapping.TestExternalID", "entra/groups.txtar").
		departs("It is not stored: Suger has no field for it, and the gateway no storage. The direct answer repeats it, and a filter on it is an error, not an empty answer."),
	must("3.1", "meta is ignored when a client sends it.").
		by("rfc/create-and-read.txtar", "internal/scim.TestPatchMutability/another meta is ignored"),
	must("3.1", "meta.created is a dateTime, and lastModified equals it until the first change.").
		by("rfc/create-and-read.txtar"),
	must("3.1", "meta.location equals the Content-Location header.").
		by("gateway.TestEveryResource").
		departs("The value is in the Location header, as in all the RFCs' examples; Content-Location is not sent."),
	must("3.1", "A version that is no strong validator begins with W/.").
		by("internal/scim.TestVersion", "gateway.TestETags"),
	must("3.3", "schemas begins with the base schema.").
		by("gateway.TestEveryResource"),
	should("3.3", "Extensions do not define again what the RFC defines.").
		by("gateway.TestSchemasTellTheTruth"),
	must("3.3", "Extension attributes stand in an object under the extension's URN.").
		by("rfc/create-and-read.txtar"),

	must("4.1.1", "A user has a userName that is not empty, and no other user has it, letter case aside.").
		by("rfc/create-and-read.txtar", "okta/letter-case.txtar", "gateway.TestSchemasTellTheTruth"),
	should("4.1.1", "name.formatted and the parts of the name describe the same name.").
		by("rfc/replace.txtar"),
	should("4.1.1", "displayName is the full name and what people see.").
		by("rfc/create-and-read.txtar"),
	should("4.1.1", "nickName is no userName.").
		moot("Not held."),
	must("4.1.1", "A password is in no answer.").
		by("rfc/whole-resources.txtar", "internal/scim.TestProjection/never, even on request"),
	should("4.1.1", "A password is prepared, checked and hashed.").
		moot("A password is dropped when the body is read: Suger signs people in itself."),
	must("4.1.1", "A password that is passed on is protected.").
		moot("It is not passed on."),
	should("4.1.2", "E-mail addresses are canonical.").
		departs("The gateway answers them as Suger stores them: Okta's acceptance suite expects the letter case that it sent.").
		by("okta/letter-case.txtar"),
	should("4.1.2", "Phone numbers, instant messaging addresses, photos, addresses and certificates have their standard form.").
		moot("Not held; they are accepted and left out (rfc/whole-resources.txtar)."),
	must("4.1.2", "groups holds the ids of groups, and is changed at the groups.").
		by("gateway.TestCreateUser", "gateway.TestSchemasTellTheTruth", "rfc/patch-groups.txtar"),
	must("4.2", "A group has a displayName.").
		by("gateway.TestSchemasTellTheTruth"),
	must("4.2", "The parts of a member do not change.").
		by("internal/scim.TestPatchMutability", "rfc/patch-groups.txtar", "gateway.TestSchemasTellTheTruth"),
	should("4.3", "A manager has value and $ref.").
		moot("The enterprise extension is accepted and left out, unless the mapping file holds a part of it."),

	must("5", "patch, bulk, filter, changePassword, sort, etag and authenticationSchemes are described, with their limits.").
		by("gateway.TestServiceProviderConfig", "gateway.TestServiceProviderConfigKeepsItsWord"),
	should("5", "authenticationSchemes can be read without authentication.").
		by("gateway.TestDiscoveryNeedsNoCredential"),
	must("6", "A resource type has a name and a description.").
		by("gateway.TestResourceTypes"),
	must("6", "Its schema, and those of its extensions, are the ids of Schema resources.").
		by("gateway.TestWhatIsReferredToIsThere"),
	must("6", "A required extension is in every resource of the type.").
		moot("No extension is required."),
	must("7", "There is a Schema for each URN in use, with id, name and description.").
		by("gateway.TestWhatIsReferredToIsThere", "gateway.TestSchemas"),
	must("7", "An attribute is described in words, and a complex one with its parts.").
		by("gateway.TestSchemasAreComplete"),
	must("7", "Filters compare letter case by caseExact.").
		by("gateway.TestSchemasTellTheTruth", "internal/scim.TestFilterMatch/unless the attribute is caseExact"),
	must("7", "The letter case of a caseExact value is kept.").
		by("okta/letter-case.txtar"),
	must("7", "A readOnly attribute is not changed, an immutable one not once it is set.").
		by("gateway.TestSchemasTellTheTruth", "internal/scim.TestPatchMutability", "internal/scim.TestCheckImmutable"),
	must("7", "A writeOnly attribute is not returned.").
		by("rfc/whole-resources.txtar"),
	must("7", "returned decides what is in an answer.").
		by("internal/scim.TestProjection", "gateway.TestSchemasTellTheTruth"),
	should("7", "A value with uniqueness server is unique.").
		by("gateway.TestSchemasTellTheTruth"),
	must("9.2", "No password is stored in clear text.").
		by("rfc/whole-resources.txtar", "gateway.TestLogHoldsNothingPersonal"),
	should("9.2", "Credentials are stored as the OAuth threat model asks.").
		moot("Nothing is stored; what is in memory is kept out of logs (sugerclient.TestCredentialNeverPrints)."),
}
