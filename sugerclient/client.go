// Package sugerclient calls Suger's REST API: it presents the credential, limits
// the calls in flight, retries calls that may be retried, pages through lists, and
// sorts failures into kinds. It knows no user, no role and no SCIM; which calls
// there are is up to the mapping.
//
// Start with [New]; [Client.Do] makes one [Call], [Client.List] reads a list.
// Every error of theirs is an [*Error]; [Error.Brief] is its text for a log.
package sugerclient

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"suger-scim-gateway/internal/marks"
)

// A Client calls one Suger for any number of credentials. It is safe for
// concurrent use.
type Client struct {
	cfg       Config
	base      string // without trailing slash
	maxAnswer int64  // largest answer in bytes, after decompression
	rest      *resty.Client
	keys      *marks.Maker
	gate      *gate
	refused   *lru.Cache[key, refusal]
	proven    *lru.Cache[key, time.Time] // accounts that Suger has accepted, and since when it refuses them, if it does
	tokens    *lru.Cache[key, token]     // that credentials were exchanged for, in memory only
	renewals  singleflight.Group
}

// New returns a Client, or an error that names everything wrong with cfg.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return &Client{
		cfg:       cfg,
		base:      strings.TrimRight(cfg.BaseURL, "/"),
		maxAnswer: defaultMaxAnswer,
		rest:      newREST(cfg.Transport, cfg.UserAgent),
		keys:      marks.New(),
		gate:      newGate(cfg.Concurrency),
		refused:   newCache[refusal](),
		proven:    newCache[time.Time](),
		tokens:    newCache[token](),
	}, nil
}

// Do makes call on behalf of cred and returns Suger's answer, status 2xx. It waits
// for a free place among the credential's calls in flight, and retries the call
// where that is safe, all within ctx's deadline: if the next wait does not fit, it
// returns the latest failure at once.
//
// The error is an *Error. If ctx ends, its Kind is Canceled when the caller gave up
// and Unavailable when the deadline passed, or Throttled when it passed in our own
// queue.
func (c *Client) Do(ctx context.Context, cred Credential, call Call) (*Answer, error) {
	r, err := newRequest(c.base, call)
	if err != nil {
		return nil, &Error{Operation: call.Operation, Kind: Invalid, Err: err}
	}
	if err := r.follow(call.link); err != nil {
		return nil, unreadable(r, 0, err)
	}
	if !presentable(cred) {
		return nil, &Error{Operation: call.Operation, Kind: Refused, Status: http.StatusUnauthorized, Err: errMalformed}
	}
	who := c.login(cred, call.PathParams[OrganizationParam])
	if known, ok := c.refused.Get(who.account); ok && c.cfg.Now().Before(known.until) {
		return nil, &Error{Operation: call.Operation, Kind: Refused, Status: http.StatusUnauthorized, Message: known.message}
	}
	answer, fail := c.send(ctx, r, who)
	if unauthorized(fail) && c.mayBeGood(ctx, r, who) {
		c.retried(ctx, r.Operation)
		uncertain := fail.Uncertain
		if answer, fail = c.send(ctx, r, who); fail != nil {
			fail.Uncertain = fail.Uncertain || uncertain
		}
	}
	if fail == nil {
		c.proven.Add(who.account, time.Time{})
		return answer, nil
	}
	if unauthorized(fail) && !c.inDoubt(who.account) {
		c.refused.Add(who.account, refusal{until: c.cfg.Now().Add(c.cfg.RefusedFor), message: fail.Message})
	}
	return nil, fail
}
