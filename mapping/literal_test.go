package mapping_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// A literalSuger has one user, whose JSON the test gives, and three roles with numeric
// ids. It records each write, which replaces the user by the JSON that the test gives.
type literalSuger struct {
	mu            sync.Mutex
	before, after string
	others        string // more rows of the list
	writes        []string
}

func (l *literalSuger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	body, _ := io.ReadAll(r.Body)
	switch {
	case r.Method == "GET" && strings.HasSuffix(r.URL.Path, "/role"):
		_, _ = io.WriteString(w, `[{"id":1,"name":"ADMIN"},{"id":2,"name":"EDITOR"},{"id":3,"name":"VIEWER"}]`)
	case r.Method == "GET" && strings.HasSuffix(r.URL.Path, "/user"):
		_, _ = io.WriteString(w, "["+l.before+l.others+"]")
	case r.Method == "GET" && strings.HasSuffix(r.URL.Path, "/alone"):
		_, _ = io.WriteString(w, strings.Replace(l.before, `"role":3,`, "", 1))
	case r.Method == "GET":
		_, _ = io.WriteString(w, l.before)
	default:
		write := r.Method + " " + r.URL.RequestURI()
		if tenant := r.Header.Get("X-Tenant"); tenant != "" {
			write += " for " + tenant
		}
		l.writes, l.before = append(l.writes, strings.TrimSpace(write+" "+string(body))), l.after
		w.WriteHeader(http.StatusNoContent)
	}
}

// numericRoles gives the mapping's known roles the ids that literalSuger has.
var numericRoles = []string{
	"{name: ADMIN, id: ADMIN, ", "{name: ADMIN, id: 1, ",
	"{name: EDITOR, id: EDITOR, ", "{name: EDITOR, id: 2, ",
	"{name: VIEWER, id: VIEWER, ", "{name: VIEWER, id: 3, ",
}

// newLiteral starts a service on suger with the status mapping, in which pairs replace
// parts: old, new, old, new, ... Each part must occur once.
func newLiteral(t *testing.T, suger *literalSuger, pairs ...string) *actor {
	t.Helper()
	text := sourceOf(t, "status")
	for pair := range slices.Chunk(slices.Concat(numericRoles, pairs), 2) {
		text = replaced(t, text, pair[0], pair[1])
	}
	document, err := spec.Parse("changed.yaml", []byte(text))
	require.NoError(t, err)
	server := httptest.NewServer(suger)
	t.Cleanup(server.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: server.URL})
	require.NoError(t, err)
	now := func() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }
	service, err := mapping.New(document, client, mapping.Config{Now: now})
	require.NoError(t, err)
	return &actor{t: t, service: service, caller: mapping.Caller{Organization: "o", Credential: standKey}}
}

// Pieces of the status mapping that the tests replace.
const (
	updatesRole   = "      role: \"{role}\"\n      status: \"{status}\"\n"
	updatesStatus = "      status: \"{status}\"\n"
	statusMap     = "  field: status\n  active: [ACTIVE, INVITED]\n  pending: [INVITED]\n  inactive: [INACTIVE]\n"
	rolesMap      = "    field: role\n    hold: one\n    by: id\n"
	endAccess     = "  end: set status\n"
	getCall       = "  get user: GET /org/{organization}/user/{user}\n"
	updateCall    = "    call: PATCH /org/{organization}/user/{user}\n    repeat: true\n"
)

const toEditor = `{"op":"replace","value":{"roles":[{"value":"EDITOR"}]}}`

