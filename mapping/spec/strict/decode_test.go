package strict_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/mapping/spec/strict"
)

func yes() *bool { v := true; return &v }

func no() *bool { v := false; return &v }

// everything is a document with every key.
const everything = `version: 0x10
operations:
  get user: users.one
  "404":
    call: users.none
    repeat: true
    tries: 0
    next: users.two
main operation: {call: main}
at: info.emails
style: page
order: [first, second, first]
labels: {a: "1", b: yes}
share: 2
verify: false
limits: {rows: -7, wait: 1m30s}
found: [info.mail, mail]
any:
  values: [null, ~, true, 12, 010, 0o17, 1e3, -.5, "12", yes, 2020-01-02, 1_000]
`

func TestDecodeSetsEveryForm(t *testing.T) {
	d := decode(t, everything)
	next := place{steps: []string{"users", "two"}}
	assert.Equal(t, document{
		Version: 16,
		Operations: map[string]operation{
			"get user": {Call: place{steps: []string{"users", "one"}}, Tries: 3},
			"404":      {Call: place{steps: []string{"users", "none"}}, Repeat: true, Next: &next},
		},
		Main:   &operation{Call: place{steps: []string{"main"}}, Tries: 3},
		At:     place{steps: []string{"info", "emails"}},
		Style:  "page",
		Order:  []string{"first", "second", "first"},
		Labels: map[label]string{"a": "1", "b": "yes"},
		Share:  2,
		Verify: no(),
		Limits: limits{Rows: -7, Wait: 90 * time.Second},
		Found:  places{[]place{{[]string{"info", "mail"}}, {[]string{"mail"}}}},
		Any: map[string]any{"values": []any{
			nil, nil, true, 12, 10, 15, 1000.0, -.5, "12", "yes", "2020-01-02", "1_000",
		}},
	}, d)
}

func TestDecodeSetsDefaults(t *testing.T) {
	assert.Equal(t, document{
		Version: 1, Style: "offset", Verify: yes(), Limits: limits{Rows: 1000, Wait: 10 * time.Second},
	}, decode(t, "version: 1"))
}

func TestDecodeKeepsWhatTheDocumentDoesNotHave(t *testing.T) {
	d := document{Style: "page", Share: 3, Limits: limits{Rows: 5}, Order: []string{"a", "b"}, Any: 1}
	_, problems := strict.Decode("doc.yaml", []byte("version: 1\norder: [second]\nany: null"), &d)
	assert.NoError(t, problems.Err())
	assert.Equal(t, document{
		Version: 1, Style: "page", Share: 3, Verify: yes(),
		Limits: limits{Rows: 5, Wait: 10 * time.Second}, Order: []string{"second"},
	}, d)
}

func TestDecodeRefusesMistakesOfTheProgram(t *testing.T) {
	tests := []struct {
		name string
		into any
		want string
	}{
		{"not a pointer", document{}, "strict: Decode into a strict_test.document"},
		{"nil", (*document)(nil), "strict: Decode into a *strict_test.document"},
		{"a type no document holds", new(struct {
			C chan int `yaml:"version"`
		}), "strict: a document cannot hold a chan int"},
		{"a default that does not fit", new(struct {
			V int `yaml:"version"`
			N int `yaml:"n" default:"many"`
		}), `strict: default of "n": wants a whole number, found the string "many"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.PanicsWithValue(t, test.want, func() {
				_, _ = strict.Decode("doc.yaml", []byte("version: 1"), test.into)
			})
		})
	}
}
