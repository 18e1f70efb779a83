package mapping

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// maxMembersShown is the most members that the answer to a PATCH shows. Above it
// there is no body: RFC 7644 section 3.5.2 allows 204, and Okta needs no more.
const maxMembersShown = 1000

// Groups are the roles of one caller's organization as SCIM groups: the members
// of a group are the users who hold the role. Answers and errors are as for
// [Users]; members are left out where the projection does not include them.
type Groups struct{ *suger }

// Get returns one group.
func (g *Groups) Get(ctx context.Context, id string, p *scim.Projection) (scim.Resource, error) {
	return g.shape(p.Includes("members")).Get(ctx, id, p)
}

// List returns the groups that a query asks for.
func (g *Groups) List(ctx context.Context, q *scim.Query) (*scim.List, error) {
	return g.shape(q.Projection.Includes("members") || q.Filter.Uses("members")).List(ctx, q)
}

// shape shows roles as groups, in the order of every list: by time of creation, then id.
func (g *Groups) shape(members bool) *Roles {
	resource := func(r *role, holders []*user) scim.Resource {
		if !members { // the version is that of the whole group
			return g.group(r, nil)
		}
		return versioned(g.group(r, holders))
	}
	return &Roles{g.suger, "group", members, resource, func(a, b *role) int {
		return cmp.Or(strings.Compare(a.created, b.created), strings.Compare(a.id, b.id))
	}}
}

// Roles are the roles of one caller's organization as resources of one type: groups, or
// roles for Okta's entitlement discovery and the roles and entitlements extension.
type Roles struct {
	*suger
	what     string // the type in an error
	holders  bool   // the resource depends on who holds the role
	resource func(r *role, holders []*user) scim.Resource
	compare  func(a, b *role) int
}

// Roles opens the roles of the caller's organization, in the order of their ids.
func (s *Service) Roles(c Caller) *Roles {
	return &Roles{s.open(c), "role", true, roleResource, func(a, b *role) int { return strings.Compare(a.id, b.id) }}
}

// Get returns one role.
func (rs *Roles) Get(ctx context.Context, id string, _ *scim.Projection) (view scim.Resource, err error) {
	defer rs.translate(&err)
	r, err := rs.byID(ctx, id)
	if err != nil {
		return nil, err
	}
	holders, err := rs.holdersShown(ctx)
	if err != nil {
		return nil, err
	}
	return rs.resource(r, holders(r)), nil
}

// List returns the roles that a query asks for.
func (rs *Roles) List(ctx context.Context, q *scim.Query) (list *scim.List, err error) {
	defer rs.translate(&err)
	roles, err := rs.roles(ctx, rs.rolesToShow())
	if err != nil {
		return nil, err
	}
	holders, err := rs.holdersShown(ctx)
	if err != nil {
		return nil, err
	}
	sorted := slices.SortedFunc(slices.Values(roles.roles), rs.compare)
	return q.Select(len(sorted), func(i int) scim.Resource { return rs.resource(sorted[i], holders(sorted[i])) }), nil
}

// holdersShown returns who holds a role, nobody if the resource does not show it.
func (rs *Roles) holdersShown(ctx context.Context) (func(*role) []*user, error) {
	if !rs.holders {
		return func(*role) []*user { return nil }, nil
	}
	snap, err := rs.people(ctx, rs.toShow())
	if err != nil {
		return nil, err
	}
	return snap.holdersOf, nil
}

// byID finds a role by its id, in a list that begins now if the present one lacks it.
// It does not use the known roles, which would make a wrong token look valid.
func (rs *Roles) byID(ctx context.Context, id string) (*role, error) {
	for _, within := range []need{rs.rolesToShow(), rs.fromNow()} {
		roles, err := rs.roles(ctx, within)
		if err != nil {
			return nil, err
		}
		if r := roles.byID(id); r != nil {
			return r, nil
		}
		if roles.missing {
			return nil, errUnlisted()
		}
	}
	return nil, scim.NotFound(rs.what, id)
}

