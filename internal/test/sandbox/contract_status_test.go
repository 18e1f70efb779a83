package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

// fill puts ids into a literal: {admin} is the id of admin@example.com, {Finance}
// that of the role.
func (s *served) fill(t *testing.T, literal string) string {
	t.Helper()
	for _, mailbox := range []string{"admin", "editor", "viewer", "finance", "deals", "mixed.case", "invited", "former", "new"} {
		if user, ok := s.UserByEmail(mailbox + "@example.com"); ok {
			literal = strings.ReplaceAll(literal, "{"+mailbox+"}", user.ID)
		}
	}
	for _, role := range s.Roles() {
		literal = strings.ReplaceAll(literal, "{"+role.Name+"}", role.ID)
	}
	return literal
}

func TestStatusAnswers(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{
			"a user has these fields", "GET", "/org/orgTest01/user/{finance}", "", 200,
			`{"id":"{finance}","organizationID":"orgTest01","email":"finance@example.com","firstName":"Dune","lastName":"Drum",
			  "role":"{Finance}","status":"ACTIVE","creationTime":"2024-03-04T09:04:00.000Z","lastUpdateTime":"2024-03-04T09:04:00.000Z"}`,
		},
		{
			"a new user is invited", "POST", "/org/orgTest01/user", `{"email":"New@example.com","firstName":"N","lastName":"W","role":"EDITOR"}`, 200,
			`{"id":"{new}","organizationID":"orgTest01","email":"New@example.com","firstName":"N","lastName":"W",
			  "role":"EDITOR","status":"INVITED","creationTime":"2026-05-04T12:00:00.000Z","lastUpdateTime":"2026-05-04T12:00:00.000Z"}`,
		},
		{
			"a known e-mail answers the user unchanged", "POST", "/org/orgTest01/user", `{"email":"FORMER@Example.com","firstName":"X","role":"ADMIN"}`, 200,
			`{"id":"{former}","organizationID":"orgTest01","email":"former@example.com","firstName":"Heather","lastName":"Harbor",
			  "role":"EDITOR","status":"INACTIVE","creationTime":"2024-03-04T09:08:00.000Z","lastUpdateTime":"2024-03-04T09:08:00.000Z"}`,
		},
		{
			"a patch changes what it names and answers the whole user", "PATCH", "/org/orgTest01/user/{viewer}", `{"role":"{Finance}","status":"INACTIVE"}`, 200,
			`{"id":"{viewer}","organizationID":"orgTest01","email":"viewer@example.com","firstName":"Cedar","lastName":"Compass",
			  "role":"{Finance}","status":"INACTIVE","creationTime":"2024-03-04T09:03:00.000Z","lastUpdateTime":"2026-05-04T12:00:00.000Z"}`,
		},
		{
			"an empty value clears", "PATCH", "/org/orgTest01/user/{viewer}", `{"lastName":""}`, 200,
			`{"id":"{viewer}","organizationID":"orgTest01","email":"viewer@example.com","firstName":"Cedar","lastName":"",
			  "role":"VIEWER","status":"ACTIVE","creationTime":"2024-03-04T09:03:00.000Z","lastUpdateTime":"2026-05-04T12:00:00.000Z"}`,
		},
		{
			"the case of one's own e-mail may change", "PATCH", "/org/orgTest01/user/{viewer}", `{"email":"Viewer@Example.com"}`, 200,
			`{"id":"{viewer}","organizationID":"orgTest01","email":"Viewer@Example.com","firstName":"Cedar","lastName":"Compass",
			  "role":"VIEWER","status":"ACTIVE","creationTime":"2024-03-04T09:03:00.000Z","lastUpdateTime":"2026-05-04T12:00:00.000Z"}`,
		},
		{
			"a patch that changes nothing is not an update", "PATCH", "/org/orgTest01/user/{viewer}", `{"role":"VIEWER"}`, 200,
			`{"id":"{viewer}","organizationID":"orgTest01","email":"viewer@example.com","firstName":"Cedar","lastName":"Compass",
			  "role":"VIEWER","status":"ACTIVE","creationTime":"2024-03-04T09:03:00.000Z","lastUpdateTime":"2024-03-04T09:03:00.000Z"}`,
		},
		{"a delete answers an empty string", "DELETE", "/org/orgTest01/user/{viewer}", "", 200, `""`},
		{
			"standard roles come first", "GET", "/org/orgTest01/role", "", 200,
			`[{"id":"ADMIN","name":"ADMIN","description":"May do everything.","type":"STANDARD","permissions":["*"]},
			  {"id":"EDITOR","name":"EDITOR","description":"May do everything but manage the organization.","type":"STANDARD","permissions":["read","write"]},
			  {"id":"VIEWER","name":"VIEWER","description":"May read.","type":"STANDARD","permissions":["read"]},
			  {"id":"{Finance}","name":"Finance","description":"Invoices and revenue.","type":"CUSTOM","permissions":["billing.read","billing.write"]},
			  {"id":"{Deal desk}","name":"Deal desk","description":"Private offers.","type":"CUSTOM","permissions":["offer.read","offer.write"]}]`,
		},
		{
			"a new role is custom", "POST", "/org/orgTest01/role", `{"name":"Legal"}`, 200,
			`{"id":"{Legal}","name":"Legal","description":"","type":"CUSTOM","permissions":[]}`,
		},
		{
			"a role is patched", "PATCH", "/org/orgTest01/role/{Finance}", `{"description":"","permissions":["billing.read"]}`, 200,
			`{"id":"{Finance}","name":"Finance","description":"","type":"CUSTOM","permissions":["billing.read"]}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, nil)
			answer := s.call(t, test.method, s.fill(t, test.path), s.fill(t, test.body))
			assert.Equal(t, test.status, answer.status)
			assert.Equal(t, "application/json", answer.header.Get("Content-Type"))
			assert.JSONEq(t, s.fill(t, test.want), answer.body)
		})
	}
}

func TestStatusRefusals(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"unknown organization", "GET", "/org/other/user", "", 404, `"organization not found"`},
		{"unknown user", "GET", "/org/orgTest01/user/nobody", "", 404, `"user not found"`},
		{"unknown user is not patched", "PATCH", "/org/orgTest01/user/nobody", `{"role":"ADMIN"}`, 404, `"user not found"`},
		{"unknown user is not removed", "DELETE", "/org/orgTest01/user/nobody", "", 404, `"user not found"`},
		{"ids have letter case", "GET", "/org/ORGTEST01/user", "", 404, `"organization not found"`},
		{"unknown path", "GET", "/org/orgTest01/users", "", 404, `"no such operation"`},
		{"unknown method", "PUT", "/org/orgTest01/user", "", 404, `"no such operation"`},
		{"no single role is read", "GET", "/org/orgTest01/role/ADMIN", "", 404, `"no such operation"`},
		{"no id", "DELETE", "/org/orgTest01/user/", "", 404, `"no such operation"`},
		{"dot segments", "DELETE", "/org/orgTest01/user/%2e%2e/user", "", 404, `"no such operation"`},
		{"limit is no number", "GET", "/org/orgTest01/user?limit=ten", "", 400, `"limit must be a number from 1 on"`},
		{"limit zero", "GET", "/org/orgTest01/user?limit=0", "", 400, `"limit must be a number from 1 on"`},
		{"negative offset", "GET", "/org/orgTest01/user?offset=-1", "", 400, `"offset must be a number from 0 on"`},
		{"foreign domain", "POST", "/org/orgTest01/user", `{"email":"a@example.org","role":"VIEWER"}`, 400, `"email domain \"example.org\" is not a domain of the organization"`},
		{"subdomain", "POST", "/org/orgTest01/user", `{"email":"a@mail.example.com","role":"VIEWER"}`, 400, `"email domain \"mail.example.com\" is not a domain of the organization"`},
		{"not an e-mail", "POST", "/org/orgTest01/user", `{"email":"a","role":"VIEWER"}`, 400, `"email \"a\" is not an e-mail address"`},
		{"no e-mail", "POST", "/org/orgTest01/user", `{"role":"VIEWER"}`, 400, `"email \"\" is not an e-mail address"`},
		{"unknown role", "POST", "/org/orgTest01/user", `{"email":"a@example.com","role":"Finance"}`, 400, `"unknown role \"Finance\""`},
		{"no role", "POST", "/org/orgTest01/user", `{"email":"a@example.com"}`, 400, `"role is required"`},
		{"unknown field", "POST", "/org/orgTest01/user", `{"email":"a@example.com","role":"VIEWER","status":"ACTIVE"}`, 400, `"unknown field \"status\""`},
		{"fields have letter case", "POST", "/org/orgTest01/user", `{"Email":"a@example.com"}`, 400, `"unknown field \"Email\""`},
		{"wrong type", "PATCH", "/org/orgTest01/user/{viewer}", `{"firstName":1}`, 400, `"field \"firstName\" has the wrong type"`},
		{"null", "PATCH", "/org/orgTest01/user/{viewer}", `{"firstName":null}`, 400, `"field \"firstName\" has the wrong type"`},
		{"read-only field", "PATCH", "/org/orgTest01/user/{viewer}", `{"id":"x"}`, 400, `"unknown field \"id\""`},
		{"unknown status", "PATCH", "/org/orgTest01/user/{viewer}", `{"status":"GONE"}`, 400, `"status \"GONE\" is not one of ACTIVE, INVITED, INACTIVE"`},
		{"status has letter case", "PATCH", "/org/orgTest01/user/{viewer}", `{"status":"inactive"}`, 400, `"status \"inactive\" is not one of ACTIVE, INVITED, INACTIVE"`},
		{"a role cannot be cleared", "PATCH", "/org/orgTest01/user/{viewer}", `{"role":""}`, 400, `"role is required"`},
		{"an e-mail cannot be cleared", "PATCH", "/org/orgTest01/user/{viewer}", `{"email":""}`, 400, `"email \"\" is not an e-mail address"`},
		{"an e-mail of another user", "PATCH", "/org/orgTest01/user/{viewer}", `{"email":"ADMIN@example.com"}`, 400, `"a user with the email \"ADMIN@example.com\" already exists"`},
		{"not an object", "PATCH", "/org/orgTest01/user/{viewer}", `[]`, 400, `"the body is not a JSON object"`},
		{"null body", "PATCH", "/org/orgTest01/user/{viewer}", `null`, 400, `"the body is not a JSON object"`},
		{"two values", "PATCH", "/org/orgTest01/user/{viewer}", `{} {}`, 400, `"the body is not a JSON object"`},
		{"no body", "PATCH", "/org/orgTest01/user/{viewer}", ``, 400, `"the body is not a JSON object"`},
		{"standard role is fixed", "PATCH", "/org/orgTest01/role/ADMIN", `{"description":"x"}`, 400, `"role \"ADMIN\" is a standard role, which cannot be changed"`},
		{"standard role stays", "DELETE", "/org/orgTest01/role/VIEWER", "", 400, `"role \"VIEWER\" is a standard role, which cannot be changed"`},
		{"role in use", "DELETE", "/org/orgTest01/role/{Finance}", "", 400, `"role \"Finance\" is in use"`},
		{"role name taken", "POST", "/org/orgTest01/role", `{"name":"finance"}`, 400, `"a role named \"Finance\" already exists"`},
		{"role name taken by a standard role", "PATCH", "/org/orgTest01/role/{Finance}", `{"name":"admin"}`, 400, `"a role named \"ADMIN\" already exists"`},
		{"role without name", "POST", "/org/orgTest01/role", `{"name":" "}`, 400, `"name is required"`},
		{"permissions are strings", "POST", "/org/orgTest01/role", `{"name":"x","permissions":[1]}`, 400, `"field \"permissions\" has the wrong type"`},
		{"unknown role is not patched", "PATCH", "/org/orgTest01/role/none", `{"name":"x"}`, 404, `"role not found"`},
		{"unknown role is not removed", "DELETE", "/org/orgTest01/role/none", "", 404, `"role not found"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, nil)
			users, roles := s.Users(), s.Roles()
			answer := s.call(t, test.method, s.fill(t, test.path), s.fill(t, test.body))
			assert.Equal(t, test.status, answer.status)
			assert.Equal(t, "application/json", answer.header.Get("Content-Type"))
			assert.JSONEq(t, test.want, answer.body)
			assert.Equal(t, users, s.Users(), "nothing is half-done")
			assert.Equal(t, roles, s.Roles(), "nothing is half-done")
		})
	}
}

