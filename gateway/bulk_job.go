package gateway

import (
	"context"
	"errors"
	"log/slog"
	"strconv"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// progress is how far an operation of a bulk request has come.
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

// run returns an error only if the client has gone away.
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
	op.location = j.server.bulkLocation(j.x, op, ids)
	if j.stopped() {
		return
	}
	op.progress = settled
	if err == nil {
		err = j.x.ctx().Err() // the budget may be used up
	}
	if err == nil {
		err = j.carryOut(op, ids)
	}
	if err != nil {
		j.fail(op, err)
	}
	op.data = nil // may be large, and is of no more use
}

func (j *bulkJob) carryOut(op *bulkOperation, ids map[string]string) error {
	single, err := j.server.bulkTarget(op, ids)
	if err != nil {
		return err
	}
	j.batch.Begin(op)
	done, err := single.run(j.x)
	if err != nil {
		return err
	}
	op.succeed(done)
	return nil
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

// fail notes what a bulk response says of an operation that was not done, and
// logs it as a request of its own would be.
func (j *bulkJob) fail(op *bulkOperation, err error) {
	j.failures++
	e := j.server.answerable(j.x, err)
	j.server.note(j.x, e)
	j.server.config.Failed(e.Code)
	message := j.x.message(e)
	op.result = &bulkResult{
		Location: op.location, Method: op.method, BulkID: op.bulkID,
		Status: strconv.Itoa(e.Status), Response: &message,
	}
	j.server.log.LogAttrs(j.x.ctx(), levelOf(e.Status), "bulk operation failed", append([]slog.Attr{
		slog.String("request_id", j.x.caller.RequestID),
		slog.String("method", knownMethod(op.method)),
	}, failureAttrs(e)...)...)
}
