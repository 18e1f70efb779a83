package check_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

type record = map[string]any

// people is a small API with numbers for ids, which a test can make awkward.
type people struct {
	rows   []record
	roles  []string
	hidden map[string]bool           // addresses that the list does not show
	late   int                       // reads of the list after which it shows them, 0 if it never does
	shown  func(record, bool) record // how a user is answered; true for one alone
	upsert bool                      // POST takes over who has the address
	marks  bool                      // DELETE sets deletedAt, and POST takes it away again
	locked bool                      // PATCH of who is active is refused
	fixed  bool                      // PATCH leaves the role as it is
	fails  bool                      // PATCH is answered 200 with an error, and not done
	hides  bool                      // who is inactive is in no read, and POST adds another account
	keeps  bool                      // DELETE of such an account is refused
	listed bool                      // there is no call for one user, and DELETE makes inactive
	writes []string
}

// newPeople has people who hold roles in turn, by name.
func newPeople(roles ...string) *people {
	p := &people{roles: roles, hidden: make(map[string]bool)}
	for i := range 12 {
		p.rows = append(p.rows, record{"id": i + 1, "email": fmt.Sprintf("u%d@example.com", i+1), "firstName": fmt.Sprintf("F%d", i+1), "lastName": fmt.Sprintf("L%d", i+1),
			"role": roles[max(0, i-8)%len(roles)], "createdAt": time.Date(2025, 1, i+1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339)})
	}
	return p
}

func (p *people) find(is func(record) bool) record {
	if i := slices.IndexFunc(p.rows, is); i >= 0 {
		return p.rows[i]
	}
	return nil
}

func (p *people) byEmail(email any) record {
	return p.find(func(r record) bool { return r["email"] == email })
}

// unread reports whether no read shows a user.
func (p *people) unread(r record) bool { return p.hides && r["status"] == "INACTIVE" }

// withStatus gives everybody a status.
func (p *people) withStatus() *people {
	for i, row := range p.rows {
		row["status"] = map[bool]string{true: "INACTIVE", false: "ACTIVE"}[i == 3]
	}
	return p
}

func (p *people) show(r record, alone bool) record {
	shown := make(record)
	for key, value := range r {
		shown[key] = value
	}
	if p.shown != nil {
		return p.shown(shown, alone)
	}
	return shown
}

func (p *people) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	body := make(record)
	_ = json.NewDecoder(r.Body).Decode(&body)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		p.writes = append(p.writes, r.Method)
	}
	path, id, alone := strings.Cut(strings.TrimPrefix(r.URL.Path, "/orgs/o1/members"), "/")
	switch {
	case r.URL.Path == "/orgs/o1/roles" && r.Method == http.MethodGet:
		var roles []any
		for i, name := range p.roles {
			roles = append(roles, record{"id": i + 1, "name": name})
		}
		answer(http.StatusOK, roles)
	case path != "" || !strings.HasPrefix(r.URL.Path, "/orgs/o1/members"):
		answer(http.StatusNotFound, record{"error": "no such path"})
	case alone:
		p.one(r.Method, id, body, answer)
	case r.Method == http.MethodGet:
		rows := []any{}
		if p.late--; p.late == 0 {
			clear(p.hidden)
		}
		for _, one := range p.rows {
			if !p.hidden[one["email"].(string)] && !p.unread(one) {
				rows = append(rows, p.show(one, false))
			}
		}
		answer(http.StatusOK, rows)
	default:
		p.add(body, answer)
	}
}

