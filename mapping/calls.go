package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// suger calls the mapping's operations on behalf of one caller.
type suger struct {
	*Service
	Caller
}

// call makes one call and returns the object in its answer, or nil if the answer
// carries none.
func (s *suger) call(ctx context.Context, name string, op *spec.Operation, ids ids, with spec.Values) (any, error) {
	return s.send(ctx, op, s.request(name, op, ids, with))
}

// send makes a call that has been put together.
func (s *suger) send(ctx context.Context, op *spec.Operation, request sugerclient.Call) (any, error) {
	answer, err := s.client.Do(ctx, s.Credential, request)
	show(ctx, Exchange{Call: request, Answer: answer, Err: err})
	if err != nil {
		s.driftOf(err)
		return nil, err
	}
	if len(answer.Body) == 0 {
		return nil, nil
	}
	value, err := decodeJSON(answer.Body)
	if err != nil {
		return nil, s.unreadable(request.Operation, err)
	}
	if op.Answer.Given() {
		value, _ = op.Answer.In(value)
	}
	if object, ok := value.(map[string]any); ok {
		return object, nil
	}
	return nil, nil
}

// request puts a call together.
func (s *suger) request(name string, op *spec.Operation, ids ids, with spec.Values) sugerclient.Call {
	call := sugerclient.Call{
		Operation: name, Method: op.Call.Method, Path: op.Call.Path, PathParams: ids.texts(),
		Query: ids.fillAll(op.Query), Header: ids.fillAll(op.Headers), Repeatable: op.Repeat,
	}
	if op.Body != nil {
		all := spec.Values{spec.NowPlaceholder: s.now()}
		maps.Copy(all, ids)
		maps.Copy(all, with)
		call.Body, _ = spec.Fill(op.Body, all)
	}
	return call
}

// now is the time as {now} gives it.
func (s *suger) now() string { return s.config.Now().UTC().Format(time.RFC3339) }

// pagingStyles are the client's words for those of a mapping file.
var pagingStyles = map[string]sugerclient.PagingStyle{
	"offset": sugerclient.ByOffset, "page": sugerclient.ByPage, "cursor": sugerclient.ByCursor, "none": sugerclient.Whole,
}

// list reads every row of a list operation.
func (s *suger) list(ctx context.Context, name string, op *spec.Operation, each func(restart bool, row json.RawMessage) error) error {
	err := s.client.Pages(ctx, s.Credential, s.request(name, op, s.ids(nil, nil), nil), pagingOf(op), func(page sugerclient.Page) error {
		for i, row := range page.Items {
			if err := each(page.Index == 0 && i == 0, row); err != nil {
				return err
			}
		}
		return nil
	})
	s.driftOf(err)
	return err
}

// pagingOf is how the client reads a list.
func pagingOf(op *spec.Operation) sugerclient.Paging {
	paging := sugerclient.Paging{Items: op.Items, Total: op.Total}
	if p := op.Paging; p != nil {
		paging.Style, paging.Size, paging.First = pagingStyles[p.Style], p.Size, p.First
		paging.Limit, paging.Offset = p.Limit, p.Next
		paging.Cursor, paging.CursorHeader = p.Cursor, p.CursorHeader
	}
	return paging
}

// fetchUsers reads every user of the organization, in order.
func (s *suger) fetchUsers(ctx context.Context) ([]*user, error) {
	var users []*user
	var seen misfits
	err := s.list(ctx, spec.OpListUsers, s.model.doc.Operations.ListUsers, func(restart bool, row json.RawMessage) error {
		if restart {
			users, seen = users[:0], misfits{}
		}
		u, drift, err := s.model.decodeUser(row, s.Organization)
		if err != nil {
			return err
		}
		seen.add(drift)
		users = append(users, u)
		return nil
	})
	s.drifted(spec.OpListUsers, &seen)
	if err == nil && s.model.noneHasRole(users) {
		field := s.model.doc.User.Roles.Field
		err = misfit(field.String(), "a list of users of whom nobody has %s", field)
	}
	if err != nil {
		return nil, s.asRecordError(spec.OpListUsers, err)
	}
	sortUsers(users)
	// A list that changes while it is read can have a row on two pages.
	return slices.CompactFunc(users, func(u, v *user) bool { return u.id == v.id }), nil
}

