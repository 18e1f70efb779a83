package simulation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"time"

	"suger-scim-gateway/internal/test/sandbox"
)

// conditions holds the probability of each fault for a call to Suger.
type conditions struct {
	name       string
	throttled  float64 // 429 with Retry-After
	down       float64 // 503 without an effect
	broken     float64 // 500, before or after the effect
	missing    float64 // false 404
	reset      float64 // the connection breaks, before or after the effect
	hang       float64 // no answer, before or after the effect
	unreadable float64 // cut, truncated, HTML, another shape, or an empty body
	unapplied  float64 // acknowledged but not applied
	roleless   float64 // 404 for the list of roles
	late       float64 // seconds pass before or after the effect
}

var calm = conditions{name: "calm", late: 0.02}

var disturbances = []conditions{
	{name: "outage", down: 1},
	{name: "flaky", down: 0.2, reset: 0.15, broken: 0.1, late: 0.1},
	{name: "throttled", throttled: 0.5},
	{name: "slow", late: 0.6, hang: 0.05},
	{name: "hanging", hang: 0.3},
	{name: "garbled", unreadable: 0.4},
	{name: "lying", unapplied: 0.4, missing: 0.2, down: 0.1},
	{name: "roleless", roleless: 0.8},
	{name: "missing", missing: 0.4, reset: 0.1},
}

// A disruption is the fault of one call.
type disruption struct {
	early, late time.Duration
	fault       *sandbox.Fault // the sandbox spoils the call
	never       string         // "before" or "after" the effect: no answer comes
	broken      string         // "before" or "after" the effect: the connection breaks
}

func (f disruption) String() string {
	switch {
	case f.never != "":
		return "hangs " + f.never
	case f.broken != "":
		return "breaks " + f.broken
	case f.fault != nil:
		return f.fault.String()
	}
	return ""
}

// chance returns a number from 0 to 1 that depends on the seed and the words, not on
// the order of simultaneous events.
func (w *world) chance(words ...any) float64 {
	h := fnv.New64a()
	fmt.Fprintln(h, append([]any{w.seed}, words...)...)
	x := h.Sum64() // only its low bits are well mixed
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	x ^= x >> 31
	return float64(x>>11) / (1 << 53)
}

// span returns a random time between two others.
func (w *world) span(from, to time.Duration, words ...any) time.Duration {
	return from + time.Duration(w.chance(append(words, "span")...)*float64(to-from))
}

// disruptionOf decides the fault of the n-th call of a kind.
func (w *world) disruptionOf(kind string, n int) disruption {
	chance := func(what string) float64 { return w.chance(kind, n, what) }
	f := disruption{early: w.span(2*time.Millisecond, 60*time.Millisecond, kind, n, "early"), late: w.span(2*time.Millisecond, 60*time.Millisecond, kind, n, "late")}
	current := w.conditions
	if chance("is late") < current.late {
		more := w.span(time.Second, 9*time.Second, kind, n, "more")
		if chance("when") < 0.4 {
			f.early += more
		} else {
			f.late += more
		}
	}
	side := "before"
	if chance("side") < 0.5 {
		side = "after"
	}
	x := chance("which")
	strikes := func(p float64) bool {
		x -= p
		return x < 0
	}
	status := func(code int, after bool) *sandbox.Fault {
		return &sandbox.Fault{Kind: sandbox.Status(code), After: after}
	}
	switch {
	case strings.HasSuffix(kind, "/role") && strings.HasPrefix(kind, "GET") && chance("roles") < current.roleless:
		f.fault = status(404, false)
	case strikes(current.throttled):
		f.fault = status(429, false)
		if chance("says when") < 0.7 {
			f.fault.Retry, f.fault.RetryAfter = sandbox.RetrySeconds, time.Duration(1+chance("seconds")*8)*time.Second
		}
	case strikes(current.down):
		f.fault = status(503, false)
	case strikes(current.broken):
		f.fault = status(500, side == "after")
	case strikes(current.missing):
		f.fault = status(404, false)
	case strikes(current.reset):
		f.broken = side
	case strikes(current.hang):
		f.never = side
	case strikes(current.unreadable):
		kinds := []sandbox.FaultKind{sandbox.Cut, sandbox.Truncated, sandbox.HTML, sandbox.WrongShape, sandbox.Empty}
		f.fault = &sandbox.Fault{Kind: kinds[int(chance("kind")*float64(len(kinds)))]}
	case strikes(current.unapplied) && !strings.HasPrefix(kind, "GET"):
		f.fault = &sandbox.Fault{Kind: sandbox.NotApplied}
	}
	return f
}

var errBroken = errors.New("connection reset by peer")

type causeKey struct{}

// A wire carries the calls of one replica to Suger, in memory. A call takes effect at
// one moment between request and answer.
type wire struct {
	world   *world
	process *process
}

