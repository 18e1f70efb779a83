package scim

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plainJSON is what encoding/json writes without escaping for HTML.
func plainJSON(t testing.TB, value any) string {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(value))
	return strings.TrimSuffix(text.String(), "\n")
}

func TestAppendJSON(t *testing.T) {
	tests := []struct {
		name string
		r    Resource
	}{
		{"no resource", nil},
		{"empty", Resource{}},
		{"every type", Resource{"text": "a", "flag": true, "number": 1.5, "large": 1e300, "object": map[string]any{"b": "c", "a": false}, "list": []any{"x", map[string]any{"y": "z"}}}},
		{"empty values", Resource{"text": "", "list": []any{}, "object": map[string]any{}, "nothing": nil}},
		{"types that are none of the normal form", Resource{"integer": 7, "strings": []string{"a"}, "resource": Resource{"a": "b"}, "number": json.Number("12345678901234567890")}},
		{"a user", Resource(object(t, patchUser))},
		{"more members than usual", func() Resource {
			r := Resource{}
			for c := 'a'; c <= 'z'; c++ {
				r[string(c)], r[string(c)+string(c)] = string(c), true
			}
			return r
		}()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text, err := test.r.AppendJSON([]byte("before "))
			require.NoError(t, err)
			want := plainJSON(t, test.r)
			if test.r == nil {
				want = "{}" // an answer is an object, whatever is in it
			}
			assert.Equal(t, "before "+want, string(text))
		})
	}
	_, err := Resource{"list": []any{map[string]any{"number": math.NaN()}}}.AppendJSON(nil)
	require.Error(t, err)
}

func TestAppendJSONOfAList(t *testing.T) {
	for name, l := range map[string]ListResponse{
		"empty":       NewListResponse(&List{StartIndex: 1}, nil, ""),
		"by index":    NewListResponse(&List{TotalResults: 9, StartIndex: 2, ItemsPerPage: 2}, []Appender{Resource{"id": "a"}, Resource{"id": "b&<"}}, ""),
		"by a cursor": NewListResponse(&List{TotalResults: 9, ItemsPerPage: 1}, []Appender{Resource{"id": "a"}}, "cursor"),
	} {
		t.Run(name, func(t *testing.T) {
			text, err := l.AppendJSON(nil)
			require.NoError(t, err)
			assert.Equal(t, plainJSON(t, l), string(text))
		})
	}
	_, err := ListResponse{Resources: []Appender{Resource{"number": math.Inf(1)}}}.AppendJSON(nil)
	require.Error(t, err)
}

// Every byte, at every place among those that are looked at together.
func TestAppendStringOfEveryByte(t *testing.T) {
	for c := range 256 {
		for length := 1; length <= 20; length++ {
			for at := range length {
				s := []byte(strings.Repeat("a", length))
				s[at] = byte(c)
				require.Equal(t, plainJSON(t, string(s)), string(appendString(nil, string(s))))
			}
		}
	}
}

func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x7f", "\x00\x1f", `"\/`, "<&>", "é", "\u2028\u2029", "\xff\xc3(", "😀", "\t\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		assert.Equal(t, plainJSON(t, s), string(appendString(nil, s)))
	})
}
