package mapping

import (
	"context"
	"maps"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// Replace makes a group as the client's whole resource says (PUT). A resource
// without members leaves the members alone; an empty list removes all.
func (g *Groups) Replace(ctx context.Context, id string, r scim.Resource, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	return g.change(ctx, id, ifMatch, true, func(scim.Resource) (scim.Resource, error) {
		return r, g.groupType.CheckRequired(r)
	})
}

// Patch makes the changes that PATCH operations ask for.
func (g *Groups) Patch(ctx context.Context, id string, ops []scim.PatchOperation, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	return g.change(ctx, id, ifMatch, replacesMembers(ops), func(current scim.Resource) (scim.Resource, error) {
		return g.groupType.ApplyPatch(current, ops)
	})
}

// replacesMembers reports whether the operations set the list of members, so
// that removals follow from it and name nobody. An operation without a path that
// only renames, which Okta sends with every change, does not.
func replacesMembers(ops []scim.PatchOperation) bool {
	return slices.ContainsFunc(ops, func(op scim.PatchOperation) bool {
		if op.Path == nil {
			value, _ := op.Value.(map[string]any)
			return op.Op == "replace" && slices.ContainsFunc(sortedKeys(value), func(name string) bool {
				return strings.HasSuffix(fold(name), "members") // with or without the schema's URN
			})
		}
		aboutMembers := op.Path.Attr != nil && op.Path.Attr.Name == "members" && op.Path.Filter == nil
		return aboutMembers && (op.Op == "replace" || (op.Op == "remove" && op.Value == nil))
	})
}

// change computes what a client wants a group to be, on fresh data, and writes
// what differs.
func (g *Groups) change(ctx context.Context, id, ifMatch string, implicit bool, want func(current scim.Resource) (scim.Resource, error)) (scim.Resource, error) {
	result, err := g.changeGroup(ctx, id, ifMatch, implicit, want)
	return result, g.asSCIM(err)
}

func (g *Groups) changeGroup(ctx context.Context, id, ifMatch string, implicit bool, want func(current scim.Resource) (scim.Resource, error)) (scim.Resource, error) {
	users, err := g.usersForGroup(ctx)
	if err != nil {
		return nil, err
	}
	r, roles, err := g.roleByID(ctx, id)
	if err != nil {
		return nil, err
	}
	members, err := g.membersOf(ctx, users, roles, r.id)
	if err != nil {
		return nil, err
	}
	current := groupResource(r, members[r.id], true)
	if err := scim.CheckIfMatch(ifMatch, current.Version()); err != nil {
		return nil, err
	}
	wanted, err := want(current)
	if err != nil {
		return nil, err
	}
	rename, err := g.renameTo(ctx, r, wanted)
	if err != nil {
		return nil, err
	}
	c := differenceOf(current, wanted)
	c.role, c.implicit = r, implicit
	after, err := g.changeMembers(ctx, users, c)
	if err != nil {
		return nil, err
	}
	if rename != "" {
		if r, err = g.renameRole(ctx, r, rename); err != nil {
			return nil, err
		}
	}
	return echoing(g.groupAfter(r, users, after), wanted), nil
}

// differenceOf finds who joins and who leaves. A resource that does not mention
// its members leaves them alone.
func differenceOf(current, wanted scim.Resource) memberChange {
	var c memberChange
	list, given := wanted["members"].([]any)
	if !given {
		return c
	}
	is, will := idSet(memberIDs(current["members"])), memberIDs(list)
	for _, id := range will {
		if !is[id] {
			c.add = append(c.add, id)
		}
	}
	stays := idSet(will)
	for _, id := range memberIDs(current["members"]) {
		if !stays[id] {
			c.remove = append(c.remove, id)
		}
	}
	return c
}

// memberIDs lists the ids in a members attribute, each once.
func memberIDs(members any) []string {
	list, _ := members.([]any)
	ids := make([]string, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, entry := range list {
		object, _ := entry.(map[string]any)
		if id, _ := object["value"].(string); id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// groupAfter is a group with the members that it has after a change.
func (g *Groups) groupAfter(r *role, users *userSet, after *membersAfter) scim.Resource {
	current := maps.Clone(after.changed)
	users.read(func(all []*user) {
		for _, u := range all {
			if _, changed := current[u.id]; !changed {
				current[u.id] = u
			}
		}
	})
	holders := slices.DeleteFunc(slices.Collect(maps.Values(current)), func(u *user) bool {
		return u == nil || !slices.ContainsFunc(u.roles, func(ref roleRef) bool { return refersTo([]roleRef{ref}, []*role{r}) })
	})
	sortUsers(holders)
	var members []any
	for _, u := range holders {
		members = append(members, g.member(u))
	}
	return groupResource(r, members, true)
}
