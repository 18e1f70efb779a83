package gateway

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/semaphore"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/throttle"
)

// maxURL bounds a URL, in bytes: room for the longest filter, percent-encoded.
const maxURL = 32 << 10

// admit refuses clients that are not allowed and URLs that are too long.
func (s *server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := c.(*exchange)
		if allowed := s.config.AllowedClients; len(allowed) > 0 && !contains(allowed, x.client) {
			return scim.NewError(scim.CodeClientRefused,
				"This gateway does not answer requests from %s. Its operator can add the address to GATEWAY_ALLOWED_CLIENTS.", addressText(x.client))
		}
		if len(x.Request().RequestURI) > maxURL {
			return scim.NewError(scim.CodeURLTooLong, "The URL is longer than %d bytes. Send the query to /.search as a body.", maxURL)
		}
		return next(c)
	}
}

// A quota bounds what is in use at once, in total and by each owner.
type quota[K comparable] struct {
	all   *semaphore.Weighted
	share int64

	mu     sync.Mutex
	owners map[K]*owner
}

type owner struct {
	share *semaphore.Weighted
	users int // that hold or wait; an idle owner is dropped
}

func newQuota[K comparable](size, share int64) *quota[K] {
	return &quota[K]{all: semaphore.NewWeighted(size), share: share, owners: make(map[K]*owner)}
}

// try takes one slot, or returns an error if there is none. release must be called once
// if there is no error.
func (q *quota[K]) try(of K) (release func(), err error) {
	return q.take(of, 1, func(s *semaphore.Weighted) error {
		if !s.TryAcquire(1) {
			return busy()
		}
		return nil
	})
}

// wait is try for a size that it waits for.
func (q *quota[K]) wait(ctx context.Context, of K, size int64) (release func(), err error) {
	return q.take(of, size, func(s *semaphore.Weighted) error {
		err := s.Acquire(ctx, size)
		if errors.Is(err, context.DeadlineExceeded) {
			return busy()
		}
		return err
	})
}

func (q *quota[K]) take(of K, size int64, acquire func(*semaphore.Weighted) error) (release func(), err error) {
	own := q.join(of)
	if err = acquire(own.share); err == nil {
		if err = acquire(q.all); err != nil {
			own.share.Release(size)
		}
	}
	if err != nil {
		q.quit(of, own)
		return func() {}, err
	}
	return func() {
		q.all.Release(size)
		own.share.Release(size)
		q.quit(of, own)
	}, nil
}

func (q *quota[K]) join(of K) *owner {
	q.mu.Lock()
	defer q.mu.Unlock()
	own := q.owners[of]
	if own == nil {
		own = &owner{share: semaphore.NewWeighted(q.share)}
		q.owners[of] = own
	}
	own.users++
	return own
}

func (q *quota[K]) quit(of K, own *owner) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(q.owners, of)
	}
}

// slots bounds the requests under way.
type slots struct {
	all         *semaphore.Weighted
	strangers   *quota[netip.Prefix] // whose token is not known to be good
	credentials *quota[marks.Mark]   // those of clients, by token
}

// newSlots divides n slots. Strangers may only use a part of them, and one address or
// one credential only its share, so that slow requests leave slots to others.
func newSlots(n int64) *slots {
	return &slots{
		all:         semaphore.NewWeighted(n),
		strangers:   newQuota[netip.Prefix](n-n/4, (n+3)/4),
		credentials: newQuota[marks.Mark](n, (n+1)/2),
	}
}

// boundFlight refuses what is more than the gateway answers at once.
func (s *server) boundFlight(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := c.(*exchange)
		if !s.slots.all.TryAcquire(1) {
			return busy()
		}
		defer s.slots.all.Release(1)
		if err := s.takeSlot(x); err != nil {
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

// takeSlot takes a slot of the exchange's kind, which x.leave releases. The gateway's
// own tokens have no share: there is one client.
func (s *server) takeSlot(x *exchange) (err error) {
	switch {
	case x.known && s.holdsCredential():
		x.leave = func() {}
	case x.known:
		x.leave, err = s.slots.credentials.try(s.guessing.marks.Of(x.token))
	default:
		x.leave, err = s.slots.strangers.try(throttle.Network(x.client))
	}
	return err
}

// busyRetry is when a client may retry if the gateway is busy.
const busyRetry = 5 * time.Second

func busy() *scim.Error {
	e := scim.NewError(scim.CodeTooManyRequests, "The gateway is already answering as many requests as it accepts at once. Retry in a moment.")
	e.RetryAfter = busyRetry
	return e
}
