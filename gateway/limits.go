package gateway

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/scim"
)

// boundFlight refuses what is more than the gateway takes at once. Strangers,
// whose token is not known to be good, may only have a part of the places:
// otherwise made-up tokens with bodies that never end would keep everybody out.
func (s *server) boundFlight(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		taken := []places{s.places}
		if !c.(*exchange).known {
			taken = []places{s.strangers, s.places}
		}
		for _, p := range taken {
			if !p.take() {
				e := scim.NewError(scim.CodeTooManyRequests, "The gateway is answering as many requests as it takes at once. Try again in a moment.")
				e.RetryAfter = busyRetry
				return e
			}
			defer p.leave()
		}
		return next(c)
	}
}

// places hold one element for each request under way.
type places chan struct{}

func (p places) take() bool {
	select {
	case p <- struct{}{}:
		return true
	default:
		return false
	}
}

func (p places) leave() { <-p }

// forStrangers is how many of all places strangers may have.
func forStrangers(all int) int { return all - all/4 }

// busyRetry is when to come back to a gateway that is busy.
const busyRetry = 5 * time.Second

// boundTime ends the request's context when its budget is used up.
func (s *server) boundTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), s.config.Budget)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
