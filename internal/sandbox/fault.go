package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A FaultKind is a way to misbehave.
type FaultKind string

// Kinds of faults; [Status] returns the others.
const (
	Latency FaultKind = "latency" // delays the answer by Delay
	Hang    FaultKind = "hang"    // never answers; ends when the client or the server closes
	Reset   FaultKind = "reset"   // resets the connection instead of answering
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

	Delay      time.Duration // of a latency
	Retry      RetryForm     // status
	RetryAfter time.Duration // status; in whole seconds, rounded up

	// What follows is for the kinds of tests.

	Shift int
	Body  string
}

// A Misbehavior is a kind of fault that a test adds.
type Misbehavior struct {
	Suits func(*Route, *http.Request) bool // whether it can apply to a call; nil if to every one
	Spoil func(f *Fault, q *Request, operate func() Answer) Answer
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

// check reports what is wrong with the fault itself, unless the kind is that of a test.
func (f *Fault) check(ofTest bool) error {
	switch {
	case !ofTest && !f.replaces() && f.Kind != Latency:
		return fmt.Errorf("unknown kind %q", f.Kind)
	case !(f.Probability >= 0 && f.Probability <= 1):
		return errors.New("the probability is not from 0 to 1")
	case f.Times < 0:
		return errors.New("times is negative")
	case !ofTest && (f.Delay < 0 || (f.Delay > 0) != (f.Kind == Latency)):
		return errors.New("latency needs a delay, and only latency takes one")
	case f.Retry != "" && f.Retry != RetrySeconds && f.Retry != RetryDate:
		return fmt.Errorf("unknown form of Retry-After %q", f.Retry)
	case f.RetryAfter < 0 || f.Retry == "" && f.RetryAfter != 0:
		return errors.New("the time to retry after is negative or has no form")
	case f.Retry != "" && f.status() == 0:
		return errors.New("only a status takes a Retry-After")
	case f.After && ofTest:
		return errors.New("only latency, hang, reset and a status can be before or after")
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
	var operations []string
	for _, rt := range s.contract.Routes {
		if rt.Operation != Unknown {
			operations = append(operations, rt.Operation)
		}
	}
	active := make([]activeFault, len(faults))
	for i, f := range faults {
		_, ofTest := s.contract.Faults[f.Kind]
		if err := f.check(ofTest); err != nil {
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
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = active
	return nil
}

// Faults returns the active faults, including those used up.
func (s *Sandbox) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	faults := make([]Fault, len(s.faults))
	for i := range s.faults {
		faults[i] = s.faults[i].Fault
	}
	return faults
}

// A strike is what the faults do to one call.
type strike struct {
	early, late time.Duration // latency before and after the operation
	fault       Fault         // the zero value for none
}

// strike returns what the faults do to the call, and counts it.
func (s *Sandbox) strike(rt *Route, r *http.Request) (hit strike) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		f := &s.faults[i]
		suits := s.contract.Faults[f.Kind].Suits
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

// ParseFault parses the text form of a fault, "name=value" in any order:
//
//	kind=429 retry=seconds:2 op=update user p=0.5 times=3
//	kind=reset when=after op=add user
//	kind=latency delay=1500ms
//
// kind is a [FaultKind] or a status, op an operation, p the probability, times
// the most times, when before or after the operation takes effect, delay a
// duration, retry seconds:N or date:N (N seconds). A word that is not name=value
// continues the value before it.
func ParseFault(text string) (Fault, error) {
	var fault Fault
	var names []string
	values := make(map[string]string)
	for word := range strings.FieldsSeq(text) {
		name, value, isSetting := strings.Cut(word, "=")
		_, twice := values[name]
		switch {
		case isSetting && twice:
			return Fault{}, fmt.Errorf("fault %q: %s is given twice", text, name)
		case isSetting:
			names = append(names, name)
			values[name] = value
		case len(names) == 0:
			return Fault{}, fmt.Errorf("fault %q does not begin with name=value", text)
		default:
			values[names[len(names)-1]] += " " + word
		}
	}
	for _, name := range names {
		if err := fault.set(name, values[name]); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %s: %w", text, name, err)
		}
	}
	if err := fault.check(false); err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", text, err)
	}
	return fault, nil
}

func (f *Fault) set(name, value string) (err error) {
	switch name {
	case "kind":
		f.Kind = FaultKind(value)
	case "op":
		f.Operation = value
	case "p":
		f.Probability, err = strconv.ParseFloat(value, 64)
		if err == nil && f.Probability == 0 {
			err = errors.New("0 would be never")
		}
	case "times":
		f.Times, err = strconv.Atoi(value)
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	case "when":
		f.After = value == "after"
		if !f.After && value != "before" {
			err = fmt.Errorf("%q is neither before nor after", value)
		}
	case "retry":
		form, number, _ := strings.Cut(value, ":")
		seconds, wrong := strconv.ParseUint(number, 10, 31) // more does not fit into a duration
		if wrong != nil {
			err = fmt.Errorf("%q is not seconds:N or date:N", value)
		}
		f.Retry, f.RetryAfter = RetryForm(form), time.Duration(seconds)*time.Second
	default:
		err = errors.New("no such setting")
	}
	return err
}

// String returns the fault in the form that [ParseFault] parses.
func (f Fault) String() string {
	text := "kind=" + string(f.Kind)
	add := func(on bool, format string, args ...any) {
		if on {
			text += fmt.Sprintf(" "+format, args...)
		}
	}
	add(f.Operation != "", "op=%s", f.Operation)
	add(f.After, "when=after")
	add(f.Delay != 0, "delay=%s", f.Delay)
	add(f.Retry != "", "retry=%s:%d", f.Retry, f.retrySeconds())
	add(f.Probability != 0, "p=%v", f.Probability)
	add(f.Times != 0, "times=%d", f.Times)
	return text
}

// retrySeconds is RetryAfter in seconds, rounded up.
func (f *Fault) retrySeconds() int { return int((f.RetryAfter + time.Second - 1) / time.Second) }

// WebPage is what proxies and login pages answer in place of an API.
func WebPage(status int) Answer {
	const page = "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>\n"
	return Answer{Status: status, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte(page)}
}

// errorStatus is the answer of a status fault. A 502, 503 or 504 is a web page, as
// from a proxy.
func (s *Sandbox) errorStatus(f *Fault) Answer {
	var out Answer
	switch code := f.status(); code {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		out = WebPage(code)
	default:
		out = s.refused(Refuse(code, "injected fault: status %d", code))
	}
	switch f.Retry {
	case RetrySeconds:
		out.Header.Set("Retry-After", strconv.Itoa(f.retrySeconds()))
	case RetryDate:
		out.Header.Set("Retry-After", s.clock().Add(time.Duration(f.retrySeconds())*time.Second).UTC().Format(http.TimeFormat))
	}
	return out
}

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
