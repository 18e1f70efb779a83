package gateway

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
)

const (
	// maxNodes bounds the values of a body: objects, lists, texts, numbers and
	// words. The longest list of members that a body has room for is shorter.
	maxNodes = 50_000

	// A body that is small in both ways is not counted against the memory, so that it
	// never waits for a large one: even one in each slot needs little.
	smallBody  = 32 << 10 // bytes
	smallNodes = 1000

	// Memory for all larger bodies together, in bytes; half of it has room for the largest.
	rawMemory     = 16 << 20 // as they are read
	decodedMemory = 48 << 20

	// Memory for a decoded value, in bytes; texts are as long as in the body.
	objectCost = 400
	valueCost  = 40

	// slowBody is the time from which reading a body counts as a failure of its
	// address.
	slowBody = 10 * time.Second
)

// body reads the JSON object of a request, after the token has been good once:
// what a stranger sends costs nothing.
//
// The memory for its values is reserved until the exchange ends.
func (s *server) body(x *exchange) (map[string]any, error) {
	if err := readable(x.Request().Header); err != nil {
		return nil, err
	}
	if err := s.prove(x); err != nil {
		return nil, err
	}
	data, release, err := s.readBody(x)
	defer release()
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, scim.NewError(scim.CodeInvalidSyntax, "The request needs a JSON object as its body, but the body is empty.")
	}
	nodes, objects := countNodes(data)
	if nodes > maxNodes {
		return nil, scim.NewError(scim.CodeTooLarge, "The body has %d values; the gateway accepts %d.", nodes, maxNodes)
	}
	if len(data) > smallBody || nodes > smallNodes {
		cost := int64(len(data) + objects*objectCost + (nodes-objects)*valueCost)
		if x.forget, err = s.bodies.decoded.wait(x.ctx(), x.mark, cost); err != nil {
			return nil, err
		}
	}
	return scim.DecodeObject(data)
}

// readBody reads the bytes of the body. release gives back their memory.
func (s *server) readBody(x *exchange) (data []byte, release func(), err error) {
	sent, size := x.Request().Body, x.Request().ContentLength
	release = func() {}
	if size > maxBody {
		return nil, release, tooLarge(sent)
	}
	if size < 0 { // it is not known
		size = maxBody
	}
	var buffer bytes.Buffer
	if size > smallBody {
		if release, err = s.bodies.raw.wait(x.ctx(), x.mark, size); err != nil {
			return nil, release, err
		}
	}
	if x.Request().ContentLength > 0 {
		buffer.Grow(int(size) + bytes.MinRead) // so that it is not copied as it grows
	}
	began := time.Now()
	_, err = buffer.ReadFrom(io.LimitReader(sent, maxBody+1))
	if err != nil || time.Since(began) > slowBody {
		s.guessing.throttle.Fail(x.client)
	}
	switch {
	case int64(buffer.Len()) > maxBody:
		return nil, release, tooLarge(sent)
	case err != nil:
		return nil, release, scim.Wrap(fmt.Errorf("read body: %w", err), scim.CodeInvalidSyntax, "The request's body was cut off.")
	}
	return buffer.Bytes(), release, nil
}

// drainFactor is how many times the largest body is read and dropped of one that
// is too large.
const drainFactor = 8

// tooLarge refuses a body that is too large, after reading on for a while: a client
// that is still sending sees a broken connection instead of the answer.
func tooLarge(sent io.Reader) error {
	_, _ = io.CopyN(io.Discard, sent, drainFactor*maxBody)
	return scim.NewError(scim.CodeTooLarge, "The body is larger than %d bytes.", maxBody)
}

// countNodes counts the values of a JSON text, and the objects among them,
// without decoding it. It counts an empty object or list as two. Of a text that
// is not JSON it counts as much as a decoder would read.
func countNodes(data []byte) (nodes, objects int) {
	nodes = 1
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{':
			objects++
			nodes++
		case '[', ',':
			nodes++
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		}
	}
	return nodes, objects
}

// bodyMemory bounds the memory of bodies under way; one credential has half of it.
type bodyMemory struct{ raw, decoded *quota[marks.Mark] }

func newBodyMemory() *bodyMemory {
	return &bodyMemory{
		raw:     newQuota[marks.Mark](rawMemory, rawMemory/2),
		decoded: newQuota[marks.Mark](decodedMemory, decodedMemory/2),
	}
}
