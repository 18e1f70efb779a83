package conversation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Stack is the gateway that a story is played against, with Suger behind it.
type Stack struct {
	BaseURL string       // of SCIM, without a slash at the end
	Token   string       // bearer token that the gateway takes
	Client  *http.Client // nil is [http.DefaultClient]

	// Calls are the calls that Suger has seen since it was last asked, in the
	// words that the stories use. Nil leaves the calls uncompared, for a Suger
	// that is called in another way.
	Calls func() []string

	// State tells "ROLE STATUS GIVEN FAMILY" of the person in Suger, or "absent".
	State func(email string) string

	// Behind does what a line of "-- behind --" says.
	Behind func(line string) error

	// Contract is set if Suger has another one than the stories are written for.
	Contract *Contract

	// Before, if set, is told the number of each step before it is played, so
	// that a replica may be stopped between steps.
	Before func(step int)
}

// Play holds the conversation and ends with the first step that goes wrong. The
// error names the file and the line, and each difference.
func (s *Story) Play(ctx context.Context, stack Stack) error {
	_, err := s.play(ctx, stack, false)
	return err
}

// Update plays the story and answers its text with those responses rewritten
// that are missing or differ; what still fits of a response is left as it is
// written. Other differences are errors, as in [Story.Play].
func (s *Story) Update(ctx context.Context, stack Stack) (string, error) {
	return s.play(ctx, stack, true)
}

func (s *Story) play(ctx context.Context, stack Stack, update bool) (string, error) {
	p := player{
		stack:    stack,
		header:   s.Given.header,
		values:   newValues(stack.BaseURL, stack.Token),
		sections: slices.Clone(s.sections),
		added:    map[int]message{},
		update:   update,
	}
	for i, step := range s.steps {
		if stack.Before != nil {
			stack.Before(i)
		}
		if err := p.step(ctx, step); err != nil {
			return "", fmt.Errorf("%s:%d: step %d, %s:\n%w", s.File, step.line, i+1, step.title(), err)
		}
		if p.deviation(step).ends != "" {
			break
		}
	}
	return joinSections(s.prose, p.written()), nil
}

func (s step) title() string {
	if s.request == nil {
		return "behind the gateway"
	}
	return s.request.first
}

// A player is one performance of a story.
type player struct {
	stack    Stack
	header   []headerLine
	values   *values
	update   bool
	sections []section
	added    map[int]message // responses to insert, by the index of the request's section
}

// written are the story's sections with the responses that were added.
func (p *player) written() []section {
	var all []section
	for i, part := range p.sections {
		all = append(all, part)
		if response, ok := p.added[i]; ok {
			all = append(all, section{kind: "response", text: response.String()})
		}
	}
	return all
}

func (p *player) step(ctx context.Context, step step) error {
	for _, line := range step.behind {
		line, err := p.values.expand(line)
		if err != nil {
			return err
		}
		if err := p.stack.Behind(line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	var wrong []string
	if step.request != nil {
		p.forgetCalls()
		got, err := p.ask(ctx, *step.request)
		if err != nil {
			return err
		}
		wrong = append(wrong, p.check(step, got)...)
		wrong = append(wrong, p.calls(step.calls)...)
	}
	wrong = append(wrong, p.stateOf(step)...)
	if wrong != nil {
		return errors.New("  " + strings.Join(wrong, "\n  "))
	}
	return nil
}

func (p *player) forgetCalls() {
	if p.stack.Calls != nil {
		p.stack.Calls()
	}
}

// calls compares what Suger saw.
func (p *player) calls(want []string) []string {
	if want == nil || p.stack.Calls == nil || p.stack.Contract != nil {
		return nil
	}
	got := p.stack.Calls()
	if len(got) == 0 {
		got = []string{"none"}
	}
	if !slices.Equal(want, got) {
		return []string{fmt.Sprintf("calls to Suger: want %s; got %s", strings.Join(want, ", "), strings.Join(got, ", "))}
	}
	return nil
}

// stateOf compares what Suger holds after a step.
func (p *player) stateOf(step step) []string {
	usual := p.held(step.state)
	if own := p.deviation(step).state; own != nil {
		if len(usual) > 0 && p.state(usual) == nil {
			return []string{"the state of this contract is the usual one and need not be written"}
		}
		return p.state(own)
	}
	return p.state(usual)
}

// state compares what Suger holds.
func (p *player) state(lines []string) (wrong []string) {
	for _, line := range lines {
		email, want, _ := strings.Cut(line, " ")
		got := p.stack.State(email)
		if got != want && !strings.HasPrefix(got, want+" ") {
			wrong = append(wrong, fmt.Sprintf("%s in Suger: want %s, got %s", email, want, got))
		}
	}
	return wrong
}
