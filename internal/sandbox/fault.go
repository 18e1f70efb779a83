package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// A FaultKind is a way in which Suger misbehaves.
type FaultKind string

const (
	Latency           FaultKind = "latency"      // answers late, by Delay
	Hang              FaultKind = "hang"         // never answers; ends when the client or the server goes
	Reset             FaultKind = "reset"        // resets the connection instead of answering
	Cut               FaultKind = "cut"          // breaks the connection in the middle of the answer
	Truncated         FaultKind = "truncated"    // answers half of the JSON as if it were whole
	HTML              FaultKind = "html"         // answers 200 with a web page
	Empty             FaultKind = "empty"        // answers without a body
	WrongShape        FaultKind = "shape"        // answers JSON of another shape
	Literal           FaultKind = "body"         // answers Body as JSON
	NotApplied        FaultKind = "unapplied"    // acknowledges a write and does not do it
	ShiftingList      FaultKind = "shifting"     // moves the pages after the first by Shift rows
	ClockSkew         FaultKind = "skew"         // moves the Date header and all times by Delay
	WrongOrganization FaultKind = "organization" // answers with another organization's id in it
)

// Status is the kind that answers an HTTP error status, 400 to 599.
func Status(code int) FaultKind { return FaultKind(strconv.Itoa(code)) }

// A RetryForm is how a status fault says when to come back.
type RetryForm string

const (
	RetryNone    RetryForm = ""        // it does not say
	RetrySeconds RetryForm = "seconds" // Retry-After in seconds
	RetryDate    RetryForm = "date"    // Retry-After as an HTTP date
)

// A Fault is one misbehaviour and when it strikes.
type Fault struct {
	Operation   string // which operation, as in a route of the contract; "" is any
	Kind        FaultKind
	Probability float64 // 0 is always
	Times       int     // how often at most; 0 is without end
	After       bool    // latency, hang, reset, status: strike after the operation took effect

	Delay      time.Duration // latency and clock skew; a skew may be negative
	Retry      RetryForm     // status
	RetryAfter time.Duration // status; in whole seconds, rounded up
	Shift      int           // shifting list: above 0 loses rows, below repeats some; 0 is 1
	Body       string        // literal
}

// status is the HTTP status the fault answers, 0 if it is of another kind.
func (f *Fault) status() int {
	code, err := strconv.Atoi(string(f.Kind))
	if err != nil || code < 400 || code > 599 || string(f.Kind) != strconv.Itoa(code) {
		return 0
	}
	return code
}

// preempts says whether the operation is not even begun.
func (f *Fault) preempts() bool {
	return !f.After && (f.Kind == Hang || f.Kind == Reset || f.status() != 0)
}

// suits says whether the fault can make a difference to this call.
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

// check says what is wrong with the fault itself.
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

func (f *Fault) shift() int {
	if f.Shift == 0 {
		return 1
	}
	return f.Shift
}
