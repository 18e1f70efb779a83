package gateway

import (
	"context"
	"errors"
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
		id, err := resourceID(x.Param("id"), set.kind.Name)
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

// write serves POST /{type}, and PUT, PATCH and DELETE /{type}/{id} (RFC 7644 §3.3, §3.5
// and §3.6).
func (s *server) write(set *resourceSet) func(*exchange) error {
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
		if op.method != http.MethodDelete {
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

// listed is the value of a header that is a list: it may be sent in several lines
// (RFC 9110 §5.3).
func listed(header http.Header, name string) string { return strings.Join(header.Values(name), ",") }

// An operation writes one resource. It is a request of its own or one of those
// in a bulk request.
type operation struct {
	set        *resourceSet
	method     string // POST, PUT, PATCH or DELETE
	id         string // not with POST
	body       map[string]any
	ifMatch    string
	ifNone     string           // If-None-Match; not with POST
	projection *scim.Projection // of the answer
}

// run carries the operation out. The resource is nil if there is nothing to show.
func (op *operation) run(x *exchange) (status int, shown scim.View, err error) {
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

// checkIfNoneMatch refuses a write if the resource has a version that If-None-Match
// excludes (RFC 9110 §13.1.2).
func (op *operation) checkIfNoneMatch(x *exchange) error {
	if strings.TrimSpace(op.ifNone) == "" {
		return nil
	}
	present, err := op.set.read(x.caller).Get(x.ctx(), op.id, nil)
	var e *scim.Error
	switch {
	case errors.As(err, &e) && e.Code == scim.CodeNotFound:
		return nil
	case err != nil:
		return err
	case scim.NoneMatch(op.ifNone, present.Version()):
		return nil
	}
	return scim.NewError(scim.CodeVersionMismatch, "The resource has a version that If-None-Match excludes. Nothing was changed.")
}
