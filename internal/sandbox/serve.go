package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Route is an operation of a contract.
type Route struct {
	Operation string // "update user"; faults and call counts use this name
	Pattern   string // as for [http.ServeMux]
	Handle    Handler
}

// A Handler performs one operation, with the lock of the sandbox.
type Handler func(*Request) (Answer, error)

// Writes reports whether the operation may change something.
func (r *Route) Writes() bool { return !strings.HasPrefix(r.Pattern, "GET ") }

// The operations that need no credential.
const (
	Unknown  = "unknown"   // an unknown path or method
	GetToken = "get token" // in the contracts of tests
)

var unknownRoute = Route{Unknown, "/", func(*Request) (Answer, error) { return Answer{}, Refuse(404, "no such operation") }}

// A Request is a call as an operation sees it.
type Request struct {
	*http.Request
	Store        *Store
	Organization *Organization // of the path, if it names one
	Body         []byte
}

// An Answer is held whole, so that a fault can still change it.
type Answer struct {
	Status int // 0 breaks the connection
	Header http.Header
	Body   []byte // empty for none
}

// NoBody returns an answer without a body.
func NoBody(status int) Answer { return Answer{Status: status, Header: http.Header{}} }

// Reply returns an answer with the value as JSON.
func Reply(status int, value any) Answer { return replyJSON(status, toJSON(value)) }

func replyJSON(status int, body []byte) Answer {
	return Answer{status, http.Header{"Content-Type": {"application/json"}}, body}
}

func toJSON(value any) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return body
}

// A refusal is an error that the sandbox answers to its caller.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// Refuse returns an error that is answered with this status.
func Refuse(status int, format string, args ...any) error {
	return &refusal{status: status, text: fmt.Sprintf(format, args...)}
}

// ErrNoUser is the error of an unknown user id.
var ErrNoUser = Refuse(404, "user not found")

// ServeHTTP serves the contract.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect "/a/../b" to "/b"
		s.serve(w, r, &unknownRoute)
		return
	}
	s.routes.ServeHTTP(w, r)
}

// maxBody bounds the body of a request, in bytes.
const maxBody = 1 << 20

// serve answers one call. It reads the body first: only then does the server notice that a
// client has gone away.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, rt *Route) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		err = Refuse(413, "the request is larger than %d bytes, or was cut off", maxBody)
	}
	q := &Request{Request: r, Store: s.store, Body: body}
	out := s.contract.Perform(rt, q, func() (out Answer) {
		if err == nil {
			err = s.authorize(q, rt)
		}
		if err == nil {
			out, err = rt.Handle(q)
		}
		if err != nil {
			known := &refusal{http.StatusInternalServerError, "internal error"}
			_ = errors.As(err, &known)
			out = s.contract.Refuse(known.status, known.text)
		}
		return out
	})
	if out.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	header := w.Header() // a Date or Content-Length of the answer is that of a fault
	header.Set("Date", s.options.Clock().UTC().Format(http.TimeFormat))
	if out.Status != http.StatusNoContent {
		header.Set("Content-Length", strconv.Itoa(len(out.Body)))
	}
	maps.Copy(header, out.Header)
	w.WriteHeader(out.Status)
	_, _ = w.Write(out.Body) // the client may have disconnected
}

// byKey returns the organization of an API key, which is sent as "Key …".
func (s *Sandbox) byKey(authorization string, _ bool) (id string, _ error) {
	if key, ok := strings.CutPrefix(authorization, "Key "); !ok || !slices.Contains(s.options.Keys, key) {
		return "", Refuse(401, "unauthorized")
	}
	return s.options.Organization, nil
}

// authorize checks the Authorization header. A credential is valid for its own
// organization only.
func (s *Sandbox) authorize(q *Request, rt *Route) error {
	if rt.Operation == Unknown || rt.Operation == GetToken {
		return nil
	}
	id, err := s.contract.Access(q.Header.Get("Authorization"), rt.Writes())
	if err != nil || !strings.Contains(rt.Pattern, "{organization}") {
		return err
	}
	at := slices.IndexFunc(q.Store.Organizations, func(o *Organization) bool { return o.ID == q.PathValue("organization") })
	if at < 0 {
		return Refuse(404, "organization not found")
	}
	if q.Organization = q.Store.Organizations[at]; q.Organization.ID != id {
		return Refuse(403, "the API client belongs to another organization")
	}
	return nil
}

// Fields lists what an object may have: by name the target of [json.Unmarshal], or
// nil for any value, which is ignored.
type Fields map[string]any

// Read reads the body.
func (q *Request) Read(allowed Fields) error {
	if media, _, err := mime.ParseMediaType(q.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return Refuse(400, "Content-Type must be application/json")
	}
	return ReadObject(q.Body, "", allowed)
}

// ReadObject reads an object; place is its name in the body, followed by a dot, or "" for
// the body. It refuses any other field, a value of another type, and null.
func ReadObject(text []byte, place string, allowed Fields) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return Refuse(400, "%s is not a JSON object", cmp.Or(strings.TrimSuffix(place, "."), "the body"))
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		target, known := allowed[name]
		if !known {
			return Refuse(400, "unknown field %q", place+name)
		}
		if target == nil {
			continue
		}
		if err := json.Unmarshal(object[name], target); err != nil || string(object[name]) == "null" {
			return Refuse(400, "field %q has the wrong type", place+name)
		}
	}
	return nil
}

// A Fault is a misbehavior: a delay, an error status in place of the operation, or without
// either a connection that breaks.
type Fault struct {
	Operation string // as in a route of the contract; "" is any
	Delay     time.Duration
	Status    int
}

// ParseFault parses "KIND" or "KIND OPERATION", such as "429", "2s list users" and
// "reset add user". KIND is a status from 400 to 599, a delay, hang or reset.
func ParseFault(text string) (Fault, error) {
	kind, operation, _ := strings.Cut(strings.TrimSpace(text), " ")
	fault := Fault{Operation: strings.TrimSpace(operation)}
	status, noStatus := strconv.Atoi(kind)
	delay, noDelay := time.ParseDuration(kind)
	switch {
	case kind == "reset":
	case kind == "hang":
		fault.Delay = 24 * time.Hour // nobody waits as long
	case noStatus == nil && status >= 400 && status <= 599:
		fault.Status = status
	case noDelay == nil && delay > 0:
		fault.Delay = delay
	default:
		return Fault{}, fmt.Errorf("unknown kind of fault %q: it is a status from 400 to 599, a delay such as 2s, hang or reset", kind)
	}
	return fault, nil
}

// misbehave performs the operation with the faults of [Options]: delays add up, and the first
// status or reset replaces it.
func (s *Sandbox) misbehave(rt *Route, q *Request, operate func() Answer) (out Answer) {
	for _, fault := range s.options.Faults {
		switch {
		case fault.Operation != "" && fault.Operation != rt.Operation:
		case fault.Delay > 0:
			select {
			case <-time.After(fault.Delay):
			case <-q.Context().Done():
				return Answer{}
			}
		case fault.Status > 0:
			return s.contract.Refuse(fault.Status, fmt.Sprintf("injected fault: status %d", fault.Status))
		default:
			return Answer{}
		}
	}
	s.Locked(func(*Store) { out = operate() })
	return out
}
