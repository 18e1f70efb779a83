package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// adminPrefix is where the admin routes are. No contract has a path there.
const adminPrefix = "/_sandbox/"

// adminRoutes returns the sandbox's own routes, which are not part of the contract
// and not counted as calls:
//
//	GET /_sandbox/faults     the faults in their text form, one a line
//	PUT /_sandbox/faults     replaces them; the same form
//	DELETE /_sandbox/faults  removes them
//	GET /_sandbox/calls      the calls received, as JSON
//
// They need no credential: they are for a sandbox that only its owner can reach.
func (s *Sandbox) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/faults", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		for _, fault := range s.Faults() {
			_, _ = fmt.Fprintln(w, fault) // the client may have disconnected
		}
	})
	mux.HandleFunc("PUT /_sandbox/faults", s.putFaults)
	mux.HandleFunc("DELETE /_sandbox/faults", s.putFaults) // without a body
	mux.HandleFunc("GET /_sandbox/calls", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.Calls()) // the client may have disconnected
	})
	return mux
}

// putFaults replaces the faults by those of the body, one a line.
func (s *Sandbox) putFaults(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	var faults []Fault
	for line := range strings.Lines(string(body)) {
		if strings.TrimSpace(line) == "" || err != nil {
			continue
		}
		var fault Fault
		fault, err = ParseFault(line)
		faults = append(faults, fault)
	}
	if err == nil {
		err = s.SetFaults(faults...)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// A Call is a request that the sandbox received, without the credential, which is
// in a header or a body.
type Call struct {
	Operation string `json:"operation"` // "update user", or "unknown"
	Method    string `json:"method"`
	Path      string `json:"path"` // as sent, still escaped
	Query     string `json:"query"`
	Status    int    `json:"status"` // 0 without an answer so far
}

// journalSize is how many calls are kept.
const journalSize = 20000

// begin records a call before it is answered.
func (s *Sandbox) begin(operation string, r *http.Request) *Call {
	call := &Call{Operation: operation, Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) == journalSize {
		s.calls = append(s.calls[:0], s.calls[journalSize/2:]...)
	}
	s.calls = append(s.calls, call)
	if s.contract.Called != nil {
		s.contract.Called(call)
	}
	return call
}

// Calls returns the calls received, in order: all up to 20,000, and at least the
// latest 10,000 after that.
func (s *Sandbox) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]Call, 0, len(s.calls))
	for _, call := range s.calls {
		calls = append(calls, *call)
	}
	return calls
}
