package sugerclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// An outcome is what came of sending a request once: an answer, or a failure
// and whether sending it again is safe and may help.
type outcome struct {
	answer *Answer
	fail   *Error
	again  bool
}

// send is the one place where requests are repeated.
func (c *Client) send(ctx context.Context, r *request, who *login) (*Answer, *Error) {
	uncertain := false
	for sendings := 1; ; sendings++ {
		got := c.sendOnce(ctx, r, who)
		if got.fail == nil {
			return got.answer, nil
		}
		uncertain = uncertain || got.fail.Uncertain
		got.fail.Uncertain = uncertain
		if !got.again || sendings >= c.cfg.Attempts {
			return nil, got.fail
		}
		wait := c.wait(sendings, got.fail.RetryAfter)
		if !c.fits(ctx, wait) {
			return nil, got.fail
		}
		if err := c.cfg.Sleep(ctx, wait); err != nil {
			stopped := stop(ctx, r.operation)
			stopped.Uncertain = uncertain
			return nil, stopped
		}
		c.retried(ctx, r.operation)
	}
}

// sendOnce holds a place in the credential's lane only while a call is in
// flight, not while it waits for its next try or for a token.
func (c *Client) sendOnce(ctx context.Context, r *request, who *login) outcome {
	if ctx.Err() != nil {
		return outcome{fail: stop(ctx, r.operation)}
	}
	header := ""
	if !r.anonymous {
		var fail *Error
		if header, fail = c.presented(ctx, who, r.operation); fail != nil {
			return outcome{fail: fail}
		}
		who.header = header
	}
	leave, err := c.gate.enter(ctx, who.lane)
	if err != nil {
		return outcome{fail: queued(r.operation, err)}
	}
	defer leave()
	began := c.cfg.Now()
	got, status := c.roundTrip(ctx, r, header, who)
	c.called(ctx, r.operation, status, c.cfg.Now().Sub(began))
	return got
}

// roundTrip sends r once and reads the whole answer. The status is 0 if there
// was none.
func (c *Client) roundTrip(ctx context.Context, r *request, header string, who *login) (outcome, int) {
	limited, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	// Until there is a connection, proxy and TLS included, nothing was sent.
	var sent atomic.Bool
	traced := httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	sending := c.rest.R().SetContext(traced).SetQueryParams(r.query)
	sending.Header = maps.Clone(r.header)
	if header != "" {
		sending.SetHeader(c.cfg.Auth.header(), header) // last, so that it always wins
	}
	if r.body != nil {
		sending.SetBody(r.body)
	}
	resp, err := sending.Execute(r.method, r.url)
	if err != nil {
		return unanswered(ctx, r, sent.Load(), err), 0
	}
	defer resp.RawBody().Close()
	return c.readAnswer(ctx, r, resp.RawResponse, who), resp.StatusCode()
}

// unanswered sorts a request that got no answer, or not all of it.
func unanswered(ctx context.Context, r *request, sent bool, err error) outcome {
	uncertain := sent && !r.isRead()
	if ctx.Err() != nil {
		fail := stop(ctx, r.operation)
		fail.Uncertain = uncertain
		return outcome{fail: fail}
	}
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err // the URL holds ids
	}
	var untrusted *tls.CertificateVerificationError
	return outcome{
		fail:  &Error{Operation: r.operation, Kind: Unavailable, Uncertain: uncertain, Err: err},
		again: (r.repeatable || !sent) && !errors.As(err, &untrusted),
	}
}

// stop says why a context ended.
func stop(ctx context.Context, operation string) *Error {
	err := ctx.Err()
	if errors.Is(err, context.Canceled) {
		return &Error{Operation: operation, Kind: Canceled, Err: err}
	}
	return &Error{Operation: operation, Kind: Unavailable, Err: err}
}

// queued says why a call got no place in its lane: err is as from gate.enter.
func queued(operation string, err error) *Error {
	fail := &Error{Operation: operation, Kind: Throttled, Err: fmt.Errorf("waiting for earlier calls: %w", err)}
	if errors.Is(err, context.Canceled) {
		fail.Kind = Canceled
	}
	return fail
}
