package gateway

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// A bulkOperation is one operation of a bulk request, with its entry in the response.
type bulkOperation struct {
	operation `json:"-"`

	Location string        `json:"location,omitempty"` // of the resource that it changes, once that is known
	Method   string        `json:"method"`
	BulkID   string        `json:"bulkId,omitempty"`
	Version  string        `json:"version,omitempty"`
	Status   string        `json:"status"` // "" until it was carried out
	Response *errorMessage `json:"response,omitempty"`

	path           string
	data           any
	begun, settled bool
	createdID      string // of a POST that has succeeded
}

// A bulkJob executes a bulk request in order, but before an operation those that create
// what it refers to.
type bulkJob struct {
	server       *server
	x            *exchange
	operations   []*bulkOperation
	creators     map[string]*bulkOperation // by bulkId
	failOnErrors int                       // errors after which it stops
	failures     int
	batch        *mapping.Batch // in which the changes are made
}

// bulk serves POST /Bulk (RFC 7644 §3.7).
func (s *server) bulk(x *exchange) error {
	message, err := s.message(x, scim.URNBulkRequest)
	if err != nil {
		return err
	}
	j := &bulkJob{server: s, x: x, operations: []*bulkOperation{}, creators: map[string]*bulkOperation{}, failOnErrors: math.MaxInt}
	if err := j.read(message); err != nil {
		return err
	}
	ctx, batch := mapping.WithBatch(x.ctx())
	x.SetRequest(x.Request().WithContext(ctx))
	j.batch = batch
	for _, op := range j.operations {
		if j.stopped() {
			break
		}
		j.settle(op)
		if j.failOnErrors <= len(j.operations) { // whether to go on depends on it
			j.prove(ctx)
		}
	}
	j.prove(ctx)
	if err := x.ctx().Err(); errors.Is(err, context.Canceled) { // the client has disconnected
		return err
	}
	done := slices.DeleteFunc(j.operations, func(op *bulkOperation) bool { return op.Status == "" }) // failOnErrors has skipped it
	return x.writeJSON(http.StatusOK, map[string]any{"schemas": []string{scim.URNBulkResponse}, "Operations": done})
}

// read reads a bulk request. A problem with the whole message is an error here; a
// problem with one operation is that operation's result.
func (j *bulkJob) read(message map[string]any) error {
	operations, _ := scim.Member(message, "Operations")
	given, ok := operations.([]any)
	if !ok {
		return scim.NewError(scim.CodeInvalidSyntax, "A bulk request needs the list Operations.")
	}
	if len(given) > maxBulkOperations {
		return scim.NewError(scim.CodeTooLarge, "The bulk request has %d operations; the gateway accepts %d at once.", len(given), maxBulkOperations)
	}
	if limit, _ := scim.Member(message, "failOnErrors"); limit != nil {
		n, ok := limit.(float64)
		if !ok || n != math.Trunc(n) || n < 0 {
			return scim.NewError(scim.CodeInvalidValue, "failOnErrors must be a whole number that is not negative.")
		}
		if n > 0 && n < math.MaxInt32 {
			j.failOnErrors = int(n)
		}
	}
	for i, element := range given {
		object, ok := element.(map[string]any)
		if !ok {
			return scim.NewError(scim.CodeInvalidSyntax, "Operation %d of the bulk request is not an object.", i+1)
		}
		op := &bulkOperation{path: scim.MemberText(object, "path")}
		op.method, op.ifMatch = strings.ToUpper(scim.MemberText(object, "method")), scim.MemberText(object, "version")
		op.Method, op.BulkID = op.method, scim.MemberText(object, "bulkId")
		op.data, _ = scim.Member(object, "data")
		if op.BulkID != "" {
			if j.creators[op.BulkID] != nil {
				return scim.NewError(scim.CodeInvalidValue, "Two operations of the bulk request have the bulkId %q.", scim.Clip(op.BulkID, 80))
			}
			j.creators[op.BulkID] = op
		}
		j.operations = append(j.operations, op)
	}
	return nil
}

// prove fails the operations whose changes Suger does not show.
func (j *bulkJob) prove(ctx context.Context) {
	for operation, err := range j.batch.Prove(ctx) {
		j.fail(operation.(*bulkOperation), err)
	}
}

func (j *bulkJob) stopped() bool {
	return j.failures >= j.failOnErrors || errors.Is(j.x.ctx().Err(), context.Canceled)
}

