package scim

import (
	_ "embed"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"
)

// An Error is a SCIM error message (RFC 7644 §3.12) that is also a Go error. Detail tells an
// Okta administrator what is wrong and what to do, in one or two sentences; Err is only logged.
type Error struct {
	Status     int           // HTTP status, 400 to 599
	Type       string        // scimType (RFC 7644 §3.12 table 9, RFC 9865 §4); "" where they have no keyword
	Code       Code          // the cause; every code is documented
	Detail     string        // shown to the client
	RetryAfter time.Duration // with 429 and 503: when to retry; sent in whole seconds, rounded up
	Err        error         // the cause: logged, never sent
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s", e.Code, e.Detail)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// NewError returns an Error whose status and scimType are those of the code.
func NewError(code Code, format string, args ...any) *Error {
	entry := code.Entry()
	return &Error{Status: entry.Status, Type: entry.Type, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Wrap is [NewError] with a cause for the log.
func Wrap(cause error, code Code, format string, args ...any) *Error {
	e := NewError(code, format, args...)
	e.Err = cause
	return e
}

// NotFound returns the error for a resource that does not exist.
func NotFound(resourceType, id string) *Error {
	return NewError(CodeNotFound, "There is no %s with id %q.", resourceType, Clip(id, 80))
}

// Clip shortens text from outside to at most limit bytes, at a rune boundary.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

// A Code names one cause of an error, so that users can search for it.
type Code string

// A CodeEntry documents a [Code]. docs/errors.md is generated from the table, codes.json.
type CodeEntry struct {
	Code   Code
	Status int    // HTTP status
	Type   string `json:"scimType"` // or ""
	Cause  string // what has happened, for an administrator
	Cure   string // what to do about it
}

// The codes; first the protocol's own, then those of errors about Suger.
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

	CodeTokenMissing      Code = "token_missing"
	CodeTokenRefused      Code = "token_refused"
	CodeHeldCredential    Code = "held_credential_refused" //nolint:gosec // G101: a word of the answers
	CodeNotAllowed        Code = "not_allowed"
	CodeOrgUnknown        Code = "organization_unknown"
	CodeUserExists        Code = "user_exists"
	CodeOtherAccount      Code = "other_account"
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

// Entry returns the catalogue's entry for the code; every code has one.
func (c Code) Entry() CodeEntry {
	for _, entry := range Codes {
		if entry.Code == c {
			return entry
		}
	}
	return CodeEntry{Code: c, Status: http.StatusInternalServerError}
}
