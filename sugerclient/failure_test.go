package sugerclient

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// flagged is a server that says in "ok" whether a call went well.
var flagged = &ErrorRule{Field: "ok", Success: []any{true}, NotThere: []any{"no such user", "E404", "user_not_found", 410, 4021}}

func TestAnErrorRuleFindsErrorsIn2xxAnswers(t *testing.T) {
	inError := &ErrorRule{Field: "result.error", NotThere: []any{"gone"}}
	coded := &ErrorRule{Field: "code", Success: []any{0}, Message: "msg"}
	tests := []struct {
		name   string
		rule   *ErrorRule
		status int
		body   string
		want   *Error // nil for success
	}{
		{"a flag that is set", flagged, 200, `{"ok":true,"user":{}}`, nil},
		{"no flag", flagged, 200, `{"user":{}}`, nil},
		{"a list", flagged, 200, `[{"ok":false}]`, nil},
		{"no answer", flagged, 204, ``, nil},
		{"a flag that is not", flagged, 200, `{"ok":false,"error":"not_allowed"}`, &Error{Kind: Refused, Status: 200, Message: "not_allowed", Code: "not_allowed"}},
		{"not there by a word", flagged, 200, `{"ok":false,"error":"No such user here"}`, &Error{Kind: Refused, Status: 404, Message: "No such user here", Code: "No such user here"}},
		{"not there by a code", flagged, 200, `{"ok":false,"message":"sorry","code":"E404"}`, &Error{Kind: Refused, Status: 404, Message: "sorry", Code: "E404"}},
		{"not there by a word of a 400", flagged, 400, `{"message":"no such user"}`, &Error{Kind: Refused, Status: 404, Message: "no such user"}},
		{"not there by its status", flagged, 410, `{"message":"sorry"}`, &Error{Kind: Refused, Status: 404, Message: "sorry"}},
		{"not there by a numeric code", flagged, 400, `{"message":"sorry","code":4021}`, &Error{Kind: Refused, Status: 404, Message: "sorry", Code: "4021"}},
		{"a number is not a word of the message", flagged, 400, `{"message":"room 410"}`, &Error{Kind: Refused, Status: 400, Message: "room 410"}},
		{"a credential without the right is not somebody who is gone", flagged, 403, `{"message":"no such user or no right"}`, &Error{Kind: Refused, Status: 403, Message: "no such user or no right"}},
		{"an error that is null", inError, 200, `{"result":{"error":null}}`, nil},
		{"an error that is false", inError, 200, `{"result":{"error":false}}`, nil},
		{"no errors in a list", inError, 200, `{"result":{"error":[]}}`, nil},
		{"an error that is an object", inError, 200, `{"result":{"error":{"reason":"x"}}}`, &Error{Kind: Refused, Status: 200, Message: `{"result":{"error":{"reason":"x"}}}`}},
		{"a code of success", coded, 200, `{"code":0,"msg":"ok"}`, nil},
		{"a code as the status", coded, 200, `{"code":403,"msg":"no"}`, &Error{Kind: Refused, Status: 403, Message: "no", Code: "403"}},
		{"a code that asks to slow down", coded, 200, `{"code":"429","msg":"slow"}`, &Error{Kind: Throttled, Status: 429, Message: "slow", Code: "429"}},
		{"a code of a failure", coded, 200, `{"code":500,"msg":"broken"}`, &Error{Kind: Unavailable, Status: 500, Message: "broken", Code: "500", Uncertain: true}},
		{"a code that is no status", coded, 200, `{"code":40017,"msg":"taken"}`, &Error{Kind: Refused, Status: 200, Message: "taken", Code: "40017"}},
		{"a key in the words", coded, 200, `{"code":1,"msg":"bad suger-key-1234567890"}`, &Error{Kind: Refused, Status: 200, Message: "bad [credential]", Code: "1"}},
		{"no rule", nil, 200, `{"ok":false,"error":"x"}`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, _ := newClient(t, serve(t, say(test.status, test.body)).URL, func(c *Config) { c.Attempts = 1 })
			call := addUser
			call.Errors = test.rule
			_, err := client.Do(t.Context(), testKey, call)
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			test.want.Operation = "add user"
			assert.Equal(t, test.want, failure(t, err))
		})
	}
}

