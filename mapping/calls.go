package mapping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
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
	done *applied // of the plan whose calls it makes, or nil
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

func (i ids) texts() map[string]string {
	texts := make(map[string]string, len(i))
	for name, id := range i {
		texts[name], _ = spec.Text(id)
	}
	return texts
}

// fillAll replaces the placeholders in the values of a query or of headers.
func (i ids) fillAll(templates map[string]string) map[string]string {
	var pairs []string
	for name, text := range i.texts() {
		pairs = append(pairs, "{"+name+"}", text)
	}
	fill, filled := strings.NewReplacer(pairs...), make(map[string]string, len(templates))
	for key, template := range templates {
		filled[key] = fill.Replace(template)
	}
	return filled
}

// call makes one call and returns the object in its answer, or nil.
func (s *suger) call(ctx context.Context, name string, op *spec.Operation, ids ids, with spec.Values) (any, error) {
	return s.send(ctx, op, s.request(name, op, ids, with))
}

func (s *suger) send(ctx context.Context, op *spec.Operation, request sugerclient.Call) (any, error) {
	value, _, err := s.exchange(ctx, op, request)
	if object, ok := value.(map[string]any); ok {
		return object, nil
	}
	return nil, err
}

// exchange makes a call and returns the value at the mapping's place in the answer, and
// whether that place is there; an answer without a body is nil.
func (s *suger) exchange(ctx context.Context, op *spec.Operation, request sugerclient.Call) (value any, there bool, err error) {
	answer, err := s.client.Do(ctx, s.Credential, request)
	if request.Method != http.MethodGet { // a plan of several calls shows from the first one on
		s.noteWrite(ctx)
	}
	if stop := observe(ctx, Exchange{Call: request, Answer: answer, Err: err}); stop != nil {
		return nil, false, stop
	}
	if err != nil {
		s.driftOf(err)
		return nil, false, err
	}
	if s.done != nil && answer.Repeated && request.Method != http.MethodGet {
		s.done.late.Store(true)
	}
	if len(answer.Body) == 0 {
		return nil, true, nil
	}
	if value, err = Decode(answer.Body); err != nil {
		return nil, false, s.unreadable(request.Operation, misfit("", "an answer that is not JSON"))
	}
	if op.Answer.Given() {
		value, there = op.Answer.In(value)
		return value, there, nil
	}
	return value, true, nil
}

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

func (s *suger) now() string { return s.config.Now().UTC().Format(time.RFC3339) }

// PagingOf returns how the client reads a list.
func PagingOf(op *spec.Operation) sugerclient.Paging {
	paging := sugerclient.Paging{Items: string(op.Items), Total: string(op.Total)}
	if p := op.Paging; p != nil {
		if p.Style != "none" {
			paging.Style = sugerclient.PagingStyle(p.Style)
		}
		paging.Size, paging.First = p.Size, p.First
		paging.Limit, paging.Offset = p.Limit, p.Next
		paging.Cursor, paging.CursorHeader, paging.CursorRow = p.Cursor.Path, p.Cursor.Header, p.Cursor.Row
	}
	return paging
}

// unreadable converts a RecordError to an error for the client that names the operation,
// and returns other errors unchanged.
func (s *suger) unreadable(operation string, err error) error {
	if !errors.As(err, new(*RecordError)) {
		return err
	}
	s.drift(operation, fieldOf(err))
	return scim.Wrap(err, scim.CodeSugerUnreadable,
		"Suger's answer to %q does not match the mapping. Run the check command to see what differs.", operation)
}

func (s *suger) driftOf(err error) {
	if call, ok := callError(err); ok && call.Kind == sugerclient.Unreadable {
		s.drift(call.Operation, wholeAnswer)
	}
}

func callError(err error) (call *sugerclient.Error, ok bool) {
	ok = errors.As(err, &call)
	return call, ok
}

func callMissing(err error) bool {
	return isAnswered(err, http.StatusMethodNotAllowed, http.StatusNotImplemented)
}

// isGone reports whether Suger answered the call with 404, not the token endpoint.
func isGone(err error) bool { return isAnswered(err, http.StatusNotFound) }

func isAnswered(err error, statuses ...int) bool {
	call, ok := callError(err)
	return ok && call.Kind == sugerclient.Refused && call.Err == nil && slices.Contains(statuses, call.Status)
}