func TestContentTypeAndBodyLimit(t *testing.T) {
	s := serve(t, nil)
	body := `{"email":"new@example.com","role":"VIEWER"}`
	answer := s.call(t, "POST", "/org/orgTest01/user", body, "Content-Type", "application/scim+json")
	assert.Equal(t, 400, answer.status)
	assert.Equal(t, `"Content-Type must be application/json"`, answer.body)
	answer = s.call(t, "POST", "/org/orgTest01/user", body, "Content-Type", "application/json; charset=utf-8")
	assert.Equal(t, 200, answer.status)
	answer = s.call(t, "POST", "/org/orgTest01/user", strings.Repeat(" ", 1<<20)+body)
	assert.Equal(t, http.StatusRequestEntityTooLarge, answer.status)
}

func TestEscapedIDsStayOneSegment(t *testing.T) {
	s := serve(t, nil)
	s.PutUser(sandbox.User{ID: "a/b c", Email: "odd@example.com", Role: "VIEWER"})
	answer := s.call(t, "GET", "/org/orgTest01/user/a%2Fb%20c", "")
	require.Equal(t, 200, answer.status)
	assert.Contains(t, answer.body, `"id":"a/b c"`)
	assert.Equal(t, "/org/orgTest01/user/a%2Fb%20c", s.Calls()[0].Path)
}

func TestCustomRoleLives(t *testing.T) {
	s := serve(t, nil)
	legal := `{"name":"Legal","permissions":["read"]}`
	require.Equal(t, 200, s.call(t, "POST", "/org/orgTest01/role", legal).status)
	id := s.role(t, "Legal")
	require.Equal(t, 200, s.call(t, "PATCH", "/org/orgTest01/user/"+s.id(t, "viewer@example.com"), `{"role":"`+id+`"}`).status)
	assert.Equal(t, 400, s.call(t, "DELETE", "/org/orgTest01/role/"+id, "").status, "in use")
	require.Equal(t, 200, s.call(t, "PATCH", "/org/orgTest01/user/"+s.id(t, "viewer@example.com"), `{"role":"VIEWER"}`).status)
	answer := s.call(t, "DELETE", "/org/orgTest01/role/"+id, "")
	assert.Equal(t, got{200, answer.header, `""`}, answer)
	assert.Equal(t, 404, s.call(t, "DELETE", "/org/orgTest01/role/"+id, "").status)
}
