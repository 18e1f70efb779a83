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
)

// maxErrorBody bounds how much of an error body is read for its message.
const maxErrorBody = 64 << 10

// readAnswer reads resp as the answer to r, or as the failure it is. ctx is our
// caller's, without the time limit of the single call.
func (c *Client) readAnswer(ctx context.Context, r *request, resp *http.Response, who *login) outcome {
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return c.readSuccess(ctx, r, resp, who)
	case resp.StatusCode >= 400 && resp.StatusCode < 600:
		// An error body that is odd or cut is a worse message, and the status stands.
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		return c.failure(r, resp.StatusCode, resp.Header, body, who)
	}
	return unreadable(r, resp.StatusCode, errors.New("redirects are not followed"))
}

// readSuccess accepts JSON or nothing at all: a proxy's login page comes with
// status 200, too. The size is bounded after decompression.
func (c *Client) readSuccess(ctx context.Context, r *request, resp *http.Response, who *login) outcome {
	if r.stream != nil {
		return c.readStream(ctx, r, resp, who)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.cfg.MaxAnswer+1))
	switch {
	case err != nil:
		return cutOff(ctx, r, resp.StatusCode, err)
	case int64(len(body)) > c.cfg.MaxAnswer:
		return unreadable(r, resp.StatusCode, fmt.Errorf("the answer is longer than %d bytes", c.cfg.MaxAnswer))
	}
	body = bytes.TrimSpace(body)
	if len(body) > 0 && !json.Valid(body) {
		return unreadable(r, resp.StatusCode, fmt.Errorf("the answer is not JSON but %s", mediaType(resp.Header)))
	}
	if r.errors.failsIn(body) {
		return c.failure(r, resp.StatusCode, resp.Header, body, who)
	}
	return outcome{answer: &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}}
}

// readStream hands an answer to whoever reads it as it arrives.
func (c *Client) readStream(ctx context.Context, r *request, resp *http.Response, who *login) outcome {
	var seen beginning
	body := io.Reader(resp.Body)
	byRule := r.errors != nil && r.errors.Field != ""
	if byRule {
		body = io.TeeReader(body, &seen)
	}
	err := r.stream(resp.Header, body)
	var settled errSettled
	if errors.As(err, &settled) && byRule { // an error need not look like a list
		_, _ = io.CopyN(io.Discard, body, int64(maxErrorBody-seen.kept.Len()))
	}
	switch {
	case r.errors.failsIn(seen.kept.Bytes()):
		return c.failure(r, resp.StatusCode, resp.Header, seen.kept.Bytes(), who)
	case err == nil:
		return outcome{answer: &Answer{Status: resp.StatusCode, Header: resp.Header}}
	case errors.As(err, &settled):
		return unreadable(r, resp.StatusCode, settled.error)
	}
	return cutOff(ctx, r, resp.StatusCode, err)
}

// passing reports whether a status is usually temporary.
func passing(status int) bool {
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// cutOff sorts an answer that stopped before its end. A call that ran out of
// time got no answer; one whose connection broke got one that cannot be used.
func cutOff(ctx context.Context, r *request, status int, err error) outcome {
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return unanswered(ctx, r, true, err)
	}
	got := unreadable(r, status, fmt.Errorf("the answer was cut off: %w", err))
	got.again = r.repeatable
	return got
}

func unreadable(r *request, status int, err error) outcome {
	return outcome{fail: &Error{
		Operation: r.operation,
		Kind:      Unreadable,
		Status:    status,
		Uncertain: !r.isRead(),
		Err:       err,
	}}
}

func mediaType(header http.Header) string {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return "of an unknown type"
	}
	return media
}