func (p *people) one(method, id string, body record, answer func(int, any)) {
	one := p.find(func(r record) bool { return fmt.Sprint(r["id"]) == id })
	switch {
	case one == nil, method == http.MethodGet && (p.listed || p.unread(one)):
		answer(http.StatusNotFound, record{"error": "no such member"})
	case method == http.MethodDelete && p.keeps && p.unread(one):
		answer(http.StatusForbidden, record{"error": "not for you"})
	case method == http.MethodDelete && p.listed:
		one["status"] = "INACTIVE"
		answer(http.StatusOK, record{})
	case method == http.MethodDelete && p.marks:
		one["deletedAt"] = time.Now().UTC().Format(time.RFC3339)
		answer(http.StatusOK, record{})
	case method == http.MethodDelete:
		p.rows = slices.DeleteFunc(p.rows, func(r record) bool { return fmt.Sprint(r["id"]) == id })
		answer(http.StatusOK, record{})
	case method == http.MethodPatch && p.locked && one["status"] == "ACTIVE":
		answer(http.StatusForbidden, record{"error": "not for you"})
	case method == http.MethodPatch && p.fails:
		answer(http.StatusOK, record{"ok": false, "error": record{"code": 405, "message": "use another method"}})
	case method == http.MethodPatch:
		for key, value := range body {
			if key != "role" || !p.fixed {
				one[key] = value
			}
		}
		answer(http.StatusOK, p.show(one, true))
	default:
		answer(http.StatusOK, p.show(one, true))
	}
}

func (p *people) add(body record, answer func(int, any)) {
	one := p.byEmail(body["email"])
	if one != nil && p.unread(one) {
		one = nil
	}
	switch {
	case one != nil && one["deletedAt"] != nil:
		one["deletedAt"] = nil
	case one != nil && !p.upsert:
		answer(http.StatusConflict, record{"error": "exists"})
		return
	case one == nil:
		one = record{"id": 100 + len(p.writes), "createdAt": time.Now().UTC().Format(time.RFC3339)}
		if p.rows[0]["status"] != nil {
			one["status"] = "ACTIVE"
		}
		p.rows = append(p.rows, one)
	default:
		delete(p.hidden, body["email"].(string))
	}
	for key, value := range body {
		one[key] = value
	}
	answer(http.StatusOK, p.show(one, true))
}

// config returns a check of the people.
func (p *people) config(t *testing.T) check.Config {
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: server.URL, Attempts: 1, RefusedFor: -1, Backoff: time.Millisecond})
	require.NoError(t, err)
	config := check.Config{URL: server.URL, Auth: "key", Caller: mapping.Caller{Organization: "o1", Credential: "k", RequestID: "people"},
		Client: client, File: "draft.yaml", List: "/orgs/o1/members", Patience: 50 * time.Millisecond, Document: mapping.DefaultDocument()}
	config.Service, err = mapping.New(config.Document, client, config.Settings)
	require.NoError(t, err)
	return config
}

// suggest drafts a mapping for the people.
func (p *people) suggest(t *testing.T, change func(*check.Config)) (*check.Draft, *check.Report) {
	t.Helper()
	config := p.config(t)
	if change != nil {
		change(&config)
	}
	draft, report, err := check.Suggest(t.Context(), config)
	require.NoError(t, err)
	return draft, report
}

// check returns the check of a draft with a trip.
func (p *people) check(t *testing.T, draft, address string) *check.Report {
	t.Helper()
	config := p.config(t)
	config.Write = address
	var err error
	config.Document, err = spec.Parse("draft.yaml", []byte(draft))
	require.NoError(t, err, draft)
	config.Service, err = mapping.New(config.Document, config.Client, config.Settings)
	require.NoError(t, err)
	return check.Run(t.Context(), config)
}

// Somebody whom the list hides and whose name, role and time of creation a creation
// writes over is met once, and left alone from then on.
func TestCreationThatOverwritesAHiddenAccount(t *testing.T) {
	for name, test := range map[string]struct {
		awkward func(*people)
		says    string
	}{
		"created long ago": {func(p *people) {
			for _, row := range p.rows {
				row["id"] = fmt.Sprintf("m-%v", row["id"])
			}
		}, "(id m-7)"},
		"a low id": {func(p *people) {
			for _, row := range p.rows {
				delete(row, "createdAt")
			}
		}, "(id 7)"},
		"that the list goes on hiding": {func(p *people) {
			hidden := p.hidden
			p.shown = func(r record, _ bool) record { hidden["u7@example.com"] = true; return r }
		}, "(id 7)"},
		"whom only the list shows": {func(p *people) {
			p.shown = func(r record, alone bool) record {
				if alone && len(p.writes) > 0 {
					return record{}
				}
				return r
			}
		}, "(id 7)"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeople("Admin", "Viewer", "Editor")
			p.upsert, p.hidden["u7@example.com"] = true, true
			test.awkward(p)
			_, report := p.suggest(t, func(c *check.Config) { c.Write = "u7@example.com" })
			assert.False(t, report.OK, text(report))
			said := strings.Join(strings.Fields(text(report)), " ")
			assert.Contains(t, said, "already had an account "+test.says)
			assert.Contains(t, said, "overwritten them with Preflight Check and role Viewer")
			assert.Equal(t, []string{http.MethodPost}, p.writes, "nothing is written after it is met")
			require.NotNil(t, p.byEmail("u7@example.com"))

			p.writes = nil
			p.hidden["u7@example.com"] = true
			if p.shown == nil {
				_, report = p.suggest(t, func(c *check.Config) { c.Write, c.KnownAccount = "u7@example.com", true })
				assert.True(t, report.OK, text(report))
				assert.Contains(t, text(report), "--known-account")
				assert.Nil(t, p.byEmail("u7@example.com"), "with leave the check goes on to the end")
			}
		})
	}
}

