package gateway

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/scim"
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
	text, err := scim.Marshal(message)
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
