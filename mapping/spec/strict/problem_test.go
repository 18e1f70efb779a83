package strict_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec/strict"
)

// A document has a key of every form. It and all documents of these tests are
// invented.
type document struct {
	Version    int               `yaml:"version"`
	Operations map[string]any    `yaml:"operations"`
	Main       any               `yaml:"main operation"`
	At         string            `yaml:"at"`
	Style      string            `yaml:"style"`
	Order      []string          `yaml:"order"`
	Labels     map[string]string `yaml:"labels"`
	Share      float64           `yaml:"share"`
	Verify     *bool             `yaml:"verify"`
	Limits     struct {
		Rows int           `yaml:"rows"`
		Wait time.Duration `yaml:"wait"`
	} `yaml:"limits"`
	Found any `yaml:"found"`
	Any   any `yaml:"any"`
}

const documentSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$ref": "#/$defs/Document",
  "$defs": {
    "Document": {
      "type": "object", "required": ["version"], "additionalProperties": false,
      "properties": {
        "version": {"type": "integer", "minimum": 1, "maximum": 9},
        "operations": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Operation"}},
        "main operation": {"$ref": "#/$defs/Operation", "properties": {"tries": {"not": {}, "description": "tries belongs to others; remove it"}}},
        "at": {"type": "string", "format": "place"},
        "style": {"type": "string", "enum": ["offset", "page"]},
        "order": {"type": "array", "items": {"type": "string", "enum": ["first", "second"]}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "share": {"type": "number"},
        "verify": {"type": "boolean"},
        "limits": {"type": "object", "additionalProperties": false, "properties": {"rows": {"type": "integer"}, "wait": {"type": "string", "format": "time"}}},
        "found": {"type": ["string", "array"], "format": "place", "items": {"type": "string", "format": "place"}, "minItems": 1, "uniqueItems": true},
        "any": {}
      }
    },
    "Operation": {
      "type": ["string", "object"], "format": "place", "required": ["call"], "additionalProperties": false,
      "properties": {"call": {"type": "string", "format": "place"}, "repeat": {"type": "boolean"}, "tries": {"type": "integer"}}
    }
  }
}`

func documents(t testing.TB) *strict.Schema {
	t.Helper()
	schema, err := strict.NewSchema([]byte(documentSchema), map[string]func(string) error{"place": func(text string) error {
		if text == "" || strings.Contains(text, " ") {
			return fmt.Errorf("%q is not a place", text)
		}
		return nil
	}, "time": func(text string) error {
		if _, err := time.ParseDuration(text); err != nil {
			return fmt.Errorf("%q is not a time", text)
		}
		return nil
	}})
	require.NoError(t, err)
	return schema
}

// problemsIn returns the problems of a report.
func problemsIn(t testing.TB, report *strict.Report) (problems strict.Problems) {
	t.Helper()
	if err := report.Err(); err != nil {
		require.ErrorAs(t, err, &problems)
	}
	return problems
}

// problemsOf returns what is wrong with a document.
func problemsOf(t testing.TB, text string) []string {
	t.Helper()
	var d document
	lines := []string{}
	for _, p := range problemsIn(t, documents(t).Read("doc.yaml", []byte(text), &d)) {
		lines = append(lines, p.String())
	}
	return lines
}

// rules has a bad document for every rule, with all that is said about it. The
// documents are also where the fuzz test starts.
var rules = []struct {
	name, text string
	want       []string
}{
	// Keys
	{"unknown key", "version: 1\nstlye: page", []string{
		`doc.yaml:2:1: stlye: unknown key; did you mean "style"?`}},
	{"unknown key, other separator and case", "version: 1\nMain-Operation: a", []string{
		`doc.yaml:2:1: Main-Operation: unknown key; did you mean "main operation"?`}},
	{"unknown key like no other", "version: 1\nlimits:\n  colour: red", []string{
		`doc.yaml:3:3: limits.colour: unknown key; the keys here are "rows", "wait"`}},
	{"unknown key, and all that are known", "version: 1\nHidden: a", []string{
		`doc.yaml:2:1: Hidden: unknown key; the keys here are "any", "at", "found", "labels", "limits", "main operation", "operations", "order", "share", "style", "verify", "version"`}},
	{"missing key of the document", "style: page", []string{
		`doc.yaml:1:1: key "version" is missing`}},
	{"missing key of a block", "version: 1\noperations:\n  a b:\n    repeat: true", []string{
		`doc.yaml:3:3: operations.a b: key "call" is missing`}},
	{"missing key of a flow map", "version: 1\noperations:\n  a: {}", []string{
		`doc.yaml:3:3: operations.a: key "call" is missing`}},
	{"duplicate key of a struct", "version: 1\nversion: 2", []string{
		`doc.yaml:2:1: version: the key is given twice; remove one of them`}},
	{"duplicate key of a map", "version: 1\nlabels: {a: b, 'a': c}", []string{
		`doc.yaml:2:16: labels.a: the key is given twice; remove one of them`}},
	{"duplicate key below any", "version: 1\nany:\n- a: 1\n  a: 2", []string{
		`doc.yaml:4:3: any[0].a: the key is given twice; remove one of them`}},
	{"list as key", "version: 1\nany:\n  ? [a]\n  : b", []string{
		`doc.yaml:3:5: any.: the key is not a string; write it in quotes`}},
	{"map as key", "version: 1\nany: {{a: b}: c}", []string{
		`doc.yaml:2:7: any.: the key is not a string; write it in quotes`}},
	{"null as key", "version: 1\nlabels:\n  ~: a", []string{
		`doc.yaml:3:3: labels.~: the key is not a string; write it in quotes`}},

	// What strict YAML leaves out
	{"alias", "version: &v 1\nshare: *v", []string{
		`doc.yaml:2:1: share: an alias (*v) is not allowed; write the value out`}},
	{"alias of nothing", "version: 1\nshare: *v", []string{
		`doc.yaml:2:1: not YAML: unknown anchor 'v' referenced; check the indentation (by spaces, not tabs), quotes and brackets, and quote a value with braces or a colon in it: {call: "GET /people/{user}"}`}},
	{"merge key", "version: 1\nlimits:\n  <<: {rows: 1}", []string{
		`doc.yaml:3:3: limits.<<: the key is not a string; write it in quotes`}},
	{"custom tag", "version: 1\nany: !secret a", []string{
		`doc.yaml:2:1: any: a tag (!secret) is not allowed; remove it; quotes make a value a string`}},
	{"standard tag", "version: !!int 1", []string{
		`doc.yaml:1:1: version: a tag (!!int) is not allowed; remove it; quotes make a value a string`}},
	{"tag on a block", "version: 1\nany: !!set\n  a: b", []string{
		`doc.yaml:2:1: any: a tag (!!set) is not allowed; remove it; quotes make a value a string`}},
	{"second document", "version: 1\n---\nversion: 2\n", []string{
		`doc.yaml:1:1: the file holds more than one document`}},
	{"second document with an error", "version: 1\n---\na: [\n", []string{
		`doc.yaml:3:1: not YAML: did not find expected node content; check the indentation (by spaces, not tabs), quotes and brackets, and quote a value with braces or a colon in it: {call: "GET /people/{user}"}`}},

	// Lists of texts
	{"a text of a list that is none", "version: 1\nfound: [mail, a b, 7]", []string{
		`doc.yaml:2:15: found[1]: "a b" is not a place`,
		`doc.yaml:2:20: found[2]: got number, want string`}},
	{"an empty list of texts", "version: 1\nfound: []", []string{
		`doc.yaml:2:1: found: minItems: got 0, want 1`}},
	{"a map where texts are wanted", "version: 1\nfound: {a: b}", []string{
		`doc.yaml:2:1: found: got object, want string or array`}},
	{"a list where one text is wanted", "version: 1\nat: [mail]", []string{
		`doc.yaml:2:1: at: got array, want string`}},

	// Types
	{"document is a list", "- a", []string{
		`doc.yaml:1:1: got array, want object`}},
	{"document is null", "~", []string{
		`doc.yaml:1:1: got null, want object`}},
	{"document is nothing", "---\n", []string{
		`doc.yaml:2:1: has no value; write null if that is meant, and a placeholder in quotes: "{user}"`}},
	{"string wanted, number found", "version: 1\nlabels: {ü: 1}", []string{
		`doc.yaml:2:10: labels.ü: got number, want string`}},
	{"string wanted, boolean found", "version: 1\nat: True", []string{
		`doc.yaml:2:1: at: got boolean, want string`}},
	{"string wanted, list found", "version: 1\nat:\n  - a", []string{
		`doc.yaml:2:1: at: got array, want string`}},
	{"string wanted, map found", "version: 1\nlabels:\n  a: {b: c}", []string{
		`doc.yaml:3:3: labels.a: got object, want string`}},
	{"int wanted, string found", "version: one", []string{
		`doc.yaml:1:1: version: got string, want integer`}},
	{"int wanted, float found", "version: 1.5", []string{
		`doc.yaml:1:1: version: got number, want integer`}},
	{"int wanted, too large", "version: 9223372036854775808", []string{
		`doc.yaml:1:1: version: 9223372036854775808 is not a JSON number, or too large; write it in quotes if it is a text`}},
	{"float wanted, string found", "version: 1\nshare: '1'", []string{
		`doc.yaml:2:1: share: got string, want number`}},
	{"float wanted, infinity found", "version: 1\nshare: .inf", []string{
		`doc.yaml:2:1: share: .inf is not a JSON number, or too large; write it in quotes if it is a text`}},
	{"float wanted, too large", "version: 1\nshare: 1e999", []string{
		`doc.yaml:2:1: share: got string, want number`}},
	{"bool wanted, YAML 1.1 boolean found", "version: 1\nverify: yes", []string{
		`doc.yaml:2:1: verify: got string, want boolean`}},
	{"bool wanted, quoted boolean found", "version: 1\nverify: 'False'", []string{
		`doc.yaml:2:1: verify: got string, want boolean`}},
	{"duration wanted, number found", "version: 1\nlimits: {wait: 10}", []string{
		`doc.yaml:2:10: limits.wait: got number, want string`}},
	{"duration wanted, other string found", "version: 1\nlimits: {wait: long}", []string{
		`doc.yaml:2:10: limits.wait: "long" is not a time`}},
	{"list wanted, string found", "version: 1\norder: first", []string{
		`doc.yaml:2:1: order: got string, want array`}},
	{"list wanted, nothing found", "version: 1\norder:", []string{
		`doc.yaml:2:1: order: has no value; write null if that is meant, and a placeholder in quotes: "{user}"`}},
	{"map wanted, nothing found", "version: 1\nlabels:\nlimits: # later\n", []string{
		`doc.yaml:2:1: labels: has no value; write null if that is meant, and a placeholder in quotes: "{user}"`,
		`doc.yaml:3:1: limits: has no value; write null if that is meant, and a placeholder in quotes: "{user}"`}},
	{"null where a value is due", "version: ~\nverify: null", []string{
		`doc.yaml:1:1: version: got null, want integer`,
		`doc.yaml:2:1: verify: got null, want boolean`}},
	{"nothing below any", "version: 1\nany: {a: , b: null}", []string{
		`doc.yaml:2:7: any.a: has no value; write null if that is meant, and a placeholder in quotes: "{user}"`}},
	{"infinity below any", "version: 1\nany: [-.INF, .nan]", []string{
		`doc.yaml:2:7: any[0]: -.INF is not a JSON number, or too large; write it in quotes if it is a text`,
		`doc.yaml:2:14: any[1]: .nan is not a JSON number, or too large; write it in quotes if it is a text`}},

	{"octal, hexadecimal and underlined numbers", "version: 010\nany: [0x1F, 1_000, +1]", []string{
		`doc.yaml:1:1: version: 010 is not a JSON number, or too large; write it in quotes if it is a text`,
		`doc.yaml:2:7: any[0]: 0x1F is not a JSON number, or too large; write it in quotes if it is a text`,
		`doc.yaml:2:13: any[1]: 1_000 is not a JSON number, or too large; write it in quotes if it is a text`,
		`doc.yaml:2:20: any[2]: +1 is not a JSON number, or too large; write it in quotes if it is a text`}},
	{"out of bounds", "version: 10", []string{
		`doc.yaml:1:1: version: it is more than 9`}},
	{"below the bounds", "version: -1", []string{
		`doc.yaml:1:1: version: it is less than 1`}},
	{"a key that belongs to others", "version: 1\nmain operation: {call: a, tries: 2}", []string{
		`doc.yaml:2:27: main operation.tries: tries belongs to others; remove it`}},
	{"the same text twice", "version: 1\nfound: [a, a]", []string{
		`doc.yaml:2:1: found: items at 0 and 1 are equal`}},
	{"a placeholder without quotes", "version: 1\nany:\n  mail: {userName}\n  list: [{role}]\nat: {organization}", []string{
		`doc.yaml:3:10: any.mail.userName: has no value; write null if that is meant, and a placeholder in quotes: "{user}"`,
		`doc.yaml:4:11: any.list[0].role: has no value; write null if that is meant, and a placeholder in quotes: "{user}"`,
		`doc.yaml:5:6: at.organization: has no value; write null if that is meant, and a placeholder in quotes: "{user}"`}},

	// Texts
	{"not in the enum", "version: 1\nstyle: pgae", []string{
		`doc.yaml:2:1: style: "pgae" is not a value here; write one of "offset", "page"`}},
	{"nothing like the enum, in a list", "version: 1\norder:\n  - first\n  - zeroth", []string{
		`doc.yaml:4:5: order[1]: "zeroth" is not a value here; write one of "first", "second"`}},
	{"refused by the type", "version: 1\nat: a b", []string{
		`doc.yaml:2:1: at: "a b" is not a place`}},
	{"refused by the short form", "version: 1\noperations:\n  get: \"\"\n", []string{
		`doc.yaml:3:3: operations.get: "" is not a place`}},
	{"short form of no type string", "version: 1\nmain operation: 12", []string{
		`doc.yaml:2:1: main operation: got number, want string or object`}},
	{"list for a short form", "version: 1\nmain operation: []", []string{
		`doc.yaml:2:1: main operation: got array, want string or object`}},
	{"long text is shortened", "version: 1\n" + strings.Repeat("x", 210) + ": a", []string{
		`doc.yaml:2:1: ` + strings.Repeat("x", 200) + `…: unknown key; the keys here are "any", "at", "found", "labels", "limits", "main operation", "operations", "order", "share", "style", "verify", "version"`}},

	// All at once
	{"everything at once, in order", "order: [frist]\noperations:\n  a: {cal: x}\n  b: {call: y, tries: no}\n", []string{
		`doc.yaml:1:1: key "version" is missing`,
		`doc.yaml:1:9: order[0]: "frist" is not a value here; did you mean "first"?`,
		`doc.yaml:3:3: operations.a: key "call" is missing`,
		`doc.yaml:3:7: operations.a.cal: unknown key; did you mean "call"?`,
		`doc.yaml:4:16: operations.b.tries: got string, want integer`}},
}

func TestEveryProblemIsReported(t *testing.T) {
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			assert.Equal(t, rule.want, problemsOf(t, rule.text))
		})
	}
}

func TestProblemsAreAnError(t *testing.T) {
	var d document
	found := problemsIn(t, documents(t).Read("doc.yaml", []byte("shaer: 1"), &d))
	assert.Equal(t, strict.Problems{
		{File: "doc.yaml", Line: 1, Column: 1, Message: `key "version" is missing`},
		{File: "doc.yaml", Line: 1, Column: 1, Path: "shaer", Message: `unknown key; did you mean "share"?`},
	}, found)
	assert.EqualError(t, found, "doc.yaml:1:1: key \"version\" is missing\ndoc.yaml:1:1: shaer: unknown key; did you mean \"share\"?")
	assert.NoError(t, new(strict.Report).Err())
}

// What is read is what is written.
func TestRead(t *testing.T) {
	const text = `version: 1
