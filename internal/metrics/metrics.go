// Package metrics counts what the gateway does, for Prometheus. docs/metrics.md
// lists every metric; a test compares the two.
//
// A [Metrics] receives the events of the gateway, the mapping and the Suger client.
// No label has a value that a client or Suger can choose freely.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// seconds are the bounds of the duration histograms: from an answer out of
// memory to the 60 s after which Okta hangs up.
var seconds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25, 50}

// A Build identifies the program.
type Build struct{ Version, Commit, Go string }

// Metrics are the counters of one process. Its methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	requests    *prometheus.CounterVec
	durations   *prometheus.HistogramVec
	inFlight    prometheus.Gauge
	errors      *prometheus.CounterVec
	calls       *prometheus.CounterVec
	callTimes   *prometheus.HistogramVec
	retries     prometheus.Counter
	lookups     *prometheus.CounterVec
	lists       *prometheus.CounterVec
	unconfirmed prometheus.Counter
	refusals    *prometheus.CounterVec
	drifts      *prometheus.CounterVec
}

// New returns the counters. Every name begins with suger_scim_, so that a query
// finds all of them and nothing of another program. Those whose labels are known
// begin at zero, so that the first event is an increase that an alert can see.
func New(build Build) *Metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	factory := promauto.With(registry)
	counter := func(name, help string) prometheus.Counter {
		return factory.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return factory.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histograms := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return factory.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: seconds}, labels)
	}
	m := &Metrics{
		registry:    registry,
		requests:    counters("suger_scim_requests_total", "SCIM requests answered.", "resource", "method", "code"),
		durations:   histograms("suger_scim_request_duration_seconds", "Time from a SCIM request to its answer.", "resource", "method"),
		inFlight:    factory.NewGauge(prometheus.GaugeOpts{Name: "suger_scim_requests_in_flight", Help: "SCIM requests being answered now."}),
		errors:      counters("suger_scim_errors_total", "Errors answered, by the code in brackets at the end of the message; each failed operation of a bulk request counts.", "error"),
		calls:       counters("suger_scim_upstream_requests_total", "HTTP requests sent to Suger, retries included.", "operation", "code"),
		callTimes:   histograms("suger_scim_upstream_request_duration_seconds", "Time from a request to Suger to the end of its answer, without the wait in the gateway's own queue.", "operation"),
		retries:     counter("suger_scim_upstream_retries_total", "Retries of requests to Suger."),
		lookups:     counters("suger_scim_lookup_cache_total", "Lookups of an id by e-mail address. A hit was verified at Suger; a wrong one was dropped and looked up again.", "result"),
		lists:       counters("suger_scim_list_cache_total", "Uses of the user list, by whether a recent one was in memory.", "result"),
		unconfirmed: counter("suger_scim_writes_unconfirmed_total", "Changes that Suger accepted but did not show afterwards. Each was answered as an error."),
		refusals:    counters("suger_scim_guard_refusals_total", "Changes that a guard stopped.", "guard"),
		drifts:      counters("suger_scim_mapping_drift_total", "Answers of Suger, or fields of them, that differ from the mapping.", "operation"),
	}
	factory.NewGaugeVec(prometheus.GaugeOpts{
		Name: "suger_scim_build_info", Help: "Always 1; the labels say which program this is.",
	}, []string{"version", "commit", "go"}).WithLabelValues(build.Version, build.Commit, build.Go).Set(1)
	m.beginAtZero()
	return m
}

func (m *Metrics) beginAtZero() {
	for _, result := range []string{"hit", "miss", "wrong"} {
		m.lookups.WithLabelValues(result)
	}
	for _, result := range []string{"hit", "miss"} {
		m.lists.WithLabelValues(result)
	}
	for _, guard := range mapping.GuardNames() {
		m.refusals.WithLabelValues(guard)
	}
	for _, operation := range spec.OperationNames() {
		m.drifts.WithLabelValues(operation)
	}
	for _, entry := range scim.Codes {
		m.errors.WithLabelValues(string(entry.Code))
	}
}

// ShowCertificate adds when the certificate of the SCIM listener expires, read at
// each scrape.
func (m *Metrics) ShowCertificate(notAfter func() time.Time) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "suger_scim_tls_certificate_expiry_timestamp_seconds",
		Help: "When the certificate of the SCIM listener expires, in seconds since 1970. Only with GATEWAY_TLS_CERT.",
	}, func() float64 { return float64(notAfter().Unix()) }))
}

// Handler serves scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// InFlight counts the requests that next serves.
func (m *Metrics) InFlight(next http.Handler) http.Handler {
	return promhttp.InstrumentHandlerInFlight(m.inFlight, next)
}

// Answered counts a SCIM answer; resource is "" for an unknown path.
func (m *Metrics) Answered(resource, method string, status int, took time.Duration) {
	if resource == "" {
		resource = "unknown"
	}
	m.requests.WithLabelValues(resource, method, statusWord(status)).Inc()
	m.durations.WithLabelValues(resource, method).Observe(took.Seconds())
}

// Failed counts an error sent to a SCIM client.
func (m *Metrics) Failed(code scim.Code) { m.errors.WithLabelValues(string(code)).Inc() }

// Called counts a request to Suger; the status is 0 if it was not answered.
func (m *Metrics) Called(operation string, status int, elapsed time.Duration) {
	word := "none"
	if status != 0 {
		word = statusWord(status)
	}
	m.calls.WithLabelValues(operation, word).Inc()
	m.callTimes.WithLabelValues(operation).Observe(elapsed.Seconds())
}

// Retried counts a retry of a request to Suger.
func (m *Metrics) Retried(string) { m.retries.Inc() }

// Drift counts an answer, or a field of one, that differs from the mapping.
func (m *Metrics) Drift(operation, _ string) { m.drifts.WithLabelValues(operation).Inc() }

// Lookup counts an id lookup.
func (m *Metrics) Lookup(result string) { m.lookups.WithLabelValues(result).Inc() }

// List counts a use of the list of users.
func (m *Metrics) List(result string) { m.lists.WithLabelValues(result).Inc() }

// Unconfirmed counts a change that Suger does not show.
func (m *Metrics) Unconfirmed(string) { m.unconfirmed.Inc() }

// Refused counts a change that a guard stopped.
func (m *Metrics) Refused(guard string) { m.refusals.WithLabelValues(guard).Inc() }

// statusWord returns an HTTP status as a label value: "other" for any other number.
func statusWord(status int) string {
	if status < 100 || status > 599 {
		return "other"
	}
	return strconv.Itoa(status)
}
