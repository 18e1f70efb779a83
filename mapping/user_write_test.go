package mapping_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// All attributes of a user's resource.
func TestUserResource(t *testing.T) {
	s := newStand(t)
	id := s.id("Mixed.Case")
	user, err := s.getUser(id)
	require.NoError(t, err)
	meta := user["meta"].(map[string]any)
	assert.Regexp(t, `^W/"[^"]+"$`, meta["version"])
	delete(meta, "version")
	assert.Equal(t, scim.Resource{
		"schemas":     []any{scim.URNUser, mapping.URNSuger},
		"id":          id,
		"userName":    "Mixed.Case@example.com",
		"emails":      []any{map[string]any{"value": "Mixed.Case@example.com", "type": "work", "primary": true}},
		"name":        map[string]any{"givenName": "Fjord", "familyName": "Ferry", "formatted": "Fjord Ferry"},
		"displayName": "Fjord Ferry",
		"active":      true,
		"roles":       []any{map[string]any{"value": "VIEWER", "display": "VIEWER", "type": "suger", "primary": true}},
		"groups":      []any{map[string]any{"value": "VIEWER", "display": "VIEWER"}},
		"meta": map[string]any{
			"resourceType": "User", "created": "2024-03-04T09:06:00.000Z", "lastModified": "2024-03-04T09:06:00.000Z",
		},
		mapping.URNSuger: map[string]any{"role": "VIEWER", "status": "ACTIVE", "organizationId": "sandboxed"},
	}, user)
}

func TestUserNotFound(t *testing.T) {
	s := newStand(t)
	for _, id := range []string{"nobody", "..", "a/b", "café"} {
		_, err := s.getUser(id)
		assertCode(t, scim.CodeNotFound, err)
		_, err = s.putUser(id, person("nobody", ""))
		assertCode(t, scim.CodeNotFound, err)
		_, err = s.patchUser(id, deactivation)
		assertCode(t, scim.CodeNotFound, err)
		assertCode(t, scim.CodeNotFound, s.deleteUser(id))
	}
	for _, call := range s.suger.Calls() {
		assert.Equal(t, "GET", call.Method)
	}
}

// A user must not count as removed because the key no longer sees the organization, or
// because reading a single user fails.
func TestNotFoundIsProvenBeforeAChange(t *testing.T) {
	t.Run("organization not found", func(t *testing.T) {
		s := newStand(t)
		id := s.id("viewer")
		s.fault(sandbox.Fault{Kind: sandbox.Status(404)})
		_, err := s.patchUser(id, deactivation)
		assertCode(t, scim.CodeOrgUnknown, err)
		assertCode(t, scim.CodeOrgUnknown, s.deleteUser(id))
		assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))
	})
	t.Run("user not found but listed", func(t *testing.T) {
		s := newStand(t)
		id := s.id("viewer")
		s.fault(sandbox.Fault{Kind: sandbox.Status(404), Operation: "get user"})
		_, err := s.patchUser(id, deactivation)
		require.NoError(t, err)
		assert.Equal(t, "VIEWER INACTIVE", s.state("viewer"))
		require.NoError(t, s.deleteUser(id))
		assert.Equal(t, "absent", s.state("viewer"))
	})
}

// A PUT with nothing but the userName changes nothing.
func TestSparsePutChangesNothing(t *testing.T) {
	s := newStand(t)
	for _, mailbox := range []string{"viewer", "editor", "finance", "invited", "former"} {
		before, _ := s.suger.UserByEmail(mailbox + "@example.com")
		s.suger.ResetCalls()
		_, err := s.putUser(before.ID, `{"userName":"`+mailbox+`@example.com"}`)
		require.NoError(t, err)
		after, _ := s.suger.User(before.ID)
		assert.Equal(t, before, after)
		assert.Zero(t, s.suger.Count("update user"))
	}
}

