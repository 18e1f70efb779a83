package scim

// A ListResponse is the message that answers a query (RFC 7644 §3.4.2, RFC 9865
// §2).
type ListResponse struct {
	Schemas      []string   `json:"schemas"`
	TotalResults int        `json:"totalResults"`
	StartIndex   int        `json:"startIndex,omitempty"` // from 1; left out if paged by cursor
	ItemsPerPage int        `json:"itemsPerPage"`         // resources in this message
	NextCursor   string     `json:"nextCursor,omitempty"` // left out on the last page
	Resources    []Resource `json:"Resources"`            // never nil
}

// NewListResponse makes the message for a page. nextCursor is the cursor for
// list.Next, or "".
func NewListResponse(list *List, nextCursor string) ListResponse {
	resources := list.Resources
	if resources == nil {
		resources = []Resource{}
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
