package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

const newUser = `{"email":"new@example.com","role":"VIEWER"}`

// add adds newUser; it is the write on which faults are tried.
func (s *served) add(t *testing.T) (got, error) {
	t.Helper()
	return s.try(t, "POST", aUserList, newUser)
}

// applied reports whether the write took effect.
func (s *served) applied() bool {
	_, ok := s.UserByEmail("new@example.com")
	return ok
}

func TestStatusFaults(t *testing.T) {
	const page = "text/html; charset=utf-8"
	tests := []struct {
		name              string
		fault             sandbox.Fault
		status            int
		media, retryAfter string
		applied           bool
	}{
		{"429 without Retry-After", sandbox.Fault{Kind: sandbox.Status(429)}, 429, "application/json", "", false},
		{"429 with seconds", sandbox.Fault{Kind: sandbox.Status(429), Retry: sandbox.RetrySeconds, RetryAfter: 1500 * time.Millisecond}, 429, "application/json", "2", false},
		{"429 at once", sandbox.Fault{Kind: sandbox.Status(429), Retry: sandbox.RetrySeconds}, 429, "application/json", "0", false},
		{"429 with a date", sandbox.Fault{Kind: sandbox.Status(429), Retry: sandbox.RetryDate, RetryAfter: 90 * time.Second}, 429, "application/json", "Mon, 04 May 2026 12:01:30 GMT", false},
		{"500", sandbox.Fault{Kind: sandbox.Status(500)}, 500, "application/json", "", false},
		{"500 after the write", sandbox.Fault{Kind: sandbox.Status(500), After: true}, 500, "application/json", "", true},
		{"502 from a proxy", sandbox.Fault{Kind: sandbox.Status(502)}, 502, page, "", false},
		{"503 from a proxy", sandbox.Fault{Kind: sandbox.Status(503), Retry: sandbox.RetrySeconds, RetryAfter: time.Second}, 503, page, "1", false},
		{"504 after the write", sandbox.Fault{Kind: sandbox.Status(504), After: true}, 504, page, "", true},
		{"401", sandbox.Fault{Kind: sandbox.Status(401)}, 401, "application/json", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, nil)
			s.fault(t, test.fault)
			answer, err := s.add(t)
			require.NoError(t, err)
			assert.Equal(t, test.status, answer.status)
			assert.Equal(t, test.media, answer.header.Get("Content-Type"))
			assert.Equal(t, test.retryAfter, answer.header.Get("Retry-After"))
			assert.Equal(t, test.applied, s.applied())
			if test.media == "application/json" {
				var text string
				assert.NoError(t, json.Unmarshal([]byte(answer.body), &text), "a bare JSON string")
			}
			assert.Equal(t, test.status, s.Calls()[0].Status)
		})
	}
}

func TestBrokenConnections(t *testing.T) {
	tests := []struct {
		name    string
		fault   sandbox.Fault
		err     error
		applied bool
	}{
		{"reset before the write", sandbox.Fault{Kind: sandbox.Reset}, syscall.ECONNRESET, false},
		{"reset after the write", sandbox.Fault{Kind: sandbox.Reset, After: true}, syscall.ECONNRESET, true},
		{"cut in the answer", sandbox.Fault{Kind: sandbox.Cut}, io.ErrUnexpectedEOF, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, nil)
			s.fault(t, test.fault)
			_, err := s.add(t)
			assert.ErrorIs(t, err, test.err)
			assert.Equal(t, test.applied, s.applied())
			assert.Equal(t, 1, s.Count("add user"))
		})
	}
}

func TestResetOverTLS(t *testing.T) {
	s := serve(t, nil)
	s.fault(t, sandbox.Fault{Kind: sandbox.Reset})
	for _, http2 := range []bool{false, true} {
		server := newTLSServer(t, s.Sandbox, http2)
		response, err := server.Client().Get(server.URL + aUserList)
		if !assert.Error(t, err) {
			_ = response.Body.Close()
		}
	}
}

func TestFaultsApplyToTheirOperation(t *testing.T) {
	s := serve(t, nil)
	s.fault(t,
		sandbox.Fault{Kind: sandbox.Status(500), Operation: "get user", Times: 2},
		sandbox.Fault{Kind: sandbox.Status(503), Operation: "get user", Times: 1},
	)
	path := aUserList + "/" + s.id(t, "viewer@example.com")
	assert.Equal(t, 200, s.call(t, "GET", aUserList, "").status, "another operation")
	for _, want := range []int{500, 500, 503, 200} {
		assert.Equal(t, want, s.call(t, "GET", path, "").status, "the first that strikes is the one")
	}
	s.fault(t, sandbox.Fault{Kind: sandbox.Status(500), Operation: "get token"})
	assert.Equal(t, 500, s.call(t, "POST", "/oauth2/token", "").status)
	s.ClearFaults()
	assert.Empty(t, s.Faults())
	assert.Equal(t, 400, s.call(t, "POST", "/oauth2/token", "").status)
}

