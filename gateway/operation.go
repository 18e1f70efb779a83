package gateway

import (
	"errors"
	"net/http"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// An operation writes one resource. It is a request of its own or one of those
// in a bulk request, which is all the same from here on.
type operation struct {
	set        *resourceSet
	method     string // POST, PUT, PATCH or DELETE
	id         string // not with POST
	body       map[string]any
	ifMatch    string
	ifNone     string           // If-None-Match; not with POST
	projection *scim.Projection // of the answer
}

// An outcome is what an operation or a read has come to.
type outcome struct {
	status   int
	resource scim.View // nil after DELETE
	location string
}

// answerOf is the projection of the operation's answer.
func (op *operation) answerOf(p parameters) (*scim.Projection, error) {
	attributes, excluded := p["attributes"], p["excludedAttributes"]
	if op.method == http.MethodPatch && strings.TrimSpace(attributes) == "" {
		excluded += "," + op.set.bulky
	}
	return scim.ParseProjection(op.set.kind, attributes, excluded)
}

// run carries the operation out.
func (op *operation) run(x *exchange) (outcome, error) {
	write, err := op.prepare(x)
	if err != nil {
		return outcome{}, err
	}
	if err := op.checkIfNoneMatch(x); err != nil {
		return outcome{}, err
	}
	written, err := write()
	switch {
	case err != nil:
		return outcome{}, err
	case op.method == http.MethodPost:
		return op.set.outcome(x, http.StatusCreated, written), nil
	case op.method == http.MethodDelete:
		return outcome{status: http.StatusNoContent, location: op.set.location(x, op.id)}, nil
	}
	return op.set.outcome(x, http.StatusOK, written), nil
}

// prepare judges the body and returns what is left to do. A body that is wrong is
// refused before anything is looked up.
func (op *operation) prepare(x *exchange) (func() (scim.Resource, error), error) {
	resources, kind := op.set.write(x.caller), op.set.kind
	switch op.method {
	case http.MethodPost:
		wanted, err := kind.Normalize(op.body)
		return func() (scim.Resource, error) { return resources.Create(x.ctx(), wanted, op.projection) }, err
	case http.MethodPut:
		wanted, err := kind.Normalize(op.body)
		return func() (scim.Resource, error) {
			return resources.Replace(x.ctx(), op.id, wanted, op.ifMatch, op.projection)
		}, err
	case http.MethodPatch:
		changes, err := scim.ParsePatch(op.body, kind)
		return func() (scim.Resource, error) {
			return resources.Patch(x.ctx(), op.id, changes, op.ifMatch, op.projection)
		}, err
	default:
		return func() (scim.Resource, error) { return nil, resources.Delete(x.ctx(), op.id, op.ifMatch) }, nil
	}
}

// checkIfNoneMatch refuses a write by who wants it only if the resource is another
// than the given version, or is not there at all (RFC 9110 §13.1.2).
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
	return scim.NewError(scim.CodeVersionMismatch, "The resource has the version that If-None-Match excludes, so nothing was changed.")
}