// group returns a role as a group, without its version, which takes longer to
// compute than all the rest where there are many members.
func (s *suger) group(r *role, holders []*user) scim.Resource {
	group := scim.Resource{
		"schemas": []any{scim.URNGroup}, "id": r.id, "displayName": r.group, "meta": meta("Group", r.created, r.modified),
	}
	if len(holders) > 0 {
		members := make([]any, len(holders))
		for i, u := range holders {
			members[i] = map[string]any{"value": u.id, "display": s.model.email(u), "type": "User"}
		}
		group["members"] = members
	}
	return group
}

// Create makes a custom role for a group that is not one yet, and gives it to
// the group's members.
func (g *Groups) Create(ctx context.Context, body map[string]any, _ *scim.Projection) (scim.Resource, error) {
	r, err := g.groupType.Normalize(body)
	if err != nil {
		return nil, err
	}
	name, _ := r["displayName"].(string)
	if err := cmp.Or(g.groupType.CheckRequired(r), g.planner.fits(cleanName(name))); err != nil {
		return nil, err
	}
	done, err := g.carryOut(ctx, change{
		names: []string{g.rolesName()},
		plan:  func(s *snapshot) (*plan, error) { return g.planner.makeRole(s, name, memberIDs(r["members"])) },
	})
	if err != nil {
		return nil, err
	}
	made := done.plan.role.role
	if done.dry {
		made.id = dryRunID(name)
	}
	return done.echoing(versioned(g.group(made, done.after.holdersOf(made))), r), nil
}

// Replace makes a group as the client's whole resource says (PUT). Members that are missing
// or null stay as they are; an empty list removes all.
func (g *Groups) Replace(ctx context.Context, id string, body map[string]any, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	wanted, err := g.groupType.Normalize(body)
	if err != nil {
		return nil, err
	}
	return g.update(ctx, id, ifMatch, memberChange{implicit: true}, math.MaxInt, func(scim.Resource) (scim.Resource, error) {
		return wanted, g.groupType.CheckRequired(wanted)
	})
}

// Patch makes the changes that PATCH operations ask for. The resource is nil if
// the group has too many members to show.
func (g *Groups) Patch(ctx context.Context, id string, body map[string]any, ifMatch string, p *scim.Projection) (scim.Resource, error) {
	operations, err := scim.ParsePatch(body, g.groupType)
	if err != nil {
		return nil, err
	}
	most := math.MaxInt
	if p.Includes("members") {
		most = maxMembersShown
	}
	asked := memberChange{implicit: replacesMembers(operations)}
	for _, op := range operations {
		asked.remove = append(asked.remove, removedValues(op, "members")...)
	}
	return g.update(ctx, id, ifMatch, asked, most, func(current scim.Resource) (scim.Resource, error) {
		return g.groupType.ApplyPatch(ctx, current, operations)
	})
}

// replacesMembers reports whether the operations set the list of members, so that removals
// follow from it and name nobody.
func replacesMembers(operations []scim.PatchOperation) bool {
	return slices.ContainsFunc(operations, func(op scim.PatchOperation) bool {
		if op.Path == nil {
			value, _ := op.Value.(map[string]any)
			return op.Op == "replace" && slices.ContainsFunc(sortedKeys(value), func(name string) bool {
				return strings.HasSuffix(strings.ToLower(name), "members") // with or without the schema's URN
			})
		}
		aboutMembers := op.Path.Attr != nil && op.Path.Attr.Name == "members" && op.Path.Filter == nil
		return aboutMembers && (op.Op == "replace" || (op.Op == "remove" && op.Value == nil))
	})
}

// removedValues returns the values of an attribute's elements that an operation
// removes by name: by a list, or by a filter for one.
func removedValues(op scim.PatchOperation, attribute string) (values []string) {
	if op.Op != "remove" || op.Path == nil || op.Path.Attr == nil || op.Path.Attr.Name != attribute || op.Path.Sub != nil {
		return nil
	}
	list, isList := op.Value.([]any)
	switch path, value, _ := op.Path.Filter.Equality(); {
	case path == "value" || path == "display":
		list = []any{value}
	case op.Path.Filter != nil:
		return nil
	case !isList:
		list = []any{op.Value}
	}
	for _, entry := range list {
		if object, isObject := entry.(map[string]any); isObject {
			entry = object["value"]
		}
		if value, isText := entry.(string); isText && value != "" {
			values = append(values, value)
		}
	}
	return values
}

