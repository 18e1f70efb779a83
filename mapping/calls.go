package mapping

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// suger makes the mapping's calls for one caller.
type suger struct {
	*Service
	Caller
}

// ids are the values of the placeholders of a path, a query or a header. A body
// gets them as Suger writes them, since an id may be a number.
type ids map[string]any

// ids returns the caller's organization and, where not nil, a user and a role.
func (s *suger) ids(u *user, r *role) ids {
	named := ids{"organization": s.Organization}
	if u != nil {
		named["user"] = u.rawID()
		for i, name := range s.model.moreIDs {
			if i < len(u.more) {
				named["user."+name] = u.more[i]
			}
		}
	}
	if r != nil {
		named[spec.RolePlaceholder], named[spec.RoleNamePlaceholder] = r.raw, r.name
	}
	return named
}

// texts returns the ids as a path holds them.
func (i ids) texts() map[string]string {
	texts := make(map[string]string, len(i))
	for name, id := range i {
		texts[name], _ = spec.Text(id)
	}
	return texts
}

// fillAll replaces the placeholders in the values of a query or of headers.
func (i ids) fillAll(templates map[string]string) map[string]string {
	filled := make(map[string]string, len(templates))
	for key, template := range templates {
		for _, name := range spec.PlaceholdersIn(template) {
			id, _ := spec.Text(i[name])
			template = strings.ReplaceAll(template, "{"+name+"}", id)
		}
		filled[key] = template
	}
	return filled
}

// call makes one call and returns the object in its answer, or nil if the answer
// carries none.
func (s *suger) call(ctx context.Context, name string, op *spec.Operation, ids ids, with spec.Values) (any, error) {
	return s.send(ctx, op, s.request(name, op, ids, with))
}

// send sends a prepared call.
func (s *suger) send(ctx context.Context, op *spec.Operation, request sugerclient.Call) (any, error) {
	value, _, err := s.exchange(ctx, op, request)
	if object, ok := value.(map[string]any); ok {
		return object, nil
	}
	return nil, err
}

// exchange makes a call and returns the value at the mapping's place in the
// answer. there is false if that place is missing; an answer without a body is
// nil.
func (s *suger) exchange(ctx context.Context, op *spec.Operation, request sugerclient.Call) (value any, there bool, err error) {
	answer, err := s.client.Do(ctx, s.Credential, request)
	if request.Method != http.MethodGet { // a plan of several calls shows from the first one on
		s.memory.wrote(s.Organization)
	}
	if stop := observe(ctx, Exchange{Call: request, Answer: answer, Err: err}); stop != nil {
		return nil, false, stop
	}
	if err != nil {
		s.driftOf(err)
		return nil, false, err
	}
	if len(answer.Body) == 0 {
		return nil, true, nil
	}
	if value, err = decodeJSON(answer.Body); err != nil {
		return nil, false, s.unreadable(request.Operation, err)
	}
	if op.Answer.Given() {
		value, there = op.Answer.In(value)
		return value, there, nil
	}
	return value, true, nil
}

// request prepares a call.
func (s *suger) request(name string, op *spec.Operation, ids ids, with spec.Values) sugerclient.Call {
	call := sugerclient.Call{
		Operation: name, Method: op.Call.Method, Path: op.Call.Path, PathParams: ids.texts(),
		Query: ids.fillAll(op.Call.Query), Header: ids.fillAll(op.Headers), Repeatable: op.Repeat,
		Errors: s.model.errors,
	}
	if op.Body != nil {
		all := spec.Values{spec.NowPlaceholder: s.now()}
		maps.Copy(all, ids)
		maps.Copy(all, with)
		call.Body, _ = spec.Fill(op.Body, all)
	}
	return call
}

// now returns the value of {now}.
func (s *suger) now() string { return s.config.Now().UTC().Format(time.RFC3339) }

// pagingStyles maps the styles of a mapping file to the client's.
var pagingStyles = map[string]sugerclient.PagingStyle{
	"offset": sugerclient.ByOffset, "page": sugerclient.ByPage, "cursor": sugerclient.ByCursor,
	"link": sugerclient.ByLink, "none": sugerclient.Whole,
}

// pagingOf returns how the client reads a list.
func pagingOf(op *spec.Operation) sugerclient.Paging {
	paging := sugerclient.Paging{Items: string(op.Items), Total: string(op.Total)}
	if p := op.Paging; p != nil {
		paging.Style, paging.Size, paging.First = pagingStyles[p.Style], p.Size, p.First
		paging.Limit, paging.Offset = p.Limit, p.Next
		paging.Cursor, paging.CursorHeader, paging.CursorRow = p.Cursor.Path, p.Cursor.Header, p.Cursor.Row
	}
	return paging
}

// asRecordError converts a RecordError to an error that names the operation,
// and returns other errors unchanged.
func (s *suger) asRecordError(operation string, err error) error {
	if errors.As(err, new(*RecordError)) {
		return s.unreadable(operation, err)
	}
	return err
}

// unreadable returns the error for an answer that does not fit the mapping.
func (s *suger) unreadable(operation string, cause error) error {
	s.drift(operation, fieldOf(cause))
	return scim.Wrap(cause, scim.CodeSugerUnreadable,
		"Suger's answer to %q does not match the mapping. Run the check command to see what differs.", operation)
}

// driftOf reports an answer that the client could not read.
func (s *suger) driftOf(err error) {
	if call, ok := callError(err); ok && call.Kind == sugerclient.Unreadable {
		s.drift(call.Operation, wholeAnswer)
	}
}

// callError returns the client's error in err, if there is one.
func callError(err error) (call *sugerclient.Error, ok bool) {
	ok = errors.As(err, &call)
	return call, ok
}
