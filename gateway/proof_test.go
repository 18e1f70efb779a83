package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
)

// An untouched body fails the test if it is read.
type untouched struct{ t *testing.T }

func (b untouched) Read([]byte) (int, error) {
	b.t.Error("the body was read")
	return 0, io.EOF
}

func (b untouched) Close() error { return nil }

// serve gives the handler a request with a body that it can be seen to read.
func (s *stack) serve(method, path string, body io.Reader, headers ...string) *answer {
	request := s.request(method, path, body, headers...)
	request.ContentLength = 1000
	request.RemoteAddr = "192.0.2.1:1000"
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, request)
	return readAnswer(s.t, recorder.Result())
}

// No body is read before its token has been accepted.
func TestTokenIsVerifiedBeforeTheBodyIsRead(t *testing.T) {
	const elsewhere = "/org/another/scim/v2"
	tests := []struct {
		name, path, token string
		status            int
		code              scim.Code
	}{
		{"made up", "/scim/v2", "made-up", 401, scim.CodeTokenRefused},
		{"good for another organization", elsewhere, key, 403, scim.CodeOrgUnknown},
	}
	for _, test := range tests {
		for _, endpoint := range []string{"POST /Users", "PUT /Users/1", "PATCH /Groups/VIEWER", "POST /Users/.search", "POST /.search", "POST /Bulk"} {
			t.Run(test.name+": "+endpoint, func(t *testing.T) {
				s := newStack(t)
				s.id("viewer") // the key is good here
				s.suger.ResetCalls()
				method, path, _ := strings.Cut(endpoint, " ")
				for range 3 {
					a := s.serve(method, test.path+path, untouched{t}, "Authorization", "Bearer "+test.token)
					assertError(t, a, test.status, "", test.code)
					assert.Equal(t, "close", a.header.Get("Connection"))
				}
				assert.Equal(t, 1, s.suger.Count(""), "the answer is remembered")
			})
		}
	}
}

func TestGoodTokenIsVerifiedOnce(t *testing.T) {
	s := newStack(t)
	search := func() int {
		s.suger.ResetCalls()
		assert.Equal(t, http.StatusOK, s.do(http.MethodPost, "/scim/v2/Users/.search", `{"count":1}`).status)
		return s.suger.Count("list users")
	}
	first := search()
	again := search()
	assert.Less(t, again, first, "the proof, what the search takes, and what it learns of the list")
	assert.Equal(t, again, search())
}

// If Suger cannot verify a token, it is asked again.
func TestFailedVerificationIsRepeated(t *testing.T) {
	s := newStack(t)
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.Status(503), Times: 1}))
	a := s.do(http.MethodPost, "/scim/v2/Users/.search", `{"count":1}`)
	assertError(t, a, http.StatusServiceUnavailable, "", scim.CodeSugerUnavailable)
	assert.Equal(t, http.StatusOK, s.do(http.MethodPost, "/scim/v2/Users/.search", `{"count":1}`).status)
}

// slowSuger answers 401 to all calls, but only once all guesses are in
// progress.
func slowSuger() (suger http.Handler, asked *atomic.Int64, release func()) {
	asked, released := new(atomic.Int64), make(chan struct{})
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-released
		w.WriteHeader(http.StatusUnauthorized)
	}), asked, sync.OnceFunc(func() { close(released) })
}

// Guesses in progress count: many at once do not all pass before the first has
// failed.
func TestManyGuessesAtOnce(t *testing.T) { synctest.Test(t, testManyGuessesAtOnce) }

func testManyGuessesAtOnce(t *testing.T) {
	const limit, guesses = 20, 90
	suger, asked, release := slowSuger()
	now := standin.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newStackInMemory(t, suger, guessLimit(limit, now), func(c *gateway.Config) { c.MaxInFlight = 4 * guesses })
	var done sync.WaitGroup
	var refused atomic.Int64
	for n := range guesses {
		done.Go(func() {
			a := s.do(http.MethodPost, "/scim/v2/Users/.search", "{}", "Authorization", fmt.Sprintf("Bearer guess-%d", n))
			if a.status == http.StatusTooManyRequests {
				refused.Add(1)
			}
		})
	}
	synctest.Wait()
	assert.EqualValues(t, guesses-limit-5, refused.Load())
	release()
	done.Wait()
	assert.EqualValues(t, limit+5, asked.Load(), "the limit, and one a second for as long as they wait")
}

