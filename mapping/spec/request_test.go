package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No call of a mapping leaves the base URL or names another resource than it seems to.
func TestCallsThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"GET":                            "a call is a method and a path",
		"BREW /org":                      `"BREW" is not one of the methods GET, POST, PUT, PATCH, DELETE`,
		"GET org":                        "is not a path",
		"GET https://evil.example.com/x": "is not a path",
		"GET //evil.example.com/x":       "is not a path",
		"GET /org#x":                     "is not a path",
		"GET /%2e%2e/org":                "is not a path",
		`GET /..\org`:                    "is not a path",
		"GET /org list":                  "is not a path",
		"GET /org/{organization":         "is not a path",
		"GET /org/":                      "is not a path",
		"GET /org/../admin":              "would name another resource",
		"GET /org/./user":                "would name another resource",
	} {
		var r Request
		err := r.UnmarshalText([]byte(text))
		require.ErrorContains(t, err, want, text)
		assert.Empty(t, r, text)
	}
	var r Request
	require.NoError(t, r.UnmarshalText([]byte("PATCH /org/{organization}/user/{user}?notify=false")))
	assert.Equal(t, Request{Method: "PATCH", Path: "/org/{organization}/user/{user}", Query: map[string]string{"notify": "false"}}, r)
}
