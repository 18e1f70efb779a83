package gateway_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
)

// claims maps the paths of /ServiceProviderConfig to their values and the tests
// of them.
type claims map[string]func(t *testing.T, s *stack, claimed any)

// leaves lists the values of a document by their paths.
func leaves(prefix string, value any, into map[string]any) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			leaves(strings.TrimPrefix(prefix+"."+name, "."), member, into)
		}
	case []any:
		for _, element := range value {
			leaves(prefix, element, into)
		}
	default:
		into[prefix] = value
	}
}

// Every claim of /ServiceProviderConfig is tested; one without a test fails.
func TestServiceProviderConfigMatchesBehavior(t *testing.T) {
	now := standin.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newCrowdedStack(t, 1030, func(c *gateway.Config) {
		c.Now, c.DocumentationURL, c.Version = now.Now, "https://docs.example.com/", "1.2.3"
	})
	found := map[string]any{}
	leaves("", s.get("/scim/v2/ServiceProviderConfig").body, found)
	proofs := claimsToProve(now)
	require.ElementsMatch(t, slices.Collect(maps.Keys(proofs)), slices.Collect(maps.Keys(found)), "a claim without a proof, or a proof without a claim")
	for name, claimed := range found {
		t.Run(name, func(t *testing.T) { proofs[name](t, s, claimed) })
	}
}

func newCrowdedStack(t *testing.T, people int, change ...func(*gateway.Config)) *stack {
	t.Helper()
	suger, err := sandbox.New(sandbox.Options{Contract: "status", Keys: []string{key}, People: people})
	require.NoError(t, err)
	upstream := httptest.NewServer(suger)
	t.Cleanup(upstream.Close)
	t.Cleanup(suger.Close)
	s := newStackOver(t, upstream.URL, change...)
	s.suger = suger
	return s
}

// rolesOfNewUser creates a user with roles, JSON, and returns what they have become.
func rolesOfNewUser(t *testing.T, s *stack, roles string) (shown []map[string]any) {
	t.Helper()
	user := fmt.Sprintf(`{"userName":"nova.%s@example.com","roles":%s}`, strings.ToLower(rand.Text()), roles)
	a := s.do(http.MethodPost, "/scim/v2/Users", user)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	for _, role := range a.body["roles"].([]any) {
		shown = append(shown, role.(map[string]any))
	}
	return shown
}

func noEntitlements(t *testing.T, s *stack, claimed any) {
	require.Equal(t, false, claimed)
	assert.NotContains(t, s.get("/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").text, `"entitlements"`)
}

