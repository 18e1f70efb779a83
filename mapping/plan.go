package mapping

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// A plan is the set of changes to make in Suger for a request, computed from a snapshot
// and the request alone.
type plan struct {
	people []*personPlan
	role   *rolePlan // nil if no role itself is changed
}

type personPlan struct {
	kind   string         // planChange, planJoin or planLeave
	before *user          // as the snapshot has them; for a join, the draft without an id
	values map[int]string // new values by position in model.attributes
	active *bool          // nil: as it is
	held   []*role        // the roles held so far
	roles  []*role        // the roles to hold from now on; nil: as they are
	added  string         // id of who joined, as far as an answer shows it
	kept   string         // why a part of the request is not done, "" if all of it is
}

// What a plan does with a person or a role, by the operation for it.
const (
	planChange = spec.OpUpdateUser // the person stays a member
	planJoin   = spec.OpAddUser    // the person becomes a member
	planLeave  = spec.OpRemoveUser // the membership ends

	roleMade    = spec.OpAddRole
	roleRenamed = spec.OpUpdateRole
	roleDeleted = spec.OpRemoveRole
)

type rolePlan struct {
	kind string // roleMade, roleRenamed or roleDeleted
	role *role  // a new one gets its id when it is made
	name string // of a role to be made or renamed
}

func (p *plan) empty() bool { return p.role == nil && len(p.touched()) == 0 }

func (p *plan) touched() []*personPlan {
	return slices.DeleteFunc(slices.Clone(p.people), (*personPlan).empty)
}

// whom names the people that the plan changes, in one word.
func (p *plan) whom() string {
	var ids []string
	for _, one := range p.touched() {
		ids = append(ids, one.before.id)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func (p *plan) joining() *personPlan {
	return find(p.people, func(one *personPlan) bool { return one.kind == planJoin })
}

func (p *plan) of(id string) *personPlan {
	return find(p.people, func(one *personPlan) bool { return one.before.id == id })
}

// find returns the first element of which is holds, or nil.
func find[T any](list []*T, is func(*T) bool) *T {
	if at := slices.IndexFunc(list, is); at >= 0 {
		return list[at]
	}
	return nil
}

func (p *personPlan) empty() bool {
	return p.kind == planChange && len(p.values) == 0 && p.active == nil && p.roles == nil
}

// endsAccess reports whether the person has no access once the plan is done.
func (p *personPlan) endsAccess() bool {
	return p.kind == planLeave || p.active != nil && !*p.active
}

func (p *personPlan) givesAccess() bool {
	return p.kind == planJoin || p.active != nil && *p.active
}

// will returns the roles held after a plan that is no removal.
func (p *personPlan) will() []*role {
	if p.roles != nil {
		return p.roles
	}
	return p.held
}

// after returns the person after the plan, or nil after a removal.
func (p *personPlan) after(m *model) *user {
	if p.kind == planLeave {
		return nil
	}
	after := *p.before
	after.values = slices.Clone(p.before.values)
	for i, value := range p.values {
		after.values[i] = value
	}
	if p.active != nil {
		after.access = m.accessFor(*p.active)
	}
	if p.roles != nil {
		after.roles = make([]roleRef, len(p.roles))
		for i, r := range p.roles {
			after.roles[i] = roleRef{id: r.id, name: r.name}
		}
	}
	return &after
}

// renames reports whether the plan gives the account to another address.
func (p *personPlan) renames(m *model) bool {
	email, changed := p.values[m.userName]
	return p.kind == planChange && changed && foldEmail(email) != m.key(p.before)
}

// takes reports whether a plan takes access, a role or the account from a member.
func (m *model) takes(one *personPlan) bool {
	return one.kind != planJoin && (one.endsAccess() || one.roles != nil || one.renames(m))
}

// leavesPowerless reports whether a plan takes from a member what an administrator needs:
// access, the role, or the account.
func (m *model) leavesPowerless(one *personPlan) bool {
	return m.takes(one) && (one.endsAccess() || one.renames(m) || !anyAdministrator(one.roles))
}

// losesRole reports whether the person no longer holds a role, nor one that includes it.
func (p *personPlan) losesRole() bool {
	return p.roles != nil && p.kind == planChange && slices.ContainsFunc(p.held, func(r *role) bool {
		return !holds(p.roles, r) && !slices.ContainsFunc(p.roles, func(w *role) bool { return w.includes(r) })
	})
}

func anyAdministrator(roles []*role) bool {
	return slices.ContainsFunc(roles, func(r *role) bool { return r.administrator })
}

func holds(roles []*role, r *role) bool {
	return slices.ContainsFunc(roles, func(held *role) bool { return held.id == r.id })
}

func sameRoles(a, b []*role) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(r *role) bool { return !holds(b, r) })
}

// A planner computes plans: pure functions of a snapshot and a request.
type planner struct {
	model     *model
	config    *Config
	protected map[string]bool // folded addresses
}

func newPlanner(m *model, config *Config) *planner {
	p := &planner{model: m, config: config, protected: make(map[string]bool)}
	for _, email := range config.ProtectedUsers {
		p.protected[foldEmail(email)] = true
	}
	return p
}

// errNeedsRoles means that a plan needs the list of roles, and the snapshot has only those
// that are known without it.
var errNeedsRoles = errors.New("the plan needs the list of roles")

func (p *planner) roleNamed(s *snapshot, word string) (*role, error) {
	r, err := s.roles.named(word)
	switch {
	case err != nil:
		return nil, err
	case r != nil && (s.roles.whole || r.id == word && !p.namesGroup(word)):
		return r, nil
	case !s.roles.whole:
		return nil, errNeedsRoles
	}
	return nil, s.roles.unknown(word)
}

// namesGroup reports whether the setting gives this name to a group.
func (p *planner) namesGroup(word string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(p.config.GroupRoles)), func(group string) bool { return sameName(group, word) })
}

func (p *planner) defaultRole(s *snapshot) ([]*role, error) {
	r, err := p.roleNamed(s, p.config.DefaultRole)
	if err != nil {
		return nil, err
	}
	if r.administrator {
		return nil, scim.NewError(scim.CodeAdminGrant, "The default role is an administrator role. Set GATEWAY_DEFAULT_ROLE to a lesser one.")
	}
	return []*role{r}, nil
}

func (s *snapshot) knowsRoles(u *user) error {
	if !s.roles.whole && !s.roles.knows(u.roles) {
		return errNeedsRoles
	}
	return nil
}

func (p *planner) changeOf(s *snapshot, u *user) (*personPlan, error) {
	return &personPlan{kind: planChange, before: u, values: make(map[int]string), held: s.roles.of(u)}, s.knowsRoles(u)
}

func planFor(one *personPlan, err error) (*plan, error) {
	if err != nil {
		return nil, err
	}
	return &plan{people: []*personPlan{one}}, nil
}

// sameName compares names of roles and groups as people read them.
func sameName(a, b string) bool { return strings.EqualFold(cleanName(a), cleanName(b)) }
