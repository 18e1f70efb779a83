package cli

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

var discard = slog.New(slog.DiscardHandler)

// A target is a gateway on loopback that holds no credential, so that a stranger
// gets as far as one can.
type target struct {
	t     *testing.T
	addr  string
	suger *sandbox.Sandbox

	operations http.Handler
}

// newTarget starts one. change may shorten the times of its server.
func newTarget(t *testing.T, settings map[string]string, change ...func(*http.Server)) *target {
	t.Helper()
	suger, err := sandbox.New(sandbox.Options{Keys: []string{testKey}})
	require.NoError(t, err)
	upstream, err := listen(t.Context(), "sandbox", "127.0.0.1:0", suger, time.Minute, discard)
	require.NoError(t, err)
	values := map[string]string{
		"SUGER_API_URL": "http://" + upstream.addr(), "SUGER_ORG_ID": sandbox.DefaultOrganization, "GATEWAY_OPS_ADDR": "127.0.0.1:0",
	}
	for name, value := range settings {
		values[name] = value
	}
	setEnvironment(t, values)
	config, err := loadConfig(io.Discard)
	require.NoError(t, err)
	handlers, err := config.assemble(t.Context().Done())
	require.NoError(t, err)
	scim, err := listen(t.Context(), "gateway", "127.0.0.1:0", handlers.scim, config.Budget, discard)
	require.NoError(t, err)
	config.boundConnections(scim)
	for _, c := range change {
		c(scim.server)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serveUntilDone(ctx, discard, scim, upstream) }()
	t.Cleanup(func() {
		suger.Close()
		scim.server.Close()
		stop()
		<-ended
	})
	return &target{t, scim.addr(), suger, handlers.operations}
}

// A shot is a request of an attacker.
type shot struct {
	method, path, body string
	headers            []string // names and values; an empty value takes one away
	chunked            bool     // without a length
}

func (g *target) send(s shot) (*http.Response, string) {
	g.t.Helper()
	var body io.Reader = strings.NewReader(s.body)
	if s.chunked {
		body = io.MultiReader(body) // of which nothing knows the length
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
	text, _ := io.ReadAll(response.Body) // a connection that is closed on a sender ends it early
	return response, string(text)
}

// stillServes makes sure that an attack has not hurt others.
func (g *target) stillServes() {
	g.t.Helper()
	response, text := g.send(shot{method: "GET", path: "/scim/v2/Users?count=1"})
	assert.Equal(g.t, http.StatusOK, response.StatusCode, text)
}

// refused makes sure that a shot gets an error and does not reach Suger.
func (g *target) refused(s shot, status int, code string) {
	g.t.Helper()
	g.suger.ResetCalls()
	response, text := g.send(s)
	assert.Equal(g.t, status, response.StatusCode, text)
	assert.Contains(g.t, text, "["+code+", ")
	assert.Zero(g.t, g.suger.Count(""), "Suger was asked")
}

func (g *target) dial(t *testing.T) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", g.addr)
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}
