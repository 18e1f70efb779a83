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
// finds all of them and none of another program. Those whose labels are known
// beforehand exist from the start, at zero, so that the first event is an increase
// that an alert can see.
func New(build Build) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.requests = m.counters("suger_scim_requests_total", "SCIM requests answered.", "resource", "method", "code")
	m.durations = m.histograms("suger_scim_request_duration_seconds", "Time from a SCIM request to its answer.", "resource", "method")
	m.inFlight = m.gauge("suger_scim_requests_in_flight", "SCIM requests being answered now.")
	m.errors = m.counters("suger_scim_errors_total", "Errors answered, by the code in brackets at the end of the message; each failed operation of a bulk request counts.", "error")
	m.calls = m.counters("suger_scim_upstream_requests_total", "HTTP requests sent to Suger, retries included.", "operation", "code")
	m.callTimes = m.histograms("suger_scim_upstream_request_duration_seconds", "Time from a request to Suger to the end of its answer, without the wait in the gateway's own queue.", "operation")
	m.retries = m.counter("suger_scim_upstream_retries_total", "Retries of requests to Suger.")
	m.lookups = m.counters("suger_scim_lookup_cache_total", "Lookups of an id by e-mail address. A hit was verified at Suger; a wrong one was dropped and looked up again.", "result")
	m.lists = m.counters("suger_scim_list_cache_total", "Uses of the user list, by whether a recent one was in memory.", "result")
	m.unconfirmed = m.counter("suger_scim_writes_unconfirmed_total", "Changes that Suger accepted but did not show afterwards. Each was answered as an error.")
	m.refusals = m.counters("suger_scim_guard_refusals_total", "Changes that a guard stopped.", "guard")
	m.drifts = m.counters("suger_scim_mapping_drift_total", "Answers of Suger, or fields of them, that differ from the mapping.", "operation")
	m.identify(build)
	m.beginAtZero()
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(vec)
	return vec
}

func (m *Metrics) counter(name, help string) prometheus.Counter {
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	m.registry.MustRegister(counter)
	return counter
}

func (m *Metrics) gauge(name, help string) prometheus.Gauge {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	m.registry.MustRegister(gauge)
	return gauge
}

func (m *Metrics) histograms(name, help string, labels ...string) *prometheus.HistogramVec {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: seconds}, labels)
	m.registry.MustRegister(vec)
	return vec
}

func (m *Metrics) identify(build Build) {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "suger_scim_build_info", Help: "Always 1; the labels say which program this is.",
	}, []string{"version", "commit", "go"})
	m.registry.MustRegister(info)
	info.WithLabelValues(build.Version, build.Commit, build.Go).Set(1)
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

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// InFlight counts the requests that are in next.
func (m *Metrics) InFlight(next http.Handler) http.Handler {
	return promhttp.InstrumentHandlerInFlight(m.inFlight, next)
}

// statusWord returns an HTTP status as a label value: "other" if it is not one.
func statusWord(status int) string {
	if status < 100 || status > 599 {
		return "other"
	}
	return statusWords[status-100]
}

var statusWords = func() (words [500]string) {
	for i := range words {
		words[i] = strconv.Itoa(i + 100)
	}
	return words
}()
