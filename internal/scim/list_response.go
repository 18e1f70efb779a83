package scim

// A ListResponse is the message that answers a query (RFC 7644 §3.4.2, RFC 9865
// §2).
type ListResponse struct {
	Schemas      []string   `json:"schemas"`
	TotalResults int        `json:"totalResults"`
	StartIndex   int        `json:"startIndex,omitempty"` // from 1; left out if paged by cursor
	ItemsPerPage int        `json:"itemsPerPage"`         // resources in this message
	NextCursor   string     `json:"nextCursor,omitempty"` // left out on the last page
	Resources    []Appender `json:"Resources"`            // never nil
}

// NewListResponse makes the message for a page, whose resources are as the
// client is to see them. nextCursor is the cursor for list.Next, or "".
func NewListResponse(list *List, resources []Appender, nextCursor string) ListResponse {
	if resources == nil {
		resources = []Appender{}
	}
	return ListResponse{
		Schemas:      []string{URNListResponse},
		TotalResults: list.TotalResults,
		StartIndex:   list.StartIndex,
		ItemsPerPage: list.ItemsPerPage,
		NextCursor:   nextCursor,
		Resources:    resources,
	}
}
