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

// A Reachability knows whether Suger's host answered lately: from the gateway's own
// calls or, if there were none, from a request without a credential. Any HTTP
// answer suffices, since it shows that name, route and certificate are right.
type Reachability struct {
	url    string
	client *http.Client
	log    *slog.Logger
	now    func() time.Time

	probing sync.Mutex // one probe at a time; others share its outcome

	mu       sync.Mutex
	asked    time.Time // when the last probe was made
	answered time.Time // when Suger answered last
	since    time.Time // when the current period of answers began
	failing  bool      // the last probe was not answered
}

// NewReachability returns a Reachability of the Suger at the URL.
func NewReachability(url string, log *slog.Logger, now func() time.Time) *Reachability {
	return &Reachability{
		url: url,
		client: &http.Client{
			Timeout:       probeTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		log: log,
		now: now,
	}
}

// called records the outcome of a call of the gateway; the status is 0
// if it was not answered.
func (r *Reachability) called(operation string, status int) {
	if status != 0 && operation != tokenOperation {
		r.reached()
	}
}

// recent reports whether Suger's host was reached within probeGrace. It probes at
// most every probeEvery.
func (r *Reachability) recent(ctx context.Context) bool {
	r.probing.Lock()
	defer r.probing.Unlock()
	if r.due() {
		// Later callers use the outcome too, so a caller that hangs up must not cancel it.
		if err := r.probe(context.WithoutCancel(ctx)); err != nil {
			r.missed(err)
		} else {
			r.reached()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.answered.IsZero() && r.now().Sub(r.answered) < probeGrace
}

// due reports whether a probe is due, and notes that it is made.
func (r *Reachability) due() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for _, known := range []time.Time{r.asked, r.answered} {
		if !known.IsZero() && now.Sub(known) < probeEvery {
			return false
		}
	}
	r.asked = now
	return true
}

func (r *Reachability) probe(ctx context.Context) error {
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

// reached notes an answer, and logs it if Suger had been unreachable.
func (r *Reachability) reached() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if r.answered.IsZero() || r.failing && now.Sub(r.answered) >= probeGrace {
		r.since = now
	}
	if r.failing {
		r.log.Info("Suger can be reached again")
	}
	r.answered, r.failing = now, false
}

// missed records a failed probe, and logs the first of several.
func (r *Reachability) missed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.failing {
		r.log.Warn("Suger cannot be reached", "error", err)
	}
	r.failing = true
}

// times returns since when Suger has answered without a break, and when it last
// answered; zero if it never did.
func (r *Reachability) times() (since, answered time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.since, r.answered
}
