package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Fault is a misbehavior of all calls, or of those of one operation: a delay, an
// error status in place of the operation, or without either a reset of the
// connection.
type Fault struct {
	Operation string // as in a route of the contract; "" is any
	Delay     time.Duration
	Status    int
}

// forever is the delay of a call that is never answered.
const forever = time.Duration(math.MaxInt64)

// ParseFault parses "KIND" or "KIND OPERATION", such as "429", "2s list users",
// "hang" and "reset add user". KIND is a status from 400 to 599, a delay, hang or
// reset.
func ParseFault(text string) (Fault, error) {
	kind, operation, _ := strings.Cut(strings.TrimSpace(text), " ")
	fault := Fault{Operation: strings.TrimSpace(operation)}
	status, noStatus := strconv.Atoi(kind)
	delay, noDelay := time.ParseDuration(kind)
	switch {
	case kind == "reset":
	case kind == "hang":
		fault.Delay = forever
	case noStatus == nil && status >= 400 && status <= 599:
		fault.Status = status
	case noDelay == nil && delay > 0:
		fault.Delay = delay
	default:
		return Fault{}, fmt.Errorf("unknown kind of fault %q: it is a status from 400 to 599, a delay such as 2s, hang or reset", kind)
	}
	return fault, nil
}

// misbehave performs the operation as the faults have it: their delays add up, and
// the first other one replaces the operation.
func (s *Sandbox) misbehave(rt *Route, q *Request, operate func() Answer) (out Answer) {
	for _, fault := range s.faults {
		switch {
		case fault.Operation != "" && fault.Operation != rt.Operation:
		case fault.Delay > 0:
			s.Wait(q.Request, fault.Delay)
		case fault.Status > 0:
			return s.refused(Refuse(fault.Status, "injected fault: status %d", fault.Status))
		default:
			return Answer{}
		}
	}
	s.Locked(func(*Store) { out = operate() })
	return out
}

// Wait waits, and aborts the connection if client or sandbox close meanwhile.
func (s *Sandbox) Wait(r *http.Request, wait time.Duration) {
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
