package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
)

// cursorAge is how long a cursor can be used. It says where the next page
// starts and nothing about the data, so nothing would be wrong with an old one;
// the limit keeps it from being taken for something to store.
const cursorAge = time.Hour

// query makes a query of the parameters. It is lenient where a client loses
// nothing by it: an index below 1 is 1, a negative count is 0, a large count is
// cut to the page size (RFC 7644 §3.4.2.4), and a sortBy that names nothing we
// hold is ignored, since several clients send one whatever the server offers.
//
// others are the types that are asked together with this one.
func (s *server) query(kind *scim.ResourceType, p parameters, others ...*scim.ResourceType) (*scim.Query, error) {
	filter, err := p.filter(kind, others)
	if err != nil {
		return nil, err
	}
	projection, err := p.projection(kind)
	if err != nil {
		return nil, err
	}
	start, err := p.integer("startIndex", 1)
	if err != nil {
		return nil, err
	}
	q := &scim.Query{Filter: filter, Projection: projection, StartIndex: max(start, 1), Count: -1}
	if count, err := p.integer("count", scim.DefaultPageSize); err != nil {
		return nil, err
	} else if p["count"] != "" {
		q.Count = min(max(count, 0), scim.MaxPageSize)
	}
	if path, ok := kind.Lookup(strings.TrimSpace(p["sortBy"])); ok && path.Sortable() {
		q.SortBy = &path
		q.Descending = strings.EqualFold(strings.TrimSpace(p["sortOrder"]), "descending")
	}
	return q, nil
}

// filter reads the filter. A blank one is malformed: taken for none, it would ask
// for everybody.
func (p parameters) filter(kind *scim.ResourceType, others []*scim.ResourceType) (*scim.Filter, error) {
	text, given := p["filter"]
	if !given {
		return nil, nil
	}
	return scim.ParseFilter(text, kind, others...)
}

// position is where the cursor stands in the listing; nil without a cursor.
func (s *server) position(x *exchange, listing string, p parameters) (*scim.Position, error) {
	cursor, byCursor := p["cursor"]
	switch {
	case !byCursor:
		return nil, nil
	case cursor == "":
		return &scim.Position{}, nil // RFC 9865 §2: an empty cursor asks for the first page
	}
	return s.cursors(x).Decode(cursor, listing)
}

// nextCursor is the cursor of the page after list, or "".
func (s *server) nextCursor(x *exchange, listing string, list *scim.List) string {
	if list.Next == nil {
		return ""
	}
	return s.cursors(x).Encode(list.Next, listing)
}

// cursors reads and writes the cursors of this client. The key comes from the
// client's own token, so that replicas need share nothing, and one client's
// cursor is no use to another.
func (s *server) cursors(x *exchange) *scim.CursorCodec {
	key := hmac.New(sha256.New, s.config.CursorSecret)
	key.Write([]byte("cursor:" + x.token))
	return &scim.CursorCodec{Secret: key.Sum(nil), MaxAge: cursorAge, Now: s.config.Now}
}

// listing is what a cursor belongs to: another query must not continue it.
func (x *exchange) listing(endpoint string, q *scim.Query) string {
	parts := []string{x.caller.Organization, endpoint, q.Filter.String()}
	if q.SortBy != nil {
		parts = append(parts, q.SortBy.String())
	}
	if q.Descending {
		parts = append(parts, "descending")
	}
	return strings.Join(parts, "\x00")
}
