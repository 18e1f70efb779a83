package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"

	"suger-scim-gateway/internal/conns"
	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/throttle"
	"suger-scim-gateway/mapping"
)

// maxToken bounds a credential, in bytes.
const maxToken = 4096

// holdsCredential reports whether the gateway has the Suger credential itself, so
// that clients send one of its own tokens.
func (s *server) holdsCredential() bool { return s.config.Tokens != nil }

// identify reads the client's token and finds out what is known of it without
// asking Suger.
func (s *server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := c.(*exchange)
		x.token, x.noToken = bearerToken(x.Request().Header.Get(echo.HeaderAuthorization))
		if x.noToken == nil {
			organization, _ := s.organizationOf(x)
			x.mark = s.guessing.marks.Of(organization, x.token)
			if s.holdsCredential() {
				x.known = accepted(x.token, s.config.Tokens())
			} else {
				x.known = s.guessing.good.Contains(x.mark)
			}
			if x.known {
				conns.Trust(x.ctx())
			}
		}
		return next(c)
	}
}

// authenticate sets the credential for Suger. In pass-through mode that is the
// client's token, which only Suger can check.
func (s *server) authenticate(x *exchange) error {
	if x.noToken != nil {
		if wait := s.guessing.throttle.Wait(x.client); wait > 0 {
			return tooManyFailures(wait)
		}
		return x.noToken
	}
	if !x.known && !s.guessing.inDoubt(x.mark) {
		var err error
		if x.attempt, err = s.guessing.begin(x.ctx(), x.client, x.mark, !s.holdsCredential()); err != nil {
			return err
		}
	}
	if !s.holdsCredential() {
		x.caller.Credential = mapping.Credential(x.token)
		return nil
	}
	if !x.known {
		return scim.NewError(scim.CodeTokenRefused, "The gateway does not know this token. Enter one of the gateway's own tokens in Okta, not a Suger key.")
	}
	x.caller.Credential = s.config.HeldCredential()
	return nil
}

// bearerToken reads an Authorization header. Okta sends the token with the word
// Bearer in front, without it, or, if an administrator typed the word into the
// form as well, with two; Suger's own pages write "Key" (RFC 6750 §2.1; Okta,
// SCIM authentication modes; Suger, "API Client").
func bearerToken(header string) (string, error) {
	words := strings.Fields(header)
	for len(words) > 0 && isScheme(words[0], "bearer", "key") {
		words = words[1:]
	}
	switch {
	case len(words) == 0:
		return "", scim.NewError(scim.CodeTokenMissing, "The request carries no token. In Okta's provisioning settings, enter the token as HTTP Header or OAuth Bearer Token.")
	case isScheme(words[0], "basic"):
		return "", scim.NewError(scim.CodeTokenMissing, "The request carries a user name and password (Basic), but the gateway needs a bearer token. In Okta, choose HTTP Header or OAuth Bearer Token.")
	case len(words) > 1 || len(words[0]) > maxToken || !visible(words[0]):
		return "", scim.NewError(scim.CodeTokenRefused, "The token is malformed: it has blanks or control characters, or is longer than %d characters.", maxToken)
	}
	return words[0], nil
}

func isScheme(word string, schemes ...string) bool {
	return slices.ContainsFunc(schemes, func(scheme string) bool { return strings.EqualFold(word, scheme) })
}

// accepted reports whether the token is one of tokens, in a time that depends on
// neither the token nor which one it equals. Hashing makes all of them equally
// long.
func accepted(token string, tokens []string) bool {
	presented, found := sha256.Sum256([]byte(token)), 0
	for _, known := range tokens {
		digest := sha256.Sum256([]byte(known))
		found |= subtle.ConstantTimeCompare(presented[:], digest[:])
	}
	return found == 1
}

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
