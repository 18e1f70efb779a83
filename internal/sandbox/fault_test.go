package sandbox_test

import (
	"encoding/json"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

const newUser = `{"email":"new@example.com","role":"VIEWER"}`

// add adds newUser; it is the write on which faults are tried.
func (s *served) add(t *testing.T) (got, error) {
	t.Helper()
	return s.try(t, "POST", aUserList, newUser)
}

// applied says whether the write took effect.
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

func TestFaultsStrikeWhereTheyAreMeantTo(t *testing.T) {
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

func TestFaultsThatMakeNoSense(t *testing.T) {
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
