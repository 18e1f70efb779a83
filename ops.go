package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// How the ops listener judges whether Suger can be reached.
const (
	probeTimeout = 3 * time.Second
	probeEvery   = 5 * time.Second  // a probe's outcome stands this long
	probeGrace   = 30 * time.Second // one success makes up for failures that follow it within this time
)

// ops answers the ops listener: is the process alive, and should it be sent
// requests. It is never on the SCIM listener.
type ops struct {
	stopping <-chan struct{} // closed when the process is to stop
	suger    *reachability
}

func (o *ops) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answerOps(w, http.StatusOK, map[string]any{"alive": true})
	})
	mux.HandleFunc("GET /readyz", o.ready)
	return mux
}

// ready is 200 if requests are welcome, else 503 with the reason.
func (o *ops) ready(w http.ResponseWriter, r *http.Request) {
	select {
	case <-o.stopping:
		answerOps(w, http.StatusServiceUnavailable, map[string]any{"ready": false, "reason": "stopping"})
		return
	default:
	}
	if !o.suger.recent(r.Context()) {
		answerOps(w, http.StatusServiceUnavailable, map[string]any{"ready": false, "reason": "Suger cannot be reached"})
		return
	}
	answerOps(w, http.StatusOK, map[string]any{"ready": true})
}

func answerOps(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the prober went away
}

// reachability remembers whether Suger's host answered lately. It asks without
// a credential: any HTTP answer will do, since it shows that name, route and
// certificate are right.
type reachability struct {
	url    string
	client *http.Client
	log    *slog.Logger
	now    func() time.Time

	mu       sync.Mutex
	asked    time.Time // when the last probe was made
	answered time.Time // when the last probe that was answered was made
	failing  bool      // the last probe was not answered
}

func newReachability(url string, log *slog.Logger) *reachability {
	return &reachability{
		url: url,
		client: &http.Client{
			Timeout:       probeTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		log: log,
		now: time.Now,
	}
}

// recent reports whether Suger's host was reached within probeGrace, asking it
// at most every probeEvery. Probers that come together share one probe.
func (r *reachability) recent(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.asked.IsZero() || now.Sub(r.asked) >= probeEvery {
		r.asked = now
		// The outcome serves later probers too, so one that hangs up must not spoil it.
		err := r.probe(context.WithoutCancel(ctx))
		if err == nil {
			r.answered = now
		}
		r.note(err)
	}
	return !r.answered.IsZero() && r.now().Sub(r.answered) < probeGrace
}

func (r *reachability) probe(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, r.url, nil)
	if err != nil {
		return err
	}
	response, err := r.client.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// note logs when the host goes away and when it is back, not every probe.
func (r *reachability) note(err error) {
	switch {
	case err != nil && !r.failing:
		r.log.Warn("Suger cannot be reached", "error", err)
	case err == nil && r.failing:
		r.log.Info("Suger can be reached again")
	}
	r.failing = err != nil
}
