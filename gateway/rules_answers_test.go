package gateway_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
	"suger-scim-gateway/mapping"
)

// Rule 3: a removal is not confirmed as long as the list has the leaver's row, even
// an unreadable one.
func TestUnreadableRowIsNotGone(t *testing.T) {
	for name, spoil := range map[string]func(row map[string]any){
		"email null":   func(row map[string]any) { row["email"] = nil },
		"email empty":  func(row map[string]any) { row["email"] = "" },
		"role odd":     func(row map[string]any) { row["userRole"] = map[string]any{} },
		"id null":      func(row map[string]any) { row["id"] = nil },
		"neither read": func(row map[string]any) { row["id"], row["email"] = nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			for _, end := range []string{"deactivate", "delete"} {
				s := newRuleStand(t, onMembership)
				path := s.user("viewer")
				require.NoError(t, s.suger.SetFaults(sandbox.Fault{Operation: "remove user", Kind: sandbox.NotApplied}))
				s.onRequest(func(_ http.ResponseWriter, r *http.Request) bool {
					if r.Method == http.MethodDelete {
						s.onList(func(records []any) { spoil(record(records, "viewer")) })
					}
					return false
				})
				a := s.do(http.MethodDelete, path, "")
				if end == "deactivate" {
					a = s.patch(path, deactivate)
				}
				assert.GreaterOrEqual(t, a.status, 500, a.text)
			}
		})
	}
}

// An empty list is an error for every request.
func TestListWithoutAnybody(t *testing.T) {
	for _, list := range []string{`[]`, `null`} {
		s := newRuleStand(t, onMembership)
		before, viewer := s.everybody(), s.user("viewer")
		s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/user") {
				return []byte(list)
			}
			return body
		}))
		for _, send := range [][3]string{
			{http.MethodGet, "/scim/v2/Users", ""},
			{http.MethodGet, `/scim/v2/Users?filter=userName+eq+%22viewer@example.com%22`, ""},
			{http.MethodGet, viewer, ""},
			{http.MethodDelete, viewer, ""},
			{http.MethodPost, "/scim/v2/Users", `{"userName":"admin@example.com","roles":[{"value":"VIEWER"}]}`},
			{http.MethodPut, "/scim/v2/Groups/ADMIN", `{"displayName":"ADMIN","members":[]}`},
		} {
			a := s.do(send[0], send[1], send[2])
			assert.Equal(t, scim.CodeSugerUnreadable, a.code(), "%v: %s", send, a.text)
		}
		assert.Equal(t, before, s.everybody())
	}
	s := newRuleStand(t, onMembership)
	path := s.user("viewer")
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Operation: "remove user", Kind: sandbox.NotApplied}))
	s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodDelete {
			s.onRequest(func(w http.ResponseWriter, r *http.Request) bool { _, _ = w.Write([]byte(`[]`)); return true })
		}
		return false
	})
	assert.Equal(t, scim.CodeSugerUnreadable, s.do(http.MethodDelete, path, "").code(), "nor a proof")
}

// beforeWrite makes a change in the console once, before the first write
// arrives.
func (s *ruleStand) beforeWrite(act func()) {
	var once sync.Once
	s.onRequest(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet {
			once.Do(act)
		}
		return false
	})
}

// gives is somebody at the console who gives a sample person a role.
func (s *ruleStand) gives(mailbox, role string) {
	user, _ := s.suger.UserByEmail(mailbox + "@example.com")
	user.Role = role
	s.suger.PutUser(user)
}

