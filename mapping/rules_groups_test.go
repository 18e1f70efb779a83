package mapping

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// Rule 9: a pushed group whose role has no permissions replaces no one's role.
func TestRule9GroupWithoutPermissionsTakesNothing(t *testing.T) {
	for _, file := range []string{membership, withStatus} {
		t.Run(file, func(t *testing.T) {
			r := newRules(t, file)
			s := r.people("amber ADMIN", "basalt EDITOR", "cedar VIEWER", "dune f1", "ember s1", "fjord s2")
			var everybody []string
			for _, u := range s.users {
				everybody = append(everybody, u.id)
			}

			p, err := r.makeRole(s, "Whole Company", everybody)
			require.NoError(t, err)
			assert.Equal(t, "make role Whole Company", r.describe(p), "when the group is created")
			require.Len(t, p.people, len(everybody))
			for _, one := range p.people {
				assert.NotEmpty(t, one.kept, "the log names each member")
			}
			assert.Zero(t, r.losses(p))

			p, err = r.members(s, s.roles.byID("s1"), memberChange{add: everybody, implicit: true})
			assert.Equal(t, "nothing", r.outcome(p, err), "when the group is pushed again, also to holders of other roles without permissions")

			p, err = r.members(s, s.roles.byID("f1"), memberChange{add: []string{"ember", "cedar", "basalt"}})
			assert.Equal(t, "change cedar role=Finance; change ember role=Finance", r.outcome(p, err), "a role with permissions replaces it")
		})
	}
}

// Rule 9: a role has no permissions if its record says so: by an empty list, by null,
// or by a missing field that other records have. Standard roles always have
// permissions. If no record has the field, no role counts as without permissions.
func TestRule9RolesWithoutPermissions(t *testing.T) {
	r := newRules(t, membership)
	read := func(records ...string) *catalogue {
		var listed []*role
		for _, text := range records {
			record, err := Decode([]byte(text))
			require.NoError(t, err)
			one, err := r.model.readRole(record)
			require.NoError(t, err)
			listed = append(listed, one)
		}
		return r.model.newCatalogue(listed, nil, true)
	}
	c := read(`{"id":"a","name":"A","permissions":[]}`, `{"id":"b","name":"B","permissions":null}`, `{"id":"c","name":"C"}`,
		`{"id":"d","name":"D","permissions":["read"]}`, `{"id":"EDITOR","name":"EDITOR","permissions":[]}`)
	for id, powerless := range map[string]bool{"a": true, "b": true, "c": true, "d": false, "EDITOR": false, "ADMIN": false} {
		assert.Equal(t, powerless, c.byID(id).powerless, id)
	}
	assert.False(t, read(`{"id":"c","name":"C"}`).byID("c").powerless)
}

// Rule 9: the brake counts each role that is lost, each end of access and each changed
// address; a promotion does not count.
func TestRule9BrakeCountsEveryLoss(t *testing.T) {
	r := newRules(t, withStatus)
	s := r.people("amber ADMIN", "basalt EDITOR", "cedar VIEWER", "dune f1", "ember s1", "former EDITOR INACTIVE")
	by := s.roles.byID
	to := func(id string, roles ...*role) *plan {
		one, err := r.changeOf(s, s.byID(id))
		require.NoError(t, err)
		one.roles = roles
		return &plan{people: []*personPlan{one}}
	}
	renamed := to("basalt")
	renamed.people[0].roles, renamed.people[0].values[r.model.userName] = nil, "basil@example.com"
	ended, err := r.endAccess(s, s.byID("basalt"))
	require.NoError(t, err)
	left, err := r.remove(s, s.byID("former"))
	require.NoError(t, err)
	for name, test := range map[string]struct {
		plan *plan
		want int
	}{
		"demoted":                            {to("amber", by("VIEWER")), 1},
		"promoted":                           {to("cedar", by("EDITOR")), 0},
		"custom role to another custom role": {to("dune", by("d1")), 1},
		"custom role to a standard role":     {to("dune", by("EDITOR")), 1},
		"VIEWER to a custom role":            {to("cedar", by("f1")), 1},
		"user without access":                {to("former", by("VIEWER")), 0},
		"changed address":                    {renamed, 1},
		"deactivated":                        {ended, 1},
		"removed":                            {left, 1},
		"nothing":                            {&plan{}, 0},
	} {
		assert.Equal(t, test.want, r.losses(test.plan), name)
	}
}

// Rule 10: all or nothing. The error names unknown members before any change.
func TestRule10UnknownMembers(t *testing.T) {
	r := newRules(t, membership)
	s := r.people("amber ADMIN", "basalt f1", "cedar f1", "dune VIEWER")
	finance := s.roles.byID("f1")
	p, err := r.members(s, finance, memberChange{add: []string{"ghost-1", "dune", "ghost-2"}, remove: []string{"basalt", "cedar"}, implicit: true})
	require.Equal(t, "invalid_value", r.outcome(p, err))
	assert.Contains(t, err.Error(), ": ghost-1, ghost-2.")

	p, err = r.makeRole(s, "Night crew", []string{"dune", "ghost-1"})
	assert.Equal(t, "invalid_value", r.outcome(p, err), "no role is created for them")

	p, err = r.members(s, finance, memberChange{remove: []string{"ghost-1", "basalt", "basalt", "dune"}})
	assert.Equal(t, "change basalt role=VIEWER", r.outcome(p, err), "removing an unknown member succeeds")
}

