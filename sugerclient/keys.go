package sugerclient

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"suger-scim-gateway/internal/marks"
)

// A key identifies a credential in an organization, in the maps that outlive a
// call, so that none of them holds a credential.
type key struct {
	credential   marks.Mark
	organization string
}

// maxAccounts is how many accounts are remembered as proven, as refused, which
// bounds what guessing credentials can cost, and with a token.
const maxAccounts = 4096

func newCache[V any]() *lru.Cache[key, V] {
	cache, err := lru.New[key, V](maxAccounts)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return cache
}

// A refusal is the memory of a credential that Suger answered with 401.
type refusal struct {
	until   time.Time
	message string
}

// A login carries a credential through one Do.
type login struct {
	credential Credential
	account    key
	header     string // value of the credential's header that was sent last
}

func (c *Client) login(cred Credential, organization string) *login {
	return &login{credential: cred, account: key{c.keys.Of(string(cred)), organization}}
}

// secrets are what must not appear in an error message: the credential, its
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

// presentable reports whether cred can be in a header at all.
func presentable(cred Credential) bool {
	const longest = 8 << 10
	return cred != "" && len(cred) <= longest && !strings.ContainsFunc(string(cred), func(r rune) bool { return r <= ' ' || r > '~' })
}

func unauthorized(fail *Error) bool {
	return fail != nil && fail.Kind == Refused && fail.Status == http.StatusUnauthorized
}

// mayBeGood reports whether a credential that Suger has just refused is worth
// another try: its token may have ended early, and a key that Suger accepted before
// may have met a server that does not know it yet.
func (c *Client) mayBeGood(ctx context.Context, r *request, who *login) bool {
	if _, isKey := c.cfg.Auth.(KeyAuth); !isKey && c.dropToken(who) {
		return true
	}
	return r.Repeatable && c.proven.Contains(who.account) && c.pause(ctx, 1, 0)
}

// doubtFor is how long after its first refusal a credential that was good is sent
// with every call: a refusal can be temporary, and removals wait for its end.
const doubtFor = time.Minute

// inDoubt reports whether a credential that Suger has just refused was good so
// recently that it may be again at the next call.
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
