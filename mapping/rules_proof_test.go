package mapping

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// Rules 3 and 16: a list that was started after a change must confirm it; the proof
// names what that list does not show.
func TestRule16EveryChangeIsProven(t *testing.T) {
	for _, test := range []struct {
		name, file, body string
		after            []string // with basalt as the list shows the user
		want             string   // what is missing
	}{
		{"removed", membership, "gone", []string{"amber ADMIN"}, ""},
		{"removed, still listed", membership, "gone", []string{"amber ADMIN", "basalt EDITOR"}, "active"},
		{"removed with a status, only inactive", withStatus, "gone", []string{"amber ADMIN", "basalt EDITOR INACTIVE"}, "active"},
		{"ended by removal, still listed", membership, "ended", []string{"amber ADMIN", "basalt EDITOR"}, "active"},
		{"deactivated", withStatus, "ended", []string{"amber ADMIN", "basalt EDITOR INACTIVE"}, ""},
		{"deactivated, status in other letter case", withStatus, "ended", []string{"amber ADMIN", "basalt EDITOR inactive"}, ""},
		{"deactivated, still active", withStatus, "ended", []string{"amber ADMIN", "basalt EDITOR ACTIVE"}, "active"},
		{"deactivated, unknown status", withStatus, "ended", []string{"amber ADMIN", "basalt EDITOR PAUSED"}, "active"},
		{"deactivated, no status", withStatus, "ended", []string{"amber ADMIN", "basalt EDITOR -"}, "active"},
		{"deactivated, not listed", withStatus, "ended", []string{"amber ADMIN"}, ""},
		{"role", membership, `{"roles":["VIEWER"]}`, []string{"amber ADMIN", "basalt VIEWER"}, ""},
		{"new role, old one listed", membership, `{"roles":["VIEWER"]}`, []string{"amber ADMIN", "basalt EDITOR"}, "role"},
		{"new role, another one listed", membership, `{"roles":["VIEWER"]}`, []string{"amber ADMIN", "basalt ADMIN"}, "role"},
		{"new role, user not listed", membership, `{"roles":["VIEWER"]}`, []string{"amber ADMIN"}, "the user"},
		{"new name, old one listed", membership, `{"name":{"givenName":"Basil"}}`, []string{"amber ADMIN", "basalt EDITOR"}, "name.givenName"},
		{"new address, old one listed", withStatus, `{"userName":"basil@example.com"}`, []string{"amber ADMIN", "basalt EDITOR"}, "userName"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRules(t, test.file)
			before := r.people("amber ADMIN", "basalt EDITOR")
			p, err := r.planFor(before, "basalt", test.body)
			require.NoError(t, err)
			assert.Equal(t, test.want, missing(r.prove(before, r.people(test.after...), p)))
		})
	}
}

// missing returns what a proof found missing, "" if nothing.
func missing(differs []difference) string {
	if len(differs) == 0 {
		return ""
	}
	return differs[0].field
}

// Rule 16: a list must also confirm that a user was added or came back.
func TestRule16CreationIsProven(t *testing.T) {
	r := newRules(t, withStatus)
	for _, test := range []struct {
		name, before, after, want string
	}{
		{"added", "", "basalt EDITOR INVITED", ""},
		{"added, not listed", "", "", "the user"},
		{"added, but inactive", "", "basalt EDITOR INACTIVE", "active"},
		{"added, with another role", "", "basalt VIEWER", "role"},
		{"came back", "basalt ADMIN INACTIVE", "basalt EDITOR ACTIVE", ""},
		{"came back, with the old role", "basalt ADMIN INACTIVE", "basalt ADMIN ACTIVE", "role"},
		{"came back, still inactive", "basalt ADMIN INACTIVE", "basalt EDITOR INACTIVE", "active"},
		{"came back, with an unknown status", "basalt ADMIN INACTIVE", "basalt EDITOR ODD", "active"},
	} {
		t.Run(test.name, func(t *testing.T) {
			with := func(basalt string) *snapshot {
				if basalt == "" {
					return r.people("amber ADMIN")
				}
				return r.people("amber ADMIN", basalt)
			}
			wanted, access := r.user(`{"userName":"BASALT@example.com","name":{"givenName":"Amber","familyName":"Anchor"},"roles":["EDITOR"],"active":true}`)
			p, err := r.create(with(test.before), wanted, access)
			require.NoError(t, err)
			assert.Equal(t, test.want, missing(r.prove(r.people(), with(test.after), p)))
		})
	}
}

