package gateway

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/gateway/scim"
)

// contentType is SCIM's media type (RFC 7644 §3.1), sent without a charset:
// JSON has none (RFC 8259 §11).
const contentType = "application/scim+json"

// writeResource answers an outcome: the resource as projected, its version as
// the ETag, and where it is.
func (x *exchange) writeResource(done outcome, projection *scim.Projection) error {
	if done.resource == nil {
		return x.NoContent(done.status)
	}
	x.Response().Header().Set(echo.HeaderLocation, done.location)
	if x.isKnown(done.resource.Version()) {
		return x.NoContent(http.StatusNotModified)
	}
	return x.writeJSON(done.status, projection.Apply(done.resource))
}

// isKnown sends a version, "" for none, as the ETag (RFC 7644 §3.14), and
// reports whether the client has what it asks to read in this version.
func (x *exchange) isKnown(version string) bool {
	if version == "" {
		return false
	}
	x.Response().Header().Set("ETag", version)
	method := x.Request().Method
	isRead := method == http.MethodGet || method == http.MethodHead
	return isRead && !scim.NoneMatch(x.Request().Header.Get("If-None-Match"), version)
}

// A message that writes itself as JSON does so faster than encoding/json would.
type appender interface {
	AppendJSON(text []byte) ([]byte, error)
}

// usualAnswer is room for a user as JSON, in bytes.
const usualAnswer = 2 << 10

// writeJSON encodes before it sends, so that what cannot be encoded is an error
// and not half an answer.
func (x *exchange) writeJSON(status int, message any) error {
	text, err := encode(message)
	if err != nil {
		return err
	}
	return x.Blob(status, contentType, text)
}

func encode(message any) ([]byte, error) {
	if message, ok := message.(appender); ok {
		text, err := message.AppendJSON(make([]byte, 0, usualAnswer))
		return append(text, '\n'), err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(message)
	return text.Bytes(), err
}
