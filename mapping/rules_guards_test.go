package mapping

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// planFor returns the plan of a request about one member: for a body that a client
// sends, for a removal ("gone") or for the end of access ("ended").
func (r *rules) planFor(s *snapshot, id, body string) (*plan, error) {
	r.t.Helper()
	switch body {
	case "gone":
		return r.remove(s, s.byID(id))
	case "ended":
		return r.endAccess(s, s.byID(id))
	}
	wanted, access := r.user(body)
	return r.update(s, s.byID(id), wanted, access)
}

// Rule 12: every plan that removes the last administrator is refused, a rename of the
// account included. Users without access, who never signed in, or with an unknown
// status do not count as administrators.
func TestRule12LastAdministrator(t *testing.T) {
	const others = "basalt EDITOR"
	for _, test := range []struct {
		name   string
		people []string
		body   string
		want   string
	}{
		{"demoted", []string{"amber ADMIN", others}, `{"roles":["EDITOR"]}`, "last_admin"},
		{"deactivated", []string{"amber ADMIN", others}, "ended", "last_admin"},
		{"removed", []string{"amber ADMIN", others}, "gone", "last_admin"},
		{"renamed", []string{"amber ADMIN", others}, `{"userName":"other@example.com"}`, "last_admin"},
		{"renamed in letter case only", []string{"amber ADMIN", others}, `{"userName":"AMBER@example.com"}`, "nothing"},
		{"another name", []string{"amber ADMIN", others}, `{"name":{"givenName":"Ambra"}}`, "change amber name.givenName=Ambra"},
		{"the other administrator is inactive", []string{"amber ADMIN", "basalt ADMIN INACTIVE"}, "ended", "last_admin"},
		{"the other administrator never signed in", []string{"amber ADMIN", "basalt ADMIN INVITED"}, "ended", "last_admin"},
		{"the other administrator has an unknown status", []string{"amber ADMIN", "basalt ADMIN LOCKED"}, "ended", "last_admin"},
		{"the other administrator has no status", []string{"amber ADMIN", "basalt ADMIN -"}, "ended", "change amber active=false"},
		{"the other administrator is active", []string{"amber ADMIN", "basalt ADMIN ACTIVE"}, "ended", "change amber active=false"},
		{"there are two administrators", []string{"amber ADMIN", "basalt ADMIN"}, `{"userName":"other@example.com"}`, "change amber userName=other@example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRules(t, withStatus)
			s := r.people(test.people...)
			p, err := r.planFor(s, "amber", test.body)
			assert.Equal(t, test.want, r.guarded(s, p, err))
		})
	}

	t.Run("removal without a status", func(t *testing.T) {
		r := newRules(t, membership)
		s := r.people("amber ADMIN", others)
		p, err := r.planFor(s, "amber", "ended")
		assert.Equal(t, "last_admin", r.guarded(s, p, err))
		p, err = r.members(s, s.roles.byID("ADMIN"), memberChange{remove: []string{"amber"}, implicit: true})
		assert.Equal(t, "last_admin", r.guarded(s, p, err), "a group no longer lists the administrator")
		p, err = r.members(s, s.roles.byID("ADMIN"), memberChange{add: []string{"basalt"}, remove: []string{"amber"}, implicit: true})
		assert.Equal(t, "change amber role=VIEWER; change basalt role=ADMIN", r.guarded(s, p, err), "another user takes over")
	})

	t.Run("one record is not enough to decide", func(t *testing.T) {
		r := newRules(t, withStatus)
		s := r.people("amber ADMIN")
		s.whole = false
		p, err := r.planFor(s, "amber", "ended")
		require.NoError(t, err)
		assert.ErrorIs(t, r.guard(s, p), errNeedsEverybody)
	})
}

// Rule 15: protected users, in every kind of plan.
func TestRule15ProtectedPeople(t *testing.T) {
	r := newRules(t, withStatus, protecting("basalt", "future"))
	s := r.people("amber ADMIN", "basalt EDITOR", "cedar VIEWER", "dune ADMIN")
	for _, test := range []struct{ id, body, want string }{
		{"basalt", "ended", "protected_user"},
		{"basalt", "gone", "protected_user"},
		{"basalt", `{"roles":["ADMIN"]}`, "protected_user"},
		{"basalt", `{"name":{"givenName":"Basil"}}`, "protected_user"},
		{"basalt", `{"userName":"BASALT@example.com","roles":["EDITOR"]}`, "nothing"},
		{"cedar", `{"userName":"future@example.com"}`, "protected_user"},
		{"cedar", `{"roles":["EDITOR"]}`, "change cedar role=EDITOR"},
	} {
		p, err := r.planFor(s, test.id, test.body)
		assert.Equal(t, test.want, r.guarded(s, p, err), "%s %s", test.id, test.body)
	}
	wanted, access := r.user(`{"userName":"Future@example.com"}`)
	p, err := r.create(s, wanted, access)
	assert.Equal(t, "protected_user", r.guarded(s, p, err), "created")
}

