package sandbox_test

import (
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

func TestPutUser(t *testing.T) {
	s := serve(t, nil)
	first := s.PutUser(sandbox.User{Email: "new@elsewhere.example", Role: "VIEWER"})
	assert.Equal(t, sandbox.User{
		ID: first.ID, Email: "new@elsewhere.example", Role: "VIEWER", Status: sandbox.StatusActive, CreationTime: noon, LastUpdateTime: noon, JoinTime: noon,
	}, first, "past the domain rule")
	assert.Len(t, s.Users(), 9)

	second := s.PutUser(sandbox.User{Email: "NEW@elsewhere.example", FirstName: "N", Role: "gone", Status: sandbox.StatusInactive})
	assert.Equal(t, sandbox.User{
		ID: first.ID, Email: "NEW@elsewhere.example", FirstName: "N", Role: "gone", Status: sandbox.StatusInactive,
		CreationTime: noon, LastUpdateTime: noon.Add(time.Millisecond), JoinTime: noon, DeactivationTime: noon.Add(time.Millisecond),
	}, second, "the same e-mail is replaced")
	assert.Len(t, s.Users(), 9)

	third := s.PutUser(sandbox.User{ID: first.ID, Email: "viewer@example.com", Role: "EDITOR"})
	assert.Equal(t, first.ID, third.ID)
	assert.True(t, third.DeactivationTime.IsZero())
	assert.Len(t, s.Users(), 8, "the other holder of the e-mail is gone")
	held, ok := s.UserByEmail("VIEWER@example.com")
	require.True(t, ok)
	assert.Equal(t, third, held)
	_, ok = s.UserByEmail("new@elsewhere.example")
	assert.False(t, ok)

	named := s.PutUser(sandbox.User{ID: "chosen", Email: "chosen@example.com"})
	assert.Equal(t, "chosen", named.ID)
	assert.True(t, s.RemoveUser("chosen"))
	assert.False(t, s.RemoveUser("chosen"))
	_, ok = s.User("chosen")
	assert.False(t, ok)
}

func TestPutRole(t *testing.T) {
	s := serve(t, nil)
	twin := s.PutRole(sandbox.Role{Name: "Finance"})
	assert.NotEqual(t, s.role(t, "Finance"), twin.ID, "two roles of one name")
	assert.Equal(t, sandbox.TypeCustom, twin.Type)
	s.PutRole(sandbox.Role{ID: "VIEWER", Name: "READER", Type: sandbox.TypeStandard})
	assert.Equal(t, "READER", s.Roles()[2].Name)
	assert.Len(t, s.Roles(), 6)
}

func TestSnapshotsAreCopies(t *testing.T) {
	s := serve(t, nil)
	put := s.PutUser(sandbox.User{ID: "many", Email: "many@example.com", Role: "ADMIN", OtherRoles: []string{"EDITOR"}})
	put.OtherRoles[0] = "changed"
	s.Users()[8].OtherRoles[0] = "changed"
	s.Roles()[0].Permissions[0] = "changed"
	held, _ := s.User("many")
	assert.Equal(t, []string{"EDITOR"}, held.OtherRoles)
	assert.Equal(t, []string{"*"}, s.Roles()[0].Permissions)
}

func TestMutatorsWhileServing(t *testing.T) {
	for _, contract := range []string{"membership", "status"} {
		t.Run(contract, func(t *testing.T) { testMutatorsWhileServing(t, serveContract(t, contract)) })
	}
}

func testMutatorsWhileServing(t *testing.T, s *served) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 25 {
				s.PutUser(sandbox.User{Email: rand.Text() + "@example.com", Role: "VIEWER"})
				users := s.Users()
				s.RemoveUser(users[len(users)-1].ID)
				s.PutUser(sandbox.User{Email: "busy@example.com", Role: "VIEWER"})
				_, err := s.try(t, "GET", aUserList, "")
				assert.NoError(t, err)
				_, err = s.try(t, "PATCH", aUserList+"/"+users[0].ID, `{"firstName":"A"}`)
				assert.NoError(t, err)
				assert.NoError(t, s.SetFaults())
				s.Calls()
			}
		})
	}
	all.Wait()
	assert.Equal(t, 200, s.Count(""))
}
