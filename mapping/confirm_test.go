package mapping_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// A write that Suger acknowledges but does not apply is never a success.
func TestWriteThatSugerDidNotApply(t *testing.T) {
	old := func(s *stand, mailbox string) string {
		user, _ := s.suger.UserByEmail(mailbox + "@example.com")
		return fmt.Sprintf(`{"id":%q,"organizationID":"sandboxed","email":%q,"firstName":%q,"lastName":%q,"role":%q,"status":%q}`,
			user.ID, user.Email, user.FirstName, user.LastName, user.Role, user.Status)
	}
	unapplied := func(operation string) func(*stand) []sandbox.Fault {
		return func(*stand) []sandbox.Fault { return []sandbox.Fault{{Operation: operation, Kind: sandbox.NotApplied}} }
	}
	tests := []struct {
		name   string
		faults func(*stand) []sandbox.Fault
		do     func(*stand) error
		metric string
	}{
		{"deactivation", unapplied("update user"), func(s *stand) error {
			_, err := s.patchUser(s.id("viewer"), deactivation)
			return err
		}, "update user"},
		{"reactivation", unapplied("update user"), func(s *stand) error {
			_, err := s.patchUser(s.id("former"), reactivation)
			return err
		}, "update user"},
		{"role change", unapplied("update user"), func(s *stand) error {
			_, err := s.patchUser(s.id("viewer"), roleTo("EDITOR"))
			return err
		}, "update user"},
		{"name change", unapplied("update user"), func(s *stand) error {
			_, err := s.patchUser(s.id("viewer"), `{"op":"replace","path":"name.givenName","value":"Cyan"}`)
			return err
		}, "update user"},
		{"userName change", unapplied("update user"), func(s *stand) error {
			_, err := s.patchUser(s.id("viewer"), `{"op":"replace","path":"userName","value":"cyan@example.com"}`)
			return err
		}, "update user"},
		{"return", unapplied("update user"), func(s *stand) error {
			_, err := s.postUser(person("former", ""))
			return err
		}, "update user"},
		{"removal", unapplied("remove user"), func(s *stand) error { return s.deleteUser(s.id("viewer")) }, "remove user"},
		{"group member added", unapplied("update user"), func(s *stand) error {
			_, err := s.patchGroup("EDITOR", membersOp("add", s.id("viewer")))
			return err
		}, "update user"},
		{"group member removed", unapplied("update user"), func(s *stand) error {
			_, err := s.patchGroup("EDITOR", membersOp("remove", s.id("editor")))
			return err
		}, "update user"},
		{"create", func(s *stand) []sandbox.Fault {
			return []sandbox.Fault{{Operation: "add user", Kind: sandbox.Literal, Body: `{"accepted":true}`}, {Operation: "list users", Kind: sandbox.Literal, Body: "[" + old(s, "admin") + "]"}}
		}, func(s *stand) error {
			_, err := s.postUser(person("nova", ""))
			return err
		}, "add user"},
		{"role created", func(*stand) []sandbox.Fault {
			return []sandbox.Fault{{Operation: "add role", Kind: sandbox.Literal, Body: `""`}, {Operation: "list roles", Kind: sandbox.Literal, Body: `[]`}}
		}, func(s *stand) error {
			_, err := s.postGroup(`{"displayName":"Partner"}`)
			return err
		}, "add role"},
		{"role renamed", unapplied("update role"), func(s *stand) error {
			_, err := s.putGroup(s.roleID("Finance"), `{"displayName":"Partner"}`)
			return err
		}, "update role"},
		{"role deleted", unapplied("remove role"), func(s *stand) error {
			s.put("finance", "VIEWER", "ACTIVE") // so that no user holds it
			return s.deleteGroup(s.roleID("Finance"))
		}, "remove role"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			s.fault(test.faults(s)...)
			assertCode(t, scim.CodeWriteUnconfirmed, test.do(s))
			assert.Equal(t, 1, s.observed.count("unconfirmed "+test.metric))
			records := s.audit.take(t)
			require.NotEmpty(t, records)
			assert.Equal(t, "unconfirmed", records[len(records)-1]["outcome"])
		})
	}
}

// A read after the write decides, whatever Suger answered to the write.
func TestWriteConfirmedByARead(t *testing.T) {
	for _, kind := range []sandbox.FaultKind{sandbox.Empty, sandbox.WrongShape, sandbox.WrongOrganization} {
		t.Run(string(kind), func(t *testing.T) {
			s := newStand(t)
			s.fault(sandbox.Fault{Operation: "update user", Kind: kind})
			after, err := s.patchUser(s.id("viewer"), roleTo("EDITOR"))
			require.NoError(t, err)
			assert.Equal(t, "EDITOR", after[mapping.URNSuger].(map[string]any)["role"])
			assert.Equal(t, "EDITOR ACTIVE", s.state("viewer"))
			assert.Equal(t, []string{"get user", "update user", "get user"}, s.calls())
		})
	}
}

