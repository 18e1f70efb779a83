package sandbox_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

const multiroleUsers = "/v3/orgs/orgTest01/users"

func TestMultiroleList(t *testing.T) {
	s := serveContract(t, "multirole")
	first := s.call(t, "GET", multiroleUsers+"?limit=7", "")
	assert.Equal(t, "after_7", first.header.Get("X-Next-Cursor"))
	second := s.call(t, "GET", multiroleUsers+"?limit=7&cursor=after_7", "")
	assert.Empty(t, second.header.Get("X-Next-Cursor"))
	assert.JSONEq(t, s.fill(t, `{"items":[{"id":"{former}","organization":"orgTest01","email":"former@example.com","givenName":"Heather","familyName":"Harbor",
		"roles":["EDITOR"],"removedAt":"2024-03-04T09:08:00.000Z","createdAt":"2024-03-04T09:08:00.000Z","updatedAt":"2024-03-04T09:08:00.000Z"}]}`), second.body)
}

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

func TestMultiroleRoles(t *testing.T) {
	const roles = "/v3/orgs/orgTest01/roles"
	s := serveContract(t, "multirole")
	assert.Contains(t, s.call(t, "GET", roles, "").body, `{"items":[{"id":"ADMIN"`)
	assert.Equal(t, 200, s.call(t, "POST", roles, `{"name":"Legal"}`).status)
	assert.Equal(t, 200, s.call(t, "PATCH", s.fill(t, roles+"/{Legal}"), `{"description":"d"}`).status)
	s.call(t, "POST", multiroleUsers+"/"+s.id(t, "viewer@example.com")+"/roles", s.fill(t, `{"roleId":"{Legal}"}`))
	inUse := s.call(t, "DELETE", s.fill(t, roles+"/{Legal}"), "")
	assert.Equal(t, 400, inUse.status, "in use as a second role")
	assert.JSONEq(t, `{"message":"role \"Legal\" is in use"}`, inUse.body)
	s.call(t, "DELETE", s.fill(t, multiroleUsers+"/{viewer}/roles/{Legal}"), "")
	assert.Equal(t, 204, s.call(t, "DELETE", s.fill(t, roles+"/{Legal}"), "").status)
	assert.Equal(t, 400, s.call(t, "POST", multiroleUsers, `{"email":"e@example.com","roles":[""]}`).status, "an empty role id")
}
