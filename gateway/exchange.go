package gateway

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
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
	known    bool           // the token is one of the gateway's own, or was good before
	client   netip.Addr     // who sent the request; the zero Addr if that is not known
	attempt  bool           // to find out whether the token is good; false once that is known
	leave    func()         // releases the slot of the exchange
	forget   func()         // releases the memory of its body
	refused  bool           // the token was missing or refused, in one bulk operation at least
	base     string         // URL that endpoints are relative to
	failure  *scim.Error    // what was answered, if it was an error
}

// ctx is the request's context, which ends with its budget.
func (x *exchange) ctx() context.Context { return x.Request().Context() }

// account gives the request its id, answers errors, and writes the log line.
func (s *server) account(next echo.HandlerFunc) echo.HandlerFunc {
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
			if x.failure == nil && !x.refused && stats.Calls() > 0 && !s.holdsCredential() {
				s.trust(x)
			}
		})

		if err := next(x); err != nil {
			x.failure = s.answerable(x, err)
			if !x.Response().Committed {
				x.writeError() // even if the client seems to be gone: net/http would answer 200
			}
			s.note(x, x.failure)
			if client.Err() != nil {
				x.failure.Status, x.failure.Code = statusClientGone, scim.CodeClientGone
			}
			s.config.Failed(x.failure.Code)
		}
		s.settle(x, x.refused && (s.tokens.doubt(x.mark) || !s.tokens.inDoubt(x.mark)))
		s.record(x, stats, s.config.Now().Sub(started))
		return nil
	}
}

// note records what an error says of the token. One that is not known yet and that
// is not allowed in the organization counts as refused.
func (s *server) note(x *exchange, e *scim.Error) {
	switch e.Code {
	case scim.CodeTokenMissing, scim.CodeTokenRefused:
		x.refused = true
	case scim.CodeNotAllowed, scim.CodeOrgUnknown:
		x.refused = x.refused || x.attempt
	}
}

// logPanic logs a panic and returns the error to answer. The panic's value and stack hold
// no body.
func (s *server) logPanic(c echo.Context, panicked error, stack []byte) error {
	s.config.Log.Error("panic", "request_id", c.(*exchange).caller.RequestID, "route", c.Path(),
		"panic", scim.Clip(panicked.Error(), maxLogged), "stack", string(stack))
	return scim.NewError(scim.CodeInternal, "The gateway has a defect: the request was not completed.")
}

// maxLogged bounds text from elsewhere in a log line, in bytes.
const maxLogged = 500

// maxClientRequestID bounds the request id of a client, in bytes.
const maxClientRequestID = 64

// record writes the request's log line and updates the metrics. The line
// has the route's template and not the URL, since a filter contains an e-mail
// address, and neither a detail, a body nor a header.
func (s *server) record(x *exchange, stats *mapping.CallStats, took time.Duration) {
	status := x.Response().Status
	attrs := []slog.Attr{
		slog.String("request_id", x.caller.RequestID),
		slog.String("method", knownMethod(x.Request().Method)),
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
	s.config.Observe(x.resource, knownMethod(x.Request().Method), status, took)
}

// failureAttrs describe an error: what was answered, and the cause if it is not the
// client's.
func failureAttrs(e *scim.Error) []slog.Attr {
	attrs := []slog.Attr{slog.Int("status", e.Status), slog.String("code", string(e.Code))}
	if e.Err != nil && e.Code.Entry().Status >= http.StatusInternalServerError {
		attrs = append(attrs, slog.String("cause", scim.Clip(mapping.LogText(e.Err), maxLogged)))
	}
	return attrs
}

// levelOf is the level of an answer's line.
func levelOf(status int) slog.Level {
	if status >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// knownMethod keeps invented methods out of the metrics.
func knownMethod(method string) string {
	known := []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions,
	}
	if slices.Contains(known, method) {
		return method
	}
	return "other"
}
