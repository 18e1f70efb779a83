package sandbox_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEnvelope(t *testing.T) {
	const users = "/v2/organizations/orgTest01/members"
	s := serveContract(t, "envelope")

	list := s.call(t, "GET", users+"?page=2&pageSize=3", "")
	require.Equal(t, 200, list.status)
	assert.JSONEq(t, s.fill(t, `{"data":{"users":[
		{"userId":480004,"orgId":"orgTest01","info":{"firstName":"Dune","lastName":"Drum"},"contact":{"emails":["finance@example.com"]},
		 "role":{"id":"{Finance}","name":"Finance"},"enabled":true,"audit":{"createdAt":"2024-03-04T09:04:00.000Z","updatedAt":"2024-03-04T09:04:00.000Z"}},
		{"userId":480005,"orgId":"orgTest01","info":{"firstName":"Ember","lastName":"Easel"},"contact":{"emails":["deals@example.com"]},
		 "role":{"id":"{Deal desk}","name":"Deal desk"},"enabled":true,"audit":{"createdAt":"2024-03-04T09:05:00.000Z","updatedAt":"2024-03-04T09:05:00.000Z"}},
		{"userId":480006,"orgId":"orgTest01","info":{"firstName":"Fjord","lastName":"Ferry"},"contact":{"emails":["Mixed.Case@example.com"]},
		 "role":{"id":"VIEWER","name":"VIEWER"},"enabled":true,"audit":{"createdAt":"2024-03-04T09:06:00.000Z","updatedAt":"2024-03-04T09:06:00.000Z"}}
		]},"totalCount":8,"nextOffset":6}`), list.body)
	last := s.call(t, "GET", users+"?page=3&pageSize=3", "")
	assert.NotContains(t, last.body, "nextOffset")
	assert.JSONEq(t, `{"data":{"users":[]},"totalCount":8}`, s.call(t, "GET", users+"?page=4&pageSize=3", "").body)
	assert.Equal(t, 400, s.call(t, "GET", users+"?page=0", "").status)

	added := s.call(t, "POST", users, `{"info":{"firstName":"N","lastName":"W"},"contact":{"emails":["new@example.com"]},"role":{"id":"EDITOR"}}`)
	assert.Equal(t, 201, added.status)
	want := `{"data":{"userId":480009,"orgId":"orgTest01","info":{"firstName":"N","lastName":"W"},"contact":{"emails":["new@example.com"]},
		"role":{"id":"EDITOR","name":"EDITOR"},"enabled":true,"audit":{"createdAt":"2026-05-04T12:00:00.000Z","updatedAt":"2026-05-04T12:00:00.000Z"}}}`
	assert.JSONEq(t, want, added.body)
	assert.JSONEq(t, want, s.call(t, "GET", users+"/480009", "").body)

	own := `{"userId":480009,"orgId":"orgTest01","info":{"firstName":"M"},"contact":{"emails":["new@example.com"]},
		"role":{"id":"VIEWER","name":"EDITOR"},"enabled":false,"audit":{"createdAt":"2026-05-04T12:00:00.000Z"}}`
	put := s.call(t, "PUT", users+"/480009", own)
	assert.Equal(t, 200, put.status, "read-only fields may be sent back")
	assert.JSONEq(t, `{"data":{"userId":480009,"orgId":"orgTest01","info":{"firstName":"M","lastName":""},"contact":{"emails":["new@example.com"]},
		"role":{"id":"VIEWER","name":"VIEWER"},"enabled":false,"audit":{"createdAt":"2026-05-04T12:00:00.000Z","updatedAt":"2026-05-04T12:00:00.001Z"}}}`, put.body)

	removed := s.call(t, "DELETE", users+"/480009", "")
	assert.Equal(t, 200, removed.status)
	assert.JSONEq(t, `{"data":null}`, removed.body)
}

func TestEnvelopePutIsTheWholeUser(t *testing.T) {
	s := serveContract(t, "envelope")
	path := "/v2/organizations/orgTest01/members/480003"
	for body, want := range map[string]string{
		`{"role":{"id":"EDITOR"},"enabled":true}`:                              "contact.emails must hold one e-mail address",
		`{"contact":{"emails":["viewer@example.com"]},"enabled":true}`:         "role is required",
		`{"contact":{"emails":["viewer@example.com"]},"role":{"id":"EDITOR"}}`: "enabled is required",
		`{"enabled":"true"}`:  `field "enabled" has the wrong type`,
		`{"role.id":"ADMIN"}`: `unknown field "role.id"`,
		`{"info":{"x":1}}`:    `unknown field "info.x"`,
		`{"contact":"x"}`:     `contact is not a JSON object`,
	} {
		answer := s.call(t, "PUT", path, body)
		assert.Equal(t, 400, answer.status, body)
		assert.JSONEq(t, errorMessage(want), answer.body, body)
	}
	s.call(t, "PUT", "/v2/organizations/orgTest01/members/480007", `{"contact":{"emails":["invited@example.com"]},"role":{"id":"VIEWER"},"enabled":true}`)
	invited, _ := s.UserByEmail("invited@example.com")
	assert.Equal(t, "INVITED", invited.Status, "enabling somebody invited changes nothing")
}

