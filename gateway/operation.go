package gateway

import (
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
	resources := op.set.write(x.caller)
	switch op.method {
	case http.MethodPost:
		return op.done(x, http.StatusCreated)(resources.Create(x.ctx(), op.body, op.projection))
	case http.MethodPut:
		return op.done(x, http.StatusOK)(resources.Replace(x.ctx(), op.id, op.body, op.ifMatch, op.projection))
	case http.MethodPatch:
		return op.done(x, http.StatusOK)(resources.Patch(x.ctx(), op.id, op.body, op.ifMatch, op.projection))
	default:
		err := resources.Delete(x.ctx(), op.id, op.ifMatch)
		return outcome{status: http.StatusNoContent, location: op.set.location(x, op.id)}, err
	}
}

// done makes an outcome of what a write returned.
func (op *operation) done(x *exchange, status int) func(scim.Resource, error) (outcome, error) {
	return func(r scim.Resource, err error) (outcome, error) {
		if err != nil {
			return outcome{}, err
		}
		if r == nil { // there is nothing to show
			return outcome{status: http.StatusNoContent, location: op.set.location(x, op.id)}, nil
		}
		return op.set.outcome(x, status, r), nil
	}
}
