package sugerclient

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

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
	return c.fits(ctx, wait) && c.cfg.Sleep(ctx, wait) == nil
}

func spread(longest time.Duration) time.Duration {
	return rand.N(longest + 1) //nolint:gosec // spreads calls, hides nothing
}

// fits reports whether the context leaves time for a call after wait.
func (c *Client) fits(ctx context.Context, wait time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return wait <= maxUnboundedWait
	}
	return c.cfg.Now().Add(wait).Before(deadline)
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
