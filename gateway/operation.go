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
	return scim.ParseProjection(op.set.kind, p["attributes"], p["excludedAttributes"])
}

// run carries the operation out.
func (op *operation) run(x *exchange) (outcome, error) {
	if err := op.checkIfNoneMatch(x); err != nil {
		return outcome{}, err
	}
	resources := op.set.write(x.caller)
	switch op.method {
	case http.MethodPost:
		return op.done(x, http.StatusCreated)(resources.Create(x.ctx(), op.body, op.projection))
	case http.MethodPut:
		return op.done(x, http.StatusOK)(resources.Replace(x.ctx(), op.id, op.body, op.ifMatch, op.projection))
	case http.MethodPatch:
		return op.done(x, http.StatusOK)(resources.Patch(x.ctx(), op.id, op.body, op.ifMatch, op.projection))
	}
	return op.done(x, http.StatusNoContent)(nil, resources.Delete(x.ctx(), op.id, op.ifMatch))
}

// done makes an outcome of what a write returned. Without a resource there is
// nothing to show.
func (op *operation) done(x *exchange, status int) func(scim.Resource, error) (outcome, error) {
	return func(r scim.Resource, err error) (outcome, error) {
		switch {
		case err != nil:
			return outcome{}, err
		case r == nil:
			return outcome{status: http.StatusNoContent, location: op.set.location(x, op.id)}, nil
		}
		return op.set.outcome(x, status, r), nil
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
	return scim.NewError(scim.CodeVersionMismatch, "The resource has a version that If-None-Match excludes. Nothing was changed.")
}
