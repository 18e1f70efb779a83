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

// The audit records of each kind of change, without their common fields.
func TestAuditRecords(t *testing.T) {
	object := func(pairs ...string) map[string]any {
		o := make(map[string]any)
		for i := 0; i < len(pairs); i += 2 {
			o[pairs[i]] = pairs[i+1]
		}
		return o
	}
	record := func(what, user string, before, after map[string]any, outcome, code string) map[string]any {
		return map[string]any{"what": what, "user": user, "before": before, "after": after, "outcome": outcome, "code": code}
	}
	tests := []struct {
		name string
		do   func(s *stand) error
		want []map[string]any
	}{
		{"deactivation", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), deactivation); return err },
			[]map[string]any{record("deactivate user", "viewer@example.com", object("active", "true"), object("active", "false"), "done", "")}},
		{"reactivation", func(s *stand) error { _, err := s.patchUser(s.id("former"), reactivation); return err },
			[]map[string]any{record("activate user", "former@example.com", object("active", "false"), object("active", "true"), "done", "")}},
		{"role and name", func(s *stand) error {
			_, err := s.putUser(s.id("viewer"), `{"userName":"viewer@example.com","name":{"givenName":"Cyan","familyName":"Compass"},"roles":["Finance"]}`)
			return err
		}, []map[string]any{record("update user", "viewer@example.com", object("name.givenName", "Cedar", "role", "VIEWER"), object("name.givenName", "Cyan", "role", "Finance"), "done", "")}},
		{"address", func(s *stand) error {
			_, err := s.patchUser(s.id("viewer"), `{"op":"replace","path":"userName","value":"cyan@example.com"}`)
			return err
		}, []map[string]any{record("update user", "viewer@example.com", object("userName", "viewer@example.com"), object("userName", "cyan@example.com"), "done", "")}},
		{"removal", func(s *stand) error { return s.deleteUser(s.id("viewer")) },
			[]map[string]any{record("remove user", "viewer@example.com", object("role", "VIEWER", "active", "true"), object("role", "", "active", "false"), "done", "")}},
		{"end of access of somebody who has left", func(s *stand) error {
			id := s.id("viewer")
			s.suger.RemoveUser(id)
			s.fault(sandbox.Fault{Operation: "get user", Kind: sandbox.Status(405)})
			_, err := s.patchUser(id, deactivation)
			return err
		}, []map[string]any{record("remove user", "", object(), object(), "already left", "")}},
		{"create", func(s *stand) error { _, err := s.postUser(person("nova", `,"roles":["EDITOR"]`)); return err },
			[]map[string]any{record("add user", "nova@example.com", object("name.givenName", "", "name.familyName", "", "role", ""),
				object("name.givenName", "Iris", "name.familyName", "Sample", "role", "EDITOR"), "done", "")}},
		{"return", func(s *stand) error { _, err := s.postUser(`{"userName":"former@example.com"}`); return err },
			[]map[string]any{record("activate user", "former@example.com", object("active", "false", "role", "EDITOR"), object("active", "true", "role", "VIEWER"), "done", "")}},
		{"group member", func(s *stand) error { _, err := s.patchGroup("EDITOR", membersOp("add", s.id("viewer"))); return err },
			[]map[string]any{record("update user", "viewer@example.com", object("role", "VIEWER"), object("role", "EDITOR"), "done", "")}},
		{"role made", func(s *stand) error { _, err := s.postGroup(`{"displayName":"Partner"}`); return err },
			[]map[string]any{record("add role", "Partner", object(), object(), "done", "")}},
		{"role renamed", func(s *stand) error { _, err := s.putGroup(s.roleID("Finance"), `{"displayName":"Money"}`); return err },
			[]map[string]any{record("update role", "Finance", object("name", "Finance"), object("name", "Money"), "done", "")}},
		{"role deleted, its member moved before", func(s *stand) error { return s.deleteGroup(s.roleID("Finance")) },
			[]map[string]any{
				record("update user", "finance@example.com", object("role", "Finance"), object("role", "VIEWER"), "done", ""),
				record("remove role", "Finance", object("name", "Finance", "description", "Invoices and revenue.", "permissions", `["billing.read","billing.write"]`), object(), "done", ""),
			}},
		{"what Suger refuses", func(s *stand) error {
			_, err := s.patchUser(s.id("viewer"), `{"op":"replace","path":"userName","value":"x@elsewhere.example"}`)
			assertCode(s.t, scim.CodeDomainRefused, err)
			return nil
		}, []map[string]any{record("update user", "viewer@example.com", object("userName", "viewer@example.com"), object("userName", "x@elsewhere.example"), "failed", "domain_refused")}},
		{"what may have happened", func(s *stand) error {
			s.fault(sandbox.Fault{Operation: "update user", Kind: sandbox.Reset})
			_, err := s.patchUser(s.id("viewer"), deactivation)
			assertCode(s.t, scim.CodeSugerUnavailable, err)
			return nil
		}, []map[string]any{record("deactivate user", "viewer@example.com", object("active", "true"), object("active", "false"), "uncertain", "suger_unavailable")}},
		{"no difference", func(s *stand) error { _, err := s.patchUser(s.id("viewer"), reactivation); return err }, nil},
		{"a request that is refused before anything is attempted", func(s *stand) error {
			_, err := s.patchUser(s.id("viewer"), roleTo("OWNER"))
			assertCode(s.t, scim.CodeUnknownRole, err)
			return nil
		}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			require.NoError(t, test.do(s))
			records := s.audit.take(t)
			require.Len(t, records, len(test.want))
			require.Len(t, s.observed.changes, len(test.want), "the Observer is told the same")
			for i, want := range test.want {
				got := records[i]
				assert.Equal(t, "change", got["msg"])
				assert.Equal(t, "request-1", got["request_id"])
				assert.Equal(t, "sandboxed", got["organization"])
				assert.Regexp(t, "^[0-9a-f]{8}$", got["credential"])
				assert.NotEmpty(t, got["id"])
				for _, known := range []string{"time", "level", "msg", "request_id", "organization", "credential", "id"} {
					delete(got, known)
				}
				assert.Equal(t, want, got)
				change := s.observed.changes[i]
				assert.Equal(t, want["what"], change.What)
				assert.Equal(t, want["outcome"], change.Outcome)
				assert.NotEmpty(t, change.UserID)
			}
		})
	}
}

