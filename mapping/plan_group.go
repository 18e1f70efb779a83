package mapping

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"suger-scim-gateway/internal/scim"
)

type memberChange struct {
	add      []string // user ids
	remove   []string
	implicit bool // removals are implicit: the new list lacks them
}

// members plans who holds a role, and nothing if somebody who is to be added is unknown.
func (p *planner) members(s *snapshot, r *role, c memberChange) (*plan, error) {
	err := p.knowsAll(s, c.add)
	if err == nil && c.implicit {
		err = p.unreadable(s.mayHold(r))
	}
	if err != nil {
		return nil, err
	}
	all := &plan{}
	planned := make(map[string]bool)
	for i, id := range slices.Concat(c.add, c.remove) {
		u := s.byID(id)
		if u == nil || planned[id] {
			continue // a person who has left is no longer a member
		}
		planned[id] = true
		one, err := p.changeOf(s, u)
		switch {
		case err != nil:
		case i < len(c.add):
			p.addition(one, r)
		default:
			err = p.removal(s, one, r, c.implicit)
		}
		if err != nil {
			return nil, err
		}
		all.people = append(all.people, one)
	}
	return all, nil
}

// hidden returns an error if the record with an id cannot be used.
func (p *planner) hidden(s *snapshot, id string) error {
	if s.byID(id) != nil || !s.hides(id, "") {
		return nil
	}
	return p.usable(s, id, "")
}

func (p *planner) knowsAll(s *snapshot, ids []string) error {
	for _, id := range ids {
		if err := p.hidden(s, id); err != nil {
			return err
		}
	}
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return s.byID(id) != nil })
	if len(unknown) == 0 {
		return nil
	}
	return scim.NewError(scim.CodeInvalidValue,
		"Nothing was changed, because these members are not users of this Suger organization: %s. Assign people to the app before pushing the group.",
		joinWords(unknown, func(id string) string { return id }))
}

// addition gives the role to a user, unless a user who can hold only one role holds a more
// powerful one. A role without permissions replaces no other role.
func (p *planner) addition(one *personPlan, r *role) {
	switch top := highest(one.held); {
	case holds(one.held, r):
	case p.model.many:
		one.roles = append(slices.Clone(one.held), r)
	case top != nil && r.powerless:
		one.kept = "group member keeps the current role: the role of the group has no permissions"
	case top != nil && top.above(r):
		one.kept = "group member keeps a more powerful role"
	default:
		one.roles = []*role{r}
	}
}

// removal takes the role from a user, who falls back to the default role if users hold one.
func (p *planner) removal(s *snapshot, one *personPlan, r *role, implicit bool) error {
	switch {
	case !holds(one.held, r):
	case implicit && p.protected[p.model.key(one.before)]:
		one.kept = "protected user stays in a group that no longer lists them"
	case p.model.many:
		one.roles = slices.DeleteFunc(slices.Clone(one.held), func(held *role) bool { return held.id == r.id })
	default:
		fallback, err := p.defaultRole(s)
		if err != nil {
			return err
		}
		if fallback[0].id == r.id {
			one.kept = "group member keeps the default role"
		} else {
			one.roles = fallback
		}
	}
	return nil
}

// makeRole plans a custom role for a group, held by its members. The name of a role that
// exists is a conflict: Okta finds such a group by its name and links to it.
func (p *planner) makeRole(s *snapshot, name string, members []string) (*plan, error) {
	if !s.roles.whole {
		return nil, errNeedsRoles
	}
	name = cleanName(name)
	if err := p.nameIsFree(s, name, nil); err != nil {
		return nil, err
	}
	switch {
	case s.roles.missing:
		return nil, errUnlisted()
	case p.namesGroup(name):
		return nil, scim.NewError(scim.CodeRoleCreateRefused,
			"GATEWAY_GROUP_ROLES gives the group %q to a role that Suger does not have. Its roles are: %s.",
			scim.Clip(name, 80), joinWords(s.roles.roles, (*role).label))
	case !p.config.CreateRoles || p.model.doc.Operations.AddRole == nil:
		return nil, scim.NewError(scim.CodeRoleCreateRefused,
			"%q is not a Suger role, and this gateway does not create roles. Name the group after a role (%s), or map its name with GATEWAY_GROUP_ROLES.",
			scim.Clip(name, 80), joinWords(s.roles.roles, (*role).label))
	}
	made := p.model.newRole(name)
	all, err := p.members(s, made, memberChange{add: members})
	if err != nil {
		return nil, err
	}
	all.role = &rolePlan{kind: roleMade, role: made, name: name}
	return all, nil
}

