package mapping

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// The tests of TestRule… check the rules against false success in the pure functions:
// plans, guards and confirmation. Tests of package gateway with the same numbers check
// them through HTTP.

// rules is a planner with helpers to write organizations down.
type rules struct {
	t *testing.T
	*planner
}

// membership is the default mapping: access ends by removal, addresses are fixed.
// withStatus is the variant whose users have a status.
const (
	membership = "suger.yaml"
	withStatus = "variants/status.yaml"
)

func newRules(t *testing.T, file string, change ...func(*Config)) *rules {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	doc, err := spec.Parse(file, data)
	require.NoError(t, err)
	config := &Config{DefaultRole: "VIEWER", AllowAdminGrant: true, CreateRoles: true}
	for _, c := range change {
		c(config)
	}
	return &rules{t: t, planner: newPlanner(newModel(doc), config)}
}

// roles returns the standard roles, two custom ones and two without permissions.
func (r *rules) roles() *catalogue {
	may := []any{"read"}
	return r.model.newCatalogue([]*role{
		{id: "f1", raw: "f1", name: "Finance", permissions: may},
		{id: "d1", raw: "d1", name: "Deal desk", permissions: may},
		{id: "s1", raw: "s1", name: "All Staff", permissions: []any{}, powerless: true},
		{id: "s2", raw: "s2", name: "Crew", permissions: []any{}, powerless: true},
	}, r.config.GroupRoles, true)
}

// people returns an organization with these members, each as "id role status"; the
// address is id@example.com.
func (r *rules) people(members ...string) *snapshot {
	r.t.Helper()
	var users []*user
	for _, member := range members {
		words := strings.Fields(member)
		u := r.draft(words[0] + "@example.com")
		u.id = words[0]
		u.values[r.model.given], u.values[r.model.family] = "Amber", "Anchor"
		u.roles = []roleRef{{id: words[1]}}
		if len(words) > 2 {
			u.access = r.status(words[2])
		}
		users = append(users, u)
	}
	return newSnapshot(r.model, users, nil).withRoles(r.roles())
}

func (r *rules) status(word string) access {
	if word == "-" {
		return r.model.status.read(map[string]any{})
	}
	return r.model.status.read(map[string]any{"status": word})
}

// user parses what a client sends about a user.
func (r *rules) user(body string) (scim.Resource, scim.Access) {
	r.t.Helper()
	raw, err := scim.DecodeObject([]byte(body))
	require.NoError(r.t, err)
	wanted, err := r.model.userType().Normalize(raw)
	require.NoError(r.t, err)
	access, err := scim.ReadAccess(raw, r.model.userType())
	require.NoError(r.t, err)
	return wanted, access
}

// kindWords are words for the kinds of plans.
var kindWords = map[string]string{
	string(planChange): "change", string(planJoin): "join", string(planLeave): "leave",
	string(roleMade): "make", string(roleRenamed): "rename", string(roleDeleted): "delete",
}

// describe says what a plan does, and to whom.
func (r *rules) describe(p *plan) string {
	var all []string
	for _, one := range p.touched() {
		who := one.before.id
		if who == "" {
			who = r.model.email(one.before)
		}
		words := []string{kindWords[string(one.kind)], who}
		for i, a := range r.model.attributes {
			if value, changed := one.values[i]; changed && one.kind == planChange {
				words = append(words, a.name+"="+value)
			}
		}
		if one.active != nil {
			words = append(words, fmt.Sprintf("active=%t", *one.active))
		}
		if one.roles != nil {
			words = append(words, "role="+roleNames(one.roles))
		}
		all = append(all, strings.Join(words, " "))
	}
	slices.Sort(all)
	if p.role != nil {
		all = append(all, strings.TrimSpace(kindWords[string(p.role.kind)]+" role "+p.role.name))
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, "; ")
}

// outcome describes a plan, or returns the code of the error.
func (r *rules) outcome(p *plan, err error) string {
	r.t.Helper()
	if err == nil {
		return r.describe(p)
	}
	var e *scim.Error
	require.ErrorAs(r.t, err, &e)
	return string(e.Code)
}

// guarded describes a plan that the guards have accepted, or returns the code of the
// error.
func (r *rules) guarded(s *snapshot, p *plan, err error) string {
	r.t.Helper()
	if err == nil {
		err = r.guard(s, p)
	}
	return r.outcome(p, err)
}

func protecting(ids ...string) func(*Config) {
	return func(c *Config) {
		for _, id := range ids {
			c.ProtectedUsers = append(c.ProtectedUsers, id+"@example.com")
		}
	}
}

// Rule 11: names of groups and roles that look alike are equal.
func TestRule11LookalikeNames(t *testing.T) {
	for name, want := range map[string]string{
		"ADMIN ":               "ADMIN",
		"\u00a0ADMIN":          "ADMIN",
		"AD\u200bMIN":          "ADMIN",
		"AD\u00adMIN":          "ADMIN",
		"ＡＤＭＩＮ":                "ADMIN",
		"ADMIN\ufe0f":          "ADMIN",
		"ADMIN\u3164":          "ADMIN",
		"\u2800ADMIN\u034f":    "ADMIN",
		"\u2066ADMIN\u2069":    "ADMIN",
		"Deal\t \u2003desk\n":  "Deal desk",
		"Cafe\u0301":           "Café",
		"\u200b\u2060 \u3164 ": "",
	} {
		assert.Equal(t, want, cleanName(name), "%q", name)
	}

	r := newRules(t, membership)
	s := r.people("amber ADMIN")
	for name, want := range map[string]string{
		"ADMIN ":            "group_exists",
		"admin\u200b":       "group_exists",
		"ＦＩＮＡＮＣＥ":           "group_exists",
		" Night\u200b crew": "make role Night crew",
		"\u200b":            "invalid_value",
	} {
		p, err := r.makeRole(s, name, nil)
		assert.Equal(t, want, r.outcome(p, err), "%q", name)
	}
}

// Rule 11: a custom role whose name looks like that of a standard role is another
// role, and does not hide it.
func TestRule11LookalikeRoleIsNotTheStandardOne(t *testing.T) {
	r := newRules(t, membership)
	s := r.people("amber ADMIN", "basalt r9").withRoles(r.model.newCatalogue([]*role{{id: "r9", raw: "r9", name: "Admin"}}, nil, true))
	assert.True(t, anyAdministrator(s.roles.of(s.byID("amber"))), "the id finds the standard role")
	assert.False(t, s.roles.byID("r9").standard)
	assert.Equal(t, r.model.others, s.roles.byID("r9").tier)

	t.Run("a custom role with the same name is not the standard role", func(t *testing.T) {
		roles := r.model.newCatalogue([]*role{{id: "r1", raw: "r1", name: "ADMIN", permissions: []any{"users.manage"}}}, nil, true)
		s := r.people("amber ADMIN", "basalt r1").withRoles(roles)
		assert.Len(t, s.administrators(), 1)
		assert.True(t, anyAdministrator(roles.of(s.byID("basalt"))), "granting it counts as granting ADMIN")
		found, err := roles.named("ADMIN")
		require.NoError(t, err)
		assert.Equal(t, "ADMIN", found.id)
	})
}
