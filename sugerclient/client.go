// Package sugerclient calls Suger's REST API: it presents the credential, limits
// the calls in flight, retries calls that may be retried, pages through lists, and
// classifies failures. It knows nothing about users, roles or SCIM; the mapping
// defines the calls.
//
// Start with [New]; [Client.Do] makes one [Call], [Client.List] reads a list.
// Every error of theirs is an [*Error]; [Error.Brief] is its text for a log.
package sugerclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/throttle"
)

// A Client calls one Suger for any number of credentials. It is safe for
// concurrent use.
type Client struct {
	cfg       Config
	base      string // without trailing slash
	maxAnswer int64  // largest answer in bytes, after decompression
	rest      *resty.Client
	keys      *marks.Maker
	gate      *throttle.Quota[marks.Mark] // calls in flight
	refused   *lru.Cache[key, refusal]    // accounts that Suger refused a moment ago
	accepted  *lru.Cache[key, time.Time]  // accounts that Suger has accepted; zero, or until when one that it refuses now may still be good
	tokens    *lru.Cache[key, token]      // that credentials were exchanged for, in memory only
	flights   singleflight.Group          // renewals of tokens, and proofs
}

// New returns a Client, or an error that says what is wrong with cfg.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := CheckURL(cfg.BaseURL); err != nil {
		return nil, fmt.Errorf("sugerclient: the base URL %w", err)
	}
	if err := CheckURL(cfg.Auth.TokenURL); err != nil && cfg.Auth.TokenURL != "" {
		return nil, fmt.Errorf("sugerclient: the token URL %w", err)
	}
	return &Client{
		cfg:       cfg,
		base:      strings.TrimRight(cfg.BaseURL, "/"),
		maxAnswer: defaultMaxAnswer,
		rest:      newREST(cfg.Transport, cfg.UserAgent),
		keys:      marks.New(),
		gate:      throttle.NewQuota[marks.Mark](maxCalls, int64(cfg.Concurrency)),
		refused:   newCache[refusal](),
		accepted:  newCache[time.Time](),
		tokens:    newCache[token](),
	}, nil
}

// Do makes call on behalf of cred and returns Suger's answer, status 2xx. It waits
// for a free place among the credential's calls in flight, and retries the call
// where that is safe, all within ctx's deadline: if the next wait does not fit, it
// returns the latest failure at once. The error is an *Error.
func (c *Client) Do(ctx context.Context, cred Credential, call Call) (*Answer, error) {
	r, err := c.newRequest(cred, call)
	if err != nil {
		return nil, &Error{Operation: call.Operation, Kind: Invalid, Err: err}
	}
	if err := r.follow(call.link); err != nil {
		return nil, r.unreadable(0, err)
	}
	if !presentable(cred) {
		return nil, r.refused(errMalformed)
	}
	if known := c.remembered(r.account); known != nil {
		return nil, &Error{Operation: r.Operation, Kind: Refused, Status: known.Status, Message: known.Message, Err: known.Err}
	}
	answer, fail := c.send(ctx, r)
	if fail == nil {
		c.accepted.Add(r.account, time.Time{})
		return answer, nil
	}
	if unauthorized(fail) {
		c.remember(r.account, fail)
	}
	return nil, fail
}

// A Config is the configuration of a Client. Zero fields have the stated
// default.
type Config struct {
	BaseURL     string        // http or https, host, optional path prefix; required
	Auth        Auth          // how a credential is presented
	UserAgent   string        // "suger-scim-gateway"
	Timeout     time.Duration // of one attempt, answer included; 10s
	Concurrency int           // calls in flight per credential; 8

	// A call is sent at most Attempts times (6), and as often again after one 401. The
	// wait before the n-th retry is random, at most Backoff (200ms) doubled n-1 times.
	Attempts int
	Backoff  time.Duration

	// RefusedFor is how long a credential that Suger answered with 401 is
	// refused without another call; 5s, negative for never.
	RefusedFor time.Duration

	Observer Observer // gets each call; none

	// Transport sends the calls; nil for the network. Tests use a Suger in memory.
	Transport http.RoundTripper

	// The clock, and the choice of a wait from nothing to the longest one; at random.
	Now    func() time.Time
	Sleep  func(context.Context, time.Duration) error
	Spread func(longest time.Duration) time.Duration
}

