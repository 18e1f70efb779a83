package mapping

import (
	"context"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// Groups are the roles of one caller's organization as SCIM groups: the members
// of a group are the users who hold the role. Answers and errors are as for
// [Users]; members are left out where the projection does not include them.
type Groups struct{ *suger }

// Get is one group.
func (g *Groups) Get(ctx context.Context, id string, p *scim.Projection) (scim.View, error) {
	roles, err := g.rolesFor(ctx, id)
	if err != nil {
		return nil, g.asSCIM(err)
	}
	r := roles.byID(id)
	if r == nil {
		return nil, scim.NotFound("group", id)
	}
	if !p.Includes("members") {
		return groupResource(r, nil, false), nil
	}
	users, err := g.someUsers(ctx)
	if err != nil {
		return nil, g.asSCIM(err)
	}
	members, err := g.membersOf(ctx, users, roles, r.id)
	if err != nil {
		return nil, g.asSCIM(err)
	}
	return groupResource(r, members[r.id], true), nil
}

// List is the groups that a query asks for, in the order of their ids.
func (g *Groups) List(ctx context.Context, q *scim.Query) (*scim.List, error) {
	roles, err := g.rolesFor(ctx, "")
	if err != nil {
		return nil, g.asSCIM(err)
	}
	withMembers := q.Projection.Includes("members") || q.Filter.Names("members")
	var members map[string][]any
	if withMembers {
		users, err := g.someUsers(ctx)
		if err != nil {
			return nil, g.asSCIM(err)
		}
		if members, err = g.membersOf(ctx, users, roles, ""); err != nil {
			return nil, g.asSCIM(err)
		}
	}
	sorted := roles.sortedByID()
	return q.Select(len(sorted), func(i int) scim.View {
		return groupResource(sorted[i], members[sorted[i].id], withMembers)
	}), nil
}

// rolesFor is the catalogue for a read. It always comes of an answer that Suger
// gave to this credential: an answer of roles that are known anyway would tell a
// client with a wrong token that it is right. A role that is not on the list at
// hand is looked for in a fresh one.
func (s *suger) rolesFor(ctx context.Context, id string) (*catalogue, error) {
	if s.model.doc.Operations.ListRoles == nil {
		if _, err := s.someUsers(ctx); err != nil {
			return nil, err
		}
	}
	roles, err := s.catalogue(ctx)
	if err == nil && id != "" && roles.byID(id) == nil {
		return s.freshCatalogue(ctx)
	}
	return roles, err
}

// roleByID finds a role by its id, for a change. Standard roles need no call; an id that is
// not on the list at hand is looked for in a fresh one.
func (s *suger) roleByID(ctx context.Context, id string) (*role, *catalogue, error) {
	c := s.fixed
	if r := c.byID(id); r != nil {
		return r, c, nil
	}
	for _, get := range []func(context.Context) (*catalogue, error){s.catalogue, s.freshCatalogue} {
		var err error
		if c, err = get(ctx); err != nil {
			return nil, nil, err
		}
		if r := c.byID(id); r != nil {
			return r, c, nil
		}
	}
	return nil, nil, scim.NotFound("group", id)
}

func (c *catalogue) sortedByID() []*role {
	return slices.SortedFunc(slices.Values(c.roles), func(a, b *role) int { return strings.Compare(a.id, b.id) })
}

// membersOf is the members of groups, by role id, in the order of users: of the
// one with the id, or of all if it is "".
func (s *suger) membersOf(ctx context.Context, users *userSet, roles *catalogue, id string) (map[string][]any, error) {
	var all []*user
	users.read(func(list []*user) { all = slices.Clone(list) })
	if !roles.whole && !s.rolesHaveIDs() {
		var err error
		if roles, err = s.catalogue(ctx); err != nil {
			return nil, err
		}
	}
	members := make(map[string][]any)
	for _, u := range all {
		for _, r := range roles.of(u) {
			if id == "" || id == r.id {
				members[r.id] = append(members[r.id], s.member(u))
			}
		}
	}
	return members, nil
}

// rolesHaveIDs reports whether users' records name roles by id, so that a role
// can be told from others without the list of roles.
func (s *suger) rolesHaveIDs() bool {
	spec := &s.model.doc.User.Roles
	return spec.By != "name" && (!spec.Name.Given() || spec.ID.Given())
}

func (s *suger) member(u *user) map[string]any {
	return map[string]any{"value": u.id, "display": s.model.email(u), "type": "User"}
}

// groupResource is a role as a group. Its version is that of the whole group,
// so one without members has none.
func groupResource(r *role, members []any, withMembers bool) scim.Resource {
	group := scim.Resource{
		"schemas":     []any{scim.URNGroup},
		"id":          r.id,
		"displayName": r.group,
		"meta":        meta("Group", "", ""),
	}
	if !withMembers {
		return group
	}
	if len(members) > 0 {
		group["members"] = members
	}
	return versioned(group)
}

// Roles are the roles of one caller's organization as Okta's entitlement
// discovery reads them, and clients of the roles and entitlements extension.
type Roles struct{ *suger }

// Get is one role.
func (rs *Roles) Get(ctx context.Context, id string, _ *scim.Projection) (scim.View, error) {
	roles, err := rs.rolesFor(ctx, id)
	if err != nil {
		return nil, rs.asSCIM(err)
	}
	r := roles.byID(id)
	if r == nil {
		return nil, scim.NotFound("role", id)
	}
	return roleResource(r), nil
}

// List is the roles that a query asks for, in the order of their ids.
func (rs *Roles) List(ctx context.Context, q *scim.Query) (*scim.List, error) {
	roles, err := rs.rolesFor(ctx, "")
	if err != nil {
		return nil, rs.asSCIM(err)
	}
	sorted := roles.sortedByID()
	return q.Select(len(sorted), func(i int) scim.View { return roleResource(sorted[i]) }), nil
}

func roleResource(r *role) scim.Resource {
	const longest = 1000 // characters that Okta takes (SCIM with entitlements)
	resource := scim.Resource{
		"schemas":     []any{scim.URNOktaRole, scim.URNRole},
		"id":          r.id,
		"displayName": r.name,
		"value":       r.id,
		"display":     r.name,
		"supported":   true,
		"meta":        meta("Role", "", ""),
	}
	if r.description != "" {
		runes := []rune(r.description)
		resource["description"] = string(runes[:min(len(runes), longest)])
	}
	return versioned(resource)
}