// Somebody whom an interrupted addition has taken over is not removed by the clean-up.
func TestSomebodyWhomAnInterruptedCreationTakesOver(t *testing.T) {
	p := newPeople("Admin", "Viewer", "Editor")
	for _, row := range p.rows {
		row["id"] = fmt.Sprintf("m-%v", row["id"])
	}
	draft, _ := p.suggest(t, nil)
	p.upsert, p.hidden["u7@example.com"] = true, true
	ctx, stop := context.WithCancel(t.Context())
	p.shown = func(r record, alone bool) record {
		if alone && len(p.writes) > 0 {
			stop()
		}
		return r
	}
	config := p.config(t)
	config.Write = "u7@example.com"
	var err error
	config.Document, err = spec.Parse("draft.yaml", []byte(draft.String()))
	require.NoError(t, err)
	config.Service, err = mapping.New(config.Document, config.Client, config.Settings)
	require.NoError(t, err)
	report := check.Run(ctx, config)
	assert.False(t, report.OK)
	assert.Equal(t, []string{http.MethodPost}, p.writes)
	require.NotNil(t, p.byEmail("u7@example.com"))
	assert.Contains(t, strings.Join(strings.Fields(text(report)), " "), "u7@example.com already had an account (id m-7)")
}

// Somebody whom the list shows only after the check has begun, because somebody else adds
// the user at the same time or the list is late, is neither changed nor removed.
func TestSomebodyWhomTheListShowsLate(t *testing.T) {
	for name, created := range map[string]time.Time{"added during the check": time.Now(), "added before": time.Now().AddDate(-1, 0, 0)} {
		t.Run(name, func(t *testing.T) {
			p := newPeople("Admin", "Viewer", "Editor")
			draft, _ := p.suggest(t, nil)
			somebody := p.rows[11]
			somebody["createdAt"] = created.UTC().Format(time.RFC3339)
			before, refused := p.show(somebody, false), false
			for reads := range 20 {
				p.hidden, p.late, p.writes = map[string]bool{"u12@example.com": true}, reads+2, nil
				report := p.check(t, draft.String(), "u12@example.com")
				assert.False(t, report.OK, text(report))
				assert.Equal(t, before, p.byEmail("u12@example.com"), "shown from read %d of the list", reads+2)
				for _, method := range p.writes { // which is refused
					assert.Equal(t, http.MethodPost, method)
				}
				said := strings.Join(strings.Fields(text(report)), " ")
				assert.NotContains(t, said, "may add users")
				refused = refused || len(p.writes) == 0 && strings.Contains(said, "fail write: create")
			}
			assert.True(t, refused, "the gateway refuses to add somebody whom its own list shows")
		})
	}
}

