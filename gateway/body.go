package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
)

const (
	// maxNodes bounds the values of a body: objects, lists, texts, numbers and
	// words. The longest list of members that a body has room for is shorter.
	maxNodes = 50_000

	// A body that is small in both ways needs no leave: as many as there are
	// places for requests take little. So no large one keeps it waiting.
	smallBody  = 32 << 10 // bytes
	smallNodes = 1000

	// What all larger bodies take together, in bytes.
	rawMemory     = 16 << 20 // as they are read
	decodedMemory = 48 << 20

	// What a value takes once it is decoded, in bytes; texts are as long as in
	// the body.
	objectCost = 400
	valueCost  = 40

	// slowBody is how long a body takes that counts against its address.
	slowBody = 10 * time.Second
)

// body reads the JSON object of a request. Nothing of it is read before the
// token has been good once: what a stranger sends costs nothing.
//
// The memory for its values is kept for the request until the exchange ends.
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
		forget, err := s.bodies.decoded.acquire(x.ctx(), x.mark, cost)
		if err != nil {
			return nil, err
		}
		x.forget = forget
	}
	return scim.DecodeObject(data)
}

// readBody reads what is sent. release gives back its memory.
func (s *server) readBody(x *exchange) (data []byte, release func(), err error) {
	sent, size := x.Request().Body, x.Request().ContentLength
	release = func() {}
	if size > s.config.MaxBody {
		return nil, release, s.tooLarge(sent)
	}
	if size < 0 { // it is not known
		size = s.config.MaxBody
	}
	var buffer bytes.Buffer
	if size > smallBody {
		if release, err = s.bodies.raw.acquire(x.ctx(), x.mark, size); err != nil {
			return nil, func() {}, err
		}
	}
	if x.Request().ContentLength > 0 {
		buffer.Grow(int(size) + bytes.MinRead) // so that it is not copied as it grows
	}
	began := time.Now()
	_, err = buffer.ReadFrom(io.LimitReader(sent, s.config.MaxBody+1))
	if err != nil || time.Since(began) > slowBody {
		s.guessing.throttle.Fail(x.client)
	}
	switch {
	case int64(buffer.Len()) > s.config.MaxBody:
		return nil, release, s.tooLarge(sent)
	case err != nil:
		return nil, release, scim.Wrap(fmt.Errorf("read body: %w", err), scim.CodeInvalidSyntax, "The request's body was cut off.")
	}
	return buffer.Bytes(), release, nil
}

// hearingRange is how many times the largest body is read and dropped of one
// that is too large.
const hearingRange = 8

// tooLarge refuses a body that is too large. It is read on for a while: a client
// hears no answer while it is sending, and sees the connection break instead.
func (s *server) tooLarge(sent io.Reader) error {
	_, _ = io.CopyN(io.Discard, sent, hearingRange*s.config.MaxBody)
	return scim.NewError(scim.CodeTooLarge, "The body is larger than %d bytes.", s.config.MaxBody)
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

// bodyMemory is what bodies under way may take.
type bodyMemory struct{ raw, decoded *memory }

func newBodyMemory(maxBody int64) *bodyMemory {
	largest := maxBody + maxNodes*objectCost
	return &bodyMemory{raw: newMemory(max(rawMemory, 2*maxBody)), decoded: newMemory(max(decodedMemory, 2*largest))}
}

// A memory bounds what is held at once, by all together and by one credential,
// which may have half of it.
type memory struct {
	all   *semaphore.Weighted
	share int64

	mu     sync.Mutex
	owners map[marks.Mark]*owner
}

type owner struct {
	share *semaphore.Weighted
	users int // that hold and wait; an idle owner is dropped
}

func newMemory(size int64) *memory {
	return &memory{all: semaphore.NewWeighted(size), share: size / 2, owners: make(map[marks.Mark]*owner)}
}

// acquire waits until there is room. release must be called once if there is no
// error.
func (m *memory) acquire(ctx context.Context, of marks.Mark, size int64) (release func(), err error) {
	own := m.join(of)
	if err = own.share.Acquire(ctx, size); err == nil {
		if err = m.all.Acquire(ctx, size); err != nil {
			own.share.Release(size)
		}
	}
	if err != nil {
		m.quit(of, own)
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, busy()
		}
		return nil, err
	}
	return func() {
		m.all.Release(size)
		own.share.Release(size)
		m.quit(of, own)
	}, nil
}

func (m *memory) join(of marks.Mark) *owner {
	m.mu.Lock()
	defer m.mu.Unlock()
	own := m.owners[of]
	if own == nil {
		own = &owner{share: semaphore.NewWeighted(m.share)}
		m.owners[of] = own
	}
	own.users++
	return own
}

func (m *memory) quit(of marks.Mark, own *owner) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(m.owners, of)
	}
}