operations: {a: b, c: {call: d}}
at: mail
order: [first]
labels: {"yes": yes, day: 2026-03-02}
share: 1.5e1
verify: TRUE
limits: {rows: 10, wait: 1m30s}
found: [a, b]
any: [null, ~, -7, 0.5, no, "1", {now: 2026-03-02}]
`
	var d document
	report := documents(t).Read("doc.yaml", []byte(text), &d)
	require.NoError(t, report.Err())
	verify := true
	want := document{
		Version: 1, Operations: map[string]any{"a": "b", "c": map[string]any{"call": "d"}}, At: "mail", Order: []string{"first"},
		Labels: map[string]string{"yes": "yes", "day": "2026-03-02"}, Share: 15, Verify: &verify, Found: []any{"a", "b"},
		Any: []any{nil, nil, -7, 0.5, "no", "1", map[string]any{"now": "2026-03-02"}},
	}
	want.Limits.Rows, want.Limits.Wait = 10, 90*time.Second
	assert.Equal(t, want, d)
}

// A document that the schema does not allow is not read at all.
func TestReadOfAnInvalidDocument(t *testing.T) {
	for _, text := range []string{"version: 1\nat: mail\nat: twice\n", "version: one\nat: mail\n"} {
		var d document
		require.Len(t, problemsIn(t, documents(t).Read("doc.yaml", []byte(text), &d)), 1)
		assert.Zero(t, d)
	}
}

func TestInvalidSchemaIsRefused(t *testing.T) {
	for _, text := range []string{`{`, `{"type": 7}`, `{"$ref": "https://elsewhere.invalid/x"}`} {
		_, err := strict.NewSchema([]byte(text), nil)
		require.Error(t, err, text)
	}
}
