package sandbox_test

import (
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
		`{"contact":"x"}`:     `unknown field "contact"`,
	} {
		answer := s.call(t, "PUT", path, body)
		assert.Equal(t, 400, answer.status, body)
		assert.JSONEq(t, errorMessage(want), answer.body, body)
	}
	s.call(t, "PUT", "/v2/organizations/orgTest01/members/480007", `{"contact":{"emails":["invited@example.com"]},"role":{"id":"VIEWER"},"enabled":true}`)
	invited, _ := s.UserByEmail("invited@example.com")
	assert.Equal(t, "INVITED", invited.Status, "enabling somebody invited changes nothing")
}

func TestEnvelopeRoles(t *testing.T) {
	const roles = "/v2/organizations/orgTest01/roles"
	s := serveContract(t, "envelope")
	added := s.call(t, "POST", roles, `{"name":"Legal","description":"d"}`)
	assert.Equal(t, 201, added.status)
	assert.JSONEq(t, s.fill(t, `{"data":{"id":"{Legal}","name":"Legal","description":"d","builtIn":false,"permissions":[]}}`), added.body)
	put := s.call(t, "PUT", s.fill(t, roles+"/{Legal}"), `{"name":"Law"}`)
	assert.JSONEq(t, s.fill(t, `{"data":{"id":"{Law}","name":"Law","description":"","builtIn":false,"permissions":[]}}`), put.body)
	list := s.call(t, "GET", roles, "")
	assert.Contains(t, list.body, `"totalCount":6`)
	assert.Contains(t, list.body, `{"builtIn":true,"description":"May read.","id":"VIEWER","name":"VIEWER","permissions":["read"]}`)
	assert.JSONEq(t, `{"data":null}`, s.call(t, "DELETE", s.fill(t, roles+"/{Law}"), "").body)
	assert.Equal(t, 400, s.call(t, "DELETE", roles+"/ADMIN", "").status)
}
