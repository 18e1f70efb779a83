package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

// globalID returns the id of the person with this e-mail, a member or not.
func (s *served) globalID(t *testing.T, email string) string {
	t.Helper()
	user, ok := s.GlobalUser(email)
	require.True(t, ok, "nobody is %s", email)
	return user.ID
}

// fillGlobal is fill for people who are no members, too: {elsewhere},
// {partner} and {former}.
func (s *served) fillGlobal(t *testing.T, literal string) string {
	t.Helper()
	for name, email := range map[string]string{
		"elsewhere": "elsewhere@example.com", "former": "former@example.com", "new": "new@example.com", "partner": "partner@" + sandbox.SecondDomain,
	} {
		if user, ok := s.GlobalUser(email); ok {
			literal = strings.ReplaceAll(literal, "{"+name+"}", user.ID)
		}
	}
	return s.fill(t, literal)
}

// known are the creation and update time of the sample people.
const known = `"creationTime":"2023-12-05T09:%[1]s:00.000Z","lastUpdateTime":"2023-12-05T09:%[1]s:00.000Z"`

func knownAt(minute string) string { return fmt.Sprintf(known, minute) }

func TestMembershipList(t *testing.T) {
	s := serveContract(t, "membership")
	want := s.fill(t, `[
		{"id":"{admin}","firstName":"Amber","lastName":"Anchor","email":"admin@example.com",`+knownAt("01")+`,"userRole":"ADMIN","joinOrganizationTime":"2024-03-04T09:01:00.000Z"},
		{"id":"{editor}","firstName":"Basalt","lastName":"Beacon","email":"editor@example.com",`+knownAt("02")+`,"userRole":"EDITOR","joinOrganizationTime":"2024-03-04T09:02:00.000Z"},
		{"id":"{viewer}","firstName":"Cedar","lastName":"Compass","email":"viewer@example.com",`+knownAt("03")+`,"userRole":"VIEWER","joinOrganizationTime":"2024-03-04T09:03:00.000Z"},
		{"id":"{finance}","firstName":"Dune","lastName":"Drum","email":"finance@example.com",`+knownAt("04")+`,"userRole":"{Finance}","joinOrganizationTime":"2024-03-04T09:04:00.000Z"},
		{"id":"{deals}","firstName":"Ember","lastName":"Easel","email":"deals@example.com",`+knownAt("05")+`,"userRole":"{Deal desk}","joinOrganizationTime":"2024-03-04T09:05:00.000Z"},
		{"id":"{mixed.case}","firstName":"Fjord","lastName":"Ferry","email":"Mixed.Case@example.com",`+knownAt("06")+`,"userRole":"VIEWER","joinOrganizationTime":"2024-03-04T09:06:00.000Z"},
		{"id":"{invited}","firstName":"Granite","lastName":"Gate","email":"invited@example.com",`+knownAt("07")+`,"userRole":"VIEWER","joinOrganizationTime":"2024-03-04T09:07:00.000Z"}]`)
	for _, query := range []string{"", "?limit=2", "?limit=2&offset=3", "?offset=7", "?limit=-1&offset=x", "?page=2"} {
		answer := s.call(t, "GET", aUserList+query, "")
		assert.Equal(t, 200, answer.status, query)
		assert.Equal(t, "application/json", answer.header.Get("Content-Type"))
		assert.JSONEq(t, want, answer.body, "limit and offset are ignored: %q", query)
	}
}

