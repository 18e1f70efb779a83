package documents

import "slices"

// Requirements of RFC 7644, the protocol.
var rfc7644 = slices.Concat(rfc7644Access, rfc7644Reading, rfc7644Writing, rfc7644Bulk, rfc7644Answers, rfc7644Security)

var rfc7644Access = []requirement{
	must("1.2", "URLs are percent-encoded.").
		by("gateway.TestIDsInThePath", "gateway.TestListParametersThatAreRefused/escape that is none", "sugerclient.TestRequestOnTheWire"),
	must("1.3", "The base URL has no query.").
		by("internal/settings.TestWrongSettings/a URL with a query"),
	must("2", "WWW-Authenticate names the authentication schemes.").
		by("gateway.TestAuthorizationHeader", "rfc/errors.txtar"),
	must("2", "A client is mapped to what it may do.").
		by("gateway.TestWhatSugerForbids", "gateway.TestHeldCredential", "mapping.TestMemoryIsKeptApart"),
	should("2", "Whether the action suits the subject is considered.").
		by("gateway.TestWhatSugerForbids", "mapping.TestProtectedUsersStay", "mapping.TestLastAdministratorStays"),
	should("2", "Weak tokens and Basic alone are not used.").
		by("gateway.TestAuthorizationHeader/basic", "internal/settings.TestWrongSettings"),
	should("2.1", "The kind and scope of an authorization is considered.").
		departs("The token is a Suger credential, and Suger decides for each call whether it is allowed.").
		by("gateway.TestWhatSugerForbids", "mapping.TestRefusedCredential"),
	must("2.1", "The threats to authorizations are taken into account (7.3 again).").
		by("gateway.TestGuessingIsSlow", "sugerclient.TestRedirectTakesTheCredentialNowhere", "sugerclient.TestCredentialNeverPrints", "gateway.TestLogHoldsNothingPersonal"),
	must("3.1", "The media type is application/scim+json.").
		by("gateway.TestMediaTypes", "gateway.TestHeadersOfEveryAnswer"),
	must("3.1", "Messages name their schema, whose URN begins with urn:ietf:params:scim:api:.").
		by("rfc/queries.txtar", "rfc/bulk.txtar", "rfc/errors.txtar"),
	must("3.1", "Message schemas are not in /Schemas.").
		by("rfc/discovery.txtar"),
	must("3.1", "Answers show the resource as the provider understands it.").
		by("rfc/whole-resources.txtar"),
	should("3.2", "The endpoint of another resource type is its name in the plural.").
		by("gateway.TestResourceTypes"),
	must("3.2", "PUT creates nothing (3.5.1 again).").
		by("rfc/replace.txtar"),
	should("3.2", "The status of an error is in the HTTP status and in the body.").
		by("rfc/errors.txtar", "gateway.TestSugerIsOutOfOrder"),
	must("3.3", "A creation ignores readOnly attributes.").
		by("rfc/create-and-read.txtar", "internal/scim.TestNormalize/read-only attributes are ignored, even of a wrong type"),
	must("3.3", "A creation is answered 201, with the URI in Location and in meta.location.").
		by("rfc/create-and-read.txtar", "gateway.TestCreateUser"),
	should("3.3", "The answer to a creation has the resource.").
		by("rfc/create-and-read.txtar"),
	must("3.3", "A creation in conflict with another resource is answered 409 uniqueness.").
		by("rfc/create-and-read.txtar", "mapping.TestPushedGroupIsRefused"),
	must("3.3.1", "meta.resourceType follows from the endpoint.").
		by("rfc/create-and-read.txtar"),
}

