package sugerclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// maxErrorBody is how many bytes of an answer are searched for an error.
const maxErrorBody = 64 << 10

// errSettled marks an error that a retry would not change.
type errSettled struct{ error }

func (e errSettled) Unwrap() error { return e.error }

func settledf(format string, args ...any) error { return errSettled{fmt.Errorf(format, args...)} }

// readAnswer reads resp as the answer to r or as an error. ctx is the caller's.
func (c *Client) readAnswer(ctx context.Context, r *request, resp *http.Response) (*Answer, *Error) {
	status := resp.StatusCode
	switch {
	case status >= 400 && status < 600:
		// A malformed or truncated error body only loses the message; the status
		// counts.
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		return nil, c.failure(r, resp, body)
	case status < 200 || status > 299:
		return nil, r.unreadable(status, errors.New("redirects are not followed"))
	}
	answer := &Answer{Status: status, Header: resp.Header}
	var beginning []byte
	var err error
	body := io.Reader(resp.Body)
	if r.stream == nil {
		answer.Body, err = c.readWhole(resp)
		beginning = answer.Body
	} else if r.Errors.Field != "" {
		beginning, _ = io.ReadAll(io.LimitReader(body, maxErrorBody)) // reading the body returns this error
		body = io.MultiReader(bytes.NewReader(beginning), body)
	}
	if r.Errors.failsIn(beginning) {
		return nil, c.failure(r, resp, beginning)
	}
	if r.stream != nil {
		err = r.stream(resp.Header, body)
	}
	var settled errSettled
	switch {
	case err == nil, errors.Is(err, errEnoughRows):
		return answer, nil
	case errors.As(err, &settled):
		return nil, r.unreadable(status, settled.error)
	case ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded):
		return nil, r.unanswered(ctx, true, err)
	}
	fail := r.unreadable(status, fmt.Errorf("the answer was cut off: %w", err))
	fail.retryable = r.Repeatable
	return nil, fail
}

// readWhole accepts JSON or an empty body: a proxy's login page has status 200,
// too. The size is bounded after decompression.
func (c *Client) readWhole(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(body)) > c.maxAnswer:
		return nil, settledf("the answer is longer than %d bytes", c.maxAnswer)
	}
	if body = bytes.TrimSpace(body); len(body) > 0 && !json.Valid(body) {
		return nil, settledf("the answer is not JSON but %s", mediaType(resp.Header))
	}
	return body, nil
}

func (r *request) unreadable(status int, err error) *Error {
	return &Error{Operation: r.Operation, Kind: Unreadable, Status: status, Uncertain: !r.isRead(), Err: err}
}

func mediaType(header http.Header) string {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return "of an unknown type"
	}
	return media
}

// lookup returns the value at path in a JSON document: names with dots between
// them, "" for all of it; nil if the value is missing.
func lookup(document []byte, path string) json.RawMessage {
	value := json.RawMessage(document)
	if path == "" {
		return value
	}
	for name := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		if json.Unmarshal(value, &object) != nil {
			return nil
		}
		value = object[name]
	}
	return value
}

func textOf(value json.RawMessage) (text string, ok bool) {
	if jsontext.Value(value).Kind() == '0' {
		return string(value), true
	}
	return text, !isNull(value) && json.Unmarshal(value, &text) == nil
}

func isNull(value json.RawMessage) bool { return string(value) == "null" }

// shapes names the types of JSON values, for errors: a value may be personal data.
var shapes = map[jsontext.Kind]string{
	'{': "an object", '[': "an array", '"': "a string", '0': "a number", 't': "a boolean", 'f': "a boolean", 'n': "null",
}

func shapeOf(value json.RawMessage) string { return shapes[jsontext.Value(value).Kind()] }

// Kind classifies the failure of a [Call].
type Kind string