func TestMembershipAnswers(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{
			"a user by id has no role", "GET", aUserList + "/{viewer}", "", 200,
			`{"id":"{viewer}","firstName":"Cedar","lastName":"Compass","email":"viewer@example.com",` + knownAt("03") + `}`,
		},
		{
			"a former member by id", "GET", aUserList + "/{former}", "", 200,
			`{"id":"{former}","firstName":"Heather","lastName":"Harbor","email":"former@example.com",` + knownAt("08") + `}`,
		},
		{
			"somebody of another organization by id", "GET", aUserList + "/{partner}", "", 200,
			`{"id":"{partner}","firstName":"Kelp","lastName":"Kiosk","email":"partner@neighbors.example",` + knownAt("10") + `}`,
		},
		{
			"a new person", "POST", aUserList, `{"email":"New@example.com","firstName":"N","lastName":"W","userRole":"{Finance}"}`, 200,
			`{"id":"{new}","firstName":"N","lastName":"W","email":"New@example.com","creationTime":"2026-05-04T12:00:00.000Z","lastUpdateTime":"2026-05-04T12:00:00.000Z",
			  "userRole":"{Finance}","joinOrganizationTime":"2026-05-04T12:00:00.001Z"}`,
		},
		{
			"a person known from elsewhere keeps id, names and spelling", "POST", aUserList, `{"email":"ELSEWHERE@Example.com","firstName":"X","lastName":"Y","userRole":"VIEWER"}`, 200,
			`{"id":"{elsewhere}","firstName":"Ivory","lastName":"Inkwell","email":"elsewhere@example.com","creationTime":"2023-12-05T09:13:00.000Z","lastUpdateTime":"2026-05-04T12:00:00.000Z",
			  "userRole":"VIEWER","joinOrganizationTime":"2026-05-04T12:00:00.001Z"}`,
		},
		{
			"a former member returns under the same id", "POST", aUserList, `{"email":"former@example.com","userRole":"EDITOR"}`, 200,
			`{"id":"{former}","firstName":"Heather","lastName":"Harbor","email":"former@example.com","creationTime":"2023-12-05T09:08:00.000Z","lastUpdateTime":"2026-05-04T12:00:00.000Z",
			  "userRole":"EDITOR","joinOrganizationTime":"2026-05-04T12:00:00.001Z"}`,
		},
		{
			"a member's role is overwritten by an add", "POST", aUserList, `{"email":"Admin@example.com","firstName":"X","userRole":"VIEWER"}`, 200,
			`{"id":"{admin}","firstName":"Amber","lastName":"Anchor","email":"admin@example.com","creationTime":"2023-12-05T09:01:00.000Z","lastUpdateTime":"2026-05-04T12:00:00.000Z",
			  "userRole":"VIEWER","joinOrganizationTime":"2024-03-04T09:01:00.000Z"}`,
		},
		{
			"a role change leaves the times of the user alone", "PATCH", aUserList + "/{viewer}", `{"userRole":"{Finance}"}`, 200,
			`{"id":"{viewer}","firstName":"Cedar","lastName":"Compass","email":"viewer@example.com",` + knownAt("03") + `,
			  "userRole":"{Finance}","joinOrganizationTime":"2024-03-04T09:03:00.000Z"}`,
		},
		{
			"names change, an e-mail is ignored", "PATCH", aUserList + "/{viewer}", `{"firstName":"C","lastName":"","email":"other@example.com"}`, 200,
			`{"id":"{viewer}","firstName":"C","lastName":"","email":"viewer@example.com","creationTime":"2023-12-05T09:03:00.000Z","lastUpdateTime":"2026-05-04T12:00:00.000Z",
			  "userRole":"VIEWER","joinOrganizationTime":"2024-03-04T09:03:00.000Z"}`,
		},
		{
			"the names of somebody who is no member change", "PATCH", aUserList + "/{elsewhere}", `{"firstName":"I"}`, 200,
			`{"id":"{elsewhere}","firstName":"I","lastName":"Inkwell","email":"elsewhere@example.com","creationTime":"2023-12-05T09:13:00.000Z","lastUpdateTime":"2026-05-04T12:00:00.000Z"}`,
		},
		{"a member is removed", "DELETE", aUserList + "/{viewer}", "", 200, ``},
		{"somebody who is no member is removed", "DELETE", aUserList + "/{elsewhere}", "", 200, ``},
		{"nobody is removed", "DELETE", aUserList + "/nobody", "", 200, ``},
		{
			"only custom roles are listed", "GET", "/org/orgTest01/role", "", 200,
			`[{"organizationID":"orgTest01","id":"{Finance}","name":"Finance","description":"Invoices and revenue.","permissions":["billing.read","billing.write"],"creationTime":"2024-03-04T09:00:00.000Z"},
			  {"organizationID":"orgTest01","id":"{Deal desk}","name":"Deal desk","description":"Private offers.","permissions":["offer.read","offer.write"],"creationTime":"2024-03-04T09:00:00.000Z"}]`,
		},
		{
			"a new role", "POST", "/org/orgTest01/role", `{"name":"Legal"}`, 200,
			`{"organizationID":"orgTest01","id":"{Legal}","name":"Legal","description":"","permissions":[],"creationTime":"2026-05-04T12:00:00.000Z"}`,
		},
		{
			"a role is changed", "PATCH", "/org/orgTest01/role/{Finance}", `{"name":"Money","description":"d"}`, 200,
			`{"organizationID":"orgTest01","id":"{Money}","name":"Money","description":"d","permissions":["billing.read","billing.write"],"creationTime":"2024-03-04T09:00:00.000Z"}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serveContract(t, "membership")
			answer := s.call(t, test.method, s.fillGlobal(t, test.path), s.fillGlobal(t, test.body))
			assert.Equal(t, test.status, answer.status)
			if test.want == "" {
				assert.Empty(t, answer.body)
				return
			}
			assert.Equal(t, "application/json", answer.header.Get("Content-Type"))
			assert.JSONEq(t, s.fillGlobal(t, test.want), answer.body)
		})
	}
}

func TestMembershipRefusals(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ä", n) }
	const database = "DB error occurred"
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"unknown user", "GET", aUserList + "/nobody", "", 404, "user not found"},
		{"unknown user is not changed", "PATCH", aUserList + "/nobody", `{"firstName":"x"}`, 404, "user not found"},
		{"no role for who is no member", "PATCH", aUserList + "/{elsewhere}", `{"firstName":"x","userRole":"ADMIN"}`, 404, "user is not a member of the organization"},
		{"unknown organization", "GET", "/org/other/user", "", 404, "organization not found"},
		{"another organization", "GET", "/org/neighbors/user", "", 403, "the API client belongs to another organization"},
		{"unknown path", "GET", "/org/orgTest01/users", "", 404, "no such operation"},
		{"foreign domain", "POST", aUserList, `{"email":"a@neighbors.example","userRole":"VIEWER"}`, 400, `email domain "neighbors.example" is not a domain of the organization`},
		{"a known person of a foreign domain", "POST", aUserList, `{"email":"partner@neighbors.example","userRole":"VIEWER"}`, 400, `email domain "neighbors.example" is not a domain of the organization`},
		{"not an e-mail", "POST", aUserList, `{"email":"a","userRole":"VIEWER"}`, 400, `email "a" is not an e-mail address`},
		{"unknown role", "POST", aUserList, `{"email":"new@example.com","userRole":"JESTER"}`, 400, `unknown role "JESTER"`},
		{"a role goes by id, not by name", "PATCH", aUserList + "/{viewer}", `{"userRole":"Finance"}`, 400, `unknown role "Finance"`},
		{"a role of another organization", "PATCH", aUserList + "/{viewer}", `{"firstName":"x","userRole":"{Partner desk}"}`, 400, `unknown role "{Partner desk}"`},
		{"no role", "POST", aUserList, `{"email":"new@example.com"}`, 400, `unknown role ""`},
		{"the role is not named role", "PATCH", aUserList + "/{viewer}", `{"role":"ADMIN"}`, 400, `unknown field "role"`},
		{"there is no status", "PATCH", aUserList + "/{viewer}", `{"status":"INACTIVE"}`, 400, `unknown field "status"`},
		{"first name of 31", "POST", aUserList, `{"email":"new@example.com","firstName":"` + long(31) + `","userRole":"VIEWER"}`, 500, database},
		{"last name of 31", "PATCH", aUserList + "/{viewer}", `{"lastName":"` + long(31) + `","userRole":"ADMIN"}`, 500, database},
		{"e-mail of 101", "POST", aUserList, `{"email":"` + strings.Repeat("a", 89) + `@example.com","userRole":"VIEWER"}`, 500, database},
		{"role id of 37", "PATCH", aUserList + "/{viewer}", `{"userRole":"` + long(37) + `"}`, 500, database},
		{"role id of 37 in an add", "POST", aUserList, `{"email":"new@example.com","userRole":"` + long(37) + `"}`, 500, database},
		{"role name of 51", "POST", "/org/orgTest01/role", `{"name":"` + long(51) + `"}`, 500, database},
		{"description of 301", "PATCH", "/org/orgTest01/role/{Finance}", `{"description":"` + long(301) + `"}`, 500, database},
		{"permission of 51", "POST", "/org/orgTest01/role", `{"name":"x","permissions":["a","` + long(51) + `"]}`, 500, database},
		{"role in use", "DELETE", "/org/orgTest01/role/{Finance}", "", 400, `role "Finance" is in use`},
		{"standard role", "DELETE", "/org/orgTest01/role/ADMIN", "", 400, `role "ADMIN" is a standard role, which cannot be changed`},
		{"unknown role is not removed", "DELETE", "/org/orgTest01/role/none", "", 404, "role not found"},
	}
	s := serveContract(t, "membership")
	partner, _ := s.Member(sandbox.SecondOrganization, "partner@"+sandbox.SecondDomain)
	desk := func(literal string) string {
		return strings.ReplaceAll(s.fillGlobal(t, literal), "{Partner desk}", partner.Role)
	}
	users, neighbors, roles := s.Users(), s.Members(sandbox.SecondOrganization), s.Roles()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := s.call(t, test.method, desk(test.path), desk(test.body))
			assert.Equal(t, test.status, answer.status)
			assert.Equal(t, "text/plain; charset=utf-8", answer.header.Get("Content-Type"))
			assert.Equal(t, desk(test.want), answer.body, "plain and unquoted")
			assert.Equal(t, users, s.Users(), "nothing is half-done")
			assert.Equal(t, neighbors, s.Members(sandbox.SecondOrganization))
			assert.Equal(t, roles, s.Roles())
		})
	}
	longest := s.call(t, "POST", aUserList, `{"email":"`+strings.Repeat("a", 88)+`@example.com","firstName":"`+long(30)+`","lastName":"`+long(30)+`","userRole":"VIEWER"}`)
	assert.Equal(t, 200, longest.status, "the sizes themselves fit, counted in characters")
	assert.Contains(t, longest.body, long(30))
}

func TestMembershipSeats(t *testing.T) {
	s := serve(t, func(o *sandbox.Options) { o.Contract, o.Seats = "membership", 8 })
	add := func(email string) got {
		return s.call(t, "POST", aUserList, fmt.Sprintf(`{"email":%q,"userRole":"VIEWER"}`, email))
	}
	require.Equal(t, 200, add("last@example.com").status)
	beyond := add("elsewhere@example.com")
	assert.Equal(t, []any{400, "no seat left: the plan has 8"}, []any{beyond.status, beyond.body})
	assert.Equal(t, 200, add("last@example.com").status, "a member needs no seat")
	require.Equal(t, 200, s.call(t, "DELETE", aUserList+"/"+s.id(t, "last@example.com"), "").status)
	assert.Equal(t, 200, add("elsewhere@example.com").status, "a removal frees a seat")
}

// People are shared by both organizations; a membership belongs to one.
func TestTwoOrganizations(t *testing.T) {
	const second = "/org/neighbors/user"
	s := serveContract(t, "membership")
	there := func(method, path, body string) got {
		return s.call(t, method, path, body, "Authorization", "Key "+sandbox.SecondKey)
	}
	assert.Equal(t, []string{"admin@neighbors.example", "partner@neighbors.example", "viewer@example.com", "deals@example.com", "elsewhere@example.com"},
		emails(t, there("GET", second, "").body))
	assert.Equal(t, 403, there("GET", aUserList, "").status)
	assert.Equal(t, 403, there("DELETE", aUserList+"/"+s.id(t, "viewer@example.com"), "").status)

	viewer := s.id(t, "viewer@example.com")
	require.Equal(t, 200, s.call(t, "PATCH", aUserList+"/"+viewer, `{"firstName":"Shared","userRole":"EDITOR"}`).status)
	require.Equal(t, 200, there("PATCH", second+"/"+viewer, `{"lastName":"Name"}`).status)
	for organization, role := range map[string]string{testOrg: "EDITOR", sandbox.SecondOrganization: "ADMIN"} {
		user, ok := s.Member(organization, "VIEWER@example.com")
		require.True(t, ok)
		assert.Equal(t, []string{viewer, "Shared", "Name", role}, []string{user.ID, user.FirstName, user.LastName, user.Role}, organization)
	}
	assert.Contains(t, there("GET", second, "").body, `"firstName":"Shared","lastName":"Name"`)

	require.Equal(t, 200, s.call(t, "DELETE", aUserList+"/"+viewer, "").status)
	assert.NotContains(t, s.call(t, "GET", aUserList, "").body, viewer)
	assert.Contains(t, there("GET", second, "").body, viewer, "only one membership goes")
	assert.Equal(t, 200, s.call(t, "GET", aUserList+"/"+viewer, "").status, "and the user stays")
	back := s.call(t, "POST", aUserList, `{"email":"viewer@example.com","userRole":"VIEWER"}`)
	assert.Contains(t, back.body, `"id":"`+viewer+`"`)
	members := emails(t, s.call(t, "GET", aUserList, "").body)
	assert.Equal(t, "viewer@example.com", members[len(members)-1], "who returns has joined last")
}

func TestDocumentedCallAlone(t *testing.T) {
	s := serveContract(t, "documented")
	assert.Len(t, emails(t, s.call(t, "GET", aUserList, "").body), 7)
	users := s.Users()
	for call, want := range map[string]int{
		"POST " + aUserList: 405, "PATCH " + aUserList: 405, "GET " + aUserList + "/{viewer}": 404, "PATCH " + aUserList + "/{viewer}": 404,
		"DELETE " + aUserList + "/{viewer}": 404, "GET /org/orgTest01/role": 404, "POST /org/orgTest01/role": 404,
	} {
		method, path, _ := strings.Cut(call, " ")
		answer := s.call(t, method, s.fill(t, path), `{}`)
		assert.Equal(t, want, answer.status, call)
		if want == http.StatusMethodNotAllowed {
			assert.Equal(t, "GET, HEAD", answer.header.Get("Allow"), call)
		}
	}
	assert.Equal(t, users, s.Users())
	assert.Equal(t, 7, s.Count("unknown"))
	assert.Error(t, s.SetFaults(sandbox.Fault{Kind: sandbox.Empty, Operation: "unknown"}))
}

func TestTwoSteps(t *testing.T) {
	const memberships = "/org/orgTest01/membership"
	s := serve(t, func(o *sandbox.Options) { o.Contract, o.Seats = "twostep", 8 })
	created := s.call(t, "POST", "/user", `{"email":"new@example.com","firstName":"N","lastName":"W"}`)
	id := s.globalID(t, "new@example.com")
	assert.JSONEq(t, `{"id":"`+id+`"}`, created.body)
	_, member := s.UserByEmail("new@example.com")
	assert.False(t, member, "a user is no member yet")
	again := s.call(t, "POST", "/user", `{"email":"NEW@example.com","firstName":"X"}`)
	assert.JSONEq(t, created.body, again.body)
	assert.Equal(t, got{404, nil, "user not found"}, bare(s.call(t, "POST", memberships, `{"userId":"nobody","userRole":"VIEWER"}`)))
	assert.Equal(t, got{400, nil, `unknown role "JESTER"`}, bare(s.call(t, "POST", memberships, `{"userId":"`+id+`","userRole":"JESTER"}`)))
	assert.Equal(t, got{400, nil, `email domain "neighbors.example" is not a domain of the organization`},
		bare(s.call(t, "POST", memberships, `{"userId":"`+s.globalID(t, "partner@neighbors.example")+`","userRole":"VIEWER"}`)))

	joined := s.call(t, "POST", memberships, `{"userId":"`+id+`","userRole":"EDITOR"}`)
	user, member := s.UserByEmail("new@example.com")
	require.True(t, member)
	var answered struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(joined.body), &answered))
	membership := answered.ID
	assert.NotEqual(t, user.ID, membership)
	joinTime := user.JoinTime.Format("2006-01-02T15:04:05.000Z07:00")
	assert.JSONEq(t, `{"id":"`+membership+`","userId":"`+id+`","userRole":"EDITOR","joinOrganizationTime":"`+joinTime+`"}`, joined.body)
	assert.Equal(t, got{400, nil, "no seat left: the plan has 8"},
		bare(s.call(t, "POST", memberships, `{"userId":"`+s.globalID(t, "elsewhere@example.com")+`","userRole":"VIEWER"}`)), "the second call is refused")

	path := memberships + "/" + membership
	assert.Equal(t, 200, s.call(t, "PATCH", path, `{"userRole":"VIEWER"}`).status)
	assert.Equal(t, 200, s.call(t, "PATCH", "/user/"+id, `{"lastName":"Z"}`).status)
	var rows []map[string]string
	require.NoError(t, json.Unmarshal([]byte(s.call(t, "GET", aUserList, "").body), &rows))
	row := rows[len(rows)-1]
	delete(row, "lastUpdateTime")
	assert.Equal(t, map[string]string{
		"membershipId": membership, "userId": id, "firstName": "N", "lastName": "Z", "email": "new@example.com",
		"creationTime": "2026-05-04T12:00:00.000Z", "userRole": "VIEWER", "joinOrganizationTime": joinTime,
	}, row)
	assert.Equal(t, 404, s.call(t, "DELETE", memberships+"/"+id, "").status, "a user id is no membership id")
	assert.Equal(t, got{200, nil, ""}, bare(s.call(t, "DELETE", path, "")))
	assert.Equal(t, got{404, nil, "membership not found"}, bare(s.call(t, "DELETE", path, "")))
	assert.Equal(t, 200, s.call(t, "GET", "/user/"+id, "").status)
	assert.Equal(t, 401, s.call(t, "GET", "/user/"+id, "", "Authorization", "Key wrong").status)
}

// bare returns an answer without its headers.
func bare(answer got) got { return got{status: answer.status, body: answer.body} }

func TestUnappliedMembershipWrites(t *testing.T) {
	tests := []struct{ contract, method, path, body string }{
		{"membership", "POST", aUserList, `{"email":"new@example.com","userRole":"VIEWER"}`},
		{"membership", "POST", aUserList, `{"email":"admin@example.com","userRole":"VIEWER"}`},
		{"membership", "PATCH", aUserList + "/{viewer}", `{"firstName":"X","userRole":"ADMIN"}`},
		{"membership", "DELETE", aUserList + "/{viewer}", ""},
		{"membership", "PATCH", aUserList + "/{elsewhere}", `{"firstName":"X"}`},
		{"twostep", "POST", "/user", `{"email":"new@example.com"}`},
		{"twostep", "POST", "/org/orgTest01/membership", `{"userId":"{elsewhere}","userRole":"VIEWER"}`},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path+" "+test.body, func(t *testing.T) {
			s := serveContract(t, test.contract)
			s.fault(t, sandbox.Fault{Kind: sandbox.NotApplied, Times: 1})
			state := func() []any {
				elsewhere, _ := s.GlobalUser("elsewhere@example.com")
				_, exists := s.GlobalUser("new@example.com")
				return []any{s.Users(), s.Members(sandbox.SecondOrganization), elsewhere, exists}
			}
			before := state()
			path, body := s.fillGlobal(t, test.path), s.fillGlobal(t, test.body)
			assert.Equal(t, 200, s.call(t, test.method, path, body).status)
			assert.Equal(t, before, state())
			assert.Equal(t, 200, s.call(t, test.method, path, body).status)
			assert.NotEqual(t, before, state(), "applied without the fault")
		})
	}
}

func TestSpoiledMembershipList(t *testing.T) {
	s := serveContract(t, "membership")
	whole := s.call(t, "GET", aUserList, "").body
	for kind, want := range map[sandbox.FaultKind]string{
		sandbox.Truncated: whole[:(len(whole)+1)/2], sandbox.Empty: "", sandbox.WrongShape: `{"result":"ok"}`,
	} {
		s.fault(t, sandbox.Fault{Kind: kind})
		assert.Equal(t, want, s.call(t, "GET", aUserList, "").body, kind)
	}
	s.fault(t, sandbox.Fault{Kind: sandbox.Cut})
	answer, err := s.try(t, "GET", aUserList, "")
	assert.Error(t, err)
	assert.Equal(t, whole[:len(whole)/2], answer.body)
	s.fault(t, sandbox.Fault{Kind: sandbox.ClockSkew, Delay: time.Hour})
	assert.Contains(t, s.call(t, "GET", aUserList, "").body, `"joinOrganizationTime":"2024-03-04T10:01:00.000Z"`)
}

func TestOddTextInTheList(t *testing.T) {
	s := serveContract(t, "membership")
	name := "\"\\\n<é&\u2028\x7f"
	s.PutUser(sandbox.User{Email: "odd@example.com", FirstName: name, Role: "VIEWER"})
	var rows []struct{ FirstName string }
	require.NoError(t, json.Unmarshal([]byte(s.call(t, "GET", aUserList, "").body), &rows))
	assert.Equal(t, name, rows[len(rows)-1].FirstName)
}

// Only rows that have changed are rendered again.
func TestLargeMembershipList(t *testing.T) {
	s := serve(t, func(o *sandbox.Options) { o.Contract, o.People = "membership", 100_000 })
	list := emails(t, s.call(t, "GET", aUserList+"?limit=10", "").body)
	require.Len(t, list, 100_007)
	s.PutUser(sandbox.User{Email: list[50_000], FirstName: "Renamed", Role: "VIEWER"})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	get(t, s.Sandbox, aUserList)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.Mallocs-before.Mallocs, uint64(1000), "no allocation for each row")
	again := s.call(t, "GET", aUserList, "").body
	assert.Equal(t, 1, strings.Count(again, `"Renamed"`))
	assert.Equal(t, list, emails(t, again))
}

// BenchmarkMembershipList answers 100,000 rows.
func BenchmarkMembershipList(b *testing.B) {
	fake, err := sandbox.New(sandbox.Options{Organization: testOrg, Keys: []string{testKey}, People: 100_000})
	require.NoError(b, err)
	for b.Loop() {
		request := httptest.NewRequestWithContext(b.Context(), "GET", aUserList, nil)
		request.Header.Set("Authorization", "Key "+testKey)
		var answer discard
		fake.ServeHTTP(&answer, request)
		require.Equal(b, 200, answer.status)
		b.SetBytes(answer.size)
	}
}

// A discard is a response that is thrown away.
type discard struct {
	header http.Header
	status int
	size   int64
}

func (d *discard) Header() http.Header {
	if d.header == nil {
		d.header = make(http.Header)
	}
	return d.header
}

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	return len(p), nil
}
