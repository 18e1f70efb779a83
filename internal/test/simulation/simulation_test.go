package simulation

import (
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	years    = flag.Int("years", 0, "years of a large company to simulate, for each contract")
	company  = flag.Int("company", 500, "people in the company of a year")
	tallies  = flag.Bool("tallies", false, "print the number of answers by request and status")
	seeds    = flag.Int("seeds", 10, "scenarios to run for each shape")
	seedFlag = flag.Uint64("seed", 0, "the first seed; 0 takes a fresh one")
	shrink   = flag.Duration("shrink", 20*time.Second, "time limit for finding the shortest scenario")
	shapeFor = flag.String("shape", "", "the only shape of scenarios to run")
)

// An outcome is the result of a scenario.
type outcome struct {
	violations []violation
	stats      map[string]int
	log        []string
}

// simulate runs a scenario from its beginning to its end.
func simulate(t *testing.T, p plan, logged bool) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(p)
		require.NoError(t, err)
		if logged {
			w.log = new([]string)
		}
		for _, s := range p.steps {
			w.jobs.Add(1)
			go func() {
				defer w.jobs.Done()
				time.Sleep(s.at - time.Since(w.began) + time.Duration(w.chance("nanoseconds", s)*1e6))
				w.logf("step    %s person%d app%d %s %d", s.act, s.who, s.app, s.role, s.with)
				actNamed(s.act).do(w, s)
			}()
		}
		w.jobs.Wait()
		w.settle()
		for _, r := range w.replicas {
			r.kill()
		}
		o = outcome{violations: w.violations, stats: w.stats}
		if logged {
			o.log = *w.log
		}
	})
	return o
}

func TestScenarios(t *testing.T) {
	first := firstSeed()
	for _, sh := range shapes {
		if *shapeFor != "" && sh.name != *shapeFor {
			continue
		}
		t.Run(sh.name, func(t *testing.T) {
			simulateAll(t, first, *seeds, func(seed uint64) plan { return newPlan(seed, sh) })
		})
	}
}

// A year of a company of 500, with about 300 hires, 250 leavers, 60 returns, 800 role
// changes, 20 outages and 10 rotations of the API key.
func TestYears(t *testing.T) {
	first := firstSeed()
	for _, contract := range []string{"membership", "status"} {
		if *shapeFor == "" || *shapeFor == "year-"+contract {
			t.Run(contract, func(t *testing.T) {
				simulateAll(t, first, *years, func(seed uint64) plan { return newYear(seed, contract, *company) })
			})
		}
	}
}

func firstSeed() uint64 {
	if *seedFlag != 0 {
		return *seedFlag
	}
	return rand.Uint64N(1 << 40)
}

// simulateAll runs the scenarios of some seeds, and stops at the first that breaks a
// rule.
func simulateAll(t *testing.T, first uint64, n int, planOf func(seed uint64) plan) {
	t.Logf("seeds %d to %d", first, first+uint64(n)-1)
	stats := make(map[string]int)
	for seed := first; seed < first+uint64(n); seed++ {
		p := planOf(seed)
		o := simulate(t, p, false)
		for what, n := range o.stats {
			stats[what] += n
		}
		if len(o.violations) > 0 {
			report(t, p, o)
		}
	}
	if *tallies {
		for _, what := range slices.Sorted(maps.Keys(stats)) {
			t.Logf("%6d %s", stats[what], what)
		}
	}
}

// report prints the shortest scenario that still breaks the rule.
func report(t *testing.T, p plan, o outcome) {
	rule := o.violations[0].rule
	short := shortest(t, p, rule, *shrink)
	o = simulate(t, short, true)
	t.Fatalf("seed %d breaks the rule %q; of %d steps %d do it:\n%s\n%s",
		p.seed, rule, len(p.steps), len(short.steps), strings.Join(o.log, "\n"), short)
}

// Scenarios that once broke a rule and must not break it again.
func TestOldScenarios(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.scenario"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			p, err := parsePlan(string(text))
			require.NoError(t, err)
			o := simulate(t, p, true)
			assert.Empty(t, o.violations, "%s", strings.Join(o.log, "\n"))
		})
	}
}
