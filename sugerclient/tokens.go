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

	"golang.org/x/sync/singleflight"
)

const (
	defaultLifetime = 5 * time.Minute  // of a token that comes without one
	maxLifetime     = 24 * time.Hour   // more is not believed
	renewAgain      = 30 * time.Second // after an early renewal failed
)

// A token is renewed some time before it expires.
type token struct {
	header         string
	renew, expires time.Time
}

// dropToken drops the token that Suger refused, and reports whether asking for
// another makes sense. A newer one, fetched by another call meanwhile, stays.
func (c *Client) dropToken(who *login) bool {
	if !strings.HasPrefix(who.header, bearerScheme) {
		return false
	}
	if kept, ok := c.tokens.Peek(who.account); ok && kept.header == who.header {
		c.tokens.Remove(who.account)
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
	kept, _ := c.tokens.Get(who.account)
	now := c.cfg.Now()
	if now.Before(kept.renew) {
		return kept.header, nil
	}
	// Callers without a token wait for one request, and none waits while there is
	// a good one. The request does not end with the caller who happened to be first,
	// but with its own time limit.
	account := who.account // the login may be in use elsewhere by then
	renewed := c.renewals.DoChan(string(account.credential[:])+account.organization, func() (any, error) {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.Timeout)
		defer cancel()
		return c.renewToken(limited, account, ask)
	})
	if now.Before(kept.expires) {
		return kept.header, nil // is good until the next one is there
	}
	select {
	case <-ctx.Done():
		return "", ended(tokenOperation, Unavailable, ctx.Err())
	case got := <-renewed:
		return headerOf(got, operation)
	}
}

func headerOf(got singleflight.Result, operation string) (string, *Error) {
	var cause *Error
	if !errors.As(got.Err, &cause) {
		return got.Val.(token).header, nil //nolint:forcetypeassert // renewToken returns nothing else
	}
	// A new error, since got is shared between callers. The call itself was not sent,
	// so it is not uncertain. A fault of the token endpoint is not blamed on the call.
	fail := &Error{Operation: tokenOperation, Kind: cause.Kind, Status: cause.Status, RetryAfter: cause.RetryAfter, Err: cause}
	if fail.Kind == Refused {
		fail.Operation = operation
	}
	return "", fail
}

// renewToken fetches a token. If that fails while the present one is still good, the
// present one serves a little longer. Its error is an *Error.
func (c *Client) renewToken(ctx context.Context, account key, ask *request) (any, error) {
	now := c.cfg.Now()
	kept, _ := c.tokens.Get(account)
	if now.Before(kept.renew) {
		return kept, nil // another caller was quicker
	}
	fresh, fail := c.fetchToken(ctx, account, ask)
	if fail != nil {
		if !now.Before(kept.expires) || fail.Kind == Refused {
			return nil, fail
		}
		fresh = kept
		fresh.renew = now.Add(min(renewAgain, kept.expires.Sub(now)))
	}
	c.tokens.Add(account, fresh)
	return fresh, nil
}

// fetchToken's error never has the token endpoint's words, since they may repeat
// what was sent. Only 400 and 401 are about the credential (RFC 6749 section 5.2);
// any other refusal is about the endpoint.
func (c *Client) fetchToken(ctx context.Context, account key, ask *request) (token, *Error) {
	began := c.cfg.Now()
	answer, fail := c.send(ctx, ask, &login{account: account})
	if fail != nil {
		fail.Message, fail.Uncertain = "", false
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
		return token{}, unreadable(ask, answer.Status, err)
	}
	return fresh, nil
}

func readToken(body []byte, began time.Time) (token, error) {
	var answer struct {
		Token    string          `json:"access_token"`
		Lifetime json.RawMessage `json:"expires_in"`
	}
	if json.Unmarshal(body, &answer) != nil || !presentable(Credential(answer.Token)) {
		return token{}, errors.New("the answer has no usable token")
	}
	lifetime := readLifetime(answer.Lifetime)
	// Between 80 and 90 % of its life, so that replicas do not all renew at once.
	early := lifetime/5 - rand.N(lifetime/10+1) //nolint:gosec // spreads renewals, hides nothing
	return token{
		header:  bearerScheme + answer.Token,
		renew:   began.Add(lifetime - early),
		expires: began.Add(lifetime),
	}, nil
}

// readLifetime reads expires_in, which is only recommended (RFC 6749 section 5.1),
// from a number, also in quotes.
func readLifetime(value []byte) time.Duration {
	seconds, err := strconv.ParseFloat(strings.Trim(string(value), `"`), 64)
	if err != nil || !(seconds > 0) {
		return defaultLifetime
	}
	return time.Duration(min(seconds, maxLifetime.Seconds()) * float64(time.Second))
}
