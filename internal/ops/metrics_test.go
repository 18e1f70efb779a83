package ops_test

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

func newActivity(build ops.Build) *ops.Activity {
	return ops.NewActivity(build, "http://127.0.0.1:1", false, slog.New(slog.DiscardHandler), time.Now)
}

func scrape(t *testing.T, m *ops.Activity) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	return answer.Body.String()
}

// sample has the line of one series.
func sample(t *testing.T, page, series string) string {
	t.Helper()
	for line := range strings.Lines(page) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return "absent"
}

func TestEventsAreCounted(t *testing.T) {
	m := newActivity(ops.Build{Version: "1.2.3", Commit: "abc", Go: "go1.26"})
	m.Answered("User", "GET", 200, 30*time.Millisecond)
	m.Answered("User", "GET", 200, 3*time.Second)
	m.Answered("", "other", 404, 0)
	m.Answered("User", "POST", 1000, 0)
	m.Failed(scim.CodeNotFound)
	m.Called("list users", 200, 20*time.Millisecond)
	m.Called("list users", 0, 10*time.Second)
	m.Called("get token", 999, 0)
	m.Retried("list users")
	m.Lookup("wrong")
	m.List("hit")
	m.Unconfirmed("update user")
	m.Refused("last_admin")
	m.Drift("get user", "email")
	m.ShowCertificate(func() time.Time { return time.Unix(1900000000, 0) })
	inside := ""
	m.InFlight(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		inside = scrape(t, m)
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	page := scrape(t, m)

	for series, want := range map[string]string{
		`suger_scim_requests_total{code="200",method="GET",resource="User"}`:                     "2",
		`suger_scim_requests_total{code="404",method="other",resource="unknown"}`:                "1",
		`suger_scim_requests_total{code="other",method="POST",resource="User"}`:                  "1",
		`suger_scim_request_duration_seconds_bucket{method="GET",resource="User",le="0.05"}`:     "1",
		`suger_scim_request_duration_seconds_count{method="GET",resource="User"}`:                "2",
		`suger_scim_requests_in_flight`:                                                          "0",
		`suger_scim_errors_total{error="not_found"}`:                                             "1",
		`suger_scim_errors_total{error="internal"}`:                                              "0",
		`suger_scim_upstream_requests_total{code="200",operation="list users"}`:                  "1",
		`suger_scim_upstream_requests_total{code="none",operation="list users"}`:                 "1",
		`suger_scim_upstream_requests_total{code="other",operation="get token"}`:                 "1",
		`suger_scim_upstream_request_duration_seconds_bucket{operation="list users",le="0.025"}`: "1",
		`suger_scim_upstream_request_duration_seconds_sum{operation="list users"}`:               "10.02",
		`suger_scim_upstream_retries_total`:                                                      "1",
		`suger_scim_lookup_cache_total{result="wrong"}`:                                          "1",
		`suger_scim_lookup_cache_total{result="hit"}`:                                            "0",
		`suger_scim_lookup_cache_total{result="miss"}`:                                           "0",
		`suger_scim_list_cache_total{result="hit"}`:                                              "1",
		`suger_scim_list_cache_total{result="miss"}`:                                             "0",
		`suger_scim_writes_unconfirmed_total`:                                                    "1",
		`suger_scim_guard_refusals_total{guard="last_admin"}`:                                    "1",
		`suger_scim_guard_refusals_total{guard="change_brake"}`:                                  "0",
		`suger_scim_mapping_drift_total{operation="get user"}`:                                   "1",
		`suger_scim_mapping_drift_total{operation="remove role"}`:                                "0",
		`suger_scim_build_info{commit="abc",go="go1.26",version="1.2.3"}`:                        "1",
		`suger_scim_tls_certificate_expiry_timestamp_seconds`:                                    "1.9e+09",
	} {
		assert.Equal(t, want, sample(t, page, series), series)
	}
	assert.Equal(t, "1", sample(t, inside, "suger_scim_requests_in_flight"))
	assert.NotEqual(t, "absent", sample(t, page, "go_goroutines"))
	assert.NotEqual(t, "absent", sample(t, page, "process_open_fds"))
}

var (
	helpLine = regexp.MustCompile(`(?m)^# HELP (\S+) (.*)$`)
	typeLine = regexp.MustCompile(`(?m)^# TYPE (\S+) (.*)$`)
	series   = regexp.MustCompile(`(?m)^([a-z_]+?)(?:_bucket|_sum|_count)?\{(.*)\} `)
	label    = regexp.MustCompile(`([a-z]+)="`)
	row      = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (\\w+) \\| (.*?) \\| (.*) \\|$")
)

// A described metric is what the page and the document both say.
type described struct{ kind, labels, help string }

// docs/metrics.md has every metric of ours with its type, labels and meaning.
func TestDocument(t *testing.T) {
	m := newActivity(ops.Build{})
	m.ShowCertificate(time.Now)
	m.Answered("User", "GET", 200, 0)
	m.Called("list users", 200, 0)
	page := scrape(t, m)
	served := map[string]described{}
	kinds := map[string]string{}
	for _, match := range typeLine.FindAllStringSubmatch(page, -1) {
		kinds[match[1]] = match[2]
	}
	labels := map[string]string{}
	for _, match := range series.FindAllStringSubmatch(page, -1) {
		var names []string
		for _, name := range label.FindAllStringSubmatch(match[2], -1) {
			if name[1] != "le" {
				names = append(names, "`"+name[1]+"`")
			}
		}
		slices.Sort(names)
		labels[match[1]] = strings.Join(names, ", ")
	}
	for _, match := range helpLine.FindAllStringSubmatch(page, -1) {
		name := match[1]
		if !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
			served[name] = described{kinds[name], labels[name], match[2]}
		}
	}
	require.Greater(t, len(served), 10)
	for name := range served {
		assert.True(t, strings.HasPrefix(name, "suger_scim_"), "%s is ours and has not our prefix", name)
	}

	text, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	documented := map[string]described{}
	for _, match := range row.FindAllStringSubmatch(string(text), -1) {
		names := strings.Split(match[3], ", ")
		slices.Sort(names)
		documented[match[1]] = described{match[2], strings.Join(names, ", "), match[4]}
	}
	assert.Equal(t, served, documented)
}

