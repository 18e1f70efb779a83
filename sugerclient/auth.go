package sugerclient

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"suger-scim-gateway/internal/marks"
)

// Auth is how a [Credential] is presented to Suger. The zero value sends an API key
// unchanged, as "Authorization: Key …" (doc.suger.io, API Client).
type Auth struct {
	Header string // "" for Authorization
	Scheme string // the word before the key; "" is Key in the header Authorization and NoScheme in others

	// TokenURL is where "client_id:client_secret" of a Suger OAuth App is exchanged for
	// the token that is sent instead, as "Authorization: Bearer …" (RFC 6749 section 4.4).
	// Suger documents two URLs, so there is no default.
	TokenURL string
}

// NoScheme is the [Auth].Scheme for a key without a word before it.
const NoScheme = "none"

const (
	tokenOperation = "get token"
	authorization  = "Authorization"
)

var errMalformed = errors.New("the credential is malformed")

// ErrNotPair is the cause of the error for a credential that cannot be exchanged.
var ErrNotPair = errors.New("the credential is not client_id:client_secret")

// String returns how a key is sent, without the key: "Authorization: Key".
func (a Auth) String() string { return strings.TrimSuffix(a.header()+": "+a.scheme(), ": ") }

func (a Auth) header() string { return cmp.Or(a.Header, authorization) }

func (a Auth) scheme() string {
	switch {
	case a.Scheme == NoScheme:
		return ""
	case a.Scheme == "" && strings.EqualFold(a.header(), authorization):
		return "Key"
	}
	return a.Scheme
}

// tokenRequest returns the request that exchanges cred for a token.
func (a Auth) tokenRequest(cred Credential) (*request, error) {
	id, secret, _ := strings.Cut(string(cred), ":")
	if id == "" || secret == "" {
		return nil, ErrNotPair
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	return &request{
		// One token more does no harm.
		Call:   Call{Operation: tokenOperation, Method: http.MethodPost, Repeatable: true, Errors: new(ErrorRule)},
		url:    a.TokenURL,
		header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
		body:   []byte(form.Encode()),
	}, nil
}

// A key identifies a credential in an organization without holding it.
type key struct {
	credential   marks.Mark
	organization string
	proof        bool // of a refusal that concerns proofs alone
}

func (k key) String() string { return string(k.credential[:]) + k.organization }

// maxAccounts is the size of each cache by account. It bounds the memory that guessed
// credentials can take.
const maxAccounts = 4096

func newCache[V any]() *lru.Cache[key, V] {
	cache, err := lru.New[key, V](maxAccounts)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return cache
}

// A refusal is how Suger refused a credential.
type refusal struct {
	fail  *Error // never changed
	until time.Time
}

// remember keeps for a while how Suger refuses an account. One that was good may be good
// again at the next call.
func (c *Client) remember(account key, fail *Error) {
	switch now, lately := c.accepts(account); {
	case now:
		c.accepted.Add(account, c.cfg.Now().Add(doubtFor))
	case !lately:
		c.refused.Add(account, refusal{fail, c.cfg.Now().Add(c.cfg.RefusedFor)})
	}
}

// remembered returns how Suger refused an account a moment ago, or nil.
func (c *Client) remembered(account key) *Error {
	if known, ok := c.refused.Get(account); ok && c.cfg.Now().Before(known.until) {
		return known.fail
	}
	return nil
}

func (c *Client) account(cred Credential, organization string) key {
	return key{credential: c.keys.Of(string(cred)), organization: organization}
}

// secrets returns the texts that no error message may have.
func (r *request) secrets() []string {
	_, token, _ := strings.Cut(r.presented, " ")
	_, half, _ := strings.Cut(string(r.credential), ":")
	all := []string{string(r.credential), token, half}
	for _, secret := range all {
		all = append(all, url.QueryEscape(secret))
	}
	return all
}

// presentable reports whether cred can be in a header at all.
func presentable(cred Credential) bool {
	const longest = 8 << 10
	return cred != "" && len(cred) <= longest && marks.Visible(string(cred))
}

func unauthorized(fail *Error) bool {
	return fail != nil && fail.Kind == Refused && fail.Status == http.StatusUnauthorized
}

// refused returns the failure of a request whose credential is not sent.
func (r *request) refused(err error) *Error {
	return &Error{Operation: r.Operation, Kind: Refused, Status: http.StatusUnauthorized, Err: err}
}

// mayBeGood reports whether to retry with a credential that Suger has just refused:
// its token may have expired early, and one of Suger's servers may not know an
// accepted key yet. It drops the refused token, but no newer one.
func (c *Client) mayBeGood(ctx context.Context, r *request) bool {
	if c.cfg.Auth.TokenURL != "" && r.presented != "" {
		if kept, ok := c.tokens.Peek(r.account); ok && kept.header == r.presented {
			c.tokens.Remove(r.account)
		}
		return true
	}
	now, lately := c.accepts(r.account)
	return r.Repeatable && (now || lately) && c.pause(ctx, 1, 0)
}

// doubtFor is how long after its first refusal a credential that was good is still sent: a
// refusal can be temporary, and removals wait for its end.
const doubtFor = time.Minute

// Accepted reports whether Suger accepts a credential, as far as is known, or did until a
// moment ago.
func (c *Client) Accepted(cred Credential, organization string) (now, lately bool) {
	return c.accepts(c.account(cred, organization))
}

func (c *Client) accepts(account key) (now, lately bool) {
	until, proven := c.accepted.Get(account)
	return proven && until.IsZero(), proven && c.cfg.Now().Before(until)
}

const (
	defaultLifetime = 5 * time.Minute  // of a token that comes without one
	maxLifetime     = 24 * time.Hour   // longer ones are reduced to it
	renewAgain      = 30 * time.Second // wait after a failed early renewal
)

// A token is renewed some time before it expires.
type token struct {
	header         string
	renew, expires time.Time
}

// present returns the value of the header that carries r's credential.
func (c *Client) present(ctx context.Context, r *request) (string, *Error) {
	if c.cfg.Auth.TokenURL == "" {
		return strings.TrimLeft(c.cfg.Auth.scheme()+" "+string(r.credential), " "), nil
	}
	ask, err := c.cfg.Auth.tokenRequest(r.credential)
	if err != nil {
		return "", r.refused(err)
	}
	kept, _ := c.tokens.Get(r.account)
	now := c.cfg.Now()
	if now.Before(kept.renew) {
		return kept.header, nil
	}
	// Callers without a token share one request, which does not end with the first of them,
	// and none waits while the current token is valid.
	ask.account = r.account
	renewed := c.flights.DoChan("token "+r.account.String(), func() (any, error) {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.Timeout)
		defer cancel()
		return c.renewToken(limited, ask)
	})
	if now.Before(kept.expires) {
		return kept.header, nil // is used until the next one arrives
	}
	select {
	case <-ctx.Done():
		return "", ask.ended(Unavailable, ctx.Err())
	case got := <-renewed:
		var cause *Error
		if !errors.As(got.Err, &cause) {
			return got.Val.(token).header, nil //nolint:forcetypeassert // renewToken returns nothing else
		}
		// A new error, since got is shared between callers. It is not uncertain, since the
		// call was not sent, and the token endpoint's unless the credential is refused.
		fail := &Error{Operation: tokenOperation, Kind: cause.Kind, Status: cause.Status, RetryAfter: cause.RetryAfter, Err: cause}
		if fail.Kind == Refused {
			fail.Operation = r.Operation
		}
		return "", fail
	}
}

