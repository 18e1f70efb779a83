package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/cli"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

const (
	leakKey    = "leaky-api-key-0123456789"
	leakClient = "leaky-client"
	leakSecret = "leaky-client-secret-0123456789"
	leakToken  = "leaky-bearer-token-0123456789"
	leakOps    = "leaky-ops-token-0123456789"
	leakForm   = "leaky-key-of-the-form-0123456789"
)

// A leakySuger fails now and then, and repeats the whole request in its error. It
// records the credentials that it receives.
type leakySuger struct {
	http.Handler
	calls    atomic.Int64
	refusing atomic.Bool // whether it refuses every credential

	mu    sync.Mutex
	shown map[string]bool
}

func newLeakySuger(t *testing.T) (*leakySuger, string) {
	t.Helper()
	suger, err := sandbox.New(sandbox.Options{Keys: []string{leakKey}, Clients: map[string]string{leakClient: leakSecret}, Clock: nil})
	require.NoError(t, err)
	upstream := httptest.NewServer(suger)
	t.Cleanup(upstream.Close)
	t.Cleanup(suger.Close)
	address, err := url.Parse(upstream.URL)
	require.NoError(t, err)
	g := &leakySuger{Handler: httputil.NewSingleHostReverseProxy(address), shown: map[string]bool{}}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return g, server.URL
}

func (g *leakySuger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // an in-process client
	r.Body = io.NopCloser(bytes.NewReader(body))
	if scheme, credential, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && scheme != "" {
		g.mu.Lock()
		g.shown[credential] = true
		g.mu.Unlock()
	}
	number := g.calls.Add(1)
	message := fmt.Sprintf("cannot do %s with %s and %s for viewer@example.com", r.URL, r.Header.Get("Authorization"), body)
	text, _ := json.Marshal(map[string]string{"message": message})
	switch {
	case g.refusing.Load():
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write(text)
	case number%3 == 0 && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/user"):
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write(text)
	case number%7 == 0:
		w.WriteHeader([]int{400, 403, 409, 422, 500, 503}[number/7%6])
		_, _ = w.Write(text)
	case number%31 == 0:
		_, _ = w.Write([]byte("<html>" + message)) // status 200 with an unreadable body
	default:
		g.Handler.ServeHTTP(w, r)
	}
}

