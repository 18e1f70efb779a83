// Package sandbox is Suger in memory, served over HTTP as Suger's API would be, to try the
// gateway out, also with a Suger that misbehaves. It shares no table of fields or paths
// with the gateway's mapping, so that a mistake in one shows in the other. Tests extend it
// (internal/test/sandbox). Start with [New].
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
	"sync"
	"time"
)

// DefaultOrganization is the id of the organization if [Options] names none.
const DefaultOrganization = "sandboxed"

// Options configures a sandbox. Only a key is required.
type Options struct {
	Organization string   // organization id; default [DefaultOrganization]
	Keys         []string // API keys

	People   int              // sample people besides the fixed ones, who have the first domain
	Domains  []string         // e-mail domains whose people may be added; default example.com
	Seats    int              // most members; 0 means no limit
	Clock    func() time.Time // default time.Now
	Seed     int64            // of ids and sample names
	Faults   []Fault
	Contract *Contract // default [Membership]
}

// A Contract is one way to reach the organizations over HTTP.
type Contract struct {
	Routes []Route
	Refuse func(status int, text string) Answer // answers an error

	// What follows is for the contracts of tests. operate needs the lock of the sandbox.

	NewID   func() func() string                                            // makes ids, in place of opaque ones
	Access  func(authorization string, write bool) (id string, _ error)     // the organization of a credential, in place of the keys of [Options]
	Perform func(rt *Route, q *Request, operate func() Answer) (out Answer) // in place of the faults of [Options]
}

// Operations lists the operations that a fault may name.
func (c *Contract) Operations() (names []string) {
	for _, rt := range c.Routes {
		if rt.Operation != Unknown {
			names = append(names, rt.Operation)
		}
	}
	return names
}

// A Sandbox is Suger behind its HTTP API. It is safe for concurrent use. Delays end with the
// context of their request.
type Sandbox struct {
	options  Options
	contract Contract
	routes   *http.ServeMux

	mu    sync.Mutex // guards what follows
	store *Store
}

// New returns a sandbox, or an error if an option is wrong.
func New(options Options) (*Sandbox, error) {
	if options.Contract == nil {
		options.Contract = Membership
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	options.Organization = cmp.Or(options.Organization, DefaultOrganization)
	if len(options.Domains) == 0 {
		options.Domains = []string{"example.com"}
	}
	noDomain := func(domain string) bool { return domain == "" || strings.ContainsAny(domain, "@ ") }
	operations := options.Contract.Operations()
	unknown := slices.IndexFunc(options.Faults, func(f Fault) bool { return f.Operation != "" && !slices.Contains(operations, f.Operation) })
	switch {
	case len(options.Keys) == 0 && options.Contract.Access == nil, slices.Contains(options.Keys, ""):
		return nil, errors.New("sandbox: an API key is required and may not be empty")
	case slices.ContainsFunc(options.Domains, noDomain):
		return nil, fmt.Errorf("sandbox: not all of %q are e-mail domains", options.Domains)
	case unknown >= 0:
		return nil, fmt.Errorf("sandbox: no operation %q; there are %s", options.Faults[unknown].Operation, strings.Join(operations, ", "))
	}
	s := &Sandbox{options: options, contract: *options.Contract, routes: http.NewServeMux(), store: newStore(options)}
	if s.contract.Access == nil {
		s.contract.Access = s.byKey
	}
	if s.contract.Perform == nil {
		s.contract.Perform = s.misbehave
	}
	for _, rt := range append(slices.Clip(s.contract.Routes), unknownRoute) {
		s.routes.HandleFunc(rt.Pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, &rt) })
	}
	return s, nil
}

// Locked lets a test read or write the store while no call does.
func (s *Sandbox) Locked(do func(*Store)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.store)
}

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
