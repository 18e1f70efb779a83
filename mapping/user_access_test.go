package mapping_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

func TestDeactivateAndReturn(t *testing.T) {
	forms := map[string]string{
		"without a path": deactivation,
		"with a path":    `{"op":"replace","path":"active","value":false}`,
		"as a string":    `{"op":"Replace","path":"active","value":"False"}`,
		"by add":         `{"op":"add","path":"active","value":false}`,
	}
	for name, form := range forms {
		t.Run("PATCH "+name, func(t *testing.T) {
			s := newStand(t)
			id := s.id("editor")
			after, err := s.patchUser(id, form)
			require.NoError(t, err)
			assert.Equal(t, false, after["active"])
			assert.Equal(t, "EDITOR INACTIVE", s.state("editor"))
			read, err := s.getUser(id)
			require.NoError(t, err)
			assert.Equal(t, false, read["active"], "the id still reads the user")

			after, err = s.patchUser(id, reactivation)
			require.NoError(t, err)
			assert.Equal(t, true, after["active"])
			assert.Equal(t, id, after.ID())
			assert.Equal(t, "EDITOR ACTIVE", s.state("editor"))
		})
	}
	t.Run("PUT", func(t *testing.T) {
		s := newStand(t)
		_, err := s.putUser(s.id("invited"), person("invited", `,"active":false`))
		require.NoError(t, err)
		assert.Equal(t, "VIEWER INACTIVE", s.state("invited"))
	})
	t.Run("an invited user is active and stays invited", func(t *testing.T) {
		s := newStand(t)
		_, err := s.patchUser(s.id("invited"), reactivation)
		require.NoError(t, err)
		assert.Equal(t, "VIEWER INVITED", s.state("invited"))
	})
	t.Run("DELETE", func(t *testing.T) {
		s := newStand(t)
		require.NoError(t, s.deleteUser(s.id("editor")))
		assert.Equal(t, "absent", s.state("editor"))
	})
}

// A status that the mapping does not know counts as access, so that such a user can be
// deactivated.
func TestUnknownStatusCountsAsAccess(t *testing.T) {
	s := newStand(t)
	s.put("viewer", "VIEWER", "SUSPENDED")
	user, err := s.getUser(s.id("viewer"))
	require.NoError(t, err)
	assert.Equal(t, true, user["active"])
	assert.Equal(t, "SUSPENDED", user[mapping.URNSuger].(map[string]any)["status"])
	assert.Positive(t, s.observed.count("drift get user: status"))

	_, err = s.patchUser(s.id("viewer"), `{"op":"replace","path":"name.givenName","value":"Cyan"}`)
	assert.Error(t, err, "the sandbox accepts no other change of such a user")
	_, err = s.patchUser(s.id("viewer"), deactivation)
	require.NoError(t, err)
	assert.Equal(t, "VIEWER INACTIVE", s.state("viewer"))
}

