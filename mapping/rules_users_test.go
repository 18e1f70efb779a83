package mapping

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// Rules 1 and 4: the end of access is a plan of its own. The mapping decides how
// access ends, not the odd status of one record.
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

// Rule 5: a status word that the mapping does not know counts as access; active true
// is still written and read back.
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
	assert.NotEmpty(t, r.prove(r.people(), s, p), "an unknown word confirms nothing")
	assert.Empty(t, r.prove(r.people(), r.people("basalt EDITOR ACTIVE"), p))
}

// Rule 6: if two users have the same address, the lookup finds the one with access.
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
		assert.Equal(t, "user_exists", r.outcome(p, err), "no third user is created")
	}
}

// Rule 7: a create has read nothing, so neither the groups that it sends nor the roles
// held before make its roles repeated values.
func TestRule7CreateHasReadNothing(t *testing.T) {
	const ext = `"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":`
	tests := []struct{ body, fresh, former string }{ // for a new user, and for an inactive ADMIN
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
			assert.Equal(t, createOutcome("join basalt@example.com", test.fresh), r.outcome(p, err), "new")
			p, err = r.create(r.people("amber ADMIN", "basalt ADMIN INACTIVE"), wanted, access)
			assert.Equal(t, createOutcome("change basalt active=true", test.former), r.outcome(p, err), "returning")
		})
	}
}

func createOutcome(how, role string) string {
	switch {
	case role == "as before":
		return how
	case strings.Contains(role, "_"):
		return role
	}
	return how + " role=" + role
}

// Rule 7: what a PUT claims to have read can neither cancel a demotion nor bring back
// a role that was removed since.
func TestRule7ReplaceDecidesForLessPrivilege(t *testing.T) {
	const ext = `"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":`
	tests := []struct{ name, held, body, want string }{
		{"a single carrier decides", "ADMIN", `{"roles":["VIEWER"],"groups":[{"value":"VIEWER"}]}`, "change basalt role=VIEWER"},
		{"a single carrier decides on a promotion", "VIEWER", `{"roles":["EDITOR"],"groups":[{"value":"EDITOR"}]}`, "change basalt role=EDITOR"},
		{"the extension repeats, roles changes", "ADMIN", `{"roles":["VIEWER"],` + ext + `"ADMIN"},"groups":[{"value":"ADMIN"}]}`, "change basalt role=VIEWER"},
		{"groups do not decide between two roles", "ADMIN", `{"roles":["VIEWER"],` + ext + `"ADMIN"},"groups":[{"value":"VIEWER"}]}`, "conflicting_roles"},
		{"a repeated request whose other values are old", "VIEWER", `{"roles":["VIEWER"],` + ext + `"ADMIN"},"groups":[{"value":"ADMIN"}]}`, "nothing"},
		{"all values are old and more powerful", "VIEWER", `{"roles":["ADMIN"],` + ext + `"ADMIN"},"groups":[{"value":"ADMIN"}]}`, "nothing"},
		{"all values are old and less powerful", "ADMIN", `{"roles":["VIEWER"],` + ext + `"VIEWER"},"groups":[{"value":"VIEWER"}]}`, "change basalt role=VIEWER"},
		{"two different changes", "VIEWER", `{"roles":["ADMIN"],` + ext + `"EDITOR"}}`, "conflicting_roles"},
		{"groups alone change nothing", "VIEWER", `{"groups":[{"value":"ADMIN"}]}`, "nothing"},
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

// Rule 8: a role entry with a display or name stands for that role. An entry without
// either never counts as the default role.
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

// Rule 22: Entra ID renames a user to a tombstone when access ends. That is not a
// rename; the same rename without the end of access is one.
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

// Rule 18: an unreadable record is neither an answer about a user nor proof that the
// user does not exist.
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
	assert.Equal(t, "suger_unreadable", r.outcome(p, err), "return by the address")

	p, err = r.members(s, s.roles.byID("f1"), memberChange{add: []string{"broken"}})
	assert.Equal(t, "suger_unreadable", r.outcome(p, err), "added to a group")
	assert.Len(t, s.administrators(), 1, "the record does not count as an administrator")

	assert.NoError(t, s.unusable("somebody", ""), "another id is known to be absent")
	s.left[0].id = ""
	assert.Error(t, s.unusable("somebody", ""), "not if the record has no id")
	assert.NoError(t, s.unusable("amber", ""), "a listed user is known")
	assert.NoError(t, s.unusable("", "somebody@example.com"))
}

// A return by an id that the client still has requires the global record of that id,
// the same address and a domain of the organization.
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
		{"with a role", `{"userName":"Former@example.com","roles":["EDITOR"]}`, "join former role=EDITOR", global("former", "former@example.com")},
		{"without a role", `{"active":true}`, "join former role=VIEWER", global("former", "former@example.com")},
		{"no record", `{}`, "not_found", nil},
		{"another id", `{}`, "not_found", global("other", "former@example.com")},
		{"another address", `{"userName":"cedar@example.com"}`, "not_found", global("former", "former@example.com")},
		{"foreign domain", `{}`, "not_found", global("former", "former@example.org")},
		{"address of another member", `{}`, "not_found", global("former", "basalt@example.com")},
	} {
		t.Run(test.name, func(t *testing.T) {
			wanted, _ := r.user(test.body)
			p, err := r.comeBackByID(s, test.global, "former", func() (scim.Resource, error) { return wanted, nil })
			assert.Equal(t, test.want, r.outcome(p, err))
		})
	}
}