// settle executes op once, after the operations that it refers to.
func (j *bulkJob) settle(op *bulkOperation) {
	if op.begun {
		return
	}
	op.begun = true
	err := j.resolve(op)
	if j.stopped() {
		return
	}
	op.settled = true
	wrong := j.target(op)
	err = cmp.Or(err, j.x.ctx().Err(), wrong) // the budget may be used up
	var r scim.Resource
	var status int
	if err == nil {
		j.batch.Begin(op)
		status, r, err = op.run(j.x)
	}
	op.data, op.body = nil, nil // may be large and are no longer needed
	if err != nil {
		j.fail(op, err)
		return
	}
	op.Status, op.Version = strconv.Itoa(status), r.Version()
	if op.method == http.MethodPost {
		op.createdID = r.ID()
		op.Location = op.set.location(j.x, r.ID())
	}
}

// target finds what op writes, and sets op.Location.
func (j *bulkJob) target(op *bulkOperation) error {
	endpoint, segment, hasID := strings.Cut(strings.Trim(op.path, "/"), "/")
	for _, set := range j.server.sets {
		if set.write != nil && set.kind.Endpoint == "/"+endpoint {
			op.set = set
		}
	}
	if op.set == nil {
		return scim.NewError(scim.CodeNoSuchEndpoint, "The path of a bulk operation must be /Users or /Groups, followed by an id unless the operation creates a resource.")
	}
	var err error
	if hasID && op.method != http.MethodPost {
		if op.id, err = resourceID(segment, op.set.kind.Name); err != nil {
			return err
		}
		op.Location = op.set.location(j.x, op.id)
	}
	if !op.hasBody() && op.method != http.MethodDelete || hasID == (op.method == http.MethodPost) {
		return scim.NewError(scim.CodeMethodNotAllowed, "A bulk operation is a POST to an endpoint such as /Users, or a PUT, PATCH or DELETE of one resource.")
	}
	var ok bool
	if op.body, ok = op.data.(map[string]any); !ok && op.hasBody() {
		return scim.NewError(scim.CodeInvalidSyntax, "A bulk operation other than DELETE needs data, an object.")
	}
	// The answer has no resource, so its bulk is not fetched either.
	op.projection, err = scim.ParseProjection(op.set.kind, "", op.set.bulky)
	return err
}

// resolve replaces the bulkIds in op's path and data by the ids of what they create (RFC 7644
// §3.7.2).
func (j *bulkJob) resolve(op *bulkOperation) (err error) {
	resolved := func(text string) string {
		if bulkID, isReference := strings.CutPrefix(text, "bulkId:"); isReference && err == nil {
			text, err = j.created(bulkID)
		}
		return text
	}
	op.data = mapStrings(op.data, resolved)
	segments := strings.Split(op.path, "/")
	for i, segment := range segments {
		if id := resolved(segment); id != segment {
			segments[i] = url.PathEscape(id)
		}
	}
	op.path = strings.Join(segments, "/")
	return err
}

// created returns the id of what the operation with the bulkId creates, once it has.
func (j *bulkJob) created(bulkID string) (string, error) {
	creator := j.creators[bulkID]
	if creator != nil && !creator.begun {
		j.settle(creator)
	}
	problem := ""
	switch {
	case creator == nil:
		problem = "which no operation of the request has"
	case !creator.settled:
		problem = "whose operation refers back to this one; create the resources first and connect them afterwards"
	case creator.createdID == "":
		problem = "whose operation has not created anything"
	default:
		return creator.createdID, nil
	}
	return "", scim.NewError(scim.CodeBulkReference, "The operation refers to the bulkId %q, %s.", scim.Clip(bulkID, 80), problem)
}

// fail sets the result of a failed operation and logs it like a single request.
func (j *bulkJob) fail(op *bulkOperation, err error) {
	j.failures++
	e := j.server.answerable(j.x, err)
	j.server.note(j.x, e)
	j.server.config.Failed(e.Code)
	message := j.x.message(e)
	op.Status, op.Version, op.Response = strconv.Itoa(e.Status), "", &message
	j.server.config.Log.LogAttrs(j.x.ctx(), levelOf(e.Status), "bulk operation failed", append([]slog.Attr{
		slog.String("request_id", j.x.caller.RequestID),
		slog.String("method", knownMethod(op.method)),
	}, failureAttrs(e)...)...)
}

// mapStrings replaces every string in value by what f makes of it.
func mapStrings(value any, f func(string) string) any {
	switch v := value.(type) {
	case string:
		return f(v)
	case []any:
		for i, element := range v {
			v[i] = mapStrings(element, f)
		}
	case map[string]any:
		for name, member := range v {
			v[name] = mapStrings(member, f)
		}
	}
	return value
}
