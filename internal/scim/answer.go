package scim

import (
	"net/url"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// URLOf returns the URL of the resource with an id at an endpoint such as "/Users",
// which is below base.
func URLOf(base, endpoint, id string) string {
	return base + endpoint + "/" + url.PathEscape(id)
}

// Marshal encodes an answer as JSON, members of maps in the order of their names.
func Marshal(answer any) ([]byte, error) {
	return json.Marshal(answer, json.Deterministic(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

// A ListResponse is the message that answers a query (RFC 7644 §3.4.2, RFC 9865
// §2). What says how many resources it has, and which message it is, is filled in.
type ListResponse struct {
	Schemas      []string   `json:"schemas"`
	TotalResults int        `json:"totalResults"`        // of all pages
	StartIndex   int        `json:"startIndex,omitzero"` // from 1; 0 if paged by cursor
	ItemsPerPage int        `json:"itemsPerPage"`
	NextCursor   string     `json:"nextCursor,omitzero"` // "" on the last page
	Resources    []Resource // of this page, as the client is to see them
}

// MarshalJSONTo writes the message.
func (l ListResponse) MarshalJSONTo(enc *jsontext.Encoder) error {
	type message ListResponse
	l.Schemas, l.ItemsPerPage = []string{URNListResponse}, len(l.Resources)
	return json.MarshalEncode(enc, message(l))
}
