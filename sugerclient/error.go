package sugerclient

import (
	"errors"
	"fmt"
	"time"
)

// Kind sorts what can go wrong with a [Call].
type Kind string

// The kinds of an [Error].
const (
	Refused     Kind = "refused"     // Suger answered 4xx other than 429
	Throttled   Kind = "throttled"   // Suger answered 429, or our own queue for Suger is full (Status 0)
	Unavailable Kind = "unavailable" // Suger answered 5xx, or could not be reached, or did not answer in time
	Unreadable  Kind = "unreadable"  // Suger answered 2xx (or 3xx) with something that is not the answer
	Canceled    Kind = "canceled"    // our caller went away
	Invalid     Kind = "invalid"     // the call cannot be sent: an id that would name another resource
)

// An Error is a [Call] that failed. Its text holds the operation and Suger's own
// words, never a URL, an id or a credential of ours.
type Error struct {
	Operation  string // as in the Call
	Kind       Kind
	Status     int           // HTTP status, or the one that [ErrorRule] derives from the answer; 0 if there was no answer
	Message    string        // Suger's own words, cleaned, at most 512 bytes
	Code       string        // Suger's own code for the error, likewise; "" if it gives none
	RetryAfter time.Duration // how long Suger asks to wait, 0 if it does not say

	// Uncertain says that the call may have taken effect although it failed: it
	// was sent, now or in an earlier try, and no answer that could be relied on
	// came back. So a retried removal may end as Refused with 404 and still be
	// uncertain. A GET never is.
	Uncertain bool
	Err       error // the cause, if it was not an answer

	retryable bool // the call may be sent again, which may help
}

func (e *Error) Error() string {
	text := e.head()
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Err != nil {
		// Go's HTTP errors quote what the server sent, which may be anything.
		text += ": " + cleanText(e.Err.Error())
	}
	return text
}

// Brief is the error without Suger's own words, for logs: they may repeat what
// Suger was sent, which is personal data.
func (e *Error) Brief() string {
	var inner *Error
	switch {
	case errors.As(e.Err, &inner):
		return e.head() + ": " + inner.Brief()
	case e.Err != nil:
		return e.head() + ": " + cleanText(e.Err.Error())
	}
	return e.head()
}

func (e *Error) head() string {
	text := "suger: " + e.Operation + ": " + string(e.Kind)
	if e.Status != 0 {
		text += fmt.Sprintf(" (%d)", e.Status)
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }
