package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
)

func TestMediaTypes(t *testing.T) {
	s := newStack(t)
	tests := []struct {
		contentType string
		read        bool
	}{
		{"application/scim+json", true},
		{"application/scim+json; charset=utf-8", true}, // Okta
		{"application/json", true},                     // Okta's SPEC suite
		{"application/json; charset=UTF-8", true},
		{`Application/SCIM+JSON; Charset="utf-8"`, true},
		{"", true},
		{"text/plain", false},
		{"text/json", false},
		{"application/x-www-form-urlencoded", false},
		{"application/jsonx", false},
		{"application/json; charset=utf-16", false},
		{"application/json; charset=iso-8859-1", false},
		{"/;", false},
	}
	body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"count":1}`
	for _, test := range tests {
		t.Run(test.contentType, func(t *testing.T) {
			a := s.do(http.MethodPost, "/scim/v2/Users/.search", body, "Content-Type", test.contentType)
			if test.read {
				assert.Equal(t, http.StatusOK, a.status, a.text)
				assert.Equal(t, []string{"application/scim+json"}, a.header.Values("Content-Type"))
				return
			}
			assertError(t, a, http.StatusUnsupportedMediaType, "", scim.CodeUnsupportedMediaType)
		})
	}
	t.Run("compressed", func(t *testing.T) {
		a := s.do(http.MethodPost, "/scim/v2/Users/.search", body, "Content-Encoding", "gzip")
		assertError(t, a, http.StatusUnsupportedMediaType, "", scim.CodeUnsupportedMediaType)
	})
}

func TestBodies(t *testing.T) {
	s := newStack(t)
	id := s.id("viewer")
	for _, endpoint := range []string{
		"POST /Users", "PUT /Users/" + id, "PATCH /Users/" + id, "POST /Users/.search", "POST /.search",
		"POST /Groups", "PUT /Groups/VIEWER", "PATCH /Groups/VIEWER", "POST /Groups/.search", "POST /Bulk",
	} {
		method, path, _ := strings.Cut(endpoint, " ")
		for _, body := range []string{
			"", "  \n", "null", "[]", `"text"`, "{", `{"a":1}{"b":2}`, `{"userName":"a@example.com","username":"b@example.com"}`,
			"{\"a\":\"\xff\"}", strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), "<html></html>",
		} {
			t.Run(endpoint+" "+scim.Clip(body, 20), func(t *testing.T) {
				a := s.do(method, "/scim/v2"+path, body)
				assertError(t, a, http.StatusBadRequest, scim.InvalidSyntax, scim.CodeInvalidSyntax)
			})
		}
	}
}

// onlyReader hides the length, so that the body is sent in chunks.
type onlyReader struct{ io.Reader }

func TestBodySize(t *testing.T) {
	s := newStack(t, func(c *gateway.Config) { c.MaxBody = 200 })
	padded := func(size int) string {
		body := `{"count":1,"padding":"`
		return body + strings.Repeat("x", size-len(body)-2) + `"}`
	}
	assert.Equal(t, http.StatusOK, s.do(http.MethodPost, "/scim/v2/Users/.search", padded(200)).status, "as large as it may be")

	a := s.do(http.MethodPost, "/scim/v2/Users/.search", padded(201))
	assertError(t, a, http.StatusRequestEntityTooLarge, "", scim.CodeTooLarge)
	assert.Contains(t, a.body["detail"], "200 bytes")

	request := s.request(http.MethodPost, "/scim/v2/Users/.search", onlyReader{strings.NewReader(padded(100_000))})
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	assertError(t, readAnswer(t, response), http.StatusRequestEntityTooLarge, "", scim.CodeTooLarge)
}