// Okta's PUT repeats the gateway's own answer.
func TestRepeatedValuesChangeNothing(t *testing.T) {
	s := newStand(t)
	for _, mailbox := range []string{"admin", "viewer", "finance", "invited", "former", "Mixed.Case"} {
		user, err := s.getUser(s.id(mailbox))
		require.NoError(t, err)
		_, err = s.users().Replace(t.Context(), user.ID(), user, "", nil)
		require.NoError(t, err)
	}
	assert.Zero(t, s.suger.Count("update user"))
}

func TestUserNameChange(t *testing.T) {
	to := func(userName string) string { return `{"op":"replace","path":"userName","value":"` + userName + `"}` }
	t.Run("letter case alone is not a change", func(t *testing.T) {
		s := newStand(t)
		after, err := s.patchUser(s.id("viewer"), to("VIEWER@Example.com"))
		require.NoError(t, err)
		assert.Equal(t, "viewer@example.com", after["userName"], "keeps Suger's spelling")
		assert.Zero(t, s.suger.Count("update user"))
	})
	t.Run("to another address", func(t *testing.T) {
		s := newStand(t)
		id := s.id("viewer")
		_, err := s.find("viewer") // leaves a hint that becomes wrong
		require.NoError(t, err)
		after, err := s.patchUser(id, to("cedar@example.com"))
		require.NoError(t, err)
		assert.Equal(t, "cedar@example.com", after["userName"])
		assert.Equal(t, "VIEWER ACTIVE", s.state("cedar"))
		for mailbox, want := range map[string]int{"viewer": 0, "cedar": 1} {
			list, err := s.find(mailbox)
			require.NoError(t, err)
			assert.Equal(t, want, list.TotalResults, mailbox)
		}
	})
	for _, bad := range []string{"viewer", "two words@example.com", "Viewer <viewer@example.com>", "viewer@", " viewer@example.com"} {
		t.Run("to an invalid address: "+bad, func(t *testing.T) {
			s := newStand(t)
			_, err := s.patchUser(s.id("viewer"), to(bad))
			assertCode(t, scim.CodeUserNameNotEmail, err)
			_, err = s.postUser(`{"userName":"` + bad + `"}`)
			assertCode(t, scim.CodeUserNameNotEmail, err)
			assert.Zero(t, s.suger.Count("update user")+s.suger.Count("add user"))
		})
	}
	t.Run("to another user's address", func(t *testing.T) {
		s := newStand(t)
		_, err := s.patchUser(s.id("viewer"), to("editor@example.com"))
		assertCode(t, scim.CodeUserExists, err)
		assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))
	})
	t.Run("to a foreign domain", func(t *testing.T) {
		s := newStand(t)
		_, err := s.patchUser(s.id("viewer"), to("viewer@elsewhere.example"))
		assertCode(t, scim.CodeDomainRefused, err)
	})
}

func TestNameChange(t *testing.T) {
	s := newStand(t)
	id := s.id("viewer")
	after, err := s.patchUser(id, `{"op":"replace","value":{"name":{"givenName":"Cyan"}}},{"op":"remove","path":"name.familyName"}`)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"givenName": "Cyan", "formatted": "Cyan"}, after["name"])
	user, _ := s.suger.User(id)
	assert.Equal(t, "Cyan", user.FirstName)
	assert.Empty(t, user.LastName)
	assert.Equal(t, "VIEWER", user.Role)
}

// Suger has no place for externalId: only the direct answer to a write has it.
func TestExternalID(t *testing.T) {
	s := newStand(t)
	made, err := s.postUser(person("nova", `,"externalId":"00u1"`))
	require.NoError(t, err)
	assert.Equal(t, "00u1", made["externalId"])
	id := made.ID()
	changed, err := s.putUser(id, person("nova", `,"externalId":"00u1"`))
	require.NoError(t, err)
	assert.Equal(t, "00u1", changed["externalId"])
	patched, err := s.patchUser(id, reactivation)
	require.NoError(t, err)
	assert.NotContains(t, patched, "externalId")
	read, err := s.getUser(id)
	require.NoError(t, err)
	assert.NotContains(t, read, "externalId")
	assert.NotContains(t, read["meta"], "externalId")
	assert.Equal(t, read.Version(), made.Version(), "it is not part of the version")

	group, err := s.postGroup(`{"displayName":"Partner","externalId":"00g1"}`)
	require.NoError(t, err)
	assert.Equal(t, "00g1", group["externalId"])
	group, err = s.getGroup(group.ID())
	require.NoError(t, err)
	assert.NotContains(t, group, "externalId")
}

