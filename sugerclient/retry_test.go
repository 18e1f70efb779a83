package sugerclient

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadRetryAfter(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name, retryAfter string
		want             time.Duration
	}{
		{"none", "", 0},
		{"seconds", "7", 7 * time.Second},
		{"seconds with blanks", " 7 ", 7 * time.Second},
		{"zero", "0", 0},
		{"negative", "-7", 0},
		{"fraction is not in the standard", "1.5", 0},
		{"words", "soon", 0},
		{"absurd", "99999999999", 24 * time.Hour},
		{"beyond 64 bits", "99999999999999999999999", 0},
		{"date", "Mon, 04 May 2026 12:00:09 GMT", 9 * time.Second},
		{"date in the past", "Mon, 04 May 2026 11:00:00 GMT", 0},
		{"date far ahead", "Tue, 04 May 2027 12:00:00 GMT", 24 * time.Hour},
		{"date in the old form", "Monday, 04-May-26 12:00:09 GMT", 9 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{"Retry-After": {tt.retryAfter}}
			assert.Equal(t, tt.want, readRetryAfter(header, now))
		})
	}
}

func FuzzReadRetryAfter(f *testing.F) {
	for _, text := range []string{"", "7", "-1", "1e9", "99999999999", "Mon, 04 May 2026 12:00:09 GMT", "Mon, 04 May 0001 12:00:09 GMT"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, retryAfter string) {
		header := http.Header{"Retry-After": {retryAfter}}
		wait := readRetryAfter(header, time.Now())
		assert.True(t, wait >= 0 && wait <= maxRetryAfter, "%v", wait)
	})
}

func TestBackoffIsRandomDoublingAndCapped(t *testing.T) {
	client, _ := newClient(t, "http://127.0.0.1")
	for n, longest := range map[int]time.Duration{
		1: 200 * time.Millisecond, 2: 400 * time.Millisecond, 3: 800 * time.Millisecond, 6: 5 * time.Second, 1000: 5 * time.Second,
	} {
		waits := map[time.Duration]bool{}
		for range 50 {
			wait := client.wait(n, 0)
			assert.True(t, wait >= 0 && wait <= longest, "%v after sending %d", wait, n)
			waits[wait] = true
		}
		assert.Greater(t, len(waits), 10, "waits must differ")
	}
	assert.Equal(t, time.Minute, client.wait(1, time.Minute), "never less than Suger asks for")
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"seconds": say(429, ``, "Retry-After", "9"),
		"date":    say(503, ``, "Retry-After", time.Now().Add(9*time.Second).UTC().Format(http.TimeFormat)),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, answer, say(200, `[]`))
			client, clock := newClient(t, s.URL)
			_, err := client.Do(t.Context(), testKey, listUsers)
			require.NoError(t, err)
			require.Len(t, clock.sleeps(), 1)
			assert.InDelta(t, 9, clock.sleeps()[0].Seconds(), 1.1)
		})
	}
}

func TestNoWaitLongerThanTheBudget(t *testing.T) {
	tests := []struct {
		name       string
		retryAfter int           // seconds
		budget     time.Duration // 0 for none
		sendings   int
	}{
		{"fits", 20, 50 * time.Second, 3}, // 20 s, 20 s, and no third time
		{"does not fit", 60, 50 * time.Second, 1},
		{"fits exactly, so leaves no time for the call", 50, 50 * time.Second, 1},
		{"no deadline, short wait", 59, 0, 6},
		{"no deadline, long wait", 61, 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, say(429, `"slow down"`, "Retry-After", strconv.Itoa(tt.retryAfter)))
			client, clock := newClient(t, s.URL)
			ctx := t.Context()
			if tt.budget > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithDeadline(ctx, clock.Now().Add(tt.budget))
				defer cancel()
			}
			_, err := client.Do(ctx, testKey, listUsers)
			fail := failure(t, err)
			assert.Len(t, s.requests(), tt.sendings)
			assert.Equal(t, Throttled, fail.Kind)
			assert.Equal(t, "slow down", fail.Message)
			assert.Equal(t, time.Duration(tt.retryAfter)*time.Second, fail.RetryAfter)
		})
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, sleep(ctx, 0))
	cancel()
	require.ErrorIs(t, sleep(ctx, time.Hour), context.Canceled)
}
