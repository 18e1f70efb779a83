package ops

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// How reachability is judged.
const (
	probeTimeout = 3 * time.Second
	probeEvery   = 5 * time.Second  // a probe's outcome is used this long
	probeGrace   = 30 * time.Second // failures within this time after an answer are ignored
)

// tokenOperation is the call that gets an OAuth App's token. It goes to another
// host, so it says nothing about Suger's.
const tokenOperation = "get token"

// A reachability knows whether Suger's host answered lately: from the gateway's own
// calls or, if there were none, from a request without a credential. Any HTTP
// answer suffices, since it shows that name, route and certificate are right.
type reachability struct {
	url    string
	client *http.Client
	log    *slog.Logger
	now    func() time.Time

	probing sync.Mutex // one probe at a time; others share its outcome
	asked   time.Time  // when the last probe was made

	mu       sync.Mutex
	answered time.Time // when Suger answered last
	since    time.Time // when the current period of answers began
	failing  bool      // the last probe was not answered
}

func newReachability(url string, log *slog.Logger, now func() time.Time) *reachability {
	follow := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &reachability{url: url, client: &http.Client{Timeout: probeTimeout, CheckRedirect: follow}, log: log, now: now}
}

// called records the outcome of a call of the gateway; the status is 0 if it was
// not answered.
func (r *reachability) called(operation string, status int) {
	if status != 0 && operation != tokenOperation {
		r.record(nil)
	}
}

// recent reports whether Suger's host was reached within probeGrace, since when it
// has answered without a break, and when it answered last; zero if it never did. It
// probes at most every probeEvery.
func (r *reachability) recent(ctx context.Context) (reached bool, since, answered time.Time) {
	r.probing.Lock()
	defer r.probing.Unlock()
	if _, answered := r.times(); r.now().Sub(r.asked) >= probeEvery && r.now().Sub(answered) >= probeEvery {
		r.asked = r.now()
		// Later callers use the outcome too, so a caller that hangs up must not cancel it.
		r.record(r.probe(context.WithoutCancel(ctx)))
	}
	since, answered = r.times()
	return r.now().Sub(answered) < probeGrace, since, answered
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

// record records an answer of Suger's or why there was none, and logs the first
// failure and the end of failures.
func (r *reachability) record(failure error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	switch {
	case failure != nil:
		if !r.failing {
			r.log.Warn("Suger cannot be reached", "error", failure)
		}
		r.failing = true
		return
	case r.failing:
		r.log.Info("Suger can be reached again")
	}
	if r.answered.IsZero() || r.failing && now.Sub(r.answered) >= probeGrace {
		r.since = now
	}
	r.answered, r.failing = now, false
}

func (r *reachability) times() (since, answered time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.since, r.answered
}
