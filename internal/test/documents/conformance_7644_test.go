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
	must("2", "A client's permissions are determined.").
		by("gateway.TestWhatSugerForbids", "gateway.TestHeldCredential", "mapping.TestListsAreSeparate"),
	should("2", "Whether the action fits the subject is considered.").
		by("gateway.TestWhatSugerForbids", "mapping.TestProtectedUsersStay", "mapping.TestLastAdministratorStays"),
	should("2", "Weak tokens and Basic alone are not used.").
		by("gateway.TestAuthorizationHeader/basic", "internal/settings.TestWrongSettings"),
	should("2.1", "The type and scope of an authorization is considered.").
		departs("Suger decides for each call what the token may do.").
		by("gateway.TestWhatSugerForbids", "mapping.TestRefusedCredential"),
	must("2.1", "Threats to authorizations are considered (also 7.3).").
		by("gateway.TestGuessingIsSlow", "sugerclient.TestRedirectTakesTheCredentialNowhere", "sugerclient.TestCredentialNeverPrints", "gateway.TestLogHoldsNothingPersonal"),
	must("3.1", "The media type is application/scim+json.").
		by("gateway.TestMediaTypes", "gateway.TestHeadersOfEveryAnswer"),
	must("3.1", "Messages name their schema; its URN begins with urn:ietf:params:scim:api:.").
		by("rfc/queries.txtar", "rfc/bulk.txtar", "rfc/errors.txtar"),
	must("3.1", "Message schemas are not in /Schemas.").
		by("rfc/discovery.txtar"),
	must("3.1", "Answers show the resource as the provider interprets it.").
		by("rfc/whole-resources.txtar"),
	should("3.2", "The endpoint of another resource type is its plural name.").
		by("gateway.TestResourceTypes"),
	must("3.2", "PUT creates nothing (also 3.5.1).").
		by("rfc/replace.txtar"),
	should("3.2", "An error's status is in the HTTP status and in the body.").
		by("rfc/errors.txtar", "gateway.TestAnswersWhenSugerFails"),
	must("3.3", "A creation ignores readOnly attributes.").
		by("rfc/create-and-read.txtar", "internal/scim.TestNormalize/read-only attributes are ignored, even of a wrong type"),
	must("3.3", "A creation is answered 201, with the URI in Location and meta.location.").
		by("rfc/create-and-read.txtar", "gateway.TestCreateUser"),
	should("3.3", "The answer to a creation contains the resource.").
		by("rfc/create-and-read.txtar"),
	must("3.3", "A creation in conflict with another resource is answered 409 uniqueness.").
		by("rfc/create-and-read.txtar", "mapping.TestPushedGroupIsRefused"),
	must("3.3.1", "meta.resourceType follows from the endpoint.").
		by("rfc/create-and-read.txtar"),
}

