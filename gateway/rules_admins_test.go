package gateway_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/sugerclient"
)

// Rule 12 of no false success: nothing removes the last administrator, not even a
// rename of the account.
func TestRule12LastAdministrator(t *testing.T) {
	for _, contract := range bothContracts {
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract)
			before := s.everybody()
			path := s.user("admin")
			s.suger.ResetCalls()
			answers := map[string]*answer{
				"deactivated":  s.patch(path, deactivate),
				"removed":      s.do(http.MethodDelete, path, ""),
				"demoted":      s.patch(path, `{"op":"replace","path":"roles","value":["EDITOR"]}`),
				"by its group": s.patch(s.role("ADMIN"), `{"op":"replace","path":"members","value":[]}`),
				"emptied role": s.do(http.MethodPut, path, `{"userName":"admin@example.com","roles":[]}`),
			}
			if contract == onStatus {
				answers["renamed"] = s.patch(path, `{"op":"replace","path":"userName","value":"other@example.com"}`)
				answers["renamed by PUT"] = s.do(http.MethodPut, path, `{"userName":"other@example.com"}`)
			}
			for name, a := range answers {
				assert.Equal(t, scim.CodeLastAdmin, a.code(), "%s: %s", name, a.text)
			}
			assert.Zero(t, s.writes())
			assert.Equal(t, before, s.everybody())
		})
	}
}

// administrators counts those whom Suger shows with access.
func (s *ruleStand) administrators() (n int) {
	for _, user := range s.suger.Users() {
		if user.Role == "ADMIN" && (s.contract == onMembership || user.Status == sandbox.StatusActive) {
			n++
		}
	}
	return n
}

// twoAdministrators makes a second one.
func (s *ruleStand) twoAdministrators() {
	editor, _ := s.suger.UserByEmail("editor@example.com")
	editor.Role = "ADMIN"
	s.suger.PutUser(editor)
}

// Rule 13: two replicas take the last two administrators away at the same moment.
// Either one of them restores the role, or, if Suger cannot be read afterwards,
// neither answers success, and the error says what to do.
func TestRule13TwoReplicas(t *testing.T) {
	const demote, remove = `{"op":"replace","path":"roles","value":["VIEWER"]}`, ""
	for _, test := range []struct {
		name, contract, operation string // "" for DELETE
		readable                  bool   // the list, afterwards
	}{
		{"demoted", onMembership, demote, true},
		{"demoted", onStatus, demote, true},
		{"access ended", onMembership, deactivate, true},
		{"access ended", onStatus, deactivate, true},
		{"removed", onMembership, remove, true},
		{"removed", onStatus, remove, true},
		{"demoted, and no list", onMembership, demote, false},
		{"demoted, and no list", onStatus, demote, false},
		{"access ended, and no list", onMembership, deactivate, false},
		{"access ended, and no list", onStatus, deactivate, false},
		{"removed, and no list", onMembership, remove, false},
		{"removed, and no list", onStatus, remove, false},
	} {
		t.Run(test.contract+" "+test.name, func(t *testing.T) {
			s := newRuleStand(t, test.contract)
			s.twoAdministrators()
			replicas := []*stack{s.stack, s.replica(sugerclient.Config{})}
			paths := []string{s.user("admin"), s.user("editor")}
			var both sync.WaitGroup
			both.Add(2)
			var wrote atomic.Int32
			s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet && wrote.Add(1) <= 2 {
					both.Done()
					both.Wait() // each has looked before the other writes
				} else if r.Method == http.MethodGet && wrote.Load() >= 2 && !test.readable {
					w.WriteHeader(http.StatusServiceUnavailable)
					return true
				}
				return false
			})
			answers := make([]*answer, 2)
			var done sync.WaitGroup
			for i := range replicas {
				done.Go(func() {
					if test.operation == remove {
						answers[i] = replicas[i].do(http.MethodDelete, paths[i], "")
					} else {
						answers[i] = replicas[i].patch(paths[i], test.operation)
					}
				})
			}
			done.Wait()
			successes := 0
			for _, a := range answers {
				if a.status < 400 {
					successes++
				}
			}
			if test.readable {
				assert.LessOrEqual(t, successes, 1)
				assert.Positive(t, s.administrators(), "%s\n%s", answers[0].text, answers[1].text)
				return
			}
			assert.Zero(t, successes, "%s\n%s", answers[0].text, answers[1].text)
			for _, a := range answers {
				assert.Contains(t, a.text, "administrator", "what to do is said")
			}
		})
	}
}

