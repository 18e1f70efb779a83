package metrics

import (
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// Answered counts a SCIM answer; resource is "" for an unknown path.
func (m *Metrics) Answered(resource, method string, status int, took time.Duration) {
	if resource == "" {
		resource = "unknown"
	}
	m.requests.WithLabelValues(resource, method, statusWord(status)).Inc()
	m.durations.WithLabelValues(resource, method).Observe(took.Seconds())
}

// Failed counts an error that a SCIM client was answered.
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

// List counts a use of the user list.
func (m *Metrics) List(result string) { m.lists.WithLabelValues(result).Inc() }

// Unconfirmed counts a change that Suger does not show.
func (m *Metrics) Unconfirmed(string) { m.unconfirmed.Inc() }

// Refused counts a change that a guard stopped.
func (m *Metrics) Refused(guard string) { m.refusals.WithLabelValues(guard).Inc() }

// Changed counts nothing: it is for the status page, and the methods above count.
func (m *Metrics) Changed(mapping.Change) {}