// Rule 13: a bulk request protects the last administrator like single requests.
func TestBulkKeepsAnAdministrator(t *testing.T) {
	for name, operation := range map[string]string{
		"demotion":     `{"method":"PATCH","path":"USER","data":{"Operations":[{"op":"replace","path":"roles","value":[{"value":"VIEWER"}]}]}}`,
		"deactivation": `{"method":"PATCH","path":"USER","data":{"Operations":[{"op":"replace","path":"active","value":false}]}}`,
		"removal":      `{"method":"DELETE","path":"USER"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newRuleStand(t, onMembership)
			path := strings.TrimPrefix(s.user("editor"), "/scim/v2")
			s.beforeWrite(func() { s.gives("editor", "ADMIN"); s.gives("admin", "VIEWER") })
			results := s.bulk(strings.ReplaceAll(operation, "USER", path))
			assert.Equal(t, scim.CodeLastAdmin, results[0]["code"], "%v", results)
		})
	}
}

// A bulk request reads a new list before it reports a missing member or compares a version.
func TestBulkReadsANewList(t *testing.T) {
	clock := standin.NewClock(time.Now())
	slow := func(s *ruleStand, act func()) {
		s.beforeWrite(func() { clock.Advance(2 * time.Second); act() })
	}
	first := func(s *ruleStand) string {
		return `{"method":"PATCH","path":"` + strings.TrimPrefix(s.user("finance"), "/scim/v2") + `","data":{"Operations":[{"op":"replace","path":"name.givenName","value":"Neo"}]}},`
	}
	stand := func() *ruleStand {
		return newRuleStand(t, onMembership, func(_ *sandbox.Options, c *mapping.Config) { c.Now = clock.Now })
	}
	end := func(path string) string {
		return `{"method":"PATCH","path":"` + strings.TrimPrefix(path, "/scim/v2") + `","data":{"Operations":[{"op":"replace","path":"active","value":false}]}}`
	}

	s := stand()
	path := s.user("editor")
	editor, _ := s.suger.UserByEmail("editor@example.com")
	require.Less(t, s.patch(path, deactivate).status, 300)
	slow(s, func() { s.suger.PutUser(editor) })
	s.bulk(first(s) + end(path))
	assert.Equal(t, "gone", s.state("editor"), "who has come back meanwhile has not left")

	s = stand()
	slow(s, func() {
		s.suger.PutUser(sandbox.User{Email: "nova@example.com", FirstName: "Nova", Role: "ADMIN"})
	})
	results := s.bulk(first(s) + `{"method":"POST","path":"/Users","bulkId":"n","data":{"userName":"nova@example.com"}}`)
	assert.Equal(t, "409", results[1]["status"])
	assert.Equal(t, "ADMIN", s.state("nova"))

	s = stand()
	version := s.get(s.user("editor")).header.Get("ETag")
	slow(s, func() { s.gives("editor", "ADMIN") })
	results = s.bulk(first(s) + `{"method":"PATCH","version":` + quote(version) + `,"path":"` + strings.TrimPrefix(s.user("editor"), "/scim/v2") + `","data":{"Operations":[{"op":"replace","path":"roles","value":[{"value":"VIEWER"}]}]}}`)
	assert.Equal(t, "412", results[1]["status"])
	assert.Equal(t, "ADMIN", s.state("editor"))
}

func quote(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

// If nobody is known to be an administrator, a person with an unreadable role may be
// one.
func TestUnreadableRoleMayBeTheLastAdministrator(t *testing.T) {
	for _, role := range []any{nil, "", "OWNER", "admin"} {
		for name, send := range map[string]func(s *ruleStand, path string) *answer{
			"deactivation": func(s *ruleStand, path string) *answer { return s.patch(path, deactivate) },
			"removal":      func(s *ruleStand, path string) *answer { return s.do(http.MethodDelete, path, "") },
			"demotion": func(s *ruleStand, path string) *answer {
				return s.patch(path, `{"op":"replace","path":"roles","value":[{"value":"VIEWER"}]}`)
			},
		} {
			s := newRuleStand(t, onMembership)
			path := s.user("admin")
			s.onList(func(records []any) { record(records, "admin")["userRole"] = role })
			a := send(s, path)
			assert.GreaterOrEqual(t, a.status, 400, "%s, %v: %s", name, role, a.text)
			assert.Equal(t, "ADMIN", s.state("admin"))
			assert.Zero(t, s.writes())
		}
	}
}

// An update that sends the whole object does not overwrite an object that
// differs from the planned one.
func TestWholeObjectIsThePlannedOne(t *testing.T) {
	for name, change := range map[string]func(user map[string]any){
		"somebody else": func(user map[string]any) { user["userId"] = 4711 },
		"another role": func(user map[string]any) {
			user["role"] = map[string]any{"id": "ADMIN", "name": "ADMIN"}
		},
		"access": func(user map[string]any) { user["enabled"] = false },
	} {
		t.Run(name, func(t *testing.T) {
			s := newRuleStand(t, "envelope")
			path, before := s.user("viewer"), s.everybody()
			gets := 0
			s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
				if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, strings.TrimPrefix(path, "/scim/v2/Users/")) {
					if gets++; gets == 2 {
						return changed(t, body, change)
					}
				}
				return body
			}))
			a := s.patch(path, `{"op":"replace","path":"name.givenName","value":"Neo"}`)
			assert.GreaterOrEqual(t, gets, 2)
			assert.GreaterOrEqual(t, a.status, 500, a.text)
			assert.Equal(t, before, s.everybody())
			assert.Zero(t, s.writes())
		})
	}
}

// A person who has left has no version.
func TestReturnWithAnOldVersion(t *testing.T) {
	s := newRuleStand(t, onMembership)
	path := s.user("viewer")
	version := s.get(path).header.Get("ETag")
	require.Less(t, s.patch(path, deactivate).status, 300)
	a := s.patch(path, `{"op":"replace","path":"active","value":true}`, "If-Match", version)
	assert.Equal(t, scim.CodeVersionMismatch, a.code(), a.text)
	assert.Equal(t, "gone", s.state("viewer"))
}

// If a call by id shows a member whom the list lacks, the list is not trusted.
func TestListLacksWhoIsAMember(t *testing.T) {
	s := newRuleStand(t, onStatus)
	s.gives("editor", "ADMIN") // so that the guard needs the list
	path := s.user("editor")
	s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/user") {
			return without(t, body, "editor@example.com")
		}
		return body
	}))
	assert.Equal(t, scim.CodeSugerUnreadable, s.patch(path, deactivate).code())
	assert.Equal(t, scim.CodeSugerUnreadable, s.do(http.MethodDelete, path, "").code())
}

// A list that leaves out people without access does not contradict the call by id.
func TestListWithoutInactivePeople(t *testing.T) {
	s := newRuleStand(t, onStatus)
	path := s.user("former")
	s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/user") {
			return without(t, body, "former@example.com")
		}
		return body
	}))
	a := s.patch(path, deactivate)
	assert.Less(t, a.status, 300, a.text)
	assert.Zero(t, s.writes())
}

// Suger's answer to adding a person is used only if it is about that person.
func TestAddIsAnsweredWithSomebodyElse(t *testing.T) {
	s := newRuleStand(t, onStatus)
	before := s.everybody()
	former, _ := s.suger.UserByEmail("former@example.com")
	s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
		if r.Method == http.MethodPost {
			return []byte(`{"id":"` + former.ID + `","email":"former@example.com","firstName":"F","lastName":"F","role":"` + former.Role + `","status":"INACTIVE"}`)
		}
		return body
	}))
	a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"nova@example.com","name":{"givenName":"Nova","familyName":"Person"}}`)
	assert.Equal(t, http.StatusCreated, a.status, "the list shows that it was done: %s", a.text)
	after := s.everybody()
	delete(after, "nova@example.com")
	assert.Equal(t, before, after, "and nobody else was touched")
}