// If SCIM may not grant ADMIN, no plan makes an administrator.
func TestRefusesToMakeAdministrators(t *testing.T) {
	r := newRules(t, withStatus, func(c *Config) { c.AllowAdminGrant = false })
	s := r.people("amber ADMIN", "basalt EDITOR", "former ADMIN INACTIVE", "dune ADMIN")
	for _, test := range []struct{ id, body, want string }{
		{"basalt", `{"roles":["ADMIN"]}`, "admin_grant_refused"},
		{"former", `{"active":true}`, "admin_grant_refused"},
		{"former", `{"active":true,"roles":["VIEWER"]}`, "change former active=true role=VIEWER"},
		{"amber", `{"userName":"mallory@example.com"}`, "admin_grant_refused"},
		{"amber", `{"roles":["EDITOR"]}`, "change amber role=EDITOR"},
		{"amber", `{"name":{"givenName":"Ambra"}}`, "change amber name.givenName=Ambra"},
	} {
		p, err := r.planFor(s, test.id, test.body)
		assert.Equal(t, test.want, r.guarded(s, p, err), "%s %s", test.id, test.body)
	}
	for body, want := range map[string]string{
		`{"userName":"nova@example.com","roles":["ADMIN"]}`:   "admin_grant_refused",
		`{"userName":"former@example.com","roles":["ADMIN"]}`: "admin_grant_refused",
		`{"userName":"former@example.com"}`:                   "change former active=true role=VIEWER",
	} {
		wanted, access := r.user(body)
		p, err := r.create(s, wanted, access)
		assert.Equal(t, want, r.guarded(s, p, err), body)
	}
	p, err := r.members(s, s.roles.byID("ADMIN"), memberChange{add: []string{"basalt"}})
	assert.Equal(t, "admin_grant_refused", r.guarded(s, p, err))
}

// Rule 24: a rename conflicts if the gateway's list has the address for another user,
// or has an unreadable record.
func TestRule24TakenAddress(t *testing.T) {
	r := newRules(t, withStatus)
	whole := r.people("amber ADMIN", "basalt EDITOR", "former VIEWER INACTIVE")
	s := newSnapshot(r.model, whole.users, []leftOut{{id: "broken", email: "broken@example.com", err: errForeign}}).withRoles(whole.roles)
	for userName, want := range map[string]string{
		"amber@example.com":  "user_exists",
		"AMBER@Example.com":  "user_exists",
		"former@example.com": "user_exists",
		"broken@example.com": "user_exists",
		"Basalt@example.com": "nothing",
		"free@example.com":   "change basalt userName=free@example.com",
		"not an address":     "username_not_email",
	} {
		p, err := r.planFor(s, "basalt", `{"userName":"`+userName+`"}`)
		assert.Equal(t, want, r.guarded(s, p, err), userName)
	}

	r = newRules(t, membership)
	s = r.people("amber ADMIN", "basalt EDITOR")
	p, err := r.update(s, s.byID("basalt"), scim.Resource{"userName": "amber@example.com"}, scim.AccessUnsaid)
	assert.Equal(t, "mutability", r.guarded(s, p, err), "if addresses are fixed, no rename is planned")
}

// Rules 13 and 14: a plan can be undone: the undo, planned after it, restores the
// former state.
func TestRule13Undo(t *testing.T) {
	for _, file := range []string{membership, withStatus} {
		for _, body := range []string{`{"roles":["VIEWER"]}`, "ended", "gone"} {
			r := newRules(t, file)
			s := r.people("amber ADMIN", "basalt EDITOR")
			p, err := r.planFor(s, "amber", body)
			require.NoError(t, err)
			back := p.people[0].inverse(r.model)
			switch back.kind {
			case planJoin:
				assert.Equal(t, "amber@example.com", back.values[r.model.userName])
				assert.Equal(t, "ADMIN", roleNames(back.roles))
			default:
				restored := back.after(r.model)
				assert.True(t, restored.access.active, body)
				assert.Equal(t, "ADMIN", roleNames(back.will()), body)
			}
		}
	}
}

// A repeat of a change whose undo settles it once more does not release what the change
// made before.
func TestBrakeKeepsWhatARepeatedChangeMade(t *testing.T) {
	b := newBrake(Brake{Limit: 2, Window: time.Hour}, time.Now)
	first, _ := b.reserve("org", "basalt", 2)
	first.settle(2)
	again, _ := b.reserve("org", "basalt", 2)
	again.settle(2)
	again.settle(0)
	other, retryAfter := b.reserve("org", "cedar", 1)
	assert.Nil(t, other)
	assert.Positive(t, retryAfter)
}
