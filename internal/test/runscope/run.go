package runscope

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Report counts the steps and checks of a run.
type Report struct {
	Requests   int // requests sent
	Assertions int // assertions checked, scripts included
	Skipped    int // steps that the suite marks as skipped
}

// A run is the state of one run of a suite.
type run struct {
	variables map[string]string
	log       func(format string, args ...any)
	report    Report
	step      string  // number and name of the current step
	wrong     []error // failures so far
}

func (r *run) fail(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Errorf(r.step+": "+format, args...))
}

// A response is what a step's assertions check.
type response struct {
	status int
	took   time.Duration
	body   any // decoded JSON, nil if not JSON
}

// Run runs every step of the suite with the given variables, without pauses. It logs
// the steps and the response times, which it does not check. The error lists every
// failed assertion. If a request cannot be made, the run stops.
func Run(ctx context.Context, suite Suite, variables map[string]string, log func(format string, args ...any)) (Report, error) {
	r := &run{variables: maps.Clone(variables), log: log}
	for i, step := range suite.Steps {
		r.step = strings.ReplaceAll(fmt.Sprintf("step %d, %s", i+1, step.Note), "%", "%%")
		switch {
		case step.Skipped:
			r.report.Skipped++
		case step.Type == "pause":
		case step.Type != "request":
			r.fail("the step type %q is not supported", step.Type)
		default:
			log("step %d: %s %s (%s)", i+1, step.Method, step.URL, step.Note)
			if err := r.request(ctx, step); err != nil {
				r.fail("%w", err)
				return r.report, errors.Join(r.wrong...)
			}
		}
	}
	if r.report.Assertions == 0 {
		r.wrong = append(r.wrong, fmt.Errorf("the suite %q asserts nothing", suite.Name))
	}
	return r.report, errors.Join(r.wrong...)
}

func (r *run) request(ctx context.Context, step Step) error {
	if len(step.Form)+len(step.Multipart)+len(step.Auth) > 0 {
		return errors.New("forms and Runscope's own authentication are not understood")
	}
	if len(strings.Join(step.BeforeScripts, "")) > 0 {
		return errors.New("a script before the request is not supported")
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
		if variable.Name == "" && variable.Property == "" { // exports have empty entries
			continue
		}
		if got, err := value(variable.Source, variable.Property, answer); err != nil {
			r.fail("no value for %s: %w", variable.Name, err)
		} else {
			r.variables[variable.Name] = plain(got)
		}
	}
	return nil
}

// wireURL escapes the characters that Okta's suites leave unescaped in a query.
var wireURL = strings.NewReplacer(" ", "%20", `"`, "%22", "#", "%23")

func (r *run) send(ctx context.Context, step Step) (*response, error) {
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
			if value, err = r.expand(value); err != nil {
				return nil, err
			}
			request.Header.Add(name, value)
		}
	}
	r.report.Requests++
	start := time.Now()
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	return &response{status: got.StatusCode, took: time.Since(start), body: decodeBody(data)}, err
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

var variableName = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// expand replaces variables in a text.
func (r *run) expand(text string) (expanded string, err error) {
	return variableName.ReplaceAllStringFunc(text, func(reference string) string {
		name := variableName.FindStringSubmatch(reference)[1]
		value, ok := r.variables[name]
		if !ok {
			err = fmt.Errorf("the variable %s has no value", name)
		}
		return value
	}), err
}

// comparisons has the comparisons that Okta's suites use, as Runscope's documentation
// defines them. Values are compared as text.
var comparisons = map[string]func(got any, want string) bool{
	"equal":        func(got any, want string) bool { return plain(got) == want },
	"equal_number": equalNumbers,
	"not_empty": func(got any, _ string) bool { // false and 0 are values
		return got != nil && !slices.Contains([]string{"", "[]", "{}"}, plain(got))
	},
	"is_a_number": func(got any, _ string) bool { _, ok := got.(json.Number); return ok },
	"has_value": func(got any, want string) bool {
		elements, _ := got.([]any)
		return slices.ContainsFunc(elements, func(e any) bool { return plain(e) == want })
	},
	"contains": func(got any, want string) bool { return strings.Contains(plain(got), want) },
}