var rfc7644Reading = []requirement{
	should("3.4.2", "Unknown query parameters are ignored.").
		by("gateway.TestListParameters/unknown parameters", "rfc/queries.txtar"),
	must("3.4.2", "A query is answered with a ListResponse.").
		by("gateway.TestListParameters", "internal/scim.TestListResponseJSON"),
	must("3.4.2", "No match is a success with totalResults 0.").
		by("gateway.TestListParameters/filter that matches nothing"),
	must("3.4.2.1", "A query on the server root searches all resources.").
		by("gateway.TestQueryOnTheRoot", "rfc/root-and-search.txtar").
		departs("Roles are left out: they are the groups."),
	must("3.4.2.1", "Too many results are refused with tooMany.").
		moot("Every answer is a page."),
	must("3.4.2.1", "In a query on several types, an attribute that a type lacks has no value.").
		by("internal/scim.TestFilterAmongSeveralTypes", "rfc/root-and-search.txtar"),
	must("3.4.2.2", "Only resources that match the filter are returned.").
		by("internal/scim.TestFilterMatch", "rfc/queries.txtar"),
	must("3.4.2.2", "A filter has at least one expression and follows the grammar.").
		by("internal/scim.TestFilterErrors", "internal/scim.TestFilterForms", "FuzzParseFilter of internal/scim"),
	must("3.4.2.2", "An order comparison of a boolean or binary is refused with invalidFilter.").
		by("internal/scim.TestFilterErrors/order on a boolean", "internal/scim.TestFilterErrors/order on a binary", "rfc/queries.txtar"),
	must("3.4.2.2", "A filter in brackets applies to one value at a time.").
		by("internal/scim.TestFilterMatch/brackets look at one element at a time", "internal/scim.TestFilterErrors/unknown attribute in brackets"),
	must("3.4.2.2", "Precedence: grouping, not, and, or.").
		by("internal/scim.TestFilterMatch/and binds before or, not before and"),
	must("3.4.2.2", "A comparison of a complex attribute names a sub-attribute.").
		by("internal/scim.TestFilterErrors/complex attribute"),
	must("3.4.2.2", "A default value is compared as it is returned.").
		by("gateway.TestSchemasMatchBehavior", "mapping.TestDefaultRole"),
	must("3.4.2.2", "An unknown operator is refused with invalidFilter and an explanation.").
		by("rfc/queries.txtar"),
	must("3.4.2.2", "caseExact determines whether letter case counts.").
		by("gateway.TestSchemasMatchBehavior", "internal/scim.TestFilterMatch/unless the attribute is caseExact"),
	must("3.4.2.3", "sortBy orders by the attribute's type, a list by its primary or first value.").
		by("internal/scim.TestSelectSorts", "gateway.TestSort").
		departs("A sortBy with an unknown attribute is ignored: several clients send one."),
	must("3.4.2.3", "Ascending is the default; resources without a value come last, descending first.").
		by("internal/scim.TestSelectSorts", "gateway.TestListParameters/sortOrder of no kind"),
	must("3.4.2.4", "A startIndex below 1 is 1, a negative count is 0; 0 returns only the total.").
		by("gateway.TestListParameters/start below 1", "gateway.TestListParameters/negative count", "gateway.TestListParameters/count of 0"),
	must("3.4.2.4", "A page has at most count resources.").
		by("internal/scim.TestSelectSizesOfPages"),
	must("3.4.2.5", "attributes and excludedAttributes are supported (also 3.9).").
		by("gateway.TestProjectionOfLists", "gateway.TestProjectionOfSingleResources"),
	must("3.4.2.5", "Attributes that are always returned cannot be excluded.").
		by("internal/scim.TestProjection/what is always returned cannot be excluded", "rfc/create-and-read.txtar"),
	must("3.4.3", "POST to /.search of an endpoint is a query, with all its parameters.").
		by("gateway.TestSearch", "rfc/root-and-search.txtar"),
}

