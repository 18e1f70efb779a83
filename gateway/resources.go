package gateway

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// reader and writer are the methods that the resources of package mapping share.
type (
	reader interface {
		Get(ctx context.Context, id string, p *scim.Projection) (scim.Resource, error)
		List(ctx context.Context, q *scim.Query) (*scim.List, error)
	}
	writer interface {
		Create(ctx context.Context, body map[string]any, p *scim.Projection) (scim.Resource, error)
		Replace(ctx context.Context, id string, body map[string]any, ifMatch string, p *scim.Projection) (scim.Resource, error)
		Patch(ctx context.Context, id string, body map[string]any, ifMatch string, p *scim.Projection) (scim.Resource, error)
		Delete(ctx context.Context, id string, ifMatch string) error
	}
)

// A resourceSet is the resources of one type, as the handlers need them.
type resourceSet struct {
	kind  *scim.ResourceType
	read  func(mapping.Caller) reader
	write func(mapping.Caller) writer // nil if they cannot be written

	refs  map[string]string // lists of ids, with the endpoint of what they name
	bulky string            // attribute that answers of bulk requests need not fetch
}

func resourceSets(service *mapping.Service) []*resourceSet {
	user, group := service.UserType(), service.GroupType()
	return []*resourceSet{
		{
			kind:  user,
			read:  func(c mapping.Caller) reader { return service.Users(c) },
			write: func(c mapping.Caller) writer { return service.Users(c) },
			refs:  map[string]string{"groups": group.Endpoint},
		},
		{
			kind:  group,
			read:  func(c mapping.Caller) reader { return service.Groups(c) },
			write: func(c mapping.Caller) writer { return service.Groups(c) },
			refs:  map[string]string{"members": user.Endpoint},
			bulky: "members",
		},
		{kind: service.RoleType(), read: func(c mapping.Caller) reader { return service.Roles(c) }},
	}
}

func kindsOf(sets []*resourceSet) (kinds []*scim.ResourceType) {
	for _, set := range sets {
		kinds = append(kinds, set.kind)
	}
	return kinds
}

// one serves POST /{type}, and GET, PUT, PATCH and DELETE /{type}/{id} (RFC 7644 §3.3,
// §3.4.1, §3.5 and §3.6).
func (s *server) one(set *resourceSet) func(*exchange) error {
	return func(x *exchange) error {
		op := &operation{set: set, method: x.Request().Method}
		var err error
		if op.method != http.MethodPost {
			if op.id, err = resourceID(x.Param("id"), set.kind.Name); err != nil {
				return err
			}
			op.ifMatch, op.ifNone = listed(x.Request().Header, "If-Match"), listed(x.Request().Header, "If-None-Match")
		}
		p, err := x.parameters()
		if err != nil {
			return err
		}
		if op.projection, err = p.projection(set.kind); err != nil {
			return err
		}
		if op.hasBody() {
			if op.body, err = s.body(x); err != nil {
				return err
			}
		}
		status, shown, err := op.run(x)
		if err != nil {
			return err
		}
		return x.writeResource(set, status, shown, op.projection)
	}
}

// listed returns the value of a header that may be sent in several lines (RFC 9110 §5.3).
func listed(header http.Header, name string) string { return strings.Join(header.Values(name), ",") }

// An operation reads or writes one resource. It is a request of its own, or a write in a
// bulk request.
type operation struct {
	set        *resourceSet
	method     string
	id         string // not with POST
	body       map[string]any
	ifMatch    string
	ifNone     string           // If-None-Match; not with POST
	projection *scim.Projection // of the answer
}

func (op *operation) hasBody() bool {
	return op.method == http.MethodPost || op.method == http.MethodPut || op.method == http.MethodPatch
}

// run executes the operation. The resource is nil if the answer has no body.
func (op *operation) run(x *exchange) (status int, shown scim.Resource, err error) {
	if !op.hasBody() && op.method != http.MethodDelete { // GET or HEAD
		shown, err = op.set.read(x.caller).Get(x.ctx(), op.id, op.projection)
		return http.StatusOK, shown, err
	}
	if err := op.checkIfNoneMatch(x); err != nil {
		return 0, nil, err
	}
	resources := op.set.write(x.caller)
	var r scim.Resource
	status = http.StatusOK
	switch op.method {
	case http.MethodPost:
		status = http.StatusCreated
		r, err = resources.Create(x.ctx(), op.body, op.projection)
	case http.MethodPut:
		r, err = resources.Replace(x.ctx(), op.id, op.body, op.ifMatch, op.projection)
	case http.MethodPatch:
		r, err = resources.Patch(x.ctx(), op.id, op.body, op.ifMatch, op.projection)
	default:
		err = resources.Delete(x.ctx(), op.id, op.ifMatch)
	}
	if err != nil || r == nil {
		return http.StatusNoContent, nil, err
	}
	return status, r, nil
}

// checkIfNoneMatch refuses to write a version that If-None-Match excludes (RFC 9110 §13.1.2).
func (op *operation) checkIfNoneMatch(x *exchange) error {
	if strings.TrimSpace(op.ifNone) == "" {
		return nil
	}
	present, err := op.set.read(x.caller).Get(x.ctx(), op.id, nil)
	if err == nil && scim.TagsMatch(op.ifNone, present.Version()) {
		return scim.NewError(scim.CodeVersionMismatch, "The resource has a version that If-None-Match excludes. Nothing was changed.")
	}
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Code == scim.CodeNotFound {
		return nil
	}
	return err
}