var rfc7644Reading = []requirement{
	should("3.4.2", "Unknown query parameters are ignored.").
		by("gateway.TestListParameters/unknown parameters", "rfc/queries.txtar"),
	must("3.4.2", "A query is answered with a ListResponse: totalResults, Resources, and startIndex and itemsPerPage for a page.").
		by("gateway.TestListParameters", "internal/scim.TestListResponseJSON"),
	must("3.4.2", "No match is a success with totalResults 0.").
		by("gateway.TestListParameters/filter that matches nothing"),
	must("3.4.2.1", "A query on the server root looks at all resources.").
		by("gateway.TestQueryOnTheRoot", "rfc/root-and-search.txtar").
		departs("Roles are not included: they are the groups again, with the same ids."),
	must("3.4.2.1", "Too many results are refused with tooMany.").
		moot("There are never too many: every answer is a page."),
	must("3.4.2.1", "On several types, what a type does not have has no value.").
		by("internal/scim.TestFilterAmongSeveralTypes", "rfc/root-and-search.txtar"),
	must("3.4.2.2", "Only what matches the filter is returned.").
		by("internal/scim.TestFilterMatch", "rfc/queries.txtar"),
	must("3.4.2.2", "A filter is one expression at least, and follows the grammar.").
		by("internal/scim.TestFilterErrors", "internal/scim.TestFilterCanonicalForm", "FuzzParseFilter of internal/scim"),
	must("3.4.2.2", "Order of a boolean or binary is refused with invalidFilter.").
		by("internal/scim.TestFilterErrors/order on a boolean", "internal/scim.TestFilterErrors/order on a binary", "rfc/queries.txtar"),
	must("3.4.2.2", "Brackets look at one value at a time, by a filter on its parts.").
		by("internal/scim.TestFilterMatch/brackets look at one element at a time", "internal/scim.TestFilterErrors/unknown attribute in brackets"),
	must("3.4.2.2", "Grouping comes first, then not, and, or.").
		by("internal/scim.TestFilterMatch/and binds before or, not before and"),
	must("3.4.2.2", "Of a complex attribute a part is compared.").
		by("internal/scim.TestFilterErrors/complex attribute"),
	must("3.4.2.2", "A value that was made by default is compared as it was returned.").
		by("gateway.TestSchemasTellTheTruth", "mapping.TestDefaultRole"),
	must("3.4.2.2", "An unknown operator is refused with invalidFilter and words.").
		by("rfc/queries.txtar"),
	must("3.4.2.2", "caseExact decides about letter case.").
		by("gateway.TestSchemasTellTheTruth", "internal/scim.TestFilterMatch/unless the attribute is caseExact"),
	must("3.4.2.3", "sortBy orders by the attribute's type; a list counts by its primary or first value.").
		by("internal/scim.TestSelectSorts", "gateway.TestSort").
		departs("The gateway ignores a sortBy with an attribute that it does not have, because several clients send one to every provider."),
	must("3.4.2.3", "The order is ascending by default; resources without a value come last, in descending order first.").
		by("internal/scim.TestSelectSorts", "gateway.TestListParameters/sortOrder of no kind"),
	must("3.4.2.4", "A startIndex below 1 is 1, a negative count is 0, and 0 asks for the total alone.").
		by("gateway.TestListParameters/start below 1", "gateway.TestListParameters/negative count", "gateway.TestListParameters/count of 0"),
	must("3.4.2.4", "A page has at most count resources.").
		by("internal/scim.TestSelectSizesOfPages"),
	must("3.4.2.5", "attributes and excludedAttributes are offered (3.9 again).").
		by("gateway.TestProjectionOfLists", "gateway.TestProjectionOfSingleResources"),
	must("3.4.2.5", "What is always returned cannot be excluded.").
		by("internal/scim.TestProjection/what is always returned cannot be excluded", "rfc/create-and-read.txtar"),
	must("3.4.3", "POST to an endpoint with /.search is a query, with all parameters of one.").
		by("gateway.TestSearch", "rfc/root-and-search.txtar"),
}