func TestProbabilityIsSeeded(t *testing.T) {
	run := func(seed int64) (struck []int) {
		s := serve(t, func(o *sandbox.Options) { o.Seed = seed })
		s.fault(t, sandbox.Fault{Kind: sandbox.Status(500), Probability: 0.5})
		for i := range 100 {
			if s.call(t, "GET", "/org/orgTest01/role", "").status == 500 {
				struck = append(struck, i)
			}
		}
		return struck
	}
	first := run(1)
	assert.Equal(t, first, run(1), "the same seed, the same luck")
	assert.NotEqual(t, first, run(2))
	assert.InDelta(t, 50, len(first), 20)
}

func TestLatencyDelaysAndDoesNotReplace(t *testing.T) {
	s := serve(t, nil)
	s.fault(t,
		sandbox.Fault{Kind: sandbox.Latency, Delay: time.Millisecond},
		sandbox.Fault{Kind: sandbox.Latency, Delay: time.Millisecond, After: true},
		sandbox.Fault{Kind: sandbox.Status(503)},
	)
	assert.Equal(t, 503, s.call(t, "GET", aUserList, "").status)
}

func TestInvalidFaults(t *testing.T) {
	s := serve(t, nil)
	s.fault(t, sandbox.Fault{Kind: sandbox.Empty})
	for name, fault := range map[string]sandbox.Fault{
		"no kind":                   {},
		"unknown kind":              {Kind: "flood"},
		"not an error status":       {Kind: sandbox.Status(200)},
		"not a status":              {Kind: "+429"},
		"unknown operation":         {Kind: sandbox.Empty, Operation: "update users"},
		"probability above 1":       {Kind: sandbox.Empty, Probability: 2},
		"negative times":            {Kind: sandbox.Empty, Times: -1},
		"latency of nothing":        {Kind: sandbox.Latency},
		"negative latency":          {Kind: sandbox.Latency, Delay: -1},
		"skew of nothing":           {Kind: sandbox.ClockSkew},
		"delay of an empty body":    {Kind: sandbox.Empty, Delay: 1},
		"unknown Retry-After":       {Kind: sandbox.Status(429), Retry: "soon"},
		"Retry-After without form":  {Kind: sandbox.Status(429), RetryAfter: 1},
		"Retry-After of a reset":    {Kind: sandbox.Reset, Retry: sandbox.RetryDate},
		"after an empty body":       {Kind: sandbox.Empty, After: true},
		"shift of something else":   {Kind: sandbox.Empty, Shift: 1},
		"literal of something else": {Kind: sandbox.Empty, Body: "x"},
	} {
		assert.Error(t, s.SetFaults(fault), name)
	}
	assert.Equal(t, []sandbox.Fault{{Kind: sandbox.Empty}}, s.Faults(), "a refused fault changes nothing")
}

func newTLSServer(t *testing.T, handler http.Handler, http2 bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// A hanging is a sandbox whose calls hang or are delayed by an hour, and whose
// server reports when it has dropped a call.
type hanging struct {
	*served
	url  string
	left chan struct{}
}

func hang(t *testing.T, fault sandbox.Fault) *hanging {
	t.Helper()
	s := serve(t, nil)
	s.fault(t, fault)
	left := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { left <- struct{}{} }()
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.server = server
	return &hanging{served: s, url: server.URL, left: left}
}

// call adds newUser in the background, and sends the client's error.
func (h *hanging) call(ctx context.Context, t *testing.T) <-chan error {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, "POST", h.url+aUserList, strings.NewReader(newUser))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Key "+testKey)
	request.Header.Set("Content-Type", "application/json")
	ended := make(chan error, 1)
	go func() {
		response, err := h.server.Client().Do(request)
		if err == nil {
			_ = response.Body.Close()
			err = errors.New("it was answered")
		}
		ended <- err
	}()
	return ended
}

// arrive waits until the call is being served.
func (h *hanging) arrive(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return h.Count("add user") == 1 }, time.Minute, time.Millisecond)
}

var endless = map[string]sandbox.Fault{
	"hang":            {Kind: sandbox.Hang},
	"hang after":      {Kind: sandbox.Hang, After: true},
	"a long delay":    {Kind: sandbox.Latency, Delay: time.Hour},
	"a delay at last": {Kind: sandbox.Latency, Delay: time.Hour, After: true},
}

