package gateway

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/url"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// progress is the state of an operation of a bulk request.
type progress int

const (
	waiting progress = iota
	underWay
	settled
)

// A bulkJob carries out a bulk request: in its order, except that an operation
// waits for those that create what it refers to.
type bulkJob struct {
	server       *server
	x            *exchange
	operations   []*bulkOperation
	creators     map[string]*bulkOperation // by bulkId
	failOnErrors int                       // errors after which it stops
	failures     int
	batch        *mapping.Batch // in which the changes are made
}

// run returns an error only if the client has disconnected.
func (j *bulkJob) run() error {
	ctx, batch := mapping.WithBatch(j.x.ctx())
	j.x.SetRequest(j.x.Request().WithContext(ctx))
	j.batch = batch
	for _, op := range j.operations {
		if j.stopped() {
			break
		}
		j.settle(op)
		if j.failOnErrors < math.MaxInt { // whether to go on depends on it
			j.prove(ctx)
		}
	}
	j.prove(ctx)
	if err := j.x.ctx().Err(); errors.Is(err, context.Canceled) {
		return err
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

// settle carries op out, once, after the operations that it refers to.
func (j *bulkJob) settle(op *bulkOperation) {
	if op.progress != waiting {
		return
	}
	op.progress = underWay
	err := j.resolve(op)
	if j.stopped() {
		return
	}
	op.progress = settled
	single, wrong := j.server.bulkTarget(j.x, op)
	// The budget may be used up.
	if err = cmp.Or(err, j.x.ctx().Err(), wrong); err == nil {
		j.batch.Begin(op)
		var status int
		var r scim.View
		if status, r, err = single.run(j.x); err == nil {
			op.succeed(j.x, single.set, status, r)
		}
	}
	if err != nil {
		j.fail(op, err)
	}
	op.data = nil // may be large, and is of no more use
}

// resolve puts ids in the place of the bulkIds that op refers to, in its path and
// anywhere in its data, after the operations that create them.
func (j *bulkJob) resolve(op *bulkOperation) (err error) {
	resolved := func(text string) string {
		bulkID, isReference := strings.CutPrefix(text, bulkPrefix)
		switch {
		case !isReference:
			return text
		case err != nil:
			return ""
		}
		var id string
		id, err = j.created(bulkID)
		return id
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

// created is the id of what the operation with the bulkId creates.
func (j *bulkJob) created(bulkID string) (string, error) {
	creator := j.creators[bulkID]
	if creator == nil {
		return "", badReference(bulkID, "which no operation of the request has")
	}
	if creator.progress == underWay {
		return "", badReference(bulkID, "whose operation refers back to this one; create the resources first and connect them afterwards")
	}
	j.settle(creator)
	if creator.createdID == "" {
		return "", badReference(bulkID, "whose operation has not created anything")
	}
	return creator.createdID, nil
}

func badReference(bulkID, problem string) *scim.Error {
	return scim.NewError(scim.CodeBulkReference, "The operation refers to the bulkId %q, %s.", scim.Clip(bulkID, 80), problem)
}

// fail sets the result of an operation that was not done, and logs it as a request
// of its own would be.
func (j *bulkJob) fail(op *bulkOperation, err error) {
	j.failures++
	e := j.server.answerable(j.x, err)
	j.server.note(j.x, e)
	j.server.config.Failed(e.Code)
	message := j.x.message(e)
	op.setResult(e.Status)
	op.result.Response = &message
	j.server.config.Log.LogAttrs(j.x.ctx(), levelOf(e.Status), "bulk operation failed", append([]slog.Attr{
		slog.String("request_id", j.x.caller.RequestID),
		slog.String("method", knownMethod(op.method)),
	}, failureAttrs(e)...)...)
}

// bulkPrefix precedes the bulkId in a reference to a resource that the same
// request creates (RFC 7644 §3.7.2).
const bulkPrefix = "bulkId:"

// mapStrings is a copy of value in which f has replaced every string.
func mapStrings(value any, f func(string) string) any {
	switch v := value.(type) {
	case string:
		return f(v)
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = mapStrings(element, f)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = mapStrings(member, f)
		}
		return out
	}
	return value
}
