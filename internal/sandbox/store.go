package sandbox

import (
	"cmp"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"
)

// A store is the organization: its users, its roles and the rules they obey,
// whatever the contract over which they are reached.
//
// The methods that write take pretend: whether to answer as if done and leave
// everything as it is.
type store struct {
	clock    func() time.Time
	domains  []string // lower case; the first is that of the sample people
	seats    int      // 0 is no limit
	newID    func() string
	newcomer string // status of somebody who has been added

	mu      sync.RWMutex
	users   []*record // by seq, so by creation
	byID    map[string]*record
	byEmail map[string]*record // by lower-case e-mail
	roles   []Role             // standard ones first, then by creation
	seq     uint64             // of the latest user
	seated  int                // users who hold a seat
	named   int                // sample people made so far
	seed    int64
	latest  time.Time // latest time given out
}

// A record is a user and the place in the list, which outlives neighbours.
type record struct {
	User
	seq uint64
}

// page gives at most limit users from the index on, and the number of all.
func (s *store) page(start, limit int) ([]record, int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	start = min(start, len(s.users))
	end := start + min(limit, len(s.users)-start)
	rows := make([]record, 0, end-start)
	for _, user := range s.users[start:end] {
		rows = append(rows, *user)
	}
	return rows, len(s.users)
}

// indexAfter is the index of the first user who came after seq.
func (s *store) indexAfter(seq uint64) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.index(seq + 1)
}

// index is where seq is in the list, or would be.
func (s *store) index(seq uint64) int {
	at, _ := slices.BinarySearchFunc(s.users, seq, func(r *record, seq uint64) int { return cmp.Compare(r.seq, seq) })
	return at
}

func (s *store) user(id string) (User, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, ok := s.byID[id]
	if !ok {
		return User{}, errNoUser
	}
	return found.User, nil
}

// add adds a user, unless there is one with this e-mail already: then it
// answers that one, unchanged, and existed.
func (s *store) add(user User, pretend bool) (added User, existed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.byEmail[strings.ToLower(user.Email)]; ok {
		return found.User, true, nil
	}
	user.Status = s.newcomer
	if err := s.permit(&User{Status: StatusInactive}, &user); err != nil {
		return User{}, false, err
	}
	user.ID = s.freeID()
	user.CreationTime = s.tick()
	user.LastUpdateTime = user.CreationTime
	if !pretend {
		s.insert(user)
	}
	return user, false, nil
}

// update lets edit change a copy of the user and takes it over if the rules
// permit it. An edit that changes nothing leaves the update time alone.
func (s *store) update(id string, pretend bool, edit func(*User) error) (User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.byID[id]
	if !ok {
		return User{}, errNoUser
	}
	edited := held.User
	if err := edit(&edited); err != nil {
		return User{}, err
	}
	if edited.sameAs(&held.User) {
		return edited, nil
	}
	if err := s.permit(&held.User, &edited); err != nil {
		return User{}, err
	}
	edited.LastUpdateTime = s.tick()
	edited.DeactivationTime = deactivation(&held.User, &edited)
	if !pretend {
		s.replace(held, edited)
	}
	return edited, nil
}

func (s *store) remove(id string, pretend bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.byID[id]
	if !ok {
		return errNoUser
	}
	if !pretend {
		s.drop(held)
	}
	return nil
}

// permit applies the rules to a change from old to user.
func (s *store) permit(old, user *User) error {
	if user.Email != old.Email || user.Email == "" {
		if err := s.permitEmail(old, user.Email); err != nil {
			return err
		}
	}
	if !slices.Contains([]string{StatusActive, StatusInvited, StatusInactive}, user.Status) {
		return refuse(400, "status %q is not one of ACTIVE, INVITED, INACTIVE", user.Status)
	}
	for _, id := range user.roles() {
		if !slices.Contains(old.roles(), id) && s.roleIndex(id) < 0 {
			return refuse(400, "unknown role %q", id)
		}
	}
	if user.seated() && !old.seated() && s.seats > 0 && s.seated >= s.seats {
		return refuse(400, "no seat left: the plan has %d", s.seats)
	}
	return nil
}

func (s *store) permitEmail(old *User, email string) error {
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email {
		return refuse(400, "email %q is not an e-mail address", email)
	}
	key := strings.ToLower(email)
	if domain := key[strings.LastIndex(key, "@")+1:]; !slices.Contains(s.domains, domain) {
		return refuse(400, "email domain %q is not a domain of the organization", domain)
	}
	if holder, ok := s.byEmail[key]; ok && holder.ID != old.ID {
		return refuse(400, "a user with the email %q already exists", email)
	}
	return nil
}
