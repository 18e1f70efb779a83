package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// An answer is what goes back, whole, so that a fault can still spoil it.
type answer struct {
	status int
	header http.Header
	body   []byte // empty is no body
	cut    bool   // break the connection in the middle of the body
}

// timeFormat is RFC 3339 in UTC, to the millisecond.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// reply answers 200 with the value as JSON.
func reply(value any) (answer, error) { return replyStatus(http.StatusOK, value) }

// created answers 201 with the value as JSON.
func created(value any) (answer, error) { return replyStatus(http.StatusCreated, value) }

// done answers 204 without a body.
func done() (answer, error) { return answer{status: http.StatusNoContent, header: http.Header{}}, nil }

func replyStatus(status int, value any) (answer, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return answer{}, err
	}
	return answer{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: body}, nil
}

// send writes the answer. A cut answer announces its whole length and stops
// half-way.
func (a answer) send(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if !a.cut {
		_, _ = w.Write(a.body) // the client may have gone; there is nobody to tell
		return
	}
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush() // what is not flushed is dropped with the connection
	panic(http.ErrAbortHandler)
}
