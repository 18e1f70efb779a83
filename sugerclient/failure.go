package sugerclient

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

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
func (c *Client) failure(r *request, resp *http.Response, body []byte, who *login) *Error {
	secrets := who.secrets()
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
