package conversation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A Stack is the gateway that a story is played against, with Suger behind it.
type Stack struct {
	BaseURL string       // of SCIM, without a trailing slash
	Token   string       // bearer token that the gateway accepts
	Client  *http.Client // nil means [http.DefaultClient]

	// Calls returns the calls that Suger has received since it was last called, in the
	// form of the stories. If nil, calls are not compared.
	Calls func() []string

	// State returns "ROLE STATUS GIVEN FAMILY" of a person in Suger, or "absent".
	State func(email string) string

	// Behind executes a line of "-- behind --".
	Behind func(line string) error

	// Contract is set if Suger differs from the one for which the stories are written.
	Contract *Contract

	// Before, if set, is called with the number of each step before the step is
	// played, for example to stop a replica.
	Before func(step int)
}

// Play plays the conversation and stops at the first step that fails. The error has
// the file, the line, and each difference.
func (s *Story) Play(ctx context.Context, stack Stack) error {
	_, err := s.play(ctx, stack, false)
	return err
}

// Update plays the story and returns its text with missing or different responses and
// calls rewritten; matching parts of a response are kept. Other differences are
// errors, as in [Story.Play].
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

// A player is one run of a story.
type player struct {
	stack    Stack
	header   []headerLine
	values   *values
	update   bool
	sections []section
	added    map[int]message // responses to insert, by the index of the request's section
}

// written returns the story's sections and the added responses.
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
		wrong = append(wrong, p.calls(step)...)
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

// calls compares the calls that Suger received. With update, it rewrites a section
// that differs.
func (p *player) calls(step step) []string {
	want := step.calls
	if want == nil || p.stack.Calls == nil || p.stack.Contract != nil {
		return nil
	}
	got := p.stack.Calls()
	if len(got) == 0 {
		got = []string{"none"}
	}
	switch {
	case slices.Equal(want, got):
	case p.update:
		p.sections[step.called].text = strings.Join(got, "\n") + "\n"
	default:
		return []string{fmt.Sprintf("calls to Suger: want %s; got %s", strings.Join(want, ", "), strings.Join(got, ", "))}
	}
	return nil
}

// stateOf compares Suger's data after a step.
func (p *player) stateOf(step step) []string {
	usual := p.held(step.state)
	if own := p.deviation(step).state; own != nil {
		if len(usual) > 0 && p.state(usual) == nil {
			return []string{"the state of this contract equals the usual one; remove it"}
		}
		return p.state(own)
	}
	return p.state(usual)
}

// state compares Suger's data.
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

// oktaHeader is the header that Okta sends with each request, as captured from its
// requests to public test servers.
var oktaHeader = []headerLine{
	{"User-Agent", "Okta SCIM Client 1.0.0"},
	{"Accept", "application/scim+json"},
	{"Accept-Charset", "utf-8"},
	{"Authorization", "Bearer {{token}}"},
}

// An answer is a received response.
type answer struct {
	status int
	header http.Header
	body   string
}

func (p *player) ask(ctx context.Context, m message) (*answer, error) {
	request, err := p.request(ctx, m)
	if err != nil {
		return nil, err
	}
	client := p.stack.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return &answer{status: response.StatusCode, header: response.Header, body: string(body)}, nil
}

func (p *player) request(ctx context.Context, m message) (*http.Request, error) {
	first, err := p.values.expand(m.first)
	if err != nil {
		return nil, err
	}
	method, path, ok := strings.Cut(first, " ")
	if !ok || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, ` "`) {
		return nil, fmt.Errorf("%q is not a method and a path as on the wire", first)
	}
	body, err := p.values.expand(m.body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, p.stack.BaseURL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	lines := slices.Concat(oktaHeader, p.header, m.header)
	if body != "" {
		lines = slices.Insert(lines, 0, headerLine{"Content-Type", "application/scim+json; charset=utf-8"})
	}
	for _, line := range lines {
		value, err := p.values.expand(line.value)
		if err != nil {
			return nil, err
		}
		request.Header.Set(line.name, value)
		if value == "" {
			request.Header.Del(line.name)
		}
	}
	return request, nil
}

// check compares an answer with the step's response section. With update, it rewrites
// the parts of the section that differ.
func (p *player) check(step step, got *answer) []string {
	if step.response < 0 && !p.update {
		return []string{"there is no -- response -- to compare with"}
	}
	before := p.values.clone()
	wrong := p.compare(step.want, got, p.shown)
	if own := p.deviation(step).response; own != nil {
		if wrong == nil {
			return []string{"the response of this contract equals the usual one; remove it"}
		}
		p.values = before
		return p.compare(*own, got, asWritten)
	}
	if wrong == nil || !p.update {
		return wrong
	}
	written := before.clone().rewrite(step.want, got)
	p.values = before
	if step.response < 0 {
		p.added[step.section] = written
	} else {
		p.sections[step.response].text = written.String()
	}
	return p.compare(written, got, asWritten)
}

// asWritten returns the pattern unchanged, for the usual contract.
func asWritten(pattern any) any { return pattern }

// compare returns the differences between a response and the expected one. shown
// converts the pattern of the body before the comparison.
func (p *player) compare(want message, got *answer, shown func(any) any) (wrong []string) {
	if want.first != strconv.Itoa(got.status) {
		wrong = append(wrong, fmt.Sprintf("status: want %s, got %d", want.first, got.status))
	}
	wrong = append(wrong, p.compareBody(want.body, got, shown)...) // first, since a Location contains the id
	for _, line := range want.header {
		if text := p.values.text(line.value, got.header.Get(line.name)); text != "" {
			wrong = append(wrong, "header "+line.name+": "+text)
		}
	}
	if wrong != nil {
		wrong = append(wrong, "complete answer: "+got.body)
	}
	return wrong
}

func (p *player) compareBody(want string, got *answer, shown func(any) any) []string {
	if want == "" || got.body == "" {
		if want != got.body {
			return []string{fmt.Sprintf("body: want %q, got %q", want, got.body)}
		}
		return nil
	}
	// Every SCIM body has this type (RFC 7644 §3.1), so stories omit it.
	if media, _, err := mime.ParseMediaType(got.header.Get("Content-Type")); err != nil || media != "application/scim+json" {
		return []string{fmt.Sprintf("header Content-Type: want application/scim+json, got %q", got.header.Get("Content-Type"))}
	}
	pattern, err := decode(want)
	if err != nil {
		return []string{"the expected body is not JSON: " + err.Error()}
	}
	value, err := decode(got.body)
	if err != nil {
		return []string{"the body is not JSON: " + err.Error()}
	}
	return p.values.match("body", shown(pattern), value)
}
