package sandbox_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const removalUsers = "/v1/workspaces/orgTest01/users"

func TestRemoval(t *testing.T) {
	s := serveContract(t, "removal")
	first := s.call(t, "GET", removalUsers+"?limit=1", "")
	assert.JSONEq(t, s.fill(t, `{"users":[{"id":"{admin}","workspace":"orgTest01","email":"admin@example.com","fullName":"Amber Anchor","roleName":"ADMIN","addedAt":"2024-03-04T09:01:00.000Z"}],
		"next":"after_1"}`), first.body)

	add := s.call(t, "POST", removalUsers, `{"email":"new@example.com","fullName":"Mary Ann New","roleName":"Finance"}`)
	assert.Equal(t, got{204, add.header, ""}, add)
	id := s.id(t, "new@example.com")
	assert.Equal(t, 404, s.call(t, "GET", removalUsers+"/"+id, "").status, "one user cannot be read")

	assert.Equal(t, 204, s.call(t, "PUT", removalUsers+"/"+id+"/role", `{"roleName":"Deal desk"}`).status)
	assert.Equal(t, 204, s.call(t, "PATCH", removalUsers+"/"+id, `{"fullName":"Mary Ann Old"}`).status)
	user, _ := s.User(id)
	assert.Equal(t, []string{"Mary Ann", "Old", s.role(t, "Deal desk"), "ACTIVE"}, []string{user.FirstName, user.LastName, user.Role, user.Status})
	assert.Contains(t, s.call(t, "GET", removalUsers, "").body, `"fullName":"Mary Ann Old","roleName":"Deal desk"`)
	assert.Equal(t, 204, s.call(t, "PATCH", removalUsers+"/"+id, `{"fullName":""}`).status)
	assert.Contains(t, s.call(t, "GET", removalUsers, "").body, `"email":"new@example.com","fullName":"","roleName":"Deal desk"`)

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
		{"a role cannot be taken away", "PUT", viewer + "/role", `{"roleName":""}`, `"role is required"`, 400},
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
