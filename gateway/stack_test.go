package gateway_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// key is the sandbox's API key, invented here.
const key = "sandbox-key-1"

// A stack is the gateway over the Suger sandbox, both on real HTTP.
type stack struct {
	t     *testing.T
	url   string
	http  http.Client // reaches the url
	suger *sandbox.Sandbox
	log   *lines

	service *mapping.Service
	handler http.Handler
}

// newStack starts a stack; change may alter the gateway's configuration.
func newStack(t *testing.T, change ...func(*gateway.Config)) *stack {
	t.Helper()
	suger := newSuger(t)
	upstream := httptest.NewServer(suger)
	t.Cleanup(upstream.Close)
	t.Cleanup(suger.Close)
	s := newStackOver(t, upstream.URL, change...)
	s.suger = suger
	return s
}

func newSuger(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	suger, err := sandbox.New(sandbox.Options{Contract: "status", Keys: []string{key}, ReadOnlyKeys: []string{"read-only-key"}})
	require.NoError(t, err)
	return suger
}

// newStackOver starts a gateway over the Suger at the URL.
func newStackOver(t *testing.T, sugerURL string, change ...func(*gateway.Config)) *stack {
	t.Helper()
	s := newHandler(t, sugerclient.Config{BaseURL: sugerURL}, change...)
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// newStackInMemory starts a gateway over Suger without sockets, as a bubble of
// testing/synctest needs it.
func newStackInMemory(t *testing.T, suger http.Handler, change ...func(*gateway.Config)) *stack {
	t.Helper()
	var network standin.Network
	transport := &http.Transport{DialContext: network.Dial}
	s := newHandler(t, sugerclient.Config{BaseURL: serveIn(t, &network, suger), Transport: transport}, change...)
	s.url, s.http.Transport = serveIn(t, &network, s.handler), transport
	return s
}

func serveIn(t *testing.T, network *standin.Network, handler http.Handler) string {
	server := httptest.Server{Listener: network.Listen(), Config: &http.Server{Handler: handler}}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// newHandler returns a gateway without a listener.
func newHandler(t *testing.T, toSuger sugerclient.Config, change ...func(*gateway.Config)) *stack {
	t.Helper()
	toSuger.Attempts = 1
	client, err := sugerclient.New(toSuger)
	require.NoError(t, err)
	log := &lines{}
	config := gateway.Config{
		Organization: sandbox.DefaultOrganization,
		Log:          slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&config)
	}
	service, err := mapping.New(statusDocument(t), client, mapping.Config{AllowAdminGrant: true, CreateRoles: true, Strict: config.Strict})
	require.NoError(t, err)
	handler := gateway.New(config, service)
	return &stack{t: t, log: log, service: service, handler: handler}
}

// lines are what was logged.
type lines struct{ standin.Log }

// last returns the last line with the message.
func (l *lines) last(t *testing.T, message string) map[string]any {
	t.Helper()
	var found map[string]any
	for line := range strings.Lines(l.String()) {
		var record map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		if record["msg"] == message {
			found = record
		}
	}
	require.NotNil(t, found, "no line %q in the log", message)
	return found
}

// An answer is the gateway's response.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any // nil unless it is a JSON object
}

// do sends a request with the sandbox's key; headers are names and values, and
// an empty value removes a header.
func (s *stack) do(method, path, body string, headers ...string) *answer {
	s.t.Helper()
	request := s.request(method, path, strings.NewReader(body), headers...)
	response, err := s.http.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	return readAnswer(s.t, response)
}

func (s *stack) request(method, path string, body io.Reader, headers ...string) *http.Request {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	require.NoError(s.t, err)
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			request.Header.Del(headers[i])
		} else {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	return request
}

func readAnswer(t *testing.T, response *http.Response) *answer {
	t.Helper()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	a := &answer{status: response.StatusCode, header: response.Header, text: string(text)}
	if json.Unmarshal(text, &a.body) != nil {
		a.body = nil
	}
	return a
}

// get reads, and requires success.
func (s *stack) get(path string, headers ...string) *answer {
	s.t.Helper()
	a := s.do(http.MethodGet, path, "", headers...)
	require.Equal(s.t, http.StatusOK, a.status, a.text)
	return a
}

// id returns the id of the sample user with the mailbox.
func (s *stack) id(mailbox string) string {
	s.t.Helper()
	found := s.get(`/scim/v2/Users?filter=userName+eq+%22` + mailbox + `@example.com%22`)
	require.Len(s.t, found.body["Resources"], 1, found.text)
	return found.resource(0)["id"].(string)
}

// group returns the id of the group with the name.
func (s *stack) group(name string) string {
	s.t.Helper()
	found := s.get(`/scim/v2/Groups?excludedAttributes=members&filter=displayName+eq+%22` + strings.ReplaceAll(name, " ", "%20") + `%22`)
	require.Len(s.t, found.body["Resources"], 1, found.text)
	return found.resource(0)["id"].(string)
}

// resource returns the i-th resource of a list.
func (a *answer) resource(i int) map[string]any {
	return a.body["Resources"].([]any)[i].(map[string]any)
}

// names returns the userNames, or displayNames, of a list.
func (a *answer) names() []string {
	names := []string{}
	for i := range a.body["Resources"].([]any) {
		name, ok := a.resource(i)["userName"].(string)
		if !ok {
			name, _ = a.resource(i)["displayName"].(string)
		}
		names = append(names, name)
	}
	return names
}

// assertError checks everything that every error has: RFC 7644 §3.12 and the
// code and request id at the end of the detail.
func assertError(t *testing.T, a *answer, status int, scimType string, code scim.Code) {
	t.Helper()
	assert.Equal(t, status, a.status, a.text)
	assert.Equal(t, []string{"application/scim+json"}, a.header.Values("Content-Type"))
	assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	assertErrorMessage(t, a.body, a.header.Get("X-Request-Id"), status, scimType, code)
}

func assertErrorMessage(t *testing.T, body map[string]any, requestID string, status int, scimType string, code scim.Code) {
	t.Helper()
	require.NotNil(t, body, "the error has no JSON body")
	detail, _ := body["detail"].(string)
	want := map[string]any{
		"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:Error"},
		"status":  strconv.Itoa(status),
		"detail":  detail,
	}
	if scimType != "" {
		want["scimType"] = string(scimType)
	}
	assert.Equal(t, want, body)
	assert.NotEmpty(t, requestID)
	suffix := " [" + string(code) + ", " + requestID + "]"
	assert.True(t, strings.HasSuffix(detail, suffix), "detail %q does not end in %q", detail, suffix)
	assert.Greater(t, len(detail), len(suffix)+10, "the detail says nothing")
}

// statusDocument returns the mapping of the contract with a status, on which
// people who lose access stay readable.
func statusDocument(t testing.TB) *spec.Document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "mapping", "variants", "status.yaml"))
	require.NoError(t, err)
	document, err := spec.Parse("status.yaml", text)
	require.NoError(t, err)
	return document
}