// Simultaneous requests with one token are one guess and one call.
func TestOneGuessManyTimesAtOnce(t *testing.T) { synctest.Test(t, testOneGuessManyTimesAtOnce) }

func testOneGuessManyTimesAtOnce(t *testing.T) {
	const times = 50
	suger, asked, release := slowSuger()
	now := standin.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s := newStackInMemory(t, suger, guessLimit(2, now), func(c *gateway.Config) { c.MaxInFlight = 4 * times })
	var done sync.WaitGroup
	for range times {
		done.Go(func() {
			a := s.do(http.MethodPost, "/scim/v2/Users/.search", "{}", "Authorization", "Bearer guess")
			assert.Equal(t, http.StatusUnauthorized, a.status)
		})
	}
	synctest.Wait()
	assert.EqualValues(t, 1, asked.Load())
	release()
	done.Wait()
	assert.EqualValues(t, 1, asked.Load())
	assert.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", "Bearer other").status,
		"the address has one more")
}

// A valid key from an address with too many wrong ones is accepted.
func TestGoodTokenFromABadAddress(t *testing.T) {
	synctest.Test(t, testGoodTokenFromABadAddress) // it waits for its turn
}

func testGoodTokenFromABadAddress(t *testing.T) {
	s := newStackInMemory(t, newSuger(t), func(c *gateway.Config) { c.AuthFailures.Failures, c.AuthFailures.Window = 3, time.Minute })
	for n := range 4 {
		s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", fmt.Sprintf("Bearer guess-%d", n))
	}
	for n := range 3 { // repeating the same wrong token costs nothing
		a := s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", fmt.Sprintf("Bearer guess-%d", n))
		assertError(t, a, http.StatusTooManyRequests, "", scim.CodeTooManyFailures)
	}
	assert.Equal(t, http.StatusOK, s.do(http.MethodGet, "/scim/v2/Users", "").status)
}

// Each address and each credential has a share of the requests in flight.
func TestSharesOfRequestsInFlight(t *testing.T) {
	url, called, release := blockingSuger(t)
	s := newStackOver(t, url, func(c *gateway.Config) { c.MaxInFlight = 8 }, behindLoopback)
	from := func(address, token string) *answer {
		return s.do(http.MethodGet, "/scim/v2/Users?filter=userName+eq+%22a%22", "", "X-Forwarded-For", address, "Authorization", "Bearer "+token)
	}
	var done sync.WaitGroup
	for n := range 2 {
		done.Go(func() { from("192.0.2.1", fmt.Sprintf("made-up-%d", n)) })
		<-called
	}
	a := from("192.0.2.1", "another")
	assertError(t, a, http.StatusTooManyRequests, "", scim.CodeTooManyRequests)
	done.Go(func() { from("192.0.2.2", "good") })
	<-called // another address has places
	release()
	done.Wait()
}

// One credential has at most its share of the requests in flight.
func TestRequestsInFlightOfOneCredential(t *testing.T) {
	s := newStack(t, func(c *gateway.Config) { c.MaxInFlight = 4 })
	s.id("viewer") // proves the token
	s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", "Bearer read-only-key")
	body := slowBody{reading: make(chan struct{}), end: make(chan struct{})}
	var done sync.WaitGroup
	t.Cleanup(func() { close(body.end); done.Wait() })
	for range 2 {
		request := s.request(http.MethodPost, "/scim/v2/Users", body)
		done.Go(func() { s.handler.ServeHTTP(httptest.NewRecorder(), request) })
		<-body.reading
	}
	assertError(t, s.do(http.MethodGet, "/scim/v2/Users", ""), http.StatusTooManyRequests, "", scim.CodeTooManyRequests)
	a := s.do(http.MethodGet, "/scim/v2/Users", "", "Authorization", "Bearer read-only-key")
	assert.Equal(t, http.StatusOK, a.status, a.text)
}