// The answer to creating a role must be a role that did not exist before.
func TestNewRoleIsAnsweredAsAnother(t *testing.T) {
	s := newRuleStand(t, onMembership)
	viewer := strings.TrimPrefix(s.user("viewer"), "/scim/v2/Users/")
	s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			_, _ = w.Write([]byte(`{"id":"ADMIN","name":"Staff"}`))
			return true
		}
		return false
	})
	a := s.do(http.MethodPost, "/scim/v2/Groups", `{"displayName":"Staff","members":[{"value":"`+viewer+`"}]}`)
	assert.GreaterOrEqual(t, a.status, 500, a.text)
	assert.Equal(t, "VIEWER", s.state("viewer"))
}

// Changes of groups and roles begin with a list of roles of their own.
func TestRolesOfAnotherReplica(t *testing.T) {
	s := newRuleStand(t, onMembership, func(_ *sandbox.Options, c *mapping.Config) { c.ListTTL = time.Hour })
	other := s.replica(sugerConfig)
	require.Equal(t, http.StatusOK, other.do(http.MethodGet, "/scim/v2/Groups", "").status, "which reads the roles")
	made := s.do(http.MethodPost, "/scim/v2/Groups", `{"displayName":"Partner"}`)
	require.Equal(t, http.StatusCreated, made.status, made.text)
	path := "/scim/v2/Groups/" + made.body["id"].(string)
	a := other.patch(path, `{"op":"add","path":"members","value":[{"value":"`+strings.TrimPrefix(s.user("viewer"), "/scim/v2/Users/")+`"}]}`)
	assert.Less(t, a.status, 300, a.text)
	assert.Equal(t, http.StatusNoContent, other.do(http.MethodDelete, path, "").status)
}