func claimsToProve(now *standin.Clock) claims {
	number := func(claimed any) int { return int(claimed.(float64)) }
	items := func(s *stack, query string) int { return len(s.get("/scim/v2/Users?" + query).names()) }
	return claims{
		"schemas": func(t *testing.T, _ *stack, claimed any) {
			assert.Equal(t, "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig", claimed)
		},
		"documentationUri":  func(t *testing.T, _ *stack, claimed any) { assert.Equal(t, "https://docs.example.com/", claimed) },
		"meta.resourceType": func(t *testing.T, _ *stack, claimed any) { assert.Equal(t, "ServiceProviderConfig", claimed) },
		"meta.location": func(t *testing.T, s *stack, claimed any) {
			path := strings.TrimPrefix(claimed.(string), s.url)
			assert.Equal(t, claimed, s.get(path).body["meta"].(map[string]any)["location"])
		},
		"meta.version": func(t *testing.T, s *stack, claimed any) {
			a := s.do(http.MethodGet, "/scim/v2/ServiceProviderConfig", "", "If-None-Match", claimed.(string))
			assert.Equal(t, http.StatusNotModified, a.status)
		},
		"patch.supported": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, true, claimed)
			for _, path := range []string{"/scim/v2/Users/" + s.id("viewer"), "/scim/v2/Groups/VIEWER"} {
				a := s.do(http.MethodPatch, path, `{"Operations":[{"op":"add","value":{"externalId":"x"}}]}`)
				assert.Equal(t, http.StatusOK, a.status, a.text)
			}
		},
		"bulk.supported": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, true, claimed)
			assert.Equal(t, []any{"404"}, statuses(s.bulk(`{"method":"DELETE","path":"/Users/nobody"}`)))
		},
		"bulk.maxOperations": func(t *testing.T, s *stack, claimed any) {
			one := `{"method":"DELETE","path":"/Users/nobody"}`
			several := func(n int) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
			assert.Len(t, s.bulk(several(number(claimed))), number(claimed))
			a := s.do(http.MethodPost, "/scim/v2/Bulk", `{"Operations":[`+several(number(claimed)+1)+`]}`)
			assertError(t, a, http.StatusRequestEntityTooLarge, "", scim.CodeTooLarge)
			assert.Contains(t, a.body["detail"], fmt.Sprintf("accepts %d at once", number(claimed)), "the limit is named (RFC 7644 §3.7.4)")
		},
		"bulk.maxPayloadSize": func(t *testing.T, s *stack, claimed any) {
			padded := func(size int) string {
				body := `{"Operations":[],"padding":"`
				return body + strings.Repeat("x", size-len(body)-2) + `"}`
			}
			assert.Equal(t, http.StatusOK, s.do(http.MethodPost, "/scim/v2/Bulk", padded(number(claimed))).status)
			a := s.do(http.MethodPost, "/scim/v2/Bulk", padded(number(claimed)+1))
			assertError(t, a, http.StatusRequestEntityTooLarge, "", scim.CodeTooLarge)
			assert.Contains(t, a.body["detail"], fmt.Sprintf("%d bytes", number(claimed)), "the limit is named (RFC 7644 §3.7.4)")
		},
		"filter.supported": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, true, claimed)
			assert.Equal(t, 1, items(s, "filter=userName+eq+%22viewer%40example.com%22"))
		},
		"filter.maxResults": func(t *testing.T, s *stack, claimed any) {
			assert.Equal(t, number(claimed), items(s, "attributes=id&filter=userName+pr&count=5000"))
		},
		"changePassword.supported": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, false, claimed)
			path := "/scim/v2/Users/" + s.id("viewer")
			before := s.get(path).text
			s.suger.ResetCalls()
			a := s.do(http.MethodPatch, path, `{"Operations":[{"op":"replace","path":"password","value":"another-word"}]}`)
			require.Equal(t, http.StatusOK, a.status, "Okta sends one whether it is wanted or not")
			assert.Zero(t, s.suger.Count("update user"))
			assert.Equal(t, before, s.get(path).text)
		},
		"sort.supported": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, true, claimed)
			sorted := s.get("/scim/v2/Users?attributes=userName&sortBy=userName&sortOrder=descending&count=50").names()
			assert.True(t, slices.IsSortedFunc(sorted, func(a, b string) int { return strings.Compare(strings.ToLower(b), strings.ToLower(a)) }), sorted)
		},
		"etag.supported": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, true, claimed)
			path := "/scim/v2/Users/" + s.id("viewer")
			version := s.get(path).header.Get("ETag")
			assert.Equal(t, http.StatusNotModified, s.do(http.MethodGet, path, "", "If-None-Match", version).status)
			body := `{"Operations":[{"op":"add","value":{"externalId":"x"}}]}`
			assert.Equal(t, http.StatusOK, s.do(http.MethodPatch, path, body, "If-Match", version).status)
			assert.Equal(t, http.StatusPreconditionFailed, s.do(http.MethodPatch, path, body, "If-Match", `W/"another"`).status)
		},
		"pagination.cursor": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, true, claimed)
			for _, path := range []string{"/scim/v2/Users", "/scim/v2/Groups", "/scim/v2/Roles", "/scim/v2"} {
				next, _ := s.get(path + "?count=1&cursor=").body["nextCursor"].(string)
				require.NotEmpty(t, next, path)
				assert.Len(t, s.get(path+"?count=1&cursor="+next).names(), 1, path)
			}
		},
		"pagination.index": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, true, claimed)
			two := s.get("/scim/v2/Users?count=2").names()
			assert.Equal(t, two[1:], s.get("/scim/v2/Users?startIndex=2&count=1").names())
		},
		"pagination.defaultPaginationMethod": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, "index", claimed)
			a := s.get("/scim/v2/Users?count=1")
			assert.Contains(t, a.body, "startIndex")
			assert.NotContains(t, a.body, "nextCursor")
		},
		"pagination.defaultPageSize": func(t *testing.T, s *stack, claimed any) {
			assert.Equal(t, number(claimed), items(s, "attributes=id"))
			assert.Equal(t, number(claimed), items(s, "attributes=id&cursor="))
		},
		"pagination.maxPageSize": func(t *testing.T, s *stack, claimed any) {
			assert.Equal(t, number(claimed), items(s, "attributes=id&count=5000"))
			assert.Equal(t, number(claimed), items(s, "attributes=id&count=5000&cursor="))
		},
		"pagination.cursorTimeout": func(t *testing.T, s *stack, claimed any) {
			next := s.get("/scim/v2/Users?count=1&cursor=").body["nextCursor"].(string)
			path := "/scim/v2/Users?count=1&cursor=" + url.QueryEscape(next)
			now.Advance(time.Duration(number(claimed)) * time.Second)
			assert.Equal(t, http.StatusOK, s.do(http.MethodGet, path, "").status, "good for as long as it says")
			now.Advance(time.Second)
			assertError(t, s.do(http.MethodGet, path, ""), http.StatusBadRequest, "expiredCursor", scim.CodeExpiredCursor)
		},
		"RolesAndEntitlements.roles.supported": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, true, claimed)
			value := s.get("/scim/v2/Roles?filter=displayName+eq+%22EDITOR%22").resource(0)["value"]
			assert.Equal(t, value, rolesOfNewUser(t, s, fmt.Sprintf(`[{"value":%q}]`, value))[0]["value"])
		},
		"RolesAndEntitlements.roles.multipleRolesSupported": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, false, claimed)
			assert.Len(t, rolesOfNewUser(t, s, `["EDITOR","VIEWER"]`), 1)
		},
		"RolesAndEntitlements.roles.primarySupported": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, false, claimed)
			assert.Equal(t, true, rolesOfNewUser(t, s, `[{"value":"EDITOR","primary":false}]`)[0]["primary"])
		},
		"RolesAndEntitlements.roles.typeSupported": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, false, claimed)
			assert.Equal(t, "suger", rolesOfNewUser(t, s, `[{"value":"EDITOR","type":"another"}]`)[0]["type"])
		},
		"RolesAndEntitlements.entitlements.supported":                     noEntitlements,
		"RolesAndEntitlements.entitlements.multipleEntitlementsSupported": noEntitlements,
		"RolesAndEntitlements.entitlements.primarySupported":              noEntitlements,
		"RolesAndEntitlements.entitlements.typeSupported":                 noEntitlements,
		"authenticationSchemes.type": func(t *testing.T, s *stack, claimed any) {
			require.Equal(t, "oauthbearertoken", claimed)
			assert.Equal(t, http.StatusOK, s.do(http.MethodGet, "/scim/v2/Users?count=0", "", "Authorization", "Bearer "+key).status)
			a := s.do(http.MethodGet, "/scim/v2/Users?count=0", "", "Authorization", "Basic dXNlcjpwYXNz")
			assertError(t, a, http.StatusUnauthorized, "", scim.CodeTokenMissing)
		},
		"authenticationSchemes.name":        func(t *testing.T, _ *stack, claimed any) { assert.Equal(t, "Bearer token", claimed) },
		"authenticationSchemes.description": func(t *testing.T, _ *stack, claimed any) { assert.Contains(t, claimed, "Authorization") },
		"authenticationSchemes.specUri":     func(t *testing.T, _ *stack, claimed any) { assert.Contains(t, claimed, "rfc6750") },
		"authenticationSchemes.primary":     func(t *testing.T, _ *stack, claimed any) { assert.Equal(t, true, claimed, "there is no other scheme") },
	}
}