func TestIfMatch(t *testing.T) {
	s := newStand(t)
	id := s.id("viewer")
	user, err := s.getUser(id)
	require.NoError(t, err)
	ops := s.patch(`{"op":"replace","path":"name.givenName","value":"Cyan"}`)

	_, err = s.users().Patch(t.Context(), id, ops, `W/"other"`, nil)
	assertCode(t, scim.CodeVersionMismatch, err)
	assertCode(t, scim.CodeVersionMismatch, s.users().Delete(t.Context(), id, `W/"other"`))
	assert.Zero(t, s.suger.Count("update user")+s.suger.Count("remove user"))

	after, err := s.users().Patch(t.Context(), id, ops, user.Version(), nil)
	require.NoError(t, err)
	assert.NotEqual(t, user.Version(), after.Version())
	_, err = s.users().Replace(t.Context(), id, user, user.Version(), nil)
	assertCode(t, scim.CodeVersionMismatch, err)
	require.NoError(t, s.users().Delete(t.Context(), id, after.Version()))

	group, err := s.getGroup("EDITOR")
	require.NoError(t, err)
	groupOps := s.patch(membersOp("add", s.id("finance")))
	_, err = s.groups().Patch(t.Context(), "EDITOR", groupOps, `W/"other"`, nil)
	assertCode(t, scim.CodeVersionMismatch, err)
	_, err = s.groups().Patch(t.Context(), "EDITOR", groupOps, group.Version(), nil)
	require.NoError(t, err)
	assertCode(t, scim.CodeVersionMismatch, s.groups().Delete(t.Context(), s.roleID("Finance"), `W/"other"`))
}

// Changes of one user wait for each other, at most until the request's deadline.
func TestChangesOfOneUserAreSerialized(t *testing.T) {
	s := newStand(t)
	id := s.id("viewer")
	held := s.hold(http.MethodPatch, listPath+"/"+id)
	first := make(chan error, 1)
	go func() { _, err := s.patchUser(id, roleTo("EDITOR")); first <- err }()
	<-held.arrived

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := s.patchUserWithin(ctx, id, roleTo("ADMIN"))
	assertCode(t, scim.CodeSugerUnavailable, err)
	assert.Equal(t, 1, s.suger.Count("get user"), "the second change has not started")

	_, err = s.patchUser(s.id("editor"), roleTo("VIEWER"))
	require.NoError(t, err, "another user does not wait")
	close(held.release)
	require.NoError(t, <-first)
	assert.Equal(t, "EDITOR ACTIVE", s.state("viewer"))
}

// No change is lost among concurrent changes of one user.
func TestConcurrentChangesOfOneUser(t *testing.T) {
	s := newStand(t)
	id := s.id("viewer")
	for range 5 {
		errs := atOnce(t,
			func() error { _, err := s.patchUser(id, roleTo("EDITOR")); return err },
			func() error {
				_, err := s.patchUser(id, `{"op":"replace","path":"name.givenName","value":"Cyan"}`)
				return err
			},
			func() error {
				_, err := s.patchUser(id, `{"op":"replace","path":"name.familyName","value":"Circle"}`)
				return err
			},
			func() error { _, err := s.patchGroup("EDITOR", membersOp("add", id)); return err },
			func() error { _, err := s.patchUser(id, deactivation); return err },
		)
		for _, err := range errs {
			require.NoError(t, err)
		}
		user, _ := s.suger.User(id)
		assert.Equal(t, "Cyan Circle EDITOR INACTIVE", user.FirstName+" "+user.LastName+" "+s.state("viewer"))
		s.put("viewer", "VIEWER", "ACTIVE")
		s.clock.Advance(time.Minute)
	}
}
