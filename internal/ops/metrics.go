package ops

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

// A Build identifies the program. Version and Commit may be "unknown"; Module is the
// path that it is published under.
type Build struct{ Version, Commit, Go, Module string }

// metrics are the counters of one process. docs/metrics.md lists every one; a test
// compares the two. No label has a value that a client or Suger can choose freely.
type metrics struct {
	registry             *prometheus.Registry
	inFlight             prometheus.Gauge
	retries, unconfirmed prometheus.Counter
	durations, callTimes *prometheus.HistogramVec

	requests, errors, calls, lookups, lists, refusals, drifts *prometheus.CounterVec
}

// newMetrics returns the counters. Every name begins with suger_scim_, so that a
// query finds all of them and nothing of another program. Those whose labels are
// known begin at zero, so that the first event is an increase that an alert can see.
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

// ShowCertificate adds when the certificate of the SCIM listener expires, read at
// each scrape.
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
