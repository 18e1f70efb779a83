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
	Ready  bool   `json:"ready"`
	Reason string `json:"reason,omitempty"`
	Suger  struct {
		Reachable bool      `json:"reachable"`
		Since     time.Time `json:"since,omitzero"` // since then it has answered without a break
		Answered  time.Time `json:"last_answer,omitzero"`
	} `json:"suger"`
	Recent struct {
		Minutes int `json:"minutes"`
		Calls   int `json:"calls"`
		Failed  int `json:"failed"`
	} `json:"recent"`
	Degraded []string     `json:"degraded"`
	Drift    []driftState `json:"drift"`
}

type driftState struct {
	Operation string    `json:"operation"`
	Field     string    `json:"field"`
	Answers   int64     `json:"answers"`
	Last      time.Time `json:"last"`
}

// readiness probes Suger's host if there was no recent call.
func (s *server) readiness(ctx context.Context) readiness {
	r := readiness{Degraded: []string{}, Drift: []driftState{}}
	r.Suger.Reachable, r.Suger.Since, r.Suger.Answered = s.config.Activity.suger.recent(ctx)
	switch {
	case s.config.Stopping():
		r.Reason = "stopping"
	case !r.Suger.Reachable:
		r.Reason = "Suger cannot be reached"
	default:
		r.Ready = true
	}
	_, lately := s.config.Activity.lately(recentMinutes)
	calls, failed := lately.calls.All, lately.calls.Failed
	r.Recent.Minutes, r.Recent.Calls, r.Recent.Failed = recentMinutes, calls, failed
	if calls >= fewCalls && failed*2 > calls {
		r.Degraded = append(r.Degraded, fmt.Sprintf("%d of %d calls to Suger in %d minutes were not answered", failed, calls, recentMinutes))
	}
	for _, d := range s.config.Drift() {
		r.Drift = append(r.Drift, driftState(d))
		if s.config.Now().Sub(d.Last) < driftLasts {
			r.Degraded = append(r.Degraded, fmt.Sprintf("the answer to %q differs from the mapping in %q", d.Operation, d.Field))
		}
	}
	return r
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
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the client disconnected
}
