package sugerclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxErrorBody is how many bytes of an answer are searched for an error.
const maxErrorBody = 64 << 10

// errSettled is what is wrong with an answer that a retry would not change.
type errSettled struct{ error }

func (e errSettled) Unwrap() error { return e.error }

func settledf(format string, args ...any) error { return errSettled{fmt.Errorf(format, args...)} }

// readAnswer reads resp as the answer to r, or as the failure it is. ctx is our
// caller's, without the time limit of the single call.
func (c *Client) readAnswer(ctx context.Context, r *request, resp *http.Response) (*Answer, *Error) {
	status := resp.StatusCode
	switch {
	case status >= 400 && status < 600:
		// An error body that is odd or cut is a worse message; the status counts.
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
		beginning, _ = io.ReadAll(io.LimitReader(body, maxErrorBody)) // the body repeats its error
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
	case err == nil:
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

// readWhole accepts JSON or nothing at all: a proxy's login page has status 200,
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

// textOf is a string or a number as text.
func textOf(value json.RawMessage) (text string, ok bool) {
	if jsontext.Value(value).Kind() == '0' {
		return string(value), true
	}
	return text, !isNull(value) && json.Unmarshal(value, &text) == nil
}

func isNull(value json.RawMessage) bool { return string(value) == "null" }

// shapes name the kinds of JSON values, for errors, which must not repeat a value: it
// may be personal data.
var shapes = map[jsontext.Kind]string{
	'{': "an object", '[': "an array", '"': "a string", '0': "a number", 't': "a boolean", 'f': "a boolean", 'n': "null",
}

func shapeOf(value json.RawMessage) string { return shapes[jsontext.Value(value).Kind()] }
