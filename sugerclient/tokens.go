package sugerclient

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

const (
	maxTokens       = 4096
	maxToken        = 16 << 10         // bytes
	defaultLifetime = 5 * time.Minute  // of a token that comes without one
	maxLifetime     = 24 * time.Hour   // more is not believed
	renewAgain      = 30 * time.Second // after an early renewal failed
)

// tokens keeps the tokens that credentials were exchanged for, in memory only.
type tokens struct {
	kept    *lru.Cache[key, token]
	flights singleflight.Group
}

// A token is renewed some time before it expires.
type token struct {
	header         string
	renew, expires time.Time
}

func newTokens() *tokens { return &tokens{kept: newCache[token](maxTokens)} }

// drop forgets the token that Suger refused as header, and says whether asking
// for another makes sense. A newer one, fetched by another call meanwhile, stays.
func (t *tokens) drop(account key, header string) bool {
	if !strings.HasPrefix(header, bearerScheme) {
		return false
	}
	if kept, ok := t.kept.Peek(account); ok && kept.header == header {
		t.kept.Remove(account)
	}
	return true
}

// presented is the value of the header that carries who's credential.
func (c *Client) presented(ctx context.Context, who *login, operation string) (string, *Error) {
	value, ask, err := c.cfg.Auth.exchange(who.credential)
	switch {
	case err != nil:
		return "", &Error{Operation: operation, Kind: Refused, Status: http.StatusUnauthorized, Err: err}
	case ask == nil:
		return value, nil
	}
	kept, ok := c.tokens.kept.Get(who.account)
	now := c.cfg.Now()
	if ok && now.Before(kept.renew) {
		return kept.header, nil
	}
	// Whoever needs the token waits for one request, and nobody waits while there
	// is a good one. It does not end with the caller who happened to be first, but
	// with its own time limit.
	fetched := c.tokens.flights.DoChan(string(who.account.credential[:])+who.account.organization, func() (any, error) {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.Timeout)
		defer cancel()
		return c.renewToken(limited, who, ask)
	})
	if ok && now.Before(kept.expires) {
		return kept.header, nil // is good until the next one is there
	}
	select {
	case <-ctx.Done():
		return "", stop(ctx, tokenOperation)
	case got := <-fetched:
		return headerOf(got, operation)
	}
}

func headerOf(got singleflight.Result, operation string) (string, *Error) {
	if kept, ok := got.Val.(token); ok && got.Err == nil {
		return kept.header, nil
	}
	// A new error, since got is shared between callers. The call itself was not
	// sent, so it is not uncertain. What is wrong with the token endpoint is not
	// said of the call.
	fail := &Error{Operation: tokenOperation, Kind: Unavailable, Err: got.Err}
	var cause *Error
	if errors.As(got.Err, &cause) {
		fail.Kind, fail.Status, fail.RetryAfter = cause.Kind, cause.Status, cause.RetryAfter
	}
	if fail.Kind == Refused {
		fail.Operation = operation
	}
	return "", fail
}

// renewToken fetches a token. If that fails while the present one is still
// good, the present one serves a little longer.
func (c *Client) renewToken(ctx context.Context, who *login, ask *request) (any, error) {
	now := c.cfg.Now()
	kept, ok := c.tokens.kept.Get(who.account)
	if ok && now.Before(kept.renew) {
		return kept, nil // another caller was quicker
	}
	fresh, fail := c.fetchToken(ctx, who, ask)
	switch {
	case fail == nil:
	case ok && now.Before(kept.expires) && fail.Kind != Refused:
		fresh = kept
		fresh.renew = now.Add(renewAgain)
		if kept.expires.Before(fresh.renew) {
			fresh.renew = kept.expires
		}
	default:
		return nil, fail
	}
	c.tokens.kept.Add(who.account, fresh)
	return fresh, nil
}

// fetchToken's error never has the token endpoint's words, since they may
// repeat what was sent. Only 400 and 401 mean the credential (RFC 6749 section
// 5.2); any other refusal is about the endpoint.
func (c *Client) fetchToken(ctx context.Context, who *login, ask *request) (token, *Error) {
	began := c.cfg.Now()
	// A login of its own: the caller's may be in use elsewhere by now.
	answer, fail := c.send(ctx, ask, &login{lane: who.lane})
	if fail != nil {
		fail.Message = ""
		fail.Uncertain = false
		switch {
		case fail.Status == http.StatusBadRequest || fail.Status == http.StatusUnauthorized:
			fail.Status = http.StatusUnauthorized
		case fail.Kind == Refused:
			fail.Kind = Unavailable
		}
		return token{}, fail
	}
	fresh, err := readToken(answer.Body, began)
	if err != nil {
		return token{}, unreadable(ask, answer.Status, err).fail
	}
	return fresh, nil
}

func readToken(body []byte, began time.Time) (token, error) {
	raw, err := lookup(body, "access_token")
	if err != nil {
		return token{}, err
	}
	var text string
	if json.Unmarshal(raw, &text) != nil || len(text) > maxToken || !presentable(Credential(text)) {
		return token{}, errors.New("the answer has no usable token")
	}
	lifetime, err := readLifetime(body)
	if err != nil {
		return token{}, err
	}
	// Between 80 and 90 % of its life, so that replicas do not all renew at once.
	early := lifetime/5 - rand.N(lifetime/10+1) //nolint:gosec // spreads renewals, hides nothing
	return token{
		header:  bearerScheme + text,
		renew:   began.Add(lifetime - early),
		expires: began.Add(lifetime),
	}, nil
}

// readLifetime also takes a number in quotes. expires_in is only recommended
// (RFC 6749 section 5.1).
func readLifetime(body []byte) (time.Duration, error) {
	raw, err := lookup(body, "expires_in")
	if err != nil {
		return 0, err
	}
	seconds, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || !(seconds > 0) {
		return defaultLifetime, nil
	}
	return time.Duration(min(seconds, maxLifetime.Seconds()) * float64(time.Second)), nil
}
