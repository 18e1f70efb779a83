package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
		{"application/json;charset=utf8", true}, // Python clients
		{"application/scim+json; charset=ISO-8859-1", true}, // a Java client's default, whatever it sends (RFC 8259 §11)
		{"application/scim+json; charset=us-ascii", true},   // the same
		{"application/json; charset=utf-16", true},          // the bytes count
		{"application/json; charset", true},                 // malformed parameter
		{"text/json", true},
		{"text/plain", false},
		{"application/x-www-form-urlencoded", false},
		{"application/jsonx", false},
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
				assertError(t, a, http.StatusBadRequest, "invalidSyntax", scim.CodeInvalidSyntax)
			})
		}
	}
}

// A byte order mark may be ignored (RFC 8259 §8.1), other bytes than UTF-8's may
// not, whatever the label says.
func TestEncodings(t *testing.T) {
	s := newStack(t)
	a := s.do(http.MethodPost, "/scim/v2/Users/.search", "\ufeff{\"count\":1}")
	assert.Equal(t, http.StatusOK, a.status, a.text)
	for name, body := range map[string]string{
		"a mark and nothing":      "\ufeff",
		"a mark within":           "{\ufeff\"count\":1}",
		"two marks":               "\ufeff\ufeff{\"count\":1}",
		"ISO 8859-1 as its label": "{\"filter\":\"userName eq \\\"J\xfcrgen\\\"\"}",
		"UTF-16":                  "\xff\xfe{\x00}\x00",
	} {
		t.Run(name, func(t *testing.T) {
			a := s.do(http.MethodPost, "/scim/v2/Users/.search", body, "Content-Type", "application/json; charset=ISO-8859-1")
			assertError(t, a, http.StatusBadRequest, "invalidSyntax", scim.CodeInvalidSyntax)
		})
	}
}

// An invalid body is refused before its resource is looked up: RFC 7644 §3.5.2
// (PATCH), §3.4.3 (search) and §3.7 (bulk), RFC 7643 §3 (resources).
func TestSchemasOfBodies(t *testing.T) {
	const (
		user, group     = `["urn:ietf:params:scim:schemas:core:2.0:User"]`, `["urn:ietf:params:scim:schemas:core:2.0:Group"]`
		patchOp, bulk   = `["urn:ietf:params:scim:api:messages:2.0:PatchOp"]`, `["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]`
		search, version = `["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]`, `["urn:scim:schemas:core:1.0"]`
	)
	tests := []struct {
		request string // method and path
		body    string // without schemas
		takes   []string
		refuses []string
	}{
		{"POST /Users", `"userName":"nova.sample@example.com"`, []string{user, version, `[]`}, []string{group, patchOp}},
		{"PUT /Users/nobody", `"userName":"nova.sample@example.com"`, []string{user, version}, []string{group}},
		{"PATCH /Users/nobody", `"Operations":[{"op":"replace","path":"active","value":false}]`, []string{patchOp, version, `[]`}, []string{user, bulk, `["urn:example:x"]`}},
		{"POST /Groups", `"displayName":"Sample crew"`, []string{group}, []string{user}},
		{"PATCH /Groups/nobody", `"Operations":[{"op":"replace","path":"displayName","value":"x"}]`, []string{patchOp}, []string{group}},
		{"POST /Users/.search", `"count":0`, []string{search, `[]`}, []string{patchOp}},
		{"POST /.search", `"count":0`, []string{search}, []string{bulk}},
		{"POST /Bulk", `"Operations":[]`, []string{bulk, `[]`}, []string{patchOp}},
	}
	for _, test := range tests {
		t.Run(test.request, func(t *testing.T) {
			method, path, _ := strings.Cut(test.request, " ")
			for _, schemas := range test.refuses {
				a := newStack(t).do(method, "/scim/v2"+path, `{"schemas":`+schemas+`,`+test.body+`}`)
				assertError(t, a, http.StatusBadRequest, "invalidValue", scim.CodeInvalidValue) // and not 404
			}
			for _, schemas := range test.takes {
				a := newStack(t).do(method, "/scim/v2"+path, `{"schemas":`+schemas+`,`+test.body+`}`)
				assert.NotEqual(t, http.StatusBadRequest, a.status, a.text)
			}
		})
	}
}

// HTTP/1.0 does not ask for a Host: locations are then at the address that the
// client has reached.
func TestRequestWithoutHost(t *testing.T) {
	s := newStack(t)
	address := strings.TrimPrefix(s.url, "http://")
	connection, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer connection.Close()
	_, err = io.WriteString(connection, "GET /scim/v2/Users?count=1 HTTP/1.0\r\nAuthorization: Bearer "+key+"\r\n\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	a := readAnswer(t, response)
	require.Equal(t, http.StatusOK, a.status, a.text)
	id := a.resource(0)["id"].(string)
	assert.Equal(t, s.url+"/scim/v2/Users/"+id, a.resource(0)["meta"].(map[string]any)["location"])
}

// onlyReader hides the length, so that the body is sent in chunks.
type onlyReader struct{ io.Reader }

func TestBodySize(t *testing.T) {
	const most = 1 << 20
	s := newStack(t)
	padded := func(size int) string {
		body := `{"count":1,"padding":"`
		return body + strings.Repeat("x", size-len(body)-2) + `"}`
	}
	assert.Equal(t, http.StatusOK, s.do(http.MethodPost, "/scim/v2/Users/.search", padded(most)).status, "as large as it may be")

	a := s.do(http.MethodPost, "/scim/v2/Users/.search", padded(most+1))
	assertError(t, a, http.StatusRequestEntityTooLarge, "", scim.CodeTooLarge)
	assert.Contains(t, a.body["detail"], "1048576 bytes")

	request := s.request(http.MethodPost, "/scim/v2/Users/.search", onlyReader{strings.NewReader(padded(2 * most))})
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	assertError(t, readAnswer(t, response), http.StatusRequestEntityTooLarge, "", scim.CodeTooLarge)
}
