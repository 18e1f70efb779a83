package throttle_test

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/throttle"
)

func TestThrottle(t *testing.T) {
	clock := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	limit := throttle.New(throttle.Limit{Failures: 3, Window: time.Minute}, func() time.Time { return clock })
	guesser, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")

	for range 2 {
		limit.Fail(guesser)
		assert.Zero(t, limit.Wait(guesser), "below the limit")
	}
	clock = clock.Add(20 * time.Second)
	limit.Fail(guesser)
	assert.Equal(t, 40*time.Second, limit.Wait(guesser), "until the window of the first failure ends")
	assert.Zero(t, limit.Wait(other), "others are not concerned")
	assert.Equal(t, 40*time.Second, limit.Wait(netip.MustParseAddr("::ffff:192.0.2.1")), "the same address in IPv6 form")

	limit.Fail(guesser)
	assert.Equal(t, 40*time.Second, limit.Wait(guesser), "a failure while it waits does not prolong it")
	clock = clock.Add(40 * time.Second)
	assert.Zero(t, limit.Wait(guesser), "a window later")
	limit.Fail(guesser)
	assert.Zero(t, limit.Wait(guesser), "counted anew")
}

func TestOneIPv6NetworkIsOneClient(t *testing.T) {
	limit := throttle.New(throttle.Limit{Failures: 2, Window: time.Minute}, time.Now)
	limit.Fail(netip.MustParseAddr("2001:db8::1"))
	limit.Fail(netip.MustParseAddr("2001:db8::2"))
	assert.Positive(t, limit.Wait(netip.MustParseAddr("2001:db8:0:0:ffff::3")))
	assert.Zero(t, limit.Wait(netip.MustParseAddr("2001:db8:0:1::1")))
}

// A guesser with many addresses cannot make the table grow.
func TestTableIsBounded(t *testing.T) {
	limit := throttle.New(throttle.Limit{Failures: 1, Window: time.Hour}, time.Now)
	first := netip.MustParseAddr("10.0.0.0")
	client := first
	for range 10_000 {
		limit.Fail(client)
		client = client.Next()
	}
	assert.Positive(t, limit.Wait(first), "as many as there is room for")
	limit.Fail(client)
	assert.Zero(t, limit.Wait(first.Next()), "the one that was quiet longest made room")
	assert.Positive(t, limit.Wait(client))
}

func TestNoLimit(t *testing.T) {
	for _, none := range []throttle.Limit{{}, {Failures: 1}, {Window: time.Minute}} {
		limit := throttle.New(none, time.Now)
		assert.Nil(t, limit)
		limit.Fail(netip.Addr{})
		assert.Zero(t, limit.Wait(netip.Addr{}))
	}
}

func TestAnUnknownAddressIsOneClient(t *testing.T) {
	limit := throttle.New(throttle.Limit{Failures: 1, Window: time.Minute}, time.Now)
	limit.Fail(netip.Addr{})
	assert.Positive(t, limit.Wait(netip.Addr{}))
}

func TestManyAtOnce(t *testing.T) {
	limit := throttle.New(throttle.Limit{Failures: 100, Window: time.Hour}, time.Now)
	client := netip.MustParseAddr("192.0.2.1")
	var wait sync.WaitGroup
	for range 100 {
		wait.Go(func() {
			limit.Fail(client)
			limit.Wait(client)
		})
	}
	wait.Wait()
	assert.Positive(t, limit.Wait(client))
}

// Attempts under way count as if they had failed.
func TestReserve(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	limit := throttle.New(throttle.Limit{Failures: 3, Window: time.Minute}, func() time.Time { return now })
	client := netip.MustParseAddr("192.0.2.1")
	first, second, third, fourth := marks.Mark{1}, marks.Mark{2}, marks.Mark{3}, marks.Mark{4}
	limit.Fail(client)
	assert.True(t, limit.Begin(client, first))
	assert.True(t, limit.Begin(client, second))
	assert.False(t, limit.Begin(client, third), "three would be four")
	assert.True(t, limit.Begin(client, second), "the same token is one attempt")
	assert.Zero(t, limit.Wait(client), "none of them has failed yet")
	limit.End(client, first, false)
	assert.True(t, limit.Begin(client, third))
	limit.End(client, second, true)
	limit.End(client, second, true)
	assert.Zero(t, limit.Wait(client), "a wrong token counts once")
	assert.False(t, limit.Begin(client, fourth))
	limit.End(client, third, true)
	assert.Equal(t, time.Minute, limit.Wait(client))
	assert.False(t, limit.Begin(client, first))
	now = now.Add(time.Minute)
	assert.True(t, limit.Begin(client, first), "the window has passed")
}

func TestTurns(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	limit := throttle.New(throttle.Limit{Failures: 1, Window: time.Minute}, func() time.Time { return now })
	client, wrong := netip.MustParseAddr("192.0.2.1"), marks.Mark{100}
	assert.True(t, limit.Begin(client, wrong))
	limit.End(client, wrong, true)
	_, ok := limit.Turn(client, wrong)
	assert.False(t, ok, "it is known to be wrong")
	for n := range 5 {
		wait, ok := limit.Turn(client, marks.Mark{byte(n)})
		assert.True(t, ok)
		assert.Equal(t, time.Duration(n)*time.Second, wait)
	}
	_, ok = limit.Turn(client, marks.Mark{5})
	assert.False(t, ok, "the queue is full")
	now = now.Add(2 * time.Second)
	wait, ok := limit.Turn(client, marks.Mark{5})
	assert.True(t, ok)
	assert.Equal(t, 3*time.Second, wait)
}
