package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/test/sandbox"
)

// A state is a person's state in Suger's organization at one time.
type state struct {
	member      bool
	status      string // "" if not a member
	role        string // role name
	email       string // in lower case
	first, last string
}

// access reports whether the person can sign in.
func (s state) access() bool { return s.member && s.status != sandbox.StatusInactive }

// administrator reports whether the person is an active administrator.
func (s state) administrator() bool {
	return s.member && s.status == sandbox.StatusActive && s.role == sandbox.RoleAdmin
}

func (s state) String() string {
	if !s.member {
		return "nobody"
	}
	text := fmt.Sprintf("%s %s %q", s.role, s.email, s.first+" "+s.last)
	if s.status != sandbox.StatusActive {
		text += " " + s.status
	}
	return text
}

// A period is a state that began at a time.
type period struct {
	since time.Time
	state
	by *request // nil for Suger's console
}

// A history records what happened in an organization, at its source. Every answer is
// compared with it.
type history struct {
	people   map[string][]period // by user id, oldest first
	ids      map[string]string   // address in lower case -> the latest user id with it
	roles    map[string]string   // id -> name, deleted roles included
	members  int
	admins   int
	lostLast *change   // the change that removed the last administrator, nil while there is one
	regained time.Time // when the organization last got an administrator again
}

// A change is a person's step from one state to another.
type change struct {
	at            time.Time
	id            string
	before, after state
	by            *request
}

func (c change) String() string {
	return fmt.Sprintf("%s: %s -> %s", c.id, c.before, c.after)
}

func newHistory() *history {
	return &history{
		people: make(map[string][]period), ids: make(map[string]string),
		roles: make(map[string]string),
	}
}

// look compares the organization with the latest states, and records the changes.
func (h *history) look(box *sandbox.Sandbox, now time.Time, by *request) (changes []change) {
	for _, r := range box.Roles() {
		h.roles[r.ID] = r.Name
	}
	note := func(id string, is state) {
		was := h.now(id)
		if was == is {
			return
		}
		switch {
		case is.member && !was.member:
			h.members++
		case was.member && !is.member:
			h.members--
		}
		if is.member {
			h.ids[is.email] = id
		}
		h.people[id] = append(h.people[id], period{now, is, by})
		changes = append(changes, change{now, id, was, is, by})
	}
	users := box.Users()
	for _, u := range users {
		is := state{
			member: true, status: u.Status, role: h.roleName(u.Role),
			email: strings.ToLower(u.Email), first: u.FirstName, last: u.LastName,
		}
		note(u.ID, is)
	}
	if h.members > len(users) {
		for _, id := range h.gone(users) {
			note(id, state{})
		}
	}
	for i := range changes {
		h.watchAdministrators(&changes[i])
	}
	return changes
}

// gone returns the ids of former members that are not in users.
func (h *history) gone(users []sandbox.User) (ids []string) {
	seen := make(map[string]bool, len(users))
	for _, u := range users {
		seen[u.ID] = true
	}
	for id := range h.people {
		if !seen[id] && h.now(id).member {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// watchAdministrators records whether an active administrator is left.
func (h *history) watchAdministrators(c *change) {
	count := 0
	for id := range h.people {
		if h.now(id).administrator() {
			count++
		}
	}
	switch {
	case count > 0 && h.admins == 0:
		h.lostLast, h.regained = nil, c.at
	case count == 0 && h.admins > 0:
		h.lostLast = c
	}
	h.admins = count
}

func (h *history) roleName(id string) string {
	if name, ok := h.roles[id]; ok {
		return name
	}
	return id
}

// now returns a person's current state.
func (h *history) now(id string) state {
	if periods := h.people[id]; len(periods) > 0 {
		return periods[len(periods)-1].state
	}
	return state{}
}

// anyWith reports whether a predicate holds for another person with an address.
func (h *history) anyWith(email, except string, is func(state) bool) bool {
	for id := range h.people {
		if s := h.now(id); id != except && s.email == email && is(s) {
			return true
		}
	}
	return false
}

// during returns a person's states between two times, oldest first.
func (h *history) during(id string, from, to time.Time) []state {
	found := []state{{}}
	for _, e := range h.people[id] {
		if e.since.After(to) {
			break
		}
		if !e.since.After(from) {
			found = found[:0]
		}
		found = append(found, e.state)
	}
	return found
}

// ever reports whether a predicate held for a person at some moment between two times.
func (h *history) ever(id string, from, to time.Time, is func(state) bool) bool {
	return slices.ContainsFunc(h.during(id, from, to), is)
}

// always reports whether a predicate held for a person at every moment between
// two times.
func (h *history) always(id string, from, to time.Time, is func(state) bool) bool {
	return !h.ever(id, from, to, func(s state) bool { return !is(s) })
}

// was returns which predicates never held for a person between two times; they need
// not hold at the same moment.
func (h *history) was(id string, from, to time.Time, is map[string]func(state) bool) string {
	var never []string
	for what, so := range is {
		if !h.ever(id, from, to, so) {
			never = append(never, what)
		}
	}
	if never == nil {
		return ""
	}
	slices.Sort(never)
	return fmt.Sprintf("the person never had the %s: %v", strings.Join(never, ", "), h.during(id, from, to))
}

// rank orders roles by power: by the mapping, then by name.
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
	return 0 // a role created for a group, without permissions
}
