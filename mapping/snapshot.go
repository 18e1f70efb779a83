package mapping

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// A snapshot is the state of one organization at one fetch. It is immutable, so
// that it can be shared; a write shows in a snapshot that began after it.
//
// Where the mapping's get-by-id proves membership and role, a snapshot can hold
// one person only; then whole is false.
type snapshot struct {
	tick  tick      // when the fetch of the users began, in the order of this process
	done  time.Time // when it was complete
	whole bool      // every member is in it
	users []*user   // by time of joining or creation, then id
	held  []roleRef // the roles that they name, each once
	ids   map[string]int32
	mails map[string]int32   // by folded address: of several users the first with access
	same  map[string][]int32 // of the addresses that several users have, those with access first
	rows  map[uint64]int32   // by hash of the row
	left  []leftOut          // records that cannot be used
	roles *catalogue

	assumed bool // it shows what a batch has written, which is not confirmed

	// doubted reports whether a change that takes an administrator away may still
	// take effect; nil for never.
	doubted func(id string) bool
}

// A leftOut is a record of the list that does not match the mapping. No answer
// contains it, and a request for it gets the reason.
type leftOut struct {
	id    string // "" if even that cannot be read
	email string // folded, likewise
	roles []roleRef
	odd   bool // the roles cannot be read
	row   int  // which row of the list it was
	err   error
}

func newSnapshot(m *model, users []*user, left []leftOut) *snapshot {
	return (*snapshot)(nil).next(m, users, left)
}

// next returns the snapshot after s, which may be nil. It shares the maps of s if the
// same people are at the same places, as after most changes: they are most of its
// memory.
func (s *snapshot) next(m *model, users []*user, left []leftOut) *snapshot {
	slices.SortFunc(users, (*user).compare)
	later := &snapshot{whole: true, users: users, left: left}
	if s.holdsSame(m, users) {
		later.ids, later.mails, later.same = s.ids, s.mails, s.same
	} else {
		later.index(m)
	}
	later.rows = make(map[uint64]int32, len(later.users))
	held := make(map[roleRef]bool)
	for i, u := range later.users {
		for _, ref := range u.roles {
			held[ref] = true
		}
		if u.row != 0 {
			later.rows[u.row] = int32(i)
		}
	}
	later.held = slices.Collect(maps.Keys(held))
	return later
}

// holdsSame reports whether a snapshot has the same ids and addresses as some users,
// all once and in the same order.
func (s *snapshot) holdsSame(m *model, users []*user) bool {
	return s != nil && len(s.same) == 0 && slices.EqualFunc(s.users, users, func(a, b *user) bool {
		return a == b || a.id == b.id && m.key(a) == m.key(b)
	})
}

func (s *snapshot) index(m *model) {
	id := func(u *user) string { return u.id }
	ids, twice := positions(s.users, id)
	if len(twice) > 0 {
		s.users, s.left = m.onceEach(s.users, twice, s.left)
		ids, _ = positions(s.users, id)
	}
	s.ids = ids
	s.mails, s.same = positions(s.users, m.key)
	for email, same := range s.same {
		slices.SortStableFunc(same, func(a, b int32) int { return -compareBool(s.users[a].access.active, s.users[b].access.active) })
		s.mails[email] = same[0]
	}
}

// onceEach merges rows with the same id: a list that changes while it is read can
// have a row on two pages. If their roles or access differ, the user has all of
// them, so that a change is confirmed only once every row shows it. If their
// addresses differ, all are left out, because it is unclear whose the id is.
func (m *model) onceEach(users []*user, twice map[string][]int32, left []leftOut) ([]*user, []leftOut) {
	kept := make([]*user, 0, len(users))
	for i, u := range users {
		rows, several := twice[u.id]
		for _, row := range rows {
			u = u.with(users[row])
		}
		switch {
		case slices.ContainsFunc(rows, func(row int32) bool { return m.key(users[row]) != m.key(u) }):
			left = append(left, leftOut{id: u.id, email: m.key(users[i]), err: misfit(m.doc.User.ID.String(), "two different users with one %s", m.doc.User.ID)})
		case !several || rows[0] == int32(i):
			kept = append(kept, u)
		}
	}
	return kept, left
}

// positions returns those of the users by a key, and of the keys that several have
// all of them, in order.
func positions(users []*user, key func(*user) string) (first map[string]int32, same map[string][]int32) {
	first, same = make(map[string]int32, len(users)), make(map[string][]int32)
	for i, u := range users {
		k := key(u)
		if other, taken := first[k]; !taken {
			first[k] = int32(i)
		} else if same[k] == nil {
			same[k] = []int32{other, int32(i)}
		} else {
			same[k] = append(same[k], int32(i))
		}
	}
	return first, same
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

// onePerson returns a snapshot of a single user who is a member.
func onePerson(m *model, u *user, roles *catalogue, at tick, done time.Time) *snapshot {
	s := newSnapshot(m, []*user{u}, nil)
	s.whole, s.roles, s.tick, s.done = false, roles, at, done
	return s
}

func (s *snapshot) withRoles(roles *catalogue) *snapshot {
	copied := *s
	copied.roles = roles
	return &copied
}

// byRow returns the user who was read from a row with this hash, or nil.
func (s *snapshot) byRow(hash uint64) *user {
	if s == nil {
		return nil
	}
	if at, found := s.rows[hash]; found {
		return s.users[at]
	}
	return nil
}

func (s *snapshot) byID(id string) *user {
	if at, found := s.ids[id]; found {
		return s.users[at]
	}
	return nil
}

func (s *snapshot) holderOf(email string) *user {
	if at, found := s.mails[foldEmail(email)]; found {
		return s.users[at]
	}
	return nil
}

// unusable returns why the record with an id or an address cannot be read, or
// nil. One without even an id can be anybody's who is not listed.
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

// mayHold returns why a record that cannot be read may be that of somebody who holds a
// role, or nil.
func (s *snapshot) mayHold(r *role) error {
	for _, one := range s.left {
		if one.odd || slices.ContainsFunc(one.roles, func(ref roleRef) bool { return ref.means(r) }) {
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

// administrators returns the active administrators: users with access who have
// signed in before and hold an administrator role.
func (s *snapshot) administrators() (found []*user) {
	for _, u := range s.users {
		if canHelp(u, s.roles.of(u)) && !s.doubts(u) {
			found = append(found, u)
		}
	}
	return found
}

// lacksAdministrator reports whether a snapshot shows that nobody is an active
// administrator.
func (m *model) lacksAdministrator(s *snapshot) bool {
	return s.whole && (s.roles.whole || m.knowsAdministrators()) && len(s.administrators()) == 0
}

// doubts reports whether a user may be no administrator any more.
func (s *snapshot) doubts(u *user) bool { return s.doubted != nil && s.doubted(u.id) }

// canHelp reports whether a user counts as an active administrator. A status that
// the mapping does not know may mean anything, and so may a role that only has an
// administrator's name.
func canHelp(u *user, roles []*role) bool {
	helps := func(r *role) bool { return r.administrator && !r.doubtful }
	return u.access.active && !u.access.pending && (!u.access.unknown || u.access.missing()) && slices.ContainsFunc(roles, helps)
}

func (s *snapshot) domains(m *model) map[string]bool {
	found := make(map[string]bool)
	for _, u := range s.users {
		found[domainOf(m.key(u))] = true
	}
	return found
}

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
