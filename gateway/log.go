package gateway

import (
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

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
	if id := x.Request().Header.Get(echo.HeaderXRequestID); id != "" && len(id) <= maxClientRequestID && visible(id) {
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
