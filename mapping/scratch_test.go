package mapping_test

import (
	"context"
	"fmt"
	"testing"
	"time"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient/sandbox"
)

func TestScratchReviveStale(t *testing.T) {
	s := newStand(t)
	_, err := s.find("former")
	require.NoError(t, err)
	s.suger.RemoveUser(s.id("former"))
	_, err = s.postUser(person("former", ""))
	assert.NoError(t, err)
}

func TestScratchClockSkew(t *testing.T) {
	s := newStand(t)
	_, err := s.find("nova")
	require.NoError(t, err)
	s.fault(sandbox.Fault{Kind: sandbox.ClockSkew, Delay: -5 * time.Minute})
	_, err = s.postUser(person("nova", ""))
	assert.NoError(t, err)
}

func TestScratchIDIsEmail(t *testing.T) {
	s := newStand(t)
	s.suger.PutUser(sandbox.User{ID: "gone@example.com", Email: "gone@example.com", Role: "VIEWER", Status: "INACTIVE"})
	ctx, c := context.WithTimeout(t.Context(), 2*time.Second)
	defer c()
	_, err := s.users().Create(ctx, s.resource(s.service.UserType(), person("gone", "")), nil)
	assert.NoError(t, err)
}

func TestScratchOnlyCustomListed(t *testing.T) {
	s := newStand(t)
	fin := s.roleID("Finance")
	s.fault(sandbox.Fault{Operation: "list roles", Kind: sandbox.Literal, Body: fmt.Sprintf(`[{"id":%q,"name":"Finance","type":"CUSTOM"}]`, fin)})
	_, err := s.patchGroup(fin, membersOp("add", s.id("admin"), s.id("finance")))
	assert.NoError(t, err)
	assert.Equal(t, "ADMIN ACTIVE", s.state("admin"))
}

func TestScratchOpaqueAdmin(t *testing.T) {
	s := newStand(t, func(su *setup) { su.config.AllowAdminGrant = false })
	s.fault(sandbox.Fault{Operation: "list roles", Kind: sandbox.Literal, Body: `[{"id":"r1","name":"ADMIN"},{"id":"r2","name":"VIEWER"}]`})
	_, err := s.patchUser(s.id("viewer"), roleTo("r1"))
	assertCode(t, scim.CodeAdminGrant, err)
}

func TestScratchUnknownStatusAdmin(t *testing.T) {
	s := newStand(t)
	s.put("other", "ADMIN", "SUSPENDED")
	_, err := s.patchUser(s.id("admin"), deactivation)
	assertCode(t, scim.CodeLastAdmin, err)
}

func TestScratchRenameToProtected(t *testing.T) {
	s := newStand(t, func(su *setup) { su.config.ProtectedUsers = []string{"glass@example.com"} })
	_, err := s.patchUser(s.id("viewer"), `{"op":"replace","path":"userName","value":"Glass@example.com"}`)
	assertCode(t, scim.CodeProtectedUser, err)
}

func TestScratchReactivateAdmin(t *testing.T) {
	s := newStand(t, func(su *setup) { su.config.AllowAdminGrant = false })
	s.put("old", "ADMIN", "INACTIVE")
	_, err := s.patchUser(s.id("old"), reactivation)
	assertCode(t, scim.CodeAdminGrant, err)
	_, err = s.patchUser(s.id("admin"), `{"op":"replace","path":"userName","value":"evil@example.com"}`)
	assertCode(t, scim.CodeAdminGrant, err)
}

func TestScratchStaleCustomRole(t *testing.T) {
	s := newStand(t)
	_, err := s.listGroups("")
	require.NoError(t, err)
	s.suger.PutRole(sandbox.Role{ID: "new1", Name: "Partner"})
	s.put("viewer", "EDITOR", "ACTIVE")
	s.put("viewer", "new1", "ACTIVE")
	s.clock.advance(2 * time.Second)
	_, err = s.patchGroup("VIEWER", membersOp("add", s.id("viewer")))
	assert.NoError(t, err)
	assert.Equal(t, "Partner ACTIVE", s.state("viewer"))
}

func TestScratchLeaverWithBadRole(t *testing.T) {
	s := newStand(t)
	_, err := s.putUser(s.id("viewer"), person("viewer", `,"active":false,"roles":["Gone role"]`))
	assert.Error(t, err)
	assert.Equal(t, "VIEWER INACTIVE", s.state("viewer"))
	_, err = s.putUser(s.id("editor"), `{"userName":"editor@elsewhere.example","active":false}`)
	assert.Error(t, err)
	assert.Equal(t, "EDITOR INACTIVE", s.state("editor"))
}

func TestScratchGuardsOnExisting(t *testing.T) {
	s := newStand(t)
	_, err := s.find("fresh")
	require.NoError(t, err)
	s.put("fresh", "ADMIN", "ACTIVE")
	s.suger.RemoveUser(s.id("admin"))
	_, err = s.postUser(person("fresh", ""))
	t.Log(err)
	assert.Equal(t, "ADMIN ACTIVE", s.state("fresh"))
}

func TestScratchRace(t *testing.T) {
	s := newStand(t, func(su *setup) { su.config.Parallel = 1 })
	// group A = Finance add [many..., x]; meanwhile x becomes EDITOR through another request
	var ids []string
	for i := range 30 {
		ids = append(ids, s.put(numbered("m", i), "VIEWER", "ACTIVE").ID)
	}
	x := s.put("x", "VIEWER", "ACTIVE").ID
	s.fault(sandbox.Fault{Operation: "update user", Kind: sandbox.Latency, Delay: 10 * time.Millisecond})
	done := make(chan error)
	go func() {
		_, err := s.patchGroup(s.roleID("Finance"), membersOp("add", append(ids, x)...))
		done <- err
	}()
	for s.suger.Count("update user") == 0 {
		time.Sleep(time.Millisecond)
	}
	s.clock.advance(2 * time.Second)
	_, err := s.patchGroup("EDITOR", membersOp("add", x))
	require.NoError(t, err)
	require.NoError(t, <-done)
	assert.Equal(t, "EDITOR ACTIVE", s.state("x"))
}

func TestScratchDuplicateGroupNames(t *testing.T) {
	s := newStand(t)
	fin := s.roleID("Finance")
	_, err := mapping.New(s.setup.document, nil, mapping.Config{GroupRoles: map[string]string{"A": "Finance", "B": fin}})
	t.Log(err)
}

func TestScratchShifting(t *testing.T) {
	s := newStand(t, func(su *setup) { su.sandbox.People = 1500 })
	s.fault(sandbox.Fault{Kind: sandbox.ShiftingList, Shift: -3})
	l, err := s.listUsers("")
	require.NoError(t, err)
	assert.Equal(t, 1508, l.TotalResults)
	_ = strings.ToLower
}
