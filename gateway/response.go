package gateway

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/gateway/scim"
)

// contentType is SCIM's media type (RFC 7644 §3.1), sent without a charset:
// JSON has none (RFC 8259 §11).
const contentType = "application/scim+json"

// A listMessage is the answer to a query (RFC 7644 §3.4.2, RFC 9865 §2).
type listMessage struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`
	StartIndex   int      `json:"startIndex,omitempty"` // absent with a cursor
	ItemsPerPage int      `json:"itemsPerPage"`
	NextCursor   string   `json:"nextCursor,omitempty"`
	Resources    []any    `json:"Resources"` // [], not null, if there is none
}

func (m *listMessage) add(resources []scim.Resource) {
	for _, resource := range resources {
		m.Resources = append(m.Resources, resource)
	}
}

func (x *exchange) writeList(message listMessage) error {
	message.Schemas = []string{scim.URNListResponse}
	if message.Resources == nil {
		message.Resources = []any{}
	}
	return x.writeJSON(http.StatusOK, message)
}

// writeResource answers an outcome: the resource as projected, its version as
// the ETag, and where it is.
func (x *exchange) writeResource(done outcome, projection *scim.Projection) error {
	if done.resource == nil {
		return x.NoContent(done.status)
	}
	header := x.Response().Header()
	header.Set(echo.HeaderLocation, done.location)
	if version := done.resource.Version(); version != "" {
		header.Set("ETag", version)
		if x.isRead() && matchesETag(x.Request().Header.Get("If-None-Match"), version) {
			return x.NoContent(http.StatusNotModified)
		}
	}
	return x.writeJSON(done.status, projection.Apply(done.resource))
}

func (x *exchange) isRead() bool {
	method := x.Request().Method
	return method == http.MethodGet || method == http.MethodHead
}

// matchesETag is the weak comparison of RFC 9110 §13.1.2.
func matchesETag(header, version string) bool {
	version = strings.TrimPrefix(version, "W/")
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == version {
			return true
		}
	}
	return false
}

// writeJSON encodes before it sends, so that what cannot be encoded is an error
// and not half an answer.
func (x *exchange) writeJSON(status int, message any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(message); err != nil {
		return err
	}
	return x.Blob(status, contentType, body.Bytes())
}
