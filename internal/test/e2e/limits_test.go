package e2e

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/cli"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
)

// A target is a gateway on loopback that holds no credential, so that unknown tokens
// get as far as possible.
type target struct {
	t     *testing.T
	addr  string
	suger *sandbox.Sandbox

	gateway *program.Program
}

// newTarget starts a gateway with additional settings.
func newTarget(t *testing.T, special map[string]string) *target {
	t.Helper()
	suger, err := sandbox.New(sandbox.Options{Keys: []string{testKey}})
	require.NoError(t, err)
	upstream := httptest.NewServer(suger)
	t.Cleanup(upstream.Close)
	t.Cleanup(suger.Close)
	values := map[string]string{
		"SUGER_API_URL": upstream.URL, "SUGER_ORG_ID": sandbox.DefaultOrganization,
		"GATEWAY_ADDR": "127.0.0.1:0", "GATEWAY_OPS_ADDR": "127.0.0.1:0",
	}
	for name, value := range special {
		values[name] = value
	}
	gateway := program.Serve(t, cli.Run, settings.Names(), values)
	return &target{t, gateway.SCIMAddress(t), suger, gateway}
}

// A probe is an attacker's request.
type probe struct {
	method, path, body string
	headers            []string // names and values; an empty value removes one
	chunked            bool     // without a Content-Length
}

// send sends a probe and reads the whole answer.
func (g *target) send(s probe) (status int, header http.Header, answer string) {
	g.t.Helper()
	var body io.Reader = strings.NewReader(s.body)
	if s.chunked {
		body = io.MultiReader(body) // hides the length
	}
	request, err := http.NewRequestWithContext(g.t.Context(), s.method, "http://"+g.addr+s.path, body)
	require.NoError(g.t, err)
	request.Header.Set("Authorization", "Bearer "+testKey)
	request.Header.Set("Content-Type", "application/scim+json")
	for i := 0; i < len(s.headers); i += 2 {
		if request.Header.Set(s.headers[i], s.headers[i+1]); s.headers[i+1] == "" {
			request.Header.Del(s.headers[i])
		}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	require.NoError(g.t, err)
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body) // fails if the gateway closes the connection while the body is sent
	return response.StatusCode, response.Header, string(text)
}

// stillServes checks that an attack does not affect others.
func (g *target) stillServes() {
	g.t.Helper()
	status, _, text := g.send(probe{method: "GET", path: "/scim/v2/Users?count=1"})
	assert.Equal(g.t, http.StatusOK, status, text)
}

// refused checks that a probe gets an error and does not reach Suger.
func (g *target) refused(s probe, status int, code string) {
	g.t.Helper()
	g.suger.ResetCalls()
	got, _, text := g.send(s)
	assert.Equal(g.t, status, got, text)
	assert.Contains(g.t, text, "["+code+", ")
	assert.Zero(g.t, g.suger.Count(""), "Suger received a call")
}

func (g *target) dial(t *testing.T) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", g.addr)
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}

func post(path, body string) probe { return probe{method: "POST", path: path, body: body} }
func get(path string) probe        { return probe{method: "GET", path: path} }
func filter(text string) probe {
	return post("/scim/v2/Users/.search", fmt.Sprintf(`{"filter":%q}`, text))
}

func repeated(n int, element string) string {
	return strings.TrimSuffix(strings.Repeat(element+",", n), ",")
}

