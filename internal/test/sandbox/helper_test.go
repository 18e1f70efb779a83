package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

const (
	testOrg = "orgTest01"
	testKey = "test-key-1"
)

// noon is the clock of every sandbox under test; each write ticks by 1 ms.
var noon = time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)

// A served sandbox and a client that signs in.
type served struct {
	*sandbox.Sandbox
	server *httptest.Server
}

// serve starts a sandbox on the loopback interface, with the fixed people only.
// It serves the status contract unless told otherwise: its lists have pages and
// its people states, so most faults and rules can be seen in it.
func serve(t *testing.T, change func(*sandbox.Options)) *served {
	t.Helper()
	options := sandbox.Options{
		Contract: "status", Organization: testOrg, Keys: []string{testKey}, People: -1,
		Clock: func() time.Time { return noon },
	}
	if change != nil {
		change(&options)
	}
	fake, err := sandbox.New(options)
	require.NoError(t, err)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	t.Cleanup(fake.Close) // before the server, which waits for hangs
	return &served{Sandbox: fake, server: server}
}

// contract starts a sandbox that serves this contract.
func serveContract(t *testing.T, name string) *served {
	t.Helper()
	return serve(t, func(o *sandbox.Options) { o.Contract = name })
}

// got is an answer, read whole.
type got struct {
	status int
	header http.Header
	body   string
}

// try makes a call with the key; the error is that of the transport or of
// reading the body.
func (s *served) try(t *testing.T, method, path, body string, headers ...string) (got, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Key "+testKey)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.server.Client().Do(request)
	if err != nil {
		return got{}, err
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	return got{status: response.StatusCode, header: response.Header, body: string(read)}, err
}

// call is try where the transport must work.
func (s *served) call(t *testing.T, method, path, body string, headers ...string) got {
	t.Helper()
	answer, err := s.try(t, method, path, body, headers...)
	require.NoError(t, err)
	return answer
}

// id returns the id of the user with this e-mail.
func (s *served) id(t *testing.T, email string) string {
	t.Helper()
	user, ok := s.UserByEmail(email)
	require.True(t, ok, "no user %s", email)
	return user.ID
}

// role returns the id of the role with this name.
func (s *served) role(t *testing.T, name string) string {
	t.Helper()
	for _, role := range s.Roles() {
		if role.Name == name {
			return role.ID
		}
	}
	require.Fail(t, "no role "+name)
	return ""
}

// fault switches these faults on.
func (s *served) fault(t *testing.T, faults ...sandbox.Fault) {
	t.Helper()
	require.NoError(t, s.SetFaults(faults...))
}

// errorMessage returns an error in the envelope contract.
func errorMessage(text string) string {
	quoted, _ := json.Marshal(text)
	return `{"error":{"message":` + string(quoted) + `}}`
}
