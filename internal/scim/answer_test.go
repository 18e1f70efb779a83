package scim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVersion(t *testing.T) {
	const base = `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}],"meta":{"created":"2026-01-01T00:00:00Z"}}`
	version := Version(object(t, base))
	assert.Regexp(t, `^W/"[A-Za-z0-9_-]{16}"$`, version)
	tests := []struct {
		name string
		r    string
		same bool
	}{
		{name: "the same", r: base, same: true},
		{name: "the same in another order of names", r: `{"meta":{"created":"2026-01-01T00:00:00Z"},"emails":[{"value":"a"},{"value":"b"}],"userName":"ada","id":"u1"}`, same: true},
		{name: "another value", r: `{"id":"u1","userName":"Ada","emails":[{"value":"a"},{"value":"b"}],"meta":{"created":"2026-01-01T00:00:00Z"}}`},
		{name: "one element less", r: `{"id":"u1","userName":"ada","emails":[{"value":"a"}],"meta":{"created":"2026-01-01T00:00:00Z"}}`},
		{name: "another time of change", r: `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}],"meta":{"created":"2026-01-01T00:00:00Z","lastModified":"2026-01-02T00:00:00Z"}}`},
		{name: "no meta", r: `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.same, version == Version(object(t, test.r)))
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
