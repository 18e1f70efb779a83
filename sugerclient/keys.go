package sugerclient

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"suger-scim-gateway/internal/marks"
)

// A key identifies a credential, and an organization where that matters, in the
// maps that outlive a call, so that none of them holds a credential.
type key struct {
	credential   marks.Mark
	organization string
}

// maxProven is how many accounts with a valid credential are remembered.
const maxProven = 4096

// maxRefusals bounds the memory that guessing credentials can use.
const maxRefusals = 4096

// refusals remembers the credentials that Suger recently answered with 401.
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