// A member who leaves while a group is changed does not turn the answer into "no
// such group".
func TestMemberLeavesMeanwhile(t *testing.T) {
	for name, send := range map[string]func(s *ruleStand, group, member string) *answer{
		"deletion": func(s *ruleStand, group, _ string) *answer { return s.do(http.MethodDelete, group, "") },
		"removal": func(s *ruleStand, group, member string) *answer {
			return s.patch(group, `{"op":"remove","path":"members[value eq \"`+member+`\"]"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRuleStand(t, onMembership)
			finance, _ := s.suger.UserByEmail("finance@example.com")
			s.beforeWrite(func() { s.suger.RemoveUser(finance.ID) })
			a := send(s, s.role("Finance"), finance.ID)
			assert.Less(t, a.status, 300, a.text)
		})
	}
}

// An address that a server may take for a member's is not added: Suger would give
// the member another role.
func TestLookalikeAddress(t *testing.T) {
	s := newRuleStand(t, onMembership, func(_ *sandbox.Options, c *mapping.Config) { c.ProtectedUsers = []string{"kay@example.com"} })
	s.suger.PutUser(sandbox.User{Email: "skipper@example.com", FirstName: "S", Role: "ADMIN"})
	for address, found := range map[string]float64{"SKIPPER@example.com": 1, "s%E2%84%AAipper@example.com": 0} {
		assert.Equal(t, found, s.get("/scim/v2/Users?filter=userName+eq+%22" + address + "%22").body["totalResults"], address)
	}
	a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"s\u212aipper@example.com"}`)
	assert.Equal(t, scim.CodeUserExists, a.code(), a.text)
	a = s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"\u212aay@example.com"}`)
	assert.Equal(t, scim.CodeProtectedUser, a.code(), a.text)
	assert.Zero(t, s.writes())
}

// It is unclear which of two different rows of one user is right, so a change is
// confirmed only if both show it; access can still end.
func TestTwoRowsOfOneUser(t *testing.T) {
	s := newRuleStand(t, onMembership)
	path := s.user("viewer")
	s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/user") {
			return doubled(t, body, "viewer@example.com", func(row map[string]any) { row["userRole"] = "EDITOR" })
		}
		return body
	}))
	assert.Equal(t, http.StatusOK, s.do(http.MethodGet, path, "").status)
	toViewer := `{"op":"replace","path":"roles","value":[{"value":"VIEWER"}]}`
	assert.Equal(t, scim.CodeWriteUnconfirmed, s.patch(path, toViewer).code(), "the other row shows more")
	member := strings.TrimPrefix(path, "/scim/v2/Users/")
	a := s.patch("/scim/v2/Groups/EDITOR", `{"op":"remove","path":"members[value eq \"`+member+`\"]"}`)
	assert.GreaterOrEqual(t, a.status, 500, a.text)
	assert.Less(t, s.patch(path, deactivate).status, 300)
	assert.Equal(t, "gone", s.state("viewer"))
}

// A group's change that names somebody whose record cannot be used is an error: they
// may hold the role.
func TestMemberThatCannotBeRead(t *testing.T) {
	for _, field := range []string{"email", "userRole"} {
		s := newRuleStand(t, onMembership)
		member := strings.TrimPrefix(s.user("editor"), "/scim/v2/Users/")
		s.onList(func(records []any) { record(records, "editor")[field] = map[string]any{} })
		for _, op := range []string{`{"op":"remove","path":"members[value eq \"` + member + `\"]"}`, `{"op":"add","path":"members","value":[{"value":"` + member + `"}]}`} {
			a := s.patch("/scim/v2/Groups/EDITOR", op)
			assert.Equal(t, scim.CodeSugerUnreadable, a.code(), "%s: %s", field, a.text)
		}
	}
}

// A record without an id does not affect people with other addresses.
func TestRecordWithoutIDOfSomebodyElse(t *testing.T) {
	s := newRuleStand(t, onMembership)
	path := s.user("viewer")
	require.Less(t, s.patch(path, deactivate).status, 300)
	s.onList(func(records []any) { delete(record(records, "editor"), "id") })
	assert.Less(t, s.patch(path, deactivate).status, 300, "who has left has left")
	assert.Equal(t, http.StatusNotFound, s.do(http.MethodGet, path, "").status)
}

// The brake counts a change that is repeated once.
func TestBrakeCountsARepeatOnce(t *testing.T) {
	s := newRuleStand(t, onMembership, func(_ *sandbox.Options, c *mapping.Config) { c.Brake = mapping.Brake{Limit: 2, Window: time.Hour} })
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Operation: "remove user", Kind: sandbox.NotApplied}))
	for range 4 {
		assert.Equal(t, scim.CodeWriteUnconfirmed, s.patch(s.user("viewer"), deactivate).code())
	}
	s.suger.ClearFaults()
	assert.Less(t, s.patch(s.user("editor"), deactivate).status, 300)
	assert.Less(t, s.patch(s.user("viewer"), deactivate).status, 300)
	assert.Equal(t, scim.CodeChangeBrake, s.patch(s.user("finance"), deactivate).code())
}

// Access that has ended by one answer but not by the list is ended.
func TestInactiveByIDAlone(t *testing.T) {
	s := newRuleStand(t, onStatus)
	path := s.user("viewer")
	id := strings.TrimPrefix(path, "/scim/v2/Users/")
	s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, id) && s.writes() == 0 {
			return changed(t, body, func(user map[string]any) { user["status"] = "INACTIVE" })
		}
		return body
	}))
	assert.Less(t, s.patch(path, deactivate).status, 300)
	assert.Equal(t, "VIEWER INACTIVE", s.state("viewer"))
}

// A list of roles with one of another organization is refused.
func TestRoleOfAnotherOrganization(t *testing.T) {
	s := newRuleStand(t, onMembership)
	s.rewrite.Store(new(func(_ *http.Request, body []byte) []byte {
		return []byte(strings.ReplaceAll(string(body), `"organizationID":"sandboxed"`, `"organizationID":"elsewhere"`))
	}))
	assert.Equal(t, scim.CodeSugerUnreadable, s.do(http.MethodGet, "/scim/v2/Groups", "").code())
}

// A key that Suger has not accepted for the organization holds none of its locks,
// however long Suger takes to refuse it.
func TestForeignKeyHoldsNoLock(t *testing.T) {
	s := newRuleStand(t, onMembership)
	path := s.user("viewer")
	called, release := make(chan struct{}, 10), make(chan struct{})
	s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.Header.Get("Authorization"), "foreign-key") {
			return false
		}
		called <- struct{}{}
		<-release
		w.WriteHeader(http.StatusForbidden)
		return true
	})
	foreign, good := make(chan *answer, 1), make(chan *answer, 1)
	go func() { foreign <- s.patch(path, deactivate, "Authorization", "Bearer foreign-key") }()
	<-called
	go func() { good <- s.patch(path, deactivate) }()
	select {
	case a := <-good:
		assert.Less(t, a.status, 300, a.text)
	case <-time.After(30 * time.Second):
		t.Error("the right key waits for the foreign one")
	}
	close(release)
	assert.Equal(t, http.StatusForbidden, (<-foreign).status)
}

// A user who was once shown by two rows is read again once there is one.
func TestTwoRowsThatBecomeOne(t *testing.T) {
	s := newRuleStand(t, onMembership)
	s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/user") {
			return doubled(t, body, "viewer@example.com", func(row map[string]any) { row["userRole"] = "ADMIN" })
		}
		return body
	}))
	name := `{"op":"replace","path":"name.givenName","value":"Nova"}`
	require.Less(t, s.patch(s.user("finance"), name).status, 300)
	s.rewrite.Store(nil)
	a := s.patch(s.user("admin"), `{"op":"replace","path":"roles","value":["VIEWER"]}`)
	assert.Equal(t, scim.CodeLastAdmin, a.code(), a.text)
	assert.Equal(t, 1, s.administrators())
}

// Somebody who was removed and added again in Suger's console has another id there: the
// end of access by the old id is no success, and touches nobody.
func TestAddedAgainUnderAnotherID(t *testing.T) {
	for _, end := range []string{http.MethodPatch, http.MethodPut, http.MethodDelete} {
		s := newRuleStand(t, onMembership)
		path := s.user("viewer")
		s.onList(func(records []any) { record(records, "viewer")["id"] = "again1" })
		body := `{"schemas":["` + scim.URNUser + `"],"userName":"viewer@example.com","active":false}`
		if end == http.MethodPatch {
			body = `{"schemas":["` + scim.URNPatchOp + `"],"Operations":[` + deactivate + `]}`
		}
		a := s.do(end, path, body)
		assert.Equal(t, scim.CodeOtherAccount, a.code(), "%s: %s", end, a.text)
		assert.Contains(t, a.text, "again1")
		assert.Zero(t, s.writes())
	}
}

// Of two users with one address, the one that the client knows loses access, and the
// answer is no success, the first time and later.
func TestSecondAccountWithTheAddress(t *testing.T) {
	for _, method := range []string{http.MethodPatch, http.MethodDelete} {
		s := newRuleStand(t, onMembership)
		path := s.user("viewer")
		s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/user") {
				return rowsOf(t, body, func(rows []map[string]any) []map[string]any {
					return append(rows, map[string]any{"id": "second", "email": "VIEWER@example.com", "userRole": "EDITOR"})
				})
			}
			return body
		}))
		for range 2 {
			a := s.do(method, path, `{"schemas":["`+scim.URNPatchOp+`"],"Operations":[`+deactivate+`]}`)
			assert.Equal(t, scim.CodeOtherAccount, a.code(), a.text)
			assert.Equal(t, "gone", s.state("viewer"))
		}
		assert.Equal(t, 1, s.writes())
	}
}

// Somebody whom Suger knows without access, or gives the role from before, gets access
// with the role that the client asks for.
func TestNobodyReturnsWithAnOldRole(t *testing.T) {
	s := newRuleStand(t, onStatus, func(_ *sandbox.Options, c *mapping.Config) { c.AllowAdminGrant = false })
	s.gives("former", "ADMIN")
	s.onList(func(records []any) {
		if row := record(records, "former"); row["status"] == "INACTIVE" {
			row["id"], row["email"] = "hidden", "hidden@example.com"
		}
	})
	a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"former@example.com","roles":["VIEWER"]}`)
	assert.Equal(t, http.StatusCreated, a.status, a.text)
	assert.Equal(t, "VIEWER ACTIVE", s.state("former"))
}

