package gateway

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
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
	}
	for operation, err := range batch.Prove(ctx) {
		j.fail(operation.(*bulkOperation), err)
	}
	if err := j.x.ctx().Err(); errors.Is(err, context.Canceled) {
		return err
	}
	return nil
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
	ids, err := j.referenced(op)
	if j.stopped() {
		return
	}
	op.progress = settled
	single, wrong := j.server.bulkTarget(j.x, op, ids)
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

// referenced settles the operations that op refers to, and returns the ids that
// they have given to their resources.
func (j *bulkJob) referenced(op *bulkOperation) (map[string]string, error) {
	ids := map[string]string{}
	for _, bulkID := range op.references() {
		creator := j.creators[bulkID]
		if creator == nil {
			return nil, badReference(bulkID, "which no operation of the request has")
		}
		if creator.progress == underWay {
			return nil, badReference(bulkID, "whose operation refers back to this one; create the resources first and connect them afterwards")
		}
		j.settle(creator)
		if creator.createdID == "" {
			return nil, badReference(bulkID, "whose operation has not created anything")
		}
		ids[bulkID] = creator.createdID
	}
	return ids, nil
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

// references are the bulkIds that the operation refers to, in its path and
// anywhere in its data.
func (op *bulkOperation) references() []string {
	var found []string
	collect := func(text string) string {
		if bulkID, ok := strings.CutPrefix(text, bulkPrefix); ok {
			found = append(found, bulkID)
		}
		return text
	}
	mapStrings(op.data, collect)
	for segment := range strings.SplitSeq(op.path, "/") {
		collect(segment)
	}
	return found
}

// resolved is a copy of value with ids in the place of references.
func resolved(value any, ids map[string]string) any {
	return mapStrings(value, func(text string) string {
		if bulkID, ok := strings.CutPrefix(text, bulkPrefix); ok {
			return ids[bulkID]
		}
		return text
	})
}

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

// bulkPathID reads the id in an operation's path, which may be a reference.
func bulkPathID(segment string, ids map[string]string) (string, error) {
	if bulkID, ok := strings.CutPrefix(segment, bulkPrefix); ok {
		return ids[bulkID], nil
	}
	return resourceID(segment)
}
