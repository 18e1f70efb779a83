package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No call of a mapping can leave the base URL or address another resource than it
// appears to.
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
	for text, advice := range map[string]string{
		"GETT /org":                    "write GET, POST",
		"get /org":                     "write GET, POST",
		"/org":                         "write GET, POST",
		"https://api.example.com/org":  "write GET, POST",
		"GET https://api.example.com/": "write GET, POST",
		"GET org":                      "write GET, POST",
		"GET /org?a=1&b=2&a=3":         "its query",
		"GET /org?=1":                  "its query",
		"GET /org?a=%zz":               "its query",
	} {
		require.ErrorContains(t, new(Request).UnmarshalText([]byte(text)), "is not a call; "+advice, text)
	}
	var r Request
	require.NoError(t, r.UnmarshalText([]byte("PATCH /org/{organization}/user/{user}?notify=false")))
	assert.Equal(t, Request{Method: "PATCH", Path: "/org/{organization}/user/{user}", Query: map[string]string{"notify": "false"}}, r)
}

func TestCursorForms(t *testing.T) {
	for text, want := range map[string]Cursor{
		"next": {Path: "next"}, "next.token": {Path: "next.token"}, "next page.token": {Path: "next page.token"},
		"header X-Next": {Header: "X-Next"}, "last row id": {Row: "id"}, "last row key.id": {Row: "key.id"},
	} {
		var c Cursor
		require.NoError(t, c.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, c, text)
		assert.Equal(t, text, c.String())
	}
	for _, text := range []string{"", "header X Y", "header a.b c", "a..b", "rows[0]", "last row a..b", "last row rows[0]"} {
		var c Cursor
		require.Error(t, c.UnmarshalText([]byte(text)), text)
		assert.Empty(t, c, text)
	}
}