// Access has ended only if the list and the record by id agree.
func TestEndOfAccessIsConfirmedTwice(t *testing.T) {
	hide := func(body []byte) []byte { return without(t, body, "viewer@example.com") }
	active := func(body []byte) []byte {
		return rowsOf(t, body, func(rows []map[string]any) []map[string]any {
			for _, row := range rows {
				if row["email"] == "viewer@example.com" {
					row["status"] = "ACTIVE"
				}
			}
			return rows
		})
	}
	remove := func(s *ruleStand) *answer { return s.do(http.MethodDelete, s.user("viewer"), "") }
	end := func(s *ruleStand) *answer { return s.patch(s.user("viewer"), deactivate) }
	bulk := func(method, data string) func(s *ruleStand) *answer {
		return func(s *ruleStand) *answer {
			path := strings.TrimPrefix(s.user("viewer"), "/scim/v2")
			result := s.bulk(`{"method":"` + method + `","path":"` + path + `"` + data + `}`)[0]
			status, _ := strconv.Atoi(result["status"].(string))
			return &answer{status: status, text: fmt.Sprint(result)}
		}
	}
	ends := `,"data":{"Operations":[{"op":"replace","path":"active","value":false}]}`
	for name, test := range map[string]struct {
		list func(body []byte) []byte // what it shows after the write
		done bool                     // whether Suger does the write
		send func(s *ruleStand) *answer
	}{
		"ended by id alone":            {active, true, end},
		"removed in the list alone":    {hide, false, remove},
		"removed in the list, in bulk": {hide, false, bulk("DELETE", "")},
		"ended in the list, in bulk":   {hide, false, bulk("PATCH", ends)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRuleStand(t, onStatus)
			if !test.done {
				require.NoError(t, s.suger.SetFaults(sandbox.Fault{Operation: "update user", Kind: sandbox.NotApplied}, sandbox.Fault{Operation: "remove user", Kind: sandbox.NotApplied}))
			}
			s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
				if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/user") {
					return test.list(body)
				}
				return body
			}))
			a := test.send(s)
			assert.GreaterOrEqual(t, a.status, 500, a.text)
		})
	}
}

