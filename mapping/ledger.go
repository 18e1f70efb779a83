package mapping

import (
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"
)

// ledgerSize bounds how many users a ledger knows of: more than are written to
// while one request is under way.
const ledgerSize = 1 << 14

// A ledger counts this process's writes to users, so that a list that was
// fetched before a write can be told from one that has it, with whatever
// credential either was made.
type ledger struct {
	count atomic.Uint64
	last  *lru.Cache[string, uint64] // lock name of a user -> count at the last write
}

func newLedger() (*ledger, error) {
	last, err := lru.New[string, uint64](ledgerSize)
	return &ledger{last: last}, err
}

// page is where the ledger has come to.
func (l *ledger) page() uint64 { return l.count.Load() }

// note enters a write that has come to its end, for good or ill.
func (l *ledger) note(user string) { l.last.Add(user, l.count.Add(1)) }

// notedSince reports whether a write to the user has been entered after a page.
func (l *ledger) notedSince(user string, page uint64) bool {
	last, ok := l.last.Peek(user)
	return ok && last > page
}
