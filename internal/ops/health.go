package ops

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
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
	Ready    bool      `json:"ready"`
	Reason   string    `json:"reason,omitempty"`
	Answered time.Time `json:"last_answer,omitzero"` // when Suger answered last
	Degraded []string  `json:"degraded"`
}

// readiness probes Suger's host if there was no recent call.
func (s *server) readiness() readiness {
	r := readiness{Answered: s.config.Activity.lastAnswer(), Degraded: []string{}}
	switch {
	case s.config.Stopping():
		r.Reason = "stopping"
	case s.config.Now().Sub(r.Answered) >= probeGrace:
		r.Reason = "Suger cannot be reached"
	default:
		r.Ready = true
	}
	if calls := s.config.Activity.recent(recentMinutes).Calls; calls.All >= fewCalls && calls.Failed*2 > calls.All {
		r.Degraded = append(r.Degraded, fmt.Sprintf("%d of %d calls to Suger in the last %d minutes failed (5xx or no answer)", calls.Failed, calls.All, recentMinutes))
	}
	for _, d := range s.config.Drift() {
		if s.config.Now().Sub(d.Last) < driftLasts {
			r.Degraded = append(r.Degraded, fmt.Sprintf("the answer to %q differs from the mapping in %q", d.Operation, d.Field))
		}
	}
	return r
}

// ready answers /readyz: 200 if the gateway can answer requests, else 503 with the
// reason.
func (s *server) ready(w http.ResponseWriter, _ *http.Request) {
	state := s.readiness()
	status := http.StatusOK
	if !state.Ready {
		status = http.StatusServiceUnavailable
	}
	answerJSON(w, status, state)
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client disconnected
}

// Parameters of reachability.
const (
	probeTimeout = 3 * time.Second
	probeEvery   = 5 * time.Second  // a probe's outcome is used this long
	probeGrace   = 30 * time.Second // failures within this time after an answer are ignored
)

// tokenOperation is the call that gets an OAuth App's token. It goes to another
// host, so it says nothing about Suger's.
const tokenOperation = "get token"

// A reachability is whether Suger's host answered lately: to the gateway's own calls
// or, if there were none, to a request without a credential. Any HTTP answer
// suffices, since it shows that name, route and certificate are right.
type reachability struct {
	url    string
	client http.Client
	log    *slog.Logger

	probing sync.Mutex // one probe at a time; others share its outcome
	probed  time.Time  // when the last probe was made

	// The lock of [Activity] guards what follows.
	answered time.Time // when Suger answered last
	failing  bool      // the last probe was not answered
}

// lastAnswer returns when Suger's host answered last; zero if it never did. It probes
// at most every probeEvery.
func (a *Activity) lastAnswer() (answered time.Time) {
	a.suger.probing.Lock()
	defer a.suger.probing.Unlock()
	a.note(func(time.Time) { answered = a.suger.answered })
	now := a.now()
	if now.Sub(a.suger.probed) < probeEvery || now.Sub(answered) < probeEvery {
		return answered
	}
	a.suger.probed = now
	response, failure := a.suger.client.Head(a.suger.url) //nolint:noctx // a caller that hangs up must not cancel what later ones use; the client has a timeout
	if failure == nil {
		_ = response.Body.Close()
	}
	a.note(func(now time.Time) {
		a.suger.record(failure, now)
		answered = a.suger.answered
	})
	return answered
}

// record records an answer of Suger's or why there was none, and logs the first
// failure and the end of failures.
func (r *reachability) record(failure error, now time.Time) {
	switch {
	case failure != nil && !r.failing:
		r.log.Warn("Suger cannot be reached", "error", failure)
	case failure == nil && r.failing:
		r.log.Info("Suger can be reached again")
	}
	if r.failing = failure != nil; !r.failing {
		r.answered = now
	}
}
