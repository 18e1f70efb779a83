package sandbox_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

func TestPutUser(t *testing.T) {
	s := serve(t, nil)
	first := s.PutUser(sandbox.User{Email: "new@elsewhere.example", Role: "VIEWER"})
	assert.Equal(t, sandbox.User{
		ID: first.ID, Email: "new@elsewhere.example", Role: "VIEWER", Status: sandbox.StatusActive, CreationTime: noon, LastUpdateTime: noon, JoinTime: noon, MembershipID: first.MembershipID,
	}, first, "past the domain rule")
	assert.Len(t, s.Users(), 9)

	second := s.PutUser(sandbox.User{Email: "NEW@elsewhere.example", FirstName: "N", Role: "gone", Status: sandbox.StatusInactive})
	assert.Equal(t, sandbox.User{
		ID: first.ID, Email: "NEW@elsewhere.example", FirstName: "N", Role: "gone", Status: sandbox.StatusInactive,
		CreationTime: noon, LastUpdateTime: noon.Add(time.Millisecond), JoinTime: noon, MembershipID: first.MembershipID, DeactivationTime: noon.Add(time.Millisecond),
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
				s.AddPeople(3)
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

func TestPutMember(t *testing.T) {
	s := serveContract(t, "membership")
	elsewhere, ok := s.GlobalUser("ELSEWHERE@example.com")
	require.True(t, ok)
	_, member := s.UserByEmail("elsewhere@example.com")
	require.False(t, member)

	put := s.PutMember(testOrg, sandbox.User{Email: "elsewhere@example.com", FirstName: "E", LastName: "W", Role: "ADMIN", AuthMethods: []string{"GOOGLE"}, Status: sandbox.StatusInactive})
	assert.Equal(t, elsewhere.ID, put.ID, "the same person")
	assert.Equal(t, sandbox.StatusActive, put.Status, "there is no status")
	assert.Equal(t, elsewhere.CreationTime, put.CreationTime)
	assert.Equal(t, noon, put.JoinTime)
	there, _ := s.Member(sandbox.SecondOrganization, "elsewhere@example.com")
	assert.Equal(t, []string{"E", "W", "EDITOR"}, []string{there.FirstName, there.LastName, there.Role}, "names are shared, roles are not")
	assert.NotEqual(t, put.MembershipID, there.MembershipID)
	again := s.PutMember(testOrg, sandbox.User{ID: put.ID, Email: "elsewhere@example.com", Role: "VIEWER"})
	assert.Equal(t, []any{put.MembershipID, put.JoinTime}, []any{again.MembershipID, again.JoinTime}, "the same membership")

	assert.True(t, s.RemoveMember(testOrg, "Elsewhere@example.com"))
	assert.False(t, s.RemoveMember(testOrg, "elsewhere@example.com"))
	_, member = s.Member(sandbox.SecondOrganization, "elsewhere@example.com")
	assert.True(t, member)

	renamed := s.PutGlobalUser(sandbox.GlobalUser{ID: put.ID, Email: "moved@example.com", FirstName: "M"})
	assert.Equal(t, put.ID, renamed.ID)
	_, ok = s.GlobalUser("elsewhere@example.com")
	assert.False(t, ok)
	there, ok = s.Member(sandbox.SecondOrganization, "moved@example.com")
	assert.Equal(t, []any{true, "M", "EDITOR"}, []any{ok, there.FirstName, there.Role})
	taken := s.PutGlobalUser(sandbox.GlobalUser{Email: "MOVED@example.com"})
	assert.Equal(t, put.ID, taken.ID, "e-mails have no letter case")
	other := s.PutGlobalUser(sandbox.GlobalUser{ID: "chosen", Email: "moved@example.com"})
	assert.Equal(t, "chosen", other.ID)
	assert.Len(t, s.Members(sandbox.SecondOrganization), 4, "the other holder of the e-mail is gone everywhere")
	assert.Panics(t, func() { s.Members("other") })
}

func TestAddCustomRole(t *testing.T) {
	s := serveContract(t, "membership")
	here, there := s.AddCustomRole(testOrg, "Legal", "a", "b"), s.AddCustomRole(sandbox.SecondOrganization, "Legal")
	assert.NotEqual(t, here.ID, there.ID)
	assert.Equal(t, here, s.Roles()[5])
	assert.Contains(t, s.call(t, "GET", "/org/orgTest01/role", "").body,
		`{"organizationID":"orgTest01","id":"`+here.ID+`","name":"Legal","description":"","permissions":["a","b"],"creationTime":"2026-05-04T12:00:00.000Z"}`)
}

// Between comes after the effect and before the answer: what it does is done
// after the read that the answer tells of.
func TestBetween(t *testing.T) {
	for _, contract := range []string{"membership", "status"} {
		t.Run(contract, func(t *testing.T) {
			var s *served
			var operations []string
			s = serve(t, func(o *sandbox.Options) {
				o.Contract = contract
				o.Between = func(operation string) {
					operations = append(operations, operation)
					if user, ok := s.UserByEmail("viewer@example.com"); ok && operation == "list users" {
						s.RemoveUser(user.ID)
					}
				}
			})
			assert.Contains(t, emails(t, s.call(t, "GET", aUserList, "").body), "viewer@example.com")
			assert.NotContains(t, emails(t, s.call(t, "GET", aUserList, "").body), "viewer@example.com")
			s.fault(t, sandbox.Fault{Kind: sandbox.Status(500)})
			s.call(t, "GET", aUserList, "")
			s.fault(t, sandbox.Fault{Kind: sandbox.Status(500), After: true})
			s.call(t, "GET", "/org/orgTest01/role", "")
			assert.Equal(t, []string{"list users", "list users", "list roles"}, operations, "not for what was never begun")
		})
	}
}

// Somebody of the first page leaves while it is answered, so the second page
// begins one row too late.
func TestRemovalBetweenPages(t *testing.T) {
	var s *served
	s = serve(t, func(o *sandbox.Options) {
		o.Between = func(string) { s.RemoveMember(testOrg, "admin@example.com") }
	})
	assert.Equal(t, []string{"admin@example.com", "editor@example.com"}, emails(t, s.call(t, "GET", aUserList+"?limit=2", "").body))
	assert.Equal(t, []string{"finance@example.com", "deals@example.com"}, emails(t, s.call(t, "GET", aUserList+"?limit=2&offset=2", "").body))
}
