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
// §2).
type ListResponse struct {
	TotalResults int        // of all pages
	StartIndex   int        // from 1; 0 if paged by cursor
	NextCursor   string     // "" on the last page
	Resources    []Resource // of this page, as the client is to see them
}

// MarshalJSONTo writes the message.
func (l ListResponse) MarshalJSONTo(enc *jsontext.Encoder) error {
	return json.MarshalEncode(enc, struct {
		Schemas      []string `json:"schemas"`
		TotalResults int      `json:"totalResults"`
		StartIndex   int      `json:"startIndex,omitzero"`
		ItemsPerPage int      `json:"itemsPerPage"`
		NextCursor   string   `json:"nextCursor,omitzero"`
		Resources    []Resource
	}{[]string{URNListResponse}, l.TotalResults, l.StartIndex, len(l.Resources), l.NextCursor, l.Resources})
}
