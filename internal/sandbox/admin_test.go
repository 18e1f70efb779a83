package sandbox_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

func TestAdminRoutesAreOffByDefault(t *testing.T) {
	s := serve(t, nil)
	for _, path := range []string{"/_sandbox/faults", "/_sandbox/calls", "/_sandbox/state"} {
		assert.Equal(t, 404, s.call(t, "GET", path, "").status, path)
	}
	assert.Equal(t, 404, s.call(t, "PUT", "/_sandbox/faults", "kind=500").status)
	assert.Empty(t, s.Faults())
}

func withAdmin(o *sandbox.Options) { o.Admin = true }

func TestAdminSwitchesFaults(t *testing.T) {
	s := serve(t, withAdmin)
	put := s.call(t, "PUT", "/_sandbox/faults", "kind=429 retry=seconds:2 op=list users times=1\n\nkind=empty op=get user\n", "Authorization", "")
	require.Equal(t, got{204, put.header, ""}, put)
	assert.Equal(t, "kind=429 op=list users retry=seconds:2 times=1\nkind=empty op=get user\n", s.call(t, "GET", "/_sandbox/faults", "").body)
	assert.Equal(t, 429, s.call(t, "GET", aUserList, "").status)

	bad := s.call(t, "PUT", "/_sandbox/faults", "kind=500\nkind=empty op=get users")
	assert.Equal(t, 400, bad.status)
	assert.Contains(t, bad.body, `no operation "get users"; there are list users, get user,`)
	assert.Len(t, s.Faults(), 2, "a refused list changes nothing")
	assert.Equal(t, 400, s.call(t, "PUT", "/_sandbox/faults", "nonsense").status)

	assert.Equal(t, 204, s.call(t, "DELETE", "/_sandbox/faults", "").status)
	assert.Equal(t, "", s.call(t, "GET", "/_sandbox/faults", "").body)
	assert.Equal(t, 1, s.Count(""), "admin calls are not counted")
}

func TestAdminShowsMembers(t *testing.T) {
	s := serve(t, func(o *sandbox.Options) { o.Admin, o.Contract = true, "membership" })
	assert.JSONEq(t, `{"organization":"orgTest01","contract":"membership",
		"operations":["list users","get user","add user","update user","remove user","list roles","add role","update role","remove role","get token"],
		"domains":["example.com"],"seats":0,"seatsTaken":7,"users":7,
		"byStatus":{"ACTIVE":7},"byRole":{"ADMIN":1,"EDITOR":1,"VIEWER":3,"Finance":1,"Deal desk":1}}`,
		s.call(t, "GET", "/_sandbox/state", "").body)
}

func TestAdminShowsCallsAndState(t *testing.T) {
	s := serve(t, func(o *sandbox.Options) { o.Admin, o.Seats = true, 20 })
	s.call(t, "GET", aUserList+"?limit=1", "")
	assert.JSONEq(t, `[{"operation":"list users","method":"GET","path":"/org/orgTest01/user","query":"limit=1","status":200}]`,
		s.call(t, "GET", "/_sandbox/calls", "").body)
	assert.JSONEq(t, `{"organization":"orgTest01","contract":"status",
		"operations":["list users","get user","add user","update user","remove user","list roles","add role","update role","remove role","get token"],
		"domains":["example.com"],"seats":20,"seatsTaken":7,"users":8,
		"byStatus":{"ACTIVE":6,"INVITED":1,"INACTIVE":1},"byRole":{"ADMIN":1,"EDITOR":2,"VIEWER":3,"Finance":1,"Deal desk":1}}`,
		s.call(t, "GET", "/_sandbox/state", "").body)
}