// The kinds of an [Error].
const (
	Refused     Kind = "refused"     // Suger answered 4xx other than 429
	Throttled   Kind = "throttled"   // Suger answered 429, or our own queue for Suger is full (Status 0)
	Unavailable Kind = "unavailable" // Suger answered 5xx, or could not be reached, or did not answer in time
	Unreadable  Kind = "unreadable"  // Suger answered 2xx (or 3xx) with an unusable answer
	Canceled    Kind = "canceled"    // the caller canceled the call
	Invalid     Kind = "invalid"     // the call cannot be sent: an id that would name another resource
)

// An Error is the failure of a [Call]. Its text has the operation and Suger's
// message, never a URL, an id or a credential of ours.
type Error struct {
	Operation  string // as in the Call
	Kind       Kind
	Status     int           // HTTP status, or the one that [ErrorRule] derives from the answer; 0 if there was no answer
	Message    string        // Suger's message, cleaned, at most 512 bytes
	Code       string        // Suger's own code for the error, likewise; "" if it gives none
	RetryAfter time.Duration // how long Suger asks to wait, 0 if it does not say

	// Uncertain means that the call may have taken effect: it was sent, now or in an
	// earlier attempt, without a reliable answer. So a retried removal may end as Refused
	// with 404 and still be uncertain. A GET never is.
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
		// Go's HTTP errors quote data from the server.
		text += ": " + cleanText(e.Err.Error())
	}
	return text
}

// Brief returns the error without Suger's message, which may repeat personal data.
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
		return !slices.ContainsFunc(e.Success, func(word any) bool { return strings.EqualFold(fmt.Sprint(word), strings.Trim(text, `"`)) })
	}
}

// failsIn reports whether a whole answer is an error although its status is 2xx.
func (e *ErrorRule) failsIn(body []byte) bool {
	return e.Field != "" && e.fails(lookup(body, e.Field))
}

// Means reports whether one of the words describes the error: a text that is in its
// message, in any letter case, or is its code; a number that is its status or its code.
func (e *Error) Means(words []any) bool {
	return slices.ContainsFunc(words, func(word any) bool {
		text := fmt.Sprint(word)
		status, isNumber := word.(int)
		inMessage := !isNumber && text != "" && strings.Contains(strings.ToLower(e.Message), strings.ToLower(text))
		return inMessage || isNumber && status == e.Status || text != "" && strings.EqualFold(e.Code, text)
	})
}

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
	case http.StatusUnauthorized, http.StatusForbidden: // about the credential, whatever the message
	default:
		if fail.Status < 500 && fail.Means(r.Errors.NotThere) {
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

// readMessage returns the message in an error body: a bare JSON string (suger-sdk-ts,
// api/openapi.yaml), an object or plain text, but no page in HTML. path is the mapping's
// path of the message, "" for the usual names.
func readMessage(body []byte, path string, secrets []string) string {
	if value := lookup(body, path); path != "" && len(value) > 0 {
		body = value
	}
	text := string(body)
	var document any
	if json.Unmarshal(body, &document) == nil {
		text = cmp.Or(wordsIn(document), text)
	} else if strings.HasPrefix(strings.TrimSpace(text), "<") {
		return ""
	}
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			text = strings.ReplaceAll(text, secret, Credential(secret).String())
		}
	}
	return cleanText(text)
}

// wordsIn returns the text of an error document, "" if its form is unknown.
func wordsIn(document any) string {
	switch value := document.(type) {
	case string:
		return value
	case map[string]any:
		return cmp.Or(wordsIn(value["message"]), wordsIn(value["error"]), wordsIn(value["detail"]))
	}
	return ""
}

// cleanText makes text fit for a log and a screen: one line of at most maxMessage bytes,
// without control or formatting characters, and without one that could begin a tag.
func cleanText(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r): // could turn the direction of the text around
			return -1
		case r == '<':
			return '‹'
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	return strings.TrimSpace(strings.ToValidUTF8(text[:min(len(text), maxMessage)], "")) // cut between characters
}