// Rule 8: an entry without an id never shortens a list of members.
func TestRule8MemberEntries(t *testing.T) {
	for _, list := range []string{`[{}]`, `[null]`, `[""]`, `{}`, `[{"display":"Amber"}]`, `[{"value":""}]`, `[{"value":"basalt"},{}]`} {
		for _, text := range []string{`{"displayName":"Finance","members":` + list + `}`, `{"Operations":[{"op":"replace","path":"members","value":` + list + `}]}`} {
			raw, err := scim.DecodeObject([]byte(text))
			require.NoError(t, err)
			if _, isPatch := raw["Operations"]; isPatch {
				operations, parseErr := scim.ParsePatch(raw, newModel(DefaultDocument()).groupType())
				require.NoError(t, parseErr)
				_, err = newModel(DefaultDocument()).groupType().ApplyPatch(t.Context(), scim.Resource{"displayName": "Finance"}, operations)
			} else {
				_, err = newModel(DefaultDocument()).groupType().Normalize(raw)
			}
			var e *scim.Error
			if assert.ErrorAs(t, err, &e, text) {
				assert.Equal(t, scim.CodeInvalidValue, e.Code, text)
			}
		}
	}
}

// Rule 21: a PATCH that replaces members accepts as many as a PUT.
func TestRule21ManyMembersInOnePatch(t *testing.T) {
	members := make([]any, 5000)
	for i := range members {
		members[i] = map[string]any{"value": fmt.Sprintf("u%d", i)}
	}
	operations, err := scim.ParsePatch(map[string]any{"Operations": []any{map[string]any{"op": "replace", "path": "members", "value": members}}}, newModel(DefaultDocument()).groupType())
	require.NoError(t, err)
	group, err := newModel(DefaultDocument()).groupType().ApplyPatch(t.Context(), scim.Resource{"displayName": "Finance"}, operations)
	require.NoError(t, err)
	assert.Len(t, memberIDs(group["members"]), len(members))
	assert.True(t, replacesMembers(operations), "members that the list lacks are removed implicitly")
}

// Rule 15: a role that a protected user holds is neither renamed nor deleted, and the
// user stays in a group that no longer lists them.
func TestRule15RolesOfProtectedPeople(t *testing.T) {
	r := newRules(t, membership, protecting("basalt"))
	s := r.people("amber ADMIN", "basalt f1", "cedar f1", "dune d1")
	finance, deals := s.roles.byID("f1"), s.roles.byID("d1")

	renamed := &plan{}
	err := r.rename(s, renamed, finance, scim.Resource{"displayName": "Money"})
	assert.Equal(t, "protected_user", r.guarded(s, renamed, err))
	p, err := r.deleteRole(s, finance)
	assert.Equal(t, "protected_user", r.guarded(s, p, err))
	p, err = r.members(s, finance, memberChange{remove: []string{"basalt"}})
	assert.Equal(t, "protected_user", r.guarded(s, p, err), "removed explicitly")
	p, err = r.members(s, deals, memberChange{add: []string{"basalt"}})
	assert.Equal(t, "protected_user", r.guarded(s, p, err), "given another role")

	p, err = r.members(s, finance, memberChange{remove: []string{"basalt", "cedar"}, implicit: true})
	assert.Equal(t, "change cedar role=VIEWER", r.guarded(s, p, err), "removed implicitly")
	renamed = &plan{}
	err = r.rename(s, renamed, deals, scim.Resource{"displayName": "Contracts"})
	assert.Equal(t, "rename role Contracts", r.guarded(s, renamed, err), "a role without protected users")
	p, err = r.deleteRole(s, deals)
	assert.Equal(t, "change dune role=VIEWER; delete role", r.guarded(s, p, err))
}

// Names of roles: the current name is not a rename, in any spelling. The names of
// standard roles and of other roles, and names without a visible character, are
// refused.
func TestRule11Renames(t *testing.T) {
	r := newRules(t, membership)
	s := r.people("amber ADMIN")
	for _, test := range []struct{ role, name, want string }{
		{"f1", "Finance", "nothing"},
		{"f1", "finance\u200b ", "nothing"},
		{"f1", "Ｄeal  desk", "group_exists"},
		{"f1", "admin ", "group_exists"},
		{"f1", "\u3164", "invalid_value"},
		{"f1", " Money\u00ad people", "rename role Money people"},
		{"ADMIN", "Admins", "role_fixed"},
		{"ADMIN", "admin\ufeff", "nothing"},
	} {
		p := &plan{}
		err := r.rename(s, p, s.roles.byID(test.role), scim.Resource{"displayName": test.name})
		assert.Equal(t, test.want, r.outcome(p, err), "%s to %q", test.role, test.name)
	}
}
