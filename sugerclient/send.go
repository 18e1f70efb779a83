package sugerclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// send is the one place where requests are retried. resty's own retries know
// neither the credential's place in the queue, nor an answer that breaks off, nor
// what is left of the caller's time.
func (c *Client) send(ctx context.Context, r *request) (*Answer, *Error) {
	uncertain := false
	for attempt := 1; ; attempt++ {
		answer, fail := c.sendOnce(ctx, r)
		if fail == nil {
			return answer, nil
		}
		uncertain = uncertain || fail.Uncertain
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

// sendOnce sends r and reads the whole answer. It holds a place among the
// credential's calls only while a call is in flight, not while it waits for its
// next try or for a token.
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
	defer func(began time.Time) { c.called(ctx, r.Operation, status, c.cfg.Now().Sub(began)) }(c.cfg.Now())
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

// unanswered is the failure of a request that got no answer, or not all of it.
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

// ended is the failure of a call that err ended: of a kind, unless the caller gave
// up.
func (r *request) ended(kind Kind, err error) *Error {
	if errors.Is(err, context.Canceled) {
		kind = Canceled
	}
	return &Error{Operation: r.Operation, Kind: kind, Err: err}
}

const (
	// maxBackoff is the longest wait that Suger did not ask for.
	maxBackoff = 5 * time.Second
	// maxRetryAfter is the longest Retry-After; more is cut to it.
	maxRetryAfter = 24 * time.Hour
	// maxUnboundedWait is the longest wait of a call whose context has no deadline.
	maxUnboundedWait = time.Minute
)

// wait is how long to wait after the n-th attempt: a random part of a doubling
// time, so that many calls do not retry at once, but never less than Suger
// asks for.
func (c *Client) wait(n int, retryAfter time.Duration) time.Duration {
	longest := c.cfg.Backoff
	for ; n > 1 && longest < maxBackoff; n-- {
		longest *= 2
	}
	return max(c.cfg.Spread(min(longest, maxBackoff)), retryAfter)
}

// pause waits after the n-th attempt. It reports whether another one has time; if
// not, it returns at once, or when ctx ends.
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
// A date is compared with the answer's own Date if it has one, since the two
// clocks may differ.
func readRetryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 64); err == nil {
		if seconds > uint64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}

func sleep(ctx context.Context, d time.Duration) error {
	slept, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-slept.Done()
	return ctx.Err()
}
