package mapping

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// A snapshot is one organization as one fetch showed it. It is never changed
// once made, so that it can be shared: what was written shows in a snapshot that
// began after the write.
//
// Where the mapping's get-by-id proves membership and role, a snapshot can hold
// one person only; then whole is false.
type snapshot struct {
	tick  tick             // when the fetch of the users began, in the order of this process
	began time.Time        // the same by the clock
	done  time.Time        // when it was complete
	whole bool             // every member is in it
	users []*user          // by time of joining or creation, then id
	ids   []int32          // positions in users, by hash of the id
	mails []int32          // positions in users, by hash of the folded address; those with access first
	same  []int32          // positions in mails of those whose address is that of the one before
	rows  map[uint64]int32 // positions in users, by hash of the row
	left  []leftOut        // records that cannot be used
	roles *catalogue
	own   map[string]tick // last writes that show in it although they came later
}

// A leftOut is a record of the list that the mapping cannot read. It is in no
// answer, and whoever asks for it is told why.
type leftOut struct {
	id    string // "" if even that cannot be read
	email string // folded, likewise
	err   error
}

func newSnapshot(m *model, users []*user, left []leftOut) *snapshot {
	slices.SortFunc(users, (*user).compare)
	ids, twice := positions(users, userID)
	if len(twice) > 0 {
		users, left = m.onceEach(users, ids, twice, left)
		ids, _ = positions(users, userID)
	}
	s := &snapshot{whole: true, users: users, left: left, ids: ids}
	s.mails, s.same = positions(users, m.key)
	s.rows = make(map[uint64]int32, len(users))
	for i, u := range users {
		s.rows[u.row] = int32(i)
	}
	return s
}

// onceEach makes one user of the rows of one id: a list that changes while it is
// read can have a row on two pages. Where their roles or access differ, the user
// has all of them, so that a change is only proven once every row shows it. Where
// their addresses differ, nobody can say whose the id is, so all are left out.
func (m *model) onceEach(users []*user, ids, twice []int32, left []leftOut) ([]*user, []leftOut) {
	merged := make(map[string]*user)
	differs := make(map[string]bool)
	for _, at := range twice {
		one, other := users[ids[at-1]], users[ids[at]]
		if merged[one.id] == nil {
			merged[one.id] = one
		}
		merged[one.id] = merged[one.id].with(other)
		differs[one.id] = differs[one.id] || m.key(one) != m.key(other)
	}
	kept := make([]*user, 0, len(users))
	for _, u := range users {
		whole, more := merged[u.id]
		switch {
		case differs[u.id]:
			left = append(left, leftOut{id: u.id, email: m.key(u), err: misfit(m.doc.User.ID.String(), "two different users with one %s", m.doc.User.ID)})
		case !more:
			kept = append(kept, u)
		case whole != nil:
			kept, merged[u.id] = append(kept, whole), nil
		}
	}
	return kept, left
}

// hashed is a position in the list of users, with the hash by which it is found.
type hashed struct {
	hash uint64
	at   int32
}

// positions are those of the users in the order in which find searches: by hash of
// a key, which sorts many times faster than the keys themselves, then by key. Of
// equal keys the users with access are first. same are the users whose key is that
// of the user before.
func positions(users []*user, key func(*user) string) (sorted, same []int32) {
	all := make([]hashed, len(users))
	for i, u := range users {
		all[i] = hashed{xxhash.Sum64String(key(u)), int32(i)}
	}
	slices.SortFunc(all, func(a, b hashed) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		u, v := users[a.at], users[b.at]
		return cmp.Or(strings.Compare(key(u), key(v)), -compareBool(u.access.active, v.access.active), cmp.Compare(a.at, b.at))
	})
	sorted = make([]int32, len(all))
	for i, one := range all {
		sorted[i] = one.at
		if i > 0 && all[i-1].hash == one.hash && key(users[sorted[i-1]]) == key(users[one.at]) {
			same = append(same, int32(i))
		}
	}
	return sorted, same
}

// first is where the users with a key begin, of those in the order of positions.
func (s *snapshot) first(sorted []int32, key func(*user) string, wanted string) int {
	hash := xxhash.Sum64String(wanted)
	at, _ := slices.BinarySearchFunc(sorted, wanted, func(i int32, wanted string) int {
		text := key(s.users[i])
		return cmp.Or(cmp.Compare(xxhash.Sum64String(text), hash), strings.Compare(text, wanted))
	})
	return at
}

