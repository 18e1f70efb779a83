package mapping_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
)

// Another client creates the person between Okta's lookup and its create. Suger
// answers the create with that person, who must not get the new role.
func TestCreateDoesNotTakeOverAnActiveUser(t *testing.T) {
	s := newStand(t)
	found, err := s.listUsers(`userName eq "boss@example.com"`)
	require.NoError(t, err)
	require.Zero(t, found.TotalResults)
	s.put("boss", "ADMIN", "ACTIVE")
	s.clock.Advance(2 * time.Second) // the list is still cached, but not fresh
	_, err = s.postUser(person("boss", ""))
	assertCode(t, scim.CodeUserExists, err)
	assert.Equal(t, "ADMIN ACTIVE", s.state("boss"))
}

// If Suger has an address twice, the lookup finds the user with access.
func TestLookupPrefersActiveUser(t *testing.T) {
	s := newStand(t)
	active := s.suger.PutUser(sandbox.User{Email: "twin@example.com", Role: "ADMIN", Status: "ACTIVE"})
	s.suger.PutUser(sandbox.User{Email: "TWIN@example.com", Role: "VIEWER", Status: "INACTIVE"})
	found, err := s.listUsers(`userName eq "twin@example.com"`)
	require.NoError(t, err)
	require.Len(t, found.Resources, 1)
	assert.Equal(t, active.ID, found.Resources[0].ID())
}

func TestGroupOfUnknownMembersIsNotCreated(t *testing.T) {
	s := newStand(t)
	_, err := s.postGroup(withMembers("Brokers", s.id("viewer"), "nobody"))
	assertCode(t, scim.CodeInvalidValue, err)
	assert.Zero(t, s.suger.Count("add role"))
	assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))
}

// Each id that is not on the list costs a call, so a request with many of them is
// refused.
func TestManyUnknownIDsCostNoCalls(t *testing.T) {
	strangers := make([]string, 5000)
	for i := range strangers {
		strangers[i] = fmt.Sprintf("stranger-%d", i)
	}
	tests := map[string]func(s *stand) error{
		"PUT":  func(s *stand) error { _, err := s.putGroup("EDITOR", withMembers("EDITOR", strangers...)); return err },
		"POST": func(s *stand) error { _, err := s.postGroup(withMembers("Brokers", strangers...)); return err },
	}
	for name, send := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			assertCode(t, scim.CodeInvalidValue, send(s))
			assert.Zero(t, s.suger.Count("get user"))
			assert.Zero(t, s.suger.Count("update user"))
		})
	}
}

// An id from a body or a filter is as untrusted as an id from a path.
func TestIDWithASlashIsNotSent(t *testing.T) {
	for _, id := range []string{"a/../b", `a\b`, "..", "."} {
		t.Run(id, func(t *testing.T) {
			s := newStand(t)
			found, err := s.listUsers(fmt.Sprintf("id eq %q", id))
			require.NoError(t, err)
			assert.Zero(t, found.TotalResults)
			assert.Equal(t, []string{"list users"}, s.calls(), "only to check the credential")
		})
	}
}