var rfc7644Writing = []requirement{
	must("3.5", "PUT is offered.").
		by("rfc/replace.txtar", "gateway.TestGroupLifeCycle"),
	should("3.5", "PATCH is offered.").
		by("rfc/patch-users.txtar", "rfc/patch-groups.txtar"),
	must("3.5.1", "PUT replaces what it is given.").
		by("rfc/replace.txtar"),
	must("3.5.1", "PUT replaces a writeOnly attribute.").
		moot("The only one, the password, is not held."),
	must("3.5.1", "PUT with another value for an immutable attribute is refused with mutability; one without a value takes it.").
		by("internal/scim.TestCheckImmutable", "mapping.TestVariantChangesTheEmailOrSaysThatItCannot"),
	must("3.5.1", "PUT ignores readOnly attributes.").
		by("rfc/replace.txtar", "mapping.TestEchoChangesNothing"),
	must("3.5.1", "PUT needs the required attributes.").
		by("rfc/replace.txtar"),
	must("3.5.1", "PUT is answered 200 with the whole resource.").
		by("rfc/replace.txtar"),
	must("3.5.2", "A PATCH has Operations, at least one, each with one op.").
		by("internal/scim.TestParsePatchRefuses").
		departs("The PatchOp schema may be missing, and a single operation need not be in a list: some clients send it like that."),
	must("3.5.2", "An operation that does not suit the attribute's mutability or schema is refused.").
		by("internal/scim.TestPatchMutability", "rfc/patch-users.txtar").
		departs("In an operation without a path, unknown and read-only attributes are ignored as in a PUT, and a path to a derived attribute (displayName, emails) has no effect: Entra ID and Okta send these to every provider."),
	must("3.5.2", "schemas follows from what is added.").
		by("internal/scim.TestPatchClients", "gateway.TestOrderOfSchemas"),
	must("3.5.2", "Operations work one after the other.").
		by("internal/scim.TestPatchLists/the order of operations counts", "rfc/patch-users.txtar"),
	must("3.5.2", "A new primary value takes the rank of the old.").
		by("internal/scim.TestPatchRFCExamples/a new primary value takes the rank of the old"),
	must("3.5.2", "All operations have effect, or none.").
		by("internal/scim.TestPatchMutability/all or nothing", "rfc/patch-users.txtar", "FuzzRefusedPatch of gateway", "mapping.TestPartialFailureConverges").
		departs("The gateway computes everything before it writes anything. But each member of a group is a separate call to Suger, which has no transactions: if some fail, the answer names them, and repeating the request does the rest."),
	must("3.5.2", "A PATCH is answered 200 with the resource, or 204; 200 if attributes is given.").
		by("rfc/patch-users.txtar", "gateway.TestGroupPatchAnswersMembers"),
	must("3.5.2.1", "add needs a value, for a complex attribute its parts.").
		by("internal/scim.TestParsePatchRefuses/add without a value", "rfc/patch-users.txtar"),
	should("3.5.2.1", "add of what is there changes nothing and succeeds; the time of change stays.").
		by("rfc/patch-groups.txtar", "internal/scim.TestPatchLists/add of what is there changes nothing, letter case aside", "mapping.TestEchoChangesNothing"),
	must("3.5.2.2", "remove without a path is refused with noTarget.").
		by("rfc/patch-users.txtar", "internal/scim.TestParsePatchRefuses/remove without a path"),
	must("3.5.2.2", "What is removed is unassigned, a list when its last value goes.").
		by("internal/scim.TestPatchRFCExamples/remove all members", "rfc/patch-groups.txtar", "rfc/patch-users.txtar"),
	must("3.5.2.2", "remove of a required or readOnly attribute is refused with mutability.").
		by("internal/scim.TestPatchMutability/remove of a required attribute", "rfc/patch-users.txtar"),
	must("3.5.2.3", "replace without a path has attributes as its value.").
		by("rfc/patch-users.txtar", "okta/template-deactivate-activate.txtar"),
	must("3.5.2.3", "replace of what is not there is an add.").
		by("internal/scim.TestPatchSelectedEntries/the value of none makes an entry"),
	must("3.5.2.3", "replace of a complex attribute keeps the parts that it does not name.").
		by("internal/scim.TestPatchSingleValues/replace of a complex value keeps its other parts"),
	must("3.5.2.3", "replace with a filter replaces all that match.").
		by("internal/scim.TestPatchSelectedEntries", "internal/scim.TestPatchRFCExamples/replace a work address"),
	must("3.5.2.3", "replace with a filter that matches nothing is refused with noTarget.").
		by("internal/scim.TestPatchSelectedEntries/not made if the filter says something else", "rfc/patch-users.txtar", "entra/odd-forms.txtar").
		departs("If the filter determines the whole entry, as in emails[type eq \"work\"].value, the entry is created: Entra ID sets a first value like that. A person's e-mail addresses are derived from the userName, so a path into them is accepted without effect, including emails[type eq \"nonexistent\"].value: the answer is 200."),
	must("3.6", "What is deleted is 404 for every operation and in no query.").
		by("rfc/delete.txtar"),
	should("3.6", "What is deleted is in nobody's way.").
		by("rfc/delete.txtar"),
	must("3.6", "DELETE is answered 204.").
		by("rfc/delete.txtar"),
}