func equalNumbers(got any, want string) bool {
	a, err := strconv.ParseFloat(plain(got), 64)
	b, wrong := strconv.ParseFloat(want, 64)
	return err == nil && wrong == nil && a == b
}

// assert checks one assertion. It logs the response time without a check, since the
// time depends on the machine.
func (r *run) assert(a Assertion, answer *response) {
	if a.Source == "response_time" {
		r.log("response time: %s wants %s ms, measured %d ms", a.Comparison, plain(a.Value), answer.took.Milliseconds())
		return
	}
	r.report.Assertions++
	want := ""
	if a.Value != nil {
		var err error
		if want, err = r.expand(plain(a.Value)); err != nil {
			r.fail("%w", err)
			return
		}
	}
	compare, ok := comparisons[a.Comparison]
	if !ok {
		r.fail("the comparison %q is not supported", a.Comparison)
		return
	}
	got, err := value(a.Source, a.Property, answer)
	switch {
	case err != nil: // no comparison holds for a missing value
		r.fail("%s: %w", a.Comparison, err)
	case !compare(got, want):
		r.fail("%s: want %s %s, got %s", strings.TrimSpace(a.Source+" "+a.Property), a.Comparison, want, plain(got))
	}
}

// plain returns a JSON value as text: a string without quotes, other values as JSON.
func plain(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// value returns the value of an assertion or a variable.
func value(source, property string, answer *response) (any, error) {
	switch source {
	case "response_status":
		return json.Number(strconv.Itoa(answer.status)), nil
	case "response_json":
		return lookup(answer.body, property)
	default:
		return nil, fmt.Errorf("the source %q is not supported", source)
	}
}

// propertyPath matches a path such as Resources[0].name.givenName.
var propertyPath = regexp.MustCompile(`^\w+(\[\d+\])*(\.\w+(\[\d+\])*)*$`)

// lookup returns a property of a JSON value.
func lookup(value any, property string) (any, error) {
	if !propertyPath.MatchString(property) {
		return nil, fmt.Errorf("the property %q is not supported", property)
	}
	for _, name := range strings.FieldsFunc(property, func(c rune) bool { return strings.ContainsRune(".[]", c) }) {
		found := false
		switch holder := value.(type) {
		case map[string]any:
			value, found = holder[name]
		case []any:
			if i, err := strconv.Atoi(name); err == nil && i < len(holder) {
				value, found = holder[i], true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no %s", property)
		}
	}
	return value, nil
}

// scripts has Go versions of the inline scripts of Okta's suites, by the SHA-256 of
// their text with each run of white space as one blank. A changed script is not found.
var scripts = map[string]func(answer *response) error{
	"3566c59eaf4266b1c8240165ece33681459d1b11f81dfec3cec00cc41b93b516": groupsAreAnArray,
}

// groupsAreAnArray is the script of the SPEC suite's step on /Groups: if there are
// groups, Resources is an array.
func groupsAreAnArray(answer *response) error {
	list, _ := answer.body.(map[string]any)
	total, ok := list["totalResults"].(json.Number)
	if !ok {
		return errors.New("totalResults is not a number")
	}
	if _, ok := list["Resources"].([]any); !ok && total != "0" {
		return fmt.Errorf("there are %s groups, but Resources is not an array", total)
	}
	return nil
}

func (r *run) script(text string, answer *response) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return
	}
	r.report.Assertions++
	sum := sha256.Sum256([]byte(text))
	check, ok := scripts[hex.EncodeToString(sum[:])]
	if !ok {
		r.fail("the script with the digest %x is not supported: %.60s…", sum, text)
	} else if err := check(answer); err != nil {
		r.fail("script: %w", err)
	}
}