// find are the users with a key, of those in the order of positions.
func (s *snapshot) find(sorted []int32, key func(*user) string, wanted string) (found []*user) {
	for at := s.first(sorted, key, wanted); at < len(sorted) && key(s.users[sorted[at]]) == wanted; at++ {
		found = append(found, s.users[sorted[at]])
	}
	return found
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// onePerson is a snapshot of a single user who is a member, or of nobody.
func onePerson(m *model, u *user, roles *catalogue, began, done time.Time) *snapshot {
	var users []*user
	if u != nil {
		users = []*user{u}
	}
	s := newSnapshot(m, users, nil)
	s.whole, s.roles, s.began, s.done = false, roles, began, done
	return s
}

// withRoles is the snapshot with another catalogue.
func (s *snapshot) withRoles(roles *catalogue) *snapshot {
	copied := *s
	copied.roles = roles
	return &copied
}

func userID(u *user) string { return u.id }

// byRow is the user who was read from a row with this hash, or nil.
func (s *snapshot) byRow(hash uint64) *user {
	if s == nil {
		return nil
	}
	if at, found := s.rows[hash]; found {
		return s.users[at]
	}
	return nil
}

// byID is the user with the id, or nil.
func (s *snapshot) byID(id string) *user {
	if at, found := s.position(id); found {
		return s.users[at]
	}
	return nil
}

// position is where the user with the id is in the list.
func (s *snapshot) position(id string) (at int32, found bool) {
	i := s.first(s.ids, userID, id)
	if i == len(s.ids) || s.users[s.ids[i]].id != id {
		return 0, false
	}
	return s.ids[i], true
}

// withEmail are the users with the address, those with access first. More than
// one is a mistake in Suger.
func (s *snapshot) withEmail(m *model, email string) []*user {
	return s.find(s.mails, m.key, foldEmail(email))
}

// holderOf is the user with an address, or nil.
func (s *snapshot) holderOf(m *model, email string) *user {
	if found := s.withEmail(m, email); len(found) > 0 {
		return found[0]
	}
	return nil
}

// unusable is why the record with an id or an address cannot be read, or nil. One
// without even an id can be anybody's who is not listed.
func (s *snapshot) unusable(id, email string) error {
	if id != "" && s.byID(id) != nil {
		id = ""
	}
	for _, one := range s.left {
		if id != "" && (one.id == id || one.id == "") || email != "" && one.email == foldEmail(email) {
			return one.err
		}
	}
	return nil
}

// hides reports whether a record that cannot be used is that of a user.
func (s *snapshot) hides(id, email string) bool {
	return slices.ContainsFunc(s.left, func(one leftOut) bool {
		return one.id != "" && one.id == id || one.email != "" && one.email == email
	})
}

// anonymous counts the records that show neither an id nor an address.
func (s *snapshot) anonymous() (n int) {
	for _, one := range s.left {
		if one.id == "" && one.email == "" {
			n++
		}
	}
	return n
}

// administrators are the users who surely can help others back in: those with
// access who have signed in before and hold an administrator's role.
func (s *snapshot) administrators() (found []*user) {
	var roles []*role
	for _, u := range s.users {
		if roles = s.roles.appendOf(roles[:0], u); canHelp(u, roles) {
			found = append(found, u)
		}
	}
	return found
}

// canHelp reports whether a user counts as an administrator who is left. A
// status that the mapping does not know may mean anything.
func canHelp(u *user, roles []*role) bool {
	return u.access.active && !u.access.pending && (!u.access.unknown || u.access.missing()) && anyAdministrator(roles)
}

// domains are the e-mail domains of the members.
func (s *snapshot) domains(m *model) map[string]bool {
	found := make(map[string]bool)
	for _, u := range s.users {
		found[domainOf(m.key(u))] = true
	}
	return found
}

// domainOf is the part of a folded address after the last @.
func domainOf(email string) string { return email[strings.LastIndexByte(email, '@')+1:] }

// foldEmail makes addresses comparable: without regard to the case of ASCII
// letters, and exact otherwise, since other letters that look alike after
// folding can be other people's.
func foldEmail(email string) string {
	for i := range len(email) {
		if c := email[i]; 'A' <= c && c <= 'Z' {
			return strings.Map(func(r rune) rune {
				if 'A' <= r && r <= 'Z' {
					return r + 'a' - 'A'
				}
				return r
			}, email)
		}
	}
	return email
}
