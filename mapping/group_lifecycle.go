package mapping

import (
	"context"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// Create makes a custom role for a group that is not one yet, and gives it to
// the group's members. The name of a role that exists is a conflict: Okta finds
// such a group by its name and links to it.
func (g *Groups) Create(ctx context.Context, r scim.Resource, _ *scim.Projection) (scim.Resource, error) {
	if err := g.groupType.CheckRequired(r); err != nil {
		return nil, err
	}
	name, _ := r["displayName"].(string)
	result, err := g.create(ctx, name, memberIDs(r["members"]))
	if err != nil {
		return nil, g.asSCIM(err)
	}
	return echoing(result, r), nil
}

func (g *Groups) create(ctx context.Context, name string, members []string) (scim.Resource, error) {
	release, err := g.locks.acquire(ctx, "roles of "+g.Organization)
	if err != nil {
		return nil, err
	}
	defer release()
	roles, err := g.freshCatalogue(ctx)
	if err != nil {
		return nil, err
	}
	if err := g.nameIsFree(roles, name, nil); err != nil {
		return nil, err
	}
	if g.namesGroup(name) {
		return nil, scim.NewError(scim.CodeRoleCreateRefused,
			"GATEWAY_GROUP_ROLES gives the group %q to a role that Suger does not have. Its roles are: %s.",
			scim.Clip(name, 80), joinWords(roles.roles, (*role).label))
	}
	if !g.config.CreateRoles || g.model.doc.Operations.AddRole == nil {
		return nil, scim.NewError(scim.CodeRoleCreateRefused,
			"%q is not a Suger role, and this gateway does not create roles. Name the group after a role (%s), or map its name with GATEWAY_GROUP_ROLES.",
			scim.Clip(name, 80), joinWords(roles.roles, (*role).label))
	}
	users, err := g.usersAmong(ctx, members)
	if err != nil {
		return nil, err
	}
	r, err := g.addRole(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(members) == 0 {
		return groupResource(r, nil, true), nil
	}
	after, err := g.changeMembers(ctx, users, memberChange{role: r, add: members})
	if err != nil {
		return nil, err
	}
	return g.groupAfter(r, users, after), nil
}

// usersAmong are the users, if all members are among them: a role is not made for
// a request that is wrong.
func (g *Groups) usersAmong(ctx context.Context, members []string) (*userSet, error) {
	if len(members) == 0 {
		return nil, nil
	}
	users, err := g.usersForGroup(ctx)
	if err != nil {
		return nil, err
	}
	if err := boundStrangers(users, members); err != nil {
		return nil, err
	}
	for _, id := range members {
		if _, err := g.userNow(ctx, users, id); isNotFound(err) {
			return nil, scim.NewError(scim.CodeInvalidValue, "There is no Suger user with id %q, so the group was not made.", scim.Clip(id, 80))
		} else if err != nil {
			return nil, err
		}
	}
	return users, nil
}

// nameIsFree refuses a group name that is already a role's.
func (g *Groups) nameIsFree(roles *catalogue, name string, but *role) error {
	taken, err := roles.named(name)
	if err != nil {
		return err
	}
	if taken == nil || (but != nil && taken.id == but.id) {
		return nil
	}
	return scim.NewError(scim.CodeGroupExists,
		"Suger already has a role %s. In Okta, link the group to the existing group %q instead of creating one.", taken.label(), taken.group)
}

// addRole makes a custom role from the mapping's template.
func (s *suger) addRole(ctx context.Context, name string) (*role, error) {
	template := &s.model.doc.Role.Template
	change := s.newChange(spec.OpAddRole, "", name)
	if s.config.DryRun {
		s.record(change.dry(), nil)
		id := dryRunID(name)
		return &role{id: id, raw: id, name: name, group: name, word: name, tier: s.model.others}, nil
	}
	permissions := template.Permissions
	if permissions == nil {
		permissions = []any{}
	}
	answer, err := s.call(ctx, spec.OpAddRole, s.model.doc.Operations.AddRole, s.ids(nil, nil),
		spec.Values{"displayName": name, "description": template.Description, "permissions": permissions})
	r, err := s.roleAfter(ctx, spec.OpAddRole, name, answer, err)
	if r != nil {
		change.UserID = r.id
	}
	s.record(change, err)
	return r, err
}

// roleAfter finds a role by name after a write: in the answer, or else on a list
// that is read for it. That is the proof of the write, and settles one whose
// answer was lost.
func (s *suger) roleAfter(ctx context.Context, operation, name string, answer any, failed error) (*role, error) {
	s.rolesChanged()
	if failed != nil && !uncertain(failed) {
		return nil, failed
	}
	if answer != nil {
		if r, err := s.model.readRole(answer); err == nil && r.name == name {
			return s.model.newCatalogue([]*role{r}, s.config.GroupRoles, false).byID(r.id), nil
		}
	}
	roles, err := s.rolesNow(ctx)
	if err != nil {
		return nil, firstError(failed, err)
	}
	r, err := roles.named(name)
	switch {
	case err != nil:
		return nil, err
	case r == nil && failed != nil:
		return nil, failed
	case r == nil:
		return nil, s.unconfirmed(operation, "the role's name")
	}
	return r, nil
}

// renameTo is the new name that a client wants for a role, "" if none. Okta
// repeats the present name with every change of members.
func (g *Groups) renameTo(ctx context.Context, r *role, wanted scim.Resource) (string, error) {
	name, given := wanted["displayName"].(string)
	if !given || fold(name) == fold(r.group) || fold(name) == fold(r.name) {
		return "", nil
	}
	if r.standard || r.group != r.name {
		return "", scim.NewError(scim.CodeRoleFixed,
			"The group %q is Suger's role %s and cannot be renamed to %q. Keep the name in Okta, or give the role that name with GATEWAY_GROUP_ROLES=%s=%s.",
			r.group, r.name, scim.Clip(name, 80), scim.Clip(name, 80), r.name)
	}
	if g.model.doc.Operations.UpdateRole == nil {
		return "", scim.NewError(scim.CodeUnsupported, "The mapping has no operation that renames a Suger role. Rename it in Suger's console.")
	}
	roles, err := g.freshCatalogue(ctx)
	if err != nil {
		return "", err
	}
	return name, g.nameIsFree(roles, name, r)
}

// renameRole gives a custom role another name.
func (s *suger) renameRole(ctx context.Context, r *role, name string) (*role, error) {
	change := s.newChange(spec.OpUpdateRole, r.id, r.name)
	change.Before["name"], change.After["name"] = r.name, name
	if s.config.DryRun {
		s.record(change.dry(), nil)
		would := *r
		would.name, would.group = name, name
		return &would, nil
	}
	renamed, err := s.updateRole(ctx, r, name)
	if err == nil && renamed.id != r.id { // another role has the name by now
		err = s.unconfirmed(spec.OpUpdateRole, "the role's name")
	}
	s.record(change, err)
	return renamed, err
}

// updateRole makes the call that renames a role. Where that sends everything,
// the rest is as Suger has it now.
func (s *suger) updateRole(ctx context.Context, r *role, name string) (*role, error) {
	op := s.model.doc.Operations.UpdateRole
	with := spec.Values{"displayName": name}
	if op.Sends == spec.SendsEverything {
		roles, err := s.freshCatalogue(ctx)
		if err != nil {
			return nil, err
		}
		if present := roles.byID(r.id); present != nil {
			with["description"] = present.description
			if present.permissions != nil {
				with["permissions"] = present.permissions
			}
		}
	}
	answer, err := s.call(ctx, spec.OpUpdateRole, op, s.ids(nil, r), with)
	return s.roleAfter(ctx, spec.OpUpdateRole, name, answer, err)
}

// Delete removes a custom role. Its members get the default role first, so that
// nobody is left without one.
func (g *Groups) Delete(ctx context.Context, id, ifMatch string) error {
	return g.asSCIM(g.delete(ctx, id, ifMatch))
}

func (g *Groups) delete(ctx context.Context, id, ifMatch string) error {
	users, err := g.usersForGroup(ctx)
	if err != nil {
		return err
	}
	r, roles, err := g.roleByID(ctx, id)
	if err != nil {
		return err
	}
	if r.standard {
		return scim.NewError(scim.CodeRoleFixed,
			"%s is a standard role of Suger and cannot be deleted. When unlinking the group in Okta, choose to leave the group in the target app.", r.name)
	}
	if g.model.doc.Operations.RemoveRole == nil {
		return scim.NewError(scim.CodeUnsupported, "The mapping has no operation that deletes a Suger role. Leave the group in the target app and delete the role in Suger's console.")
	}
	members, err := g.membersOf(ctx, users, roles, r.id)
	if err != nil {
		return err
	}
	if err := scim.CheckIfMatch(ifMatch, groupResource(r, members[r.id], true).Version()); err != nil {
		return err
	}
	if fallback, err := g.defaultRole(ctx); err != nil || fallback.id == r.id {
		return firstError(err, scim.NewError(scim.CodeRoleFixed, "%s is the default role and cannot be deleted. Set another GATEWAY_DEFAULT_ROLE first.", r.name))
	}
	if _, err := g.changeMembers(ctx, users, memberChange{role: r, remove: memberIDs(members[r.id])}); err != nil {
		return err
	}
	return g.removeRole(ctx, r)
}

// removeRole deletes a custom role and makes sure that it is gone.
func (s *suger) removeRole(ctx context.Context, r *role) error {
	change := s.newChange(spec.OpRemoveRole, r.id, r.name)
	if s.config.DryRun {
		s.record(change.dry(), nil)
		return nil
	}
	_, err := s.call(ctx, spec.OpRemoveRole, s.model.doc.Operations.RemoveRole, s.ids(nil, r), nil)
	s.rolesChanged()
	if err == nil || isGone(err) || uncertain(err) {
		roles, listErr := s.rolesNow(ctx)
		switch {
		case listErr != nil:
			err = firstError(err, listErr)
		case roles.byID(r.id) == nil:
			err = nil
		case err == nil:
			err = s.unconfirmed(spec.OpRemoveRole, "the role")
		}
	}
	s.record(change, err)
	return err
}

// rolesNow is the roles as they are after this call began.
func (s *suger) rolesNow(ctx context.Context) (*catalogue, error) { return s.rolesWithin(ctx, limit{}) }
