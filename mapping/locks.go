package mapping

import (
	"context"
	"slices"
	"sync"
)

// locks serializes work by name: of claims that conflict, the earlier one goes first.
type locks struct {
	mu     sync.Mutex
	claims []*claim // granted or waiting, oldest first
}

// A claim is what one change locks: some names of an organization, or all of it.
type claim struct {
	organization string
	exclusive    bool
	names        []string // sorted
	released     chan struct{}
}

func (c *claim) has(name string) bool {
	_, found := slices.BinarySearch(c.names, name)
	return found
}

func (c *claim) conflicts(other *claim) bool {
	return c.organization == other.organization &&
		(c.exclusive || other.exclusive || slices.ContainsFunc(other.names, c.has))
}

// acquire waits until no earlier claim conflicts with c, or the context ends. Its owner must
// not hold another claim.
func (l *locks) acquire(ctx context.Context, c *claim) error {
	slices.Sort(c.names)
	c.released = make(chan struct{})
	l.mu.Lock()
	earlier := slices.DeleteFunc(slices.Clone(l.claims), func(one *claim) bool { return !one.conflicts(c) })
	l.claims = append(l.claims, c)
	l.mu.Unlock()
	for _, one := range earlier {
		select {
		case <-one.released:
		case <-ctx.Done():
			l.release(c)
			return ctx.Err()
		}
	}
	return nil
}

// release releases a claim, once; nil is no claim.
func (l *locks) release(c *claim) {
	if c == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.claims = slices.DeleteFunc(l.claims, func(one *claim) bool { return one == c })
	close(c.released)
}
