package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unknownRoute is for whatever is no operation of the contract, a known path
// with another method included.
var unknownRoute = route{
	operation: unknown, open: true,
	handle: func(*request) (answer, error) { return answer{}, errNoPath },
}

func (s *Sandbox) allRoutes() []route { return slices.Concat(s.contract.routes, s.tokens.routes()) }

// operations are the names that a fault may have as its operation.
func (s *Sandbox) operations() []string {
	var names []string
	for _, rt := range s.allRoutes() {
		if rt.operation != unknown && !slices.Contains(names, rt.operation) {
			names = append(names, rt.operation)
		}
	}
	return names
}

func (s *Sandbox) newRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, rt := range s.allRoutes() {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, &rt) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, &unknownRoute) })
	return mux
}

// ServeHTTP serves the contract, the token endpoints, and the admin routes if
// they are switched on.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.admin != nil && strings.HasPrefix(r.URL.Path, adminPrefix):
		s.admin.ServeHTTP(w, r)
	case path.Clean(r.URL.Path) != r.URL.Path: // the mux would redirect "/a/../b" to "/b"
		s.serve(w, r, &unknownRoute)
	default:
		s.routes.ServeHTTP(w, r)
	}
}

// serve answers one call, with its faults.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, rt *route) {
	call := s.journal.begin(rt.operation, r)
	body, err := readBody(w, r)
	if err != nil {
		s.deliver(w, call, s.refused(err), 0)
		return
	}
	hit := s.faults.strike(rt, r)
	s.delay(r, hit.early)
	var out answer
	if !hit.fault.preempts() {
		q := &request{Request: r, store: s.store, body: body}
		if hit.fault.Kind == ShiftingList {
			q.shift = cmp.Or(hit.fault.Shift, 1)
		}
		out = s.operate(q, rt, hit.fault.Kind == NotApplied)
	}
	s.delay(r, hit.late)
	switch hit.fault.Kind {
	case Hang:
		s.hang(r)
	case Reset:
		reset(w)
	case ClockSkew:
		s.deliver(w, call, skewed(out.whole(), hit.fault.Delay), hit.fault.Delay)
	case "":
		s.deliver(w, call, out, 0)
	default:
		s.deliver(w, call, s.distort(out.whole(), &hit.fault), 0)
	}
}

// operate performs the operation, or only pretends to.
func (s *Sandbox) operate(q *request, rt *route, pretend bool) answer {
	if rt.writes() {
		s.store.mu.Lock()
		defer s.store.mu.Unlock()
		s.store.pretend = pretend
		defer func() { s.store.pretend = false }()
	} else {
		s.store.mu.RLock()
		defer s.store.mu.RUnlock()
	}
	if !rt.open {
		if err := s.authorize(q, rt); err != nil {
			return s.refused(err)
		}
	}
	out, err := rt.handle(q)
	if err != nil {
		return s.refused(err)
	}
	return out
}

// refused is an error in the contract's form.
func (s *Sandbox) refused(err error) answer {
	var known *refusal
	if !errors.As(err, &known) {
		known = &refusal{status: http.StatusInternalServerError, text: "internal error"}
	}
	out := s.contract.refuse(known.status, known.text)
	if known.allow != "" {
		out.header.Set("Allow", known.allow)
	}
	return out
}

// deliver sends the answer with the sandbox's time.
func (s *Sandbox) deliver(w http.ResponseWriter, call *Call, out answer, skew time.Duration) {
	s.journal.end(call, out.status)
	w.Header().Set("Date", s.clock().Add(skew).UTC().Format(http.TimeFormat))
	out.send(w)
}

// delay waits, and aborts the connection if client or sandbox close meanwhile.
func (s *Sandbox) delay(r *http.Request, wait time.Duration) {
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-s.closed:
		panic(http.ErrAbortHandler)
	}
}

// hang waits until client or sandbox close.
func (s *Sandbox) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closed:
	}
	panic(http.ErrAbortHandler)
}

// An answer is held whole, so that a fault can still change it.
type answer struct {
	status int
	header http.Header
	body   []byte // empty for none
	cut    bool   // break the connection in the middle of the body

	// stream writes a body that is too large to hold. Its content was fixed when
	// the answer was made.
	stream func(io.Writer) error
}

// whole is the answer with its body in memory.
func (a answer) whole() answer {
	if a.stream == nil {
		return a
	}
	var body bytes.Buffer
	_ = a.stream(&body) // a buffer has no error
	a.body, a.stream = body.Bytes(), nil
	return a
}

// stamp renders a time.
func stamp(t time.Time) string { return t.Format(timeFormat) }

// timeFormat is RFC 3339 in UTC, to the millisecond.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// noBody returns an answer without a body.
func noBody(status int) answer { return answer{status: status, header: http.Header{}} }

// reply returns an answer with the value as JSON.
func reply(status int, value any) answer {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // every value is of a type of this package
	}
	return answer{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

// send writes the answer. A cut answer has its full Content-Length and stops
// half-way.
func (a answer) send(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.stream != nil {
		w.WriteHeader(a.status)
		_ = a.stream(w) // the client may have disconnected
		return
	}
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if !a.cut {
		_, _ = w.Write(a.body) // the client may have disconnected
		return
	}
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush() // what is not flushed is dropped with the connection
	panic(http.ErrAbortHandler)
}
