package gateway

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/semaphore"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/throttle"
)

// maxURL bounds a URL, in bytes: room for the longest filter, percent-encoded.
const maxURL = 32 << 10

// admit lets in what may be answered, before anything that costs.
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
		s.identify(x)
		if !s.limits.slots.TryAcquire(1) {
			return busy()
		}
		defer s.limits.slots.Release(1)
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

// limits bound what requests use at once.
type limits struct {
	slots       *semaphore.Weighted
	strangers   *throttle.Quota[netip.Prefix] // slots of those whose token is not known to be good
	credentials *throttle.Quota[marks.Mark]   // slots of those of clients, by token

	rawBodies, decodedBodies *throttle.Quota[marks.Mark] // memory
}

// newLimits divides n slots. Strangers may only use a part of them, and one address or
// one credential only its share, so that slow requests leave slots to others. One
// credential has half of the memory.
func newLimits(n int64) *limits {
	return &limits{
		slots:         semaphore.NewWeighted(n),
		strangers:     throttle.NewQuota[netip.Prefix](n-n/4, (n+3)/4),
		credentials:   throttle.NewQuota[marks.Mark](n, (n+1)/2),
		rawBodies:     throttle.NewQuota[marks.Mark](rawMemory, rawMemory/2),
		decodedBodies: throttle.NewQuota[marks.Mark](decodedMemory, decodedMemory/2),
	}
}

// takeSlot takes a slot of the exchange's kind, which x.leave releases. The gateway's
// own tokens have no share: there is one client.
func (s *server) takeSlot(x *exchange) error {
	x.leave = func() {}
	if x.known && s.holdsCredential() {
		return nil
	}
	var leave func()
	var ok bool
	if x.known {
		leave, ok = s.limits.credentials.Try(s.tokens.marks.Of(x.token))
	} else {
		leave, ok = s.limits.strangers.Try(throttle.Network(x.client))
	}
	if !ok {
		return busy()
	}
	x.leave = leave
	return nil
}

// reserve waits for memory for the credential of the request.
func reserve(x *exchange, memory *throttle.Quota[marks.Mark], size int64) (release func(), err error) {
	release, err = memory.Wait(x.ctx(), x.mark, size)
	if errors.Is(err, context.DeadlineExceeded) {
		err = busy()
	}
	return release, err
}

// busyRetry is when a client may retry if the gateway is busy.
const busyRetry = 5 * time.Second

func busy() *scim.Error {
	e := scim.NewError(scim.CodeTooManyRequests, "The gateway is already answering as many requests as it accepts at once. Retry in a moment.")
	e.RetryAfter = busyRetry
	return e
}