// attacks has an attack for each limit, by its name in docs/limits.md.
var attacks = map[string]func(*testing.T, *target){
	"body": func(t *testing.T, g *target) {
		large := `{"userName":"` + strings.Repeat("a", 1<<20) + `"}`
		g.refused(post("/scim/v2/Users", large), 413, "too_large")
		g.refused(probe{method: "POST", path: "/scim/v2/Users", body: large, chunked: true}, 413, "too_large")
		g.refused(probe{method: "POST", path: "/scim/v2/Bulk", body: large, chunked: true}, 413, "too_large")
	},
	"compressed body": func(t *testing.T, g *target) {
		var bomb strings.Builder
		writer := gzip.NewWriter(&bomb)
		_, _ = io.CopyN(writer, zeros{}, 8<<20) // writes to memory
		require.NoError(t, writer.Close())
		g.refused(probe{method: "POST", path: "/scim/v2/Users", body: bomb.String(), headers: []string{"Content-Encoding", "gzip"}}, 415, "unsupported_media_type")
	},
	"header": func(t *testing.T, g *target) {
		status, _, _ := g.send(probe{method: "GET", path: "/scim/v2/Users", headers: []string{"X-Padding", strings.Repeat("a", 70<<10)}})
		assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, status)
	},
	"URL": func(t *testing.T, g *target) {
		g.refused(get("/scim/v2/Users?filter="+strings.Repeat("a", 33<<10)), 414, "url_too_long")
	},
	"nesting": func(t *testing.T, g *target) {
		g.refused(post("/scim/v2/Users", `{"a":`+strings.Repeat("[", 40_000)), 400, "invalid_syntax")
		g.refused(post("/scim/v2/Users", strings.Repeat(`{"a":`, 40_000)+"1"+strings.Repeat("}", 40_000)), 400, "invalid_syntax")
	},
	"filter length": func(t *testing.T, g *target) {
		g.refused(filter(`userName eq "`+strings.Repeat("a", 9<<10)+`"`), 400, "invalid_filter")
	},
	"filter depth": func(t *testing.T, g *target) {
		g.refused(filter(strings.Repeat("(", 4000)+"active pr"+strings.Repeat(")", 4000)), 400, "invalid_filter")
	},
	"filter terms": func(t *testing.T, g *target) {
		g.refused(filter("id pr"+strings.Repeat(" or id pr", 300)), 400, "invalid_filter")
	},
	"page": func(t *testing.T, g *target) {
		status, _, text := g.send(get("/scim/v2/Users?count=99999999999999999999"))
		assert.Equal(t, http.StatusOK, status, text)
		assert.Contains(t, text, `"itemsPerPage":24`)
	},
	"PATCH operations": func(t *testing.T, g *target) {
		operation := `{"op":"replace","path":"title","value":"x"}`
		g.refused(probe{method: "PATCH", path: "/scim/v2/Users/1", body: `{"Operations":[` + repeated(1001, operation) + `]}`}, 413, "too_large")
	},
	"bulk operations": func(t *testing.T, g *target) {
		g.refused(post("/scim/v2/Bulk", `{"Operations":[`+repeated(1001, `{"method":"DELETE","path":"/Users/1"}`)+`]}`), 413, "too_large")
	},
	"token": func(t *testing.T, g *target) {
		g.refused(probe{method: "GET", path: "/scim/v2/Users", headers: []string{"Authorization", "Bearer " + strings.Repeat("a", 4097)}}, 401, "token_refused")
	},
	"id": func(t *testing.T, g *target) {
		for _, id := range []string{strings.Repeat("a", 257), "%2e%2e", "a%2Fb", "a%00b", "%5c"} {
			g.refused(get("/scim/v2/Users/"+id), 404, "not_found")
		}
	},
	"values in a body": func(t *testing.T, g *target) {
		g.refused(probe{method: "PATCH", path: "/scim/v2/Users/1", body: `{"Operations":[` + repeated(35_000, `{"a":1}`) + `]}`}, 413, "too_large")
	},
	"bodies with an unknown token": attackWithBodies,
	"memory for bodies":            attackMemoryOfBodies,
	"connections":                  attackWithConnections,
	"idle connections":             attackWithIdleConnections,
	"requests of one credential": func(t *testing.T, _ *target) {
		attackSlots(t, testKey, map[string]string{"GATEWAY_MAX_IN_FLIGHT": "6"})
	},
	"requests of one address": attackSlotsOfAddress,
	"requests at once": func(t *testing.T, _ *target) {
		const token = "a-token-of-the-gateway"
		attackSlots(t, token, map[string]string{"GATEWAY_MAX_IN_FLIGHT": "3", "SUGER_CREDENTIAL": testKey, "GATEWAY_TOKENS": token})
	},
	"time for one request": attackBudget,
	"refused tokens": func(t *testing.T, g *target) {
		guess := func(n int) probe {
			return probe{method: "GET", path: "/scim/v2/Users", headers: []string{"Authorization", fmt.Sprintf("Bearer guess-%d", n)}}
		}
		g.stillServes() // a client with a good token at the same address
		for n := range 20 {
			status, _, text := g.send(guess(n))
			require.Equal(t, http.StatusUnauthorized, status, text)
		}
		g.refused(guess(7), 429, "too_many_failures")
		g.refused(probe{method: "GET", path: "/scim/v2/Users", headers: []string{"Authorization", ""}}, 429, "too_many_failures")
		g.suger.ResetCalls()
		began := time.Now()
		var done sync.WaitGroup
		for n := range 60 {
			done.Go(func() { g.send(guess(100 + n)) })
		}
		done.Wait()
		assert.LessOrEqual(t, g.suger.Count(""), 1+int(time.Since(began)/time.Second), "one guess a second reaches Suger")
		_, header, _ := g.send(guess(8))
		assert.Regexp(t, `^([1-9]|[1-5][0-9]|60)$`, header.Get("Retry-After"))
	},
	"client addresses": func(t *testing.T, g *target) {
		fenced := newTarget(t, map[string]string{"GATEWAY_ALLOWED_CLIENTS": "203.0.113.0/24"})
		fenced.refused(get("/scim/v2/Users"), 403, "client_refused")
		fenced.refused(probe{method: "GET", path: "/scim/v2/Users", headers: []string{"X-Forwarded-For", "203.0.113.7"}}, 403, "client_refused")
		fenced.refused(probe{method: "GET", path: "/scim/v2/Users", headers: []string{"Forwarded", "for=203.0.113.7"}}, 403, "client_refused")
	},
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// attackedElsewhere are the limits whose times are too long to wait for. The tests of
// the listeners attack them with shorter times.
var attackedElsewhere = map[string]string{"slow headers": "TestSlowHeaders", "slow bodies": "TestSlowBodies"}