// A leaver loses access even if the rest of the request is invalid or Suger's lists
// are unreadable.
func TestLeaverLosesAccessWhateverElseFails(t *testing.T) {
	tests := []struct {
		name, mailbox, body string
		fault               []sandbox.Fault
		code                scim.Code
	}{
		{"unknown role", "viewer", person("viewer", `,"active":false,"roles":["OWNER"]`), nil, scim.CodeUnknownRole},
		{"conflicting roles", "viewer", person("viewer", `,"active":false,"roles":["EDITOR"],"`+roleURN+`":"ADMIN"`), nil, scim.CodeConflictingRoles},
		{"foreign address", "viewer", `{"userName":"viewer@elsewhere.example","active":false}`, nil, scim.CodeDomainRefused},
		{"userName that is not an address", "viewer", `{"userName":"viewer","active":false}`, nil, scim.CodeUserNameNotEmail},
		{"list of roles fails", "finance", person("finance", `,"active":false,"roles":["EDITOR"]`),
			[]sandbox.Fault{{Operation: "list roles", Kind: sandbox.Status(403)}}, scim.CodeNotAllowed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			s.fault(test.fault...)
			_, err := s.putUser(s.id(test.mailbox), test.body)
			assertCode(t, test.code, err)
			assert.ErrorContains(t, err, "The user's access has ended, but")
			assert.Contains(t, s.state(test.mailbox), " INACTIVE")
		})
	}
	t.Run("DELETE, list of roles fails", func(t *testing.T) {
		s := newStand(t)
		s.fault(sandbox.Fault{Operation: "list roles", Kind: sandbox.HTML})
		require.NoError(t, s.deleteUser(s.id("finance")))
		assert.Equal(t, "absent", s.state("finance"))
	})
	t.Run("list of users fails", func(t *testing.T) {
		s := newStand(t)
		s.fault(sandbox.Fault{Operation: "list users", Kind: sandbox.Status(500)})
		for range 2 { // the list could show another active account with the address
			_, err := s.patchUser(s.id("viewer"), deactivation)
			assertCode(t, scim.CodeSugerUnavailable, err)
			assert.Equal(t, "VIEWER INACTIVE", s.state("viewer"))
		}
		err := s.deleteUser(s.id("editor"))
		assertCode(t, scim.CodeSugerUnavailable, err) // the list must confirm a removal
		assert.ErrorContains(t, err, "the gateway could not read whether it was made")
		assert.Equal(t, "absent", s.state("editor"))
		_, err = s.patchUser(s.id("admin"), deactivation)
		assertCode(t, scim.CodeSugerUnavailable, err) // without the list, other administrators are unknown
	})
	t.Run("list of users is refused", func(t *testing.T) {
		s := newStand(t)
		s.fault(sandbox.Fault{Operation: "list users", Kind: sandbox.Status(400)})
		assertCode(t, scim.CodeSugerUnavailable, s.deleteUser(s.id("editor")))
		assert.Equal(t, "absent", s.state("editor"))
	})
	t.Run("refused while administrators are unknown", func(t *testing.T) {
		s := newStand(t, func(u *setup) {
			u.document = withChanges(t, func(doc *spec.Document) {
				for i := range doc.Role.Known {
					doc.Role.Known[i].ID = nil
				}
			})
		})
		s.fault(sandbox.Fault{Operation: "list roles", Kind: sandbox.HTML})
		_, err := s.patchUser(s.id("viewer"), deactivation)
		assertCode(t, scim.CodeSugerUnreadable, err)
		assertCode(t, scim.CodeSugerUnreadable, s.deleteUser(s.id("viewer")))
		assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))
	})
	t.Run("the rest of the request is applied", func(t *testing.T) {
		s := newStand(t)
		_, err := s.putUser(s.id("editor"), `{"userName":"editor@example.com","active":false,"name":{"givenName":"Basil","familyName":"Beacon"},"roles":["VIEWER"]}`)
		require.NoError(t, err)
		user, _ := s.suger.UserByEmail("editor@example.com")
		assert.Equal(t, "Basil VIEWER INACTIVE", user.FirstName+" "+s.state("editor"))
	})
}

// Another replica removes the user whom a request deactivates: access has ended.
func TestLeaverIsRemovedConcurrently(t *testing.T) {
	s := newStand(t)
	id, other := s.id("viewer"), s.replica()
	s.onCall(func(r *http.Request) {
		if r.Method == http.MethodPatch {
			assert.NoError(t, other.deleteUser(id))
		}
	})
	after, err := s.patchUser(id, deactivation)
	require.NoError(t, err)
	assert.Equal(t, []any{id, false}, []any{after.ID(), after["active"]})
	assert.Equal(t, "absent", s.state("viewer"))

	s.onCall(func(*http.Request) {})
	_, err = s.patchUser(id, roleTo("EDITOR"))
	assertCode(t, scim.CodeNotFound, err)
}

// If access can only end by a removal, a leaver is removed. Reads then answer not
// found, and a return is a create.
func TestRemovalWithoutStatus(t *testing.T) {
	s := newStand(t, endedByRemoval(t))
	id := s.id("editor")
	after, err := s.putUser(id, person("editor", `,"active":false,"roles":["OWNER"]`))
	require.NoError(t, err)
	assert.Equal(t, false, after["active"])
	assert.Equal(t, "absent", s.state("editor"))
	_, err = s.getUser(id)
	assertCode(t, scim.CodeNotFound, err)
	back, err := s.postUser(person("editor", ""))
	require.NoError(t, err)
	assert.Equal(t, true, back["active"])
	assert.Equal(t, "VIEWER INVITED", s.state("editor"))

	_, err = s.postUser(person("nova", `,"active":false`))
	assertCode(t, scim.CodeInvalidValue, err)
	assert.Equal(t, "absent", s.state("nova"))
}
