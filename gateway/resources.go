package gateway

import (
	"context"
	"net/http"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// A reader and a writer are what the users, groups and roles of package mapping
// have in common, so that one set of handlers serves them all.
type (
	reader interface {
		Get(ctx context.Context, id string, p *scim.Projection) (scim.View, error)
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

	// refs names the multi-valued attributes whose elements are ids, with the
	// endpoint of what they name.
	refs map[string]string

	// bulky is an attribute that an answer to PATCH leaves out unless the client
	// asks for it: a group's members can be many, and Okta does without.
	bulky string
}

func userSet(service *mapping.Service) *resourceSet {
	return &resourceSet{
		kind:  service.UserType(),
		read:  func(c mapping.Caller) reader { return service.Users(c) },
		write: func(c mapping.Caller) writer { return service.Users(c) },
		refs:  map[string]string{"groups": service.GroupType().Endpoint},
	}
}

func groupSet(service *mapping.Service) *resourceSet {
	return &resourceSet{
		kind:  service.GroupType(),
		read:  func(c mapping.Caller) reader { return service.Groups(c) },
		write: func(c mapping.Caller) writer { return service.Groups(c) },
		refs:  map[string]string{"members": service.UserType().Endpoint},
		bulky: "members",
	}
}

func roleSet(service *mapping.Service) *resourceSet {
	return &resourceSet{
		kind: service.RoleType(),
		read: func(c mapping.Caller) reader { return service.Roles(c) },
	}
}

// get serves GET /{type}/{id} (RFC 7644 §3.4.1).
func (s *server) get(set *resourceSet) func(*exchange) error {
	return func(x *exchange) error {
		id, err := x.pathID(set.kind.Name)
		if err != nil {
			return err
		}
		p, err := x.parameters()
		if err != nil {
			return err
		}
		projection, err := p.projection(set.kind)
		if err != nil {
			return err
		}
		found, err := set.read(x.caller).Get(x.ctx(), id, projection)
		if err != nil {
			return err
		}
		return x.writeResource(set, http.StatusOK, found, projection)
	}
}

// create serves POST /{type} (RFC 7644 §3.3).
func (s *server) create(set *resourceSet) func(*exchange) error {
	return func(x *exchange) error { return s.perform(x, &operation{set: set, method: http.MethodPost}) }
}

// change serves PUT, PATCH and DELETE /{type}/{id} (RFC 7644 §3.5 and §3.6).
func (s *server) change(set *resourceSet) func(*exchange) error {
	return func(x *exchange) error {
		id, err := x.pathID(set.kind.Name)
		if err != nil {
			return err
		}
		return s.perform(x, &operation{
			set: set, method: x.Request().Method, id: id,
			ifMatch: listed(x.Request().Header, "If-Match"), ifNone: listed(x.Request().Header, "If-None-Match"),
		})
	}
}

// listed is the value of a header that is a list: it may be sent in several lines
// (RFC 9110 §5.3).
func listed(header http.Header, name string) string { return strings.Join(header.Values(name), ",") }

// perform runs an operation that is a request of its own.
func (s *server) perform(x *exchange, op *operation) error {
	p, err := x.parameters()
	if err != nil {
		return err
	}
	if op.projection, err = p.projection(op.set.kind); err != nil {
		return err
	}
	if op.method != http.MethodDelete {
		if op.body, err = s.body(x); err != nil {
			return err
		}
	}
	status, shown, err := op.run(x)
	if err != nil {
		return err
	}
	return x.writeResource(op.set, status, shown, op.projection)
}
