package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// adminPrefix is where the admin routes are. No contract has a path there.
const adminPrefix = "/_sandbox/"

// adminRoutes returns the sandbox's own routes, which are not part of any contract
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
	mux.HandleFunc("GET /_sandbox/faults", s.showFaults)
	mux.HandleFunc("PUT /_sandbox/faults", s.putFaults)
	mux.HandleFunc("DELETE /_sandbox/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_sandbox/calls", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.Calls()) // the client may have disconnected
	})
	return mux
}

func (s *Sandbox) showFaults(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, fault := range s.Faults() {
		_, _ = fmt.Fprintln(w, fault) // the client may have disconnected
	}
}

func (s *Sandbox) putFaults(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	active, err := parseFaults(string(body))
	if err == nil {
		err = s.SetFaults(active...)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// parseFaults parses one fault a line and ignores empty lines.
func parseFaults(lines string) ([]Fault, error) {
	var active []Fault
	for line := range strings.Lines(lines) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		fault, err := ParseFault(line)
		if err != nil {
			return nil, err
		}
		active = append(active, fault)
	}
	return active, nil
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

// unknown is the operation of an unknown path or method.
const unknown = "unknown"

// journalSize is how many calls are kept; counts include all.
const journalSize = 20000

type journal struct {
	mu     sync.Mutex
	calls  []*Call
	counts map[string]int
}

// begin records a call before it is answered.
func (j *journal) begin(operation string, r *http.Request) *Call {
	call := &Call{Operation: operation, Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.calls) == journalSize {
		j.calls = append(j.calls[:0], j.calls[journalSize/2:]...)
	}
	j.calls = append(j.calls, call)
	j.counts[operation]++
	return call
}

// end records what was answered, before the answer can be read.
func (j *journal) end(call *Call, status int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	call.Status = status
}

// Calls returns the calls received, in order: all up to 20,000, and at least the
// latest 10,000 after that.
func (s *Sandbox) Calls() []Call {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	calls := make([]Call, 0, len(s.journal.calls))
	for _, call := range s.journal.calls {
		calls = append(calls, *call)
	}
	return calls
}

// Count returns how many calls of the operation were received, of any operation if
// it is "". The operation of token requests is "get token".
func (s *Sandbox) Count(operation string) int {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	if operation != "" {
		return s.journal.counts[operation]
	}
	total := 0
	for n := range maps.Values(s.journal.counts) {
		total += n
	}
	return total
}

// ResetCalls resets calls and counts.
func (s *Sandbox) ResetCalls() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.calls = nil
	clear(s.journal.counts)
}
