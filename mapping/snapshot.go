package mapping

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// A snapshot is the immutable state of one organization at one fetch. It can hold one
// person only, where the mapping's get-by-id proves membership and role.
type snapshot struct {
	tick  tick      // when the fetch of the users began, in the order of this process
	done  time.Time // when it was complete
	whole bool      // every member is in it
	users []*user   // by time of joining or creation, then id
	held  []roleRef // the roles that they name, each once
	ids   map[string]int32
	mails map[string]int32 // by folded address: of several users the first with access
	left  []leftOut        // records that cannot be used
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
		later.ids, later.mails = s.ids, s.mails
	} else {
		later.index(m)
	}
	held := make(map[roleRef]bool)
	for _, u := range later.users {
		for _, ref := range u.roles {
			held[ref] = true
		}
	}
	later.held = slices.Collect(maps.Keys(held))
	return later
}

// holdsSame reports whether the users' ids and addresses are those of a snapshot, in order.
func (s *snapshot) holdsSame(m *model, users []*user) bool {
	return s != nil && len(s.mails) == len(s.users) && slices.EqualFunc(s.users, users, func(a, b *user) bool {
		return a == b || a.id == b.id && m.key(a) == m.key(b)
	})
}

// index makes the maps, and merges rows with the same id: a list that changes while it is
// read can have a row on two pages. If their roles or access differ, the user has all of
// them, so that a change is confirmed only once every row shows it. If their addresses
// differ, all are left out, because it is unclear whose the id is.
func (s *snapshot) index(m *model) {
	s.ids, s.mails = make(map[string]int32, len(s.users)), make(map[string]int32, len(s.users))
	unclear := make(map[string]bool) // ids
	leave := func(u *user) {
		unclear[u.id] = true
		s.left = append(s.left, leftOut{id: u.id, email: m.key(u), err: misfit(m.doc.User.ID.String(), "two different users with one %s", m.doc.User.ID)})
	}
	once, n := s.users[:0], int32(0)
	for _, u := range s.users {
		at, twice := s.ids[u.id]
		switch {
		case !twice:
			s.ids[u.id] = n
			once, n = append(once, u), n+1
		case m.key(once[at]) == m.key(u):
			once[at] = once[at].with(u)
		default:
			leave(u)
		}
	}
	if len(unclear) > 0 {
		clear(s.ids)
		once = slices.DeleteFunc(once, func(u *user) bool {
			if unclear[u.id] {
				leave(u)
			}
			return unclear[u.id]
		})
	}
	s.users = once
	for i, u := range once {
		s.ids[u.id] = int32(i)
		if at, taken := s.mails[m.key(u)]; !taken || u.access.active && !once[at].access.active {
			s.mails[m.key(u)] = int32(i)
		}
	}
}

func (s *snapshot) withRoles(roles *catalogue) *snapshot {
	copied := *s
	copied.roles = roles
	return &copied
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

// unusable returns why the record with an id or an address cannot be read, or nil. One
// without an id can be anybody's who is not listed.
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

// mayHold returns why a record of somebody who may hold a role cannot be read, or nil.
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

// lacksAdministrator reports whether a snapshot proves that nobody is an administrator.
func (m *model) lacksAdministrator(s *snapshot) bool {
	return s.whole && (s.roles.whole || m.knowsAdministrators()) && len(s.administrators()) == 0
}

func (s *snapshot) doubts(u *user) bool { return s.doubted != nil && s.doubted(u.id) }

// canHelp reports whether a user counts as an active administrator. An unknown status may
// mean anything, and so may a role that only has an administrator's name.
func canHelp(u *user, roles []*role) bool {
	helps := func(r *role) bool { return r.administrator && !r.doubtful }
	return u.access.active && !u.access.pending && (!u.access.unknown || u.access.missing()) && slices.ContainsFunc(roles, helps)
}

// knowsDomain reports whether a user has an address with the domain of another one.
func (s *snapshot) knowsDomain(m *model, email string) bool {
	return slices.ContainsFunc(s.users, func(u *user) bool { return domainOf(m.key(u)) == domainOf(email) })
}

func domainOf(email string) string { return email[strings.LastIndexByte(email, '@')+1:] }

// foldEmail makes addresses comparable: without regard to the case of ASCII letters alone,
// since others that look alike after folding can be other people's.
func foldEmail(email string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, email)
}
