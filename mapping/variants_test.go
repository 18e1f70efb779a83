package mapping_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

func TestVariantReadsAWholeUser(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		id, role := s.id("former"), "EDITOR"
		got, err := s.getUser(id)
		require.NoError(t, err)

		extension := map[string]any{"organizationId": sandbox.DefaultOrganization, "role": role}
		if word := v.status["INACTIVE"]; word != "" {
			extension["status"] = word
		}
		held, _ := s.suger.User(id)
		meta := map[string]any{"resourceType": "User", "created": inMillis(held.CreationTime), "version": got.Version()}
		if v.contract != "removal" { // that contract has no modification time
			meta["lastModified"] = inMillis(held.LastUpdateTime)
		}
		assert.Equal(t, scim.Resource{
			"schemas": []any{scim.URNUser, mapping.URNSuger}, "id": id, "userName": "former@example.com",
			"name":        map[string]any{"givenName": "Heather", "familyName": "Harbor", "formatted": "Heather Harbor"},
			"displayName": "Heather Harbor",
			"emails":      []any{map[string]any{"value": "former@example.com", "type": "work", "primary": true}},
			"active":      v.removes, // without a status, a listed user has access
			"roles":       []any{map[string]any{"value": role, "display": role, "type": "suger", "primary": true}},
			"groups":      []any{map[string]any{"value": role, "display": role}},
			"meta":        meta, mapping.URNSuger: extension,
		}, got)

		invited, err := s.getUser(s.id("invited"))
		require.NoError(t, err)
		word, _ := extensionWord(invited, "status")
		assert.Equal(t, v.status["INVITED"], word)
		assert.Equal(t, true, invited["active"])

		_, err = s.getUser("480999")
		assertCode(t, scim.CodeNotFound, err)
	})
}

func inMillis(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func extensionWord(r scim.Resource, name string) (string, bool) {
	word, ok := extension(r)[name].(string)
	return word, ok
}

func TestVariantListsEverybodyOnce(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t, func(s *setup) { s.sandbox.People = 1100 })
		want := slices.SortedFunc(slices.Values(s.suger.Users()), func(a, b sandbox.User) int {
			return cmp.Or(a.CreationTime.Compare(b.CreationTime), strings.Compare(a.ID, b.ID))
		})
		seen := make(map[string]bool)
		for start := 1; start <= 1108; start += 300 {
			q := s.query(s.service.UserType(), "")
			q.StartIndex, q.Count = start, 300
			list, err := s.users().List(t.Context(), q)
			require.NoError(t, err)
			require.Equal(t, 1108, list.TotalResults)
			for i, r := range list.Resources {
				require.Equal(t, want[start-1+i].ID, r.ID(), "in order of creation")
				seen[r.ID()] = true
			}
		}
		assert.Len(t, seen, 1108)
		assert.Equal(t, v.pages, s.suger.Count("list users"))
	})
}

func TestVariantLooksUp(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		for _, filter := range []string{
			`userName eq "MIXED.case@EXAMPLE.com"`, `emails.value eq "mixed.CASE@example.com"`, `id eq "` + s.id("Mixed.Case") + `"`,
		} {
			list, err := s.listUsers(filter)
			require.NoError(t, err)
			require.Equal(t, 1, list.TotalResults, filter)
			assert.Equal(t, "Mixed.Case@example.com", list.Resources[0]["userName"])
		}
		list, err := s.find("nobody")
		require.NoError(t, err)
		assert.Equal(t, 0, list.TotalResults)
	})
}

func TestVariantCreates(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		created, err := s.postUser(person("nova", `,"roles":[{"value":"editor"}]`))
		require.NoError(t, err)
		user, ok := s.suger.UserByEmail("nova@example.com")
		require.True(t, ok)
		assert.Equal(t, []string{"nova@example.com", "Iris", "Sample", "EDITOR"}, []string{user.Email, user.FirstName, user.LastName, user.Role})
		assert.Equal(t, user.ID, created.ID())
		read, err := s.getUser(created.ID())
		require.NoError(t, err)
		assert.Equal(t, read, created)

		_, err = s.postUser(person("viewer", ""))
		assertCode(t, scim.CodeUserExists, err)
		_, err = s.postUser(`{"userName":"nova@elsewhere.example.net"}`)
		assertCode(t, scim.CodeDomainRefused, err)
		_, err = s.postUser(person("opal", `,"roles":["Superuser"]`))
		assertCode(t, scim.CodeUnknownRole, err)

		noRole, err := s.postUser(person("opal", ""))
		require.NoError(t, err)
		assert.Equal(t, "VIEWER", extension(noRole)["role"], "the default role")
	})
}

func TestVariantReportsMissingSeat(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		seats := 7
		if v.removes { // the user who is inactive elsewhere has a seat here
			seats = 8
		}
		s := v.stand(t, func(s *setup) { s.sandbox.Seats = seats })
		_, err := s.postUser(person("nova", ""))
		assertCode(t, scim.CodeNoSeat, err)
		assert.Equal(t, "absent", s.state("nova"))
	})
}

