package strict_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec/strict"
)

// document has a field of every form. It and all documents of these tests are
// invented.
type document struct {
	Version    int                  `yaml:"version" required:"true" doc:"Format <1> & later."`
	Operations map[string]operation `yaml:"operations" doc:"Calls by name."`
	Main       *operation           `yaml:"main operation"`
	At         place                `yaml:"at" doc:"A field."`
	Style      style                `yaml:"style" enum:"offset,page" default:"offset"`
	Order      []string             `yaml:"order" enum:"first,second"`
	Labels     map[label]string     `yaml:"labels"`
	Share      float64              `yaml:"share"`
	Verify     *bool                `yaml:"verify" default:"true"`
	Limits     limits               `yaml:"limits"`
	Found      places               `yaml:"found"`
	Any        any                  `yaml:"any"`
	Hidden     string
}

type (
	style string
	label string
)

type limits struct {
	Rows int           `yaml:"rows,omitempty" default:"1000"`
	Wait time.Duration `yaml:"wait" default:"10s" doc:"How long."`
}

// operation is a struct with a short form.
type operation struct {
	Call   place  `yaml:"call" required:"true"`
	Repeat bool   `yaml:"repeat"`
	Tries  int    `yaml:"tries" default:"3"`
	Next   *place `yaml:"next"`
}

func (o *operation) FromScalar(text string) error { return o.Call.UnmarshalScalar(text) }

// place is written as one string.
type place struct{ steps []string }

func (p *place) UnmarshalScalar(text string) error {
	if text == "" || strings.Contains(text, " ") {
		return fmt.Errorf("%q is not a place", text)
	}
	p.steps = strings.Split(text, ".")
	return nil
}

func (p place) String() string { return strings.Join(p.steps, ".") }

// places may also be written as a list.
type places struct{ all []place }

func (p *places) UnmarshalScalar(text string) error {
	*p = places{}
	return p.AddScalar(text)
}

func (p *places) AddScalar(text string) error {
	var one place
	if err := one.UnmarshalScalar(text); err != nil {
		return err
	}
	p.all = append(p.all, one)
	return nil
}

func (p places) Scalars() []string {
	var texts []string
	for _, one := range p.all {
		texts = append(texts, one.String())
	}
	return texts
}

// decode reads a document that must be good.
func decode(t testing.TB, text string) document {
	t.Helper()
	var d document
	_, problems := strict.Decode("doc.yaml", []byte(text), &d)
	require.NoError(t, problems.Err())
	return d
}

// problemsOf reads a document that may be bad.
func problemsOf(text string) []string {
	var d document
	_, problems := strict.Decode("doc.yaml", []byte(text), &d)
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.String()
	}
	return lines
}
