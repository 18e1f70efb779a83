package strict_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec/strict"
)

const everythingPrinted = `version: 16
operations:
  "404":
    call: users.none
    repeat: true
    tries: 0
    next: users.two
  get user:
    call: users.one
    tries: 3
main operation:
  call: main
  tries: 3
at: info.emails
style: page
order:
  - first
  - second
  - first
labels:
  a: "1"
  b: yes
share: 2.0
verify: false
limits:
  rows: -7
  wait: 1m30s
found:
  - info.mail
  - mail
any:
  values:
    - null
    - null
    - true
    - 12
    - 10
    - 15
    - 1000.0
    - -0.5
    - "12"
    - yes
    - "2020-01-02"
    - "1_000"
`

func TestPrint(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"every form", everything, everythingPrinted},
		{"its own print", everythingPrinted, everythingPrinted},
		{"list of one", "version: 0\nfound: [mail]", "version: 0\nstyle: offset\nverify: true\nlimits:\n  rows: 1000\n  wait: 10s\nfound: mail\n"},
		{"defaults", "version: 0", "version: 0\nstyle: offset\nverify: true\nlimits:\n  rows: 1000\n  wait: 10s\n"},
		{"empty list and map are not absent", "version: 1\norder: []\nlabels: {}\nany: [{}, []]",
			"version: 1\nstyle: offset\norder: []\nlabels: {}\nverify: true\nlimits:\n  rows: 1000\n  wait: 10s\nany:\n  - {}\n  - []\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := decode(t, test.in)
			text, err := strict.Print(&in)
			require.NoError(t, err)
			assert.Equal(t, test.want, string(text))
			assert.Equal(t, in, decode(t, string(text)))
		})
	}
}

func TestPrintKeepsTexts(t *testing.T) {
	require.NotEmpty(t, texts)
	for _, text := range texts {
		t.Run(text, func(t *testing.T) { assertTextKept(t, text) })
	}
}

// texts are strings that YAML could take for something else.
var texts = []string{
	"", " ", "a b ", "null", "~", "true", "YES", "n", "<<", "=", "0x10", "010", "0o7", "0b1", "1_0", "1e3", ".5", ".inf",
	"2020-01-02", "12:30", "- a", "a: b", "a #b", "#", "!a", "&a", "*a", "{a}", "[a]", "%a", "@a", "`a", "'", "\"", "\\",
	"?", "? a", "|", ">", "---", "...", "a\nb", "\n", " a\n", "a\r\nb", "\t", "a\tb", "\x00", "\x7f", "\u0085", "\u2028",
	"\ufeff", "ü", "👋", "POST /org/{organization}/user", "urn:ietf:params:scim:schemas:core:2.0:User",
}

// assertTextKept prints a text in every place where one can be, and reads it.
func assertTextKept(t *testing.T, text string) {
	t.Helper()
	type texts struct {
		Text   string         `yaml:"text" required:"true"`
		Map    map[string]any `yaml:"map"`
		Lists  [][]string     `yaml:"lists"`
		Number float64        `yaml:"number"`
	}
	in := texts{
		Text: text, Map: map[string]any{text: []any{text, map[string]any{text: text}}},
		Lists: [][]string{{text, text}, {}}, Number: math.SmallestNonzeroFloat64,
	}
	printed, err := strict.Print(in)
	require.NoError(t, err)
	var out texts
	_, problems := strict.Decode("doc.yaml", printed, &out)
	require.NoError(t, problems.Err(), "%s", printed)
	require.Equal(t, in, out, "%s", printed)
}

func TestPrintRefusesWhatNoDocumentHolds(t *testing.T) {
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"nil pointer", (*document)(nil), "strict: a document cannot hold the value: a nil *strict_test.document"},
		{"nil pointer in a list", map[string][]*int{"a": {nil}}, "a: [0]: strict: a document cannot hold the value: a nil *int"},
		{"infinity", document{Share: math.Inf(-1)}, "share: strict: a document cannot hold the value: -Inf"},
		{"not a number", []any{math.NaN()}, "[0]: strict: a document cannot hold the value: NaN"},
		{"other type in an any", document{Any: []int{1}}, "any: strict: a document cannot hold the value: a []int"},
		{"not UTF-8", []string{"\xff"}, "strict: write YAML: yaml: cannot marshal invalid UTF-8 data as !!str"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := strict.Print(test.in)
			assert.EqualError(t, err, test.want)
		})
	}
}

// mute cannot say what it was read from.
type mute struct{}

func (*mute) UnmarshalScalar(string) error { return nil }

func TestPrintNeedsAStringMethod(t *testing.T) {
	assert.PanicsWithValue(t, "strict: strict_test.mute has no String method to print it with", func() {
		_, _ = strict.Print([]mute{{}})
	})
}
