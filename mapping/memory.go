package mapping

import (
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"suger-scim-gateway/internal/marks"
)

// shelfLimit bounds for how many organizations and credentials lists are held.
const shelfLimit = 64

// fresh is how old a list may be that something is decided on.
var fresh = limit{age: freshAge}

const freshAge = time.Second

// A memory is what the process remembers between requests. It only saves calls:
// everything in it is checked against Suger or was complete at most ListTTL ago, and
// it is kept apart by organization and credential.
type memory struct {
	keys     *marks.Maker
	now      func() time.Time
	listTTL  time.Duration
	shelves  *lru.Cache[shelfKey, *shelf]
	unproven *lru.Cache[shelfKey, *shelf] // of credentials that Suger has not accepted yet

	ledger *ledger

	lookupTTL time.Duration
	lookups   *lru.Cache[lookupKey, lookup] // nil if switched off
}

// A shelfKey stands for an organization and a credential, and tells neither.
type shelfKey = marks.Mark

// A shelf holds the lists of one organization as one credential sees them.
type shelf struct {
	users shared[*userSet]
	roles shared[*catalogue]
}

// A lookupKey is an e-mail address in an organization.
type lookupKey struct {
	shelf shelfKey
	email string // folded
}

// A lookup is a hint that an address belongs to a user.
type lookup struct {
	id    string
	until time.Time
}

func newMemory(config *Config) (*memory, error) {
	m := &memory{keys: marks.New(), now: config.Now, listTTL: config.ListTTL, lookupTTL: config.LookupTTL}
	var err error
	if m.shelves, err = lru.New[shelfKey, *shelf](shelfLimit); err != nil {
		return nil, err
	}
	if m.unproven, err = lru.New[shelfKey, *shelf](shelfLimit); err != nil {
		return nil, err
	}
	if m.ledger, err = newLedger(); err != nil {
		return nil, err
	}
	if config.LookupCache > 0 && config.LookupTTL > 0 {
		m.lookups, err = lru.New[lookupKey, lookup](config.LookupCache)
	}
	return m, err
}

// toShow is how old a list may be that is only shown.
func (m *memory) toShow() limit { return limit{age: m.listTTL, shown: true} }

// key is the shelfKey of a caller.
func (m *memory) key(c Caller) shelfKey { return m.keys.Of(c.Organization, string(c.Credential)) }

// shelf is the caller's shelf. One for a credential that is not proven does not
// take the place of one that is: whoever makes up credentials costs others nothing.
func (m *memory) shelf(key shelfKey) *shelf {
	if s, ok := m.shelves.Get(key); ok {
		return s
	}
	keep := max(m.listTTL, freshAge)
	s := &shelf{users: shared[*userSet]{now: m.now, keep: keep}, roles: shared[*catalogue]{now: m.now, keep: keep}}
	if old, there, _ := m.unproven.PeekOrAdd(key, s); there {
		return old
	}
	return s
}

// filled is told that Suger has given a list to the owner of a shelf, which is
// kept from now on.
func (m *memory) filled(key shelfKey, s *shelf) {
	m.shelves.ContainsOrAdd(key, s)
	m.unproven.Remove(key)
}

// remember keeps the hint that an address belongs to a user.
func (m *memory) remember(key shelfKey, email, id string) {
	if m.lookups != nil {
		// Cloned, as an address may be a part of a long filter.
		m.lookups.Add(lookupKey{key, strings.Clone(fold(email))}, lookup{id: id, until: m.now().Add(m.lookupTTL)})
	}
}

// recall is the hint for an address, or "".
func (m *memory) recall(key shelfKey, email string) string {
	if m.lookups == nil {
		return ""
	}
	at := lookupKey{key, fold(email)}
	hint, ok := m.lookups.Get(at)
	if ok && m.now().After(hint.until) {
		m.lookups.Remove(at)
		return ""
	}
	return hint.id
}

// unlearn drops a hint that proved wrong.
func (m *memory) unlearn(key shelfKey, email string) {
	if m.lookups != nil {
		m.lookups.Remove(lookupKey{key, fold(email)})
	}
}