// A list that says that it failed is an error, before and after its rows, and so
// is one that is too long to look for the words.
func TestAnErrorRuleOfAList(t *testing.T) {
	long, err := json.Marshal(make([]string, 40_000))
	require.NoError(t, err)
	tests := []struct {
		name, items, body string
		kind              Kind
		message           string
	}{
		{"instead of rows", "users", `{"ok":false,"error":"not_allowed"}`, Refused, "not_allowed"},
		{"instead of a bare list", "", `{"ok":false,"error":"not_allowed"}`, Refused, "not_allowed"},
		{"after the rows", "users", `{"users":[{"id":"u1"}],"ok":false,"error":"half of it"}`, Refused, "half of it"},
		{"after many rows", "users", `{"users":` + string(long) + `,"ok":false,"error":"half of it"}`, Unreadable, ""},
		{"none", "users", `{"ok":true,"users":[{"id":"u1"}]}`, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, _ := newClient(t, serve(t, ok(test.body)).URL)
			call := listUsers
			call.Errors = flagged
			_, err := client.List(t.Context(), testKey, call, Paging{Items: test.items}, ListHint{}, &collected{})
			if test.kind == "" {
				require.NoError(t, err)
				return
			}
			fail := failure(t, err)
			assert.Equal(t, test.kind, fail.Kind)
			assert.Equal(t, test.message, fail.Message)
		})
	}
}

// A credential that is refused with status 200 does not count as proven.
func TestProveObeysTheErrorRule(t *testing.T) {
	client, _ := newClient(t, serve(t, ok(`{"ok":false,"error":"invalid_auth","code":401}`)).URL, func(c *Config) { c.Attempts = 1 })
	call := listUsers
	call.Errors = flagged
	fail := failure(t, client.Prove(t.Context(), testKey, call, Paging{}))
	assert.Equal(t, http.StatusUnauthorized, fail.Status)
}

func TestKeyAuthInAnotherHeader(t *testing.T) {
	tests := []struct {
		name         string
		auth         Auth
		header, want string
		says         string
	}{
		{"as documented", Auth{}, "Authorization", "Key suger-key-1234567890", "Authorization: Key"},
		{"another scheme", Auth{Scheme: "Bearer"}, "Authorization", "Bearer suger-key-1234567890", "Authorization: Bearer"},
		{"no scheme", Auth{Scheme: NoScheme}, "Authorization", "suger-key-1234567890", "Authorization"},
		{"another header", Auth{Header: "X-Api-Key"}, "X-Api-Key", "suger-key-1234567890", "X-Api-Key"},
		{"both", Auth{Header: "X-Api-Key", Scheme: "Token"}, "X-Api-Key", "Token suger-key-1234567890", "X-Api-Key: Token"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, ok(`[]`))
			client, _ := newClient(t, server.URL, func(c *Config) { c.Auth = test.auth })
			call := listUsers
			call.Header = map[string]string{test.header: "another"}
			_, err := client.Do(t.Context(), testKey, call)
			require.NoError(t, err)
			got := server.requests()[0].header
			assert.Equal(t, []string{test.want}, got.Values(test.header))
			assert.Equal(t, test.says, test.auth.String())
			if test.header != "Authorization" {
				assert.Empty(t, got.Get("Authorization"))
			}
		})
	}
	// A key that looks like a token is not exchanged anew when it is refused.
	server := serve(t, say(401, ""))
	client, _ := newClient(t, server.URL, func(c *Config) { c.Auth = Auth{Scheme: "Bearer"} })
	_, err := client.Do(t.Context(), testKey, addUser)
	require.Error(t, err)
	assert.Len(t, server.requests(), 1)
}
