package gateway

import (
	"context"
	"errors"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

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
	within  time.Duration // longest time for one
	now     func() time.Time
	failed  *lru.Cache[marks.Mark, failedProof]
	flights singleflight.Group // by mark
}

type failedProof struct {
	err   error
	until time.Time
}

func newProofs(within time.Duration, now func() time.Time) *proofs {
	failed, _ := lru.New[marks.Mark, failedProof](maxFailedProofs) // fails for a size below 1 only
	return &proofs{within: within, now: now, failed: failed}
}

// of asks for the token with this mark, and remembers for a short time if it is
// refused. A client that disconnects keeps its slot until the proof is done, so that
// strangers have no more proofs under way than slots.
func (p *proofs) of(ctx context.Context, mark marks.Mark, remember bool, ask func(context.Context) error) error {
	if before, ok := p.failed.Get(mark); ok && p.now().Before(before.until) && remember {
		return before.err
	}
	_, err, _ := p.flights.Do(string(mark[:]), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.within) // the others wait, too
		defer cancel()
		err := ask(ctx)
		if remember && isRefusal(err) {
			p.failed.Add(mark, failedProof{err, p.now().Add(failedProofFor)})
		}
		return nil, err
	})
	return err
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
// read. From then on the exchange uses a slot of its credential, not of the strangers.
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
	return s.takeSlot(x)
}
