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

// The rules of no false success in the pure functions: plans, guards and
// confirmation. Their numbers are those of the tests of the same name that go
// through HTTP, in package gateway.

// rules are a planner and a way to write organizations down.
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

// roles returns the standard ones, two custom ones and one that can do nothing.
func (r *rules) roles() *catalogue {
	may := []any{"read"}
	return r.model.newCatalogue([]*role{
		{id: "f1", raw: "f1", name: "Finance", permissions: may},
		{id: "d1", raw: "d1", name: "Deal desk", permissions: may},
		{id: "s1", raw: "s1", name: "All Staff", permissions: []any{}, powerless: true},
		{id: "s2", raw: "s2", name: "Crew", permissions: []any{}, powerless: true},
	}, r.config.GroupRoles, true)
}

// people returns an organization with these members: "id role status", the
// address being id@example.com.
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

// user reads what a client sends about one.
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

// kindWords are the kinds of plans in a word.
var kindWords = map[string]string{
	string(planChange): "change", string(planJoin): "join", string(planLeave): "leave",
	string(roleMade): "make", string(roleRenamed): "rename", string(roleDeleted): "delete",
}

// told describes a plan: what happens to whom.
func (r *rules) told(p *plan) string {
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

// outcome returns a plan in words, or the code of the error.
func (r *rules) outcome(p *plan, err error) string {
	r.t.Helper()
	if err == nil {
		return r.told(p)
	}
	var e *scim.Error
	require.ErrorAs(r.t, err, &e)
	return string(e.Code)
}

// guarded returns a plan that the guards have let pass, in words, or the code
// of the error.
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

// Rule 11: names of groups and roles compare as people read them.
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

// Rule 11: somebody's own role whose name looks like that of a standard one is not
// that one, and does not hide it.
func TestRule11LookalikeRoleIsNotTheStandardOne(t *testing.T) {
	r := newRules(t, membership)
	s := r.people("amber ADMIN", "basalt r9").withRoles(r.model.newCatalogue([]*role{{id: "r9", raw: "r9", name: "Admin"}}, nil, true))
	assert.True(t, anyAdministrator(s.roles.of(s.byID("amber"))), "the one by its id")
	assert.False(t, s.roles.byID("r9").standard)
	assert.Equal(t, r.model.others, s.roles.byID("r9").tier)

	t.Run("nor is one with the very name, whatever it may do", func(t *testing.T) {
		roles := r.model.newCatalogue([]*role{{id: "r1", raw: "r1", name: "ADMIN", permissions: []any{"users.manage"}}}, nil, true)
		s := r.people("amber ADMIN", "basalt r1").withRoles(roles)
		assert.Len(t, s.administrators(), 1)
		assert.True(t, anyAdministrator(roles.of(s.byID("basalt"))), "for who may grant it")
		found, err := roles.named("ADMIN")
		require.NoError(t, err)
		assert.Equal(t, "ADMIN", found.id)
	})
}
