// Package sugerclient calls Suger's REST API: it presents the credential, keeps
// calls within bounds, repeats those that may be repeated, pages through lists,
// and sorts what goes wrong into kinds. It knows no user, no role and no SCIM;
// which calls there are is the mapping's affair.
//
// Start with [New]; [Client.Do] makes one [Call], [Client.List] reads a list.
// Every error of theirs is an [*Error]; what a log may say of it is [Error.Brief].
package sugerclient

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"
	lru "github.com/hashicorp/golang-lru/v2"

	"suger-scim-gateway/internal/marks"
)

// A Client calls one Suger for any number of credentials. It is safe for
// concurrent use.
type Client struct {
	cfg      Config
	base     string // without trailing slash
	rest     *resty.Client
	keys     *marks.Maker
	gate     *gate
	refusals *refusals
	proven   *lru.Cache[key, time.Time] // accounts that Suger has answered, and since when it refuses them, if it does
	tokens   *tokens
}

// New returns a Client, or an error that names everything wrong with cfg.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return &Client{
		cfg:      cfg,
		base:     strings.TrimRight(cfg.BaseURL, "/"),
		rest:     newREST(cfg.Transport, cfg.UserAgent),
		keys:     marks.New(),
		gate:     newGate(cfg.Concurrency),
		refusals: newRefusals(cfg.RefusedFor, cfg.Now),
		proven:   newCache[time.Time](maxProven),
		tokens:   newTokens(),
	}, nil
}

// A login carries a credential through one Do.
type login struct {
	credential   Credential
	organization string
	account      key    // of both: tokens and refusals are kept by it
	lane         key    // of the credential: calls in flight are counted by it
	header       string // the Authorization that was sent last
}

// Do makes call on behalf of cred and returns Suger's answer, status 2xx. It
// waits for a free place among the credential's calls in flight, and repeats
// the call where that is safe, all within ctx's deadline: if the next wait does
// not fit, it returns at once what went wrong last.
//
// The error is an *Error. If ctx ends, its Kind is Canceled when the caller
// gave up and Unavailable when the deadline passed, or Throttled when it passed
// in our own queue.
func (c *Client) Do(ctx context.Context, cred Credential, call Call) (*Answer, error) {
	r, err := newRequest(c.base, call)
	if err != nil {
		return nil, &Error{Operation: call.Operation, Kind: Invalid, Err: err}
	}
	answer, fail := c.doAs(ctx, c.login(cred, call.PathParams[OrganizationParam]), r)
	if fail != nil {
		return nil, fail
	}
	return answer, nil
}

func (c *Client) login(cred Credential, organization string) *login {
	mark := c.keys.Of(string(cred))
	return &login{
		credential:   cred,
		organization: organization,
		account:      key{mark, organization},
		lane:         key{credential: mark},
	}
}

func (c *Client) doAs(ctx context.Context, who *login, r *request) (*Answer, *Error) {
	if !presentable(who.credential) {
		return nil, &Error{Operation: r.operation, Kind: Refused, Status: http.StatusUnauthorized, Err: errMalformed}
	}
	if message, known := c.refusals.recall(who.account); known {
		return nil, &Error{Operation: r.operation, Kind: Refused, Status: http.StatusUnauthorized, Message: message}
	}
	answer, fail := c.send(ctx, r, who)
	if unauthorized(fail) && c.mayBeGood(ctx, r, who) {
		c.retried(ctx, r.operation)
		before := fail
		if answer, fail = c.send(ctx, r, who); fail != nil {
			fail.Uncertain = fail.Uncertain || before.Uncertain
		}
	}
	switch {
	case fail == nil:
		c.proven.Add(who.account, time.Time{})
	case unauthorized(fail) && !c.inDoubt(who.account):
		c.refusals.remember(who.account, fail.Message)
	}
	return answer, fail
}

// doubtFor is how long after the first refusal a credential that was good is asked
// for with every call: a refusal can pass, and what a leaver waits for with it.
const doubtFor = time.Minute

// inDoubt reports whether a credential that Suger has just refused was good so
// lately that it may be again at the next call.
func (c *Client) inDoubt(account key) bool {
	since, proven := c.proven.Get(account)
	now := c.cfg.Now()
	switch {
	case !proven:
		return false
	case since.IsZero():
		c.proven.Add(account, now)
		return true
	case now.Sub(since) < doubtFor:
		return true
	}
	c.proven.Remove(account)
	return false
}

// mayBeGood reports whether a credential that Suger has just refused is worth
// asking for once more: its token may have ended before its time, and a key that
// Suger took before may have met a server that does not know it yet.
func (c *Client) mayBeGood(ctx context.Context, r *request, who *login) bool {
	if c.tokens.drop(who.account, who.header) {
		return true
	}
	pause := c.wait(1, 0)
	return r.repeatable && c.proven.Contains(who.account) && c.fits(ctx, pause) && c.cfg.Sleep(ctx, pause) == nil
}

func unauthorized(fail *Error) bool {
	return fail != nil && fail.Kind == Refused && fail.Status == http.StatusUnauthorized
}

// presentable says whether cred can be in a header at all.
func presentable(cred Credential) bool {
	const longest = 8 << 10
	if cred == "" || len(cred) > longest {
		return false
	}
	return !strings.ContainsFunc(string(cred), func(r rune) bool { return r <= ' ' || r > '~' })
}

// secrets are what must not come back in an error message: the credential, its
// secret half, and the token it was exchanged for.
func (who *login) secrets() []string {
	_, token, _ := strings.Cut(who.header, " ")
	_, half, _ := strings.Cut(string(who.credential), ":")
	all := []string{string(who.credential), token, half}
	for _, secret := range all {
		all = append(all, url.QueryEscape(secret))
	}
	return all
}
