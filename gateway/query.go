package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"time"

	"suger-scim-gateway/gateway/scim"
)

// cursorAge is how long a cursor can be used. It says where the next page
// starts and nothing about the data, so nothing would be wrong with an old one;
// the limit keeps it from being taken for something to store.
const cursorAge = time.Hour

// query makes a query of the parameters. It is lenient where a client loses
// nothing by it: an index below 1 is 1, a negative count is 0, a large count is
// cut to the page size (RFC 7644 §3.4.2.4), and a sortBy that names nothing we
// hold is ignored, since several clients send one whatever the server offers.
func (s *server) query(x *exchange, kind *scim.ResourceType, p parameters) (*scim.Query, error) {
	filter, err := p.filter(kind)
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
	if path, ok := kind.Lookup(strings.TrimSpace(p["sortBy"])); ok && !path.Tolerated {
		q.SortBy = &path
		q.Descending = strings.EqualFold(strings.TrimSpace(p["sortOrder"]), "descending")
	}
	cursor, byCursor := p["cursor"]
	switch {
	case !byCursor:
	case cursor == "":
		q.Cursor = &scim.Position{} // RFC 9865 §2: an empty cursor asks for the first page
	default:
		q.Cursor, err = s.cursors(x).Decode(cursor, x.fingerprint(kind, q))
	}
	return q, err
}

// filter reads the filter. A blank one is none.
func (p parameters) filter(kind *scim.ResourceType) (*scim.Filter, error) {
	text := strings.TrimSpace(p["filter"])
	if text == "" {
		return nil, nil
	}
	return scim.ParseFilter(text, kind)
}

// cursors reads and writes the cursors of this client. The key comes from the
// client's own token, so that replicas need share nothing, and one client's
// cursor is no use to another.
func (s *server) cursors(x *exchange) *scim.CursorCodec {
	key := hmac.New(sha256.New, s.config.CursorSecret)
	key.Write([]byte("cursor:" + x.token))
	return &scim.CursorCodec{Secret: key.Sum(nil), MaxAge: cursorAge, Now: s.config.Now}
}

// fingerprint is what a cursor belongs to: another query must not continue it.
func (x *exchange) fingerprint(kind *scim.ResourceType, q *scim.Query) string {
	parts := []string{x.caller.Organization, kind.Name, q.Filter.String()}
	if q.SortBy != nil {
		parts = append(parts, q.SortBy.String())
	}
	if q.Descending {
		parts = append(parts, "descending")
	}
	return strings.Join(parts, "\x00")
}
