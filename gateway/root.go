package gateway

import (
	"errors"
	"net/http"
	"slices"

	"suger-scim-gateway/internal/scim"
)

// A rootPart is one resource type's share of a query on the server root.
type rootPart struct {
	set     *resourceSet
	query   *scim.Query
	listing string // what cursors in this part belong to
}

// rootPage answers a page of users and groups together, all users before all
// groups; sortBy sorts each of them. Roles are left out: they are the groups
// once more, under the same ids.
func (s *server) rootPage(x *exchange, p parameters) error {
	parts, err := s.rootParts(x, p)
	if err != nil {
		return err
	}
	first, position, err := s.rootPosition(x, parts, p)
	if err != nil {
		return err
	}
	var whole scim.ListResponse
	if position == nil {
		whole.StartIndex = parts[0].query.StartIndex
	}
	skip, room := parts[0].query.StartIndex-1, parts[0].query.Count
	for i, part := range parts {
		q := part.query
		q.StartIndex, q.Count = skip+1, room-len(whole.Resources)
		q.Stopped = x.stopped
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
		if whole.NextCursor == "" && q.Cursor != nil {
			whole.NextCursor = s.nextCursor(x, part.listing, list)
		}
		whole.TotalResults += list.TotalResults
		whole.Resources = append(whole.Resources, part.set.showAll(x, list, q.Projection)...)
		skip = max(0, skip-list.TotalResults)
	}
	return x.writeJSON(http.StatusOK, whole)
}

func (s *server) rootParts(x *exchange, p parameters) ([]rootPart, error) {
	sets := []*resourceSet{s.users, s.groups}
	parts := make([]rootPart, len(sets))
	for i, set := range sets {
		var others []*scim.ResourceType
		for _, other := range slices.Concat(sets[:i], sets[i+1:]) {
			others = append(others, other.kind)
		}
		q, err := s.query(set.kind, p, others...)
		if err != nil {
			return nil, err
		}
		if q.Count < 0 {
			q.Count = scim.DefaultPageSize
		}
		parts[i] = rootPart{set: set, query: q, listing: x.listing("/"+set.kind.Endpoint, q)}
	}
	return parts, nil
}

// rootPosition is in which part the cursor stands, and where; nil without a
// cursor.
func (s *server) rootPosition(x *exchange, parts []rootPart, p parameters) (int, *scim.Position, error) {
	for i, part := range parts {
		position, err := s.position(x, part.listing, p)
		var e *scim.Error
		if elsewhere := errors.As(err, &e) && e.Code == scim.CodeInvalidCursor; !elsewhere || i == len(parts)-1 {
			return i, position, err
		}
	}
	return 0, nil, nil
}
