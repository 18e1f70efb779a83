package check

import (
	"context"
	"net/http"
	"slices"
	"time"

	"suger-scim-gateway/mapping"
)

// find reads the user afresh, by id where that proves who is a member; nil if
// there is none.
func (t *trip) find(ctx context.Context) (*mapping.Record, error) {
	call, ok := t.probe.Call(opGetUser, t.id)
	if !ok || t.coversEverybody() {
		return t.inList(ctx)
	}
	answer, err := t.probe.Do(ctx, call)
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	user := decoded(answer.Body)
	if at := t.Document.Operations.GetUser.Answer; at.Given() {
		user, _ = at.In(user)
	}
	return t.probe.ReadUser(user)
}

// patienceLooks is how often the list is read again for somebody whom Suger has
// taken and does not show yet.
const patienceLooks = 5

// appears finds the user who was just added, and waits for a while if Suger said
// that it took the request.
func (t *trip) appears(ctx context.Context) (is *mapping.Record, err error) {
	is, err = t.inList(ctx)
	t.waited = is == nil
	for range patienceLooks {
		if is != nil || err != nil || t.unseen == nil || t.unseen.Answer == nil || ctx.Err() != nil {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(t.Patience / patienceLooks):
		}
		is, err = t.inList(ctx)
	}
	return is, err
}

// inList finds the user in a fresh list by the address; nil if there is none.
func (t *trip) inList(ctx context.Context) (*mapping.Record, error) {
	found, err := t.withAddress(ctx)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// withAddress are the users of a fresh list who have the address.
func (t *trip) withAddress(ctx context.Context) (found []*mapping.Record, err error) {
	call, _ := t.probe.Call(opListUsers, nil)
	pages, _, err := t.readPages(ctx, call, t.probe.Paging(opListUsers), 0)
	for _, row := range slices.Concat(pages...) {
		if record, err := t.probe.ReadUser(decoded([]byte(row))); err == nil && fold(record.UserName) == fold(t.Write) {
			found = append(found, record)
			t.unseen = nil
		}
	}
	return found, err
}
