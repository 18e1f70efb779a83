package sandbox_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/internal/sandbox"
)

func TestSpoiledAnswers(t *testing.T) {
	tests := []struct {
		name   string
		fault  sandbox.Fault
		method string
		path   string
		body   string
		status int
		want   string
	}{
		{"truncated list", sandbox.Fault{Kind: sandbox.Truncated}, "GET", aUserList + "?offset=8", "", 200, `[`},
		{"truncated empty string", sandbox.Fault{Kind: sandbox.Truncated}, "DELETE", aUserList + "/{viewer}", "", 200, `"`},
		{"truncated error", sandbox.Fault{Kind: sandbox.Truncated}, "GET", aUserList + "/nobody", "", 404, `"user no`},
		{"web page", sandbox.Fault{Kind: sandbox.HTML}, "GET", aUserList, "", 200, "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>\n"},
		{"empty body", sandbox.Fault{Kind: sandbox.Empty}, "GET", aUserList, "", 200, ``},
		{"an object for a list", sandbox.Fault{Kind: sandbox.WrongShape}, "GET", aUserList, "", 200, `{"result":"ok"}`},
		{"a list for an object", sandbox.Fault{Kind: sandbox.WrongShape}, "GET", aUserList + "/{viewer}", "", 200, `["ok"]`},
		{"a literal", sandbox.Fault{Kind: sandbox.Literal, Body: "null"}, "GET", aUserList, "", 200, `null`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, nil)
			s.fault(t, test.fault)
			path := s.fill(t, test.path)
			answer := s.call(t, test.method, path, test.body)
			assert.Equal(t, test.status, answer.status)
			assert.Equal(t, test.want, answer.body)
		})
	}
}

func TestSpoiledAnswersWithoutBody(t *testing.T) {
	for kind, want := range map[sandbox.FaultKind]got{
		sandbox.Truncated:  {status: 200, body: "{"},
		sandbox.WrongShape: {status: 200, body: `{"result":"ok"}`},
		sandbox.Empty:      {status: 204},
		sandbox.HTML:       {status: 200, body: "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>\n"},
	} {
		s := serveContract(t, "removal")
		s.fault(t, sandbox.Fault{Kind: kind})
		answer := s.call(t, "DELETE", removalUsers+"/"+s.id(t, "viewer@example.com"), "")
		assert.Equal(t, want, got{status: answer.status, body: answer.body}, kind)
		_, ok := s.UserByEmail("viewer@example.com")
		assert.False(t, ok, "%s comes after the effect", kind)
	}
	s := serveContract(t, "removal")
	s.fault(t, sandbox.Fault{Kind: sandbox.Cut})
	answer, err := s.try(t, "DELETE", removalUsers+"/"+s.id(t, "viewer@example.com"), "")
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, "{", answer.body)
}

func TestUnappliedWrites(t *testing.T) {
	tests := []struct {
		name, contract, method, path, body string
		want                               got
		says                               string // in the answer
	}{
		{"add", "working", "POST", aUserList, newUser, got{status: 200}, `"email":"new@example.com"`},
		{"update", "working", "PATCH", aUserList + "/{viewer}", `{"status":"INACTIVE"}`, got{status: 200}, `"status":"INACTIVE"`},
		{"remove", "working", "DELETE", aUserList + "/{viewer}", "", got{status: 200}, `""`},
		{"add role", "working", "POST", "/org/orgTest01/role", `{"name":"Legal"}`, got{status: 200}, `"name":"Legal"`},
		{"update role", "working", "PATCH", "/org/orgTest01/role/{Finance}", `{"name":"Legal"}`, got{status: 200}, `"name":"Legal"`},
		{"set role", "removal", "PUT", removalUsers + "/{viewer}/role", `{"roleName":"ADMIN"}`, got{status: 204}, ""},
		{"replace", "envelope", "PUT", "/v2/organizations/orgTest01/members/{viewer}",
			`{"contact":{"emails":["viewer@example.com"]},"role":{"id":"ADMIN"},"enabled":false}`, got{status: 200}, `"enabled":false`},
		{"deactivate", "multirole", "POST", multiroleUsers + "/{viewer}/deactivate", "", got{status: 200}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serveContract(t, test.contract)
			s.fault(t, sandbox.Fault{Kind: sandbox.NotApplied})
			users, roles := s.Users(), s.Roles()
			answer := s.call(t, test.method, s.fill(t, test.path), s.fill(t, test.body))
			assert.Equal(t, test.want.status, answer.status)
			assert.Contains(t, answer.body, test.says)
			assert.Equal(t, users, s.Users())
			assert.Equal(t, roles, s.Roles())
			s.ClearFaults()
			assert.Less(t, s.call(t, test.method, s.fill(t, test.path), s.fill(t, test.body)).status, 300)
			assert.False(t, assert.ObjectsAreEqual(users, s.Users()) && assert.ObjectsAreEqual(roles, s.Roles()), "applied without the fault")
		})
	}
}

