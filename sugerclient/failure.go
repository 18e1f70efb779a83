package sugerclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// errSaysFailed is the cause of the error for a long answer of which an
// [ErrorRule] says that it failed.
var errSaysFailed = errSettled{errors.New("the answer says that the call failed")}

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
	if e == nil || e.Field == "" {
		return false
	}
	value, err := lookup(body, e.Field)
	return err == nil && e.fails(value)
}

// isNotThere reports whether an error means that what was asked for does not
// exist.
func (e *ErrorRule) isNotThere(fail *Error) bool {
	return e != nil && slices.ContainsFunc(e.NotThere, fail.Says)
}

// Says reports whether the error's message has the word, in any letter case, or
// the word is its code.
func (e *Error) Says(word string) bool {
	return word != "" && (strings.EqualFold(e.Code, word) || strings.Contains(strings.ToLower(e.Message), strings.ToLower(word)))
}

// Means reports whether the error is one that some words stand for: texts as
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

// failure sorts an answer that is an error. header may be nil.
func (c *Client) failure(r *request, status int, header http.Header, body []byte, who *login) outcome {
	rule := r.errors
	if rule == nil {
		rule = &ErrorRule{}
	}
	secrets := who.secrets()
	fail := &Error{
		Operation:  r.operation,
		Kind:       Refused,
		Status:     status,
		Message:    readMessage(body, rule.Message, secrets),
		Code:       readCode(body, rule.Code, secrets),
		RetryAfter: readRetryAfter(header, c.cfg.Now()),
	}
	if number, err := strconv.Atoi(fail.Code); err == nil && status < 300 && number >= 400 && number < 600 {
		fail.Status = number
	}
	again := false
	switch {
	case fail.Status == http.StatusTooManyRequests:
		fail.Kind = Throttled
		again = true // without effect, so even a create may be repeated
	case fail.Status >= 500:
		fail.Kind = Unavailable
		fail.Uncertain = !r.isRead()
		again = r.repeatable && passing(fail.Status) || r.isRead() && fail.Status == http.StatusInternalServerError
	case fail.Status == http.StatusUnauthorized, fail.Status == http.StatusForbidden: // about the credential, whatever the words
	case rule.isNotThere(fail):
		fail.Status = http.StatusNotFound
	}
	return outcome{fail: fail, again: again}
}

// readCode finds Suger's code for an error: at path, or under the usual names.
func readCode(body []byte, path string, secrets []string) string {
	paths := []string{path}
	if path == "" {
		paths = []string{"code", "errorCode", "error_code", "error.code", "error"}
	}
	for _, path := range paths {
		value, err := lookup(body, path)
		if err != nil || len(value) == 0 {
			continue
		}
		var text string
		if json.Unmarshal(value, &text) != nil {
			var number json.Number
			if json.Unmarshal(value, &number) != nil {
				continue
			}
			text = number.String()
		}
		const longest = 64 // more is a message
		if text = readMessage([]byte(text), "", secrets); text != "" && len(text) <= longest {
			return text
		}
	}
	return ""
}

// A beginning keeps the first bytes of what is read, to look for an error in them.
type beginning struct{ kept bytes.Buffer }

func (b *beginning) Write(p []byte) (int, error) {
	if room := maxErrorBody - b.kept.Len(); room > 0 {
		b.kept.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
