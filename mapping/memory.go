package mapping

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"suger-scim-gateway/internal/marks"
)

// Bounds of what is remembered.
const (
	maxCallers  = 64      // organizations and credentials for which lists are held
	maxHeldRows = 300_000 // users in all lists that are held
	maxWrites   = 1 << 14 // users and roles whose last write is known
)

// A memory caches state between requests, separately for each organization and
// credential. It only saves calls: no answer depends on it.
type memory struct {
	ticker
	keys     *marks.Maker
	now      func() time.Time
	listTTL  time.Duration
	callers  *lru.Cache[callerKey, *lists]
	unproven *lru.Cache[callerKey, *lists]     // of credentials that Suger has not accepted yet
	writes   *lru.Cache[string, tick]          // last write, by what it was to
	counts   *lru.Cache[string, *atomic.Int64] // of writes, by organization
	doubted  *lru.Cache[string, time.Time]     // administrators of whom a change that takes them away may still take effect, by name

	lookupTTL time.Duration // 0 if switched off
	lookups   *lru.Cache[lookupKey, lookup]
}

// A callerKey identifies an organization and a credential, and reveals neither.
type callerKey = marks.Mark

// lists are those of one organization as one credential sees them.
type lists struct {
	users *feed[*snapshot]
	roles *feed[*catalogue]
	hint  atomic.Pointer[listHint]
}

// A lookupKey is an e-mail address in an organization.
type lookupKey struct {
	caller callerKey
	email  string // folded
}

type lookup struct {
	id    string
	until time.Time
}

func newMemory(config *Config) *memory {
	m := &memory{keys: marks.New(), now: config.Now, listTTL: config.ListTTL, lookupTTL: config.LookupTTL}
	m.callers = newCache(maxCallers, func(_ callerKey, s *lists) {
		s.users.retire()
		s.roles.retire()
	})
	m.unproven = newCache[callerKey, *lists](maxCallers, nil)
	m.writes = newCache[string, tick](maxWrites, nil)
	m.counts = newCache[string, *atomic.Int64](maxCallers, nil)
	m.doubted = newCache[string, time.Time](maxWrites, nil)
	m.lookups = newCache[lookupKey, lookup](max(config.LookupCache, 1), nil)
	if config.LookupCache <= 0 {
		m.lookupTTL = 0
	}
	return m
}

func newCache[K comparable, V any](size int, evicted func(K, V)) *lru.Cache[K, V] {
	cache, err := lru.NewWithEvict(size, evicted)
	if err != nil {
		panic(err) // only for a size that is not above 0
	}
	return cache
}

func (m *memory) key(c Caller) callerKey { return m.keys.Of(c.Organization, string(c.Credential)) }

// lists returns a caller's lists. Lists of an unproven credential do not replace
// those of a proven one, so that invented credentials cost others nothing.
func (m *memory) lists(key callerKey) *lists {
	if s, ok := m.callers.Get(key); ok {
		return s
	}
	keep := max(m.listTTL, time.Second)
	s := &lists{users: newFeed[*snapshot](&m.ticker, m.now, keep), roles: newFeed[*catalogue](&m.ticker, m.now, keep)}
	if old, there, _ := m.unproven.PeekOrAdd(key, s); there {
		return old
	}
	return s
}

// proven reports whether Suger has given a list to a caller.
func (m *memory) proven(key callerKey) bool { return m.callers.Contains(key) }

// filled records that Suger has given a list to a caller; its lists are kept from now
// on. The least recently used callers lose theirs if there are too many rows in all.
func (m *memory) filled(key callerKey, s *lists) {
	m.callers.ContainsOrAdd(key, s)
	m.unproven.Remove(key)
	rows := 0
	for _, one := range slices.Backward(m.callers.Values()) { // the least recently used one last
		if held := one.users.latest(); held != nil {
			rows += len(held.users)
		}
		if rows > maxHeldRows && one != s {
			one.users.forget(m.next())
		}
	}
}

// doubtLifetime is how long a change that Suger does not show may still take effect.
const doubtLifetime = 10 * time.Minute

// doubts reports whether an administrator may be none any more, although a list shows
// one: a change that takes them away was sent, and neither shown nor refused.
func (m *memory) doubts(name string) bool {
	since, there := m.doubted.Peek(name)
	return there && m.now().Sub(since) < doubtLifetime
}

// wrote records a write to these names of an organization, whether or not it succeeded:
// no earlier list can be used any more, with any credential.
func (m *memory) wrote(organization string, names ...string) {
	at := m.next()
	m.count(organization).Add(1)
	m.writes.Add(organizationName(organization), at)
	for _, name := range names {
		m.writes.Add(name, at)
	}
}

// count returns the number of writes to an organization.
func (m *memory) count(organization string) *atomic.Int64 {
	one := new(atomic.Int64)
	if old, there, _ := m.counts.PeekOrAdd(organization, one); there {
		return old
	}
	return one
}

func (m *memory) lastWrite(name string) tick {
	at, _ := m.writes.Peek(name)
	return at
}

func (m *memory) remember(key callerKey, email, id string) {
	if m.lookupTTL > 0 {
		// Cloned, as an address may be a part of a long filter.
		m.lookups.Add(lookupKey{key, strings.Clone(foldEmail(email))}, lookup{id: id, until: m.now().Add(m.lookupTTL)})
	}
}

// recall returns the hint for an address, or "".
func (m *memory) recall(key callerKey, email string) string {
	hint, ok := m.lookups.Get(lookupKey{key, foldEmail(email)})
	if !ok || m.now().After(hint.until) {
		return ""
	}
	return hint.id
}

// Names under which work is serialized and writes are noted.
func organizationName(organization string) string { return "organization " + organization }
func (s *suger) name(what string) string          { return what + " of " + s.Organization }
func (s *suger) userName(id string) string        { return s.name("user " + id) }
func (s *suger) addressName(email string) string  { return s.name("address " + foldEmail(email)) }
func (s *suger) roleName(id string) string        { return s.name("role " + id) }
func (s *suger) rolesName() string                { return s.name("roles") }
func (s *suger) administratorsName() string       { return s.name("administrators") }
