package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	core "suger-scim-gateway/internal/sandbox"
)

// A FaultKind is a way to misbehave.
type FaultKind string

// Kinds of faults; [Status] returns the others.
const (
	Latency           FaultKind = "latency"      // delays the answer by Delay
	Hang              FaultKind = "hang"         // never answers; ends when the client or the server closes
	Reset             FaultKind = "reset"        // resets the connection instead of answering
	Cut               FaultKind = "cut"          // breaks the connection in the middle of the answer
	Truncated         FaultKind = "truncated"    // answers half of the JSON with a matching length
	HTML              FaultKind = "html"         // answers 200 with a web page
	Empty             FaultKind = "empty"        // answers without a body
	WrongShape        FaultKind = "shape"        // answers JSON of another shape
	Literal           FaultKind = "body"         // answers Body as JSON
	NotApplied        FaultKind = "unapplied"    // acknowledges a write without applying it
	ShiftingList      FaultKind = "shifting"     // moves the pages after the first by Shift rows, 0 meaning 1: above 0 loses rows, below 0 repeats some
	ClockSkew         FaultKind = "skew"         // moves the Date header and all times by Delay, which may be negative
	WrongOrganization FaultKind = "organization" // answers with another organization's id in it
)

// Status returns the kind that answers an HTTP error status, 400 to 599.
func Status(code int) FaultKind { return FaultKind(strconv.Itoa(code)) }

// A RetryForm is the form of Retry-After in a status fault; "" is none.
type RetryForm string

// Forms of Retry-After.
const (
	RetrySeconds RetryForm = "seconds" // Retry-After in seconds
	RetryDate    RetryForm = "date"    // Retry-After as an HTTP date
)

// A Fault is a misbehavior and when it applies.
type Fault struct {
	Operation   string // which operation, as in a route of the contract; "" is any
	Kind        FaultKind
	Probability float64 // 0 means always
	Times       int     // how often at most; 0 means no limit
	After       bool    // apply after the operation took effect

	Delay      time.Duration // of a latency or a skew
	Retry      RetryForm     // of a status
	RetryAfter time.Duration // of a status; in whole seconds, rounded up
	Shift      int           // of a shifting list
	Body       string        // of a literal
}

// A misbehavior is a kind of fault that changes what an operation does or answers.
type misbehavior struct {
	suits func(*core.Route, *http.Request) bool // whether it can apply to a call; nil if to every one
	spoil func(f *Fault, q *core.Request, operate func() core.Answer) core.Answer
}

var kinds = map[FaultKind]misbehavior{
	Cut: spoiled(func(out core.Answer) core.Answer {
		if len(out.Body) == 0 {
			out = withBody(out, []byte("{}"))
		}
		out.Header.Set("Content-Length", strconv.Itoa(len(out.Body)))
		out.Body = out.Body[:len(out.Body)/2]
		return out
	}),
	Truncated: spoiled(func(out core.Answer) core.Answer {
		if len(out.Body) == 0 {
			return withBody(out, []byte("{"))
		}
		out.Body = out.Body[:(len(out.Body)+1)/2]
		return out
	}),
	HTML: spoiled(func(core.Answer) core.Answer { return webPage(http.StatusOK) }),
	Empty: spoiled(func(out core.Answer) core.Answer {
		out.Body = nil
		return out
	}),
	WrongShape: spoiled(func(out core.Answer) core.Answer {
		if bytes.HasPrefix(out.Body, []byte("{")) {
			return withBody(out, []byte(`["ok"]`))
		}
		return withBody(out, []byte(`{"result":"ok"}`))
	}),
	Literal: {spoil: func(f *Fault, _ *core.Request, operate func() core.Answer) core.Answer {
		return withBody(operate(), []byte(f.Body))
	}},
	NotApplied: {suits: func(rt *core.Route, _ *http.Request) bool { return rt.Writes() && rt.Operation != core.GetToken }, spoil: unapplied},
	ShiftingList: {suits: func(rt *core.Route, r *http.Request) bool { return rt.Operation == "list users" && pastFirst(r) },
		spoil: func(f *Fault, q *core.Request, operate func() core.Answer) core.Answer {
			shift := f.Shift
			if shift == 0 {
				shift = 1
			}
			q.Request = q.WithContext(context.WithValue(q.Context(), shiftKey{}, shift))
			return operate()
		}},
	ClockSkew: {spoil: skewed},
	WrongOrganization: {spoil: func(_ *Fault, q *core.Request, operate func() core.Answer) core.Answer {
		out := operate()
		id, _ := json.Marshal(q.Store.Home().ID) // a string has no error
		other, _ := json.Marshal(q.Store.Home().ID + "X")
		out.Body = bytes.ReplaceAll(out.Body, id, other)
		return out
	}},
}

