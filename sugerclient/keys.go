package sugerclient

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"suger-scim-gateway/internal/marks"
)

// A key stands for a credential, in an organization where that matters, in what
// is kept between calls, so that no map holds a credential longer than the call
// does.
type key struct {
	credential   marks.Mark
	organization string
}

// maxProven bounds how many accounts are known to be good.
const maxProven = 4096

// maxRefusals bounds the memory a guesser of credentials can take.
const maxRefusals = 4096

// refusals remembers which credentials Suger has just answered with 401.
type refusals struct {
	lasting time.Duration
	now     func() time.Time
	known   *lru.Cache[key, refusal]
}

type refusal struct {
	until   time.Time
	message string
}

func newRefusals(lasting time.Duration, now func() time.Time) *refusals {
	return &refusals{lasting: lasting, now: now, known: newCache[refusal](maxRefusals)}
}

func (r *refusals) remember(account key, message string) {
	if r.lasting > 0 {
		r.known.Add(account, refusal{until: r.now().Add(r.lasting), message: message})
	}
}

func (r *refusals) recall(account key) (message string, known bool) {
	found, ok := r.known.Get(account)
	if !ok || !r.now().Before(found.until) {
		return "", false
	}
	return found.message, true
}

func newCache[V any](size int) *lru.Cache[key, V] {
	cache, err := lru.New[key, V](size)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return cache
}
