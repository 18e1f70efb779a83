package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/test/sandbox"
)

// A standing is what a person is in Suger's organization at one time.
type standing struct {
	member      bool
	status      string // "" for one who is no member
	role        string // by name
	email       string // folded
	first, last string
}

// access reports whether the person may sign in.
func (s standing) access() bool { return s.member && s.status != sandbox.StatusInactive }

// administrator reports whether the person can help others back in.
func (s standing) administrator() bool {
	return s.member && s.status == sandbox.StatusActive && s.role == sandbox.RoleAdmin
}

func (s standing) String() string {
	if !s.member {
		return "nobody"
	}
	text := fmt.Sprintf("%s %s %q", s.role, s.email, s.first+" "+s.last)
	if s.status != sandbox.StatusActive {
		text += " " + s.status
	}
	return text
}

// An era is a standing from one time on.
type era struct {
	since time.Time
	standing
	by *request // nil: the console
}

// A ledger is the history of an organization, written where it happens, so that
// it is the truth against which every answer is held.
type ledger struct {
	people   map[string][]era  // by user id, oldest first
	ids      map[string]string // folded address -> the latest user id with it
	roles    map[string]string // id -> name, of roles that were deleted too
	members  int
	admins   int
	lostLast *change   // what took the last administrator, until there is one again
	regained time.Time // when there last was one again
}

// A change is one person's step from one standing to another.
type change struct {
	at            time.Time
	id            string
	before, after standing
	by            *request
}

func (c change) String() string {
	return fmt.Sprintf("%s: %s -> %s", c.id, c.before, c.after)
}

func newLedger() *ledger {
	return &ledger{
		people: make(map[string][]era), ids: make(map[string]string),
		roles: make(map[string]string),
	}
}

// look compares the organization with the last entries, and notes what changed.
func (l *ledger) look(box *sandbox.Sandbox, now time.Time, by *request) (changes []change) {
	for _, r := range box.Roles() {
		l.roles[r.ID] = r.Name
	}
	note := func(id string, is standing) {
		was := l.now(id)
		if was == is {
			return
		}
		switch {
		case is.member && !was.member:
			l.members++
		case was.member && !is.member:
			l.members--
		}
		l.people[id] = append(l.people[id], era{now, is, by})
		changes = append(changes, change{now, id, was, is, by})
	}
	users := box.Users()
	for _, u := range users {
		is := standing{
			member: true, status: u.Status, role: l.roleName(u.Role),
			email: strings.ToLower(u.Email), first: u.FirstName, last: u.LastName,
		}
		l.ids[is.email] = u.ID
		note(u.ID, is)
	}
	if l.members > len(users) {
		for _, id := range l.gone(users) {
			note(id, standing{})
		}
	}
	for i := range changes {
		l.watchAdministrators(&changes[i])
	}
	return changes
}

// gone are those who were members and are not among the present ones.
func (l *ledger) gone(users []sandbox.User) (ids []string) {
	seen := make(map[string]bool, len(users))
	for _, u := range users {
		seen[u.ID] = true
	}
	for id := range l.people {
		if !seen[id] && l.now(id).member {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// watchAdministrators keeps count of who can help the others.
func (l *ledger) watchAdministrators(c *change) {
	count := 0
	for id := range l.people {
		if l.now(id).administrator() {
			count++
		}
	}
	switch {
	case count > 0 && l.admins == 0:
		l.lostLast, l.regained = nil, c.at
	case count == 0 && l.admins > 0:
		l.lostLast = c
	}
	l.admins = count
}

func (l *ledger) roleName(id string) string {
	if name, ok := l.roles[id]; ok {
		return name
	}
	return id
}

// now is a person's present standing.
func (l *ledger) now(id string) standing {
	if eras := l.people[id]; len(eras) > 0 {
		return eras[len(eras)-1].standing
	}
	return standing{}
}

// anyWith reports whether somebody with an address is so, other than one person.
func (l *ledger) anyWith(email, except string, is func(standing) bool) bool {
	for id := range l.people {
		if s := l.now(id); id != except && s.email == email && is(s) {
			return true
		}
	}
	return false
}

// during are a person's standings between two times, oldest first.
func (l *ledger) during(id string, from, to time.Time) []standing {
	found := []standing{{}}
	for _, e := range l.people[id] {
		if e.since.After(to) {
			break
		}
		if !e.since.After(from) {
			found = found[:0]
		}
		found = append(found, e.standing)
	}
	return found
}

// ever reports whether a person was so at some moment between two times.
func (l *ledger) ever(id string, from, to time.Time, is func(standing) bool) bool {
	return slices.ContainsFunc(l.during(id, from, to), is)
}

// always reports whether a person was so all the time between two times.
func (l *ledger) always(id string, from, to time.Time, is func(standing) bool) bool {
	return !l.ever(id, from, to, func(s standing) bool { return !is(s) })
}

// was says in which of some respects a person never was so between two times: each
// may have been true at another moment.
func (l *ledger) was(id string, from, to time.Time, is map[string]func(standing) bool) string {
	var never []string
	for what, so := range is {
		if !l.ever(id, from, to, so) {
			never = append(never, what)
		}
	}
	if never == nil {
		return ""
	}
	slices.Sort(never)
	return fmt.Sprintf("the person never had the %s: %v", strings.Join(never, ", "), l.during(id, from, to))
}

// rank orders roles by power, as the mapping has it and by name where it does not
// tell them apart.
func rank(role string) int {
	switch role {
	case sandbox.RoleAdmin:
		return 5
	case sandbox.RoleEditor:
		return 4
	case "Deal desk":
		return 3
	case "Finance":
		return 2
	case sandbox.RoleViewer:
		return 1
	}
	return 0 // made for a group, without permissions
}