const multiroleUsers = "/v3/orgs/orgTest01/users"

func TestMultiroleLife(t *testing.T) {
	s := serveContract(t, "multirole")
	user := func(roles, removedAt, updatedAt string) string {
		return s.fill(t, `{"id":"{new}","organization":"orgTest01","email":"new@example.com","givenName":"G","familyName":"",
			"roles":`+roles+`,"removedAt":`+removedAt+`,"createdAt":"2026-05-04T12:00:00.000Z","updatedAt":"`+updatedAt+`"}`)
	}
	added := s.call(t, "POST", multiroleUsers, s.fill(t, `{"email":"new@example.com","givenName":"G","roles":["EDITOR","{Finance}","EDITOR"]}`))
	assert.Equal(t, 201, added.status)
	assert.JSONEq(t, user(`["EDITOR","{Finance}"]`, "null", "2026-05-04T12:00:00.000Z"), added.body)

	path := multiroleUsers + "/" + s.id(t, "new@example.com")
	steps := []struct {
		name, method, path, body string
		status                   int
		roles, removedAt         string // afterwards
		updatedAt                string
	}{
		{"grant", "POST", path + "/roles", `{"roleId":"VIEWER"}`, 204, `["EDITOR","{Finance}","VIEWER"]`, "null", "2026-05-04T12:00:00.001Z"},
		{"grant of a role held", "POST", path + "/roles", `{"roleId":"VIEWER"}`, 204, `["EDITOR","{Finance}","VIEWER"]`, "null", "2026-05-04T12:00:00.001Z"},
		{"grant of an unknown role", "POST", path + "/roles", `{"roleId":"JESTER"}`, 400, `["EDITOR","{Finance}","VIEWER"]`, "null", "2026-05-04T12:00:00.001Z"},
		{"grant of nothing", "POST", path + "/roles", `{}`, 400, `["EDITOR","{Finance}","VIEWER"]`, "null", "2026-05-04T12:00:00.001Z"},
		{"revoke the first", "DELETE", path + "/roles/EDITOR", "", 204, `["{Finance}","VIEWER"]`, "null", "2026-05-04T12:00:00.002Z"},
		{"revoke a role not held", "DELETE", path + "/roles/EDITOR", "", 404, `["{Finance}","VIEWER"]`, "null", "2026-05-04T12:00:00.002Z"},
		{"deactivate", "POST", path + "/deactivate", "", 200, `["{Finance}","VIEWER"]`, `"2026-05-04T12:00:00.003Z"`, "2026-05-04T12:00:00.003Z"},
		{"deactivate again", "POST", path + "/deactivate", "", 200, `["{Finance}","VIEWER"]`, `"2026-05-04T12:00:00.003Z"`, "2026-05-04T12:00:00.003Z"},
		{"the removal keeps its time", "DELETE", path + "/roles/VIEWER", "", 204, `["{Finance}"]`, `"2026-05-04T12:00:00.003Z"`, "2026-05-04T12:00:00.004Z"},
		{"activate", "POST", path + "/activate", "", 200, `["{Finance}"]`, "null", "2026-05-04T12:00:00.005Z"},
		{"revoke the last", "DELETE", s.fill(t, path+"/roles/{Finance}"), "", 204, `[]`, "null", "2026-05-04T12:00:00.006Z"},
		{"the e-mail cannot be changed", "PATCH", path, `{"email":"other@example.com"}`, 400, `[]`, "null", "2026-05-04T12:00:00.006Z"},
	}
	for _, step := range steps {
		answer := s.call(t, step.method, step.path, step.body)
		assert.Equal(t, step.status, answer.status, step.name)
		if step.status < 300 {
			assert.Empty(t, answer.body, step.name)
		}
		assert.JSONEq(t, user(step.roles, step.removedAt, step.updatedAt), s.call(t, "GET", path, "").body, step.name)
	}
	patched := s.call(t, "PATCH", path, `{"givenName":""}`)
	assert.Equal(t, 200, patched.status)
	assert.Contains(t, patched.body, `"givenName":""`)
	assert.Equal(t, 204, s.call(t, "DELETE", path, "").status)
}

const removalUsers = "/v1/workspaces/orgTest01/users"

