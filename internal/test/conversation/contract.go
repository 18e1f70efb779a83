package conversation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Contract is a Suger that differs from the one for which the stories are written.
// Its constant differences are rules; differences of a single step are in the story,
// in sections that name the contract. Calls to Suger are not compared.
type Contract struct {
	Name  string
	Shown func(body any) any       // the expected body with this contract
	Held  func(line string) string // the expected line of "-- state --"
}

// A deviation holds one step's expectations with one contract.
type deviation struct {
	response *message // nil if as in the story
	state    []string // nil if as in the story
	ends     string   // why the story ends after this step, "" if it goes on
}

// addDeviation parses a section that names contracts.
func (s *Story) addDeviation(part section, kind string, contracts []string) error {
	if len(s.steps) == 0 || s.steps[len(s.steps)-1].request == nil {
		return fmt.Errorf("line %d: -- %s -- does not belong here", part.line-1, part.kind)
	}
	step := &s.steps[len(s.steps)-1]
	if step.deviations == nil {
		step.deviations = make(map[string]*deviation)
	}
	for _, contract := range contracts {
		if step.deviations[contract] == nil {
			step.deviations[contract] = &deviation{}
		}
		if err := step.deviations[contract].add(part, kind); err != nil {
			return fmt.Errorf("line %d: -- %s --: %w", part.line-1, part.kind, err)
		}
	}
	return nil
}

func (d *deviation) add(part section, kind string) error {
	switch {
	case kind == "response" && d.response == nil:
		m, err := parseMessage(part)
		d.response = &m
		return err
	case kind == "state" && d.state == nil:
		d.state = part.lines()
	case kind == "ends" && d.ends == "":
		if d.ends = strings.Join(part.lines(), " "); d.ends == "" {
			return errors.New("say why")
		}
	default:
		return errors.New("repeated, or not a section for contracts")
	}
	return nil
}

// Contracts returns the contracts that the story names.
func (s *Story) Contracts() []string {
	named := make(map[string]bool)
	for _, step := range s.steps {
		for contract := range step.deviations {
			named[contract] = true
		}
	}
	return slices.Sorted(maps.Keys(named))
}

// deviation returns the step's expectations with the current contract.
func (p *player) deviation(step step) deviation {
	if p.stack.Contract != nil {
		if d := step.deviations[p.stack.Contract.Name]; d != nil {
			return *d
		}
	}
	return deviation{}
}

// shown returns the expected body with the current contract.
func (p *player) shown(pattern any) any {
	if p.stack.Contract == nil || p.stack.Contract.Shown == nil {
		return pattern
	}
	return p.stack.Contract.Shown(pattern)
}

// held returns the expected state with the current contract.
func (p *player) held(lines []string) []string {
	if p.stack.Contract == nil || p.stack.Contract.Held == nil {
		return lines
	}
	held := make([]string, len(lines))
	for i, line := range lines {
		held[i] = p.stack.Contract.Held(line)
	}
	return held
}
