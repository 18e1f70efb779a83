package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// contentType is SCIM's media type (RFC 7644 §3.1), sent without a charset:
// JSON has none (RFC 8259 §11).
const contentType = "application/scim+json"

// writeResource answers the resource as projected, nil for nothing, its version as
// the ETag, and where it is.
func (x *exchange) writeResource(set *resourceSet, status int, r scim.View, projection *scim.Projection) error {
	if r == nil {
		return x.send(status, nil)
	}
	x.Response().Header().Set(echo.HeaderLocation, set.location(x, r.ID()))
	if x.isKnown(r.Version()) {
		return x.send(http.StatusNotModified, nil)
	}
	return x.writeJSON(status, set.show(x, r, projection))
}

// isKnown sends a version, "" for none, as the ETag (RFC 7644 §3.14), and reports
// whether the client that reads the resource has it in this version already.
func (x *exchange) isKnown(version string) bool {
	if version == "" {
		return false
	}
	x.Response().Header().Set("ETag", version)
	method := x.Request().Method
	isRead := method == http.MethodGet || method == http.MethodHead
	return isRead && !scim.NoneMatch(listed(x.Request().Header, "If-None-Match"), version)
}

// writeJSON encodes before it sends, so that what cannot be encoded is an error
// and not half an answer.
func (x *exchange) writeJSON(status int, message any) error {
	text, err := scim.AppendJSON(nil, message)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	x.Response().Header().Set(echo.HeaderContentType, contentType)
	return x.send(status, text)
}

// A client must read its answer in time: until then it uses a slot, and the memory of
// the answer.
const (
	writeSize   = 64 << 10         // bytes written at once
	writeWithin = 10 * time.Second // longest time for that much
	sendWithin  = 30 * time.Second // and for all of an answer
)

// send writes an answer. It gives up when the client stops reading, over HTTP/2 as
// well, where the deadline is the stream's.
func (x *exchange) send(status int, text []byte) error {
	connection := http.NewResponseController(x.Response().Writer)
	last := time.Now().Add(sendWithin)
	for {
		deadline := time.Now().Add(writeWithin)
		if deadline.After(last) {
			deadline = last
		}
		if err := connection.SetWriteDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if !x.Response().Committed {
			x.Response().WriteHeader(status)
		}
		part := text[:min(len(text), writeSize)]
		if len(part) == 0 {
			return nil
		}
		if _, err := x.Response().Write(part); err != nil {
			return err
		}
		text = text[len(part):]
	}
}

// show is a resource as the client should see it, with what only the gateway knows: the
// URLs of the resource and of those that it refers to.
func (set *resourceSet) show(x *exchange, view scim.View, projection *scim.Projection) any {
	if writer, ok := view.(scim.Writer); ok && projection.KeepsAll() {
		return located{writer, x.base}
	}
	r := view.Resource() // this request's own
	if meta, ok := r["meta"].(map[string]any); ok {
		meta["location"] = set.location(x, r.ID())
	}
	for attribute, endpoint := range set.refs {
		elements, _ := r[attribute].([]any)
		for _, element := range elements {
			object, _ := element.(map[string]any)
			if id, ok := object["value"].(string); ok {
				object["$ref"] = scim.URLOf(x.base, endpoint, id)
			}
		}
	}
	return projection.Apply(r)
}

// located is a resource that only lacks the base of its URLs.
type located struct {
	resource scim.Writer
	base     string
}

// AppendJSON appends the resource.
func (l located) AppendJSON(text []byte) ([]byte, error) {
	return scim.AppendWriter(text, l.resource, l.base), nil
}

func (set *resourceSet) location(x *exchange, id string) string {
	return scim.URLOf(x.base, set.kind.Endpoint, id)
}

const (
	// statusClientGone is the status in the log of a client that did not wait for
	// the answer. It is never sent.
	statusClientGone = 499

	// defaultRetry is when to retry if Suger did not say.
	defaultRetry = 30 * time.Second

	realm = `Bearer realm="suger-scim-gateway"`
)

