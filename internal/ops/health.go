package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Thresholds for recent calls and drift.
const (
	recentMinutes = 5
	fewCalls      = 5         // fewer calls are not judged
	driftLasts    = time.Hour // after its last occurrence
)

// A readiness is the answer of /readyz. The gateway is not ready only if it could
// answer nothing. Lesser problems are listed as degraded: removing every replica
// because one of Suger's fields has a new name would stop what still works.
type readiness struct {
	Ready    bool         `json:"ready"`
	Reason   string       `json:"reason,omitempty"`
	Suger    sugerState   `json:"suger"`
	Recent   recentCalls  `json:"recent"`
	Degraded []string     `json:"degraded"`
	Drift    []driftState `json:"drift"`
}

type sugerState struct {
	Reachable bool       `json:"reachable"`
	Since     *time.Time `json:"since,omitempty"` // since then it has answered without a break
	Answered  *time.Time `json:"last_answer,omitempty"`
}

type recentCalls struct {
	Minutes int `json:"minutes"`
	Calls   int `json:"calls"`
	Failed  int `json:"failed"`
}

type driftState struct {
	Operation string    `json:"operation"`
	Field     string    `json:"field"`
	Answers   int64     `json:"answers"`
	Last      time.Time `json:"last"`
}

// readiness probes Suger's host if there was no recent call.
func (s *server) readiness(ctx context.Context) readiness {
	now := s.config.Now()
	r := readiness{Degraded: []string{}, Drift: []driftState{}}
	r.Suger.Reachable = s.config.Activity.suger.recent(ctx)
	since, answered := s.config.Activity.suger.times()
	if !answered.IsZero() {
		r.Suger.Since, r.Suger.Answered = &since, &answered
	}
	switch {
	case s.stopping():
		r.Reason = "stopping"
	case !r.Suger.Reachable:
		r.Reason = "Suger cannot be reached"
	default:
		r.Ready = true
	}
	lately := s.config.Activity.lately(recentMinutes)
	r.Recent = recentCalls{Minutes: recentMinutes, Calls: lately.calls, Failed: lately.unanswered}
	if lately.calls >= fewCalls && lately.unanswered*2 > lately.calls {
		r.Degraded = append(r.Degraded, fmt.Sprintf("%d of %d calls to Suger in %d minutes were not answered", lately.unanswered, lately.calls, recentMinutes))
	}
	for _, d := range s.config.Drift() {
		r.Drift = append(r.Drift, driftState{d.Operation, d.Field, d.Answers, d.Last})
		if now.Sub(d.Last) < driftLasts {
			r.Degraded = append(r.Degraded, fmt.Sprintf("the answer to %q differs from the mapping in %q", d.Operation, d.Field))
		}
	}
	return r
}

func (s *server) stopping() bool {
	select {
	case <-s.config.Stopping:
		return true
	default:
		return false
	}
}

// alive answers /healthz: the process runs.
func alive(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, map[string]any{"alive": true})
}

// ready answers /readyz: 200 if the gateway can answer requests, else 503 with the
// reason.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	state := s.readiness(r.Context())
	status := http.StatusOK
	if !state.Ready {
		status = http.StatusServiceUnavailable
	}
	answerJSON(w, status, state)
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client disconnected
}