var rfc7644Bulk = []requirement{
	must("3.7", "A bulk request that was carried out is answered 200, whatever became of its operations.").
		by("gateway.TestBulk", "rfc/bulk.txtar"),
	must("3.7", "An operation that failed has its error in response.").
		by("gateway.TestBulkOperationsThatFail", "rfc/bulk.txtar"),
	must("3.7", "A failure does not stop the other operations, unless failOnErrors is reached.").
		by("gateway.TestBulkFailOnErrors", "rfc/bulk.txtar"),
	must("3.7", "A new resource is answered with its bulkId.").
		by("gateway.TestBulk"),
	must("3.7", "Another order of operations has the same result.").
		by("gateway.TestBulkReferences/forward, with results in the order of the request"),
	must("3.7.1", "Circular references are resolved if they can be, else 409.").
		by("gateway.TestBulkReferences/circular", "rfc/bulk.txtar").
		departs("They are always 409: groups have only users as members, and users have no references, so no circle is possible."),
	must("3.7.2", "A reference is replaced by the id of what was created, in extensions too.").
		by("gateway.TestBulkReferences", "rfc/bulk.txtar"),
	must("3.7.3", "The result of every operation that was processed is answered, with its status.").
		by("gateway.TestBulkOperationsThatFail", "rfc/bulk.txtar"),
	must("3.7.3", "Each has its location but for a creation that failed.").
		by("gateway.TestBulkOperationsThatFail/a failed change says where, a failed creation does not", "gateway.TestBulkOperationsThatFail/whatever is wrong with it"),
	must("3.7.4", "The number of operations and the size are limited; 413 names the limit.").
		by("gateway.TestServiceProviderConfigKeepsItsWord"),
}