// The client may send its next requests as soon as it has the answer to its first.
func TestTokenIsGoodWhenItsAnswerIsSent(t *testing.T) {
	s := newStack(t, func(c *gateway.Config) { c.MaxInFlight = 4 }) // of which one slot is for an unknown token
	get := func() *http.Request { return s.request(http.MethodGet, "/scim/v2/Users?count=1", http.NoBody) }
	next := httptest.NewRecorder()
	first := &answered{httptest.NewRecorder(), func() { s.handler.ServeHTTP(next, get()) }}
	s.handler.ServeHTTP(first, get())
	assert.Equal(t, http.StatusOK, first.Code)
	assert.Equal(t, http.StatusOK, next.Code, next.Body.String())
}

// An answered does something when it has the header of an answer.
type answered struct {
	*httptest.ResponseRecorder
	then func()
}

func (a *answered) WriteHeader(status int) {
	a.ResponseRecorder.WriteHeader(status)
	a.then()
}

// A slowBody is the body of a client that sends no more of it.
type slowBody struct{ reading, end chan struct{} }

func (b slowBody) Read([]byte) (int, error) {
	b.reading <- struct{}{}
	<-b.end
	return 0, io.ErrUnexpectedEOF
}

// Bodies that end early count against their address.
func TestBrokenBodiesCount(t *testing.T) {
	s := newStack(t, func(c *gateway.Config) { c.AuthFailures.Failures, c.AuthFailures.Window = 3, time.Minute })
	s.id("viewer") // proves the token
	for range 3 {
		a := s.serve(http.MethodPost, "/scim/v2/Users", io.MultiReader(strings.NewReader("{"), broken{}))
		assertError(t, a, http.StatusBadRequest, "invalidSyntax", scim.CodeInvalidSyntax)
	}
	a := s.serve(http.MethodGet, "/scim/v2/Users", http.NoBody, "Authorization", "")
	assertError(t, a, http.StatusTooManyRequests, "", scim.CodeTooManyFailures)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestBodyWithManyValues(t *testing.T) {
	s := newStack(t)
	for values, status := range map[int]int{49_000: http.StatusOK, 50_000: http.StatusRequestEntityTooLarge} {
		a := s.do(http.MethodPost, "/scim/v2/Users/.search", `{"count":1,"x":[`+strings.Repeat("1,", values)+`1]}`)
		assert.Equal(t, status, a.status, a.text)
	}
}

// After a temporary refusal Suger is asked about the key again with the next
// request, so that no leaver keeps access because of it.
func TestGoodTokenThatIsTemporarilyRefused(t *testing.T) {
	const deactivate = `{"Operations":[{"op":"replace","path":"active","value":false}]}`
	for _, first := range []string{http.MethodGet, http.MethodPatch, http.MethodPost} {
		t.Run(first, func(t *testing.T) {
			s := newStack(t, func(c *gateway.Config) { c.Now = (&standin.Clock{}).Now }) // no time passes
			path := "/scim/v2/Users/" + s.id("viewer")
			asked := path
			if first == http.MethodPost {
				asked = "/scim/v2/Users"
			}
			require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.Status(http.StatusUnauthorized)}))
			for range 3 {
				a := s.do(first, asked, `{"userName":"nova.sample@example.com","Operations":[{"op":"replace","path":"active","value":true}]}`)
				assertError(t, a, http.StatusUnauthorized, "", scim.CodeTokenRefused)
			}
			require.NoError(t, s.suger.SetFaults())
			a := s.do(http.MethodPatch, path, deactivate)
			require.Equal(t, http.StatusOK, a.status, a.text)
			assert.Equal(t, false, a.body["active"])
		})
	}
}