// Rule 14: while a write is on its way to somebody who was no administrator, that
// person has become the last one. The end of their access is undone or is an error,
// and never a success that leaves nobody. (Where one record proves a change of
// role, that record does not show what the person was meanwhile.)
func TestRule14SlowWrite(t *testing.T) {
	end := func(s *ruleStand) *answer { return s.patch(s.user("editor"), deactivate) }
	remove := func(s *ruleStand) *answer { return s.do(http.MethodDelete, s.user("editor"), "") }
	demote := func(s *ruleStand) *answer {
		return s.patch(s.user("editor"), `{"op":"replace","path":"roles","value":["VIEWER"]}`)
	}
	for _, test := range []struct {
		name, contract string
		send           func(*ruleStand) *answer
	}{
		{"access ended", onMembership, end},
		{"removed", onMembership, remove},
		{"another role", onMembership, demote},
		{"access ended", onStatus, end},
		{"removed", onStatus, remove},
	} {
		t.Run(test.contract+" "+test.name, func(t *testing.T) {
			s := newRuleStand(t, test.contract)
			var once sync.Once
			s.onRequest(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet {
					once.Do(func() { // in Suger's console
						s.twoAdministrators()
						admin, _ := s.suger.UserByEmail("admin@example.com")
						admin.Role = "VIEWER"
						s.suger.PutUser(admin)
					})
				}
				return false
			})
			a := test.send(s)
			assert.Equal(t, scim.CodeLastAdmin, a.code(), "%d %s", a.status, a.text)
			if test.contract == onStatus && test.name == "access ended" {
				assert.Equal(t, 1, s.administrators(), "given back")
			}
		})
	}
}

// Rule 12: a group that hands the administrator's role over, and fails for who is to
// get it, leaves it where it was.
func TestRule12HandoverThatFails(t *testing.T) {
	for _, contract := range bothContracts {
		for _, kind := range []sandbox.FaultKind{sandbox.NotApplied, sandbox.Status(http.StatusBadRequest), sandbox.Status(http.StatusServiceUnavailable)} {
			t.Run(contract+" "+string(kind), func(t *testing.T) {
				s := newRuleStand(t, contract)
				handover := `{"op":"replace","path":"members","value":[{"value":"` + strings.TrimPrefix(s.user("editor"), "/scim/v2/Users/") + `"}]}`
				require.NoError(t, s.suger.SetFaults(sandbox.Fault{Operation: "update user", Kind: kind, Times: 1}))
				a := s.patch(s.role("ADMIN"), handover)
				assert.GreaterOrEqual(t, a.status, 400, a.text)
				assert.Equal(t, s.has("ADMIN"), s.state("admin"))
				assert.Less(t, s.patch(s.role("ADMIN"), handover).status, 300, "a repeat does it")
				assert.Equal(t, s.has("VIEWER")+", "+s.has("ADMIN"), s.state("admin")+", "+s.state("editor"))
			})
		}
	}
}

// Rule 20: what the guard gives back has audit records of its own.
func TestRule20UndoIsAudited(t *testing.T) {
	for _, contract := range bothContracts {
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract)
			s.twoAdministrators()
			var once sync.Once
			s.onRequest(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPatch {
					once.Do(func() { // another replica
						admin, _ := s.suger.UserByEmail("admin@example.com")
						admin.Role = "VIEWER"
						s.suger.PutUser(admin)
					})
				}
				return false
			})
			a := s.patch(s.user("editor"), `{"op":"replace","path":"roles","value":["VIEWER"]}`)
			assert.Equal(t, scim.CodeLastAdmin, a.code(), a.text)
			assert.Equal(t, s.has("ADMIN"), s.state("editor"), "given back")
			var told []string
			for _, record := range s.records() {
				before, _ := record["before"].(map[string]any)
				after, _ := record["after"].(map[string]any)
				told = append(told, strings.Join([]string{record["what"].(string), before["role"].(string), after["role"].(string), record["outcome"].(string)}, " "))
			}
			require.Len(t, told, 2)
			assert.Equal(t, "undo VIEWER ADMIN done", told[1])
			assert.Contains(t, told[0], "ADMIN VIEWER done")
		})
	}
}

// While the list of roles was slow, another gateway has made the person the only
// administrator: the person's record is read again before it is changed.
func TestRule12RolesThatAreLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		suger := newSuger(t)
		viewer, ok := suger.UserByEmail("viewer@example.com")
		require.True(t, ok)
		late := true
		s := newStackInMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if late && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/role") {
				late = false
				time.Sleep(2 * time.Second)
				for _, user := range suger.Users() {
					user.Role = map[bool]string{true: "ADMIN", false: "VIEWER"}[user.ID == viewer.ID]
					suger.PutUser(user)
				}
			}
			suger.ServeHTTP(w, r)
		}))
		a := s.do(http.MethodPatch, "/scim/v2/Users/"+viewer.ID, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"roles","value":["Finance"]}]}`)
		assertError(t, a, http.StatusConflict, "", scim.CodeLastAdmin)
		viewer, _ = suger.User(viewer.ID)
		assert.Equal(t, "ADMIN", viewer.Role)
	})
}