func (p *planner) fits(name string) error {
	if longest := p.model.doc.Role.NameMax; longest > 0 && utf8.RuneCountInString(name) > longest {
		return scim.NewError(scim.CodeInvalidValue, "The group's displayName is longer than the %d characters that Suger allows for a role's name.", longest)
	}
	if name == "" {
		return scim.NewError(scim.CodeInvalidValue, "The group's displayName has no visible character.")
	}
	return nil
}

// nameIsFree refuses a name that cannot be a role's, or is that of another role than but.
func (p *planner) nameIsFree(s *snapshot, name string, but *role) error {
	taken, err := s.roles.named(name)
	if err := cmp.Or(p.fits(name), err); err != nil || taken == nil || but != nil && taken.id == but.id {
		return err
	}
	return scim.NewError(scim.CodeGroupExists,
		"Suger already has a role %s. In Okta, link the group to the existing group %q instead of creating one.", taken.label(), taken.group)
}

// rename adds a role's new name to a plan. Okta repeats the present one with all changes.
func (p *planner) rename(s *snapshot, all *plan, r *role, wanted scim.Resource) error {
	name, given := wanted["displayName"].(string)
	if !given || sameName(name, r.group) || sameName(name, r.name) {
		return nil
	}
	name = cleanName(name)
	switch {
	case r.standard || r.group != r.name:
		return scim.NewError(scim.CodeRoleFixed,
			"The group %q is Suger's role %s and cannot be renamed to %q. Keep the name in Okta, or give the role that name with GATEWAY_GROUP_ROLES=%s=%s.",
			r.group, r.name, scim.Clip(name, 80), scim.Clip(name, 80), r.name)
	case p.model.doc.Operations.UpdateRole == nil:
		return scim.NewError(scim.CodeUnsupported, "The mapping has no operation that renames a Suger role. Rename it in Suger's console.")
	}
	if err := p.nameIsFree(s, name, r); err != nil {
		return err
	}
	all.role = &rolePlan{kind: roleRenamed, role: r, name: name}
	return nil
}

// deleteRole plans the deletion of a custom role, whose members get the default role first.
func (p *planner) deleteRole(s *snapshot, r *role) (*plan, error) {
	switch {
	case r.standard:
		return nil, scim.NewError(scim.CodeRoleFixed,
			"%s is a standard role of Suger and cannot be deleted. When unlinking the group in Okta, choose to leave the group in the target app.", r.name)
	case p.model.doc.Operations.RemoveRole == nil:
		return nil, scim.NewError(scim.CodeUnsupported, "The mapping has no operation that deletes a Suger role. Leave the group in the target app and delete the role in Suger's console.")
	}
	fallback, err := p.defaultRole(s)
	if err != nil {
		return nil, err
	}
	if fallback[0].id == r.id {
		return nil, scim.NewError(scim.CodeRoleFixed, "%s is the default role and cannot be deleted. Set another GATEWAY_DEFAULT_ROLE first.", r.name)
	}
	everybody := memberChange{implicit: true}
	for _, u := range s.holdersOf(r) {
		everybody.remove = append(everybody.remove, u.id)
	}
	all, err := p.members(s, r, everybody)
	if err != nil {
		return nil, err
	}
	all.role = &rolePlan{kind: roleDeleted, role: r}
	return all, nil
}

func (s *snapshot) holdersOf(r *role) (found []*user) {
	for _, u := range s.users {
		if slices.ContainsFunc(u.roles, func(ref roleRef) bool { return ref.means(r) }) {
			found = append(found, u)
		}
	}
	return found
}
