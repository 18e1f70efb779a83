package sandbox

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
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
	ShiftingList      FaultKind = "shifting"     // moves the pages after the first by Shift rows
	ClockSkew         FaultKind = "skew"         // moves the Date header and all times by Delay
	WrongOrganization FaultKind = "organization" // answers with another organization's id in it
)

// Status returns the kind that answers an HTTP error status, 400 to 599.
func Status(code int) FaultKind { return FaultKind(strconv.Itoa(code)) }

// A RetryForm is the form of Retry-After in a status fault.
type RetryForm string

// Forms of Retry-After.
const (
	RetryNone    RetryForm = ""        // no Retry-After
	RetrySeconds RetryForm = "seconds" // Retry-After in seconds
	RetryDate    RetryForm = "date"    // Retry-After as an HTTP date
)

// A Fault is a misbehavior and when it applies.
type Fault struct {
	Operation   string // which operation, as in a route of the contract; "" is any
	Kind        FaultKind
	Probability float64 // 0 means always
	Times       int     // how often at most; 0 means no limit
	After       bool    // latency, hang, reset, status: apply after the operation took effect

	Delay      time.Duration // latency and clock skew; a skew may be negative
	Retry      RetryForm     // status
	RetryAfter time.Duration // status; in whole seconds, rounded up
	Shift      int           // shifting list: above 0 loses rows, below 0 repeats some; 0 means 1
	Body       string        // literal
}

// status is the HTTP status that the fault answers, 0 for other kinds.
func (f *Fault) status() int {
	code, err := strconv.Atoi(string(f.Kind))
	if err != nil || code < 400 || code > 599 || string(f.Kind) != strconv.Itoa(code) {
		return 0
	}
	return code
}

// preempts reports whether the operation is skipped.
func (f *Fault) preempts() bool {
	return !f.After && (f.Kind == Hang || f.Kind == Reset || f.status() != 0)
}

// suits reports whether the fault can apply to this call.
func (f *Fault) suits(rt *route, r *http.Request) bool {
	switch {
	case f.Operation != "" && f.Operation != rt.operation:
		return false
	case f.Kind == NotApplied:
		return rt.writes()
	case f.Kind == ShiftingList:
		return rt.operation == "list users" && pastFirst(r.URL.Query())
	default:
		return true
	}
}

var faultKinds = []FaultKind{
	Latency, Hang, Reset, Cut, Truncated, HTML, Empty, WrongShape, Literal, NotApplied, ShiftingList, ClockSkew, WrongOrganization,
}

// check reports what is wrong with the fault itself.
func (f *Fault) check() error {
	isStatus := f.status() != 0
	switch {
	case !isStatus && !slices.Contains(faultKinds, f.Kind):
		return fmt.Errorf("unknown kind %q", f.Kind)
	case !(f.Probability >= 0 && f.Probability <= 1):
		return errors.New("the probability is not from 0 to 1")
	case f.Times < 0:
		return errors.New("times is negative")
	case f.Kind == Latency && f.Delay <= 0:
		return errors.New("latency needs a delay")
	case f.Kind == ClockSkew && f.Delay == 0:
		return errors.New("skew needs a delay")
	case f.Delay != 0 && f.Kind != Latency && f.Kind != ClockSkew:
		return errors.New("only latency and skew take a delay")
	case !slices.Contains([]RetryForm{RetryNone, RetrySeconds, RetryDate}, f.Retry):
		return fmt.Errorf("unknown form of Retry-After %q", f.Retry)
	case f.RetryAfter < 0 || f.Retry == RetryNone && f.RetryAfter != 0:
		return errors.New("the time to retry after is negative or has no form")
	case f.Retry != RetryNone && !isStatus:
		return errors.New("only a status takes a Retry-After")
	case f.After && !isStatus && !slices.Contains([]FaultKind{Latency, Hang, Reset}, f.Kind):
		return errors.New("only latency, hang, reset and a status can be before or after")
	case f.Shift != 0 && f.Kind != ShiftingList, f.Body != "" && f.Kind != Literal:
		return errors.New("shift is for shifting and body for body")
	}
	return nil
}

// faults holds the active faults.
type faults struct {
	operations []string

	mu     sync.Mutex
	active []Fault
	left   []int // how often each may still apply; below 0 means no limit
	luck   *rand.Rand
}