// changing returns the change of a group. Its members are not kept after planning: they can
// be thousands, and many requests can wait for a lock.
func (g *Groups) changing(id, ifMatch string, how func(s *snapshot, r *role, current scim.Resource) (*plan, error)) change {
	return change{
		names: []string{g.roleName(id)}, exclusive: ifMatch != "", conditional: ifMatch != "",
		plan: func(s *snapshot) (*plan, error) {
			r, err := g.groupOf(s, id)
			if err != nil {
				return nil, err
			}
			current := g.group(r, s.holdersOf(r))
			if ifMatch != "" {
				if err := scim.CheckIfMatch(ifMatch, versioned(current).Version()); err != nil {
					return nil, err
				}
			}
			return how(s, r, current)
		},
	}
}

// update makes a group as the client wants it, and returns it unless it has more than
// most members. asked says whether removals are implicit, and who is named in them.
func (g *Groups) update(ctx context.Context, id, ifMatch string, asked memberChange, most int, want func(current scim.Resource) (scim.Resource, error)) (scim.Resource, error) {
	sent := scim.Resource{}
	var shown role
	done, err := g.carryOut(ctx, g.changing(id, ifMatch, func(s *snapshot, r *role, current scim.Resource) (*plan, error) {
		shown = *r
		wanted, err := want(current)
		if err != nil {
			return nil, err
		}
		sent["externalId"] = wanted["externalId"]
		for _, leaver := range asked.remove {
			if err := g.planner.hidden(s, leaver); err != nil {
				return nil, err
			}
		}
		c := differenceOf(current, wanted)
		c.implicit = asked.implicit
		p, err := g.planner.members(s, r, c)
		if err != nil {
			return nil, err
		}
		return p, g.planner.rename(s, p, r, wanted)
	}))
	if err != nil {
		return nil, err
	}
	holders := done.after.holdersOf(&shown)
	if len(holders) > most {
		return nil, nil
	}
	if renamed := done.plan.role; renamed != nil {
		shown.name, shown.group = renamed.name, renamed.name
	}
	return done.echoing(versioned(g.group(&shown, holders)), sent), nil
}

// Delete removes a custom role, whose members get the default role first.
func (g *Groups) Delete(ctx context.Context, id, ifMatch string) error {
	_, err := g.carryOut(ctx, g.changing(id, ifMatch, func(s *snapshot, r *role, _ scim.Resource) (*plan, error) {
		return g.planner.deleteRole(s, r)
	}))
	return err
}

// groupOf finds the role with an id. Users' records must name roles by id, if the list of
// roles is not there to tell who holds it.
func (s *suger) groupOf(snap *snapshot, id string) (*role, error) {
	r, named := snap.roles.byID(id), &s.model.doc.User.Roles
	switch {
	case r != nil && (snap.roles.whole || named.By != "name" && (!named.Name.Given() || named.ID.Given())):
		return r, nil
	case !snap.roles.whole:
		return nil, errNeedsRoles
	case snap.roles.missing:
		return nil, errUnlisted()
	}
	return nil, scim.NotFound("group", id)
}

// differenceOf finds who joins and who leaves, nobody if no members are mentioned.
func differenceOf(current, wanted scim.Resource) memberChange {
	list, given := wanted["members"].([]any)
	if !given {
		return memberChange{}
	}
	is, will := memberIDs(current["members"]), memberIDs(list)
	return memberChange{add: without(will, is), remove: without(is, will)}
}

func without(ids, others []string) []string {
	known := make(map[string]bool, len(others))
	for _, id := range others {
		known[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return known[id] })
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

func roleResource(r *role, holders []*user) scim.Resource {
	const longest = 1000 // characters that Okta accepts (SCIM with entitlements)
	resource := scim.Resource{
		"schemas":              []any{scim.URNOktaRole, scim.URNRole},
		"id":                   r.id,
		"displayName":          r.name,
		"value":                r.id,
		"display":              r.name,
		"supported":            true,
		"totalAssignmentsUsed": float64(len(holders)),
		"meta":                 meta("Role", "", ""),
	}
	if r.description != "" {
		runes := []rune(r.description)
		resource["description"] = string(runes[:min(len(runes), longest)])
	}
	return versioned(resource)
}