// An Observer receives events, for metrics, from several goroutines.
type Observer interface {
	// Called reports an HTTP request: its status, 0 without an answer, and the time
	// it took, without the wait in the client's queue.
	Called(operation string, status int, elapsed time.Duration)
	// Retried reports a retry.
	Retried(operation string)
}

type silent struct{}

func (silent) Called(string, int, time.Duration) {}
func (silent) Retried(string)                    {}

const (
	defaultConcurrency = 8
	defaultMaxAnswer   = 32 << 20
	maxCalls           = 10_000 // in flight for all credentials together
)

func (cfg Config) withDefaults() Config {
	cfg.UserAgent = cmp.Or(cfg.UserAgent, "suger-scim-gateway")
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.Concurrency = cmp.Or(cfg.Concurrency, defaultConcurrency)
	cfg.Attempts = cmp.Or(cfg.Attempts, 6)
	cfg.Backoff = cmp.Or(cfg.Backoff, 200*time.Millisecond)
	cfg.RefusedFor = cmp.Or(cfg.RefusedFor, 5*time.Second)
	cfg.Observer = cmp.Or[Observer](cfg.Observer, silent{})
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	if cfg.Spread == nil {
		cfg.Spread = spread
	}
	if cfg.Transport == nil {
		cfg.Transport = newTransport(cfg.Concurrency)
	}
	return cfg
}

// CheckURL returns what is wrong with a URL to which paths are added, if anything, without
// the URL: it may contain a password.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#") {
		return errors.New("is not https:// or http://, a host and perhaps a path, nothing else")
	}
	return nil
}

const (
	dialTimeout      = 5 * time.Second
	idleTimeout      = 90 * time.Second
	minIdleConns     = 64 // several credentials share the one host
	maxHeaderBytes   = 64 << 10
	pingAfterSilence = 15 * time.Second // detects a dead HTTP/2 connection
)

func newTransport(concurrency int) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfterSilence, PingTimeout: dialTimeout},
		MaxIdleConnsPerHost:    max(concurrency, minIdleConns), // for all calls in flight
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// newREST returns a resty client that never follows a redirect, which could send
// the credential to another host, and has no cookies, which credentials would
// share. It does not parse answers: resty reads some that are not JSON as empty.
// Its retries are off, since they would repeat a POST.
func newREST(transport http.RoundTripper, userAgent string) *resty.Client {
	return resty.NewWithClient(&http.Client{
		Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}).SetDoNotParseResponse(true).SetHeader("User-Agent", userAgent)
}

// Stats counts the calls to Suger for one SCIM request, for its log line.
type Stats struct{ calls atomic.Int64 }

// Calls returns the number of HTTP requests so far, with retries and token requests.
func (s *Stats) Calls() int64 { return s.calls.Load() }

type statsKey struct{}

// WithStats returns a context whose calls are counted in the Stats beside it.
func WithStats(ctx context.Context) (context.Context, *Stats) {
	stats := new(Stats)
	return context.WithValue(ctx, statsKey{}, stats), stats
}

// send is the only place that retries: resty does not know the credential's queue,
// truncated answers, or the caller's remaining time.
func (c *Client) send(ctx context.Context, r *request) (*Answer, *Error) {
	uncertain, refused := false, false
	for attempt := 1; ; attempt++ {
		answer, fail := c.sendOnce(ctx, r)
		if fail == nil {
			answer.Repeated = uncertain
			return answer, nil
		}
		uncertain = uncertain || fail.Uncertain
		if unauthorized(fail) && !refused && r.credential != "" && c.mayBeGood(ctx, r) {
			refused, attempt = true, 0
			c.cfg.Observer.Retried(r.Operation)
			continue
		}
		if fail.retryable && attempt < c.cfg.Attempts {
			if c.pause(ctx, attempt, fail.RetryAfter) {
				c.cfg.Observer.Retried(r.Operation)
				continue
			}
			if err := ctx.Err(); err != nil {
				fail = r.ended(Unavailable, err)
			}
		}
		fail.Uncertain, fail.retryable = uncertain, false
		return nil, fail
	}
}