// SetFaults replaces the active faults. For each call they are tried in order:
// latencies add up, and of the others the first that applies is used. The error
// says which fault is invalid.
func (s *Sandbox) SetFaults(active ...Fault) error {
	left := make([]int, len(active))
	for i, f := range active {
		if err := f.check(); err != nil {
			return fmt.Errorf("sandbox: fault %d: %w", i+1, err)
		}
		if f.Operation != "" && !slices.Contains(s.faults.operations, f.Operation) {
			return fmt.Errorf("sandbox: fault %d: no operation %q; there are %s", i+1, f.Operation, strings.Join(s.faults.operations, ", "))
		}
		left[i] = f.Times
		if f.Times == 0 {
			left[i] = -1
		}
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.active, s.faults.left = slices.Clone(active), left
	return nil
}

// ClearFaults removes all faults. A current hang continues.
func (s *Sandbox) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.active, s.faults.left = nil, nil
}

// Faults returns the active faults, including those used up.
func (s *Sandbox) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return slices.Clone(s.faults.active)
}

// A strike is what the faults do to one call.
type strike struct {
	early, late time.Duration // latency before and after the operation
	fault       Fault         // the zero value for none
}

// strike returns what the faults do to the call.
func (f *faults) strike(rt *route, r *http.Request) strike {
	f.mu.Lock()
	defer f.mu.Unlock()
	var s strike
	for i := range f.active {
		fault := &f.active[i]
		if fault.Kind != Latency && s.fault.Kind != "" || !fault.suits(rt, r) || !f.takes(i) {
			continue
		}
		switch {
		case fault.Kind != Latency:
			s.fault = *fault
		case fault.After:
			s.late += fault.Delay
		default:
			s.early += fault.Delay
		}
	}
	return s
}

// takes reports whether the i-th fault applies now, and counts it.
func (f *faults) takes(i int) bool {
	if p := f.active[i].Probability; f.left[i] == 0 || p != 0 && f.luck.Float64() >= p {
		return false
	}
	if f.left[i] > 0 {
		f.left[i]--
	}
	return true
}

// longest is the longest time in the text of a fault.
const longest = 365 * 24 * time.Hour

// ParseFault parses the text form of a fault, "name=value" in any order:
//
//	kind=429 retry=seconds:2 op=update user p=0.5 times=3
//	kind=reset when=after op=add user
//	kind=latency delay=1500ms
//	kind=latency delay=1500ms when=after op=add user
//
// kind is a [FaultKind] or a status, op an operation, p the probability, times
// the most times, when before or after the operation takes effect, delay a
// duration, retry none, seconds:N or date:N (N seconds), shift a number of rows,
// body a JSON text. A word that is not name=value continues the value before it.
func ParseFault(text string) (Fault, error) {
	var fault Fault
	words := strings.Join(strings.Fields(text), " ")
	names := settingName.FindAllStringSubmatchIndex(words, -1)
	if len(names) == 0 || names[0][0] != 0 {
		return Fault{}, fmt.Errorf("fault %q does not begin with name=value", text)
	}
	seen := make(map[string]bool)
	for i, at := range names {
		end := len(words)
		if i+1 < len(names) {
			end = names[i+1][0]
		}
		name, value := words[at[2]:at[3]], words[at[1]:end]
		err := fault.set(name, value)
		if seen[name] {
			err = errors.New("is given twice")
		}
		if err != nil {
			return Fault{}, fmt.Errorf("fault %q: %s: %w", text, name, err)
		}
		seen[name] = true
	}
	if err := fault.check(); err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", text, err)
	}
	return fault, nil
}

// settingName begins a setting. An equals sign within a body does not, unless it
// is in a word of its own.
var settingName = regexp.MustCompile(`(?:^| )([a-z]+)=`)

func (f *Fault) set(name, value string) (err error) {
	switch name {
	case "kind":
		f.Kind = FaultKind(value)
	case "op":
		f.Operation = value
	case "body":
		f.Body = value
	case "p":
		f.Probability, err = strconv.ParseFloat(value, 64)
		if err == nil && f.Probability == 0 {
			err = fmt.Errorf("0 would be never")
		}
	case "times":
		f.Times, err = strconv.Atoi(value)
	case "shift":
		f.Shift, err = strconv.Atoi(value)
	case "delay":
		f.Delay, err = time.ParseDuration(value)
		if err == nil && f.Delay.Abs() > longest {
			err = fmt.Errorf("longer than %s", longest)
		}
	case "when":
		f.After = value == "after"
		if !f.After && value != "before" {
			err = fmt.Errorf("%q is neither before nor after", value)
		}
	case "retry":
		err = f.setRetry(value)
	default:
		err = fmt.Errorf("no such setting")
	}
	return err
}

