package mapping

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// Rules 1 and 4: the end of access is a plan of its own, and the mapping decides
// the way, not one record's odd status.
func TestRule4TheMappingDecidesHowAccessEnds(t *testing.T) {
	r := newRules(t, membership)
	p, err := r.endAccess(r.people("basalt EDITOR"), r.people("basalt EDITOR").byID("basalt"))
	assert.Equal(t, "leave basalt", r.outcome(p, err))

	r = newRules(t, withStatus)
	for _, status := range []string{"ACTIVE", "INVITED", "-", "PAUSED", "active"} {
		s := r.people("basalt EDITOR " + status)
		p, err := r.endAccess(s, s.byID("basalt"))
		assert.Equal(t, "change basalt active=false", r.outcome(p, err), status)
	}
}

// Rule 5: a status word that the mapping does not know counts as access, and
// active true is written and read back.
func TestRule5UnknownStatusWords(t *testing.T) {
	r := newRules(t, withStatus)
	for status, want := range map[string]string{
		"ACTIVE":    "nothing",
		"active":    "nothing",
		"Invited":   "nothing",
		"INACTIVE":  "change basalt active=true",
		"inactive":  "change basalt active=true",
		"SUSPENDED": "change basalt active=true",
	} {
		s := r.people("basalt EDITOR " + status)
		p, err := r.update(s, s.byID("basalt"), scim.Resource{}, scim.AccessGiven)
		assert.Equal(t, want, r.outcome(p, err), status)
	}
	s := r.people("basalt EDITOR SUSPENDED")
	p, err := r.update(s, s.byID("basalt"), scim.Resource{}, scim.AccessGiven)
	require.NoError(t, err)
	assert.NotEmpty(t, r.prove(r.people(), s, p), "the word that is not known proves nothing")
	assert.Empty(t, r.prove(r.people(), r.people("basalt EDITOR ACTIVE"), p))
}

// Rule 6: of two with one address, the one with access is meant.
func TestRule6TwoAccountsWithOneAddress(t *testing.T) {
	r := newRules(t, withStatus)
	for _, order := range [][]string{{"old", "new"}, {"new", "old"}} {
		var users []*user
		for _, id := range order {
			u := r.draft("Basalt@example.com")
			u.id, u.roles, u.access = id, []roleRef{{id: "EDITOR"}}, r.status("ACTIVE")
			if id == "old" {
				u.values[r.model.userName], u.access = "basalt@example.com", r.status("INACTIVE")
			}
			users = append(users, u)
		}
		s := newSnapshot(r.model, users, nil).withRoles(r.roles())
		assert.Equal(t, "new", s.holderOf("BASALT@example.com").id)
		wanted, access := r.user(`{"userName":"basalt@example.com"}`)
		p, err := r.create(s, wanted, access)
		assert.Equal(t, "user_exists", r.outcome(p, err), "nobody is created beside them")
	}
}

// Rule 7: a create has read nothing, so neither groups nor the roles held before
// make what it asks for a repetition.
func TestRule7CreateHasReadNothing(t *testing.T) {
	const ext = `"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":`
	tests := []struct{ body, fresh, former string }{ // for a new person, and an inactive ADMIN
		{`{}`, "VIEWER", "VIEWER"},
		{`{"roles":["VIEWER"],"groups":[{"value":"ADMIN"}]}`, "VIEWER", "VIEWER"},
		{`{"roles":["VIEWER"],"groups":[{"value":"VIEWER"}]}`, "VIEWER", "VIEWER"},
		{`{"roles":["EDITOR"],"groups":["EDITOR"]}`, "EDITOR", "EDITOR"},
		{`{"roles":["EDITOR"],"groups":[{"value":"EDITOR"}],` + ext + `"EDITOR"}}`, "EDITOR", "EDITOR"},
		{`{"roles":["ADMIN"],"groups":[{"value":"ADMIN"}]}`, "ADMIN", "as before"},
		{`{"roles":[],"groups":[{"value":"ADMIN"}]}`, "VIEWER", "VIEWER"},
		{`{"roles":["ADMIN"],` + ext + `"VIEWER"}}`, "conflicting_roles", "conflicting_roles"},
		{`{"roles":["VIEWER"],` + ext + `"ADMIN"},"groups":[{"value":"VIEWER"}]}`, "conflicting_roles", "conflicting_roles"},
		{`{"groups":[{"value":"ADMIN"}]}`, "VIEWER", "VIEWER"},
	}
	r := newRules(t, withStatus)
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) {
			body := strings.Replace(test.body, `{`, `{"userName":"basalt@example.com",`, 1)
			wanted, access := r.user(strings.Replace(body, `,}`, `}`, 1))
			p, err := r.create(r.people("amber ADMIN"), wanted, access)
			assert.Equal(t, created("join basalt@example.com", test.fresh), r.outcome(p, err), "new")
			p, err = r.create(r.people("amber ADMIN", "basalt ADMIN INACTIVE"), wanted, access)
			assert.Equal(t, created("change basalt active=true", test.former), r.outcome(p, err), "created again")
		})
	}
}

