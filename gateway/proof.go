package gateway

import (
	"context"
	"errors"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
)

const (
	maxFailedProofs = 4096
	// failedProofFor is how long a token that did not prove itself is refused
	// without asking Suger again.
	failedProofFor = 5 * time.Second
)

// proofs ask Suger whether it accepts a token, once for all requests that carry it
// at the same time.
type proofs struct {
	within time.Duration // longest time for one
	now    func() time.Time
	failed *lru.Cache[marks.Mark, failedProof]

	mu      sync.Mutex
	flights map[marks.Mark]*flight
}

type failedProof struct {
	err   error
	until time.Time
}

// A flight is a proof under way.
type flight struct {
	done    chan struct{}
	err     error // once it is done
	waiting int
	cancel  context.CancelFunc
}

func newProofs(within time.Duration, now func() time.Time) *proofs {
	failed, _ := lru.New[marks.Mark, failedProof](maxFailedProofs) // fails for a size below 1 only
	return &proofs{within: within, now: now, failed: failed, flights: make(map[marks.Mark]*flight)}
}

// of asks for the token with this mark, and remembers for a short time if it is
// refused. The asking goes on for the others if one of them gives up, and stops
// with the last.
func (p *proofs) of(ctx context.Context, mark marks.Mark, remember bool, ask func(context.Context) error) error {
	if before, ok := p.failed.Get(mark); ok && p.now().Before(before.until) && remember {
		return before.err
	}
	f := p.join(ctx, mark, remember, ask)
	defer p.quit(mark, f)
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join waits for the proof that is under way, or for a new one.
func (p *proofs) join(ctx context.Context, mark marks.Mark, remember bool, ask func(context.Context) error) *flight {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.flights[mark]
	if f == nil {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.within)
		f = &flight{done: make(chan struct{}), cancel: cancel}
		p.flights[mark] = f
		go func() {
			f.err = ask(limited)
			if remember && isRefusal(f.err) {
				p.failed.Add(mark, failedProof{f.err, p.now().Add(failedProofFor)})
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.forget(mark, f)
			close(f.done)
		}()
	}
	f.waiting++
	return f
}

// quit stops a proof that nobody waits for.
func (p *proofs) quit(mark marks.Mark, f *flight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		f.cancel()
		p.forget(mark, f)
	}
}

// forget lets nobody join a proof that is stopped or over.
func (p *proofs) forget(mark marks.Mark, f *flight) {
	if p.flights[mark] == f {
		delete(p.flights, mark)
	}
}

// isRefusal reports whether an error means that the token is not good for the
// organization, rather than that Suger could not be asked.
func isRefusal(err error) bool {
	var e *scim.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case scim.CodeTokenRefused, scim.CodeNotAllowed, scim.CodeOrgUnknown:
		return true
	}
	return false
}

// prove makes sure that the token is good for the organization before the body is
// read. From then on the exchange has one of its credential's places and none of
// the strangers'.
func (s *server) prove(x *exchange) error {
	if x.known {
		return nil
	}
	err := s.proofs.of(x.ctx(), x.mark, !s.guessing.inDoubt(x.mark), func(ctx context.Context) error { return s.service.Prove(ctx, x.caller) })
	if err != nil {
		// The body stays unread, so the connection cannot be used again.
		x.Response().Header().Set("Connection", "close")
		return err
	}
	s.trust(x)
	x.leave()
	return s.sit(x)
}