// Rule 17: a group change is confirmed for each member and for the role.
func TestRule17GroupsAreProven(t *testing.T) {
	r := newRules(t, membership)
	before := r.people("amber ADMIN", "basalt f1", "cedar VIEWER", "dune VIEWER")
	p, err := r.members(before, before.roles.byID("f1"), memberChange{add: []string{"cedar", "dune"}, remove: []string{"basalt"}})
	require.NoError(t, err)
	assert.Empty(t, r.prove(before, r.people("amber ADMIN", "basalt VIEWER", "cedar f1", "dune f1"), p))
	var who []string
	for _, d := range r.prove(before, r.people("amber ADMIN", "basalt f1", "cedar f1"), p) {
		who = append(who, d.one.before.id+" "+d.field)
	}
	assert.ElementsMatch(t, []string{"basalt role", "dune the user"}, who)

	t.Run("created role", func(t *testing.T) {
		p, err := r.makeRole(before, "Night crew", nil)
		require.NoError(t, err)
		assert.Equal(t, "the role", missing(r.prove(r.people(), before, p)), "without a new list of roles")
		p.role.role.id, p.role.role.raw = "n1", "n1"
		assert.Equal(t, "the role", missing(r.prove(r.people(), before, p)), "not on the list")
		listed := before.withRoles(r.model.newCatalogue([]*role{{id: "n1", raw: "n1", name: "Night crew"}}, nil, true))
		assert.Empty(t, r.prove(r.people(), listed, p))
	})
	t.Run("renamed role", func(t *testing.T) {
		p := &plan{}
		require.NoError(t, r.rename(before, p, before.roles.byID("f1"), scim.Resource{"displayName": "Money"}))
		assert.Equal(t, "the role", missing(r.prove(r.people(), before, p)))
		renamed := before.withRoles(r.model.newCatalogue([]*role{{id: "f1", raw: "f1", name: "Money"}}, nil, true))
		assert.Empty(t, r.prove(r.people(), renamed, p))
	})
	t.Run("deleted role", func(t *testing.T) {
		p, err := r.deleteRole(before, before.roles.byID("d1"))
		require.NoError(t, err)
		assert.Equal(t, "the role", missing(r.prove(r.people(), before, p)))
		gone := before.withRoles(r.model.newCatalogue(nil, nil, true))
		assert.Empty(t, r.prove(r.people(), gone, p))
	})
}

// Two rows with one id are one user, who has the roles and the access of both. If their
// addresses differ, it is unclear whose the id is.
func TestRowsWithOneID(t *testing.T) {
	r := newRules(t, membership)
	row := func(id, email, role string, active bool) *user {
		u := r.draft(email)
		u.id, u.roles, u.access.active = id, []roleRef{{id: role}}, active
		return u
	}
	s := newSnapshot(r.model, []*user{
		row("a", "amber@example.com", "VIEWER", false), row("b", "basalt@example.com", "VIEWER", true),
		row("a", "Amber@example.com", "ADMIN", true), row("c", "coral@example.com", "VIEWER", true), row("b", "beryl@example.com", "VIEWER", true),
	}, nil)
	assert.Equal(t, map[string]int32{"a": 0, "c": 1}, s.ids)
	assert.Equal(t, map[string]int32{"amber@example.com": 0, "coral@example.com": 1}, s.mails)
	assert.ElementsMatch(t, []roleRef{{id: "VIEWER"}, {id: "ADMIN"}}, s.byID("a").roles)
	assert.True(t, s.byID("a").access.active)
	for _, email := range []string{"basalt@example.com", "beryl@example.com"} {
		assert.Error(t, s.unusable("", email))
	}
	assert.Error(t, s.unusable("b", ""))
}
