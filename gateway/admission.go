package gateway

import (
	"net/netip"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/throttle"
	"suger-scim-gateway/sugerclient"
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

// maxGoodTokens bounds how many tokens are known to have been good.
const maxGoodTokens = 4096

// A guessing slows down who guesses tokens, and leaves alone who has a good one
// even if it comes from the same address.
type guessing struct {
	throttle *throttle.Throttle
	marks    *marks.Maker
	good     *lru.Cache[marks.Mark, struct{}] // the tokens' marks
}

func newGuessing(limit throttle.Limit, now func() time.Time) *guessing {
	g := &guessing{throttle: throttle.New(limit, now), marks: marks.New()}
	var err error
	if g.good, err = lru.New[marks.Mark, struct{}](maxGoodTokens); err != nil {
		panic(err) // only for a size below 1
	}
	return g
}

func tooManyFailures(wait time.Duration) *scim.Error {
	e := scim.NewError(scim.CodeTooManyFailures,
		"Too many requests from this address came with a token that was refused. Correct the token in Okta's provisioning settings; the gateway listens again in a moment.")
	e.RetryAfter = wait
	return e
}

// judgeToken remembers what the exchange has shown of the client's token. That
// Suger was asked and no part of the answer was a refusal shows that it is good.
func (s *server) judgeToken(x *exchange, stats *sugerclient.Stats) {
	switch {
	case x.refused:
		s.guessing.throttle.Fail(x.client)
		s.guessing.good.Remove(x.mark)
	case x.failure == nil && stats.Calls() > 0 && !s.holdsCredential():
		s.guessing.good.Add(x.mark, struct{}{})
	}
}