// renewToken fetches a token. If that fails, a current one that is still valid is kept.
// Its error is an *Error without the token endpoint's words, since they may repeat what was
// sent. Only 400 and 401 are about the credential (RFC 6749 section 5.2).
func (c *Client) renewToken(ctx context.Context, ask *request) (any, error) {
	began := c.cfg.Now()
	kept, _ := c.tokens.Get(ask.account)
	if began.Before(kept.renew) {
		return kept, nil // another caller was faster
	}
	var fresh token
	answer, fail := c.send(ctx, ask)
	if fail == nil {
		var err error
		if fresh, err = readToken(answer.Body, began); err != nil {
			fail = ask.unreadable(answer.Status, err)
		}
	}
	if fail != nil {
		fail.Message, fail.Uncertain = "", false
		switch {
		case fail.Status == http.StatusBadRequest || fail.Status == http.StatusUnauthorized:
			fail.Status = http.StatusUnauthorized
		case fail.Kind == Refused:
			fail.Kind = Unavailable
		}
		if !began.Before(kept.expires) || fail.Kind == Refused {
			return nil, fail
		}
		fresh = kept
		fresh.renew = began.Add(min(renewAgain, kept.expires.Sub(began)))
	}
	c.tokens.Add(ask.account, fresh)
	return fresh, nil
}

func readToken(body []byte, began time.Time) (token, error) {
	var answer struct {
		Token    string `json:"access_token"`
		Lifetime any    `json:"expires_in"` // in seconds, perhaps in quotes; only recommended (RFC 6749 section 5.1)
	}
	if json.Unmarshal(body, &answer) != nil || !presentable(Credential(answer.Token)) {
		return token{}, errors.New("the answer has no usable token")
	}
	lifetime := defaultLifetime
	if seconds, _ := strconv.ParseFloat(fmt.Sprint(answer.Lifetime), 64); seconds > 0 {
		lifetime = time.Duration(min(seconds, maxLifetime.Seconds()) * float64(time.Second))
	}
	return token{header: "Bearer " + answer.Token, renew: began.Add(lifetime * 4 / 5), expires: began.Add(lifetime)}, nil
}
