package scim

import (
	_ "embed"
	"net/http"
)

// A Code names one cause of an error, so that users can search for it.
type Code string

// A CodeEntry documents a [Code]. The table is codes.json; docs/errors.md is generated from
// it.
type CodeEntry struct {
	Code   Code
	Status int    // HTTP status
	Type   string `json:"scimType"` // or ""
	Cause  string // what has happened, for an administrator
	Cure   string // what to do about it
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

//go:embed codes.json
var codesJSON []byte

// Codes is the catalogue of every code, in the order of the documentation.
var Codes = embedded[[]CodeEntry](codesJSON)

// Entry returns the catalogue's row for the code. A code that has none is a defect.
func (c Code) Entry() CodeEntry {
	for _, entry := range Codes {
		if entry.Code == c {
			return entry
		}
	}
	return CodeEntry{Code: c, Status: http.StatusInternalServerError}
}