// Somebody whom the list shows under the same address after the check has added its own
// user is neither changed nor removed, and the check's user is.
func TestSomebodyBesideTheChecksUser(t *testing.T) {
	for _, byID := range []bool{true, false} {
		p := newPeople("Admin", "Viewer", "Editor").withStatus()
		p.listed = !byID
		draft, _ := p.suggest(t, nil)
		assert.Equal(t, byID, strings.Contains(draft.String(), "get user"))
		p.listed = false
		somebody, met := p.rows[11], 0
		somebody["email"] = "Preflight@example.com"
		before := p.show(somebody, false)
		for late := 2; late < 30; late++ {
			p.hidden, p.late, p.writes = map[string]bool{"Preflight@example.com": true}, late, nil
			report := p.check(t, draft.String(), newcomer)
			assert.Equal(t, before, p.byEmail("Preflight@example.com"), "shown from read %d of the list", late)
			assert.Nil(t, p.byEmail(newcomer), text(report))
			if slices.Contains(p.writes, http.MethodPost) && !p.hidden["Preflight@example.com"] {
				met++
				assert.Contains(t, strings.Join(strings.Fields(text(report)), " "), "already had an account (id 12)")
				assert.NotContains(t, text(report), "or by DELETE")
			}
		}
		assert.Positive(t, met)
	}
}

// Somebody without access whom the list shows late, and whom the gateway gives access, is
// without access again afterwards, or the report says that access has to be ended.
func TestAccessGivenToSomebodyElse(t *testing.T) {
	for _, locked := range []bool{false, true} {
		p := newPeople("Admin", "Viewer", "Editor").withStatus()
		draft, _ := p.suggest(t, nil)
		somebody, given := p.rows[11], 0
		for reads := range 20 {
			somebody["status"], p.hidden, p.late, p.writes, p.locked = "INACTIVE", map[string]bool{"u12@example.com": true}, reads+2, nil, locked
			report := p.check(t, draft.String(), "u12@example.com")
			assert.False(t, report.OK, text(report))
			if !slices.Contains(p.writes, http.MethodPatch) {
				continue
			}
			given++
			said := strings.Join(strings.Fields(text(report)), " ")
			if locked {
				assert.Contains(t, said, "This check gave the user access and could not end it again: ")
				assert.Contains(t, said, "change: End the user's access in Suger's console now.")
				continue
			}
			assert.Contains(t, said, "This check gave the user access and has ended it again.")
			assert.Equal(t, "INACTIVE", somebody["status"], text(report))
		}
		assert.Positive(t, given)
	}
}

// What a trip finds about people is in the report even if a later trip says
// otherwise.
func TestFindingsOfEarlierRoundsAreKept(t *testing.T) {
	p := newPeople("Admin", "Viewer", "Editor")
	p.upsert, p.hidden["u7@example.com"] = true, true
	p.shown = func(r record, alone bool) record {
		if alone && r["createdAt"] != nil && len(p.writes) > 0 {
			return record{"result": r} // makes the draft change, and another trip follow
		}
		return r
	}
	_, report := p.suggest(t, func(c *check.Config) { c.Write, c.KnownAccount = "u7@example.com", true })
	assert.Greater(t, len(slices.DeleteFunc(slices.Clone(p.writes), func(m string) bool { return m != http.MethodPost })), 1, "there is more than one trip")
	assert.Contains(t, strings.Join(strings.Fields(text(report)), " "), "Suger already had an account for u7@example.com, which is not a member: --known-account")
}

// Where no role has a name that says what it may do, none is taken for the
// administrators' by its place, and nothing is written.
func TestRolesOfUnknownNames(t *testing.T) {
	p := newPeople("Standard", "Auditor", "Basic plus", "Operator")
	draft, report := p.suggest(t, func(c *check.Config) { c.Write = newcomer })
	said := strings.Join(strings.Fields(text(report)), " ")
	assert.Contains(t, said, "fail known roles Suger's list has no role ADMIN.")
	assert.Contains(t, said, "fail administrators Nobody with access has a role that the mapping marks as administrator")
	assert.NotContains(t, draft.String(), "Standard, id: 1, administrator: true")
	assert.Contains(t, draft.String(), "- {name: ADMIN, administrator: true} # not seen: Suger has no such role: name the one that it has")
	assert.Contains(t, draft.String(), "default: Standard # not seen")
	assert.Empty(t, p.writes)

	p = newPeople("Standard", "Auditor", "Operator")
	draft, report = p.suggest(t, func(c *check.Config) { c.Write = newcomer })
	assert.False(t, report.OK)
	assert.Contains(t, draft.String(), "default: Standard # not seen: no name shows which role has the fewest rights: most users hold this one")
	assert.Empty(t, p.writes)

	p = newPeople("Auditor", "Admin", "Operator")
	draft, _ = p.suggest(t, nil)
	assert.Contains(t, draft.String(), "default: Auditor # not seen: no name shows")
}