// The answer to a removal is lost: the removal succeeds if the user is gone.
func TestRemovalWithLostAnswer(t *testing.T) {
	for _, fault := range []sandbox.Fault{
		{Kind: sandbox.Reset, After: true, Times: 1}, {Kind: sandbox.Status(503), After: true, Times: 1},
		{Kind: sandbox.Cut, Times: 1}, {Kind: sandbox.Empty}, {Kind: sandbox.WrongShape}, {Kind: sandbox.Status(404), After: true},
	} {
		s := newStand(t)
		fault.Operation = "remove user"
		s.fault(fault)
		require.NoError(t, s.deleteUser(s.id("viewer")), fault.Kind)
		assert.Equal(t, "absent", s.state("viewer"))
		require.NoError(t, found(0, s.find)("viewer"))
	}
	t.Run("refused by Suger", func(t *testing.T) {
		s := newStand(t)
		s.fault(sandbox.Fault{Operation: "remove user", Kind: sandbox.Status(403)})
		assertCode(t, scim.CodeNotAllowed, s.deleteUser(s.id("viewer")))
		assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))
	})
}

// An answer about a user of another organization is refused.
func TestWrongOrganization(t *testing.T) {
	s := newStand(t)
	s.fault(sandbox.Fault{Kind: sandbox.WrongOrganization})
	_, err := s.getUser(s.id("viewer"))
	assertCode(t, scim.CodeSugerUnreadable, err)
	_, err = s.listUsers("")
	assertCode(t, scim.CodeSugerUnreadable, err)
	_, err = s.find("viewer")
	assertCode(t, scim.CodeSugerUnreadable, err)
	_, err = s.patchUser(s.id("viewer"), deactivation)
	assertCode(t, scim.CodeSugerUnreadable, err)
	assertCode(t, scim.CodeSugerUnreadable, s.deleteUser(s.id("viewer")))
	_, err = s.postUser(person("nova", ""))
	assertCode(t, scim.CodeSugerUnreadable, err)
	_, err = s.getGroup("EDITOR")
	assertCode(t, scim.CodeSugerUnreadable, err)
	assert.Zero(t, s.suger.Count("update user")+s.suger.Count("remove user")+s.suger.Count("add user"))

	t.Run("the refused answer is not cached", func(t *testing.T) {
		s.suger.ClearFaults()
		user, err := s.find("viewer")
		require.NoError(t, err)
		assert.Equal(t, 1, user.TotalResults)
	})
}

func TestAnswerIsAnotherUser(t *testing.T) {
	s := newStand(t)
	s.fault(sandbox.Fault{Operation: "get user", Kind: sandbox.Literal, Body: `{"id":"other","organizationID":"sandboxed","email":"other@example.com","firstName":"O","lastName":"T","role":"VIEWER","status":"ACTIVE"}`})
	_, err := s.getUser(s.id("viewer"))
	assertCode(t, scim.CodeSugerUnreadable, err)
}

// Each failure of Suger has its own error code, changes nothing, and shows no Go error
// text.
func TestSugerErrors(t *testing.T) {
	tests := []struct {
		fault sandbox.Fault
		code  scim.Code
	}{
		{sandbox.Fault{Kind: sandbox.Status(400)}, scim.CodeSugerRefused},
		{sandbox.Fault{Kind: sandbox.Status(401)}, scim.CodeTokenRefused},
		{sandbox.Fault{Kind: sandbox.Status(403)}, scim.CodeNotAllowed},
		{sandbox.Fault{Kind: sandbox.Status(429)}, scim.CodeSugerThrottled},
		{sandbox.Fault{Kind: sandbox.Status(500)}, scim.CodeSugerUnavailable},
		{sandbox.Fault{Kind: sandbox.Status(503)}, scim.CodeSugerUnavailable},
		{sandbox.Fault{Kind: sandbox.Reset}, scim.CodeSugerUnavailable},
		{sandbox.Fault{Kind: sandbox.Cut}, scim.CodeSugerUnreadable},
		{sandbox.Fault{Kind: sandbox.Truncated}, scim.CodeSugerUnreadable},
		{sandbox.Fault{Kind: sandbox.HTML}, scim.CodeSugerUnreadable},
		{sandbox.Fault{Kind: sandbox.Empty}, scim.CodeSugerUnreadable},
		{sandbox.Fault{Kind: sandbox.WrongShape}, scim.CodeSugerUnreadable},
	}
	for _, test := range tests {
		t.Run(string(test.fault.Kind), func(t *testing.T) {
			s := newStand(t)
			id := s.id("viewer")
			s.fault(test.fault)
			before := s.suger.Users()
			errs := map[string]error{"delete": s.deleteUser(id)}
			_, errs["get"] = s.getUser(id)
			_, errs["patch"] = s.patchUser(id, deactivation)
			_, errs["post"] = s.postUser(person("nova", ""))
			_, errs["group"] = s.patchGroup("EDITOR", membersOp("add", id))
			_, errs["list"] = s.listUsers("")
			_, errs["find"] = s.find("viewer")
			_, errs["groups"] = s.listGroups("")
			for name, err := range errs {
				t.Run(name, func(t *testing.T) {
					assertCode(t, test.code, err)
					var e *scim.Error
					require.ErrorAs(t, err, &e)
					assert.NotContains(t, e.Detail, "suger:", "no Go error text")
					assert.NotContains(t, e.Detail, standKey)
				})
			}
			assert.Equal(t, before, s.suger.Users())
		})
	}
}
