package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No call of a mapping leaves the base URL or names another resource than it seems to.
func TestCallsThatAreRefused(t *testing.T) {
	for _, text := range []string{
		"GET",
		"BREW /org",
		"GET org",
		"GET https://evil.example.com/x",
		"GET //evil.example.com/x",
		"GET /org#x",
		"GET /%2e%2e/org",
		`GET /..\org`,
		"GET /org list",
		"GET /org/{organization",
		"GET /org/",
		"GET /org/../admin",
		"GET /org/./user",
	} {
		var r Request
		err := r.UnmarshalText([]byte(text))
		require.ErrorContains(t, err, "is not a call", text)
		assert.Empty(t, r, text)
	}
	var r Request
	require.NoError(t, r.UnmarshalText([]byte("PATCH /org/{organization}/user/{user}?notify=false")))
	assert.Equal(t, Request{Method: "PATCH", Path: "/org/{organization}/user/{user}", Query: map[string]string{"notify": "false"}}, r)
}
