package sugerclient

import (
	"context"
	"sync/atomic"
	"time"
)

// Stats counts the calls to Suger for one SCIM request, for its log line. It may be
// read during calls.
type Stats struct{ calls, retries atomic.Int64 }

// Calls is the number of HTTP requests made, retries and token requests
// included.
func (s *Stats) Calls() int64 { return s.calls.Load() }

// Retries is the number of retries among them.
func (s *Stats) Retries() int64 { return s.retries.Load() }

type statsKey struct{}

// WithStats returns a context whose calls are counted in the Stats beside it.
func WithStats(ctx context.Context) (context.Context, *Stats) {
	stats := new(Stats)
	return context.WithValue(ctx, statsKey{}, stats), stats
}

func (c *Client) called(ctx context.Context, operation string, status int, elapsed time.Duration) {
	if stats, ok := ctx.Value(statsKey{}).(*Stats); ok {
		stats.calls.Add(1)
	}
	if c.cfg.Observer != nil {
		c.cfg.Observer.Called(operation, status, elapsed)
	}
}

func (c *Client) retried(ctx context.Context, operation string) {
	if stats, ok := ctx.Value(statsKey{}).(*Stats); ok {
		stats.retries.Add(1)
	}
	if c.cfg.Observer != nil {
		c.cfg.Observer.Retried(operation)
	}
}