func TestUserRoleForms(t *testing.T) {
	tests := []struct {
		name          string
		pairs         []string
		before, after string // the user's role field before and after the write
		want          string // the body of the write
	}{
		{"id as a string", nil, `"role":"3"`, `"role":"2"`, `{"role":2}`},
		{"id as a number", nil, `"role":3`, `"role":2`, `{"role":2}`},
		{"name as a string", []string{rolesMap, "    field: role\n    by: name\n", updatesRole, "      role: \"{role.name}\"\n" + updatesStatus},
			`"role":"VIEWER"`, `"role":"EDITOR"`, `{"role":"EDITOR"}`},
		{"object with id and name", []string{rolesMap, "    field: role\n    id: id\n    name: name\n", updatesRole, "      role: {id: \"{role}\", name: \"{role.name}\"}\n" + updatesStatus},
			`"role":{"id":3,"name":"VIEWER"}`, `"role":{"id":2,"name":"EDITOR"}`, `{"role":{"id":2,"name":"EDITOR"}}`},
		{"object with a name only", []string{rolesMap, "    field: role\n    name: title\n", updatesRole, "      role: {title: \"{role.name}\"}\n" + updatesStatus},
			`"role":{"title":"VIEWER"}`, `"role":{"title":"EDITOR"}`, `{"role":{"title":"EDITOR"}}`},
		{"list of ids", []string{rolesMap, "    field: access.roles\n", updatesRole, "      access: {roles: \"{roles}\"}\n" + updatesStatus},
			`"access":{"roles":[3]}`, `"access":{"roles":[2]}`, `{"access":{"roles":[2]}}`},
		{"list of names", []string{rolesMap, "    field: roles\n    by: name\n", updatesRole, "      roles: \"{roles.names}\"\n" + updatesStatus},
			`"roles":["VIEWER"]`, `"roles":["EDITOR"]`, `{"roles":["EDITOR"]}`},
		{"list of objects", []string{rolesMap, "    field: roles\n    id: role.id\n", updatesRole, "      roles: [{role: {id: \"{role}\"}}]\n" + updatesStatus},
			`"roles":[{"role":{"id":"3"}}]`, `"roles":[{"role":{"id":"2"}}]`, `{"roles":[{"role":{"id":2}}]}`},
		{"list of several objects", []string{rolesMap, "    field: roles\n    hold: many\n    id: id\n", updatesRole, "      roles: [{id: \"{role}\"}, {id: 9}]\n" + updatesStatus},
			`"roles":[{"id":3},{"id":2}]`, `"roles":[{"id":2}]`, `{"roles":[{"id":2},{"id":9}]}`},
		{"no role before", nil, `"role":null`, `"role":2`, `{"role":2}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			user := func(role string) string {
				return `{"id":"u1","email":"ada@example.com","firstName":"A","lastName":"B","status":"ACTIVE",` + role + `}`
			}
			suger := &literalSuger{before: user(test.before), after: user(test.after)}
			if test.before == `"role":null` { // a user whose role is unknown counts as a possible last administrator
				suger.others = `,{"id":"u2","email":"basalt@example.com","status":"ACTIVE","role":1}`
			}
			a := newLiteral(t, suger, test.pairs...)
			got, err := a.patchUser("u1", toEditor)
			require.NoError(t, err)
			assert.Equal(t, "EDITOR", extension(got)["role"])
			assert.Equal(t, []string{"PATCH /org/o/user/u1 " + test.want}, suger.writes)
		})
	}
}

func TestUserStatusForms(t *testing.T) {
	status := func(rest string) []string { return []string{statusMap, "  field: status\n" + rest} }
	tests := []struct {
		name     string
		pairs    []string
		on, off  string // the user's status with and without access
		give     string // the status that is written to restore access
		end      string
		shown    string // the extension's status of a user with access
		notShown string
	}{
		{"words", status("  active: [ON, NEW]\n  inactive: [OFF, GONE]\n"), `"NEW"`, `"GONE"`, `"ON"`, `"OFF"`, "NEW", "GONE"},
		{"words in another letter case", status("  active: [On, New]\n  inactive: [Off]\n"), `"NEW"`, `"off"`, `"On"`, `"Off"`, "NEW", "off"},
		{"boolean", status("  active: [true]\n  inactive: [false]\n"), `true`, `false`, `true`, `false`, "true", "false"},
		{"inverted boolean", status("  active: [false]\n  inactive: [true]\n"), `false`, `true`, `false`, `true`, "false", "true"},
		{"numbers", status("  active: [1, 2]\n  inactive: [0]\n"), `2`, `0`, `1`, `0`, "2", "0"},
		{"null while active", status("  active: [null]\n  inactive: [REMOVED]\n  absent: active\n"), `null`, `"REMOVED"`, `null`, `"REMOVED"`, "", "REMOVED"},
		{"empty string while active", status("  active: [\"\"]\n  inactive: [REMOVED]\n  absent: active\n"), `""`, `"REMOVED"`, `""`, `"REMOVED"`, "", "REMOVED"},
		{"time of removal", status("  active: [null]\n  inactive: [\"{now}\"]\n  absent: active\n"), `null`, `"2026-01-02T03:04:05Z"`, `null`, `"2026-03-02T09:00:00Z"`, "", "2026-01-02T03:04:05Z"},
		{"time of removal that is never null", status("  active: [\"0001-01-01T00:00:00Z\"]\n  inactive: [\"{now}\"]\n  absent: active\n"),
			`"0001-01-01T00:00:00Z"`, `"2026-01-02T03:04:05Z"`, `"0001-01-01T00:00:00Z"`, `"2026-03-02T09:00:00Z"`, "0001-01-01T00:00:00Z", "2026-01-02T03:04:05Z"},
		{"time of activation", status("  active: [\"{now}\"]\n  inactive: [null]\n  absent: inactive\n"), `1767323045`, `null`, `"2026-03-02T09:00:00Z"`, `null`, "1767323045", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			user := func(status string) string {
				return `{"id":"u1","email":"ada@example.com","firstName":"A","lastName":"B","role":3,"status":` + status + `}`
			}
			suger := &literalSuger{before: user(test.on), after: user(test.off)}
			a := newLiteral(t, suger, test.pairs...)
			shown := func() string {
				r, err := a.getUser("u1")
				require.NoError(t, err)
				word, _ := extensionWord(r, "status")
				return word
			}
			assert.Equal(t, test.shown, shown())
			got, err := a.patchUser("u1", deactivation)
			require.NoError(t, err)
			assert.Equal(t, false, got["active"])
			assert.Equal(t, test.notShown, shown())
			suger.after = user(test.on)
			got, err = a.patchUser("u1", reactivation)
			require.NoError(t, err)
			assert.Equal(t, true, got["active"])
			assert.Equal(t, []string{`PATCH /org/o/user/u1 {"status":` + test.end + `}`, `PATCH /org/o/user/u1 {"status":` + test.give + `}`}, suger.writes)
		})
	}
}

// If a status field holds a time or nothing, a value that is not a time does not
// count: a user with "removedAt": false has access and must not count as someone who
// has left.
func TestStatusThatIsNotSet(t *testing.T) {
	for _, file := range []struct {
		name   string
		rest   string
		active bool // whether a user is active with a value that does not count
	}{
		{"time of removal", "  active: [null]\n  inactive: [\"{now}\"]\n  absent: active\n", true},
		{"time of activation", "  active: [\"{now}\"]\n  inactive: [null]\n  absent: inactive\n", false},
	} {
		for value, set := range map[string]bool{
			"null": false, `""`: false, `" "`: false, "false": false, `"False"`: false, "0": false, "0.0": false, `"0"`: false, "{}": false, "[]": false,
			`"0001-01-01T00:00:00Z"`: false, `"1970-01-01T00:00:00.000Z"`: false,
			`"2026-01-02T03:04:05Z"`: true, "1767323045": true, "true": true, `"by request"`: true, `{"at":"2026-01-02"}`: true,
		} {
			t.Run(file.name+" "+value, func(t *testing.T) {
				user := `{"id":"u1","email":"ada@example.com","firstName":"A","lastName":"B","role":3,"status":` + value + `}`
				a := newLiteral(t, &literalSuger{before: user, after: user}, statusMap, "  field: status\n"+file.rest)
				r, err := a.getUser("u1")
				require.NoError(t, err)
				assert.Equal(t, file.active != set, r["active"])
			})
		}
	}
}

// What a change of the first name sends, depending on how the mapping describes the
// call.
func TestCallForms(t *testing.T) {
	const body = "    body:\n      email: \"{userName}\"\n      firstName: \"{name.givenName}\"\n      lastName: \"{name.familyName}\"\n" + updatesRole
	tests := []struct {
		name  string
		pairs []string
		want  string
	}{
		{"only what changes", nil, `PATCH /org/o/user/7 {"firstName":"Ada"}`},
		{"the whole object, mapped fields only", []string{updateCall, "    call: PUT /org/{organization}/user/{user}\n    sends: whole object\n", getCall, ""},
			`PUT /org/o/user/7 {"email":"ada@example.com","firstName":"Ada","lastName":"B","role":3,"status":"INVITED"}`},
		{"the whole object, with a role from the list", []string{updateCall, "    call: PUT /org/{organization}/user/{user}\n    sends: whole object\n",
			getCall, "  get user: {call: \"GET /people/{user}/alone\", covers: everybody}\n"},
			`PUT /org/o/user/7 {"email":"ada@example.com","firstName":"Ada","id":7,"lastName":"B","phone":{"home":1},"role":3,"status":"INVITED"}`},
		{"the whole object, unmapped fields included", []string{updateCall, "    call: PUT /org/{organization}/user/{user}\n    sends: whole object\n"},
			`PUT /org/o/user/7 {"email":"ada@example.com","firstName":"Ada","id":7,"lastName":"B","phone":{"home":1},"role":3,"status":"INVITED"}`},
		{"another method, path, query and header", []string{updateCall, "    call: POST /people/{user}/change?org={organization}&notify=false\n    headers: {X-Tenant: \"t-{organization}\"}\n"},
			`POST /people/7/change?notify=false&org=o for t-o {"firstName":"Ada"}`},
		{"the id in the query", []string{updateCall, "    call: PUT /people?id={user}\n"}, `PUT /people?id=7 {"firstName":"Ada"}`},
		{"the id in the body, as a number", []string{updateCall, "    call: PATCH /people/{user}\n", body, "    body: {number: \"{user}\", at: \"{now}\", set: {mail: \"{userName}\", first: \"{name.givenName}\", last: \"{name.familyName}\", role: \"{role}\", status: \"{status}\"}}\n"},
			`PATCH /people/7 {"at":"2026-03-02T09:00:00Z","number":7,"set":{"first":"Ada"}}`},
		{"fixed values next to the changed ones", []string{body, "    body: {kind: person, tags: [a, 1], user: [{mail: \"{userName}\"}, {first: \"{name.givenName}\"}, {last: \"{name.familyName}\"}], role: \"{role}\", status: \"{status}\"}\n"},
			`PATCH /org/o/user/7 {"kind":"person","tags":["a",1],"user":[{"first":"Ada"}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			user := func(first string) string {
				return `{"id":7,"email":"ada@example.com","firstName":"` + first + `","lastName":"B","role":3,"status":"INVITED","phone":{"home":1}}`
			}
			suger := &literalSuger{before: user("A"), after: user("Ada")}
			_, err := newLiteral(t, suger, test.pairs...).patchUser("7", `{"op":"replace","path":"name.givenName","value":"Ada"}`)
			require.NoError(t, err)
			assert.Equal(t, []string{test.want}, suger.writes)
		})
	}
}

// Operations on one user can send the user and the role by any of their attributes.
func TestOperationsOnAUserSendUserAndRole(t *testing.T) {
	setRole := []string{updatesRole, updatesStatus, "  # convention, likewise.\n", "  set role: {call: \"PUT /role/{role.name}/of/{user}?role={role}\", body: {mail: \"{userName}\", name: \"{name.formatted}\", role: \"{role}\", all: \"{roles}\"}}\n"}
	suspend := []string{updatesStatus, "", endAccess, "  give: {call: POST /back, body: {id: \"{user}\"}}\n  end: {call: POST /gone, body: {mail: \"{userName}\", org: \"{organization}\"}}\n"}
	user := func(role, status string) string {
		return `{"id":7,"email":"ada@example.com","firstName":"A","lastName":"B","role":` + role + `,"status":"` + status + `"}`
	}
	tests := []struct {
		name          string
		pairs         []string
		before, after string
		operation     string
		want          string // the last call
	}{
		{"set role", setRole, user("3", "ACTIVE"), user("2", "ACTIVE"), toEditor, `PUT /role/EDITOR/of/7?role=2 {"all":[2],"mail":"ada@example.com","name":"A B","role":2}`},
		{"set role after an address change", setRole, user("3", "ACTIVE"), strings.Replace(user("2", "ACTIVE"), "ada@", "eve@", 1),
			`{"op":"replace","value":{"userName":"eve@example.com","roles":["EDITOR"]}}`, `PUT /role/EDITOR/of/7?role=2 {"all":[2],"mail":"eve@example.com","name":"A B","role":2}`},
		{"deactivate user", suspend, user("3", "ACTIVE"), user("3", "INACTIVE"), deactivation, `POST /gone {"mail":"ada@example.com","org":"o"}`},
		{"activate user", suspend, user("3", "INACTIVE"), user("3", "ACTIVE"), reactivation, `POST /back {"id":7}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			suger := &literalSuger{before: test.before, after: test.after}
			_, err := newLiteral(t, suger, test.pairs...).patchUser("7", test.operation)
			require.NoError(t, err)
			require.NotEmpty(t, suger.writes)
			assert.Equal(t, test.want, suger.writes[len(suger.writes)-1])
		})
	}
}

// A list without pages can have a size; a list that is as long may be truncated.
func TestListInOneAnswer(t *testing.T) {
	const paging = "    paging: {style: offset, size: 1000, limit: limit, next: offset}\n"
	user := `{"id":"u1","email":"ada@example.com","firstName":"A","lastName":"B","role":3,"status":"ACTIVE"}`
	a := newLiteral(t, &literalSuger{before: user}, paging, "    paging: {style: none, size: 2, limit: max}\n")
	list, err := a.listUsers("")
	require.NoError(t, err)
	assert.Equal(t, 1, list.TotalResults)
	a = newLiteral(t, &literalSuger{before: user}, paging, "    paging: {style: none, size: 1, limit: max}\n")
	_, err = a.listUsers("")
	assertCode(t, scim.CodeSugerUnreadable, err)
	a = newLiteral(t, &literalSuger{before: user}, paging, "")
	list, err = a.listUsers("")
	require.NoError(t, err)
	assert.Equal(t, 1, list.TotalResults)
}