// list serves GET /{type} (RFC 7644 §3.4.2) and POST /{type}/.search (§3.4.3), and both on
// the server root (§3.4.2.1), where all resources of one type come before all of the next,
// and sortBy sorts each of them.
func (s *server) list(sets ...*resourceSet) func(*exchange) error {
	return func(x *exchange) error {
		read := x.parameters
		if x.Request().Method == http.MethodPost {
			read = func() (parameters, error) { return s.searchParameters(x) }
		}
		p, err := read()
		if err != nil {
			return err
		}
		queries, err := p.queries(x, sets)
		if err != nil {
			return err
		}
		return s.writePage(x, sets, queries, p)
	}
}

// writePage answers one page of the queries, one for each type.
func (s *server) writePage(x *exchange, sets []*resourceSet, queries []*scim.Query, p parameters) error {
	listing := strings.Join([]string{x.caller.Organization, x.resource, p["filter"], p["sortBy"], p["sortOrder"]}, "\x00")
	first, position, err := s.position(x, sets, p, listing)
	if err != nil {
		return err
	}
	var page scim.ListResponse
	if position == nil {
		page.StartIndex = queries[0].StartIndex
	}
	skip, room := queries[0].StartIndex-1, queries[0].Count
	for i, q := range queries {
		q.StartIndex, q.Count = skip+1, room-len(page.Resources)
		switch {
		case position == nil:
		case i < first:
			q.Count = 0 // was on earlier pages, but counts in the total
		case i == first:
			q.Cursor = position
		default:
			q.Cursor = &scim.Position{}
		}
		list, err := sets[i].read(x.caller).List(x.ctx(), q)
		if err = cmp.Or(err, x.ctx().Err()); err != nil { // if the time is up, the list may not be whole
			return err
		}
		if page.NextCursor == "" && q.Cursor != nil && list.Next != nil {
			next := *list.Next
			next.Endpoint = sets[i].kind.Endpoint
			page.NextCursor = s.cursors(x).Encode(&next, listing)
		}
		page.TotalResults += list.TotalResults
		for _, r := range list.Resources {
			page.Resources = append(page.Resources, sets[i].show(x, r, q.Projection))
		}
		skip = max(0, skip-list.TotalResults)
	}
	return x.writeJSON(http.StatusOK, page)
}

// queries makes the queries of the parameters, one for each type. An index below 1 is 1, a negative
// count 0, and a large one cut to the page size (RFC 7644 §3.4.2.4). A sortBy that names nothing
// we have is ignored, since several clients send one whatever the server offers.
func (p parameters) queries(x *exchange, sets []*resourceSet) (queries []*scim.Query, err error) {
	start, err := p.integer("startIndex", 1)
	if err != nil {
		return nil, err
	}
	count, err := p.integer("count", scim.DefaultPageSize)
	if err != nil {
		return nil, err
	}
	kinds := kindsOf(sets)
	for i, kind := range kinds {
		q := &scim.Query{
			StartIndex: max(start, 1), Count: min(max(count, 0), scim.MaxPageSize),
			Stopped: func() bool { return x.ctx().Err() != nil }, // nobody waits for the answer
		}
		// A blank filter is malformed: if it counted as none, it would ask for everybody.
		if text, given := p["filter"]; given {
			if q.Filter, err = scim.ParseFilter(text, kind, slices.Concat(kinds[:i], kinds[i+1:])...); err != nil {
				return nil, err
			}
		}
		if q.Projection, err = p.projection(kind); err != nil {
			return nil, err
		}
		if path, ok := kind.Lookup(strings.TrimSpace(p["sortBy"])); ok && path.Sortable() {
			q.SortBy, q.Descending = &path, strings.EqualFold(strings.TrimSpace(p["sortOrder"]), "descending")
		}
		queries = append(queries, q)
	}
	return queries, nil
}

// position reads the cursor: the set that it is in, and its position there; nil for none.
func (s *server) position(x *exchange, sets []*resourceSet, p parameters, listing string) (first int, position *scim.Position, err error) {
	cursor, byCursor := p["cursor"]
	switch {
	case !byCursor:
		return 0, nil, nil
	case cursor == "":
		return 0, &scim.Position{}, nil // RFC 9865 §2: an empty cursor asks for the first page
	}
	if position, err = s.cursors(x).Decode(cursor, listing); err != nil {
		return 0, nil, err
	}
	first = slices.IndexFunc(sets, func(set *resourceSet) bool { return set.kind.Endpoint == position.Endpoint })
	position.Endpoint = ""
	return first, position, nil
}

// cursorAge is how long a cursor can be used, so that clients do not store it.
const cursorAge = time.Hour

// cursors reads and writes the cursors of this client. The key comes from its token, so that
// replicas share nothing and no client can use the cursor of another.
func (s *server) cursors(x *exchange) *scim.CursorCodec {
	key := hmac.New(sha256.New, s.config.CursorSecret)
	key.Write([]byte("cursor:" + x.token))
	return &scim.CursorCodec{Secret: key.Sum(nil), MaxAge: cursorAge, Now: s.config.Now}
}