// fetchUser reads one user afresh. Without an operation for it, the user is
// found in a fresh list. It is a not-found error if there is none.
func (s *suger) fetchUser(ctx context.Context, id string) (*user, error) {
	op := s.model.doc.Operations.GetUser
	if op == nil {
		users, err := s.freshUsers(ctx)
		if err != nil {
			return nil, err
		}
		if u := users.byID(id); u != nil {
			return u, nil
		}
		return nil, scim.NotFound("user", id)
	}
	if strings.ContainsAny(id, `/\`) { // there are proxies that take an escaped one for a real one
		return nil, s.noSuchUser(ctx, id)
	}
	record, err := s.call(ctx, spec.OpGetUser, op, ids{"organization": s.Organization, "user": id}, nil)
	if err != nil {
		var refused *sugerclient.Error
		switch {
		case !errors.As(err, &refused):
			return nil, err
		case refused.Kind == sugerclient.Invalid:
			return nil, s.noSuchUser(ctx, id)
		case refused.Status == 404:
			return nil, scim.NotFound("user", id)
		}
		return nil, err
	}
	if record == nil {
		return nil, s.unreadable(spec.OpGetUser, misfit("", "an answer without a user"))
	}
	u, err := s.userFrom(spec.OpGetUser, record)
	if err != nil {
		return nil, err
	}
	if u.id != id {
		return nil, s.unreadable(spec.OpGetUser, misfit(s.model.doc.User.ID.String(), "another user"))
	}
	return u, nil
}

// noSuchUser is the error for an id that no user can have. Suger was not asked
// for it, so the credential has to be shown to be good in another way.
func (s *suger) noSuchUser(ctx context.Context, id string) error {
	if _, err := s.someUsers(ctx); err != nil {
		return err
	}
	return scim.NotFound("user", id)
}

// userFrom reads the user in an answer.
func (s *suger) userFrom(operation string, record any) (*user, error) {
	u, drift, err := s.model.readUser(record, s.Organization)
	if err != nil {
		return nil, s.asRecordError(operation, err)
	}
	s.drift(operation, drift)
	return u, nil
}

// fetchRoles reads the organization's roles, or takes the known ones if Suger
// has no list of them.
func (s *suger) fetchRoles(ctx context.Context) (*catalogue, error) {
	op := s.model.doc.Operations.ListRoles
	if op == nil {
		return s.model.newCatalogue(nil, s.config.GroupRoles, true), nil
	}
	var roles []*role
	var seen misfits
	err := s.list(ctx, spec.OpListRoles, op, func(restart bool, row json.RawMessage) error {
		if restart {
			roles, seen = roles[:0], misfits{}
		}
		record, err := decodeJSON(row)
		if err != nil {
			return misfit("", "a role that is not JSON")
		}
		r, err := s.model.readRole(record)
		if err != nil {
			return err
		}
		seen.add(s.model.roleDrift(record))
		roles = append(roles, r)
		return nil
	})
	s.drifted(spec.OpListRoles, &seen)
	if err != nil {
		return nil, s.asRecordError(spec.OpListRoles, err)
	}
	return s.model.newCatalogue(roles, s.config.GroupRoles, true), nil
}

// asRecordError makes a record that does not fit the mapping an error that
// names the operation, and leaves other errors alone.
func (s *suger) asRecordError(operation string, err error) error {
	if errors.Is(err, errRecord) {
		return s.unreadable(operation, err)
	}
	return err
}

// unreadable is the error for an answer that does not fit the mapping.
func (s *suger) unreadable(operation string, cause error) error {
	field := wholeAnswer
	if record := (*RecordError)(nil); errors.As(cause, &record) && record.Field != "" {
		field = record.Field
	}
	s.drift(operation, []string{field})
	return scim.Wrap(cause, scim.CodeSugerUnreadable,
		"Suger's answer to %q is not what the mapping says. Run the check command to see what differs.", operation)
}

// driftOf reports an answer that the client could not read.
func (s *suger) driftOf(err error) {
	if call := (*sugerclient.Error)(nil); errors.As(err, &call) && call.Kind == sugerclient.Unreadable {
		s.drift(call.Operation, []string{wholeAnswer})
	}
}
