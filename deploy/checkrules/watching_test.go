package checkrules

import (
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Prometheus accepts the configuration that Compose mounts, and scrapes the
// gateway's address in Compose.
func TestPrometheusConfiguration(t *testing.T) {
	loaded, err := config.Load(readFile(t, "deploy", "prometheus", "prometheus.yaml"), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	assert.Equal(t, []string{"/etc/prometheus/rules/*.yaml"}, loaded.RuleFiles)
	scrapes, err := loaded.GetScrapeConfigs()
	require.NoError(t, err)
	require.Len(t, scrapes, 1)
	assert.Equal(t, "/metrics", scrapes[0].MetricsPath)
	assert.Equal(t, "http", scrapes[0].Scheme)
	require.Len(t, scrapes[0].ServiceDiscoveryConfigs, 1)
	groups := scrapes[0].ServiceDiscoveryConfigs[0].(discovery.StaticConfig)
	require.Len(t, groups, 1)
	assert.Equal(t, []model.LabelSet{{model.AddressLabel: "gateway:9090"}}, groups[0].Targets)
}

// The image's Prometheus is the one whose parser has read the rules.
func TestOnePrometheus(t *testing.T) {
	module := regexp.MustCompile(`prometheus/prometheus v0\.(\d)(\d\d)\.(\d+)`).FindStringSubmatch(readFile(t, "deploy", "checkrules", "go.mod"))
	require.NotNil(t, module)
	want := "prom/prometheus:v" + module[1] + "." + strings.TrimPrefix(module[2], "0") + "." + module[3] + "\n"
	assert.Contains(t, readFile(t, "deploy", "compose.ops.yaml"), want)
}

// Grafana reads its data source and the dashboard from files. The dashboard
// uses the default data source, so the only one must be the default.
func TestGrafanaProvisioning(t *testing.T) {
	source := readFile(t, "deploy", "grafana", "provisioning", "datasources", "prometheus.yaml")
	assert.Contains(t, source, "isDefault: true\n")
	assert.Contains(t, source, "url: http://prometheus:9090\n")
	provider := readFile(t, "deploy", "grafana", "provisioning", "dashboards", "suger-scim-gateway.yaml")
	folder := regexp.MustCompile(`path: (\S+)`).FindStringSubmatch(provider)
	require.NotNil(t, folder)
	assert.Contains(t, readFile(t, "deploy", "compose.ops.yaml"), "./grafana/dashboard.json:"+folder[1]+"/suger-scim-gateway.json:ro\n")
	var board struct {
		Templating struct{ List []struct{ Type, Query any } }
	}
	require.NoError(t, json.Unmarshal([]byte(readFile(t, "deploy", "grafana", "dashboard.json")), &board))
	assert.Equal(t, "datasource", board.Templating.List[0].Type)
	assert.Equal(t, "prometheus", board.Templating.List[0].Query)
}
