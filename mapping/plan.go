package mapping

import (
	"context"
	"net/mail"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// A plan is what is to change about a user.
type plan struct {
	values map[int]string // new values by position in model.attributes
	active *bool          // nil: as it is
	roles  []*role        // the roles to hold from now on; nil: as they are
	before []*role        // the roles held so far
}

// empty reports whether Suger already has it all.
func (p *plan) empty() bool { return len(p.values) == 0 && p.active == nil && p.roles == nil }

// deactivates reports whether the plan ends the user's access.
func (p *plan) deactivates() bool { return p.active != nil && !*p.active }

// drops reports whether the plan takes power from the user.
func (p *plan) drops() bool {
	if p.roles == nil {
		return false
	}
	was, will := highest(p.before), highest(p.roles)
	if was != nil && (will == nil || was.above(will) && was.id != will.id) {
		return true
	}
	for _, r := range p.before {
		if !holds(p.roles, r) && len(p.roles) < len(p.before) {
			return true
		}
	}
	return false
}

// dropsAdministrator reports whether the user stops being one by their role.
func (p *plan) dropsAdministrator() bool {
	return p.roles != nil && anyAdministrator(p.before) && !anyAdministrator(p.roles)
}

// grantsAdministrator reports whether the user becomes one.
func (p *plan) grantsAdministrator() bool {
	return p.roles != nil && !anyAdministrator(p.before) && anyAdministrator(p.roles)
}

func anyAdministrator(roles []*role) bool {
	for _, r := range roles {
		if r.administrator {
			return true
		}
	}
	return false
}

func holds(roles []*role, r *role) bool {
	for _, held := range roles {
		if held.id == r.id {
			return true
		}
	}
	return false
}

func sameRoles(a, b []*role) bool {
	if len(a) != len(b) {
		return false
	}
	for _, r := range a {
		if !holds(b, r) {
			return false
		}
	}
	return true
}

// plan compares what a client wants with what Suger has. An attribute that the
// client's resource does not mention stays as it is, so that nothing is lost or
// demoted for want of a mapping in Okta; one that it empties is emptied.
func (s *suger) plan(ctx context.Context, u *user, roles *catalogue, wanted scim.Resource) (*plan, error) {
	p := &plan{values: make(map[int]string), before: roles.of(u)}
	for i, a := range s.model.attributes {
		value, given := attributeOf(wanted, a.name)
		if !given || value == u.values[i] || (i == s.model.userName && fold(value) == fold(u.values[i])) {
			continue
		}
		if a.createOnly {
			return nil, scim.NewError(scim.CodeMutability, "Suger does not let %s be changed once the user exists.", a.name)
		}
		p.values[i] = value
	}
	if email, changed := p.values[s.model.userName]; changed {
		if err := checkEmail(email); err != nil {
			return nil, err
		}
	}
	if s.model.splitsName() && s.fullNameAfter(u, p) == s.model.formatted(u) {
		s.forgetNameParts(p)
	}
	if active, given := wanted["active"].(bool); given && active != u.standing.active {
		p.active = &active
	}
	var err error
	p.roles, err = s.roleWish(ctx, wanted, p.before)
	return p, err
}

// checkEmail refuses a userName that Suger could not know a person by.
func checkEmail(userName string) error {
	address, err := mail.ParseAddress(userName)
	if err != nil || address.Address != userName || strings.ContainsAny(userName, " \t\r\n<>") {
		return scim.NewError(scim.CodeUserNameNotEmail,
			"The userName %q is not an e-mail address, and Suger knows people by theirs. In Okta's Sign On tab, set the application username format to Email.",
			scim.Clip(userName, 80))
	}
	return nil
}

// fullNameAfter is the full name that a user has once the plan is carried out.
func (s *suger) fullNameAfter(u *user, p *plan) string {
	after := s.model.applied(u, p)
	return s.model.formatted(after)
}

func (s *suger) forgetNameParts(p *plan) {
	for i, a := range s.model.attributes {
		if a.part != spec.WholeField {
			delete(p.values, i)
		}
	}
}

// applied is the user as the plan leaves it.
func (m *model) applied(u *user, p *plan) *user {
	after := *u
	after.values = make([]string, len(m.attributes))
	copy(after.values, u.values)
	for i, value := range p.values {
		after.values[i] = value
	}
	if p.active != nil {
		after.standing = m.standingFor(*p.active)
	}
	if p.roles != nil {
		after.roles = nil
		for _, r := range p.roles {
			after.roles = append(after.roles, roleRef{id: r.id, name: r.name})
		}
	}
	return &after
}

// standingFor is how a user stands whose status is set.
func (m *model) standingFor(active bool) standing {
	st := standing{active: active}
	if m.status == nil {
		return st
	}
	st.raw = m.statusValue(active, "")
	st.word, _ = spec.Text(st.raw)
	return st
}
