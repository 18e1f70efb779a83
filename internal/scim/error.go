package scim

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// An Error is a SCIM error message (RFC 7644 §3.12) that is also a Go error.
//
// Detail is the only text of ours that an Okta admin reads: one or two
// sentences that say what is wrong and what to do. It never carries the text
// of Err, which is for the log alone.
type Error struct {
	Status     int           // HTTP status, 400 to 599
	Type       string        // scimType (RFC 7644 §3.12 table 9, RFC 9865 §4); "" where they have no keyword
	Code       Code          // which cause; every code is documented
	Detail     string        // shown to the client
	RetryAfter time.Duration // with 429 and 503: when to retry; sent in whole seconds, rounded up
	Err        error         // the cause: logged, never sent
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Detail)
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
