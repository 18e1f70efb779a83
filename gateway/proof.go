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

// proofs ask Suger whether it takes a token, once for all who show it at a time.
type proofs struct {
	within  time.Duration // longest time for one
	now     func() time.Time
	flights singleflight.Group
	failed  *lru.Cache[marks.Mark, failedProof]
}

type failedProof struct {
	err   error
	until time.Time
}

func newProofs(within time.Duration, now func() time.Time) (*proofs, error) {
	failed, err := lru.New[marks.Mark, failedProof](maxFailedProofs)
	return &proofs{within: within, now: now, failed: failed}, err
}

// of asks for the token with this mark. The asking goes on for the others if the
// one who came first gives up.
func (p *proofs) of(ctx context.Context, mark marks.Mark, ask func(context.Context) error) error {
	if before, ok := p.failed.Get(mark); ok && p.now().Before(before.until) {
		return before.err
	}
	asked := p.flights.DoChan(string(mark[:]), func() (any, error) {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.within)
		defer cancel()
		err := ask(limited)
		if isRefusal(err) {
			p.failed.Add(mark, failedProof{err, p.now().Add(failedProofFor)})
		}
		return nil, err
	})
	select {
	case got := <-asked:
		return got.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isRefusal reports whether an error says that the token is not good for the
// organization, and not that Suger could not say.
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

// prove makes sure that the token is good for the organization before anything is
// read of what its owner sends. From then on the exchange has one of its
// credential's places and none of the strangers'.
func (s *server) prove(x *exchange) error {
	if x.known {
		return nil
	}
	err := s.proofs.of(x.ctx(), x.mark, func(ctx context.Context) error { return s.service.Prove(ctx, x.caller) })
	if err != nil {
		// The body is left where it is, so the connection is of no more use.
		x.Response().Header().Set("Connection", "close")
		return err
	}
	s.trust(x)
	x.leave()
	return s.sit(x)
}
