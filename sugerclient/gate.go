package sugerclient

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"

	"suger-scim-gateway/internal/marks"
)

// maxLanes is how many credentials may have calls at once.
const maxLanes = 10_000

var errGateFull = errors.New("too many credentials in use at once")

// A gate limits the calls in flight per credential. Suger has no published rate
// limit but advises clients to cap their concurrency. Waiting calls are served in
// order.
type gate struct {
	width int64
	mu    sync.Mutex
	lanes map[marks.Mark]*lane
}

type lane struct {
	places *semaphore.Weighted
	users  int // calls in flight and waiting; an idle lane is dropped
}

func newGate(width int) *gate {
	return &gate{width: int64(width), lanes: make(map[marks.Mark]*lane)}
}

// enter waits for a place in k's lane. leave must be called once unless err is
// set, which is errGateFull or ctx.Err().
func (g *gate) enter(ctx context.Context, k marks.Mark) (leave func(), err error) {
	l, err := g.join(k)
	if err != nil {
		return nil, err
	}
	if err := l.places.Acquire(ctx, 1); err != nil {
		g.quit(k, l)
		return nil, err
	}
	return func() {
		l.places.Release(1)
		g.quit(k, l)
	}, nil
}

func (g *gate) join(k marks.Mark) (*lane, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lanes[k]
	if l == nil {
		if len(g.lanes) >= maxLanes {
			return nil, errGateFull
		}
		l = &lane{places: semaphore.NewWeighted(g.width)}
		g.lanes[k] = l
	}
	l.users++
	return l, nil
}

func (g *gate) quit(k marks.Mark, l *lane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(g.lanes, k)
	}
}