var rfc7644Writing = []requirement{
	must("3.5", "PUT is supported.").
		by("rfc/replace.txtar", "gateway.TestGroupLifeCycle"),
	should("3.5", "PATCH is supported.").
		by("rfc/patch-users.txtar", "rfc/patch-groups.txtar"),
	must("3.5.1", "PUT replaces the attributes in the request.").
		by("rfc/replace.txtar"),
	must("3.5.1", "PUT replaces a writeOnly attribute.").
		moot("The only one, password, is not supported."),
	must("3.5.1", "PUT sets an immutable attribute once; another value is refused with mutability.").
		by("internal/scim.TestCheckImmutable", "mapping.TestVariantChangesTheEmailOrRefuses"),
	must("3.5.1", "PUT ignores readOnly attributes.").
		by("rfc/replace.txtar", "mapping.TestRepeatedValuesChangeNothing"),
	must("3.5.1", "PUT requires the required attributes.").
		by("rfc/replace.txtar"),
	must("3.5.1", "PUT is answered 200 with the whole resource.").
		by("rfc/replace.txtar"),
	must("3.5.2", "A PATCH has Operations, at least one, each with one op.").
		by("internal/scim.TestParsePatchRefuses").
		departs("The PatchOp schema may be missing, and one operation need not be in a list."),
	must("3.5.2", "An operation that violates the attribute's mutability or schema is refused.").
		by("internal/scim.TestPatchMutability", "rfc/patch-users.txtar").
		departs("Without a path, unknown and read-only attributes are ignored; a path to displayName or emails has no effect. Entra ID and Okta send these."),
	must("3.5.2", "schemas follows from the attributes that are added.").
		by("internal/scim.TestPatchClients", "gateway.TestOrderOfSchemas"),
	must("3.5.2", "Operations are applied in order.").
		by("internal/scim.TestPatchLists/the order of operations counts", "rfc/patch-users.txtar"),
	must("3.5.2", "A new primary value replaces the old one as primary.").
		by("internal/scim.TestPatchRFCExamples/a new primary value takes the rank of the old"),
	must("3.5.2", "Either all operations take effect, or none.").
		by("internal/scim.TestPatchMutability/all or nothing", "rfc/patch-users.txtar", "FuzzRefusedPatch of gateway", "mapping.TestPartialFailureConverges").
		departs("All is computed before anything is written, but each member of a group is a separate call to Suger. If some fail, the answer names them, and a repeat does the rest."),
	must("3.5.2", "A PATCH is answered 200 or 204, with attributes 200.").
		by("rfc/patch-users.txtar", "gateway.TestGroupPatchAnswersMembers"),
	must("3.5.2.1", "add requires a value, for a complex attribute its sub-attributes.").
		by("internal/scim.TestParsePatchRefuses/add without a value", "rfc/patch-users.txtar"),
	should("3.5.2.1", "add of an existing value succeeds and changes nothing.").
		by("rfc/patch-groups.txtar", "internal/scim.TestPatchLists/add of what is there changes nothing, letter case aside", "mapping.TestRepeatedValuesChangeNothing"),
	must("3.5.2.2", "remove without a path is refused with noTarget.").
		by("rfc/patch-users.txtar", "internal/scim.TestParsePatchRefuses/remove without a path"),
	must("3.5.2.2", "A removed attribute is unassigned, a list when its last value is removed.").
		by("internal/scim.TestPatchRFCExamples/remove all members", "rfc/patch-groups.txtar", "rfc/patch-users.txtar"),
	must("3.5.2.2", "remove of a required or readOnly attribute is refused with mutability.").
		by("internal/scim.TestPatchMutability/remove of a required attribute", "rfc/patch-users.txtar"),
	must("3.5.2.3", "The value of replace without a path is a set of attributes.").
		by("rfc/patch-users.txtar", "okta/template-deactivate-activate.txtar"),
	must("3.5.2.3", "replace of a missing attribute is an add.").
		by("internal/scim.TestPatchSelectedEntries/the value of none makes an entry"),
	must("3.5.2.3", "replace of a complex attribute keeps the sub-attributes that it does not name.").
		by("internal/scim.TestPatchSingleValues/replace of a complex value keeps its other parts"),
	must("3.5.2.3", "replace with a filter replaces all that match.").
		by("internal/scim.TestPatchSelectedEntries", "internal/scim.TestPatchRFCExamples/replace a work address"),
	must("3.5.2.3", "replace with a filter that matches nothing is refused with noTarget.").
		by("internal/scim.TestPatchSelectedEntries/not made if the filter says something else", "rfc/patch-users.txtar", "entra/odd-forms.txtar").
		departs("If the filter determines the whole entry, it is created: Entra ID sets a first value this way. A path into emails, which are derived, has no effect."),
	must("3.6", "A deleted resource is 404 for every operation and in no query.").
		by("rfc/delete.txtar"),
	should("3.6", "A deleted resource causes no conflict.").
		by("rfc/delete.txtar"),
	must("3.6", "DELETE is answered 204.").
		by("rfc/delete.txtar"),
}

var rfc7644Bulk = []requirement{
	must("3.7", "A processed bulk request is answered 200, even if operations fail.").
		by("gateway.TestBulk", "rfc/bulk.txtar"),
	must("3.7", "A failed operation has its error in response.").
		by("gateway.TestBulkOperationsThatFail", "rfc/bulk.txtar"),
	must("3.7", "A failure does not stop other operations unless failOnErrors is reached.").
		by("gateway.TestBulkFailOnErrors", "rfc/bulk.txtar"),
	must("3.7", "The result of a creation has its bulkId.").
		by("gateway.TestBulk"),
	must("3.7", "The order of operations does not change the result.").
		by("gateway.TestBulkReferences/forward, with results in the order of the request"),
	must("3.7.1", "Circular references are resolved if they can be, else 409.").
		by("gateway.TestBulkReferences/circular", "rfc/bulk.txtar").
		departs("Always 409: only groups have references, and only to users, so none can be resolved."),
	must("3.7.2", "A reference is replaced by the created resource's id.").
		by("gateway.TestBulkReferences", "rfc/bulk.txtar"),
	must("3.7.3", "The answer has the result and status of every processed operation.").
		by("gateway.TestBulkOperationsThatFail", "rfc/bulk.txtar"),
	must("3.7.3", "Each has its location, except a failed creation.").
		by("gateway.TestBulkOperationsThatFail/a failed change says where, a failed creation does not", "gateway.TestBulkOperationsThatFail/whatever is wrong with it"),
	must("3.7.4", "The number of operations and the size are limited; 413 names the limit.").
		by("gateway.TestServiceProviderConfigMatchesBehavior"),
}

