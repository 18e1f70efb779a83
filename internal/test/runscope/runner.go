package runscope

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// A Runner runs suites.
type Runner struct {
	Client *http.Client // nil is [http.DefaultClient]

	// Log gets each step and values that are not checked; nil discards.
	Log func(format string, args ...any)
}

// A Report counts what a run did.
type Report struct {
	Requests   int // sent
	Assertions int // judged, scripts included
	Skipped    int // steps that the suite itself marks as skipped
}

// A response is what a step's assertions look at.
type response struct {
	status int
	took   time.Duration
	body   any // decoded JSON; nil if it was none
}

// Run runs every step of the suite with the given variables, without pauses. The
// error lists every failed assertion; a step whose request cannot be made ends the
// run.
func (r *Runner) Run(ctx context.Context, suite Suite, variables map[string]string) (Report, error) {
	run := &run{runner: r, variables: maps.Clone(variables)}
	for i, step := range suite.Steps {
		switch {
		case step.Skipped:
			run.report.Skipped++
			r.log("step %d is marked as skipped: %s", i+1, step.Note)
		case step.Type == "pause":
		case step.Type != "request":
			run.wrong = append(run.wrong, fmt.Errorf("step %d: the step type %q is not understood", i+1, step.Type))
		default:
			r.log("step %d: %s %s (%s)", i+1, step.Method, step.URL, step.Note)
			if err := run.step(ctx, step); err != nil {
				return run.report, errors.Join(append(run.wrong, fmt.Errorf("step %d, %s: %w", i+1, step.Note, err))...)
			}
			run.place(i+1, step.Note)
		}
	}
	if run.report.Assertions == 0 {
		run.wrong = append(run.wrong, fmt.Errorf("the suite %q asserts nothing", suite.Name))
	}
	return run.report, errors.Join(run.wrong...)
}

func (r *Runner) log(format string, args ...any) {
	if r.Log != nil {
		r.Log(format, args...)
	}
}

// A run is the state of one run of a suite.
type run struct {
	runner    *Runner
	variables map[string]string
	report    Report
	failures  []error // of the current step
	wrong     []error // of earlier steps
}

func (r *run) fail(format string, args ...any) {
	r.failures = append(r.failures, fmt.Errorf(format, args...))
}

// place adds the step's name to its failures.
func (r *run) place(number int, note string) {
	for _, failure := range r.failures {
		r.wrong = append(r.wrong, fmt.Errorf("step %d, %s: %w", number, note, failure))
	}
	r.failures = nil
}

func (r *run) step(ctx context.Context, step Step) error {
	if len(step.Form)+len(step.Multipart)+len(step.Auth) > 0 {
		return errors.New("forms and Runscope's own authentication are not understood")
	}
	if len(strings.Join(step.BeforeScripts, "")) > 0 {
		return errors.New("a script before the request is not understood")
	}
	answer, err := r.send(ctx, step)
	if err != nil {
		return err
	}
	for _, assertion := range step.Assertions {
		r.assert(assertion, answer)
	}
	for _, script := range step.Scripts {
		r.script(script, answer)
	}
	for _, variable := range step.Variables {
		r.take(variable, answer)
	}
	return nil
}

func (r *run) send(ctx context.Context, step Step) (*response, error) {
	request, err := r.request(ctx, step)
	if err != nil {
		return nil, err
	}
	client := r.runner.Client
	if client == nil {
		client = http.DefaultClient
	}
	r.report.Requests++
	start := time.Now()
	got, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return &response{status: got.StatusCode, took: time.Since(start), body: decodeBody(data)}, nil
}

// decodeBody returns the JSON value of a body, nil if it is not JSON.
func decodeBody(data []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

// wireURL escapes characters that Okta's suites leave unescaped in a query.
var wireURL = strings.NewReplacer(" ", "%20", `"`, "%22", "#", "%23")

func (r *run) request(ctx context.Context, step Step) (*http.Request, error) {
	address, err := r.expand(step.URL)
	if err != nil {
		return nil, err
	}
	body, err := r.expand(step.Body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, step.Method, wireURL.Replace(address), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, all := range step.Header {
		for _, value := range all {
			value, err := r.expand(value)
			if err != nil {
				return nil, err
			}
			request.Header.Add(name, value)
		}
	}
	return request, nil
}

var variableName = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// expand replaces variables in a text.
func (r *run) expand(text string) (string, error) {
	var unknown []string
	text = variableName.ReplaceAllStringFunc(text, func(reference string) string {
		name := variableName.FindStringSubmatch(reference)[1]
		value, ok := r.variables[name]
		if !ok {
			unknown = append(unknown, name)
		}
		return value
	})
	if unknown != nil {
		return "", fmt.Errorf("the variable %s has no value", strings.Join(unknown, ", "))
	}
	return text, nil
}

// take stores a value for later steps. The export has empty entries, which are
// ignored.
func (r *run) take(variable Variable, answer *response) {
	if variable.Name == "" && variable.Property == "" {
		return
	}
	got, err := value(variable.Source, variable.Property, answer)
	if err != nil {
		r.fail("nothing to keep as %s: %w", variable.Name, err)
		return
	}
	r.variables[variable.Name] = plain(got)
}
