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
}

func newUserSet(m *model, users []*user, began time.Time, page uint64) *userSet {
	s := &userSet{model: m, began: began, page: page, users: users,
		ids: make(map[string]*user, len(users)), byEmail: make(map[string]*user, len(users))}
	for _, u := range users {
		s.ids[u.id] = u
		s.byEmail[fold(m.email(u))] = u
	}
	return s
}

func sortUsers(users []*user) { slices.SortFunc(users, (*user).before) }

// byID is the user with the id, or nil.
func (s *userSet) byID(id string) *user {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ids[id]
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
	s.ids[u.id] = u
	s.byEmail[fold(s.model.email(u))] = u
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
	if email := fold(s.model.email(old)); s.byEmail[email] == old {
		delete(s.byEmail, email)
	}
}