func TestUnappliedRoleRemoval(t *testing.T) {
	s := serve(t, nil)
	s.PutRole(sandbox.Role{ID: "idle", Name: "Idle"})
	s.fault(t, sandbox.Fault{Kind: sandbox.NotApplied, Times: 1})
	s.call(t, "GET", aUserList, "") // a read does not use it up
	assert.Equal(t, `""`, s.call(t, "DELETE", "/org/orgTest01/role/idle", "").body)
	assert.Len(t, s.Roles(), 6)
}

func TestShiftingList(t *testing.T) {
	all := []string{
		"admin@example.com", "editor@example.com", "viewer@example.com", "finance@example.com", "deals@example.com",
		"Mixed.Case@example.com", "invited@example.com", "former@example.com",
	}
	s := serve(t, nil)
	list := func(query string) []string { return emails(t, s.call(t, "GET", aUserList+query, "").body) }

	s.fault(t, sandbox.Fault{Kind: sandbox.ShiftingList, Times: 1})
	assert.Equal(t, all[0:3], list("?limit=3"), "the first page stands, and does not use the fault up")
	assert.Equal(t, all[4:7], list("?limit=3&offset=3"), "one row is lost")
	assert.Equal(t, all[3:6], list("?limit=3&offset=3"))

	s.fault(t, sandbox.Fault{Kind: sandbox.ShiftingList, Shift: -2})
	assert.Equal(t, all[1:4], list("?limit=3&offset=3"), "two rows are repeated")
	assert.Equal(t, all[0:3], list("?limit=3&offset=1"), "no further than to the beginning")

	envelope := serveContract(t, "envelope")
	envelope.fault(t, sandbox.Fault{Kind: sandbox.ShiftingList, Shift: 1})
	second := envelope.call(t, "GET", "/v2/organizations/orgTest01/members?pageSize=3&page=2", "").body
	assert.Contains(t, second, `"nextOffset":6,"totalCount":7`, "the total moves too")
	assert.NotContains(t, second, "finance@example.com")

	removal := serveContract(t, "removal")
	removal.fault(t, sandbox.Fault{Kind: sandbox.ShiftingList, Shift: -1})
	assert.Equal(t, []string{all[0], all[1], all[2], all[2], all[3], all[4], all[4], all[5], all[6], all[6], all[7]}, walkRemoval(t, removal, func() {}))
}

func TestClockSkew(t *testing.T) {
	s := serve(t, nil)
	path := aUserList + "/" + s.id(t, "viewer@example.com")
	assert.Equal(t, "Mon, 04 May 2026 12:00:00 GMT", s.call(t, "GET", path, "").header.Get("Date"))
	s.fault(t, sandbox.Fault{Kind: sandbox.ClockSkew, Delay: -48 * time.Hour})
	answer := s.call(t, "GET", path, "")
	assert.Equal(t, "Sat, 02 May 2026 12:00:00 GMT", answer.header.Get("Date"))
	assert.JSONEq(t, s.fill(t, `{"id":"{viewer}","organizationID":"orgTest01","email":"viewer@example.com","firstName":"Cedar","lastName":"Compass",
		"role":"VIEWER","status":"ACTIVE","creationTime":"2024-03-02T09:03:00.000Z","lastUpdateTime":"2024-03-02T09:03:00.000Z"}`), answer.body)
}

func TestWrongOrganization(t *testing.T) {
	for _, d := range dialects {
		s := serveContract(t, d.contract)
		s.fault(t, sandbox.Fault{Kind: sandbox.WrongOrganization})
		answer := s.call(t, "GET", d.users, "")
		assert.Contains(t, answer.body, `"orgTest01X"`, d.contract)
		assert.NotContains(t, answer.body, `"orgTest01"`, d.contract)
		assert.Contains(t, answer.body, s.id(t, "viewer@example.com"), d.contract)
	}
}
