package strict_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const yamlAdvice = `; check the indentation (by spaces, not tabs), quotes and brackets, and quote a value with braces or a colon in it: {call: "GET /people/{user}"}`

// broken has documents that are no YAML at all, with the line that is at fault.
var broken = []struct {
	name, text, want string
}{
	{"nothing", "", `doc.yaml:1:1: the document is empty`},
	{"only comments", "# a\n\n# b\n", `doc.yaml:1:1: the document is empty`},
	{"indentation of a key", "version: 1\nlimits:\n  rows: 1\n wait: 10s\nshare: 1\n",
		`doc.yaml:4:1: not YAML: did not find expected key`},
	{"indentation of a key after a value", "version: 1\n  share: 2\nstyle: page\n",
		`doc.yaml:2:1: not YAML: mapping values are not allowed in this context`},
	{"list item where a key is due", "version: 1\nstyle: page\n- a\nshare: 1\n",
		`doc.yaml:3:1: not YAML: did not find expected key`},
	{"key where a list item is due", "version: 1\norder:\n  - first\n  second: x\nshare: 1\n",
		`doc.yaml:4:1: not YAML: did not find expected '-' indicator`},
	{"unquoted brace", "version: 1\nat: {organization}/x\nshare: 1\nverify: true\n",
		`doc.yaml:2:1: not YAML: did not find expected key`},
	{"unquoted call in braces", "version: 1\noperations:\n  get: {call: GET /org/{organization}/x}\nshare: 1\n",
		`doc.yaml:3:1: not YAML: did not find expected ',' or '}'`},
	{"unquoted call at the end", "version: 1\nmain operation: {repeat: true, call: GET /org/{organization}}\nshare: 1\n",
		`doc.yaml:2:1: not YAML: did not find expected ',' or '}'`},
	{"unquoted colon", "version: 1\nat: a: b\nshare: 1\n",
		`doc.yaml:2:1: not YAML: mapping values are not allowed in this context`},
	{"forgotten colon", "version: 1\nstyle page\nshare: 1\n",
		`doc.yaml:2:1: not YAML: could not find expected ':'`},
	{"tab", "version: 1\nlimits:\n\trows: 1\n",
		`doc.yaml:3:1: not YAML: found character that cannot start any token; check the indentation (by spaces, not tabs), quotes and brackets, and quote a value with braces or a colon in it: {call: "GET /people/{user}"}`},
	{"reserved character", "version: 1\nat: @a\nshare: 1\n",
		`doc.yaml:2:1: not YAML: found character that cannot start any token`},
	{"wrong bracket", "version: 1\norder: [first}\nshare: 1\n",
		`doc.yaml:2:1: not YAML: did not find expected ',' or ']'`},
	{"open bracket long before", "version: 1\norder: [first\n" + strings.Repeat("share: 1\n", 20),
		`doc.yaml:2:1: not YAML: did not find expected ',' or ']'`},
	{"open quote long before", "version: 1\n\nat: \"first\n" + strings.Repeat("share: 1\n", 20),
		`doc.yaml:3:1: not YAML: found unexpected end of stream`},
	{"open bracket in line 1", "{version: 1\n" + strings.Repeat("share: 1\n", 20),
		`doc.yaml:1:1: not YAML: did not find expected ',' or '}'`},
	{"open quote in line 1", "version: \"1\n" + strings.Repeat("share: 1\n", 20),
		`doc.yaml:1:1: not YAML: found unexpected end of stream`},
	{"open bracket long before the end", "version: 1\norder: [\n" + strings.Repeat("first,\n", 20),
		`doc.yaml:2:1: not YAML: did not find expected node content`},
	{"unknown escape", "version: 1\nat: \"\\q\"\nshare: 1\n", `doc.yaml:2:1: not YAML: found unknown escape character`},
	{"not UTF-8", "version: 1\nat: \xff\nshare: 1\n", `doc.yaml:2:1: not YAML: invalid leading UTF-8 octet`},
	{"control character", "version: 1\nat: \x01\nshare: 1\n", `doc.yaml:2:1: not YAML: control characters are not allowed`},
}

func TestDecodeFindsTheLineThatIsNotYAML(t *testing.T) {
	require.NotEmpty(t, broken)
	for _, test := range broken {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			if strings.Contains(want, "not YAML") && test.name != "tab" {
				want += yamlAdvice
			}
			assert.Equal(t, []string{want}, problemsOf(t, test.text))
		})
	}
}