var rfc7644Answers = []requirement{
	must("3.8", "JSON in UTF-8 is read and answered.").
		by("gateway.TestMediaTypes", "gateway.TestBodies"),
	should("3.8", "Accept: application/json is supported beside application/scim+json.").
		by("onelogin/user-life.txtar", "onelogin/odd-forms.txtar").
		departs("The answer is JSON, but labeled application/scim+json: Okta and Okta's suites accept that."),
	must("3.9", "attributes overrides what is returned by default, excludedAttributes takes from it, on every operation that answers a resource.").
		by("gateway.TestProjectionOfSingleResources", "internal/scim.TestProjection", "rfc/patch-users.txtar"),
	must("3.10", "Names may carry the URN of their schema, and letter case does not count in any part.").
		by("internal/scim.TestLookup", "internal/scim.TestFilterMatch/URNs in front"),
	should("3.11", "Without support for /Me it is answered 501.").
		by("rfc/errors.txtar", "gateway.TestMeIsExplained").
		departs("/Me is not supported: the token belongs to an API client, not to a person."),
	must("3.11", "/Me names the permanent location.").
		moot("/Me is not offered."),
	must("3.12", "An error is a JSON body with the Error schema and the status as a string.").
		by("rfc/errors.txtar", "gateway.TestUnknownPaths", "gateway.TestPanic", "FuzzRequest of gateway"),
	should("3.12", "The HTTP statuses have the RFC's meaning.").
		by("rfc/errors.txtar", "rfc/replace.txtar", "rfc/delete.txtar", "internal/test/documents.TestEveryCodeHasAnEntry"),
	should("3.12", "An internal error has information for debugging.").
		by("gateway.TestPanic"),
	must("3.13", "A version in the URL stands before the endpoint, and another version is refused.").
		by("gateway.TestUnknownPaths"),
	should("3.13", "Without a version the latest is used.").
		departs("There is no endpoint without a version: the base URL ends in /scim/v2, and the error explains that."),
	must("3.14", "A version is sent as the ETag header, and should be in meta.version.").
		by("gateway.TestETags", "gateway.TestServiceProviderConfig", "gateway.TestEveryResource").
		departs("A group read without its members (excludedAttributes=members) has no version, which would require its members."),
	must("3.14", "If-None-Match is answered 304, If-Match is obeyed.").
		by("gateway.TestETags", "rfc/replace.txtar", "rfc/patch-groups.txtar", "rfc/delete.txtar"),
	must("4", "/ServiceProviderConfig, /Schemas and /ResourceTypes answer in the RFC's form, several as a ListResponse, one as itself.").
		by("rfc/discovery.txtar", "gateway.TestResourceTypes", "gateway.TestSchemas"),
	must("4", "Sorting, paging and other parameters are ignored on them.").
		by("gateway.TestDiscoveryIgnoresParameters"),
	should("4", "A filter on them is answered 403.").
		by("gateway.TestDiscoveryRefusesFilters", "rfc/discovery.txtar"),
}

var rfc7644Security = []requirement{
	must("5", "userName and password are prepared by PRECIS before they are compared (7.8 again).").
		by("okta/letter-case.txtar").
		departs("A userName is an e-mail address, is compared by Unicode's simple case folding, and is not normalized: Suger decides which addresses are equal, and the gateway must not treat two as equal that Suger distinguishes. Passwords are not stored."),
	must("7.2", "Transport security is required, with TLS 1.2 at least.").
		by("internal/certs.TestVersions", "internal/test/e2e.TestServeWithTLS", "sugerclient.TestOldTLSIsRefused").
		departs("Without a certificate the gateway serves plain HTTP, for use behind a proxy that terminates TLS; Okta uses only https addresses."),
	must("7.4", "Tokens cannot be guessed and have a limited life.").
		by("internal/settings.TestWrongSettings", "gateway.TestGuessingIsSlow").
		departs("The token is a Suger API key, which does not expire; SUGER_AUTH=oauth uses Suger's short-lived tokens, and the gateway's own tokens can be changed without an outage."),
	must("7.4", "Tokens are exchanged over TLS.").
		by("internal/test/e2e.TestServeWithTLS", "internal/settings.TestUnprotectedURL"),
	must("7.5.1", "Privacy is considered.").
		by("gateway.TestLogHoldsNothingPersonal", "gateway.TestHeadersOfEveryAnswer", "mapping.TestAuditWithoutAddresses"),
	should("7.5.2", "A filter with personal data in a URL is answered 403.").
		departs("Every identity provider looks people up by GET. The gateway offers /.search to clients that support it, and logs no URL.").
		by("gateway.TestLogHoldsNothingPersonal"),
	should("7.6", "Anonymous creation is guarded.").
		moot("Nothing but discovery is answered without a token (gateway.TestEverythingElseNeedsACredential)."),
	should("7.7", "Credentials are stored well, and guessing is slowed down.").
		by("gateway.TestGuessingIsSlow", "gateway.TestGuessingInBulk", "internal/settings.TestSecretTextIsHidden"),
	should("7.7", "Clients have different permissions.").
		by("gateway.TestWhatSugerForbids", "mapping.TestAuditTellsCredentialsApart"),
	should("8.1", "Applications use application/scim+json.").
		by("gateway.TestMediaTypes"),
}
