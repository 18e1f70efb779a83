package gateway

import (
	"net/netip"
	"slices"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/scim"
)

// maxURL bounds a URL, in bytes: room for the longest filter, percent-encoded.
const maxURL = 32 << 10

// admit turns away clients that are not to be answered at all, and URLs that
// are too long to be meant.
func (s *server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := c.(*exchange)
		if !s.mayCome(x.client) {
			return scim.NewError(scim.CodeClientRefused,
				"This gateway does not answer requests from %s. Its operator can add the address to GATEWAY_ALLOWED_CLIENTS.", addressText(x.client))
		}
		if len(x.Request().RequestURI) > maxURL {
			return scim.NewError(scim.CodeURLTooLong, "The URL is longer than %d bytes. Send the query to /.search as a body.", maxURL)
		}
		return next(c)
	}
}

func (s *server) mayCome(client netip.Addr) bool {
	allowed := s.config.AllowedClients
	return len(allowed) == 0 || slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(client) })
}
