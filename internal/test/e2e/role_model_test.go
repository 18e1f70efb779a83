package e2e

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// A roleModel is what the rule of roles comes to (docs/roles.md), told without
// SCIM, Suger or HTTP: who there is, and what each may do.
type roleModel struct {
	removal bool                    // Suger has no status: access ends by removal, and nobody is invited
	people  map[string]*modelPerson // by address in lower case
	custom  []string                // names of custom roles
}

type modelPerson struct {
	role    string
	active  bool
	invited bool // active, but never signed in
}

// An outcome is how a request ends; what it has changed before that stays.
type outcome string

const (
	done     outcome = "done"
	conflict outcome = "409" // exists already, or the last administrator
	invalid  outcome = "400" // a role that is not there, two roles asked for, or a fixed role
)

// tier is the place in the precedence, of custom roles by name.
func tier(role string) (int, string) {
	if at := slices.Index([]string{"ADMIN", "EDITOR", "*", "VIEWER"}, role); at >= 0 {
		return at, ""
	}
	return 2, strings.ToLower(role)
}

func above(a, b string) bool {
	ta, na := tier(a)
	tb, nb := tier(b)
	return cmp.Or(cmp.Compare(ta, tb), cmp.Compare(na, nb)) < 0
}

func (m *roleModel) has(role string) bool {
	t, _ := tier(role)
	return t != 2 || slices.Contains(m.custom, role)
}

// helps reports whether the person is an administrator who can help others.
func (p *modelPerson) helps() bool { return p.role == "ADMIN" && p.active && !p.invited }

// last reports whether the person is the only one who does.
func (m *roleModel) last(p *modelPerson) bool {
	for _, other := range m.people {
		if other != p && other.helps() {
			return false
		}
	}
	return p.helps()
}

// bring is PUT and PATCH of a user. A role of "" is not asked for; access ends
// before anything else and comes back after everything else.
func (m *roleModel) bring(p *modelPerson, role string, active *bool) outcome {
	if active != nil && !*active && p.active {
		if m.last(p) {
			return conflict
		}
		if m.removal {
			maps.DeleteFunc(m.people, func(_ string, q *modelPerson) bool { return q == p })
			return done // whatever else was asked for
		}
		p.active, p.invited = false, false
	}
	switch {
	case role == "":
	case !m.has(role):
		return invalid
	case role != p.role && m.last(p):
		return conflict
	default:
		p.role = role
	}
	if active != nil && *active && !p.active {
		p.active = true
	}
	return done
}

// create is POST of a user.
func (m *roleModel) create(email, role string) outcome {
	p := m.people[email]
	switch {
	case p != nil && p.active:
		return conflict
	case !m.has(cmp.Or(role, "VIEWER")):
		return invalid
	case p == nil:
		p = &modelPerson{invited: !m.removal}
		m.people[email] = p
	}
	p.role, p.active = cmp.Or(role, "VIEWER"), true
	return done
}

func (m *roleModel) remove(email string) outcome {
	if m.last(m.people[email]) {
		return conflict
	}
	delete(m.people, email)
	return done
}

// members is a change of a group's members: who is added gets the role unless a
// more powerful one is held, who is removed the default role. If no administrator
// were left, nothing is done.
func (m *roleModel) members(role string, add, remove []*modelPerson) outcome {
	will := make(map[*modelPerson]string)
	for _, p := range add {
		if above(role, p.role) {
			will[p] = role
		}
	}
	for _, p := range remove {
		if p.role == role {
			will[p] = "VIEWER"
		}
	}
	had, has := false, false
	for _, p := range m.people {
		helper := *p
		had = had || helper.helps()
		if role, changes := will[p]; changes {
			helper.role = role
		}
		has = has || helper.helps()
	}
	if had && !has {
		return conflict
	}
	for p, role := range will {
		p.role = role
	}
	return done
}

// endRole is DELETE of a group.
func (m *roleModel) endRole(role string) outcome {
	if !slices.Contains(m.custom, role) {
		return invalid
	}
	for _, p := range m.people {
		if p.role == role {
			p.role = "VIEWER"
		}
	}
	m.custom = slices.DeleteFunc(m.custom, func(name string) bool { return name == role })
	return done
}