// The document's second table has the values that labels can have.
func TestDocumentedLabelValues(t *testing.T) {
	text, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	page := string(text)
	for _, word := range slices.Concat(spec.OperationNames(), mapping.GuardNames()) {
		assert.Contains(t, page, "`"+word+"`")
	}
}

// Neither a hostile Suger nor invented methods create new series.
func TestLabelValuesAreBounded(t *testing.T) {
	m := newActivity(ops.Build{})
	for status := -1; status < 2000; status++ {
		m.Called("list users", status, 0)
		m.Answered("User", "GET", status, 0)
	}
	page := scrape(t, m)
	codes := map[string]bool{}
	for _, match := range regexp.MustCompile(`suger_scim_upstream_requests_total\{code="(\w+)"`).FindAllStringSubmatch(page, -1) {
		codes[match[1]] = true
	}
	assert.Len(t, codes, 502, "500 statuses, none and other")
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		assert.Regexp(t, `^([1-5][0-9][0-9]|none|other)$`, code)
	}
}

func BenchmarkOneRequest(b *testing.B) {
	m := newActivity(ops.Build{})
	handler := m.InFlight(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", nil)
	b.ReportAllocs()
	for b.Loop() { // what a PATCH with two calls costs
		handler.ServeHTTP(nil, request)
		m.Called("get user", 200, time.Millisecond)
		m.Called("update user", 200, time.Millisecond)
		m.Answered("User", "PATCH", 200, 2*time.Millisecond)
	}
}

func BenchmarkScrape(b *testing.B) {
	m := newActivity(ops.Build{})
	request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", nil)
	for b.Loop() {
		answer := httptest.NewRecorder()
		m.Handler().ServeHTTP(answer, request)
		_, _ = io.Copy(io.Discard, answer.Body)
	}
}