func (f *Fault) setRetry(value string) error {
	if value == "none" {
		return nil
	}
	form, number, _ := strings.Cut(value, ":")
	seconds, err := strconv.Atoi(number)
	if err != nil || seconds < 0 || seconds > int(longest/time.Second) {
		return fmt.Errorf("%q is not none, seconds:N or date:N", value)
	}
	f.Retry, f.RetryAfter = RetryForm(form), time.Duration(seconds)*time.Second
	return nil
}

// String returns the fault in the form that [ParseFault] parses.
func (f Fault) String() string {
	words := []string{"kind=" + string(f.Kind)}
	add := func(on bool, format string, args ...any) {
		if on {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(f.Operation != "", "op=%s", f.Operation)
	add(f.After, "when=after")
	add(f.Delay != 0, "delay=%s", f.Delay)
	add(f.Retry != RetryNone, "retry=%s:%d", f.Retry, int((f.RetryAfter+time.Second-1)/time.Second))
	add(f.Shift != 0, "shift=%d", f.Shift)
	add(f.Probability != 0, "p=%v", f.Probability)
	add(f.Times != 0, "times=%d", f.Times)
	add(f.Body != "", "body=%s", f.Body)
	return strings.Join(words, " ")
}

// webPage is what proxies and login pages answer in place of an API.
const webPage = "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>\n"

// distort applies the fault to an answer.
func (s *Sandbox) distort(out answer, f *Fault) answer {
	if f.status() != 0 {
		return s.errorStatus(f)
	}
	switch f.Kind {
	case Cut:
		if len(out.body) == 0 {
			out = out.withBody([]byte("{}"))
		}
		out.cut = true
	case Truncated:
		if len(out.body) == 0 {
			return out.withBody([]byte("{"))
		}
		out.body = out.body[:(len(out.body)+1)/2]
	case HTML:
		return page(http.StatusOK)
	case Empty:
		out.body = nil
	case WrongShape:
		return out.withBody(otherShape(out.body))
	case Literal:
		return out.withBody([]byte(f.Body))
	case WrongOrganization:
		quoted, _ := json.Marshal(s.organization) // a string has no error
		other, _ := json.Marshal(s.organization + "X")
		out.body = bytes.ReplaceAll(out.body, quoted, other)
	}
	return out
}

// withBody replaces the body; a 204 becomes a 200.
func (a answer) withBody(body []byte) answer {
	if a.status == http.StatusNoContent {
		a.status = http.StatusOK
	}
	a.header = http.Header{"Content-Type": {"application/json"}}
	a.body = body
	return a
}

// page returns a web page without the headers of the original answer.
func page(status int) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, body: []byte(webPage)}
}

// errorStatus is the answer of a status fault. A 502, 503 or 504 is a web page, as
// from a proxy.
func (s *Sandbox) errorStatus(f *Fault) answer {
	var out answer
	switch code := f.status(); code {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		out = page(code)
	default:
		out = s.refused(refuse(code, "injected fault: status %d", code))
	}
	wait := (f.RetryAfter + time.Second - 1).Truncate(time.Second)
	switch f.Retry {
	case RetrySeconds:
		out.header.Set("Retry-After", strconv.FormatInt(int64(wait/time.Second), 10))
	case RetryDate:
		out.header.Set("Retry-After", s.clock().Add(wait).UTC().Format(http.TimeFormat))
	}
	return out
}

// otherShape returns JSON of another shape: a list for an object, an object for
// anything else.
func otherShape(body []byte) []byte {
	if bytes.HasPrefix(body, []byte("{")) {
		return []byte(`["ok"]`)
	}
	return []byte(`{"result":"ok"}`)
}

// aTime is a time of an answer, as [stamp] renders it.
var aTime = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[0-9:.]+Z"`)

// skewed shifts all times in the answer.
func skewed(out answer, by time.Duration) answer {
	out.body = aTime.ReplaceAllFunc(out.body, func(text []byte) []byte {
		at, err := time.Parse(`"`+timeFormat+`"`, string(text))
		if err != nil {
			return text
		}
		return appendTime(nil, at.Add(by))
	})
	return out
}

// reset resets the connection as a crashed server or a firewall would: the client
// gets an error, not the end of the answer. HTTP/2 streams are aborted.
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	raw := connection
	if secure, ok := connection.(*tls.Conn); ok {
		raw = secure.NetConn()
	}
	if tcp, ok := raw.(interface{ SetLinger(seconds int) error }); ok { // a *net.TCPConn, or a test's
		_ = tcp.SetLinger(0) // close with RST rather than FIN
	}
	_ = raw.Close()
}
