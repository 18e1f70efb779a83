package sugerclient

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/standin"
)

// The credentials, ids and names in these tests are made up.
const testKey Credential = "suger-key-1234567890"

var listUsers = Call{
	Operation:  "list users",
	Method:     http.MethodGet,
	Path:       "/org/{organization}/user",
	PathParams: map[string]string{"organization": "org1"},
}

var addUser = Call{
	Operation:  "add user",
	Method:     http.MethodPost,
	Path:       "/org/{organization}/user",
	PathParams: map[string]string{"organization": "org1"},
	Body:       map[string]any{"email": "ada@example.com"},
}

var removeUser = Call{
	Operation:  "remove user",
	Method:     http.MethodDelete,
	Path:       "/org/{organization}/user/{user}",
	PathParams: map[string]string{"organization": "org1", "user": "u1"},
	Repeatable: true,
}

// A seen is a request as a server got it.
type seen struct {
	method, uri, body string
	header            http.Header
}

// A script is a server that gives its answers in turn, the last one for ever.
type script struct {
	*httptest.Server
	mu      sync.Mutex
	answers []http.HandlerFunc
	got     []seen
}

func serve(t testing.TB, answers ...http.HandlerFunc) *script {
	t.Helper()
	require.NotEmpty(t, answers)
	s := &script{answers: answers}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// serveInMemory serves a script without sockets, for a bubble of testing/synctest,
// and returns what a client's configuration needs for it.
func serveInMemory(t testing.TB, answers ...http.HandlerFunc) (*script, func(*Config)) {
	t.Helper()
	var network standin.Network
	s := &script{answers: answers}
	s.Server = &httptest.Server{Listener: network.Listen(), Config: &http.Server{Handler: s}}
	s.Start()
	t.Cleanup(s.Close)
	return s, func(cfg *Config) { cfg.Transport = &http.Transport{DialContext: network.Dial} }
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	answer := s.answers[min(len(s.got), len(s.answers)-1)]
	s.got = append(s.got, seen{r.Method, r.RequestURI, string(body), r.Header.Clone()})
	s.mu.Unlock()
	answer(w, r)
}

func (s *script) requests() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]seen(nil), s.got...)
}

func (s *script) uris() []string {
	uris := []string{}
	for _, r := range s.requests() {
		uris = append(uris, r.uri)
	}
	return uris
}

// say answers with status, body, and headers as "name", "value" pairs.
func say(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// raw writes bytes to the connection and closes it.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, text)
			_ = conn.Close()
		}
	}
}

// reset breaks the connection as a crashed peer does.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

// hang answers nothing until the caller hangs up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// A clock only moves when somebody sleeps.
type clock struct {
	*standin.Clock
	mu    sync.Mutex
	slept []time.Duration
}

func newClock() *clock { return &clock{Clock: standin.NewClock(time.Now())} }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.Advance(d)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept = append(c.slept, d)
	return ctx.Err()
}

func (c *clock) sleeps() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.slept...)
}

// newClient returns a client of base whose clock is fake.
func newClient(t testing.TB, base string, change ...func(*Config)) (*Client, *clock) {
	t.Helper()
	clock := newClock()
	cfg := Config{BaseURL: base, Now: clock.Now, Sleep: clock.Sleep}
	for _, c := range change {
		c(&cfg)
	}
	client, err := New(cfg)
	require.NoError(t, err)
	return client, clock
}

// failure asserts that err is an *Error and returns it.
func failure(t testing.TB, err error) *Error {
	t.Helper()
	var fail *Error
	require.ErrorAs(t, err, &fail)
	return fail
}
