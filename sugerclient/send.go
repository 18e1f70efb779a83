package sugerclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// send is the one place where requests are retried. resty's own retries know
// neither the credential's place in the queue, nor an answer that breaks off, nor
// what is left of the caller's time.
func (c *Client) send(ctx context.Context, r *request, who *login) (*Answer, *Error) {
	uncertain := false
	for attempt := 1; ; attempt++ {
		answer, fail := c.sendOnce(ctx, r, who)
		if fail == nil {
			return answer, nil
		}
		uncertain = uncertain || fail.Uncertain
		if fail.retryable && attempt < c.cfg.Attempts {
			if c.pause(ctx, attempt, fail.RetryAfter) {
				c.retried(ctx, r.Operation)
				continue
			}
			if err := ctx.Err(); err != nil {
				fail = ended(r.Operation, Unavailable, err)
			}
		}
		fail.Uncertain, fail.retryable = uncertain, false
		return nil, fail
	}
}

// sendOnce sends r and reads the whole answer. It holds a place among the
// credential's calls only while a call is in flight, not while it waits for its
// next try or for a token.
func (c *Client) sendOnce(ctx context.Context, r *request, who *login) (*Answer, *Error) {
	if err := ctx.Err(); err != nil {
		return nil, ended(r.Operation, Unavailable, err)
	}
	if !r.anonymous {
		header, fail := c.presented(ctx, who, r.Operation)
		if fail != nil {
			return nil, fail
		}
		who.header = header
	}
	leave, err := c.gate.enter(ctx, who.account.credential)
	if err != nil {
		return nil, ended(r.Operation, Throttled, fmt.Errorf("waiting for earlier calls: %w", err))
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
	if who.header != "" {
		sending.SetHeader(c.cfg.Auth.header(), who.header) // last, so that it always wins
	}
	if r.body != nil {
		sending.SetBody(r.body)
	}
	resp, err := sending.Execute(r.Method, r.url)
	if err != nil {
		return nil, unanswered(ctx, r, sent.Load(), err)
	}
	defer resp.RawBody().Close()
	status = resp.StatusCode()
	return c.readAnswer(ctx, r, resp.RawResponse, who)
}

// unanswered is the failure of a request that got no answer, or not all of it.
func unanswered(ctx context.Context, r *request, sent bool, err error) *Error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err // the URL holds ids
	}
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		err = errors.New("the transport canceled the request") // not the caller, who still waits
	}
	var untrusted *tls.CertificateVerificationError
	fail := ended(r.Operation, Unavailable, cmp.Or(ctx.Err(), err))
	fail.Uncertain = sent && !r.isRead()
	fail.retryable = ctx.Err() == nil && (r.Repeatable || !sent) && !errors.As(err, &untrusted)
	return fail
}

// ended is the failure of a call that err ended: of a kind, unless the caller gave
// up.
func ended(operation string, kind Kind, err error) *Error {
	if errors.Is(err, context.Canceled) {
		kind = Canceled
	}
	return &Error{Operation: operation, Kind: kind, Err: err}
}
