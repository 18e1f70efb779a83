package ops

import (
	"cmp"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// maxChanges is how many changes are kept.
const maxChanges = 200

// Activity observes the gateway, the mapping and the Suger client: it counts their events
// for Prometheus, and keeps the recent ones for the status page, in bounded memory and with
// personal data only as far as showPersonal allows. It is safe for concurrent use.
type Activity struct {
	metrics      *metrics
	suger        reachability
	showPersonal bool
	now          func() time.Time

	mu       sync.Mutex
	requests load                // of SCIM; failed: answered 5xx or, since Okta cannot use that, 429
	calls    load                // to Suger
	recent   [recentCalls]call   // each at its number modulo recentCalls
	errors   map[scim.Code]tally // since the start
	changes  []shownChange       // the newest first, at most maxChanges
	dry      DryRunReport
}

// A call is a request to Suger that has ended.
type call struct {
	at     time.Time
	failed bool // answered 5xx, or not at all
}

// A load is a number of requests since the start, and how many of them failed.
type load struct{ All, Failed int }

func (l *load) add(failed bool) {
	l.All++
	if failed {
		l.Failed++
	}
}

type tally struct {
	count int
	last  time.Time
}

// A shownChange is one attempted change, as the page shows it.
type shownChange struct {
	mapping.Change // User masked unless personal data is shown; Before and After are in Differs
	Differs        []difference
}

// A difference is one attribute before and after. A hidden one has no values.
type difference struct {
	Attribute string `json:"attribute"`
	Before    string `json:"before"`
	After     string `json:"after"`
	Hidden    bool   `json:"hidden,omitempty"`
}

// NewActivity returns an empty Activity for the Suger at the URL.
func NewActivity(build Build, suger string, showPersonal bool, log *slog.Logger, now func() time.Time) *Activity {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Activity{
		metrics: newMetrics(build), showPersonal: showPersonal, now: now,
		suger:  reachability{url: suger, client: http.Client{Timeout: probeTimeout, CheckRedirect: stay}, log: log},
		errors: map[scim.Code]tally{}, dry: DryRunReport{Counts: map[string]int{}, Changes: []dryEntry{}, at: map[[sha256.Size]byte]int{}},
	}
}

// locked calls do under the lock.
func (a *Activity) locked(do func(now time.Time)) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	do(now)
}

// Answered records a SCIM answer; resource is "" for an unknown path.
func (a *Activity) Answered(resource, method string, status int, took time.Duration) {
	resource = cmp.Or(resource, "unknown")
	a.metrics.requests.WithLabelValues(resource, method, statusWord(status)).Inc()
	a.metrics.durations.WithLabelValues(resource, method).Observe(took.Seconds())
	a.locked(func(time.Time) {
		a.requests.add(status >= http.StatusInternalServerError || status == http.StatusTooManyRequests)
	})
}

// Failed records an error sent to a SCIM client.
func (a *Activity) Failed(code scim.Code) {
	a.metrics.errors.WithLabelValues(string(code)).Inc()
	a.locked(func(now time.Time) { a.errors[code] = tally{a.errors[code].count + 1, now} })
}

// Called records a request to Suger; the status is 0 if it was not answered.
func (a *Activity) Called(operation string, status int, elapsed time.Duration) {
	a.metrics.calls.WithLabelValues(operation, statusWord(status)).Inc()
	a.metrics.callTimes.WithLabelValues(operation).Observe(elapsed.Seconds())
	a.locked(func(now time.Time) {
		failed := status == 0 || status >= http.StatusInternalServerError
		a.recent[a.calls.All%recentCalls] = call{now, failed}
		a.calls.add(failed)
		if status != 0 && operation != tokenOperation {
			a.suger.record(nil, now)
		}
	})
}

// Retried records a retry of a request to Suger.
func (a *Activity) Retried(string) { a.metrics.retries.Inc() }

// Drift records an answer, or a field of one, that differs from the mapping.
func (a *Activity) Drift(operation, _ string) { a.metrics.drifts.WithLabelValues(operation).Inc() }

// Lookup records an id lookup.
func (a *Activity) Lookup(result string) { a.metrics.lookups.WithLabelValues(result).Inc() }

// List records a use of the list of users.
func (a *Activity) List(result string) { a.metrics.lists.WithLabelValues(result).Inc() }

// Unconfirmed records a change that Suger does not show.
func (a *Activity) Unconfirmed(string) { a.metrics.unconfirmed.Inc() }

// Refused records a change that a guard stopped.
func (a *Activity) Refused(guard string) { a.metrics.refusals.WithLabelValues(guard).Inc() }

// Changed records an attempted change.
func (a *Activity) Changed(c mapping.Change) {
	one := shownChange{Change: c, Differs: a.differences(c)}
	one.User, one.Before, one.After = a.person(c.User), nil, nil
	a.locked(func(time.Time) {
		a.changes = slices.Insert(a.changes[:min(len(a.changes), maxChanges-1)], 0, one)
		if c.Outcome == "dry run" {
			a.dry.add(c, one.User, one.Differs)
		}
	})
}

// plain are the attributes of a user whose values are not personal.
var plain = []string{"role", "active"}