// sendOnce sends r and reads the whole answer. It counts against the
// credential's concurrency only while a call is in flight, not while it waits
// for its next attempt or for a token.
func (c *Client) sendOnce(ctx context.Context, r *request) (*Answer, *Error) {
	if err := ctx.Err(); err != nil {
		return nil, r.ended(Unavailable, err)
	}
	if r.credential != "" {
		value, fail := c.present(ctx, r)
		if fail != nil {
			return nil, fail
		}
		r.presented = value
	}
	leave, err := c.gate.Wait(ctx, r.account.credential, 1)
	if err != nil {
		return nil, r.ended(Throttled, fmt.Errorf("waiting for earlier calls: %w", err))
	}
	defer leave()
	status := 0 // without an answer
	defer func(began time.Time) {
		if stats, ok := ctx.Value(statsKey{}).(*Stats); ok {
			stats.calls.Add(1)
		}
		c.cfg.Observer.Called(r.Operation, status, c.cfg.Now().Sub(began))
	}(c.cfg.Now())
	limited, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	// Until there is a connection, proxy and TLS included, nothing was sent.
	var sent atomic.Bool
	traced := httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	sending := c.rest.R().SetContext(traced).SetQueryParams(r.Query)
	sending.Header = maps.Clone(r.header)
	if r.presented != "" {
		sending.SetHeader(c.cfg.Auth.header(), r.presented) // last, so that it always wins
	}
	if r.body != nil {
		sending.SetBody(r.body)
	}
	resp, err := sending.Execute(r.Method, r.url)
	if err != nil {
		return nil, r.unanswered(ctx, sent.Load(), err)
	}
	defer resp.RawBody().Close()
	status = resp.StatusCode()
	return c.readAnswer(ctx, r, resp.RawResponse)
}

// unanswered returns the error of a request that got no complete answer.
func (r *request) unanswered(ctx context.Context, sent bool, err error) *Error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err // the URL holds ids
	}
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		err = errors.New("the transport canceled the request") // not the caller, who still waits
	}
	var untrusted *tls.CertificateVerificationError
	fail := r.ended(Unavailable, cmp.Or(ctx.Err(), err))
	fail.Uncertain = sent && !r.isRead()
	fail.retryable = ctx.Err() == nil && (r.Repeatable || !sent) && !errors.As(err, &untrusted)
	return fail
}

// ended returns the error of a call that err ended.
func (r *request) ended(kind Kind, err error) *Error {
	if errors.Is(err, context.Canceled) {
		kind = Canceled
	}
	return &Error{Operation: r.Operation, Kind: kind, Err: err}
}

const (
	maxBackoff       = 5 * time.Second // the longest wait that Suger did not ask for
	maxRetryAfter    = 24 * time.Hour  // longer ones are reduced to it
	maxUnboundedWait = time.Minute     // of a call whose context has no deadline
)

// wait returns how long to wait after the n-th attempt: at random, so that many calls do
// not retry at once, but never less than Suger asks for.
func (c *Client) wait(n int, retryAfter time.Duration) time.Duration {
	longest := min(c.cfg.Backoff<<min(n-1, 16), maxBackoff) // 16, so that it does not overflow
	return max(c.cfg.Spread(longest), retryAfter)
}

// pause waits after the n-th attempt, and reports whether another one has time; if not, it
// does not wait.
func (c *Client) pause(ctx context.Context, n int, retryAfter time.Duration) bool {
	wait := c.wait(n, retryAfter)
	deadline, ok := ctx.Deadline()
	fits := c.cfg.Now().Add(wait).Before(deadline)
	if !ok {
		fits = wait <= maxUnboundedWait
	}
	return fits && ctx.Err() == nil && c.cfg.Sleep(ctx, wait) == nil
}

func spread(longest time.Duration) time.Duration {
	return rand.N(longest + 1) //nolint:gosec // spreads calls, hides nothing
}

// readRetryAfter parses Retry-After (RFC 9110 section 10.2.3): seconds, or a date.
func readRetryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}

func sleep(ctx context.Context, d time.Duration) error {
	slept, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-slept.Done()
	return ctx.Err()
}
