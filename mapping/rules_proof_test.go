package mapping

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// Rules 3 and 16: every kind of change is confirmed by a list that began after
// it, and what that list does not show is named.
func TestRule16EveryChangeIsProven(t *testing.T) {
	for _, test := range []struct {
		name, file, body string
		after            []string // with basalt as the list shows them
		want             string   // what is missing
	}{
		{"removed", membership, "gone", []string{"amber ADMIN"}, ""},
		{"removed, and still there", membership, "gone", []string{"amber ADMIN", "basalt EDITOR"}, "active"},
		{"removed with a status, and only inactive", withStatus, "gone", []string{"amber ADMIN", "basalt EDITOR INACTIVE"}, "active"},
		{"ended by removal, and still there", membership, "ended", []string{"amber ADMIN", "basalt EDITOR"}, "active"},
		{"deactivated", withStatus, "ended", []string{"amber ADMIN", "basalt EDITOR INACTIVE"}, ""},
		{"deactivated in other letters", withStatus, "ended", []string{"amber ADMIN", "basalt EDITOR inactive"}, ""},
		{"deactivated, and active", withStatus, "ended", []string{"amber ADMIN", "basalt EDITOR ACTIVE"}, "active"},
		{"deactivated, and a word that nobody knows", withStatus, "ended", []string{"amber ADMIN", "basalt EDITOR PAUSED"}, "active"},
		{"deactivated, and no status", withStatus, "ended", []string{"amber ADMIN", "basalt EDITOR -"}, "active"},
		{"deactivated, and gone", withStatus, "ended", []string{"amber ADMIN"}, ""},
		{"role", membership, `{"roles":["VIEWER"]}`, []string{"amber ADMIN", "basalt VIEWER"}, ""},
		{"role, and the old one", membership, `{"roles":["VIEWER"]}`, []string{"amber ADMIN", "basalt EDITOR"}, "role"},
		{"role, and another one", membership, `{"roles":["VIEWER"]}`, []string{"amber ADMIN", "basalt ADMIN"}, "role"},
		{"role, and gone", membership, `{"roles":["VIEWER"]}`, []string{"amber ADMIN"}, "the user"},
		{"name, and the old one", membership, `{"name":{"givenName":"Basil"}}`, []string{"amber ADMIN", "basalt EDITOR"}, "name.givenName"},
		{"address, and the old one", withStatus, `{"userName":"basil@example.com"}`, []string{"amber ADMIN", "basalt EDITOR"}, "userName"},
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

// missing names what a proof found missing, "" if nothing.
func missing(differs []difference) string {
	if len(differs) == 0 {
		return ""
	}
	return differs[0].field
}

// Rule 16: so is somebody who was added or came back.
func TestRule16CreationIsProven(t *testing.T) {
	r := newRules(t, withStatus)
	for _, test := range []struct {
		name, before, after, want string
	}{
		{"added", "", "basalt EDITOR INVITED", ""},
		{"added, and not there", "", "", "the user"},
		{"added, and inactive", "", "basalt EDITOR INACTIVE", "active"},
		{"added, with another role", "", "basalt VIEWER", "role"},
		{"came back", "basalt ADMIN INACTIVE", "basalt EDITOR ACTIVE", ""},
		{"came back, with the role from before", "basalt ADMIN INACTIVE", "basalt ADMIN ACTIVE", "role"},
		{"came back, and inactive", "basalt ADMIN INACTIVE", "basalt EDITOR INACTIVE", "active"},
		{"came back, with a status that nobody knows", "basalt ADMIN INACTIVE", "basalt EDITOR ODD", "active"},
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

// Rule 17: a group's change is proven member by member, and its role with it.
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

	t.Run("a role that was made", func(t *testing.T) {
		p, err := r.makeRole(before, "Night crew", nil)
		require.NoError(t, err)
		assert.Equal(t, "the role", missing(r.prove(r.people(), before, p)), "and nobody saw")
		p.role.role.id, p.role.role.raw = "n1", "n1"
		assert.Equal(t, "the role", missing(r.prove(r.people(), before, p)), "and is not on the list")
		listed := before.withRoles(r.model.newCatalogue([]*role{{id: "n1", raw: "n1", name: "Night crew"}}, nil, true))
		assert.Empty(t, r.prove(r.people(), listed, p))
	})
	t.Run("a role that was renamed", func(t *testing.T) {
		p := &plan{}
		require.NoError(t, r.rename(before, p, before.roles.byID("f1"), scim.Resource{"displayName": "Money"}))
		assert.Equal(t, "the role", missing(r.prove(r.people(), before, p)))
		renamed := before.withRoles(r.model.newCatalogue([]*role{{id: "f1", raw: "f1", name: "Money"}}, nil, true))
		assert.Empty(t, r.prove(r.people(), renamed, p))
	})
	t.Run("a role that was deleted", func(t *testing.T) {
		p, err := r.deleteRole(before, before.roles.byID("d1"))
		require.NoError(t, err)
		assert.Equal(t, "the role", missing(r.prove(r.people(), before, p)))
		gone := before.withRoles(r.model.newCatalogue(nil, nil, true))
		assert.Empty(t, r.prove(r.people(), gone, p))
	})
}
