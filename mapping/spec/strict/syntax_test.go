package strict_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// broken has documents that are not YAML, with the expected line of the error.
var broken = []struct {
	name, text, want string
}{
	{"nothing", "", "doc.yaml:1:1: the document is empty"},
	{"only comments", "# a\n\n# b\n", "doc.yaml:1:1: the document is empty"},
	{"indentation of a key", "version: 1\nlimits:\n  rows: 1\n wait: 10s\nshare: 1\n",
		"doc.yaml:4:2: not YAML: did not find expected key; check the indentation, and quote a value that begins with { or ["},
	{"indentation of a key after a value", "version: 1\n  share: 2\nstyle: page\n",
		"doc.yaml:2:3: not YAML: mapping values are not allowed in this context; check the indentation, and quote a value that has a colon and a blank in it"},
	{"list item where a key is due", "version: 1\nstyle: page\n- a\nshare: 1\n",
		"doc.yaml:3:1: not YAML: did not find expected key; check the indentation, and quote a value that begins with { or ["},
	{"key where a list item is due", "version: 1\norder:\n  - first\n  second: x\nshare: 1\n",
		"doc.yaml:4:3: not YAML: did not find expected '-' indicator; check the indentation"},
	{"unquoted brace", "version: 1\nat: {organization}/x\nshare: 1\nverify: true\n",
		"doc.yaml:2:1: not YAML: did not find expected key; check the indentation, and quote a value that begins with { or ["},
	{"unquoted call in braces", "version: 1\noperations:\n  get: {call: GET /org/{organization}/x}\nshare: 1\n",
		`doc.yaml:3:3: not YAML: did not find expected ',' or '}'; quote a call that is in braces: {call: "GET /people/{user}"}`},
	{"unquoted call at the end", "version: 1\nmain operation: {repeat: true, call: GET /org/{organization}}\nshare: 1\n",
		`doc.yaml:2:1: not YAML: did not find expected ',' or '}'; quote a call that is in braces: {call: "GET /people/{user}"}`},
	{"unquoted colon", "version: 1\nat: a: b\nshare: 1\n",
		"doc.yaml:2:1: not YAML: mapping values are not allowed in this context; check the indentation, and quote a value that has a colon and a blank in it"},
	{"forgotten colon", "version: 1\nstyle page\nshare: 1\n",
		"doc.yaml:2:1: not YAML: could not find expected ':'; a key ends with a colon"},
	{"tab", "version: 1\nlimits:\n\trows: 1\n",
		"doc.yaml:3:1: not YAML: found character that cannot start any token; quote a value that begins with @, % or `, and indent with blanks"},
	{"reserved character", "version: 1\nat: @a\nshare: 1\n",
		"doc.yaml:2:1: not YAML: found character that cannot start any token; quote a value that begins with @, % or `, and indent with blanks"},
	{"wrong bracket", "version: 1\norder: [first}\nshare: 1\n",
		"doc.yaml:2:1: not YAML: did not find expected ',' or ']'; a bracket is not closed, or a comma is missing"},
	{"open bracket long before", "version: 1\norder: [first\n" + strings.Repeat("share: 1\n", 20),
		"doc.yaml:2:1: not YAML: did not find expected ',' or ']'; a bracket is not closed, or a comma is missing"},
	{"open quote long before", "version: 1\n\nat: \"first\n" + strings.Repeat("share: 1\n", 20),
		"doc.yaml:3:1: not YAML: found unexpected end of stream; a quote is not closed"},
	{"open bracket in line 1", "{version: 1\n" + strings.Repeat("share: 1\n", 20),
		"doc.yaml:1:1: not YAML: did not find expected ',' or '}'; a bracket is not closed, or a comma is missing"},
	{"open quote in line 1", "version: \"1\n" + strings.Repeat("share: 1\n", 20),
		"doc.yaml:1:1: not YAML: found unexpected end of stream; a quote is not closed"},
	{"open bracket long before the end", "version: 1\norder: [\n" + strings.Repeat("first,\n", 20),
		"doc.yaml:2:1: not YAML: did not find expected node content; a value is missing, or a bracket is not closed"},
	{"unknown escape", "version: 1\nat: \"\\q\"\nshare: 1\n", "doc.yaml:2:1: not YAML: found unknown escape character"},
	{"not UTF-8", "version: 1\nat: \xff\nshare: 1\n", "doc.yaml:2:1: not YAML: invalid leading UTF-8 octet"},
	{"control character", "version: 1\nat: \x01\nshare: 1\n", "doc.yaml:2:1: not YAML: control characters are not allowed"},
}

func TestDecodeFindsTheLineThatIsNotYAML(t *testing.T) {
	require.NotEmpty(t, broken)
	for _, test := range broken {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, []string{test.want}, problemsOf(t, test.text))
		})
	}
}