// Roles of one name are not taken for one role: the draft has the id of none of them,
// the report fails, and nothing is written.
func TestRolesOfOneName(t *testing.T) {
	for name, test := range map[string]struct {
		roles []string
		byID  bool
		says  []string
		draft string
	}{
		"a default, read by name": {[]string{"Admin", "Viewer", "Viewer", "Editor"}, false, []string{
			"fail role names Suger has 2 roles called Viewer (ids 2, 3), which only an id tells apart.",
			"fail default role A user without a role would get Viewer, which is the name of several roles: name its id.",
		}, "- {name: Viewer} # not seen: other roles have this name, too"},
		"an administrator's, read by id": {[]string{"Admin", "Viewer", "ADMIN", "Editor"}, true, []string{
			"fail role names Suger has 2 roles called Admin (ids 1, 3), which only an id tells apart.",
		}, "- {name: Admin, administrator: true} # not seen: other roles have this name, too"},
		"a role of their own": {[]string{"Admin", "Viewer", "Billing", "Billing"}, true, []string{
			"warn role names Suger has 2 roles called Billing (ids 3, 4), which only an id tells apart.",
		}, "- {name: Viewer, id: 2} # seen"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeople(test.roles...)
			for i, row := range p.rows {
				if row["role"] = test.roles[i%4]; test.byID {
					row["role"] = i%4 + 1
				}
			}
			draft, report := p.suggest(t, func(c *check.Config) { c.Write = newcomer })
			said := strings.Join(strings.Fields(text(report)), " ")
			for _, says := range test.says {
				assert.Contains(t, said, says)
			}
			assert.Contains(t, draft.String(), test.draft)
			if strings.HasPrefix(test.says[0], "fail") {
				assert.Empty(t, p.writes)
			}
		})
	}
}

// A role that is called like an administrator's is given to nobody, also where the
// mapping knows another one by its id.
func TestRoleCalledLikeAnAdministrators(t *testing.T) {
	p := newPeople("Admin", "Viewer", "ADMIN", "Editor")
	for i, row := range p.rows {
		row["role"] = i%4 + 1
	}
	given := make(map[string]bool)
	p.shown = func(r record, _ bool) record {
		if r["email"] == newcomer {
			given[fmt.Sprint(r["role"])] = true
		}
		return r
	}
	draft, _ := p.suggest(t, nil)
	source := strings.Replace(draft.String(), "{name: Admin, administrator: true}", "{name: Admin, id: 1, administrator: true}", 1)
	report := p.check(t, source, newcomer)
	assert.True(t, report.OK, text(report))
	assert.Equal(t, map[string]bool{"2": true, "4": true}, given)
}

// A field that blocks people by its name is drafted as the status however it says
// yes and no.
func TestAccessThatIsNoBoolean(t *testing.T) {
	for name, test := range map[string]struct {
		field   string
		yes, no any  // nil: the field is missing
		alsoOK  bool // besides a status that is the same for everybody
		drafted []string
	}{
		"numbers":          {"disabled", 1, 0, false, []string{"active: [0]", "inactive: [1]"}},
		"words":            {"blocked", "yes", "no", false, []string{`active: ["no"]`, `inactive: ["yes"]`}},
		"capital words":    {"archived", "Yes", "No", false, []string{`active: ["No"]`, `inactive: ["Yes"]`}},
		"only if blocked":  {"blockedAt", "2026-10-10T00:00:00Z", nil, false, []string{"active: [null]", `inactive: ["{now}"]`, "absent: active"}},
		"besides a status": {"suspended", true, false, true, []string{"active: [false]", "inactive: [true]"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeople("Viewer", "Editor", "Admin")
			for i, row := range p.rows {
				if row[test.field] = test.no; i == 3 {
					row[test.field] = test.yes
				}
				if row[test.field] == nil {
					delete(row, test.field)
				}
				if test.alsoOK {
					row["status"] = "ACTIVE"
				}
			}
			draft, report := p.suggest(t, nil)
			for _, line := range append(test.drafted, "field: "+test.field) {
				assert.Contains(t, draft.String(), "  "+line+" # ")
			}
			assert.True(t, report.OK, text(report))

			plain, _ := newPeople("Viewer", "Editor", "Admin").suggest(t, nil) // knows nothing of the field
			report = p.check(t, plain.String(), newcomer)
			assert.Contains(t, strings.Join(strings.Fields(text(report)), " "), "fail access The mapping does not read "+test.field+", which blocks 1 of 12 users by its name")
			assert.Empty(t, p.writes)
		})
	}
}