func TestHangEndsWhenTheClientGoes(t *testing.T) {
	for name, fault := range endless {
		t.Run(name, func(t *testing.T) {
			h := hang(t, fault)
			ctx, cancel := context.WithCancel(t.Context())
			ended := h.call(ctx, t)
			h.arrive(t)
			if fault.After {
				require.Eventually(t, h.applied, time.Minute, time.Millisecond, "after the effect")
			}
			cancel()
			assert.ErrorIs(t, <-ended, context.Canceled)
			<-h.left
			assert.Equal(t, fault.After, h.applied())
			assert.Equal(t, 0, h.Calls()[0].Status)
		})
	}
}

func TestHangEndsWhenTheServerCloses(t *testing.T) {
	for name, fault := range endless {
		for closing, end := range map[string]func(*hanging){
			"the sandbox is closed":      func(h *hanging) { h.Close(); h.Close() },
			"the connections are closed": func(h *hanging) { h.server.CloseClientConnections() },
		} {
			t.Run(name+", "+closing, func(t *testing.T) {
				h := hang(t, fault)
				ended := h.call(t.Context(), t)
				h.arrive(t)
				end(h)
				assert.Error(t, <-ended)
				<-h.left
			})
		}
	}
}

func TestHangAfterCloseEndsAtOnce(t *testing.T) {
	h := hang(t, sandbox.Fault{Kind: sandbox.Hang})
	h.Close()
	assert.Error(t, <-h.call(t.Context(), t))
	<-h.left
}

func TestSpoiledAnswers(t *testing.T) {
	tests := []struct {
		name   string
		fault  sandbox.Fault
		method string
		path   string
		body   string
		status int
		want   string
	}{
		{"truncated list", sandbox.Fault{Kind: sandbox.Truncated}, "GET", aUserList + "?offset=8", "", 200, `[`},
		{"truncated empty string", sandbox.Fault{Kind: sandbox.Truncated}, "DELETE", aUserList + "/{viewer}", "", 200, `"`},
		{"truncated error", sandbox.Fault{Kind: sandbox.Truncated}, "GET", aUserList + "/nobody", "", 404, `"user no`},
		{"web page", sandbox.Fault{Kind: sandbox.HTML}, "GET", aUserList, "", 200, "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>\n"},
		{"empty body", sandbox.Fault{Kind: sandbox.Empty}, "GET", aUserList, "", 200, ``},
		{"an object for a list", sandbox.Fault{Kind: sandbox.WrongShape}, "GET", aUserList, "", 200, `{"result":"ok"}`},
		{"a list for an object", sandbox.Fault{Kind: sandbox.WrongShape}, "GET", aUserList + "/{viewer}", "", 200, `["ok"]`},
		{"a literal", sandbox.Fault{Kind: sandbox.Literal, Body: "null"}, "GET", aUserList, "", 200, `null`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, nil)
			s.fault(t, test.fault)
			path := s.fill(t, test.path)
			answer := s.call(t, test.method, path, test.body)
			assert.Equal(t, test.status, answer.status)
			assert.Equal(t, test.want, answer.body)
		})
	}
}

func TestSpoiledAnswersWithoutBody(t *testing.T) {
	for kind, want := range map[sandbox.FaultKind]got{
		sandbox.Truncated:  {status: 200, body: "{"},
		sandbox.WrongShape: {status: 200, body: `{"result":"ok"}`},
		sandbox.Empty:      {status: 204},
		sandbox.HTML:       {status: 200, body: "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>\n"},
	} {
		s := serveContract(t, "removal")
		s.fault(t, sandbox.Fault{Kind: kind})
		answer := s.call(t, "DELETE", removalUsers+"/"+s.id(t, "viewer@example.com"), "")
		assert.Equal(t, want, got{status: answer.status, body: answer.body}, kind)
		_, ok := s.UserByEmail("viewer@example.com")
		assert.False(t, ok, "%s comes after the effect", kind)
	}
	s := serveContract(t, "removal")
	s.fault(t, sandbox.Fault{Kind: sandbox.Cut})
	answer, err := s.try(t, "DELETE", removalUsers+"/"+s.id(t, "viewer@example.com"), "")
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, "{", answer.body)
}

