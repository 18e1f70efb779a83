package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
)

// cursorAge is how long a cursor can be used. A cursor is a position and contains no
// data, so an old one does no harm; the limit keeps clients from storing it.
const cursorAge = time.Hour

// query makes a query of the parameters. It is lenient where a client loses
// nothing by it: an index below 1 is 1, a negative count is 0, a large count is
// cut to the page size (RFC 7644 §3.4.2.4), and a sortBy that names nothing we
// have is ignored, since several clients send one whatever the server offers.
//
// others are the types that are asked together with this one.
func (p parameters) query(kind *scim.ResourceType, others ...*scim.ResourceType) (*scim.Query, error) {
	q := &scim.Query{}
	var err error
	// A blank filter is malformed: read as none, it would ask for everybody.
	if text, given := p["filter"]; given {
		if q.Filter, err = scim.ParseFilter(text, kind, others...); err != nil {
			return nil, err
		}
	}
	if q.Projection, err = p.projection(kind); err != nil {
		return nil, err
	}
	start, err := p.integer("startIndex", 1)
	if err != nil {
		return nil, err
	}
	count, err := p.integer("count", scim.DefaultPageSize)
	if err != nil {
		return nil, err
	}
	q.StartIndex, q.Count = max(start, 1), min(max(count, 0), scim.MaxPageSize)
	if path, ok := kind.Lookup(strings.TrimSpace(p["sortBy"])); ok && path.Sortable() {
		q.SortBy = &path
		q.Descending = strings.EqualFold(strings.TrimSpace(p["sortOrder"]), "descending")
	}
	return q, nil
}

// cursors reads and writes the cursors of this client. The key comes from the
// client's own token, so that replicas share nothing and no client can use the
// cursor of another.
func (s *server) cursors(x *exchange) *scim.CursorCodec {
	key := hmac.New(sha256.New, s.config.CursorSecret)
	key.Write([]byte("cursor:" + x.token))
	return &scim.CursorCodec{Secret: key.Sum(nil), MaxAge: cursorAge, Now: s.config.Now}
}

// listing identifies the query that a cursor belongs to.
func (x *exchange) listing(endpoint string, q *scim.Query) string {
	parts := []string{x.caller.Organization, x.resource, endpoint, q.Filter.String()}
	if q.SortBy != nil {
		parts = append(parts, q.SortBy.String())
	}
	if q.Descending {
		parts = append(parts, "descending")
	}
	return strings.Join(parts, "\x00")
}
