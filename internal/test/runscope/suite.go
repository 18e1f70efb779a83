// Package runscope runs suites in Runscope's export format, the form in which
// Okta publishes its acceptance tests of SCIM 2.0 services (Okta, "Prepare your
// SCIM API service", https://developer.okta.com/docs/guides/scim-provisioning-integration-prepare/main/).
//
// [Load] reads a suite, [Run] runs it. An unknown comparison, source or
// script fails the suite: a skipped check never counts as passed.
package runscope

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// A Suite is one exported test.
type Suite struct {
	Name  string `json:"name"`
	Steps []Step `json:"steps"`
}

// A Step is a request or a pause.
type Step struct {
	Type          string            `json:"step_type"` // "request" or "pause"
	Skipped       bool              `json:"skipped"`
	Note          string            `json:"note"`
	Method        string            `json:"method"`
	URL           string            `json:"url"`
	Header        map[string]Values `json:"headers"`
	Body          string            `json:"body"`
	Form          map[string]any    `json:"form"`
	Multipart     []any             `json:"multipart_form"`
	Auth          map[string]any    `json:"auth"`
	Assertions    []Assertion       `json:"assertions"`
	Variables     []Variable        `json:"variables"`
	Scripts       []string          `json:"scripts"`
	BeforeScripts []string          `json:"before_scripts"`
}

// An Assertion is one check of a response.
type Assertion struct {
	Comparison string `json:"comparison"`
	Source     string `json:"source"`
	Property   string `json:"property"`
	Value      any    `json:"value"`
}

// A Variable stores a value of a response for later steps.
type Variable struct {
	Source   string `json:"source"`
	Name     string `json:"name"`
	Property string `json:"property"`
}

// Values holds the values of a header; exports have a string for one value or an array
// for all.
type Values []string

// UnmarshalJSON accepts both forms.
func (v *Values) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*v = Values{one}
		return nil
	}
	var all []string
	err := json.Unmarshal(data, &all)
	*v = all
	return err
}

// Load reads the suite in a file, or all suites (*.json) in a folder. It is an error
// if there is none.
func Load(path string) ([]Suite, error) {
	files := []string{path}
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if info.IsDir() {
		files, _ = filepath.Glob(filepath.Join(path, "*.json")) // the pattern is valid
	}
	var suites []Suite
	for _, file := range files {
		suite, err := read(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		suites = append(suites, suite)
	}
	if len(suites) == 0 {
		return nil, fmt.Errorf("%s has no suite (*.json)", path)
	}
	return suites, nil
}

func read(file string) (Suite, error) {
	var suite Suite
	data, err := os.ReadFile(file)
	if err != nil {
		return suite, err
	}
	if err := json.Unmarshal(data, &suite); err != nil {
		return suite, err
	}
	if suite.Name == "" || len(suite.Steps) == 0 {
		return suite, fmt.Errorf("not a Runscope export: it has no name or no steps")
	}
	return suite, nil
}