func TestUnappliedWrites(t *testing.T) {
	tests := []struct {
		name, contract, method, path, body string
		want                               got
		says                               string // in the answer
	}{
		{"add", "status", "POST", aUserList, newUser, got{status: 200}, `"email":"new@example.com"`},
		{"update", "status", "PATCH", aUserList + "/{viewer}", `{"status":"INACTIVE"}`, got{status: 200}, `"status":"INACTIVE"`},
		{"remove", "status", "DELETE", aUserList + "/{viewer}", "", got{status: 200}, `""`},
		{"add role", "status", "POST", "/org/orgTest01/role", `{"name":"Legal"}`, got{status: 200}, `"name":"Legal"`},
		{"update role", "status", "PATCH", "/org/orgTest01/role/{Finance}", `{"name":"Legal"}`, got{status: 200}, `"name":"Legal"`},
		{"set role", "removal", "PUT", removalUsers + "/{viewer}/role", `{"roleName":"ADMIN"}`, got{status: 204}, ""},
		{"replace", "envelope", "PUT", "/v2/organizations/orgTest01/members/{viewer}",
			`{"contact":{"emails":["viewer@example.com"]},"role":{"id":"ADMIN"},"enabled":false}`, got{status: 200}, `"enabled":false`},
		{"deactivate", "multirole", "POST", multiroleUsers + "/{viewer}/deactivate", "", got{status: 200}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serveContract(t, test.contract)
			s.fault(t, sandbox.Fault{Kind: sandbox.NotApplied})
			users, roles := s.Users(), s.Roles()
			answer := s.call(t, test.method, s.fill(t, test.path), s.fill(t, test.body))
			assert.Equal(t, test.want.status, answer.status)
			assert.Contains(t, answer.body, test.says)
			assert.Equal(t, users, s.Users())
			assert.Equal(t, roles, s.Roles())
			s.ClearFaults()
			assert.Less(t, s.call(t, test.method, s.fill(t, test.path), s.fill(t, test.body)).status, 300)
			assert.False(t, assert.ObjectsAreEqual(users, s.Users()) && assert.ObjectsAreEqual(roles, s.Roles()), "applied without the fault")
		})
	}
}

func TestShiftingList(t *testing.T) {
	all := []string{
		"admin@example.com", "editor@example.com", "viewer@example.com", "finance@example.com", "deals@example.com",
		"Mixed.Case@example.com", "invited@example.com", "former@example.com",
	}
	s := serve(t, nil)
	list := func(query string) []string { return emails(t, s.call(t, "GET", aUserList+query, "").body) }

	s.fault(t, sandbox.Fault{Kind: sandbox.ShiftingList, Times: 1})
	assert.Equal(t, all[0:3], list("?limit=3"), "the first page stands, and does not use the fault up")
	assert.Equal(t, all[4:7], list("?limit=3&offset=3"), "one row is lost")
	assert.Equal(t, all[3:6], list("?limit=3&offset=3"))

	s.fault(t, sandbox.Fault{Kind: sandbox.ShiftingList, Shift: -2})
	assert.Equal(t, all[1:4], list("?limit=3&offset=3"), "two rows are repeated")
	assert.Equal(t, all[0:3], list("?limit=3&offset=1"), "no further than to the beginning")

	envelope := serveContract(t, "envelope")
	envelope.fault(t, sandbox.Fault{Kind: sandbox.ShiftingList, Shift: 1})
	second := envelope.call(t, "GET", "/v2/organizations/orgTest01/members?pageSize=3&page=2", "").body
	assert.Contains(t, second, `"nextOffset":6,"totalCount":7`, "the total moves too")
	assert.NotContains(t, second, "finance@example.com")

	removal := serveContract(t, "removal")
	removal.fault(t, sandbox.Fault{Kind: sandbox.ShiftingList, Shift: -1})
	assert.Equal(t, []string{all[0], all[1], all[2], all[2], all[3], all[4], all[4], all[5], all[6], all[6], all[7]}, walkRemoval(t, removal, func() {}))
}

func TestClockSkew(t *testing.T) {
	s := serve(t, nil)
	path := aUserList + "/" + s.id(t, "viewer@example.com")
	assert.Equal(t, "Mon, 04 May 2026 12:00:00 GMT", s.call(t, "GET", path, "").header.Get("Date"))
	s.fault(t, sandbox.Fault{Kind: sandbox.ClockSkew, Delay: -48 * time.Hour})
	answer := s.call(t, "GET", path, "")
	assert.Equal(t, "Sat, 02 May 2026 12:00:00 GMT", answer.header.Get("Date"))
	assert.JSONEq(t, s.fill(t, `{"id":"{viewer}","organizationID":"orgTest01","email":"viewer@example.com","firstName":"Cedar","lastName":"Compass",
		"role":"VIEWER","status":"ACTIVE","creationTime":"2024-03-02T09:03:00.000Z","lastUpdateTime":"2024-03-02T09:03:00.000Z"}`), answer.body)
}

func TestWrongOrganization(t *testing.T) {
	for _, d := range dialects {
		s := serveContract(t, d.contract)
		s.fault(t, sandbox.Fault{Kind: sandbox.WrongOrganization})
		answer := s.call(t, "GET", d.users, "")
		assert.Contains(t, answer.body, `"orgTest01X"`, d.contract)
		assert.NotContains(t, answer.body, `"orgTest01"`, d.contract)
		assert.Contains(t, answer.body, s.id(t, "viewer@example.com"), d.contract)
	}
}
