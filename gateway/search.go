package gateway

import (
	"slices"
	"strings"

	"suger-scim-gateway/gateway/scim"
)

// search serves POST /{type}/.search (RFC 7644 §3.4.3).
func (s *server) search(set *resourceSet) func(*exchange) error {
	return func(x *exchange) error {
		p, err := s.searchMessage(x)
		if err != nil {
			return err
		}
		return s.listPage(x, set, p)
	}
}

// queryRoot serves GET on the server root (RFC 7644 §3.4.2.1).
func (s *server) queryRoot(x *exchange) error {
	p, err := queryParameters(x.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	return s.rootPage(x, p)
}

// searchRoot serves POST /.search (RFC 7644 §3.4.3).
func (s *server) searchRoot(x *exchange) error {
	p, err := s.searchMessage(x)
	if err != nil {
		return err
	}
	return s.rootPage(x, p)
}

func (s *server) searchMessage(x *exchange) (parameters, error) {
	message, err := s.body(x)
	if err != nil {
		return nil, err
	}
	return searchParameters(message)
}

// rootPage answers a page of users and groups together, all users before all
// groups; sortBy sorts each of them. Roles are left out: they are the groups
// once more, under the same ids.
func (s *server) rootPage(x *exchange, p parameters) error {
	if _, byCursor := p["cursor"]; byCursor {
		return scim.NewError(scim.CodeInvalidCursor, "Paging by cursor is offered for each resource type, not for all of them together.")
	}
	q, err := s.query(x, s.all, p)
	if err != nil {
		return err
	}
	if q.Count < 0 {
		q.Count = scim.DefaultPageSize
	}
	message := listMessage{StartIndex: q.StartIndex}
	skip := q.StartIndex - 1
	for _, set := range []*resourceSet{s.users, s.groups} {
		part := *q
		part.StartIndex, part.Count = skip+1, q.Count-len(message.Resources)
		if part.Projection, err = p.projection(set.kind); err != nil {
			return err
		}
		list, err := set.read(x.caller).List(x.ctx(), &part)
		if err != nil {
			return err
		}
		message.TotalResults += list.TotalResults
		message.add(set.present(x, list.Resources, part.Projection))
		skip = max(0, skip-list.TotalResults)
	}
	message.ItemsPerPage = len(message.Resources)
	return x.writeList(message)
}

// everyType is a type that has the attributes of all the kinds, so that a
// filter on the server root may name any of them. A resource that lacks one
// does not match it (RFC 7644 §3.4.2.1).
func everyType(kinds ...*scim.ResourceType) *scim.ResourceType {
	first := kinds[0]
	all := &scim.ResourceType{Name: "Root", Schema: &scim.Schema{ID: first.Schema.ID}}
	for _, kind := range kinds {
		for _, attribute := range kind.Schema.Attributes {
			sameName := func(known *scim.Attribute) bool { return strings.EqualFold(known.Name, attribute.Name) }
			if !slices.ContainsFunc(all.Schema.Attributes, sameName) {
				all.Schema.Attributes = append(all.Schema.Attributes, attribute)
			}
		}
		all.Extensions = append(all.Extensions, kind.Extensions...)
		all.Tolerated = append(all.Tolerated, kind.Tolerated...)
	}
	return all
}
