package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// faults are the faults that are switched on.
type faults struct {
	operations []string

	mu     sync.Mutex
	active []Fault
	left   []int // how often each may still strike, below 0 is without end
	luck   *rand.Rand
}

func newFaults(seed int64, operations []string) *faults {
	return &faults{operations: operations, luck: rand.New(rand.NewPCG(uint64(seed), 1))}
}

// SetFaults switches these faults on and all others off. For each call they
// are tried in order: latencies add up, and of the others the first that
// strikes is the one. The error says which fault makes no sense.
func (s *Sandbox) SetFaults(active ...Fault) error {
	left := make([]int, len(active))
	for i, f := range active {
		if err := f.check(); err != nil {
			return fmt.Errorf("sandbox: fault %d: %w", i+1, err)
		}
		if f.Operation != "" && !slices.Contains(s.faults.operations, f.Operation) {
			return fmt.Errorf("sandbox: fault %d: no operation %q; there are %s", i+1, f.Operation, strings.Join(s.faults.operations, ", "))
		}
		left[i] = f.Times
		if f.Times == 0 {
			left[i] = -1
		}
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.active, s.faults.left = slices.Clone(active), left
	return nil
}

// ClearFaults switches all faults off. A hang under way goes on.
func (s *Sandbox) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.active, s.faults.left = nil, nil
}

// Faults are the faults that are switched on, also those used up.
func (s *Sandbox) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return slices.Clone(s.faults.active)
}

// A strike is what befalls one call.
type strike struct {
	early, late time.Duration // latency before and after the operation
	fault       Fault         // of no kind if none struck
}

// strike decides what befalls the call.
func (f *faults) strike(rt *route, r *http.Request) strike {
	f.mu.Lock()
	defer f.mu.Unlock()
	var s strike
	for i := range f.active {
		fault := &f.active[i]
		if fault.Kind != Latency && s.fault.Kind != "" || !fault.suits(rt, r) || !f.takes(i) {
			continue
		}
		switch {
		case fault.Kind != Latency:
			s.fault = *fault
		case fault.After:
			s.late += fault.Delay
		default:
			s.early += fault.Delay
		}
	}
	return s
}

// takes rolls the dice for the i-th fault, and counts if it strikes.
func (f *faults) takes(i int) bool {
	if p := f.active[i].Probability; f.left[i] == 0 || p != 0 && f.luck.Float64() >= p {
		return false
	}
	if f.left[i] > 0 {
		f.left[i]--
	}
	return true
}
