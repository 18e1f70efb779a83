package sandbox

import (
	"slices"
	"strings"
	"time"
)

// What follows keeps the indexes of the store in step with the list. The
// caller holds the lock, and has applied the rules or means to pass them by.

// insert puts a new user at the end of the list.
func (s *store) insert(user User) *record {
	s.seq++
	added := &record{User: user, seq: s.seq}
	s.users = append(s.users, added)
	s.register(added)
	return added
}

// replace gives the record another content; its place and id stay.
func (s *store) replace(held *record, user User) {
	s.unregister(held)
	held.User = user
	s.register(held)
}

func (s *store) drop(held *record) {
	s.unregister(held)
	at := s.index(held.seq)
	s.users = slices.Delete(s.users, at, at+1)
}

func (s *store) register(r *record) {
	s.byID[r.ID] = r
	s.byEmail[strings.ToLower(r.Email)] = r
	if r.seated() {
		s.seated++
	}
}

func (s *store) unregister(r *record) {
	delete(s.byID, r.ID)
	delete(s.byEmail, strings.ToLower(r.Email))
	if r.seated() {
		s.seated--
	}
}

// deactivation is when the user became inactive, if old is what it was before.
func deactivation(old, user *User) time.Time {
	switch {
	case user.seated():
		return time.Time{}
	case old.seated():
		return user.LastUpdateTime
	default:
		return old.DeactivationTime
	}
}

// tick is the present time, and later than any given out before: users that
// are made within one tick of the clock still have an order.
func (s *store) tick() time.Time {
	now := s.clock().UTC().Truncate(time.Millisecond)
	if !now.After(s.latest) {
		now = s.latest.Add(time.Millisecond)
	}
	s.latest = now
	return now
}

// freeID is an id that nobody has or had, unless it was put in by hand.
func (s *store) freeID() string {
	for {
		id := s.newID()
		if _, taken := s.byID[id]; !taken && s.roleIndex(id) < 0 {
			return id
		}
	}
}
