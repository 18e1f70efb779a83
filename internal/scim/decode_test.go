package scim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecodeObject(t *testing.T) {
	tests := []struct {
		name string
		body string
		want map[string]any
	}{
		{name: "empty object", body: `{}`, want: map[string]any{}},
		{name: "blanks around it", body: "\r\n {\"a\": 1} \t", want: map[string]any{"a": float64(1)}},
		{
			name: "every kind of value",
			body: `{"s":"x\u00e9\n","t":true,"f":false,"n":null,"i":-3,"d":1.5e2,"l":[],"o":{"a":[{"b":"c"}]}}`,
			want: map[string]any{
				"s": "xé\n", "t": true, "f": false, "n": nil, "i": float64(-3), "d": float64(150),
				"l": []any{}, "o": map[string]any{"a": []any{map[string]any{"b": "c"}}},
			},
		},
		{
			name: "the same name in two objects",
			body: `{"a":{"value":1},"b":[{"value":2},{"value":3}]}`,
			want: map[string]any{
				"a": map[string]any{"value": float64(1)},
				"b": []any{map[string]any{"value": float64(2)}, map[string]any{"value": float64(3)}},
			},
		},
		{
			name: "the deepest nesting there may be",
			body: strings.Repeat(`{"a":`, MaxNestingDepth) + `1` + strings.Repeat(`}`, MaxNestingDepth),
			want: nested(MaxNestingDepth).(map[string]any),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := DecodeObject([]byte(test.body))
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func nested(depth int) any {
	if depth == 0 {
		return float64(1)
	}
	return map[string]any{"a": nested(depth - 1)}
}

func TestDecodeObjectRefuses(t *testing.T) {
	tests := []struct {
		name string
		body string
	}{
		{name: "nothing", body: ""},
		{name: "blanks only", body: " \n"},
		{name: "an array", body: `[{"a":1}]`},
		{name: "a string", body: `"a"`},
		{name: "null", body: `null`},
		{name: "a blank that JSON does not know", body: "{\"a\":1}\v"},
		{name: "a byte order mark", body: "\ufeff{}"},
		{name: "two objects", body: `{} {}`},
		{name: "something after the object", body: `{"a":1}x`},
		{name: "an object cut off", body: `{"a":1`},
		{name: "a string cut off", body: `{"a":"1`},
		{name: "a comma at the end", body: `{"a":1,}`},
		{name: "a missing comma in a list", body: `{"a":[1 2]}`},
		{name: "a missing colon", body: `{"a" 1}`},
		{name: "a name without quotes", body: `{a:1}`},
		{name: "a comment", body: `{"a":1 /* one */}`},
		{name: "the wrong bracket", body: `{"a":[1}`},
		{name: "a control character in a string", body: "{\"a\":\"\x01\"}"},
		{name: "a number beyond the range", body: `{"a":1e999}`},
		{name: "bytes that are not UTF-8", body: "{\"a\":\"\xff\"}"},
		{name: "a name twice", body: `{"active":true,"active":false}`},
		{name: "a name twice in other letter case", body: `{"active":true,"Active":false}`},
		{name: "a name twice, once with an escape", body: `{"active":true,"\u0061ctive":false}`},
		{name: "a name twice by Unicode folding", body: `{"k":true,"\u212a":false}`},
		{name: "a name twice deep inside", body: `{"a":[{"b":{"c":1,"C":2}}]}`},
		{name: "too deep objects", body: strings.Repeat(`{"a":`, MaxNestingDepth+1) + `1` + strings.Repeat(`}`, MaxNestingDepth+1)},
		{name: "too deep arrays", body: `{"a":` + strings.Repeat(`[`, MaxNestingDepth) + strings.Repeat(`]`, MaxNestingDepth) + `}`},
		{name: "endless nesting", body: strings.Repeat(`{"a":`, 100_000)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := DecodeObject([]byte(test.body))
			requireClientError(t, err, CodeInvalidSyntax)
		})
	}
}

func TestDecodeObjectNeverQuotesValues(t *testing.T) {
	for _, body := range []string{
		`{"password":"hunter2-secret`,
		`{"password":"hunter2-secret" x}`,
		`{"password":hunter2-secret}`,
		`{"password":1e99999}`,
		`{"password":"hunter2-secret","Password":"hunter2-secret"}`,
	} {
		_, err := DecodeObject([]byte(body))
		require.Error(t, err, body)
		assert.NotContains(t, err.Error(), "hunter2", body)
		assert.NotContains(t, err.Error(), "99999", body)
	}
}
