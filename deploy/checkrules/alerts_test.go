package checkrules

import (
	"log/slog"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A trial is the series for testing an alert's expression, in the notation of
// promtool's tests: a sample each minute for half an hour.
type trial struct{ fires, silent string }

// trials has one entry for each alert.
var trials = map[string]trial{
	"SugerScimGatewayGone": {
		fires: `suger_scim_build_info{job="scim",version="1"} 1x10 stale`,
		silent: `suger_scim_build_info{job="scim",version="1"} 1x10 stale
			suger_scim_build_info{job="scim",version="2"} _x9 1x20`,
	},
	"SugerScimWriteUnconfirmed": {
		fires:  `suger_scim_writes_unconfirmed_total{instance="a"} 0x20 1x10`,
		silent: `suger_scim_writes_unconfirmed_total{instance="a"} 1x30`,
	},
	"SugerScimSugerFailing": {
		fires: `suger_scim_upstream_requests_total{code="none"} 0+3x30
			suger_scim_upstream_requests_total{code="503"} 0+3x30
			suger_scim_upstream_requests_total{code="200"} 0+5x30`,
		silent: `suger_scim_upstream_requests_total{code="503"} 0+4x30
			suger_scim_upstream_requests_total{code="404"} 0+5x30`,
	},
	"SugerScimOktaIsPutOff": {
		fires:  `suger_scim_requests_total{resource="User",code="429"} 0+1x30`,
		silent: `suger_scim_requests_total{resource="User",code="500"} 0+1x30`,
	},
	"SugerScimTokenRefused": {
		fires: `suger_scim_errors_total{error="token_refused"} 0+1x30
			suger_scim_requests_total{resource="Schema",code="200"} 0+1x30
			suger_scim_requests_total{resource="User",code="200"} 7x30`,
		silent: `suger_scim_errors_total{error="token_refused"} 0+1x30
			suger_scim_requests_total{resource="User",code="200"} 0+1x30`,
	},
	"SugerScimHeldCredentialRefused": {
		fires:  `suger_scim_errors_total{error="held_credential_refused"} 0+1x30`,
		silent: `suger_scim_errors_total{error="token_refused"} 0+1x30`,
	},
	"SugerScimTokensGuessed": {
		fires:  `suger_scim_errors_total{error="too_many_failures"} 0+1x30`,
		silent: `suger_scim_errors_total{error="token_refused"} 0+1x30`,
	},
	"SugerScimChangeBrake": {
		fires:  `suger_scim_errors_total{error="change_brake"} 0+1x30`,
		silent: `suger_scim_errors_total{error="change_brake"} 5x30`,
	},
	"SugerScimLastAdministrator": {
		fires:  `suger_scim_guard_refusals_total{guard="last_admin"} 0x20 1x10`,
		silent: `suger_scim_guard_refusals_total{guard="change_brake"} 0x20 1x10`,
	},
	"SugerScimNoSeat": {
		fires:  `suger_scim_errors_total{error="no_seat"} 0x20 1x10`,
		silent: `suger_scim_errors_total{error="no_seat"} 1x30`,
	},
	"SugerScimMappingDrift": {
		fires:  `suger_scim_mapping_drift_total{operation="list users"} 0x20 1x10`,
		silent: `suger_scim_mapping_drift_total{operation="list users"} 1x30`,
	},
	"SugerScimSlow": {
		fires: `suger_scim_request_duration_seconds_bucket{le="25"} 0+1x30
			suger_scim_request_duration_seconds_bucket{le="50"} 0+2x30
			suger_scim_request_duration_seconds_bucket{le="+Inf"} 0+2x30`,
		silent: `suger_scim_request_duration_seconds_bucket{le="10"} 0+2x30
			suger_scim_request_duration_seconds_bucket{le="25"} 0+2x30
			suger_scim_request_duration_seconds_bucket{le="+Inf"} 0+2x30`,
	},
	"SugerScimDefect": {
		fires:  `suger_scim_errors_total{error="internal"} 0x20 1x10`,
		silent: `suger_scim_errors_total{error="not_found"} 0x20 1x10`,
	},
	"SugerScimCertificateEnds": {
		fires:  `suger_scim_tls_certificate_expiry_timestamp_seconds 1000000x30`,
		silent: `suger_scim_tls_certificate_expiry_timestamp_seconds 2000000x30`,
	},
}

func TestAlerts(t *testing.T) {
	known := readDocumented(t)
	alerts := rules(t)
	for name, rule := range alerts {
		t.Run(name, func(t *testing.T) {
			known.check(t, rule.Expr)
			assert.Contains(t, []string{"critical", "warning"}, rule.Labels["severity"])
			assert.NotEmpty(t, rule.Annotations["summary"])
			assert.NotEmpty(t, rule.Annotations["description"])
			with, ok := trials[name]
			require.True(t, ok, "has no trial")
			assert.NotEmpty(t, ask(t, rule.Expr, with.fires), "does not fire")
			assert.Empty(t, ask(t, rule.Expr, with.silent), "fires for nothing")
		})
	}
	assert.Len(t, trials, len(alerts), "a trial has no alert")
}

// A gateway that was never scraped is missed, too.
func TestGoneWithoutAnyGateway(t *testing.T) {
	assert.NotEmpty(t, ask(t, rules(t)["SugerScimGatewayGone"].Expr, `up{job="other"} 1x30`))
}

// Environments are distinguished: the series that fire an alert are
// production's, the others those of a test gateway, and the alert is for
// production. On Kubernetes only the namespace may differ.
func TestAlertsTellEnvironmentsApart(t *testing.T) {
	for _, environments := range []struct{ name, production, test, label, value string }{
		{"by job", `job="scim"`, `job="scim-test"`, "job", "scim"},
		{"by namespace", `job="scim",namespace="scim"`, `job="scim",namespace="scim-test"`, "namespace", "scim"},
	} {
		for name, rule := range rules(t) {
			t.Run(environments.name+"/"+name, func(t *testing.T) {
				with := trials[name]
				both := inEnvironment(with.fires, environments.production) + "\n" + inEnvironment(with.silent, environments.test)
				fired := ask(t, rule.Expr, both)
				require.NotEmpty(t, fired, "a live test gateway hides production")
				for _, sample := range fired {
					assert.Equal(t, environments.value, sample.Metric.Get(environments.label))
				}
			})
		}
	}
}

var (
	metricOfSeries = regexp.MustCompile(`(?m)^\s*(suger_scim_\w+)(?:\{(.*?)\})?`)
	environment    = regexp.MustCompile(`\b(?:job|namespace)="[^"]*",?`)
)

// inEnvironment returns series with the labels that a scrape gives them.
func inEnvironment(series, labels string) string {
	series = environment.ReplaceAllString(series, "")
	return metricOfSeries.ReplaceAllString(series, "\t${1}{"+labels+",${2}}")
}

// rules returns the alerts by name.
func rules(t *testing.T) map[string]rulefmt.Rule {
	t.Helper()
	groups, problems := rulefmt.ParseFile(filepath.Join("..", "alerts", "suger-scim-gateway.yaml"), false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	require.Empty(t, problems)
	byName := map[string]rulefmt.Rule{}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			byName[rule.Alert] = rule
		}
	}
	require.NotEmpty(t, byName)
	return byName
}

// ask returns an expression's value after half an hour.
func ask(t *testing.T, expression, series string) promql.Vector {
	storage := promqltest.LoadedStorage(t, "load 1m\n\t"+series)
	t.Cleanup(func() { _ = storage.Close() })
	engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
	query, err := engine.NewInstantQuery(t.Context(), storage, nil, expression, time.Unix(0, 0).Add(30*time.Minute))
	require.NoError(t, err)
	defer query.Close()
	vector, err := query.Exec(t.Context()).Vector()
	require.NoError(t, err)
	return vector
}
