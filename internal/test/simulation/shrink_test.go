package simulation

import (
	"slices"
	"testing"
	"time"
)

// shortest removes steps from a scenario while it still breaks the rule. After a time
// limit it returns the shortest scenario so far.
func shortest(t *testing.T, p plan, rule string, within time.Duration) plan {
	until := time.Now().Add(within)
	breaks := func(steps []step) bool {
		candidate := p
		candidate.steps = steps
		return slices.ContainsFunc(simulate(t, candidate, false).violations, func(v violation) bool { return v.rule == rule })
	}
	for size := (len(p.steps) + 1) / 2; size >= 1; {
		shorter := false
		for at := 0; at < len(p.steps) && time.Now().Before(until); {
			rest := slices.Concat(p.steps[:at], p.steps[min(at+size, len(p.steps)):])
			if breaks(rest) {
				p.steps, shorter = rest, true
			} else {
				at += size
			}
		}
		if time.Now().After(until) {
			break
		}
		if !shorter || size > 1 {
			size /= 2
		}
	}
	return p
}
