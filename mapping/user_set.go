package mapping

import (
	"slices"
	"sync"
	"time"
)

// A userSet is the users of one organization at one time, in order, with later
// confirmed writes applied. It is safe for concurrent use.
type userSet struct {
	mu      sync.RWMutex
	model   *model
	began   time.Time // when it was fetched
	page    uint64    // of the ledger, when it was fetched
	users   []*user
	ids     map[string]*user
	byEmail map[string]*user // by folded address
	roles   map[roleRef]int  // how many hold each
}

func newUserSet(m *model, users []*user, began time.Time, page uint64) *userSet {
	s := &userSet{model: m, began: began, page: page, users: users,
		ids: make(map[string]*user, len(users)), byEmail: make(map[string]*user, len(users)), roles: make(map[roleRef]int)}
	for _, u := range users {
		s.enter(u)
	}
	return s
}

// enter makes a user known by all that users are looked up by. Of two with one
// address, it is known for the one with access, whom a client must be able to end.
func (s *userSet) enter(u *user) {
	s.ids[u.id] = u
	email := fold(s.model.email(u))
	if other := s.byEmail[email]; other == nil || u.standing.active || !other.standing.active {
		s.byEmail[email] = u
	}
	for _, ref := range u.roles {
		s.roles[ref]++
	}
}

func sortUsers(users []*user) { slices.SortFunc(users, (*user).before) }

// byID is the user with the id, or nil.
func (s *userSet) byID(id string) *user {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ids[id]
}

// withIDs are those users with the ids who are in the set.
func (s *userSet) withIDs(lists ...[]string) (found []*user) {
	for _, ids := range lists {
		for _, id := range ids {
			if u := s.byID(id); u != nil {
				found = append(found, u)
			}
		}
	}
	return found
}

// withEmail is the user with the address in any letter case, or nil.
func (s *userSet) withEmail(email string) *user {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byEmail[fold(email)]
}

// read lends the users, in order, until the function returns.
func (s *userSet) read(use func(users []*user)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	use(s.users)
}

// put applies a confirmed write: the user is as given from now on.
func (s *userSet) put(u *user) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(u.id)
	at, _ := slices.BinarySearchFunc(s.users, u, (*user).before)
	s.users = slices.Insert(s.users, at, u)
	s.enter(u)
}

// knownTo reports whether the catalogue has every role that the users hold.
func (s *userSet) knownTo(c *catalogue) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for ref := range s.roles {
		if c.byRef(ref) == nil {
			return false
		}
	}
	return true
}

// remove applies a confirmed removal.
func (s *userSet) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(id)
}

func (s *userSet) take(id string) {
	old, ok := s.ids[id]
	if !ok {
		return
	}
	if at, found := slices.BinarySearchFunc(s.users, old, (*user).before); found {
		s.users = slices.Delete(s.users, at, at+1)
	}
	delete(s.ids, id)
	for _, ref := range old.roles {
		if s.roles[ref]--; s.roles[ref] == 0 {
			delete(s.roles, ref)
		}
	}
	if email := fold(s.model.email(old)); s.byEmail[email] == old {
		delete(s.byEmail, email)
	}
}
