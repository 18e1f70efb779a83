package sugerclient

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRequestOnTheWire(t *testing.T) {
	s := serve(t, say(200, `{"id":"u1"}`, "Set-Cookie", "session=1"))
	client, _ := newClient(t, s.URL+"/prefix/", func(cfg *Config) { cfg.UserAgent = "gateway/1.2" })

	answer, err := client.Do(t.Context(), testKey, Call{
		Operation:  "update user",
		Method:     http.MethodPatch,
		Path:       "/org/{organization}/user/{user}",
		PathParams: map[string]string{"organization": "org1", "user": "a/b?c#d e%2e"},
		Query:      map[string]string{"notify": "a&b"},
		Header:     map[string]string{"X-Source": "okta", "authorization": "Key another", "content-type": "application/merge-patch+json"},
		Body:       map[string]any{"firstName": "Ada <3"},
	})
	require.NoError(t, err)
	assert.Equal(t, 200, answer.Status)
	assert.Equal(t, `{"id":"u1"}`, string(answer.Body))
	assert.Equal(t, "session=1", answer.Header.Get("Set-Cookie"))

	_, err = client.Do(t.Context(), testKey, listUsers)
	require.NoError(t, err)

	got := s.requests()
	require.Len(t, got, 2)
	assert.Equal(t, "PATCH", got[0].method)
	assert.Equal(t, "/prefix/org/org1/user/a%2Fb%3Fc%23d%20e%252e?notify=a%26b", got[0].uri)
	assert.JSONEq(t, `{"firstName":"Ada <3"}`, got[0].body)
	assert.Equal(t, "Key suger-key-1234567890", got[0].header.Get("Authorization"), "a call's header never replaces the credential")
	assert.Equal(t, "application/merge-patch+json", got[0].header.Get("Content-Type"))
	assert.Equal(t, "application/json", got[0].header.Get("Accept"))
	assert.Equal(t, "gateway/1.2", got[0].header.Get("User-Agent"))
	assert.Equal(t, "okta", got[0].header.Get("X-Source"))

	assert.Equal(t, "/prefix/org/org1/user", got[1].uri)
	assert.Equal(t, "application/json", got[1].header.Get("Content-Type"), "as in Suger's documented call")
	assert.Empty(t, got[1].body)
	assert.Empty(t, got[1].header.Get("Cookie"), "cookies are not kept")
}

func TestCallsThatAreNotSent(t *testing.T) {
	with := func(change func(*Call)) Call {
		call := removeUser
		change(&call)
		return call
	}
	user := func(id string) Call {
		return with(func(c *Call) { c.PathParams = map[string]string{"organization": "org1", "user": id} })
	}
	path := func(path string) Call { return with(func(c *Call) { c.Path = path }) }
	tests := []struct {
		name string
		call Call
		want string
	}{
		{"empty id asks for the collection", user(""), `path parameter "user" is empty`},
		{"dot id", user("."), `path parameter "user" is empty, a dot segment`},
		{"dot-dot id asks for the parent", user(".."), `path parameter "user" is empty, a dot segment`},
		{"newline in id", user("u1\r\nHost: x"), "or has a control character"},
		{"NUL in id", user("u1\x00"), "or has a control character"},
		{"C1 control in id", user("u1\u0085"), "or has a control character"},
		{"endless id", user(strings.Repeat("u", 1025)), "longer than 1024 bytes"},
		{"missing parameter", with(func(c *Call) { c.PathParams = map[string]string{"user": "u1"} }), `path parameter "organization" is empty`},
		{"absolute URL as path", path("https://evil.example.com/org"), "does not begin with a slash"},
		{"query in path", path("/org?x=1"), "invalid character"},
		{"fragment in path", path("/org#x"), "invalid character"},
		{"escape in path", path("/%2e%2e/org"), "invalid character"},
		{"backslash in path", path(`/..\org`), "invalid character"},
		{"blank in path", path("/org list"), "invalid character"},
		{"dot segment in path", path("/org/../admin"), "dot segment"},
		{"unclosed brace", path("/org/{organization"), "unclosed brace"},
		{"host name as path", path(".evil.example.com/org"), "does not begin with a slash"},
		{"GET with a body", with(func(c *Call) { c.Method, c.Body = "GET", 1 }), "a GET has no body"},
		{"body that is no JSON", with(func(c *Call) { c.Body = make(chan int) }), "the body is not JSON"},
		{"header injection", with(func(c *Call) { c.Header = map[string]string{"X-A": "1\r\nX-B: 2"} }), `the header "X-A" is not valid in HTTP`},
		{"header name with a blank", with(func(c *Call) { c.Header = map[string]string{"X A": "1"} }), `the header "X A" is not valid in HTTP`},
		{"another host", with(func(c *Call) { c.Header = map[string]string{"host": "evil.example.com"} }), `the header "host" is not valid in HTTP`},
		{"header without a name", with(func(c *Call) { c.Header = map[string]string{"": "1"} }), `the header "" is not valid in HTTP`},
	}
	s := serve(t, say(200, `{}`))
	client, _ := newClient(t, s.URL)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := client.Do(t.Context(), testKey, tt.call)
			assert.Nil(t, answer)
			fail := failure(t, err)
			assert.Equal(t, Invalid, fail.Kind)
			assert.Equal(t, "remove user", fail.Operation)
			assert.False(t, fail.Uncertain)
			assert.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "evil.example.com")
		})
	}
	assert.Empty(t, s.requests())
}

// FuzzExpandPath: every id stays within its path segment.
func FuzzExpandPath(f *testing.F) {
	for _, id := range []string{"u1", "..", "%2e%2e", "a/b", "..;", "a?b#c", "{user}", "ü", "\xff", "*", "a%2fb", "", "\n"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		path, err := expandPath("/org/{organization}/user/{user}", map[string]string{"organization": "o", "user": id})
		if err != nil {
			return
		}
		u, err := url.Parse("https://api.example.com" + path)
		require.NoError(t, err)
		segments := strings.Split(u.EscapedPath(), "/")
		require.Len(t, segments, 5)
		assert.Equal(t, "/org/o/user/"+id, u.Path)
		assert.NotContains(t, []string{"", ".", ".."}, segments[4])
		assert.Empty(t, u.RawQuery)
		assert.Empty(t, u.Fragment)
	})
}
