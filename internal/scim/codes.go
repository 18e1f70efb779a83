package scim

import "net/http"

// A Code names one cause of an error, so that users can search for it.
type Code string

// A CodeEntry documents a [Code]; docs/errors.md is generated from the table.
type CodeEntry struct {
	Code   Code
	Status int       // HTTP status
	Type   ErrorType // scimType, or ""
	Cause  string    // what has happened, for an administrator
	Cure   string    // what to do about it
}

// The protocol's own codes.
const (
	CodeInternal             Code = "internal"
	CodeInvalidSyntax        Code = "invalid_syntax"
	CodeInvalidFilter        Code = "invalid_filter"
	CodeInvalidPath          Code = "invalid_path"
	CodeInvalidValue         Code = "invalid_value"
	CodeNoTarget             Code = "no_target"
	CodeMutability           Code = "mutability"
	CodeNotFound             Code = "not_found"
	CodeVersionMismatch      Code = "version_mismatch"
	CodeInvalidCursor        Code = "invalid_cursor"
	CodeExpiredCursor        Code = "expired_cursor"
	CodeTooLarge             Code = "too_large"
	CodeUnsupportedMediaType Code = "unsupported_media_type"
	CodeMethodNotAllowed     Code = "method_not_allowed"
	CodeNoSuchEndpoint       Code = "no_such_endpoint"
	CodeNotImplemented       Code = "not_implemented"
	CodeForbiddenFilter      Code = "forbidden_filter"
	CodeTooManyRequests      Code = "too_many_requests"
	CodeTooManyFailures      Code = "too_many_failures"
	CodeClientRefused        Code = "client_refused"
	CodeClientGone           Code = "client_gone"
	CodeURLTooLong           Code = "url_too_long"
	CodeBulkReference        Code = "bulk_reference"
)

// Codes of what can go wrong with Suger.
const (
	CodeTokenMissing      Code = "token_missing"
	CodeTokenRefused      Code = "token_refused"
	CodeHeldCredential    Code = "held_credential_refused" //nolint:gosec // G101: a word of the answers
	CodeNotAllowed        Code = "not_allowed"
	CodeOrgUnknown        Code = "organization_unknown"
	CodeUserExists        Code = "user_exists"
	CodeGroupExists       Code = "group_exists"
	CodeUnknownRole       Code = "unknown_role"
	CodeAmbiguousRole     Code = "ambiguous_role"
	CodeConflictingRoles  Code = "conflicting_roles"
	CodeUserNameNotEmail  Code = "username_not_email"
	CodeDomainRefused     Code = "domain_refused"
	CodeNoSeat            Code = "no_seat"
	CodeSugerRefused      Code = "suger_refused"
	CodeSugerThrottled    Code = "suger_throttled"
	CodeSugerUnavailable  Code = "suger_unavailable"
	CodeSugerUnreadable   Code = "suger_unreadable"
	CodeWriteUnconfirmed  Code = "write_unconfirmed"
	CodePartialGroup      Code = "partial_group_write"
	CodeRoleFixed         Code = "role_fixed"
	CodeRoleCreateRefused Code = "role_create_refused"
	CodeUnsupported       Code = "unsupported_by_mapping"
	CodeLastAdmin         Code = "last_admin"
	CodeProtectedUser     Code = "protected_user"
	CodeAdminGrant        Code = "admin_grant_refused"
	CodeChangeBrake       Code = "change_brake"
)

