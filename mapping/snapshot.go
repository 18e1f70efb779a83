package mapping

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A snapshot is one organization as one fetch showed it. It is never changed
// once made, so that it can be shared: what was written shows in a snapshot that
// began after the write.
//
// Where the mapping's get-by-id proves membership and role, a snapshot can hold
// one person only; then whole is false.
type snapshot struct {
	tick  tick      // when the fetch of the users began, in the order of this process
	began time.Time // the same by the clock
	done  time.Time // when it was complete
	whole bool      // every member is in it
	users []*user   // by time of joining or creation, then id
	ids   []int32   // positions in users, by id
	mails []int32   // positions in users, by folded address; those with access first
	left  []leftOut // records that cannot be used
	roles *catalogue
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
	// A list that changes while it is read can have a row on two pages.
	users = slices.CompactFunc(users, func(u, v *user) bool { return u.id == v.id })
	s := &snapshot{whole: true, users: users, left: left, ids: make([]int32, len(users)), mails: make([]int32, len(users))}
	for i := range users {
		s.ids[i], s.mails[i] = int32(i), int32(i)
	}
	slices.SortFunc(s.ids, func(a, b int32) int { return strings.Compare(users[a].id, users[b].id) })
	slices.SortFunc(s.mails, func(a, b int32) int {
		u, v := users[a], users[b]
		return cmp.Or(strings.Compare(m.key(u), m.key(v)), -compareBool(u.access.active, v.access.active), cmp.Compare(a, b))
	})
	return s
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

// byID is the user with the id, or nil.
func (s *snapshot) byID(id string) *user {
	at, found := slices.BinarySearchFunc(s.ids, id, func(i int32, id string) int { return strings.Compare(s.users[i].id, id) })
	if !found {
		return nil
	}
	return s.users[s.ids[at]]
}

// withEmail are the users with the address, those with access first. More than
// one is a mistake in Suger.
func (s *snapshot) withEmail(m *model, email string) []*user {
	key := foldEmail(email)
	at, _ := slices.BinarySearchFunc(s.mails, key, func(i int32, key string) int { return strings.Compare(m.key(s.users[i]), key) })
	var found []*user
	for ; at < len(s.mails) && m.key(s.users[s.mails[at]]) == key; at++ {
		found = append(found, s.users[s.mails[at]])
	}
	return found
}

// holderOf is the user whom an address stands for, or nil.
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

// administrators are the users who surely can help others back in: those with
// access who have signed in before and hold an administrator's role.
func (s *snapshot) administrators() (found []*user) {
	for _, u := range s.users {
		if canHelp(u, s.roles.of(u)) {
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