// Several roles in a list beside the one that the mapping reads are named, also where
// only the answer for one user has them.
func TestFurtherRolesInAList(t *testing.T) {
	for name, test := range map[string]struct {
		alone bool
		value func(role string) any
		says  string
	}{
		"names":            {false, func(role string) any { return []any{role, "Admin"} }, "12 users with several roles in grantedRoles: the mapping reads one at most"},
		"objects":          {false, func(role string) any { return []any{record{"name": role}, record{"name": "Admin"}} }, "12 users with several roles in grantedRoles: the mapping reads one at most"},
		"one by one alone": {true, func(role string) any { return []any{role, "Admin"} }, "3 users with several roles in grantedRoles of these answers: the mapping"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeople("Viewer", "Editor", "Admin")
			p.shown = func(r record, alone bool) record {
				if alone || !test.alone {
					r["grantedRoles"] = test.value(r["role"].(string))
				}
				return r
			}
			_, report := p.suggest(t, nil)
			said := strings.Join(strings.Fields(text(report)), " ")
			assert.Contains(t, said, "fail roles of users "+test.says)
		})
	}
}

// Where a removal only marks, the check says how access ends by it and is given back by
// adding again, and proves that.
func TestRemovalThatOnlyMarks(t *testing.T) {
	p := newPeople("Viewer", "Editor", "Admin")
	p.marks = true
	for _, one := range p.rows {
		one["deletedAt"] = nil
	}
	draft, report := p.suggest(t, func(c *check.Config) { c.Write = newcomer })
	said := strings.Join(strings.Fields(text(report)), " ")
	assert.Contains(t, said, "fail write: deactivate Suger applied remove user (200), but the gateway would answer with an error: ")
	assert.Contains(t, said, "change: If Suger marks removed users and still lists them, set access.end to the call that removes, and access.give to the one that adds")
	assert.NotContains(t, said, "or by DELETE")

	edited := strings.Replace(draft.String(), "  end: remove user", `  end: {call: "DELETE /orgs/{organization}/members/{user}", repeat: true}
  give: {call: "POST /orgs/{organization}/members", body: {email: "{userName}"}}`, 1)
	require.NotEqual(t, draft.String(), edited)
	assert.Contains(t, edited, "  field: deletedAt # seen")
	assert.Contains(t, edited, "  absent: active # ")
	report = p.check(t, edited, "another@example.com")
	assert.True(t, report.OK, text(report))
	assert.NotNil(t, p.byEmail("another@example.com")["deletedAt"])
}

// An account that no read shows once it has no access is not added a second time, and is
// removed at the end, or named by its id.
func TestAccountsThatTheListHides(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		t.Run(fmt.Sprintf("its removal is refused %v", keeps), func(t *testing.T) {
			p := newPeople("Viewer", "Editor", "Admin").withStatus()
			draft, _ := p.suggest(t, nil)
			p.hides, p.keeps = true, keeps
			report := p.check(t, draft.String(), newcomer)
			said := strings.Join(strings.Fields(text(report)), " ")
			assert.Contains(t, said, "warn write: return Not tried: Suger's list does not show users without access")
			assert.Equal(t, 1, strings.Count(strings.Join(p.writes, " "), http.MethodPost))
			assert.Equal(t, !keeps, report.OK, text(report))
			left := p.byEmail(newcomer)
			if keeps {
				require.NotNil(t, left)
				assert.Equal(t, 101, left["id"])
				assert.Contains(t, said, "fail clean-up "+newcomer+" (id 101), who has no access and is not listed, could not be removed.")
				return
			}
			assert.Nil(t, left)
			assert.NotContains(t, said, "could not be removed")
		})
	}
}

