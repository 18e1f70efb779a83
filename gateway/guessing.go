package gateway

import (
	"context"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"suger-scim-gateway/internal/conns"
	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/throttle"
	"suger-scim-gateway/mapping"
)

const (
	maxGoodTokens = 4096 // tokens that are known to have been good
	maxGuesses    = 4096 // wrong tokens that were counted a moment ago
	// doubtFor is how long a token that was good is no guess after Suger has
	// refused it: a refusal can pass.
	doubtFor = time.Minute
)

// guessing slows down clients that guess tokens, but no client with a good token, even
// from the same address.
type guessing struct {
	throttle *throttle.Throttle
	window   time.Duration
	now      func() time.Time
	marks    *marks.Maker
	good     *lru.Cache[marks.Mark, struct{}]  // tokens, each in an organization that it was good for
	doubted  *lru.Cache[marks.Mark, time.Time] // tokens that were good until Suger refused them, and until when they may be again

	// The same wrong token sent again is one guess in a window: a client with an old
	// token does that, and it finds no other.
	counted  *lru.Cache[guess, time.Time]
	mu       sync.Mutex
	underWay map[guess]int
}

// A guess is a token that comes from an address and is not known to be good.
type guess struct {
	from netip.Prefix
	mark marks.Mark
}

// An attempt is a guess under way.
type attempt struct {
	guess    guess
	reserved bool // it counts as a failure until it ends
}

func newGuessing(limit throttle.Limit, now func() time.Time) *guessing {
	good, _ := lru.New[marks.Mark, struct{}](maxGoodTokens) // fails for a size below 1 only
	doubted, _ := lru.New[marks.Mark, time.Time](maxGoodTokens)
	counted, _ := lru.New[guess, time.Time](maxGuesses)
	return &guessing{
		throttle: throttle.New(limit, now), window: limit.Window, now: now,
		marks: marks.New(), good: good, doubted: doubted, counted: counted, underWay: make(map[guess]int),
	}
}

// begin starts an attempt with a token that is not known to be good. An address
// with too many wrong ones waits for its turn, if there are turns.
func (g *guessing) begin(ctx context.Context, client netip.Addr, mark marks.Mark, turns bool) (*attempt, error) {
	try := guess{from: throttle.Network(client), mark: mark}
	g.mu.Lock()
	if g.underWay[try] > 0 || g.throttle.Reserve(client) {
		g.underWay[try]++
		g.mu.Unlock()
		return &attempt{guess: try, reserved: true}, nil
	}
	g.mu.Unlock()
	if !turns || g.wasCounted(try) {
		return nil, tooManyFailures(g.throttle.Wait(client))
	}
	wait, ok := g.throttle.Turn(client)
	if !ok {
		return nil, tooManyFailures(wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return &attempt{guess: try}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// end records the outcome of an attempt. Attempts of one guess at the same time have
// one place in the throttle, which the last of them releases.
func (g *guessing) end(client netip.Addr, a *attempt, failed bool) {
	counts := failed && g.count(a.guess)
	if !a.reserved {
		if counts {
			g.throttle.Fail(client)
		}
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.underWay[a.guess]--; g.underWay[a.guess] == 0 {
		delete(g.underWay, a.guess)
		g.throttle.Release(client, counts)
	} else if counts {
		g.throttle.Fail(client)
	}
}

// wasCounted reports whether a wrong token was counted within the window.
func (g *guessing) wasCounted(try guess) bool {
	until, ok := g.counted.Get(try)
	return ok && g.now().Before(until)
}

// count records a wrong token, and reports whether it counts as a failure.
func (g *guessing) count(try guess) bool {
	if g.wasCounted(try) {
		return false
	}
	g.counted.Add(try, g.now().Add(g.window))
	return true
}

// doubt records that Suger has refused a token, and reports whether the token was
// good until now.
func (g *guessing) doubt(mark marks.Mark) bool {
	if !g.good.Remove(mark) {
		return false
	}
	g.doubted.Add(mark, g.now().Add(doubtFor))
	return true
}

// inDoubt reports whether a token was good and was refused a moment ago.
func (g *guessing) inDoubt(mark marks.Mark) bool {
	until, ok := g.doubted.Get(mark)
	return ok && g.now().Before(until)
}

func tooManyFailures(wait time.Duration) *scim.Error {
	e := scim.NewError(scim.CodeTooManyFailures,
		"Too many requests from this address had a token that was refused. Correct the token in Okta's provisioning settings and retry in a minute.")
	e.RetryAfter = max(wait, time.Second)
	return e
}

// accepted reports whether Suger was called with the client's token and refused nothing.
func (s *server) accepted(x *exchange, stats *mapping.CallStats) bool {
	return x.failure == nil && stats.Calls() > 0 && !s.holdsCredential()
}

// judgeToken records whether the client's token is good.
func (s *server) judgeToken(x *exchange, stats *mapping.CallStats) {
	switch {
	case x.refused:
		x.settle(s, s.guessing.doubt(x.mark) || !s.guessing.inDoubt(x.mark))
	case s.accepted(x, stats):
		s.trust(x)
	default:
		x.settle(s, false)
	}
}

// trust records that the token is good.
func (s *server) trust(x *exchange) {
	x.known = true
	conns.Trust(x.ctx())
	s.guessing.good.Add(x.mark, struct{}{})
	x.settle(s, false)
}

// settle ends the attempt, if the exchange is one.
func (x *exchange) settle(s *server, failed bool) {
	switch {
	case x.attempt != nil:
		s.guessing.end(x.client, x.attempt, failed)
		x.attempt = nil
	case failed:
		s.guessing.throttle.Fail(x.client)
	}
}
