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

func TestVersion(t *testing.T) {
	const base = `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}],"meta":{"created":"2026-01-01T00:00:00Z","version":"W/\"1\"","location":"https://a.example.com/Users/u1"}}`
	version := Version(object(t, base))
	assert.Regexp(t, `^W/"[A-Za-z0-9_-]{16}"$`, version)
	tests := []struct {
		name string
		r    string
		same bool
	}{
		{name: "the same", r: base, same: true},
		{name: "another version and location", r: `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}],"meta":{"created":"2026-01-01T00:00:00Z","version":"x","location":"y"}}`, same: true},
		{name: "another order", r: `{"id":"u1","userName":"ada","emails":[{"value":"b"},{"value":"a"}],"meta":{"created":"2026-01-01T00:00:00Z"}}`, same: true},
		{name: "an empty attribute more", r: `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}],"roles":[],"meta":{"created":"2026-01-01T00:00:00Z"}}`, same: true},
		{name: "another value", r: `{"id":"u1","userName":"Ada","emails":[{"value":"a"},{"value":"b"}],"meta":{"created":"2026-01-01T00:00:00Z"}}`},
		{name: "another time of change", r: `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}],"meta":{"created":"2026-01-01T00:00:00Z","lastModified":"2026-01-02T00:00:00Z"}}`},
		{name: "no meta", r: `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := Resource(object(t, test.r))
			assert.Equal(t, test.same, version == Version(r))
			assert.Equal(t, Resource(object(t, test.r)), r, "the resource must not change")
		})
	}
}

func TestPreconditions(t *testing.T) { // RFC 9110 section 13.1, RFC 7644 section 3.14
	const version = `W/"abc,d"`
	tests := []struct {
		name    string
		header  string
		matches bool
	}{
		{name: "the same tag", header: `W/"abc,d"`, matches: true},
		{name: "the tag as a strong one", header: `"abc,d"`, matches: true},
		{name: "one of several", header: `W/"x", "abc,d",W/"y"`, matches: true},
		{name: "any", header: ` * `, matches: true},
		{name: "another tag", header: `W/"abc"`},
		{name: "a tag in another letter case", header: `W/"ABC,D"`},
		{name: "without quotes", header: `abc,d`},
		{name: "a quote left open", header: `W/"abc,d`},
		{name: "an empty tag", header: `""`},
		{name: "commas only", header: `,,`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := CheckIfMatch(test.header, version)
			if test.matches {
				require.NoError(t, err)
			} else {
				requireClientError(t, err, CodeVersionMismatch)
			}
			assert.Equal(t, !test.matches, NoneMatch(test.header, version))
		})
	}
}

func TestPreconditionsThatAreNotGiven(t *testing.T) {
	require.NoError(t, CheckIfMatch("", `W/"1"`))
	assert.True(t, NoneMatch("", `W/"1"`))
	requireClientError(t, CheckIfMatch(`""`, ""), CodeVersionMismatch)
}
