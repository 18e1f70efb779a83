package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// An exchange is one request and its answer.
type exchange struct {
	echo.Context
	resource string         // of the route, "" for an unknown path
	caller   mapping.Caller // complete once the route was entered
	token    string         // what the client sent
	noToken  error          // why that cannot be used, or nil
	mark     marks.Mark     // of the token in the organization
	known    bool           // the token is one of the gateway's own, or Suger accepts it
	doubted  bool           // Suger accepted it until a moment ago
	client   netip.Addr     // who sent the request; the zero Addr if that is not known
	attempt  bool           // it counts as a guess until the token is known to be good
	leave    func()         // releases the slot of the exchange
	forget   func()         // releases the memory of its body
	refused  bool           // the token was missing or refused, in one bulk operation at least
	base     string         // URL that endpoints are relative to
	failure  *scim.Error    // what was answered, if it was an error
}

// ctx returns the request's context, which ends with its budget.
func (x *exchange) ctx() context.Context { return x.Request().Context() }

// envelope gives the request its id, answers errors, and writes the log line.
func (s *server) envelope(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		started := s.config.Now()
		client := c.Request().Context() // ends when the client goes away, and never with the budget
		ctx, stats := mapping.WithCallStats(client)
		c.SetRequest(c.Request().WithContext(ctx))
		x := &exchange{
			Context: c, client: s.clientAddress(c.Request()),
			caller: mapping.Caller{RequestID: strings.ToLower(rand.Text()[:16])}, // 80 random bits
		}
		header := x.Response().Header()
		header.Set(echo.HeaderXRequestID, x.caller.RequestID)
		header.Set("Cache-Control", "no-store") // answers hold personal data
		header.Set(echo.HeaderXContentTypeOptions, "nosniff")
		x.Response().Before(func() { // the client may send its next requests as soon as it has the answer
			if x.failure != nil || x.refused || s.holdsCredential() {
				return
			}
			if accepted, _ := s.service.Accepted(x.caller); accepted {
				s.trust(x)
			}
		})

		if err := next(x); err != nil {
			x.failure = s.answerable(x, err)
			if !x.Response().Committed {
				x.writeError() // even if the client seems disconnected: net/http would answer 200
			}
			s.note(x, x.failure)
			if client.Err() != nil {
				x.failure.Status, x.failure.Code = statusClientGone, scim.CodeClientGone
			}
			s.config.Failed(x.failure.Code)
		}
		s.settle(x, x.refused)
		s.record(x, stats, s.config.Now().Sub(started))
		return nil
	}
}

// note records what an error says about the token. Of a guess, a token that may not read the
// organization counts as refused.
func (s *server) note(x *exchange, e *scim.Error) {
	switch e.Code {
	case scim.CodeTokenMissing, scim.CodeTokenRefused:
		x.refused = true
	case scim.CodeNotAllowed, scim.CodeOrgUnknown:
		x.refused = x.refused || x.attempt
	}
}

// logPanic logs a panic, whose value and stack hold no body.
func (s *server) logPanic(c echo.Context, panicked error, stack []byte) error {
	s.config.Log.Error("panic", "request_id", c.(*exchange).caller.RequestID, "route", c.Path(),
		"panic", scim.Clip(panicked.Error(), maxLogged), "stack", string(stack))
	return scim.NewError(scim.CodeInternal, "Internal error of the gateway: the request was not completed.")
}

// Bounds of text from elsewhere in a log line, in bytes.
const (
	maxLogged          = 500
	maxClientRequestID = 64
)

// record writes the request's log line and updates the metrics. The line has nothing personal:
// the route's template, not the URL, and no detail, body or header.
func (s *server) record(x *exchange, stats *mapping.CallStats, took time.Duration) {
	method, status := knownMethod(x.Request().Method), x.Response().Status
	attrs := []slog.Attr{
		slog.String("request_id", x.caller.RequestID),
		slog.String("method", method),
		slog.String("route", x.Path()),
		slog.String("resource", x.resource),
		slog.String("organization", x.caller.Organization),
		slog.Int64("duration_ms", took.Milliseconds()),
		slog.Int64("suger_calls", stats.Calls()),
		slog.String("client", addressText(x.client)),
	}
	if id := x.Request().Header.Get(echo.HeaderXRequestID); id != "" && len(id) <= maxClientRequestID && marks.Visible(id) {
		attrs = append(attrs, slog.String("client_request_id", id))
	}
	if x.failure != nil {
		status = x.failure.Status
		attrs = append(attrs, failureAttrs(x.failure)...)
	} else {
		attrs = append(attrs, slog.Int("status", status))
	}
	s.config.Log.LogAttrs(x.Request().Context(), levelOf(status), "request", attrs...)
	s.config.Observe(x.resource, method, status, took)
}

// failureAttrs describe what was answered, and the cause if it is not the client's.
func failureAttrs(e *scim.Error) []slog.Attr {
	attrs := []slog.Attr{slog.Int("status", e.Status), slog.String("code", string(e.Code))}
	if e.Err != nil && e.Code.Entry().Status >= http.StatusInternalServerError {
		attrs = append(attrs, slog.String("cause", scim.Clip(mapping.LogText(e.Err), maxLogged)))
	}
	return attrs
}