// defaultRetryAfter applies if Suger names no time.
const defaultRetryAfter = 30 * time.Second

// asSCIM converts an error for the SCIM client. Every error passes through it.
func (s *suger) asSCIM(err error) error {
	call, isCall := callError(err)
	switch {
	case err == nil, errors.As(err, new(*scim.Error)), errors.Is(err, context.Canceled): // the client is gone
		return err
	case isCall:
		return s.callFailed(call, err)
	case errors.Is(err, context.DeadlineExceeded):
		return unavailable(err, "in time", 0)
	}
	return scim.Wrap(err, scim.CodeInternal, "Internal error of the gateway. Find the request id in its log.")
}

// translate is asSCIM for the error that a function returns, when deferred.
func (s *suger) translate(err *error) { *err = s.asSCIM(*err) }

// callFailed converts err, whose cause is the failure of a call, for the client.
func (s *suger) callFailed(call *sugerclient.Error, err error) error {
	refusals := &s.model.doc.Refusals
	code, text := scim.CodeSugerRefused, "Suger refused to {call}.{said}"
	switch {
	case call.Kind == sugerclient.Unavailable:
		return unavailable(err, fmt.Sprintf("to %q", call.Operation), call.RetryAfter)
	case call.Kind == sugerclient.Throttled:
		code, text = scim.CodeSugerThrottled, "Suger limits the rate of calls ({call}). Okta retries this automatically."
	case call.Kind == sugerclient.Invalid:
		code, text = scim.CodeSugerUnreadable,
			`Suger's record has an id that the call "{call}" cannot use. Run the check command to see what differs from the mapping.`
	case call.Kind == sugerclient.Unreadable:
		code, text = scim.CodeSugerUnreadable, `Suger's answer to "{call}" cannot be read. Run the check command to see what differs from the mapping.`
	case call.Status == 401:
		code, text = scim.CodeTokenRefused, "Suger does not accept the API key. Enter a valid Suger API key as the token in Okta's provisioning settings."
	case call.Status == 403:
		code, text = scim.CodeNotAllowed,
			`Suger does not let this API key {call} in organization {organization}.{said} Give the key's API client a role that manages users.`
	case callMissing(call):
		code, text = scim.CodeUnsupported, `Suger does not have the call "{call}" of the mapping. Run the check command, and correct the mapping file.`
	case call.Status == 404 && (call.Operation == spec.OpListUsers || call.Operation == spec.OpListRoles):
		code, text = scim.CodeOrgUnknown, `Suger does not know organization {organization}, or this key may not see it.`+
			" Compare it with the organization id in Suger's console and in the SCIM base URL."
	case call.Status == 404:
		code, text = scim.CodeNotFound, "Suger did not find it ({call}).{said}"
	case call.Status == 409 || call.Means(refusals.Duplicate):
		code, text = scim.CodeUserExists, "Suger says that it already exists ({call}).{said}"
		if slices.Contains([]string{spec.OpAddRole, spec.OpUpdateRole, spec.OpRemoveRole}, call.Operation) {
			code = scim.CodeGroupExists
		}
	case call.Means(refusals.Seats):
		code, text = scim.CodeNoSeat, "Suger has no seat left.{said} Free a seat or add some to the plan, then retry."
	case call.Means(refusals.Domain):
		code, text = scim.CodeDomainRefused, "Suger only accepts users with an e-mail domain of the organization.{said}"
	}
	e := scim.Wrap(err, code, "%s", strings.NewReplacer("{call}", call.Operation, "{organization}", strconv.Quote(scim.Clip(s.Organization, 40)),
		"{said}", saidBySuger(call.Message)).Replace(text))
	if code == scim.CodeSugerThrottled {
		e.RetryAfter = cmp.Or(call.RetryAfter, defaultRetryAfter)
	}
	return e
}

func unavailable(cause error, what string, retryAfter time.Duration) error {
	e := scim.Wrap(cause, scim.CodeSugerUnavailable, "Suger did not answer %s. Nothing is wrong in Okta, which retries this later.", what)
	e.RetryAfter = cmp.Or(retryAfter, defaultRetryAfter)
	return e
}

// saidBySuger quotes Suger's own words, which the client has cleaned and bounded.
func saidBySuger(message string) string {
	if message == "" {
		return ""
	}
	return " Suger says: " + strings.TrimRight(scim.Clip(message, 300), ". ") + "."
}
