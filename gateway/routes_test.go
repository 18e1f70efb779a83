package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

func TestExtraSlashesAreIgnored(t *testing.T) {
	s := newStack(t)
	id := s.id("admin")
	for _, path := range []string{
		"/scim/v2/Users/" + id + "/", "/scim/v2//Users/" + id, "//scim/v2/Users//" + id + "//",
		"/scim/v2/Schemas/", "/scim/v2/", "/scim/v2/ServiceProviderConfig///",
	} {
		t.Run(path, func(t *testing.T) {
			assert.Equal(t, http.StatusOK, s.do(http.MethodGet, path, "").status)
		})
	}
}

func TestUnknownPaths(t *testing.T) {
	s := newStack(t)
	for _, path := range []string{
		"/", "/scim", "/scim/v1/Users", "/scim/v2/Nothing", "/scim/v2/users", "/org/sandboxed", "/scim/v2/%55sers", "/scim/v2/ServiceProviderConfig/1",
		"/healthz", "/metrics",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions, "BREW"} {
			t.Run(method+" "+path, func(t *testing.T) {
				assertError(t, s.do(method, path, ""), http.StatusNotFound, "", scim.CodeNoSuchEndpoint)
			})
		}
	}
}

// A path in other letter case is answered with the right one.
func TestPathsInOtherLetterCase(t *testing.T) {
	s := newStack(t)
	for path, meant := range map[string]string{
		"/scim/v2/users":                         "/scim/v2/Users",
		"/scim/v2/serviceproviderconfig":         "/scim/v2/ServiceProviderConfig",
		"/SCIM/V2/Users":                         "/scim/v2/Users",
		"/scim/v2/groups/ADMIN":                  "/scim/v2/Groups/{id}",
		"/scim/v2/USERS/.SEARCH":                 "/scim/v2/Users/.search",
		"/org/sandboxed/scim/v2/resourcetypes":   "/org/{orgId}/scim/v2/ResourceTypes",
		"/scim/v2/schemas/" + scim.URNUser + "/": "/scim/v2/Schemas/{id}",
	} {
		t.Run(path, func(t *testing.T) {
			a := s.do(http.MethodGet, path, "")
			assertError(t, a, http.StatusNotFound, "", scim.CodeNoSuchEndpoint)
			assert.Contains(t, a.body["detail"], "Use "+meant+". [")
		})
	}
	bulk := s.do(http.MethodPost, "/scim/v2/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"POST","path":"/Devices","data":{}}]}`)
	assert.NotContains(t, bulk.text, "is written", "the request's own path is right")
	assert.NotContains(t, s.do(http.MethodGet, "/scim/v2/people", "").body["detail"], "is written")
}

// Ids as Okta's SPEC suite and hostile clients send them.
func TestIDsInThePath(t *testing.T) {
	s := newStack(t)
	for _, id := range []string{
		"010101001010101011001010101011", "a%2Fb", "a/b", "%2e%2e", "%2E", "..%2f..", "%00", "%ff", "%0a", "100%25", "a%20b", "a+b",
		".search", "%3Fx=1", "%23", strings.Repeat("x", 257), strings.Repeat("%F0%9F%98%80", 64),
	} {
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			t.Run(method+" "+id, func(t *testing.T) {
				a := s.do(method, "/scim/v2/Users/"+id, "")
				assertError(t, a, http.StatusNotFound, "", scim.CodeNotFound)
			})
		}
	}
	for _, call := range s.suger.Calls() {
		assert.NotContains(t, call.Path, "..")
	}
}

// A dot segment must not reach a client library that would resolve it, so the
// request is written by hand.
func TestDotSegmentsThatAreNotEscaped(t *testing.T) {
	s := newStack(t)
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	_, err = fmt.Fprintf(connection, "GET /scim/v2/Users/.. HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", key)
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	assertError(t, readAnswer(t, response), http.StatusNotFound, "", scim.CodeNotFound)
}

func TestMethods(t *testing.T) {
	s := newStack(t)
	tests := []struct {
		path    string
		allow   string   // as the router lists it
		refused []string // methods that are answered 405
	}{
		{"/Users", "OPTIONS, GET, HEAD, POST", []string{"PUT", "PATCH", "DELETE", "BREW"}},
		{"/Users/1", "OPTIONS, DELETE, GET, HEAD, PATCH, PUT", []string{"POST"}},
		{"/Groups", "OPTIONS, GET, HEAD, POST", []string{"PUT"}},
		{"/Groups/1", "OPTIONS, DELETE, GET, HEAD, PATCH, PUT", []string{"POST"}},
		{"/Roles", "OPTIONS, GET, HEAD", []string{"POST", "PUT", "PATCH", "DELETE"}},
		{"/Roles/1", "OPTIONS, GET, HEAD", []string{"POST", "PUT", "PATCH", "DELETE"}},
		{"/ServiceProviderConfig", "OPTIONS, GET, HEAD", []string{"POST", "PUT", "PATCH", "DELETE"}},
		{"/Schemas", "OPTIONS, GET, HEAD", []string{"POST"}},
		{"/Schemas/x", "OPTIONS, GET, HEAD", []string{"PUT", "DELETE"}},
		{"/ResourceTypes", "OPTIONS, GET, HEAD", []string{"POST"}},
		{"/Bulk", "OPTIONS, POST", []string{"GET", "HEAD", "PUT"}},
		{"/.search", "OPTIONS, POST", []string{"GET", "PUT"}},
		{"", "OPTIONS, GET, HEAD", []string{"POST", "DELETE"}},
	}
	for _, test := range tests {
		t.Run("OPTIONS "+test.path, func(t *testing.T) {
			a := s.do(http.MethodOptions, "/scim/v2"+test.path, "", "Authorization", "")
			assert.Equal(t, http.StatusNoContent, a.status)
			assert.ElementsMatch(t, strings.Split(test.allow, ", "), strings.Split(a.header.Get("Allow"), ", "))
			assert.Empty(t, a.text)
		})
		for _, method := range test.refused {
			t.Run(method+" "+test.path, func(t *testing.T) {
				a := s.do(method, "/scim/v2"+test.path, "{}")
				assert.ElementsMatch(t, strings.Split(test.allow, ", "), strings.Split(a.header.Get("Allow"), ", "))
				if method == http.MethodHead {
					assert.Equal(t, http.StatusMethodNotAllowed, a.status)
					return
				}
				assertError(t, a, http.StatusMethodNotAllowed, "", scim.CodeMethodNotAllowed)
			})
		}
	}
}

func TestHeadIsGetWithoutBody(t *testing.T) {
	s := newStack(t)
	id := s.id("admin")
	for _, path := range []string{"/scim/v2/Users/" + id, "/scim/v2/Users?count=2", "/scim/v2/Schemas", "/scim/v2/Users/nobody"} {
		t.Run(path, func(t *testing.T) {
			get, head := s.do(http.MethodGet, path, ""), s.do(http.MethodHead, path, "")
			assert.Equal(t, get.status, head.status)
			assert.Empty(t, head.text)
			for _, name := range []string{"Content-Type", "Content-Length", "ETag", "Location"} {
				assert.Equal(t, get.header.Get(name), head.header.Get(name), name)
			}
		})
	}
}

func TestMeIsExplained(t *testing.T) {
	s := newStack(t)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		t.Run(method, func(t *testing.T) {
			a := s.do(method, "/scim/v2/Me", "")
			assertError(t, a, http.StatusNotImplemented, "", scim.CodeNotImplemented)
			assert.Contains(t, a.body["detail"], "/Users")
		})
	}
}