// String names the fault in tests.
func (f Fault) String() string {
	when := "before"
	if f.After {
		when = "after"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", f.Kind, f.Operation, when, cmp.Or(string(f.Retry), f.Body)))
}

// status is the HTTP status that the fault answers, 0 for other kinds.
func (f *Fault) status() int {
	code, err := strconv.Atoi(string(f.Kind))
	if err != nil || code < 400 || code > 599 || f.Kind != Status(code) {
		return 0
	}
	return code
}

// replaces reports whether the fault is in place of the operation's answer.
func (f *Fault) replaces() bool { return f.Kind == Hang || f.Kind == Reset || f.status() != 0 }

// check reports what is wrong with the fault itself.
func (f *Fault) check() error {
	_, spoils := kinds[f.Kind]
	switch {
	case !spoils && !f.replaces() && f.Kind != Latency:
		return fmt.Errorf("unknown kind %q", f.Kind)
	case f.Probability < 0 || f.Probability > 1:
		return errors.New("the probability is not from 0 to 1")
	case f.Times < 0:
		return errors.New("times is negative")
	case (f.Delay != 0) != (f.Kind == Latency || f.Kind == ClockSkew), f.Kind == Latency && f.Delay < 0:
		return errors.New("latency and skew need a delay, and only they take one")
	case f.Retry != "" && f.Retry != RetrySeconds && f.Retry != RetryDate:
		return fmt.Errorf("unknown form of Retry-After %q", f.Retry)
	case f.RetryAfter < 0 || f.Retry == "" && f.RetryAfter != 0:
		return errors.New("the time to retry after is negative or has no form")
	case f.Retry != "" && f.status() == 0:
		return errors.New("only a status takes a Retry-After")
	case f.After && spoils:
		return errors.New("only latency, hang, reset and a status can be before or after")
	case f.Shift != 0 && f.Kind != ShiftingList || f.Body != "" && f.Kind != Literal:
		return errors.New("shift is for shifting and body for body")
	}
	return nil
}

// An activeFault is a fault that is switched on.
type activeFault struct {
	Fault
	left int // how often it may still apply; below 0 means no limit
}

// SetFaults replaces the active faults. For each call they are tried in order:
// latencies add up, and of the others the first that applies is used. The error
// says which fault is invalid.
func (s *Sandbox) SetFaults(faults ...Fault) error {
	operations := s.contract.Operations()
	active := make([]activeFault, len(faults))
	for i, f := range faults {
		if err := f.check(); err != nil {
			return fmt.Errorf("sandbox: fault %d: %w", i+1, err)
		}
		if f.Operation != "" && !slices.Contains(operations, f.Operation) {
			return fmt.Errorf("sandbox: fault %d: no operation %q; there are %s", i+1, f.Operation, strings.Join(operations, ", "))
		}
		active[i] = activeFault{f, f.Times}
		if f.Times == 0 {
			active[i].left = -1
		}
	}
	s.Locked(func(*core.Store) { s.faults = active })
	return nil
}

// Faults returns the active faults, including those used up.
func (s *Sandbox) Faults() (faults []Fault) {
	s.Locked(func(*core.Store) {
		for i := range s.faults {
			faults = append(faults, s.faults[i].Fault)
		}
	})
	return faults
}

// A strike is what the faults do to one call.
type strike struct {
	early, late time.Duration // latency before and after the operation
	fault       Fault         // the zero value for none
}

// strike returns what the faults do to the call, and counts it. It needs the lock
// of the sandbox.
func (s *Sandbox) strike(rt *core.Route, r *http.Request) (hit strike) {
	for i := range s.faults {
		f := &s.faults[i]
		suits := kinds[f.Kind].suits
		switch {
		case f.Operation != "" && f.Operation != rt.Operation, suits != nil && !suits(rt, r),
			f.Kind != Latency && hit.fault.Kind != "", f.left == 0, f.Probability != 0 && s.luck.Float64() >= f.Probability:
			continue
		case f.Kind != Latency:
			hit.fault = f.Fault
		case f.After:
			hit.late += f.Delay
		default:
			hit.early += f.Delay
		}
		if f.left > 0 {
			f.left--
		}
	}
	return hit
}

// perform performs a call with its faults, and records it.
func (s *Sandbox) perform(rt *core.Route, q *core.Request, operate func() core.Answer) (out core.Answer) {
	call := &Call{Operation: rt.Operation, Method: q.Method, Path: q.URL.EscapedPath(), Query: q.URL.RawQuery}
	var hit strike
	s.Locked(func(*core.Store) {
		s.calls = append(s.calls, call)
		hit = s.strike(rt, q.Request)
	})
	fault := &hit.fault
	s.wait(q.Request, hit.early)
	if fault.After || !fault.replaces() {
		s.Locked(func(*core.Store) {
			if spoil := kinds[fault.Kind].spoil; spoil != nil {
				out = spoil(fault, q, operate)
			} else {
				out = operate()
			}
		})
	}
	s.wait(q.Request, hit.late)
	switch {
	case fault.Kind == Hang:
		s.wait(q.Request, math.MaxInt64)
	case fault.Kind == Reset:
		reset(q.Context().Value(writerKey{}).(http.ResponseWriter))
		return core.Answer{}
	case fault.replaces():
		out = s.errorStatus(fault)
	}
	s.Locked(func(*core.Store) { call.Status = out.Status })
	return out
}

// writerKey is the context key of the request's [http.ResponseWriter].
type writerKey struct{}

// ServeHTTP serves the contract.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Sandbox.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), writerKey{}, w)))
}