func created(how, role string) string {
	switch {
	case role == "as before":
		return how
	case strings.Contains(role, "_"):
		return role
	}
	return how + " role=" + role
}

// Rule 7: what a PUT claims to have read cannot cancel a demotion, and cannot
// bring back a role that was taken since.
func TestRule7ReplaceDecidesForLessPrivilege(t *testing.T) {
	const ext = `"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":`
	tests := []struct{ name, held, body, want string }{
		{"what is said of one carrier alone is meant", "ADMIN", `{"roles":["VIEWER"],"groups":[{"value":"VIEWER"}]}`, "change basalt role=VIEWER"},
		{"a promotion too", "VIEWER", `{"roles":["EDITOR"],"groups":[{"value":"EDITOR"}]}`, "change basalt role=EDITOR"},
		{"the extension repeats, roles is the change", "ADMIN", `{"roles":["VIEWER"],` + ext + `"ADMIN"},"groups":[{"value":"ADMIN"}]}`, "change basalt role=VIEWER"},
		{"the change with groups that name it", "ADMIN", `{"roles":["VIEWER"],` + ext + `"ADMIN"},"groups":[{"value":"VIEWER"}]}`, "conflicting_roles"},
		{"sent twice: the rest is old", "VIEWER", `{"roles":["VIEWER"],` + ext + `"ADMIN"},"groups":[{"value":"ADMIN"}]}`, "nothing"},
		{"all of it is old, and more than now", "VIEWER", `{"roles":["ADMIN"],` + ext + `"ADMIN"},"groups":[{"value":"ADMIN"}]}`, "nothing"},
		{"all of it is old, and less than now", "ADMIN", `{"roles":["VIEWER"],` + ext + `"VIEWER"},"groups":[{"value":"VIEWER"}]}`, "change basalt role=VIEWER"},
		{"two wishes", "VIEWER", `{"roles":["ADMIN"],` + ext + `"EDITOR"}}`, "conflicting_roles"},
		{"groups alone ask for nothing", "VIEWER", `{"groups":[{"value":"ADMIN"}]}`, "nothing"},
	}
	for _, file := range []string{membership, withStatus} {
		r := newRules(t, file)
		for _, test := range tests {
			t.Run(file+" "+test.name, func(t *testing.T) {
				s := r.people("amber ADMIN", "basalt "+test.held)
				wanted, access := r.user(test.body)
				p, err := r.update(s, s.byID("basalt"), wanted, access)
				assert.Equal(t, test.want, r.outcome(p, err))
			})
		}
	}
}

// Rule 8: a role entry that names a role by display or name is that role, and one
// that names none never passes for the default role.
func TestRule8RoleEntries(t *testing.T) {
	r := newRules(t, membership)
	for list, want := range map[string]string{
		`[{"display":"ADMIN"}]`:                    "change basalt role=ADMIN",
		`[{"name":"Finance","type":"suger"}]`:      "change basalt role=Finance",
		`{"display":"VIEWER"}`:                     "change basalt role=VIEWER",
		`[{"display":"EDITOR"}]`:                   "nothing",
		`[{"display":"Nobody knows"}]`:             "unknown_role",
		`["  "]`:                                   "unknown_role",
		`[]`:                                       "change basalt role=VIEWER",
		`[{"value":"","display":"ADMIN"}]`:         "change basalt role=VIEWER",
		`[{"display":"VIEWER"},{"value":"ADMIN"}]`: "change basalt role=ADMIN",
	} {
		s := r.people("amber ADMIN", "basalt EDITOR")
		wanted, access := r.user(`{"roles":` + list + `}`)
		p, err := r.update(s, s.byID("basalt"), wanted, access)
		assert.Equal(t, want, r.outcome(p, err), list)
	}
	for _, list := range []string{`[{"primary":true,"type":"suger"}]`, `[{"id":"ADMIN"}]`, `[{}]`, `[null]`, `{}`, `["EDITOR",{}]`} {
		raw, err := scim.DecodeObject([]byte(`{"roles":` + list + `}`))
		require.NoError(t, err)
		_, err = r.model.userType().Normalize(raw)
		assert.Equal(t, "invalid_value", r.outcome(nil, err), list)
	}
}

