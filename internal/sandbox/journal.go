package sandbox

import (
	"maps"
	"net/http"
	"sync"
)

// A Call is one request that the sandbox has received. It never holds the
// credential, which travels in a header or a body.
type Call struct {
	Operation string `json:"operation"` // "update user", or "unknown"
	Method    string `json:"method"`
	Path      string `json:"path"` // as sent, still escaped
	Query     string `json:"query"`
	Status    int    `json:"status"` // 0 if nothing was answered, or nothing yet
}

// unknown is the operation of a request that is none.
const unknown = "unknown"

// journalSize is how many calls are kept to be read; the counts go on.
const journalSize = 20000

type journal struct {
	mu     sync.Mutex
	calls  []*Call
	counts map[string]int
}

func newJournal() *journal { return &journal{counts: make(map[string]int)} }

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

// Calls are the calls received, in order: all of them up to 20,000, and at
// least the latest 10,000 after that.
func (s *Sandbox) Calls() []Call {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	calls := make([]Call, 0, len(s.journal.calls))
	for _, call := range s.journal.calls {
		calls = append(calls, *call)
	}
	return calls
}

// Count is how many calls of the operation were received, of any operation if
// it is "". Those for a token are "get token".
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

// ResetCalls forgets all calls and counts.
func (s *Sandbox) ResetCalls() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.calls = nil
	clear(s.journal.counts)
}