// Codes is the catalogue of every code, in the order of the documentation.
var Codes = []CodeEntry{
	{CodeTokenMissing, http.StatusUnauthorized, "", "The request carried no bearer token.", "In Okta, open the app's Provisioning tab, enter the token and test the connection."},
	{CodeTokenRefused, http.StatusUnauthorized, "", "Suger does not accept the token.", "Create a new API key in Suger (Settings, API Client) and enter it in Okta. A rotated or deleted key stops working at once."},
	{CodeHeldCredential, http.StatusBadGateway, "", "Suger does not accept the credential that the gateway itself holds.", "Renew the gateway's SUGER_CREDENTIAL. The token in Okta is right."},
	{CodeNotAllowed, http.StatusForbidden, "", "Suger knows the token but does not allow it to do this.", "Give the API client a role that may manage users."},
	{CodeOrgUnknown, http.StatusForbidden, "", "The organization in the URL or in SUGER_ORG_ID is not one that this gateway serves or that the token can see.", "Compare the organization id in the base URL with the one in Suger's console."},
	{CodeUserExists, http.StatusConflict, Uniqueness409, "An active Suger user with this e-mail already exists.", "Nothing is wrong in Suger: let Okta match the person by userName (it looks the user up first), or retry the assignment."},
	{CodeGroupExists, http.StatusConflict, Uniqueness409, "A Suger role with this name already exists.", "Link the Okta group to the existing group instead of creating one."},
	{CodeUnknownRole, http.StatusBadRequest, InvalidValue, "The role that Okta sent is not a role of the Suger organization.", "Use one of the roles that the message lists."},
	{CodeAmbiguousRole, http.StatusBadRequest, InvalidValue, "Two Suger roles have the same name, so the name is ambiguous.", "Rename one of them in Suger, or send the role's id."},
	{CodeConflictingRoles, http.StatusBadRequest, InvalidValue, "Two attributes of one request ask for different roles.", "Map only one of roles and the extension's role in Okta."},
	{CodeUserNameNotEmail, http.StatusBadRequest, InvalidValue, "The userName is not an e-mail address, and Suger knows people by e-mail.", "In Okta's Sign On tab, set the application username format to Email."},
	{CodeDomainRefused, http.StatusBadRequest, InvalidValue, "Suger only accepts users whose e-mail domain belongs to the organization.", "Assign people with the organization's domain, or ask Suger to add the domain."},
	{CodeNoSeat, http.StatusBadRequest, InvalidValue, "The Suger plan has no seat left.", "Free a seat or ask Suger for more, then retry in Okta."},
	{CodeSugerRefused, http.StatusBadRequest, InvalidValue, "Suger refused the change; its reason is in the message.", "Fix what Suger's reason names, then retry in Okta."},
	{CodeSugerThrottled, http.StatusTooManyRequests, "", "Suger limits the rate of calls.", "Okta retries by itself. If it happens often, lower SUGER_CONCURRENCY."},
	{CodeSugerUnavailable, http.StatusServiceUnavailable, "", "Suger did not answer, or answered with a server error.", "Okta retries by itself (it is answered 429). Check Suger's status if it lasts."},
	{CodeSugerUnreadable, http.StatusBadGateway, "", "Suger's answer does not fit the mapping.", "Run the check command: it names the operation and the field that differ."},
	{CodeWriteUnconfirmed, http.StatusBadGateway, "", "Suger accepted a change but does not show it afterwards.", "Check the user in Suger's console, then retry in Okta."},
	{CodePartialGroup, http.StatusBadGateway, "", "Some members of a group could not be changed; the others were.", "Retry the push in Okta: only the rest is written."},
	{CodeRoleFixed, http.StatusBadRequest, MutabilityErr, "Suger's standard roles cannot be renamed or deleted.", "When unlinking the group in Okta, choose to leave the group in the target app."},
	{CodeRoleCreateRefused, http.StatusBadRequest, InvalidValue, "The pushed group is not the name of a Suger role, and creating roles is turned off or not possible.", "Name the group after a role, or map the name with GATEWAY_GROUP_ROLES."},
	{CodeUnsupported, http.StatusNotImplemented, "", "The mapping has no Suger operation for this.", "Do it in Suger's console, or add the operation to the mapping file if your Suger has it."},
	{CodeLastAdmin, http.StatusConflict, "", "The change would leave the organization without an active administrator.", "Make somebody else an administrator first."},
	{CodeProtectedUser, http.StatusForbidden, "", "The user is in GATEWAY_PROTECTED_USERS, which SCIM may read but not change.", "Change the user in Suger's console, or remove the address from the list."},
	{CodeAdminGrant, http.StatusForbidden, "", "Granting the administrator role over SCIM is turned off.", "Grant it in Suger's console, or set GATEWAY_ALLOW_ADMIN_GRANT=true."},
	{CodeChangeBrake, http.StatusTooManyRequests, "", "There were more removals, deactivations or role drops than GATEWAY_CHANGE_BRAKE allows in its window.", "Check in Okta that the changes are intended. Okta retries them, and they pass when the window is over. One request that exceeds the limit alone never passes: make it in smaller steps, or raise the setting for the time."},
	{CodeInvalidSyntax, http.StatusBadRequest, InvalidSyntax, "The body is not valid JSON for this request.", "This is a fault of the SCIM client."},
	{CodeInvalidFilter, http.StatusBadRequest, InvalidFilter, "The filter is malformed, names an attribute that the gateway does not have, or compares values that cannot be compared.", "In Okta, set the unique identifier field for users to userName."},
	{CodeInvalidPath, http.StatusBadRequest, InvalidPath, "A PATCH path is malformed, or the filter in its brackets does not fit the attribute.", "This is a fault of the SCIM client or its attribute mapping."},
	{CodeInvalidValue, http.StatusBadRequest, InvalidValue, "A value has the wrong type or is not allowed.", "Correct the attribute mapping in Okta."},
	{CodeNoTarget, http.StatusBadRequest, NoTarget, "A PATCH path with a filter matches nothing.", "This is a fault of the SCIM client or its attribute mapping."},
	{CodeMutability, http.StatusBadRequest, MutabilityErr, "The attribute cannot be changed.", "For userName: set it back, or unassign the person and assign the new address as a new user. For another attribute: remove it from Okta's mapping."},
	{CodeNotFound, http.StatusNotFound, "", "The resource does not exist in Suger (any more).", "In Okta, unassign the person and assign again; for a group, unlink and push again."},
	{CodeVersionMismatch, http.StatusPreconditionFailed, "", "The resource has changed since the client read it (If-Match), or exists in a version that the client excluded (If-None-Match).", "The client reads again and retries."},
	{CodeInvalidCursor, http.StatusBadRequest, InvalidCursor, "The paging cursor was not issued by this gateway for this query.", "Start the listing again."},
	{CodeExpiredCursor, http.StatusBadRequest, ExpiredCursor, "The paging cursor is too old.", "Start the listing again."},
	{CodeTooLarge, http.StatusRequestEntityTooLarge, "", "The request is larger than the gateway accepts.", "Send fewer operations or members in one request."},
	{CodeUnsupportedMediaType, http.StatusUnsupportedMediaType, "", "The body is not labelled as JSON.", "Send Content-Type: application/scim+json."},
	{CodeMethodNotAllowed, http.StatusMethodNotAllowed, "", "The endpoint does not support this method.", "See the Allow header."},
	{CodeNoSuchEndpoint, http.StatusNotFound, "", "There is no such endpoint.", "In Okta, the base URL ends in /scim/v2 (or /org/ORGANIZATION/scim/v2)."},
	{CodeNotImplemented, http.StatusNotImplemented, "", "The gateway does not offer this part of SCIM.", "See /ServiceProviderConfig for what it offers."},
	{CodeForbiddenFilter, http.StatusForbidden, "", "Discovery endpoints do not support filters (RFC 7644 section 4).", "Read the list without a filter."},
	{CodeTooManyRequests, http.StatusTooManyRequests, "", "More requests are in flight than the gateway accepts at once.", "Okta retries by itself."},
	{CodeTooManyFailures, http.StatusTooManyRequests, "", "The client's address has sent too many requests with a token that was refused or missing (GATEWAY_AUTH_FAILURES).", "Correct the token in Okta, then wait for a minute. If the gateway is behind a proxy, name it in GATEWAY_TRUSTED_PROXIES, so that clients are counted separately."},
	{CodeClientRefused, http.StatusForbidden, "", "The gateway only answers the addresses in GATEWAY_ALLOWED_CLIENTS, and the client's is not one of them.", "Add the address that the message names if it is Okta's. If it is your proxy's, name the proxy in GATEWAY_TRUSTED_PROXIES."},
	{CodeClientGone, 499, "", "The client closed the connection before it was answered. This code is in the log and in metrics only.", "If it happens often, check how long Suger takes to answer."},
	{CodeURLTooLong, http.StatusRequestURITooLong, "", "The URL is longer than the gateway accepts.", "Send the query to /.search, which accepts it as a body."},
	{CodeBulkReference, http.StatusConflict, "", "An operation of a bulk request refers to a bulkId that no operation creates, whose operation failed, or that refers back to it.", "Create the resources first and connect them in a second request."},
	{CodeInternal, http.StatusInternalServerError, "", "The gateway has a defect.", "Find the request id in the gateway's log and report it."},
}

// Entry returns the catalogue's row for the code. A code that has none is a defect.
func (c Code) Entry() CodeEntry {
	for _, entry := range Codes {
		if entry.Code == c {
			return entry
		}
	}
	return CodeEntry{Code: c, Status: http.StatusInternalServerError}
}
