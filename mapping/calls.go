package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"suger-scim-gateway/gateway/scim"
	"suger-scim-gateway/sugerclient"
)

// suger calls the mapping's operations on behalf of one caller.
type suger struct {
	*Service
	Caller
}

// Names of the operations, as they stand in the mapping file.
const (
	opListUsers      = "list users"
	opGetUser        = "get user"
	opAddUser        = "add user"
	opUpdateUser     = "update user"
	opRemoveUser     = "remove user"
	opActivateUser   = "activate user"
	opDeactivateUser = "deactivate user"
	opSetRole        = "set role"
	opGrantRole      = "grant role"
	opRevokeRole     = "revoke role"
	opListRoles      = "list roles"
	opAddRole        = "add role"
	opUpdateRole     = "update role"
	opRemoveRole     = "remove role"
)

// params are the ids in a call's path.
func (s *suger) params(user, role string) map[string]string {
	return map[string]string{"organization": s.Organization, "user": user, "role": role}
}

// call makes one call and returns the object in its answer, or nil if the answer
// carries none. A path names only what the operation needs.
func (s *suger) call(ctx context.Context, name string, op *Operation, params map[string]string, with values) (any, error) {
	request := s.request(name, op, params)
	if op.Body != nil {
		all := maps.Clone(with)
		if all == nil {
			all = make(values)
		}
		for placeholder, id := range params {
			if _, set := all[placeholder]; !set && id != "" {
				all[placeholder] = id
			}
		}
		request.Body, _ = fill(op.Body, all)
	}
	answer, err := s.client.Do(ctx, s.Credential, request)
	if err != nil {
		return nil, err
	}
	if len(answer.Body) == 0 {
		return nil, nil
	}
	value, err := decodeJSON(answer.Body)
	if err != nil {
		return nil, s.unreadable(name, err)
	}
	if op.Answer != "" {
		value, _ = fieldOf(op.Answer).In(value)
	}
	if object, ok := value.(map[string]any); ok {
		return object, nil
	}
	return nil, nil
}

// request puts a call together, without its body.
func (s *suger) request(name string, op *Operation, params map[string]string) sugerclient.Call {
	needed := make(map[string]string)
	for _, placeholder := range placeholdersIn(op.Call.Path) {
		needed[placeholder] = params[placeholder]
	}
	return sugerclient.Call{
		Operation: name, Method: op.Call.Method, Path: op.Call.Path, PathParams: needed,
		Query: op.Query, Header: op.Headers, Repeatable: op.Repeat,
	}
}

// fieldOf is the Field of a path that has been checked with the document.
func fieldOf(path string) Field {
	var f Field
	_ = f.UnmarshalScalar(path)
	return f
}

// list reads every row of a list operation.
func (s *suger) list(ctx context.Context, name string, op *Operation, each func(restart bool, row json.RawMessage) error) error {
	paging := sugerclient.Paging{Items: op.Items, Total: op.Total}
	if p := op.Paging; p != nil {
		paging.Style, paging.Size, paging.First = sugerclient.PagingStyle(p.Style), p.Size, p.First
		paging.Limit, paging.Offset = p.Limit, p.Next
		paging.Cursor, paging.CursorHeader = p.Cursor, p.CursorHeader
	}
	return s.client.Pages(ctx, s.Credential, s.request(name, op, s.params("", "")), paging, func(page sugerclient.Page) error {
		for i, row := range page.Items {
			if err := each(page.Index == 0 && i == 0, row); err != nil {
				return err
			}
		}
		return nil
	})
}

// fetchUsers reads every user of the organization, in order.
func (s *suger) fetchUsers(ctx context.Context) ([]*user, error) {
	var users []*user
	err := s.list(ctx, opListUsers, s.model.doc.Operations.ListUsers, func(restart bool, row json.RawMessage) error {
		if restart {
			users = users[:0]
		}
		u, drift, err := s.model.decodeUser(row, s.Organization)
		if err != nil {
			return err
		}
		s.drift(opListUsers, drift)
		users = append(users, u)
		return nil
	})
	if err != nil {
		return nil, s.asRecordError(opListUsers, err)
	}
	sortUsers(users)
	return users, nil
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
	record, err := s.call(ctx, opGetUser, op, s.params(id, ""), nil)
	if err != nil {
		var refused *sugerclient.Error
		if errors.As(err, &refused) && (refused.Kind == sugerclient.Invalid || refused.Status == 404) {
			return nil, scim.NotFound("user", id)
		}
		return nil, err
	}
	if record == nil {
		return nil, s.unreadable(opGetUser, fmt.Errorf("%w: no user in the answer", errRecord))
	}
	u, err := s.userFrom(opGetUser, record)
	if err != nil {
		return nil, err
	}
	if u.id != id {
		return nil, s.unreadable(opGetUser, fmt.Errorf("%w: another user was answered", errRecord))
	}
	return u, nil
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
	err := s.list(ctx, opListRoles, op, func(restart bool, row json.RawMessage) error {
		if restart {
			roles = roles[:0]
		}
		record, err := decodeJSON(row)
		if err != nil {
			return fmt.Errorf("%w: a role is not JSON: %w", errRecord, err)
		}
		r, err := s.model.readRole(record)
		if err != nil {
			return err
		}
		roles = append(roles, r)
		return nil
	})
	if err != nil {
		return nil, s.asRecordError(opListRoles, err)
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
	s.drift(operation, []string{"answer"})
	return scim.Wrap(cause, scim.CodeSugerUnreadable,
		"Suger's answer to %q is not what the mapping says. Run the check command to see what differs.", operation)
}

// drift reports fields that were not as the mapping says.
func (s *suger) drift(operation string, fields []string) {
	for _, field := range fields {
		s.config.Observer.Drift(operation, field)
	}
}
