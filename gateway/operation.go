package gateway

import (
	"errors"
	"net/http"
	"strings"

	"suger-scim-gateway/internal/scim"
)

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