func (c *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w, ctx := c.world, r.Context()
	if c.process.isDead() {
		return nil, errBroken
	}
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	by, _ := ctx.Value(causeKey{}).(*request)
	kind := r.Method + " " + r.URL.RequestURI()
	w.mu.Lock()
	n := w.counts[kind]
	w.counts[kind]++
	f := w.disruptionOf(kind, n)
	if by != nil && by.called.IsZero() {
		by.called = time.Now()
	}
	w.mu.Unlock()
	if by != nil && by.stranger() {
		f.early = min(f.early, time.Second) + 8900*time.Millisecond // Suger checks wrong credentials slowly
	}

	if err := c.wait(ctx, f.early); err != nil || f.never == "before" || f.broken == "before" {
		// The client has disconnected. Suger may already have read the call.
		if err != nil && !c.process.isDead() && w.chance(kind, n, "read all the same") < 0.5 {
			c.perform(r, body, by, f)
		}
		if err == nil && f.never != "" {
			err = c.wait(ctx, time.Hour)
		}
		c.log(by, kind, body, f, "", 0)
		return nil, orBroken(err)
	}
	answer, at := c.perform(r, body, by, f)
	came := func() {}
	if c.listsPeople(r) {
		came = c.process.listing(at)
	}
	late := f.late
	if f.never == "after" {
		late = time.Hour
	}
	err := c.wait(ctx, late)
	came()
	if err != nil || f.broken == "after" {
		c.log(by, kind, body, f, "did it", 0)
		return nil, orBroken(err)
	}
	c.log(by, kind, body, f, "", answer.StatusCode)
	if r.Method != http.MethodGet {
		c.process.answered(at)
	}
	answer.Request = r
	return answer, nil
}

func orBroken(err error) error {
	if err == nil {
		return errBroken
	}
	return err
}

func (c *wire) listsPeople(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/user")
}

// wait lets time pass, until the caller or the replica ends.
func (c *wire) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.process.dead:
		return errBroken
	}
}

// perform lets Suger execute the call, and returns the moment of its effect.
func (c *wire) perform(r *http.Request, body []byte, by *request, f disruption) (answer *http.Response, at time.Time) {
	w := c.world
	w.mu.Lock()
	defer w.mu.Unlock()
	at = time.Now()
	if by != nil {
		by.calls(r, c.listsPeople(r) && r.URL.Query().Get("limit") != "1") // the gateway reads a single row to learn how Suger pages
	}
	credential := r.Header.Get("Authorization")
	if w.revoked[strings.TrimPrefix(credential, "Key ")] {
		credential = "Key revoked"
	}
	same := credential + " " + r.URL.RequestURI()
	if known, ok := w.lists[same]; ok && f.fault == nil && r.Method == http.MethodGet {
		return known.answer(), at
	}
	sent := r.Clone(context.Background())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	sent.RequestURI = r.URL.RequestURI()
	sent.Header.Set("Authorization", credential)
	w.box.ClearFaults()
	if f.fault != nil {
		if err := w.box.SetFaults(*f.fault); err != nil {
			panic(err)
		}
	}
	recorder := httptest.NewRecorder()
	aborted := serveAborting(w.box, recorder, sent)
	w.box.ClearFaults()
	if r.Method != http.MethodGet {
		w.checkEffect(by, w.look(by))
	}
	answer = recorder.Result()
	if f.fault == nil && c.listsPeople(r) {
		w.lists[same] = shown{answer.StatusCode, answer.Header, recorder.Body.Bytes()}
	}
	if aborted {
		answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(recorder.Body.Bytes()), brokenReader{}))
	}
	return answer, at
}

// A shown is Suger's encoded list of users, cached until the next change: encoding it
// for each call would dominate the simulation of a large company.
type shown struct {
	status int
	header http.Header
	body   []byte
}

func (s shown) answer() *http.Response {
	return &http.Response{
		StatusCode: s.status, Header: s.header.Clone(), ContentLength: int64(len(s.body)), Body: io.NopCloser(bytes.NewReader(s.body)),
	}
}

// look records in the history what changed in Suger, and by which request.
func (w *world) look(by *request) []change {
	clear(w.lists)
	return w.history.look(w.box, time.Now(), by)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// serveAborting serves a request and reports whether the handler aborted its answer.
func serveAborting(h http.Handler, w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			aborted = true
		default:
			panic(v)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// log writes a line of the scenario. A read can serve several requests that wait for
// it, and the seed does not determine which of them makes it, so it has no number.
func (c *wire) log(by *request, kind string, body []byte, f disruption, note string, status int) {
	w := c.world
	if w.log == nil {
		return
	}
	number := "#-"
	if by != nil && !strings.HasPrefix(kind, http.MethodGet) {
		number = fmt.Sprintf("#%d", by.n)
	}
	text := ""
	if status > 0 {
		text = fmt.Sprint(status)
	}
	w.logf("  suger   %s %s %s %s -> %s %s %s", number, c.process.name, kind, body, text, f, note)
}
