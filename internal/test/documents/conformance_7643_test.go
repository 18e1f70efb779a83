package documents

// Requirements of RFC 7643, the core schema.
var rfc7643 = []requirement{
	must("1.2", "A simple attribute has no sub-attributes.").
		by("gateway.TestSchemasAreComplete"),
	must("2.1", "A resource names its schemas.").
		by("gateway.TestEveryResource", "rfc/create-and-read.txtar"),
	must("2.1", "Attribute names follow the grammar.").
		by("gateway.TestSchemasAreComplete"),
	must("2.1", "Attribute names ignore letter case.").
		by("internal/scim.TestNormalize/names in any letter case", "internal/scim.TestLookup", "internal/scim.TestDecodeObjectRefuses/a name twice in other letter case"),
	must("2.2", "A missing characteristic has its default.").
		by("internal/scim.TestAttributeJSON"),
	should("2.3", "Extensions define no new data types.").
		by("gateway.TestSchemasAreComplete"),
	must("2.3.4", "An integer has no fraction.").
		by("internal/scim.TestNormalizeRefuses"),
	must("2.3.5", "A dateTime has the format of XML Schema.").
		by("gateway.TestEveryResource", "internal/scim.TestNormalizeRefuses"),
	must("2.3.6", "A binary is base64.").
		moot("No supported attribute is binary."),
	must("2.3.7", "A reference is its target's URI, relative to the base URL.").
		by("gateway.TestGroupReferences", "gateway.TestLocations"),
	must("2.3.7", "GET on a reference returns its target.").
		by("gateway.TestReferencesResolve"),
	must("2.3.8", "The order of attributes has no meaning.").
		by("internal/scim.TestNormalize", "FuzzNormalize of internal/scim"),
	must("2.3.8", "A complex attribute contains no complex one.").
		by("gateway.TestSchemasAreComplete"),
	must("2.4", "type, primary, display, value and $ref have the RFC's meaning.").
		by("internal/scim.TestSchemasAreWhole"),
	must("2.4", "At most one value is primary.").
		by("internal/scim.TestNormalize/one primary", "internal/scim.TestPatchLists/add of a primary demotes the other"),
	must("2.4", "A value without primary is not primary.").
		by("internal/scim.TestFilterMatch/an operator holds on a multi-valued attribute if it holds for one element"),
	should("2.4", "Values are returned in a canonical form, such as a type.").
		by("gateway.TestSchemasMatchBehavior"),
	should("2.4", "No pair of type and value is returned twice.").
		by("internal/scim.TestNormalize/the same entry twice"),
	must("2.4", "URIs of different protocol versions are comparable.").
		moot("There is one version."),
	must("2.5", "Unassigned, null and the empty list are the same.").
		by("internal/scim.TestSameValues", "internal/scim.TestNothingButEmptyValuesIsAbsent", "rfc/whole-resources.txtar", "mapping.TestMembersThatAreNull").
		departs("Except a group's members: null in a PUT changes nobody, only the empty list removes everybody."),

	must("3", "schemas lists URNs of the resource type, each once.").
		by("gateway.TestEveryResource"),
	must("3", "The order of schemas has no meaning.").
		by("gateway.TestOrderOfSchemas"),
	must("3.1", "Every resource type has the RFC's common attributes.").
		by("internal/scim.TestCommonAttributesAreThoseOfTheRFC"),
	must("3.1", "The provider assigns id and meta.").
		by("rfc/create-and-read.txtar", "gateway.TestEveryResource"),
	must("3.1", "All sub-attributes of meta are assigned.").
		by("gateway.TestEveryResource", "internal/scim.TestFilterOnWhatTheProviderDoesNotKnow").
		departs("Groups and roles have neither created nor lastModified: Suger does not show them. A filter on them is an error."),
	must("3.1", "Every resource has a non-empty id without \"bulkId\".").
		by("gateway.TestEveryResource"),
	must("3.1", "An id is unique among all resources.").
		by("gateway.TestEveryResource").
		departs("A role and a group share their id: they are one Suger role."),
	must("3.1", "An id is stable and never reused.").
		by("okta/wizard-unassign-reassign.txtar", "okta/wizard-username-change.txtar"),
	must("3.1", "The client does not choose the id.").
		by("rfc/create-and-read.txtar", "rfc/replace.txtar"),
	must("3.1", "externalId is the client's and is scoped to it.").
		by("mapping.TestExternalID", "entra/groups.txtar").
		departs("Not stored: Suger has no field for it. The direct answer repeats it; a filter on it is an error."),
	must("3.1", "A client's meta is ignored.").
		by("rfc/create-and-read.txtar", "internal/scim.TestPatchMutability/another meta is ignored"),
	must("3.1", "lastModified equals created until the first change.").
		by("rfc/create-and-read.txtar"),
	must("3.1", "meta.location equals the Content-Location header.").
		by("gateway.TestEveryResource").
		departs("It equals the Location header, as in the RFCs' examples."),
	must("3.1", "A weak version begins with W/.").
		by("internal/scim.TestVersion", "gateway.TestETags"),
	must("3.3", "schemas begins with the base schema.").
		by("gateway.TestEveryResource"),
	should("3.3", "Extensions do not redefine what the RFC defines.").
		by("gateway.TestSchemasMatchBehavior"),
	must("3.3", "Extension attributes are in an object named by its URN.").
		by("rfc/create-and-read.txtar"),

	must("4.1.1", "userName is not empty, and unique regardless of letter case.").
		by("rfc/create-and-read.txtar", "okta/letter-case.txtar", "gateway.TestSchemasMatchBehavior"),
	should("4.1.1", "name.formatted and the other parts are the same name.").
		by("rfc/replace.txtar"),
	should("4.1.1", "displayName is the full name, for display.").
		by("rfc/create-and-read.txtar"),
	should("4.1.1", "nickName is not used as userName.").
		moot("Not supported."),
	must("4.1.1", "A password is in no answer.").
		by("rfc/whole-resources.txtar", "internal/scim.TestProjection/never, even on request"),
	should("4.1.1", "A password is prepared, verified and hashed.").
		moot("The gateway discards passwords."),
	must("4.1.1", "A password that is passed on is protected.").
		moot("It is not passed on."),
	should("4.1.2", "E-mail addresses are canonicalized.").
		departs("Returned as Suger stores them: Okta's suite expects the letter case that it sent.").
		by("okta/letter-case.txtar"),
	should("4.1.2", "Phone numbers, photos, addresses and the like have their standard form.").
		moot("Accepted and ignored (rfc/whole-resources.txtar)."),
	must("4.1.2", "groups lists ids, and changes through the groups.").
		by("gateway.TestCreateUser", "gateway.TestSchemasMatchBehavior", "rfc/patch-groups.txtar"),
	must("4.2", "A group has a displayName.").
		by("gateway.TestSchemasMatchBehavior"),
	must("4.2", "The sub-attributes of a member are immutable.").
		by("internal/scim.TestPatchMutability", "rfc/patch-groups.txtar", "gateway.TestSchemasMatchBehavior"),
	should("4.3", "A manager has value and $ref.").
		moot("The enterprise extension is ignored, unless the mapping file has a part of it."),

	must("5", "/ServiceProviderConfig describes every feature, with its limits.").
		by("gateway.TestServiceProviderConfig", "gateway.TestServiceProviderConfigMatchesBehavior"),
	should("5", "authenticationSchemes is readable without authentication.").
		by("gateway.TestDiscoveryNeedsNoCredential"),
	must("6", "A resource type has a name and a description.").
		by("gateway.TestResourceTypes"),
	must("6", "Its schema and its extensions are ids of Schema resources.").
		by("gateway.TestReferencesResolve"),
	must("6", "A required extension is in every resource.").
		moot("No extension is required."),
	must("7", "Each URN in use has a Schema, with id, name and description.").
		by("gateway.TestReferencesResolve", "gateway.TestSchemas"),
	must("7", "An attribute has a description, a complex one its sub-attributes.").
		by("gateway.TestSchemasAreComplete"),
	must("7", "Filters respect letter case if the attribute is caseExact.").
		by("gateway.TestSchemasMatchBehavior", "internal/scim.TestFilterMatch/unless the attribute is caseExact"),
	must("7", "A caseExact value keeps its letter case.").
		by("okta/letter-case.txtar"),
	must("7", "readOnly attributes do not change, immutable ones not after they are set.").
		by("gateway.TestSchemasMatchBehavior", "internal/scim.TestPatchMutability", "internal/scim.TestCheckImmutable"),
	must("7", "A writeOnly attribute is not returned.").
		by("rfc/whole-resources.txtar"),
	must("7", "returned determines what an answer contains.").
		by("internal/scim.TestProjection", "gateway.TestSchemasMatchBehavior"),
	should("7", "A value with uniqueness server is unique.").
		by("gateway.TestSchemasMatchBehavior"),
	must("9.2", "No password is stored in clear text.").
		by("rfc/whole-resources.txtar", "gateway.TestLogHoldsNothingPersonal"),
	should("9.2", "Credentials are stored as the OAuth threat model asks.").
		moot("Nothing is stored or logged (sugerclient.TestCredentialNeverPrints)."),
}