// wait waits, and aborts the connection if client or sandbox close meanwhile.
func (s *Sandbox) wait(r *http.Request, wait time.Duration) {
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-s.closed:
		panic(http.ErrAbortHandler)
	}
}

// Close ends all current and future hangs and delays.
func (s *Sandbox) Close() { s.closeOnce.Do(func() { close(s.closed) }) }

// reset resets the connection as a crashed server or a firewall would: the client
// gets an error, not the end of the answer. HTTP/2 streams are aborted.
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(interface{ SetLinger(seconds int) error }); ok { // a *net.TCPConn, or a test's
		_ = tcp.SetLinger(0) // close with RST rather than FIN
	}
	_ = connection.Close()
}

// errorStatus is the answer of a status fault. A 502, 503 or 504 is a web page, as
// from a proxy.
func (s *Sandbox) errorStatus(f *Fault) core.Answer {
	var out core.Answer
	switch code := f.status(); code {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		out = webPage(code)
	default:
		out = s.contract.Refuse(code, fmt.Sprintf("injected fault: status %d", code))
	}
	after := (f.RetryAfter + time.Second - 1).Truncate(time.Second)
	switch f.Retry {
	case RetrySeconds:
		out.Header.Set("Retry-After", strconv.Itoa(int(after.Seconds())))
	case RetryDate:
		out.Header.Set("Retry-After", s.tokens.clock().Add(after).UTC().Format(http.TimeFormat))
	}
	return out
}

// webPage is what proxies and login pages answer in place of an API.
func webPage(status int) core.Answer {
	const page = "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>\n"
	return core.Answer{Status: status, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte(page)}
}

// spoiled changes an answer.
func spoiled(change func(core.Answer) core.Answer) misbehavior {
	return misbehavior{spoil: func(_ *Fault, _ *core.Request, operate func() core.Answer) core.Answer {
		out := operate()
		out.Header = out.Header.Clone()
		return change(out)
	}}
}

// withBody replaces the body; a 204 becomes a 200.
func withBody(out core.Answer, body []byte) core.Answer {
	if out.Status == http.StatusNoContent {
		out.Status = http.StatusOK
	}
	return core.Answer{Status: out.Status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// unapplied performs the operation and restores the previous data.
func unapplied(_ *Fault, q *core.Request, operate func() core.Answer) core.Answer {
	users, emails := make(map[string]core.User), make(map[string]string)
	for id, user := range q.Store.Users {
		users[id] = *user
	}
	for email, user := range q.Store.Emails {
		emails[email] = user.ID
	}
	members, roles := make([][]core.Member, len(q.Store.Organizations)), make([][]core.Role, len(q.Store.Organizations))
	ids := make([][]string, len(q.Store.Organizations))
	for i, o := range q.Store.Organizations {
		for _, m := range o.Members {
			members[i], ids[i] = append(members[i], *m), append(ids[i], m.ID)
		}
		for _, role := range o.Roles {
			roles[i] = append(roles[i], *role)
		}
	}

	out := operate()

	for _, o := range q.Store.Organizations {
		for len(o.Members) > 0 {
			o.Remove(o.Members[0].ID)
		}
	}
	clear(q.Store.Users)
	clear(q.Store.Emails)
	for _, user := range users {
		q.Store.Put(user)
	}
	for email, id := range emails {
		q.Store.Emails[email] = q.Store.Users[id]
	}
	for i, o := range q.Store.Organizations {
		for at := range members[i] {
			m := &members[i][at]
			m.User = q.Store.Users[ids[i][at]]
			o.Add(m)
		}
		o.Roles = nil
		for at := range roles[i] {
			o.Roles = append(o.Roles, &roles[i][at])
		}
	}
	return out
}

// aTime is a time of an answer.
var aTime = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[0-9:.]+Z"`)

// skewed moves the Date header and all times in the answer.
func skewed(f *Fault, q *core.Request, operate func() core.Answer) core.Answer {
	out := operate()
	out.Header = out.Header.Clone()
	out.Header.Set("Date", q.Store.Clock().Add(f.Delay).UTC().Format(http.TimeFormat))
	out.Body = aTime.ReplaceAllFunc(out.Body, func(text []byte) []byte {
		at, err := time.Parse(`"`+core.TimeFormat+`"`, string(text))
		if err != nil {
			return text
		}
		return at.Add(f.Delay).AppendFormat(nil, `"`+core.TimeFormat+`"`)
	})
	return out
}