// A removal that only takes access away is no removal, also where only the list shows
// that.
func TestRemovalThatOnlySuspends(t *testing.T) {
	p := newPeople("Viewer", "Editor", "Admin").withStatus()
	p.listed = true
	draft, report := p.suggest(t, func(c *check.Config) { c.Write = newcomer })
	assert.NotContains(t, draft.String(), "get user")
	said := strings.Join(strings.Fields(text(report)), " ")
	assert.Contains(t, said, "fail write: remove Suger applied remove user (200), but the gateway would answer with an error: ")
	assert.Contains(t, said, newcomer+" (id 101) is still in the organization, without access (status: INACTIVE): Suger answered DELETE")
	assert.Contains(t, said, "change: Remove the user in Suger's console. ")
	assert.False(t, report.OK)
}

// Tries that do not help are reverted, and the report is the one without them.
func TestAttemptsThatDoNotHelpAreReverted(t *testing.T) {
	p := newPeople("Viewer", "Editor", "Admin")
	p.fixed = true
	draft, report := p.suggest(t, func(c *check.Config) { c.Write, c.TryVerbs = newcomer, true })
	assert.NotContains(t, draft.String(), "\n  set role:")
	assert.Contains(t, draft.String(), `role: "{role.name}"}`)
	said := strings.Join(strings.Fields(text(report)), " ")
	assert.Contains(t, said, "Suger shows role Viewer instead of role Editor.")
	assert.Nil(t, p.byEmail(newcomer))
}

// A list whose cursor never ends is no list to draft from, and the message is about
// its pages.
func TestListWithoutEnd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var from, size int
		_, _ = fmt.Sscan(r.URL.Query().Get("cursor"), &from)
		if _, err := fmt.Sscan(r.URL.Query().Get("limit"), &size); err != nil {
			size = 10
		}
		page := []byte(`{"members":[`)
		for i := from; i < from+size; i++ {
			page = fmt.Appendf(page, `{"id":%d,"email":"z%d@example.com","role":"Viewer"},`, i, i)
		}
		_, _ = fmt.Fprintf(w, `%s],"next":"%d"}`, page[:len(page)-1], from+size)
	}))
	t.Cleanup(server.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: server.URL, Attempts: 1, RefusedFor: -1, Backoff: time.Millisecond})
	require.NoError(t, err)
	config := newPeople("Viewer").config(t)
	config.URL, config.Client = server.URL, client
	config.Service, err = mapping.New(config.Document, client, config.Settings)
	require.NoError(t, err)
	draft, _, err := check.Suggest(t.Context(), config)
	assert.Nil(t, draft)
	require.ErrorContains(t, err, "its pages do not seem to end")

	source := strings.Replace(string(mapping.DefaultSource()), "call: GET /org/{organization}/user\n    paging: {style: offset, size: 1000, limit: limit, next: offset}",
		"call: GET /org/{organization}/user\n    items: members\n    paging: {style: cursor, size: 10000, limit: limit, next: cursor, cursor: next}", 1)
	config.Document, err = spec.Parse("endless.yaml", []byte(source))
	require.NoError(t, err)
	config.Service, err = mapping.New(config.Document, client, config.Settings)
	require.NoError(t, err)
	report := check.Run(t.Context(), config)
	assert.False(t, report.OK)
	assert.Contains(t, strings.Join(strings.Fields(text(report)), " "), "has not ended after 500000 rows or 5m0s: its pages do not seem to end.")
}

// An answer with status 200 that says that the call failed is drafted as an error.
func TestErrorsWithStatus200(t *testing.T) {
	p := newPeople("Viewer", "Editor", "Admin")
	p.fails = true
	p.shown = func(r record, alone bool) record { r["ok"] = true; return r }
	draft, report := p.suggest(t, func(c *check.Config) { c.Write = newcomer })
	for _, line := range []string{"field: ok", "success: [true]"} {
		assert.Contains(t, draft.String(), "  "+line+" # seen: found by write")
	}
	said := strings.Join(strings.Fields(text(report)), " ")
	assert.NotContains(t, said, "does not apply it")
	assert.Contains(t, said, "use another method")
}