// With a key, no record and no metric holds an address or a name; the same person
// is still the same in all records.
func TestAuditWithoutAddresses(t *testing.T) {
	s := newStand(t, func(u *setup) { u.config.AuditKey = []byte("an-invented-audit-key") })
	s.suger.PutUser(sandbox.User{ID: "mail.id@example.com", Email: "mail.id@example.com", Role: "VIEWER"})
	_, err := s.patchUser(s.id("viewer"), `{"op":"replace","path":"userName","value":"Cyan@example.com"}`)
	require.NoError(t, err)
	_, err = s.patchUser(s.id("cyan"), deactivation)
	require.NoError(t, err)
	_, err = s.postUser(person("nova", ""))
	require.NoError(t, err)
	_, err = s.patchUser(s.id("admin"), deactivation)
	assertCode(t, scim.CodeLastAdmin, err)
	_, err = s.patchUser("mail.id@example.com", deactivation)
	require.NoError(t, err)

	for _, personal := range []string{"@", "Iris", "Sample"} {
		assert.NotContains(t, s.audit.String(), personal)
		assert.NotContains(t, fmt.Sprint(s.observed.changes), personal)
	}
	records := s.audit.take(t)
	require.Len(t, records, 5)
	after := records[0]["after"].(map[string]any)["userName"]
	assert.Regexp(t, "^user-[0-9a-f]{16}$", after)
	assert.NotEqual(t, records[0]["user"], after)
	assert.Equal(t, after, records[1]["user"], "in any letter case")

	t.Run("another key, another hash", func(t *testing.T) {
		s := newStand(t, func(u *setup) { u.config.AuditKey = []byte("another-invented-key") })
		_, err := s.patchUser(s.id("viewer"), deactivation)
		require.NoError(t, err)
		assert.NotEqual(t, records[0]["user"], s.audit.take(t)[0]["user"])
	})
}

// No record has the credential; a fingerprint distinguishes them.
func TestAuditTellsCredentialsApart(t *testing.T) {
	s := newStand(t)
	second := s.as(func(c *mapping.Caller) { c.Credential = "second-" + standKey })
	_, err := s.patchUser(s.id("viewer"), deactivation)
	require.NoError(t, err)
	_, err = second.patchUser(s.id("editor"), deactivation)
	require.NoError(t, err)
	assert.NotContains(t, s.audit.String()+s.log.String(), standKey)
	records := s.audit.take(t)
	require.Len(t, records, 2)
	assert.NotEqual(t, records[0]["credential"], records[1]["credential"])

	_, err = s.replica().patchUser(s.id("finance"), deactivation)
	require.NoError(t, err)
	assert.Equal(t, records[0]["credential"], s.audit.take(t)[0]["credential"], "the same on every replica")
}
