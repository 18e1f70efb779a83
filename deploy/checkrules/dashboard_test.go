package checkrules

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A panel of the dashboard, as far as the tests look at it.
type panel struct {
	ID      int
	Title   string
	Type    string
	GridPos struct{ X, Y, W, H int }
	Targets []struct{ Expr, LegendFormat string }
}

func readPanels(t *testing.T) []panel {
	var read struct{ Panels []panel }
	require.NoError(t, json.Unmarshal([]byte(readFile(t, "deploy", "grafana", "dashboard.json")), &read))
	require.NotEmpty(t, read.Panels)
	return read.Panels
}

// Grafana's own types accept the dashboard, without unknown fields.
func TestDashboardIsOne(t *testing.T) {
	var d dashboard.Dashboard
	problems := d.UnmarshalJSONStrict([]byte(readFile(t, "deploy", "grafana", "dashboard.json")))
	require.Empty(t, problems) // an error that is never nil, but may be an empty list
	require.NoError(t, d.Validate())
}

// Every query is PromQL with existing metrics.
func TestDashboardQueries(t *testing.T) {
	known := readDocumented(t)
	filled := strings.NewReplacer("$__rate_interval", "5m", "$__range", "1d", "$instance", ".*", "$job", ".*")
	queries := 0
	for _, p := range readPanels(t) {
		assert.Equal(t, p.Type == "row", len(p.Targets) == 0, "%s: a panel asks something, a row nothing", p.Title)
		for _, target := range p.Targets {
			queries++
			assert.NotZero(t, strings.Count(target.Expr, "}"), p.Title)
			assert.Equal(t, strings.Count(target.Expr, `job=~"$job",instance=~"$instance"}`), strings.Count(target.Expr, "}"), "%s: each selector is of the environment and instances chosen", p.Title)
			known.check(t, filled.Replace(target.Expr))
		}
	}
	assert.Positive(t, queries)
}

// Every metric of the gateway is on the dashboard.
func TestDashboardIsComplete(t *testing.T) {
	text := readFile(t, "deploy", "grafana", "dashboard.json")
	for name := range readDocumented(t).labels {
		assert.Contains(t, text, name)
	}
}

func TestDashboardLayout(t *testing.T) {
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range readPanels(t) {
		assert.False(t, ids[p.ID], "%s: the id is another panel's", p.Title)
		ids[p.ID] = true
		assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				require.Empty(t, taken[at], "%s lies over another panel", p.Title)
				taken[at] = p.Title
			}
		}
	}
}
