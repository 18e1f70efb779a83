package sandbox

import (
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// unknownRoute takes whatever is no operation of the contract, a known path
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
		if !slices.Contains(names, rt.operation) {
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

// serve answers one call, as well or as badly as the faults have it.
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
		q := &request{Request: r, store: s.store, body: body, pretend: hit.fault.Kind == NotApplied}
		if hit.fault.Kind == ShiftingList {
			q.shift = hit.fault.shift()
		}
		out = s.operate(q, rt)
	}
	s.delay(r, hit.late)
	switch hit.fault.Kind {
	case Hang:
		s.hang(r)
	case Reset:
		reset(w)
	case ClockSkew:
		s.deliver(w, call, skewed(out, hit.fault.Delay), hit.fault.Delay)
	default:
		s.deliver(w, call, s.distort(out, &hit.fault), 0)
	}
}

// operate does what the call asks for.
func (s *Sandbox) operate(q *request, rt *route) answer {
	if !rt.open {
		if err := s.authorize(q.Request, rt); err != nil {
			return s.refused(err)
		}
		if q.PathValue("organization") != s.organization {
			return s.refused(refuse(404, "organization not found"))
		}
	}
	out, err := rt.handle(q)
	if err != nil {
		return s.refused(err)
	}
	return out
}

// refused is an error in the words of the contract.
func (s *Sandbox) refused(err error) answer {
	var known *refusal
	if !errors.As(err, &known) {
		known = &refusal{status: http.StatusInternalServerError, text: "internal error"}
	}
	out, err := replyStatus(known.status, s.contract.errorBody(known.text))
	if err != nil {
		return answer{status: http.StatusInternalServerError, header: http.Header{}}
	}
	return out
}

// deliver sends the answer with the sandbox's own idea of the time.
func (s *Sandbox) deliver(w http.ResponseWriter, call *Call, out answer, skew time.Duration) {
	s.journal.end(call, out.status)
	w.Header().Set("Date", s.clock().Add(skew).UTC().Format(http.TimeFormat))
	out.send(w)
}

// delay waits, and breaks the connection off if the wait is in vain.
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

// hang waits until there is nobody left to wait for.
func (s *Sandbox) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closed:
	}
	panic(http.ErrAbortHandler)
}
