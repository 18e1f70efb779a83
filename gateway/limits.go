package gateway

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/throttle"
)

// A seating has the places of requests under way.
type seating struct {
	all         *shares[struct{}]
	strangers   *shares[netip.Prefix] // whose token is not known to be good
	credentials *shares[marks.Mark]   // those that clients bring, by token
}

// newSeating divides the places. Strangers may only have a part of them, and one
// address or one credential not more than its share: whoever holds places with
// requests that take long leaves some to others.
func newSeating(places int) *seating {
	strangers := places - places/4
	return &seating{
		all:         newShares[struct{}](places, places),
		strangers:   newShares[netip.Prefix](strangers, (places+3)/4),
		credentials: newShares[marks.Mark](places, (places+1)/2),
	}
}

// shares bound how many are taken in all, and by each owner.
type shares[K comparable] struct {
	mu    sync.Mutex
	held  map[K]int
	taken int
	most  int
	share int
}

func newShares[K comparable](most, share int) *shares[K] {
	return &shares[K]{held: make(map[K]int), most: most, share: share}
}

func (s *shares[K]) take(owner K) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= s.most || s.held[owner] >= s.share {
		return false
	}
	s.taken++
	s.held[owner]++
	return true
}

func (s *shares[K]) leave(owner K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.held[owner]--; s.held[owner] == 0 {
		delete(s.held, owner)
	}
}

// boundFlight refuses what is more than the gateway takes at once.
func (s *server) boundFlight(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := c.(*exchange)
		if !s.seating.all.take(struct{}{}) {
			return busy()
		}
		defer s.seating.all.leave(struct{}{})
		if err := s.sit(x); err != nil {
			return err
		}
		x.forget = func() {}
		defer func() {
			x.forget()
			x.leave()
		}()
		return next(c)
	}
}

// sit takes a place of the exchange's kind; x.leave gives it back. The gateway's
// own tokens have no share: there is one client.
func (s *server) sit(x *exchange) error {
	x.leave = func() {}
	taken := true
	switch {
	case x.known && s.holdsCredential():
	case x.known:
		owner := s.guessing.marks.Of(x.token)
		if taken = s.seating.credentials.take(owner); taken {
			x.leave = func() { s.seating.credentials.leave(owner) }
		}
	default:
		owner := throttle.Network(x.client)
		if taken = s.seating.strangers.take(owner); taken {
			x.leave = func() { s.seating.strangers.leave(owner) }
		}
	}
	if !taken {
		return busy()
	}
	return nil
}

// busyRetry is when to come back to a gateway that is busy.
const busyRetry = 5 * time.Second

func busy() *scim.Error {
	e := scim.NewError(scim.CodeTooManyRequests, "The gateway is already answering as many requests as it accepts at once. Retry in a moment.")
	e.RetryAfter = busyRetry
	return e
}

// boundTime ends the request's context when its budget is used up.
func (s *server) boundTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), s.config.Budget)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