// In a Bulk, nothing is taken for done because an operation before it, which is not
// proven yet, would have done it.
func TestBulkRepeatsUnconfirmedChanges(t *testing.T) {
	end := `{"method":"PATCH","path":"USER","data":{"Operations":[{"op":"replace","path":"active","value":false}]}}`
	remove := `{"method":"DELETE","path":"USER"}`
	leave := `{"method":"PATCH","path":"/Groups/EDITOR","data":{"Operations":[{"op":"remove","path":"members[value eq \"ID\"]"}]}}`
	back := `{"method":"POST","path":"/Users","bulkId":"b","data":{"userName":"editor@example.com","roles":["ADMIN"]}}`
	for name, operations := range map[string][]string{
		"deactivated twice": {end, end}, "deactivated and removed": {end, remove}, "removed twice": {remove, remove},
		"deactivated and out of a group": {end, leave}, "deactivated and created": {end, back},
	} {
		for _, contract := range bothContracts {
			t.Run(contract+" "+name, func(t *testing.T) {
				s := newRuleStand(t, contract)
				require.NoError(t, s.suger.SetFaults(sandbox.Fault{Operation: "update user", Kind: sandbox.NotApplied}, sandbox.Fault{Operation: "remove user", Kind: sandbox.NotApplied}))
				path := strings.TrimPrefix(s.user("editor"), "/scim/v2")
				body := strings.ReplaceAll(strings.Join(operations, ","), "USER", path)
				for _, result := range s.bulk(strings.ReplaceAll(body, "ID", strings.TrimPrefix(path, "/Users/"))) {
					assert.GreaterOrEqual(t, result["status"], "409", "%v", result)
				}
				assert.Equal(t, s.has("EDITOR"), s.state("editor"))
			})
		}
	}
}

// A role of somebody's own that has the name of a standard one is not that one.
func TestCustomRoleWithAStandardName(t *testing.T) {
	s := newRuleStand(t, onMembership)
	s.suger.PutRole(sandbox.Role{ID: "r7", Name: "ADMIN"})
	s.gives("viewer", "r7")
	assert.Equal(t, scim.CodeLastAdmin, s.patch(s.user("admin"), `{"op":"replace","path":"roles","value":["EDITOR"]}`).code())
	assert.Zero(t, s.writes(), "refused before it is tried")
	assert.Equal(t, scim.CodeAmbiguousRole, s.patch(s.user("editor"), `{"op":"replace","path":"roles","value":["admin"]}`).code())
	assert.Less(t, s.patch(s.user("editor"), `{"op":"replace","path":"roles","value":["ADMIN"]}`).status, 300)
	editor, _ := s.suger.UserByEmail("editor@example.com")
	assert.Equal(t, "ADMIN", editor.Role)
}