var rfc7644Answers = []requirement{
	must("3.8", "JSON in UTF-8 is accepted and returned.").
		by("gateway.TestMediaTypes", "gateway.TestBodies"),
	should("3.8", "Accept: application/json is supported beside application/scim+json.").
		by("onelogin/user-life.txtar", "onelogin/odd-forms.txtar").
		departs("The answer is labeled application/scim+json."),
	must("3.9", "attributes and excludedAttributes apply to every operation that returns a resource.").
		by("gateway.TestProjectionOfSingleResources", "internal/scim.TestProjection", "rfc/patch-users.txtar"),
	must("3.10", "Names may have their schema's URN as a prefix, and ignore letter case throughout.").
		by("internal/scim.TestLookup", "internal/scim.TestFilterMatch/URNs in front"),
	should("3.11", "If /Me is not supported, it is answered 501.").
		by("rfc/errors.txtar", "gateway.TestMeIsExplained").
		departs("501: the token belongs to an API client, not to a person."),
	must("3.11", "/Me names the permanent location.").
		moot("/Me is not supported."),
	must("3.12", "An error is JSON with the Error schema and the status as a string.").
		by("rfc/errors.txtar", "gateway.TestUnknownPaths", "gateway.TestPanic", "FuzzRequest of gateway"),
	should("3.12", "The HTTP statuses have the RFC's meaning.").
		by("rfc/errors.txtar", "rfc/replace.txtar", "rfc/delete.txtar", "internal/test/documents.TestEveryCodeHasAnEntry"),
	should("3.12", "An internal error has information for debugging.").
		by("gateway.TestPanic"),
	must("3.13", "A version in the URL precedes the endpoint; an unknown one is refused.").
		by("gateway.TestUnknownPaths"),
	should("3.13", "Without a version the latest is used.").
		departs("Every URL has the version: the base URL ends in /scim/v2."),
	must("3.14", "A version is sent as the ETag header, and should be in meta.version.").
		by("gateway.TestETags", "gateway.TestServiceProviderConfig", "gateway.TestEveryResource").
		departs("A group read with excludedAttributes=members has none."),
	must("3.14", "If-None-Match is answered 304, If-Match is obeyed.").
		by("gateway.TestETags", "rfc/replace.txtar", "rfc/patch-groups.txtar", "rfc/delete.txtar"),
	must("4", "/ServiceProviderConfig, /Schemas and /ResourceTypes have the RFC's form.").
		by("rfc/discovery.txtar", "gateway.TestResourceTypes", "gateway.TestSchemas"),
	must("4", "They ignore other parameters.").
		by("gateway.TestDiscoveryIgnoresParameters"),
	should("4", "A filter on them is answered 403.").
		by("gateway.TestDiscoveryRefusesFilters", "rfc/discovery.txtar"),
}

var rfc7644Security = []requirement{
	must("5", "userName and password are prepared by PRECIS before comparison (also 7.8).").
		by("okta/letter-case.txtar").
		departs("A userName is compared by simple case folding, not normalized: Suger may distinguish two such addresses. Passwords are not stored."),
	must("7.2", "Transport security is required: TLS 1.2 or newer.").
		by("internal/certs.TestVersions", "internal/test/e2e.TestServeWithTLS", "sugerclient.TestOldTLSIsRefused").
		departs("Without a certificate it serves plain HTTP, for a proxy that terminates TLS."),
	must("7.4", "Tokens cannot be guessed and have a limited lifetime.").
		by("internal/settings.TestWrongSettings", "gateway.TestGuessingIsSlow").
		departs("A Suger API key does not expire; tokens of SUGER_AUTH=oauth do, and the gateway's own can be rotated without an outage."),
	must("7.4", "Tokens are exchanged over TLS.").
		by("internal/test/e2e.TestServeWithTLS", "internal/settings.TestUnprotectedURL"),
	must("7.5.1", "Privacy is considered.").
		by("gateway.TestLogHoldsNothingPersonal", "gateway.TestHeadersOfEveryAnswer", "mapping.TestAuditWithoutAddresses"),
	should("7.5.2", "A filter with personal data in a URL is answered 403.").
		departs("Identity providers look people up by GET. The gateway supports /.search and logs no URL.").
		by("gateway.TestLogHoldsNothingPersonal"),
	should("7.6", "Anonymous creation is protected against abuse.").
		moot("Only discovery needs no token (gateway.TestEverythingElseNeedsACredential)."),
	should("7.7", "Credentials are stored securely, and guessing is slowed down.").
		by("gateway.TestGuessingIsSlow", "gateway.TestGuessingInBulk", "internal/settings.TestSecretTextIsHidden"),
	should("7.7", "Clients have different permissions.").
		by("gateway.TestWhatSugerForbids", "mapping.TestAuditDistinguishesCredentials"),
	should("8.1", "Applications use application/scim+json.").
		by("gateway.TestMediaTypes"),
}