func TestRemoval(t *testing.T) {
	s := serveContract(t, "removal")
	first := s.call(t, "GET", removalUsers+"?limit=1", "")
	assert.JSONEq(t, s.fill(t, `{"users":[{"id":"{admin}","workspace":"orgTest01","email":"admin@example.com","fullName":"Amber Anchor","roleName":"ADMIN","addedAt":"2024-03-04T09:01:00.000Z"}],
		"next":"after_ltcpogyo"}`), first.body)

	add := s.call(t, "POST", removalUsers, `{"email":"new@example.com","fullName":"Mary Ann New","roleName":"Finance"}`)
	assert.Equal(t, got{204, add.header, ""}, add)
	id := s.id(t, "new@example.com")
	assert.Equal(t, 404, s.call(t, "GET", removalUsers+"/"+id, "").status, "one user cannot be read")

	assert.Equal(t, 204, s.call(t, "PUT", removalUsers+"/"+id+"/role", `{"roleName":"Deal desk"}`).status)
	assert.Equal(t, 204, s.call(t, "PATCH", removalUsers+"/"+id, `{"fullName":"Mary Ann Old"}`).status)
	user, _ := s.User(id)
	assert.Equal(t, []string{"Mary Ann", "Old", s.role(t, "Deal desk"), "ACTIVE"}, []string{user.FirstName, user.LastName, user.Role, user.Status})
	assert.Contains(t, s.call(t, "GET", removalUsers, "").body, `"fullName":"Mary Ann Old","id":"`+id+`","roleName":"Deal desk"`)
	assert.Equal(t, 204, s.call(t, "PATCH", removalUsers+"/"+id, `{"fullName":""}`).status)
	assert.Contains(t, s.call(t, "GET", removalUsers, "").body, `"email":"new@example.com","fullName":"","id":"`+id+`","roleName":"Deal desk"`)

	removed := s.call(t, "DELETE", removalUsers+"/"+id, "")
	assert.Equal(t, got{204, removed.header, ""}, removed)
	assert.JSONEq(t, `["ADMIN","EDITOR","VIEWER","Finance","Deal desk"]`, s.call(t, "GET", "/v1/workspaces/orgTest01/roles", "").body)
}

func TestRemovalRefusals(t *testing.T) {
	s := serveContract(t, "removal")
	viewer := removalUsers + "/" + s.id(t, "viewer@example.com")
	tests := []struct {
		name, method, path, body, want string
		status                         int
	}{
		{"a role goes by name, not by id", "PUT", viewer + "/role", `{"roleName":"` + s.role(t, "Finance") + `"}`, `"unknown role \"` + s.role(t, "Finance") + `\""`, 400},
		{"a role cannot be taken away", "PUT", viewer + "/role", `{}`, `"role is required"`, 400},
		{"a role is changed by its own operation", "PATCH", viewer, `{"roleName":"ADMIN"}`, `"unknown field \"roleName\""`, 400},
		{"there is no status", "PATCH", viewer, `{"status":"INACTIVE"}`, `"unknown field \"status\""`, 400},
		{"roles are not written", "POST", "/v1/workspaces/orgTest01/roles", `{"name":"x"}`, `"no such operation"`, 404},
		{"a cursor is ours", "GET", removalUsers + "?cursor=7", "", `"cursor \"7\" is not one of ours"`, 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := s.call(t, test.method, test.path, test.body)
			assert.Equal(t, test.status, answer.status)
			assert.JSONEq(t, test.want, answer.body)
		})
	}
}

// walkRemoval reads all pages, and calls between before each page but the first.
func walkRemoval(t *testing.T, s *served, between func()) []string {
	t.Helper()
	var emails []string
	for cursor := ""; ; {
		var page struct {
			Users []struct{ Email string }
			Next  string
		}
		require.NoError(t, json.Unmarshal([]byte(s.call(t, "GET", removalUsers+"?limit=3&cursor="+url.QueryEscape(cursor), "").body), &page))
		for _, user := range page.Users {
			emails = append(emails, user.Email)
		}
		if page.Next == "" {
			return emails
		}
		cursor = page.Next
		between()
	}
}

func TestCursorSurvivesRemovals(t *testing.T) {
	s := serveContract(t, "removal")
	for _, user := range s.Users() {
		assert.Equal(t, "ACTIVE", user.Status, "there are no other states")
	}
	emails := walkRemoval(t, s, func() {
		s.RemoveUser(s.Users()[0].ID)
	})
	assert.Equal(t, []string{
		"admin@example.com", "editor@example.com", "viewer@example.com", "finance@example.com", "deals@example.com",
		"Mixed.Case@example.com", "invited@example.com", "former@example.com",
	}, emails)
}
