package sandbox_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

func TestAdminRoutesAreOffByDefault(t *testing.T) {
	s := serve(t, nil)
	for _, path := range []string{"/_sandbox/faults", "/_sandbox/calls"} {
		assert.Equal(t, 404, s.call(t, "GET", path, "").status, path)
	}
	assert.Equal(t, 404, s.call(t, "PUT", "/_sandbox/faults", "kind=500").status)
	assert.Empty(t, s.Faults())
}

func withAdmin(o *sandbox.Options) { o.Admin = true }

func TestAdminSwitchesFaults(t *testing.T) {
	s := serve(t, withAdmin)
	put := s.call(t, "PUT", "/_sandbox/faults", "kind=429 retry=seconds:2 op=list users times=1\n\nkind=hang op=get user\n", "Authorization", "")
	require.Equal(t, got{204, put.header, ""}, put)
	assert.Equal(t, "kind=429 op=list users retry=seconds:2 times=1\nkind=hang op=get user\n", s.call(t, "GET", "/_sandbox/faults", "").body)
	assert.Equal(t, 429, s.call(t, "GET", aUserList, "").status)

	bad := s.call(t, "PUT", "/_sandbox/faults", "kind=500\nkind=hang op=get users")
	assert.Equal(t, 400, bad.status)
	assert.Contains(t, bad.body, `no operation "get users"; there are list users, get user,`)
	assert.Len(t, s.Faults(), 2, "a refused list changes nothing")
	assert.Equal(t, 400, s.call(t, "PUT", "/_sandbox/faults", "nonsense").status)

	assert.Equal(t, 204, s.call(t, "DELETE", "/_sandbox/faults", "").status)
	assert.Equal(t, "", s.call(t, "GET", "/_sandbox/faults", "").body)
	assert.Equal(t, 1, s.Count(""), "admin calls are not counted")
}

func TestAdminShowsCalls(t *testing.T) {
	s := serve(t, withAdmin)
	s.call(t, "GET", aUserList+"?limit=1", "")
	assert.JSONEq(t, `[{"operation":"list users","method":"GET","path":"/org/orgTest01/user","query":"limit=1","status":200}]`,
		s.call(t, "GET", "/_sandbox/calls", "").body)
}
