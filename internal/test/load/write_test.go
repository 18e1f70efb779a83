package main

import (
	"os"
	"testing"
	"time"

	"suger-scim-gateway/internal/test/program"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m, "../../..")) }

// The page and the plot match the measurement in docs/performance.json.
func TestPageMatchesTheMeasurement(t *testing.T) {
	r, err := loadReport()
	require.NoError(t, err)
	require.NotEmpty(t, r.Comparisons)
	require.NotEmpty(t, r.Sizes)
	page, err := os.ReadFile(pageFile)
	require.NoError(t, err)
	assert.Contains(t, string(page), "<!-- speed -->\n"+r.speedTable()+"<!-- end of speed -->\n")
	assert.Contains(t, string(page), "<!-- sizes -->\n"+r.sizeTable()+"<!-- end of sizes -->\n")
	plot, err := os.ReadFile(speedPlot)
	require.NoError(t, err)
	assert.True(t, r.plot() == string(plot), "run go run ./internal/test/load write")
}

func TestBetween(t *testing.T) {
	page, err := between("a\n<!-- x -->\nold\n<!-- end of x -->\nb\n", "x", "new\n")
	require.NoError(t, err)
	assert.Equal(t, "a\n<!-- x -->\nnew\n<!-- end of x -->\nb\n", page)
	_, err = between("a\n<!-- x -->\n", "x", "new\n")
	assert.ErrorContains(t, err, "no place")
}

func TestShare(t *testing.T) {
	for value, want := range map[float64]float64{1: 0, 10: 0.5, 100: 1, 0.1: 0, 1000: 1} {
		assert.InDelta(t, want, share(value, 1, 100), 1e-9, value)
	}
}

func TestSample(t *testing.T) {
	s := sample{requests: 4, took: 2 * time.Second, latencies: []time.Duration{1, 2, 3, 4}}
	assert.InDelta(t, 2, s.perSecond(), 0)
	for part, want := range map[float64]time.Duration{0: 1, 0.5: 3, 0.99: 4, 1: 4} {
		assert.Equal(t, want, s.quantile(part), part)
	}
	assert.Zero(t, (&sample{}).quantile(0.5))
	assert.InDelta(t, 3, median([]float64{5, 1, 3}, func(f float64) float64 { return f }), 0)
}