func levelOf(status int) slog.Level {
	if status >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// knownMethod maps unregistered methods to "other", for the metrics.
func knownMethod(method string) string {
	if slices.Contains(strings.Fields("GET HEAD POST PUT PATCH DELETE OPTIONS"), method) {
		return method
	}
	return "other"
}

// contentType is SCIM's media type (RFC 7644 §3.1). JSON has no charset (RFC 8259 §11).
const contentType = "application/scim+json"

// writeResource answers the resource as projected, nil for nothing.
func (x *exchange) writeResource(set *resourceSet, status int, r scim.Resource, projection *scim.Projection) error {
	if r == nil {
		return x.send(status, nil)
	}
	x.Response().Header().Set(echo.HeaderLocation, set.location(x, r.ID()))
	if x.isKnown(r.Version()) {
		return x.send(http.StatusNotModified, nil)
	}
	return x.writeJSON(status, set.show(x, r, projection))
}

// isKnown sends a version, "" for none, as the ETag (RFC 7644 §3.14), and reports whether the
// client reads the resource and has this version already.
func (x *exchange) isKnown(version string) bool {
	if version == "" {
		return false
	}
	x.Response().Header().Set("ETag", version)
	method := x.Request().Method
	isRead := method == http.MethodGet || method == http.MethodHead
	return isRead && scim.TagsMatch(listed(x.Request().Header, "If-None-Match"), version)
}

// writeJSON encodes before it sends, so that an error does not leave half an answer.
func (x *exchange) writeJSON(status int, message any) error {
	text, err := scim.Marshal(message)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	x.Response().Header().Set(echo.HeaderContentType, contentType)
	return x.send(status, text)
}

// A client must read its answer in time, since until then it uses a slot and memory.
const (
	writeSize   = 64 << 10         // bytes written at once
	writeWithin = 10 * time.Second // longest time for that much
	sendWithin  = 30 * time.Second // and for all of an answer
)

// send writes an answer. It gives up when the client stops reading, over HTTP/2 as well.
func (x *exchange) send(status int, text []byte) error {
	connection := http.NewResponseController(x.Response().Writer)
	last := time.Now().Add(sendWithin)
	for {
		deadline := time.Now().Add(min(writeWithin, time.Until(last)))
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

// show returns a resource as the client should see it, with the URLs of the resource and of
// those that it refers to.
func (set *resourceSet) show(x *exchange, r scim.Resource, projection *scim.Projection) scim.Resource {
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

func (set *resourceSet) location(x *exchange, id string) string {
	return scim.URLOf(x.base, set.kind.Endpoint, id)
}

const (
	statusClientGone = 499              // in the log, of a client that did not wait for the answer
	defaultRetry     = 30 * time.Second // if Suger did not say
	realm            = `Bearer realm="suger-scim-gateway"`
)

// answerable returns any error as a SCIM error for this client. Every error passes through here.
func (s *server) answerable(x *exchange, err error) *scim.Error {
	known, isKnown := errors.AsType[*scim.Error](err)
	routing, _ := errors.AsType[*echo.HTTPError](err)
	switch {
	case isKnown:
	case routing != nil && routing.Code == http.StatusNotFound:
		known = scim.NewError(scim.CodeNoSuchEndpoint,
			"There is no such endpoint. The base URL ends in %s or in /org/ORGANIZATION%s, and an endpoint such as /Users follows.", scimPrefix, scimPrefix)
	case routing != nil && routing.Code == http.StatusMethodNotAllowed:
		known = scim.NewError(scim.CodeMethodNotAllowed, "The endpoint does not support this method. The Allow header lists those that it supports.")
	case errors.Is(err, context.DeadlineExceeded):
		known = scim.Wrap(err, scim.CodeSugerUnavailable, "Suger did not answer within the time limit of one request.")
	default:
		known = scim.Wrap(err, scim.CodeInternal, "Internal error of the gateway. Find the request id in its log.")
	}
	e := *known                                                                              // a copy
	if e.Code == scim.CodeTokenRefused && s.holdsCredential() && x.caller.Credential != "" { // the client's token is valid
		e = *scim.Wrap(err, scim.CodeHeldCredential,
			"Suger does not accept the credential that the gateway holds. The gateway's operator must renew it.")
	}
	if e.Code == scim.CodeNoSuchEndpoint && x.resource == "" { // not of a bulk operation
		if endpoint := s.spelled(x.Request().URL.Path); endpoint != "" {
			e.Detail = fmt.Sprintf("There is no such endpoint: paths are case-sensitive. Use %s.", endpoint)
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

// message puts the code and the request id after the detail, as Okta shows nothing else.
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
	case e.Code == scim.CodeTokenMissing: // no error code without a token (RFC 6750 §3)
		header.Set(echo.HeaderWWWAuthenticate, realm)
	case e.Status == http.StatusUnauthorized:
		header.Set(echo.HeaderWWWAuthenticate, realm+`, error="invalid_token"`)
	}
	if e.RetryAfter > 0 {
		// Rounded up, since Okta waits five minutes after anything but a positive integer.
		header.Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	if err := x.writeJSON(e.Status, x.message(e)); err != nil {
		e.Err = errors.Join(e.Err, err)
	}
}
