package sugerclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
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
	text := "suger: " + e.Operation + ": " + string(e.Kind)
	if e.Status != 0 {
		text += fmt.Sprintf(" (%d)", e.Status)
	}
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
	brief := *e
	brief.Message = ""
	var inner *Error
	if errors.As(e.Err, &inner) {
		brief.Err = errors.New(inner.Brief())
	}
	return brief.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// errSaysFailed is the cause of the error for a long answer of which an
// [ErrorRule] says that it failed.
var errSaysFailed = settledf("the answer says that the call failed")

// fails reports whether a value at the rule's field makes an answer an error.
func (e *ErrorRule) fails(value json.RawMessage) bool {
	switch text := string(bytes.TrimSpace(value)); {
	case slices.Contains([]string{"", "null", `""`, "{}", "[]"}, text):
		return false
	case len(e.Success) == 0:
		return text != "false"
	default:
		return !slices.ContainsFunc(e.Success, func(word string) bool { return strings.EqualFold(word, strings.Trim(text, `"`)) })
	}
}

// failsIn reports whether a whole answer is an error although its status is 2xx.
func (e *ErrorRule) failsIn(body []byte) bool {
	return e.Field != "" && e.fails(lookup(body, e.Field))
}

// Says reports whether the error's message has the word, in any letter case, or
// the word is its code.
func (e *Error) Says(word string) bool {
	return word != "" && (strings.EqualFold(e.Code, word) || strings.Contains(strings.ToLower(e.Message), strings.ToLower(word)))
}

// Means reports whether one of the words describes the error: texts as
// [Error.Says] finds them; numbers that are its status or its code.
func (e *Error) Means(words []any) bool {
	return slices.ContainsFunc(words, func(word any) bool {
		if number, isNumber := word.(int); isNumber {
			return e.Status == number || e.Code == strconv.Itoa(number)
		}
		text, isText := word.(string)
		return isText && e.Says(text)
	})
}

// failure sorts an answer that is an error.
func (c *Client) failure(r *request, resp *http.Response, body []byte) *Error {
	secrets := r.secrets()
	fail := &Error{
		Operation:  r.Operation,
		Kind:       Refused,
		Status:     resp.StatusCode,
		Message:    readMessage(body, r.Errors.Message, secrets),
		Code:       readCode(body, r.Errors.Code, secrets),
		RetryAfter: readRetryAfter(resp.Header, c.cfg.Now()),
	}
	if number, err := strconv.Atoi(fail.Code); err == nil && fail.Status < 300 && number >= 400 && number < 600 {
		fail.Status = number
	}
	switch fail.Status {
	case http.StatusTooManyRequests:
		fail.Kind = Throttled
		fail.retryable = true // without effect, so even a create may be retried
	case http.StatusInternalServerError:
		fail.retryable = r.isRead()
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		fail.retryable = r.Repeatable
	case http.StatusUnauthorized, http.StatusForbidden: // about the credential, whatever the words
	default:
		if fail.Status < 500 && slices.ContainsFunc(r.Errors.NotThere, fail.Says) {
			fail.Status = http.StatusNotFound
		}
	}
	if fail.Status >= 500 {
		fail.Kind = Unavailable
		fail.Uncertain = !r.isRead()
	}
	return fail
}

// readCode finds Suger's code for an error: at path, or under the usual names.
func readCode(body []byte, path string, secrets []string) string {
	paths := []string{path}
	if path == "" {
		paths = []string{"code", "errorCode", "error_code", "error.code", "error"}
	}
	for _, path := range paths {
		text, ok := textOf(lookup(body, path))
		const longest = 64 // more is a message
		if text = readMessage([]byte(text), "", secrets); ok && text != "" && len(text) <= longest {
			return text
		}
	}
	return ""
}

const (
	maxMessage = 512 // bytes
	minSecret  = 8   // bytes; anything shorter may be an ordinary word
)

// readMessage finds Suger's words in an error body. Suger's specification has a
// bare JSON string there (suger-sdk-ts, api/openapi.yaml); its other answers,
// and the proxies before it, have an object, HTML or plain text.
// path is where a mapping says that the words are, "" for the usual names.
func readMessage(body []byte, path string, secrets []string) string {
	text := string(body)
	var document any
	if value := lookup(body, path); path != "" && len(value) > 0 {
		text = string(value)
		body = value
	}
	if json.Unmarshal(body, &document) == nil {
		if words := wordsIn(document); words != "" {
			text = words
		}
	}
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			text = strings.ReplaceAll(text, secret, Credential(secret).String())
		}
	}
	return cleanText(text)
}

// wordsIn is the text of an error document, "" if it has none of a known form.
func wordsIn(document any) string {
	switch value := document.(type) {
	case string:
		return value
	case map[string]any:
		for _, name := range []string{"message", "error", "detail"} {
			if words := wordsIn(value[name]); words != "" {
				return words
			}
		}
	}
	return ""
}

var (
	hidden  = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)\s*>|<!--.*?-->`)
	tag     = regexp.MustCompile(`</?[A-Za-z!?][^<>]*>`)
	opening = regexp.MustCompile(`<+([A-Za-z!?/])`) // of a tag that has no end
)

// cleanText makes text fit for a log line or an administrator's screen: one
// line, no tags, no control or formatting characters, at most maxMessage bytes.
func cleanText(text string) string {
	text = withoutTags(onOneLine(text))
	if strings.ContainsRune(text, '&') { // an entity may spell a tag
		text = withoutTags(onOneLine(html.UnescapeString(text)))
	}
	text = onOneLine(text)
	return strings.TrimSpace(strings.ToValidUTF8(text[:min(len(text), maxMessage)], "")) // cut between characters
}

func withoutTags(text string) string {
	if !strings.ContainsRune(text, '<') {
		return text
	}
	text = tag.ReplaceAllString(hidden.ReplaceAllString(text, " "), " ")
	return opening.ReplaceAllString(text, "$1")
}

func onOneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r): // could turn the direction of the text around
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}
