package gateway

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/gateway/scim"
)

// boundFlight refuses what is more than the gateway takes at once.
func (s *server) boundFlight(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		select {
		case s.slots <- struct{}{}:
		default:
			e := scim.NewError(scim.CodeTooManyRequests, "The gateway is answering as many requests as it takes at once. Try again in a moment.")
			e.RetryAfter = busyRetry
			return e
		}
		defer func() { <-s.slots }()
		return next(c)
	}
}

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
