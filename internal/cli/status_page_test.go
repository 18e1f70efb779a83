package cli

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

func TestBaseURLs(t *testing.T) {
	for name, test := range map[string]struct {
		settings map[string]string
		want     []string
	}{
		"nothing is set":               {nil, []string{"https://your-host/org/ORGANIZATION/scim/v2"}},
		"an organization":              {map[string]string{"SUGER_ORG_ID": "a"}, []string{"https://your-host/scim/v2"}},
		"an address with a path":       {map[string]string{"SUGER_ORG_ID": "a", "GATEWAY_PUBLIC_URL": "https://example.com/scim-gateway/"}, []string{"https://example.com/scim-gateway/scim/v2"}},
		"several":                      {map[string]string{"SUGER_ORG_ALLOW": "a,b", "GATEWAY_PUBLIC_URL": "https://example.com"}, []string{"https://example.com/org/a/scim/v2", "https://example.com/org/b/scim/v2"}},
		"several, one for the default": {map[string]string{"SUGER_ORG_ID": "b", "SUGER_ORG_ALLOW": "a,b", "GATEWAY_PUBLIC_URL": "https://example.com"}, []string{"https://example.com/scim/v2", "https://example.com/org/a/scim/v2"}},
	} {
		t.Run(name, func(t *testing.T) {
			setEnvironment(t, test.settings)
			c, err := loadConfig(io.Discard)
			require.NoError(t, err)
			assert.Equal(t, test.want, c.baseURLs())
		})
	}
}

func TestWhoSeesTheStatusPage(t *testing.T) {
	for name, test := range map[string]struct {
		settings map[string]string
		hidden   bool
	}{
		"by default":                  {nil, false},
		"the loopback name":           {map[string]string{"GATEWAY_OPS_ADDR": "localhost:9090"}, false},
		"the loopback in IPv6":        {map[string]string{"GATEWAY_OPS_ADDR": "[::1]:9090"}, false},
		"every address":               {map[string]string{"GATEWAY_OPS_ADDR": ":9090"}, true},
		"every address, in digits":    {map[string]string{"GATEWAY_OPS_ADDR": "0.0.0.0:9090"}, true},
		"one address":                 {map[string]string{"GATEWAY_OPS_ADDR": "192.0.2.1:9090"}, true},
		"a name":                      {map[string]string{"GATEWAY_OPS_ADDR": "ops.example.com:9090"}, true},
		"every address, with a token": {map[string]string{"GATEWAY_OPS_ADDR": ":9090", "GATEWAY_OPS_TOKEN": "token-of-the-ops-listener"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			setEnvironment(t, test.settings)
			c, err := loadConfig(io.Discard)
			require.NoError(t, err)
			assert.Equal(t, test.hidden, c.hidesPages())
		})
	}
}

// read is what the ops listener answers.
func read(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get(address)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", text)
	return string(text)
}

// In pass-through mode the gateway has nothing to ask for roles with.
func TestStatusPageInPassThroughMode(t *testing.T) {
	demo := start(t, "demo", "--addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0")
	demo.wait(t, demo.out, `(Ctrl-C)`)
	base := demo.wait(t, demo.out, `SCIM base URL +(\S+)\n`)
	status := demo.wait(t, demo.out, `Status page +(\S+)\n`)
	token := demo.wait(t, demo.out, `Bearer token +(\S+)\n`)
	ask(t, http.MethodGet, base+"/Groups", "Bearer "+token, "")
	page := read(t, status)
	assert.Contains(t, page, "<code>"+base+"</code>")
	assert.Contains(t, page, "The gateway holds no credential to ask Suger with")
	assert.NotContains(t, page, "Deal desk", "what Okta asked is not shown to others")
	assert.NotContains(t, page, token)
	assert.Contains(t, read(t, status+"guides/roles.md"), "<h1")
	require.NoError(t, demo.end())
}

var metricSeries = regexp.MustCompile(`(?m)^((?:scim|suger|lookup|list|writes|guard|mapping)_[a-z_]+?)(?:_bucket|_sum|_count)?\{(.*)\} (\S+)$`)

// After a run of everything, each label has a value that docs/metrics.md names.
func TestScrapeAfterAMixedRun(t *testing.T) {
	suger, address := newGossip(t)
	setEnvironment(t, map[string]string{
		"SUGER_API_URL": address, "SUGER_ORG_ID": sandbox.DefaultOrganization, "GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0",
		"GATEWAY_PROTECTED_USERS": "admin@example.com", "GATEWAY_AUTH_FAILURES": "off",
	})
	gateway := start(t, "serve")
	base := "http://" + gateway.wait(t, gateway.log, `"scim_address":"([^"]+)"`)
	operations := "http://" + gateway.wait(t, gateway.log, `"ops_address":"([^"]+)"`)
	mixedRun(t, base+"/scim/v2", leakKey)
	for _, method := range []string{"BREW", "OPTIONS", "HEAD"} {
		request, err := http.NewRequestWithContext(t.Context(), method, base+"/scim/v2/Users", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		response.Body.Close()
	}
	page := read(t, operations+"/metrics")
	require.NoError(t, gateway.end())
	require.Positive(t, suger.calls.Load())

	var codes []string
	for _, entry := range scim.Codes {
		codes = append(codes, string(entry.Code))
	}
	allowed := map[string]func(string) bool{
		"resource":  oneOf("User", "Group", "Role", "Root", "Bulk", "Me", "ServiceProviderConfig", "ResourceType", "Schema", "unknown"),
		"method":    oneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"),
		"code":      regexp.MustCompile(`^([1-5][0-9][0-9]|none|other)$`).MatchString,
		"error":     oneOf(codes...),
		"operation": oneOf(append(spec.OperationNames(), "get token")...),
		"result":    oneOf("hit", "miss", "wrong"),
		"guard":     oneOf(mapping.GuardNames()...),
		"le":        func(string) bool { return true },
	}
	counted := map[string]bool{}
	series := metricSeries.FindAllStringSubmatch(page, -1)
	require.NotEmpty(t, series)
	for _, one := range series {
		counted[one[1]] = counted[one[1]] || one[3] != "0"
		for pair := range strings.SplitSeq(one[2], `",`) {
			name, value, _ := strings.Cut(strings.TrimSuffix(pair, `"`), `="`)
			if assert.Contains(t, allowed, name) {
				assert.True(t, allowed[name](value), "%s: %s=%q", one[1], name, value)
			}
		}
	}
	for _, name := range []string{
		"scim_requests_total", "scim_request_duration_seconds", "scim_errors_total", "suger_requests_total",
		"suger_request_duration_seconds", "lookup_cache_total", "list_cache_total", "guard_refusals_total", "mapping_drift_total",
	} {
		assert.True(t, counted[name], "%s counts", name)
	}
	assert.Regexp(t, `(?m)^suger_retries_total [1-9]`, page)
	assert.Regexp(t, `(?m)^writes_unconfirmed_total \d`, page)
}

func oneOf(words ...string) func(string) bool {
	return func(word string) bool { return slices.Contains(words, word) }
}
