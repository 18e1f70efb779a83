package gateway

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// A bulkOperation is one operation of a bulk request (RFC 7644 §3.7).
type bulkOperation struct {
	method  string
	bulkID  string
	path    string
	version string
	data    any

	progress  progress
	location  string      // of the resource that it changes, once that is known
	createdID string      // of a POST that has succeeded
	result    *bulkResult // nil until it was carried out
}

// A bulkResult is what a bulk response says of one operation.
type bulkResult struct {
	Location string        `json:"location,omitempty"`
	Method   string        `json:"method"`
	BulkID   string        `json:"bulkId,omitempty"`
	Version  string        `json:"version,omitempty"`
	Status   string        `json:"status"`
	Response *errorMessage `json:"response,omitempty"`
}

// A bulkResponse has the results in the order of the request. Operations that
// were not carried out, since too many before them had failed, have none.
type bulkResponse struct {
	Schemas    []string      `json:"schemas"`
	Operations []*bulkResult `json:"Operations"`
}

// bulk serves POST /Bulk (RFC 7644 §3.7).
func (s *server) bulk(x *exchange) error {
	message, err := s.message(x, scim.URNBulkRequest)
	if err != nil {
		return err
	}
	job, err := s.newBulkJob(x, message)
	if err != nil {
		return err
	}
	if err := job.run(); err != nil {
		return err
	}
	response := bulkResponse{Schemas: []string{scim.URNBulkResponse}, Operations: []*bulkResult{}}
	for _, op := range job.operations {
		if op.result != nil {
			response.Operations = append(response.Operations, op.result)
		}
	}
	return x.writeJSON(http.StatusOK, response)
}

// newBulkJob reads a bulk request. What is wrong with the message as a whole is
// an error here; what is wrong with one operation is that operation's result.
func (s *server) newBulkJob(x *exchange, message map[string]any) (*bulkJob, error) {
	operations, _ := scim.Member(message, "Operations")
	given, ok := operations.([]any)
	if !ok {
		return nil, scim.NewError(scim.CodeInvalidSyntax, "A bulk request needs Operations, a list.")
	}
	if len(given) > maxBulkOperations {
		return nil, scim.NewError(scim.CodeTooLarge, "The bulk request has %d operations; the gateway accepts %d at once.", len(given), maxBulkOperations)
	}
	job := &bulkJob{server: s, x: x, creators: map[string]*bulkOperation{}, failOnErrors: math.MaxInt}
	if limit, _ := scim.Member(message, "failOnErrors"); limit != nil {
		n, ok := limit.(float64)
		if !ok || n != math.Trunc(n) || n < 0 {
			return nil, scim.NewError(scim.CodeInvalidValue, "failOnErrors must be a whole number that is not negative.")
		}
		if n > 0 && n < math.MaxInt32 {
			job.failOnErrors = int(n)
		}
	}
	for i, element := range given {
		object, ok := element.(map[string]any)
		if !ok {
			return nil, scim.NewError(scim.CodeInvalidSyntax, "Operation %d of the bulk request is not an object.", i+1)
		}
		op := readBulkOperation(object)
		if op.bulkID != "" {
			if job.creators[op.bulkID] != nil {
				return nil, scim.NewError(scim.CodeInvalidValue, "Two operations of the bulk request have the bulkId %q.", scim.Clip(op.bulkID, 80))
			}
			job.creators[op.bulkID] = op
		}
		job.operations = append(job.operations, op)
	}
	return job, nil
}

func readBulkOperation(object map[string]any) *bulkOperation {
	data, _ := scim.Member(object, "data")
	return &bulkOperation{
		method:  strings.ToUpper(scim.MemberText(object, "method")),
		bulkID:  scim.MemberText(object, "bulkId"),
		path:    scim.MemberText(object, "path"),
		version: scim.MemberText(object, "version"),
		data:    data,
	}
}

// bulkTarget makes a single request of op and sets op.location.
func (s *server) bulkTarget(x *exchange, op *bulkOperation) (*operation, error) {
	endpoint, segment, hasID := strings.Cut(strings.Trim(op.path, "/"), "/")
	single := &operation{method: op.method, ifMatch: op.version}
	for _, set := range s.sets {
		if set.write != nil && set.kind.Endpoint == "/"+endpoint {
			single.set = set
		}
	}
	if single.set == nil {
		return nil, scim.NewError(scim.CodeNoSuchEndpoint, "A bulk operation's path is /Users or /Groups, with an id after it unless it creates.")
	}
	var err error
	if hasID && op.method != http.MethodPost {
		if single.id, err = resourceID(segment); err != nil {
			return nil, scim.Wrap(err, scim.CodeNotFound, "There is no %s with such an id.", single.set.kind.Name)
		}
		op.location = single.set.location(x, single.id)
	}
	switch op.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return nil, scim.NewError(scim.CodeMethodNotAllowed, "A bulk operation's method is POST, PUT, PATCH or DELETE.")
	}
	if hasID == (op.method == http.MethodPost) {
		return nil, scim.NewError(scim.CodeMethodNotAllowed, "A bulk POST names an endpoint such as /Users, and every other operation one resource.")
	}
	if op.method != http.MethodDelete {
		var ok bool
		if single.body, ok = op.data.(map[string]any); !ok {
			return nil, scim.NewError(scim.CodeInvalidSyntax, "A bulk operation other than DELETE needs data, an object.")
		}
	}
	// The answer has no resource, so its bulk is not fetched either.
	single.projection, err = scim.ParseProjection(single.set.kind, "", single.set.bulky)
	return single, err
}

// succeed sets the result of an operation that was done.
func (op *bulkOperation) succeed(x *exchange, set *resourceSet, status int, r scim.View) {
	if op.method == http.MethodPost {
		op.createdID = r.ID()
		op.location = set.location(x, r.ID())
	}
	op.setResult(status)
	if r != nil {
		op.result.Version = r.Version()
	}
}

func (op *bulkOperation) setResult(status int) {
	op.result = &bulkResult{Location: op.location, Method: op.method, BulkID: op.bulkID, Status: strconv.Itoa(status)}
}