func TestVariantChangesAProfile(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		id := s.id("invited")
		before, _ := s.suger.User(id)
		changed, err := s.patchUser(id, `{"op":"replace","value":{"name":{"givenName":"Granita Rosa"}}}`)
		require.NoError(t, err)
		assert.Equal(t, map[string]any{"givenName": "Granita Rosa", "familyName": "Gate", "formatted": "Granita Rosa Gate"}, changed["name"])
		after, _ := s.suger.User(id)
		before.FirstName, before.LastUpdateTime = "Granita Rosa", after.LastUpdateTime
		assert.Equal(t, before, after, "nothing else changes, the invitation included")

		s.calls()
		_, err = s.patchUser(id, `{"op":"replace","path":"name.givenName","value":"Granita Rosa"}`)
		require.NoError(t, err)
		assert.NotContains(t, s.calls(), "update user", "no change to write")

		cleared, err := s.patchUser(id, `{"op":"remove","path":"name.familyName"}`)
		require.NoError(t, err)
		after, _ = s.suger.User(id)
		if v.contract == "removal" { // with a single name field, the last word becomes the family name again
			assert.Equal(t, "Granita Rosa", cleared["displayName"])
			return
		}
		assert.Equal(t, []string{"Granita Rosa", ""}, []string{after.FirstName, after.LastName})
	})
}

func TestVariantChangesTheEmailOrRefuses(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		id := s.id("viewer")
		changed, err := s.putUser(id, `{"userName":"cedar@example.com","name":{"givenName":"Cedar","familyName":"Compass"},"active":true}`)
		if v.fixedEmail {
			assertCode(t, scim.CodeMutability, err)
			assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))
			return
		}
		require.NoError(t, err)
		assert.Equal(t, "cedar@example.com", changed["userName"])
		assert.Equal(t, id, s.id("cedar"))
		assert.Equal(t, "absent", s.state("viewer"))
	})
}

func TestVariantEndsAndRestoresAccess(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		id := s.id("editor")
		left, err := s.patchUser(id, deactivation)
		require.NoError(t, err)
		assert.Equal(t, false, left["active"])

		if v.removes {
			assert.Equal(t, "absent", s.state("editor"))
			_, err = s.getUser(id)
			assertCode(t, scim.CodeNotFound, err)
			back, err := s.postUser(person("editor", ""))
			require.NoError(t, err)
			assert.Equal(t, v.global, id == back.ID(), "the id belongs to the person or to the membership")
			assert.Equal(t, "VIEWER ACTIVE", s.state("editor"), "the old role is not restored")
			return
		}
		assert.Equal(t, "EDITOR INACTIVE", s.state("editor"))
		read, err := s.getUser(id)
		require.NoError(t, err)
		assert.Equal(t, left, read)
		back, err := s.patchUser(id, reactivation)
		require.NoError(t, err)
		assert.Equal(t, []any{true, id}, []any{back["active"], back["id"]})
		assert.Equal(t, "EDITOR ACTIVE", s.state("editor"))

		revived, err := s.postUser(person("former", `,"roles":["EDITOR"]`))
		require.NoError(t, err)
		assert.Equal(t, []any{true, s.id("former")}, []any{revived["active"], revived["id"]})
		user, _ := s.suger.UserByEmail("former@example.com")
		assert.Equal(t, []string{"EDITOR", "ACTIVE", "Iris"}, []string{user.Role, user.Status, user.FirstName})
	})
}

func TestVariantRemoves(t *testing.T) {
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		id := s.id("editor")
		require.NoError(t, s.deleteUser(id))
		assert.Equal(t, "absent", s.state("editor"))
		assertCode(t, scim.CodeNotFound, s.deleteUser(id))
	})
}

// The calls of a write, depending on what the contract offers: a read, the writes, and
// a read that confirms them.
func TestVariantCalls(t *testing.T) {
	read := map[bool]string{false: "get user", true: "list users"}
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t)
		id := s.id("viewer")
		calls := func(act func() error) string {
			s.clock.Advance(time.Minute) // expires the cached lists
			s.calls()
			require.NoError(t, act())
			return strings.Join(s.calls(), ", ")
		}
		patch := func(op string) func() error {
			return func() error { _, err := s.patchUser(id, op); return err }
		}
		update, role, end := []string{read[v.noGet]}, []string{read[v.noGet]}, []string{read[v.noGet]}
		if v.wholeReads {
			update, role, end = append(update, "get user"), append(role, "get user"), append(end, "get user")
		}
		update = append(update, "update user", read[v.noGet])
		switch {
		case v.many: // the requested roles replace the held ones
			role = append(role, "revoke role", "grant role", read[v.noGet])
		case v.ownRoleOps:
			role = append(role, "set role", read[v.noGet])
		default:
			role = append(role, "update user", read[v.noGet])
		}
		switch {
		case v.removes:
			end = append(end, "remove user", "list users")
		case v.many:
			end = append(end, "deactivate user", read[v.noGet])
		default:
			end = append(end, "update user", read[v.noGet])
		}
		if !v.removes && !v.noGet {
			end = append(end, "list users") // access has ended only if the list confirms it
		}
		assert.Equal(t, strings.Join(update, ", "), calls(patch(`{"op":"replace","path":"name.givenName","value":"Cypress"}`)), "profile")
		assert.Equal(t, strings.Join(role, ", "), calls(patch(roleTo("EDITOR"))), "role")
		assert.Equal(t, strings.Join(end, ", "), calls(patch(deactivation)), "end of access")
	})
}
