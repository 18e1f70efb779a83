package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
)

// A part is one resource type's share of a page.
type part struct {
	set     *resourceSet
	query   *scim.Query
	listing string // what cursors in this part belong to
}

// list serves GET /{type} (RFC 7644 §3.4.2), and on the server root (§3.4.2.1).
func (s *server) list(sets ...*resourceSet) func(*exchange) error {
	return func(x *exchange) error {
		p, err := x.parameters()
		if err != nil {
			return err
		}
		return s.writePage(x, sets, p)
	}
}

// search serves POST /{type}/.search and /.search (RFC 7644 §3.4.3).
func (s *server) search(sets ...*resourceSet) func(*exchange) error {
	return func(x *exchange) error {
		p, err := s.searchParameters(x)
		if err != nil {
			return err
		}
		return s.writePage(x, sets, p)
	}
}

// writePage answers one page of the query that p describes. A query on the server
// root has several types: all resources of one come before all of the next, and
// sortBy sorts each of them.
func (s *server) writePage(x *exchange, sets []*resourceSet, p parameters) error {
	parts, err := s.parts(x, sets, p)
	if err != nil {
		return err
	}
	first, position, err := s.position(x, parts, p)
	if err != nil {
		return err
	}
	var page scim.ListResponse
	if position == nil {
		page.StartIndex = parts[0].query.StartIndex
	}
	skip, room := parts[0].query.StartIndex-1, parts[0].query.Count
	for i, part := range parts {
		q := part.query
		q.StartIndex, q.Count = skip+1, room-len(page.Resources)
		switch {
		case position == nil:
		case i < first:
			q.Count = 0 // was on earlier pages, but counts
		case i == first:
			q.Cursor = position
		default:
			q.Cursor = &scim.Position{}
		}
		list, err := part.set.read(x.caller).List(x.ctx(), q)
		if err == nil {
			err = x.ctx().Err() // the list may not be whole
		}
		if err != nil {
			return err
		}
		if page.NextCursor == "" && q.Cursor != nil && list.Next != nil {
			page.NextCursor = s.cursors(x).Encode(list.Next, part.listing)
		}
		page.TotalResults += list.TotalResults
		for _, r := range list.Resources {
			page.Resources = append(page.Resources, part.set.show(x, r, q.Projection))
		}
		skip = max(0, skip-list.TotalResults)
	}
	return x.writeJSON(http.StatusOK, page)
}

func (s *server) parts(x *exchange, sets []*resourceSet, p parameters) ([]part, error) {
	parts := make([]part, len(sets))
	for i, set := range sets {
		var others []*scim.ResourceType
		for _, other := range sets {
			if other != set {
				others = append(others, other.kind)
			}
		}
		q, err := p.query(set.kind, others...)
		if err != nil {
			return nil, err
		}
		q.Stopped = func() bool { return x.ctx().Err() != nil } // nobody waits for the answer
		parts[i] = part{set: set, query: q, listing: x.listing(set.kind.Endpoint, q)}
	}
	return parts, nil
}

// position finds the part that the cursor is in, and its position there; nil without
// a cursor.
func (s *server) position(x *exchange, parts []part, p parameters) (first int, position *scim.Position, err error) {
	cursor, byCursor := p["cursor"]
	switch {
	case !byCursor:
		return 0, nil, nil
	case cursor == "":
		return 0, &scim.Position{}, nil // RFC 9865 §2: an empty cursor asks for the first page
	}
	for i, part := range parts {
		position, err = s.cursors(x).Decode(cursor, part.listing)
		var e *scim.Error
		if elsewhere := errors.As(err, &e) && e.Code == scim.CodeInvalidCursor; !elsewhere {
			return i, position, err
		}
	}
	return 0, nil, err
}

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