// What no output may contain, besides the secrets that the test knows.
var (
	anyJWT     = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}`)
	anyAddress = regexp.MustCompile(`(?i)[a-z0-9._%+-]+(@|%40)[a-z0-9-]+\.[a-z]+`)
	anyBody    = regexp.MustCompile(`firstName\\*":|\{\\*"givenName`)
)

// A long run of all kinds of requests, valid and invalid, in each authentication mode,
// at log level debug: no output contains a credential, a token or an address.
func TestOutputHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	for name, special := range map[string]map[string]string{
		"the client's key":       {},
		"the client's OAuth App": {"SUGER_AUTH": "oauth"},
		"held by the gateway":    {"SUGER_CREDENTIAL": leakKey, "GATEWAY_TOKENS": leakToken},
		"as text":                {"GATEWAY_LOG_FORMAT": "text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suger, address := newLeakySuger(t)
			values := map[string]string{
				"SUGER_API_URL": address, "SUGER_TOKEN_URL": address + "/oauth2/token", "SUGER_ORG_ID": sandbox.DefaultOrganization,
				"GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0", "GATEWAY_OPS_TOKEN": leakOps,
				"GATEWAY_LOG_LEVEL": "debug", "GATEWAY_AUDIT_KEY": "a-key-for-the-audit", "GATEWAY_AUTH_FAILURES": "off",
				"GATEWAY_PROTECTED_USERS": "admin@example.com",
			}
			token := leakKey
			for name, value := range special {
				values[name] = value
			}
			switch {
			case values["SUGER_AUTH"] != "":
				token = leakClient + ":" + leakSecret
			case values["GATEWAY_TOKENS"] != "":
				token = leakToken
			}
			gateway := program.Serve(t, cli.Run, settings.Names(), values)
			scim := "http://" + gateway.SCIMAddress(t) + "/scim/v2"
			operations := "http://" + gateway.OpsAddress(t)
			statuses := mixedRun(t, scim, token)
			for _, status := range []int{200, 201, 204, 400, 401, 403, 404, 409} {
				assert.Positive(t, statuses[status], "the run must include a %d", status)
			}
			page := opsRun(t, operations)
			suger.refusing.Store(true)
			mixedRun(t, scim, token)
			require.NoError(t, gateway.End())

			output := gateway.Log.String() + gateway.Out.String()
			assert.Greater(t, strings.Count(output, "\n"), 300)
			assert.Greater(t, strings.Count(output, "record"), 20, "audit records")
			secrets := []string{leakKey, leakSecret, leakToken, leakOps, leakForm, "wrong-token", "a-key-for-the-audit", "p4ssw0rd"}
			require.NotEmpty(t, suger.shown)
			for credential := range suger.shown {
				secrets = append(secrets, credential)
			}
			for _, where := range []struct{ name, text string }{{"the log", output}, {"the ops listener", page}} {
				for _, secret := range secrets {
					assert.False(t, strings.Contains(where.text, secret), "%s contains %.12s…", where.name, secret)
				}
				assert.Empty(t, anyJWT.FindString(where.text), where.name)
				rest := strings.ReplaceAll(where.text, "…@example.com", "")
				if at := anyAddress.FindStringIndex(rest); at != nil {
					assert.Fail(t, "an address", "%s contains one: …%s…", where.name, rest[max(0, at[0]-200):min(len(rest), at[1]+100)])
				}
				assert.Empty(t, anyBody.FindString(where.text), where.name)
			}
		})
	}
}

// mixedRun sends all kinds of requests and counts the statuses.
func mixedRun(t *testing.T, scim, token string) map[int]int {
	t.Helper()
	statuses := map[int]int{}
	send := func(method, path, token, body string) map[string]any {
		request, err := http.NewRequestWithContext(t.Context(), method, scim+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/scim+json")
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		statuses[response.StatusCode]++
		var answer map[string]any
		_ = json.NewDecoder(response.Body).Decode(&answer) // not every answer has a body
		return answer
	}
	lookup := func(mailbox string) string {
		found := send(http.MethodGet, "/Users?filter=userName+eq+%22"+mailbox+"%40example.com%22", token, "")
		if list, _ := found["Resources"].([]any); len(list) > 0 {
			return list[0].(map[string]any)["id"].(string)
		}
		return "nobody"
	}
	for round := range 12 {
		person := fmt.Sprintf("nova.sample%d", round)
		user := fmt.Sprintf(`{"userName":"%s@example.com","name":{"givenName":"Nova","familyName":"Sample"},"password":"p4ssw0rd","active":true}`, person)
		send(http.MethodPost, "/Users", token, user)
		send(http.MethodPost, "/Users", token, user)
		id := lookup(person)
		send(http.MethodPut, "/Users/"+id, token, user)
		send(http.MethodPatch, "/Users/"+id, token, program.PatchMessage+`{"op":"replace","value":{"name":{"givenName":"Nora"},"roles":["EDITOR"]}}]}`)
		send(http.MethodPatch, "/Users/"+id, token, program.PatchMessage+`{"op":"replace","path":"active","value":false}]}`)
		send(http.MethodPatch, "/Users/"+id, token, program.PatchMessage+`{"op":"replace","path":"roles","value":"leaky@example.com"}]}`)
		send(http.MethodPatch, "/Users/"+id, token, program.PatchMessage+`{"op":"nonsense","value":"leaky@example.com"}]}`)
		send(http.MethodGet, "/Users?filter=userName+eq", token, "")
		send(http.MethodGet, "/Groups", token, "")
		send(http.MethodPatch, "/Groups/EDITOR", token, program.PatchMessage+`{"op":"add","path":"members","value":[{"value":"`+id+`","display":"leaky@example.com"}]}]}`)
		send(http.MethodPost, "/Bulk", token, `{"Operations":[{"method":"POST","path":"/Users","bulkId":"1","data":`+user+`},{"method":"DELETE","path":"/Users/leaky@example.com"}]}`)
		send(http.MethodDelete, "/Users/"+id, token, "")
		send(http.MethodDelete, "/Users/"+lookup("admin"), token, "")
		send(http.MethodGet, "/Users/leaky@example.com", token, "")
		send(http.MethodGet, "/leaky@example.com", token, "")
		send(http.MethodGet, "/Users", "wrong-token", "")
		send(http.MethodGet, "/Users?filter=userName+eq+%22leaky@example.com%22", "wrong token", "")
	}
	return statuses
}

// opsRun sends valid and invalid requests to the ops listener, and returns all
// answers.
func opsRun(t *testing.T, operations string) string {
	t.Helper()
	var said strings.Builder
	send := func(method, path, token string, form url.Values) {
		request, err := http.NewRequestWithContext(t.Context(), method, operations+path, strings.NewReader(form.Encode()))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		fmt.Fprintln(&said, response.Status, response.Header)
		_, body, hasStyle := strings.Cut(string(text), "</style>")
		if !hasStyle {
			body = string(text)
		}
		said.WriteString(body)
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/", "/changes", "/test", "/nowhere/leaky-path"} {
		send(http.MethodGet, path, leakOps, nil)
	}
	for _, credential := range []string{leakForm, leakKey, leakClient + ":" + leakSecret, ""} {
		send(http.MethodPost, "/test", leakOps, url.Values{"organization": {sandbox.DefaultOrganization}, "credential": {credential}})
	}
	send(http.MethodGet, "/", "wrong-token", nil)
	return said.String()
}

// read returns the ops listener's answer, which must be 200.
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

// In pass-through mode the gateway has no credential to read roles with.
func TestStatusPageInPassThroughMode(t *testing.T) {
	t.Parallel()
	var demo *program.Program
	program.InEnvironment(t, settings.Names(), nil, func() {
		demo = program.Start(t, cli.Run, "demo", "--addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0")
		demo.Wait(t, demo.Out, `(Ctrl-C)`)
	})
	base := demo.Wait(t, demo.Out, `SCIM base URL +(\S+)\n`)
	status := demo.Wait(t, demo.Out, `Status page +(\S+)\n`)
	token := demo.Wait(t, demo.Out, `Bearer token +(\S+)\n`)
	program.Ask(t, http.MethodGet, base+"/Groups", "Bearer "+token, "")
	page := read(t, status)
	assert.Contains(t, page, "<code>"+base+"</code>")
	assert.Contains(t, page, `<a href="/test">Test a connection and count the roles</a>`)
	assert.NotContains(t, page, "Deal desk", "data read with Okta's credential is not shown")
	assert.NotContains(t, page, token)
	assert.Contains(t, read(t, status+"guides/roles.md"), "<h1")
	require.NoError(t, demo.End())
}

var metricSeries = regexp.MustCompile(`(?m)^(suger_scim_[a-z_]+?)(?:_bucket|_sum|_count)?\{(.*)\} (\S+)$`)

// After a mixed run, each label has a value that docs/metrics.md names.
func TestScrapeAfterAMixedRun(t *testing.T) {
	t.Parallel()
	suger, address := newLeakySuger(t)
	gateway := program.Serve(t, cli.Run, settings.Names(), map[string]string{
		"SUGER_API_URL": address, "SUGER_ORG_ID": sandbox.DefaultOrganization, "GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0",
		"GATEWAY_PROTECTED_USERS": "admin@example.com", "GATEWAY_AUTH_FAILURES": "off",
	})
	base := "http://" + gateway.Wait(t, gateway.Log, `"scim_address":"([^"]+)"`)
	operations := "http://" + gateway.Wait(t, gateway.Log, `"ops_address":"([^"]+)"`)
	mixedRun(t, base+"/scim/v2", leakKey)
	for _, method := range []string{"BREW", "OPTIONS", "HEAD"} {
		request, err := http.NewRequestWithContext(t.Context(), method, base+"/scim/v2/Users", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		response.Body.Close()
	}
	page := read(t, operations+"/metrics")
	require.NoError(t, gateway.End())
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
		// The build, which has one value of each.
		"version": func(string) bool { return true }, "commit": func(string) bool { return true }, "go": func(string) bool { return true },
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
		"suger_scim_requests_total", "suger_scim_request_duration_seconds", "suger_scim_errors_total", "suger_scim_upstream_requests_total",
		"suger_scim_upstream_request_duration_seconds", "suger_scim_lookup_cache_total", "suger_scim_list_cache_total", "suger_scim_guard_refusals_total", "suger_scim_mapping_drift_total",
	} {
		assert.True(t, counted[name], "%s is counted", name)
	}
	assert.Regexp(t, `(?m)^suger_scim_upstream_retries_total [1-9]`, page)
	assert.Regexp(t, `(?m)^suger_scim_writes_unconfirmed_total \d`, page)
}

func oneOf(words ...string) func(string) bool {
	return func(word string) bool { return slices.Contains(words, word) }
}