// attackSlots fills all three slots of the token with requests that Suger does
// not answer.
func attackSlots(t *testing.T, token string, special map[string]string) {
	special["SUGER_TIMEOUT"], special["GATEWAY_BUDGET"] = "1m", "1m"
	special["GATEWAY_LIST_TTL"] = "5m" // so that the cached list answers reads until no slot is free
	g := newTarget(t, special)
	get := func(path string) probe {
		return probe{method: "GET", path: path, headers: []string{"Authorization", token}}
	}
	status, _, text := g.send(get("/scim/v2/Users?count=1")) // so that the gateway knows the token
	require.Equal(t, http.StatusOK, status, text)
	require.NoError(t, g.suger.SetFaults(sandbox.Fault{Kind: sandbox.Hang, Operation: "list users"}))
	for range 3 {
		connection := g.dial(t)
		fmt.Fprintf(connection, "DELETE /scim/v2/Users/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", token)
	}
	status, header, text := g.send(get("/scim/v2/Users"))
	for status == http.StatusOK { // from the cached list, until the three requests have all slots
		time.Sleep(time.Millisecond)
		status, header, text = g.send(get("/scim/v2/Users"))
	}
	assert.Equal(t, http.StatusTooManyRequests, status)
	assert.Equal(t, "5", header.Get("Retry-After"))
	assert.Contains(t, text, "[too_many_requests, ")
	g.suger.Close() // ends the hanging calls
	for {
		if status, _, _ := g.send(get("/scim/v2/Users?count=1")); status != http.StatusTooManyRequests {
			assert.Equal(t, http.StatusOK, status, "the slots are free again")
			return
		}
	}
}

// attackBudget lets Suger hang.
func attackBudget(t *testing.T, _ *target) {
	g := newTarget(t, map[string]string{"SUGER_TIMEOUT": "1s", "GATEWAY_BUDGET": "1s"})
	require.NoError(t, g.suger.SetFaults(sandbox.Fault{Kind: sandbox.Hang}))
	for agent, want := range map[string]int{"Okta SCIM Client 1.0.0": http.StatusTooManyRequests, "another": http.StatusServiceUnavailable} {
		status, header, text := g.send(probe{method: "GET", path: "/scim/v2/Users", headers: []string{"User-Agent", agent}})
		assert.Equal(t, want, status)
		assert.Contains(t, text, "[suger_unavailable, ")
		assert.NotEmpty(t, header.Get("Retry-After"))
	}
}

var limitRow = regexp.MustCompile(`(?m)^\| ([A-Za-z ]+?) \| .* \| .* \|$`)

// Every limit in docs/limits.md has an attack, and every attack has a limit there.
func TestLimits(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/limits.md")
	require.NoError(t, err)
	table, _, found := strings.Cut(string(text), "\n## ")
	require.True(t, found)
	var documented, tried []string
	for _, row := range limitRow.FindAllStringSubmatch(table, -1) {
		if row[1] != "limit" {
			documented = append(documented, row[1])
		}
	}
	for name := range attacks {
		tried = append(tried, name)
	}
	listeners, err := os.ReadFile("internal/cli/listeners_test.go")
	require.NoError(t, err)
	for name, test := range attackedElsewhere {
		tried = append(tried, name)
		require.Contains(t, string(listeners), "\nfunc "+test+"(t *testing.T)")
	}
	require.ElementsMatch(t, documented, tried)
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newTarget(t, nil)
			g.stillServes() // so that the gateway knows its token
			attack(t, g)
			g.stillServes()
		})
	}
}

// Idle connections do not use slots, however many there are.
func TestManyIdleConnections(t *testing.T) {
	t.Parallel()
	g := newTarget(t, map[string]string{"GATEWAY_MAX_IN_FLIGHT": "1"})
	for range 300 {
		g.dial(t)
	}
	g.stillServes()
}