// Rule 22: Entra ID's rename to a tombstone, which comes with the end of access, is
// no rename; without the end of access it is.
func TestRule22Tombstone(t *testing.T) {
	r := newRules(t, withStatus)
	s := r.people("amber ADMIN", "basalt EDITOR INACTIVE")
	const digits = "0123456789abcdefABCDEF0123456789"
	for _, test := range []struct {
		userName string
		access   scim.Access
		want     string
	}{
		{digits + "basalt@example.com", scim.AccessEnded, "nothing"},
		{digits + "Basalt@Example.com", scim.AccessEnded, "nothing"},
		{digits + "basalt@example.com", scim.AccessUnsaid, "change basalt userName=" + digits + "basalt@example.com"},
		{digits + "cedar@example.com", scim.AccessEnded, "change basalt userName=" + digits + "cedar@example.com"},
		{digits[1:] + "basalt@example.com", scim.AccessEnded, "change basalt userName=" + digits[1:] + "basalt@example.com"},
	} {
		p, err := r.update(s, s.byID("basalt"), scim.Resource{"userName": test.userName}, test.access)
		assert.Equal(t, test.want, r.outcome(p, err), test.userName)
	}
}

// Rule 18: a record that cannot be used is nobody's answer, and never 'nobody'.
func TestRule18RecordThatCannotBeUsed(t *testing.T) {
	r := newRules(t, membership)
	whole := r.people("amber ADMIN")
	s := newSnapshot(r.model, whole.users, []leftOut{{id: "broken", email: "broken@example.com", err: misfit("email", "a user without email")}}).withRoles(whole.roles)
	wanted, access := r.user(`{"userName":"Broken@example.com"}`)
	p, err := r.create(s, wanted, access)
	assert.Equal(t, "suger_unreadable", r.outcome(p, err), "created")

	global := r.draft("broken@example.com")
	global.id = "elsewhere"
	p, err = r.comeBackByID(s, global, "elsewhere", func() (scim.Resource, error) { return scim.Resource{}, nil })
	assert.Equal(t, "suger_unreadable", r.outcome(p, err), "come back under the address")

	p, err = r.members(s, s.roles.byID("f1"), memberChange{add: []string{"broken"}})
	assert.Equal(t, "suger_unreadable", r.outcome(p, err), "added to a group")
	assert.Len(t, s.administrators(), 1, "and nobody counts on it")

	assert.NoError(t, s.unusable("somebody", ""), "others who are not there are known not to be")
	s.left[0].id = ""
	assert.Error(t, s.unusable("somebody", ""), "but not if the record can be anybody's")
	assert.NoError(t, s.unusable("amber", ""), "who is listed is known")
	assert.NoError(t, s.unusable("", "somebody@example.com"))
}

// Returning by the id that a client still has asks for the global record of that
// very id, the address concerned and a domain of the organization.
func TestReturnByID(t *testing.T) {
	r := newRules(t, membership)
	s := r.people("amber ADMIN", "basalt EDITOR")
	global := func(id, email string) *user {
		u := r.draft(email)
		u.id = id
		return u
	}
	for _, test := range []struct {
		name, body, want string
		global           *user
	}{
		{"with the role that is asked for", `{"userName":"Former@example.com","roles":["EDITOR"]}`, "join former role=EDITOR", global("former", "former@example.com")},
		{"without one", `{"active":true}`, "join former role=VIEWER", global("former", "former@example.com")},
		{"no record", `{}`, "not_found", nil},
		{"another id", `{}`, "not_found", global("other", "former@example.com")},
		{"another address", `{"userName":"cedar@example.com"}`, "not_found", global("former", "former@example.com")},
		{"another company's domain", `{}`, "not_found", global("former", "former@example.org")},
		{"an address that a member has", `{}`, "not_found", global("former", "basalt@example.com")},
	} {
		t.Run(test.name, func(t *testing.T) {
			wanted, _ := r.user(test.body)
			p, err := r.comeBackByID(s, test.global, "former", func() (scim.Resource, error) { return wanted, nil })
			assert.Equal(t, test.want, r.outcome(p, err))
		})
	}
}