// asSCIM turns any error into a SCIM error. It is the only place that does.
func asSCIM(err error) *scim.Error {
	var e *scim.Error
	if errors.As(err, &e) {
		return e
	}
	var routing *echo.HTTPError
	if errors.As(err, &routing) {
		switch routing.Code {
		case http.StatusNotFound:
			return scim.NewError(scim.CodeNoSuchEndpoint,
				"There is no such endpoint. The base URL ends in %s or in /org/ORGANIZATION%s, and an endpoint such as /Users follows.", scimPrefix, scimPrefix)
		case http.StatusMethodNotAllowed:
			return scim.NewError(scim.CodeMethodNotAllowed, "The endpoint does not support this method. The Allow header lists those that it supports.")
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return scim.Wrap(err, scim.CodeSugerUnavailable, "Suger did not answer within the time limit of one request.")
	}
	return scim.Wrap(err, scim.CodeInternal, "The gateway has a defect. See its log for the request id.")
}

// answerable is a copy of the error as this client should see it.
func (s *server) answerable(x *exchange, err error) *scim.Error {
	e := *asSCIM(err)
	if e.Code == scim.CodeTokenRefused && s.holdsCredential() && x.caller.Credential != "" {
		// Suger refuses the gateway's own credential: the client's token was right.
		e = *scim.Wrap(err, scim.CodeHeldCredential,
			"Suger does not accept the credential that the gateway holds. The gateway's operator must renew it.")
	}
	if e.Code == scim.CodeNoSuchEndpoint && x.resource == "" { // not of a bulk operation
		if endpoint := s.spelled(x.Request().URL.Path); endpoint != "" {
			e.Detail = fmt.Sprintf("There is no such endpoint: upper and lower case matter in a path. This one is written %s.", endpoint)
		}
	}
	if mapping.IsNotPair(err) {
		e.Detail = "The token is not of the form client_id:client_secret, which this gateway exchanges for an access token of Suger's. Enter both halves of the Suger API client, with the colon, as the token in Okta."
	}
	if e.Code == scim.CodeSugerUnavailable && strings.Contains(strings.ToLower(x.Request().UserAgent()), "okta") {
		// Okta retries by itself after a 429 only (Okta, "Understanding SCIM", rate limits).
		e.Status = http.StatusTooManyRequests
	}
	if (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable) && e.RetryAfter <= 0 {
		e.RetryAfter = defaultRetry
	}
	return &e
}

// An errorMessage is the body of an error (RFC 7644 §3.12).
type errorMessage struct {
	Schemas  []string `json:"schemas"`
	ScimType string   `json:"scimType,omitempty"`
	Detail   string   `json:"detail"`
	Status   string   `json:"status"`
}

// message puts the code and the request id after the detail, since Okta shows
// its administrator nothing but the detail.
func (x *exchange) message(e *scim.Error) errorMessage {
	return errorMessage{
		Schemas:  []string{scim.URNError},
		ScimType: e.Type,
		Detail:   fmt.Sprintf("%s [%s, %s]", e.Detail, e.Code, x.caller.RequestID),
		Status:   strconv.Itoa(e.Status),
	}
}

// writeError answers x.failure.
func (x *exchange) writeError() {
	e, header := x.failure, x.Response().Header()
	switch {
	case e.Code == scim.CodeTokenMissing: // RFC 6750 §3: no error code without a token
		header.Set(echo.HeaderWWWAuthenticate, realm)
	case e.Status == http.StatusUnauthorized:
		header.Set(echo.HeaderWWWAuthenticate, realm+`, error="invalid_token"`)
	}
	if e.RetryAfter > 0 {
		header.Set(echo.HeaderRetryAfter, wholeSeconds(e.RetryAfter))
	}
	if err := x.writeJSON(e.Status, x.message(e)); err != nil {
		e.Err = errors.Join(e.Err, err)
	}
}

// wholeSeconds rounds up and is at least 1: Okta waits five minutes on anything
// but a positive integer.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64(max(1, (d+time.Second-1)/time.Second)), 10)
}
