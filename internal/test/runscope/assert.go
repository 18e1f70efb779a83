package runscope

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// comparisons are those that Okta's suites use, with the meaning that
// Runscope's documentation gives them. Values are compared as text.
var comparisons = map[string]func(got any, want string) bool{
	"equal":        func(got any, want string) bool { return plain(got) == want },
	"equal_number": equalNumbers,
	"not_empty":    func(got any, _ string) bool { return notEmpty(got) },
	"is_a_number":  func(got any, _ string) bool { _, ok := got.(json.Number); return ok },
	"has_value":    hasValue,
	"contains":     func(got any, want string) bool { return strings.Contains(plain(got), want) },
}

// assert checks one assertion. The response time is logged and not checked: it
// depends on the machine.
func (r *run) assert(a Assertion, answer *response) {
	if a.Source == "response_time" {
		r.runner.log("response time: %s wants %s ms, measured %d ms", a.Comparison, plain(a.Value), answer.took.Milliseconds())
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
		r.fail("the comparison %q is not understood", a.Comparison)
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

func equalNumbers(got any, want string) bool {
	a, err := strconv.ParseFloat(plain(got), 64)
	b, wrong := strconv.ParseFloat(want, 64)
	return err == nil && wrong == nil && a == b
}

// notEmpty counts false and 0 as values.
func notEmpty(got any) bool {
	switch got := got.(type) {
	case nil:
		return false
	case string:
		return got != ""
	case []any:
		return len(got) > 0
	case map[string]any:
		return len(got) > 0
	default:
		return true
	}
}

func hasValue(got any, want string) bool {
	elements, ok := got.([]any)
	return ok && slices.ContainsFunc(elements, func(e any) bool { return plain(e) == want })
}

// plain returns a JSON value as text: a string without quotes, the rest as JSON.
func plain(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case float64: // a number in the suite itself
		return strconv.FormatFloat(value, 'f', -1, 64)
	default:
		encoded, err := json.Marshal(value)
		if err != nil {
			return err.Error()
		}
		return string(encoded)
	}
}

// value returns the value of an assertion or a variable.
func value(source, property string, answer *response) (any, error) {
	switch source {
	case "response_status":
		return json.Number(strconv.Itoa(answer.status)), nil
	case "response_json":
		return lookup(answer.body, property)
	default:
		return nil, fmt.Errorf("the source %q is not understood", source)
	}
}

var propertyStep = regexp.MustCompile(`^(\w+)((?:\[\d+\])*)$`)

// lookup returns a property such as "Resources[0].name.givenName" of a JSON value.
func lookup(value any, property string) (any, error) {
	for part := range strings.SplitSeq(property, ".") {
		found := propertyStep.FindStringSubmatch(part)
		if found == nil {
			return nil, fmt.Errorf("the property %q is not understood", property)
		}
		object, _ := value.(map[string]any)
		next, ok := object[found[1]]
		if !ok {
			return nil, fmt.Errorf("there is no %s", property)
		}
		value = next
		for index := range strings.SplitSeq(strings.Trim(found[2], "[]"), "][") {
			if index == "" {
				continue
			}
			elements, _ := value.([]any)
			i, err := strconv.Atoi(index)
			if err != nil || i >= len(elements) {
				return nil, fmt.Errorf("there is no %s", property)
			}
			value = elements[i]
		}
	}
	return value, nil
}
