package checkrules

import (
	"log/slog"
	"path/filepath"
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

// A trial is what an alert's expression is tried with, in the notation of
// promtool's tests: a sample each minute for half an hour.
type trial struct{ fires, silent string }

// trials has one entry for each alert.
var trials = map[string]trial{
	"SugerScimGatewayGone": {
		fires:  `up{instance="a"} 1x30`,
		silent: `gateway_build_info{version="1"} 1x30`,
	},
	"SugerScimWriteUnconfirmed": {
		fires:  `writes_unconfirmed_total{instance="a"} 0x20 1x10`,
		silent: `writes_unconfirmed_total{instance="a"} 1x30`,
	},
	"SugerScimSugerFailing": {
		fires: `suger_requests_total{code="none"} 0+3x30
			suger_requests_total{code="503"} 0+3x30
			suger_requests_total{code="200"} 0+5x30`,
		silent: `suger_requests_total{code="503"} 0+4x30
			suger_requests_total{code="404"} 0+5x30`,
	},
	"SugerScimOktaIsPutOff": {
		fires:  `scim_requests_total{resource="User",code="429"} 0+1x30`,
		silent: `scim_requests_total{resource="User",code="500"} 0+1x30`,
	},
	"SugerScimTokenRefused": {
		fires: `scim_errors_total{error="token_refused"} 0+1x30
			scim_requests_total{resource="Schema",code="200"} 0+1x30
			scim_requests_total{resource="User",code="200"} 7x30`,
		silent: `scim_errors_total{error="token_refused"} 0+1x30
			scim_requests_total{resource="User",code="200"} 0+1x30`,
	},
	"SugerScimHeldCredentialRefused": {
		fires:  `scim_errors_total{error="held_credential_refused"} 0+1x30`,
		silent: `scim_errors_total{error="token_refused"} 0+1x30`,
	},
	"SugerScimTokensGuessed": {
		fires:  `scim_errors_total{error="too_many_failures"} 0+1x30`,
		silent: `scim_errors_total{error="token_refused"} 0+1x30`,
	},
	"SugerScimChangeBrake": {
		fires:  `scim_errors_total{error="change_brake"} 0+1x30`,
		silent: `scim_errors_total{error="change_brake"} 5x30`,
	},
	"SugerScimLastAdministrator": {
		fires:  `guard_refusals_total{guard="last_admin"} 0x20 1x10`,
		silent: `guard_refusals_total{guard="change_brake"} 0x20 1x10`,
	},
	"SugerScimNoSeat": {
		fires:  `scim_errors_total{error="no_seat"} 0x20 1x10`,
		silent: `scim_errors_total{error="no_seat"} 1x30`,
	},
	"SugerScimMappingDrift": {
		fires:  `mapping_drift_total{operation="list users"} 0x20 1x10`,
		silent: `mapping_drift_total{operation="list users"} 1x30`,
	},
	"SugerScimSlow": {
		fires: `scim_request_duration_seconds_bucket{le="25"} 0+1x30
			scim_request_duration_seconds_bucket{le="50"} 0+2x30
			scim_request_duration_seconds_bucket{le="+Inf"} 0+2x30`,
		silent: `scim_request_duration_seconds_bucket{le="10"} 0+2x30
			scim_request_duration_seconds_bucket{le="25"} 0+2x30
			scim_request_duration_seconds_bucket{le="+Inf"} 0+2x30`,
	},
	"SugerScimDefect": {
		fires:  `scim_errors_total{error="internal"} 0x20 1x10`,
		silent: `scim_errors_total{error="not_found"} 0x20 1x10`,
	},
	"SugerScimCertificateEnds": {
		fires:  `tls_certificate_expiry_timestamp_seconds 1000000x30`,
		silent: `tls_certificate_expiry_timestamp_seconds 2000000x30`,
	},
}

func TestAlerts(t *testing.T) {
	groups, problems := rulefmt.ParseFile(filepath.Join("..", "alerts", "suger-scim-gateway.yaml"), false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	require.Empty(t, problems)
	known := readDocumented(t)
	tried := 0
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			t.Run(rule.Alert, func(t *testing.T) {
				known.check(t, rule.Expr)
				assert.Contains(t, []string{"critical", "warning"}, rule.Labels["severity"])
				assert.NotEmpty(t, rule.Annotations["summary"])
				assert.NotEmpty(t, rule.Annotations["description"])
				with, ok := trials[rule.Alert]
				require.True(t, ok, "has no trial")
				assert.NotEmpty(t, ask(t, rule.Expr, with.fires), "does not fire")
				assert.Empty(t, ask(t, rule.Expr, with.silent), "fires for nothing")
			})
			tried++
		}
	}
	assert.Len(t, trials, tried, "a trial has no alert")
}

// ask is an expression's answer after half an hour.
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