// differences returns what changed; of a personal attribute only its name.
func (a *Activity) differences(c mapping.Change) []difference {
	ofRole := slices.Contains([]string{"add role", "update role", "remove role"}, c.What)
	var list []difference
	for attribute, value := range c.After {
		d := difference{Attribute: attribute, Before: c.Before[attribute], After: value}
		if !a.showPersonal && !ofRole && !slices.Contains(plain, attribute) {
			d = difference{Attribute: attribute, Hidden: true}
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(x, y difference) int { return strings.Compare(x.Attribute, y.Attribute) })
	return list
}

// person masks an e-mail address: its first letter and its domain are enough to find a
// change. Other names are those of roles, or hashes already.
func (a *Activity) person(name string) string {
	local, domain, isAddress := strings.Cut(name, "@")
	if a.showPersonal || !isAddress {
		return name
	}
	_, size := utf8.DecodeRuneInString(local)
	return local[:size] + "…@" + domain
}

// seconds are the bounds of the duration histograms: from an answer out of
// memory to the 60 s after which Okta hangs up.
var seconds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25, 50}

// A Build identifies the program. Version and Commit may be "unknown"; Module is the
// path that it is published under.
type Build struct{ Version, Commit, Go, Module string }

// metrics are the counters of one process, which docs/metrics.md lists. No label has a
// value that a client or Suger can choose freely.
type metrics struct {
	registry             *prometheus.Registry
	inFlight             prometheus.Gauge
	retries, unconfirmed prometheus.Counter
	durations, callTimes *prometheus.HistogramVec

	requests, errors, calls, lookups, lists, refusals, drifts *prometheus.CounterVec
}

// newMetrics returns the counters. Those whose labels are known begin at zero, so that the
// first event is an increase that an alert can see.
func newMetrics(build Build) *metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	factory := promauto.With(registry)
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return factory.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histograms := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return factory.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: seconds}, labels)
	}
	m := &metrics{
		registry:    registry,
		requests:    counters("suger_scim_requests_total", "SCIM requests answered.", "resource", "method", "code"),
		durations:   histograms("suger_scim_request_duration_seconds", "Time from a SCIM request to its answer.", "resource", "method"),
		inFlight:    factory.NewGauge(prometheus.GaugeOpts{Name: "suger_scim_requests_in_flight", Help: "SCIM requests being answered now."}),
		errors:      counters("suger_scim_errors_total", "Errors answered, by the code in brackets at the end of the message; each failed operation of a bulk request counts.", "error"),
		calls:       counters("suger_scim_upstream_requests_total", "HTTP requests sent to Suger, retries included.", "operation", "code"),
		callTimes:   histograms("suger_scim_upstream_request_duration_seconds", "Time from a request to Suger to the end of its answer, without the wait in the gateway's own queue.", "operation"),
		retries:     counters("suger_scim_upstream_retries_total", "Retries of requests to Suger.").WithLabelValues(),
		lookups:     counters("suger_scim_lookup_cache_total", "Lookups of an id by e-mail address. A hit was verified at Suger; a wrong one was dropped and looked up again.", "result"),
		lists:       counters("suger_scim_list_cache_total", "Uses of the user list, by whether a recent one was in memory.", "result"),
		unconfirmed: counters("suger_scim_writes_unconfirmed_total", "Changes that Suger accepted but did not show afterwards. Each was answered as an error.").WithLabelValues(),
		refusals:    counters("suger_scim_guard_refusals_total", "Changes that a guard stopped.", "guard"),
		drifts:      counters("suger_scim_mapping_drift_total", "Answers of Suger, or fields of them, that differ from the mapping.", "operation"),
	}
	factory.NewGaugeVec(prometheus.GaugeOpts{
		Name: "suger_scim_build_info", Help: "Always 1; the labels say which program this is.",
	}, []string{"version", "commit", "go"}).WithLabelValues(build.Version, build.Commit, build.Go).Set(1)
	var codes []string
	for _, entry := range scim.Codes {
		codes = append(codes, string(entry.Code))
	}
	for counter, labels := range map[*prometheus.CounterVec][]string{
		m.lookups: {"hit", "miss", "wrong"}, m.lists: {"hit", "miss"}, m.errors: codes,
		m.refusals: mapping.GuardNames(), m.drifts: spec.OperationNames(),
	} {
		for _, label := range labels {
			counter.WithLabelValues(label)
		}
	}
	return m
}

// ShowCertificate adds when the certificate of the SCIM listener expires.
func (a *Activity) ShowCertificate(notAfter func() time.Time) {
	a.metrics.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "suger_scim_tls_certificate_expiry_timestamp_seconds",
		Help: "When the certificate of the SCIM listener expires, in seconds since 1970. Only with GATEWAY_TLS_CERT.",
	}, func() float64 { return float64(notAfter().Unix()) }))
}

// Handler serves scrapes.
func (a *Activity) Handler() http.Handler {
	return promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// InFlight counts the requests that next serves.
func (a *Activity) InFlight(next http.Handler) http.Handler {
	return promhttp.InstrumentHandlerInFlight(a.metrics.inFlight, next)
}

// statusWord returns an HTTP status as a label value: "none" without an answer,
// "other" for any other number.
func statusWord(status int) string {
	switch {
	case status == 0:
		return "none"
	case status < 100 || status > 599:
		return "other"
	}
	return strconv.Itoa(status)
}
