package gateway_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
	"suger-scim-gateway/mapping"
)

const toViewer = `{"op":"replace","path":"roles","value":[{"value":"VIEWER"}]}`

// Nobody is added, and nobody said to be missing, as long as a row may be theirs.
func TestRowWithoutAnAddress(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(row map[string]any)
		byID  bool // whether Suger's call for one user shows the address
	}{
		"email null, and no call shows it": {func(row map[string]any) { row["email"] = nil }, false},
		"email null":                       {func(row map[string]any) { row["email"] = nil }, true},
		"neither id nor email":             {func(row map[string]any) { row["id"], row["email"] = nil, nil }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRuleStand(t, onMembership)
			admin := strings.TrimPrefix(s.user("admin"), "/scim/v2/Users/")
			s.onList(func(records []any) { test.spoil(record(records, "admin")) })
			s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
				if test.byID || !strings.HasSuffix(r.URL.Path, "/user/"+admin) {
					return false
				}
				w.WriteHeader(http.StatusNotFound)
				return true
			})
			before := s.everybody()
			lookup := s.do(http.MethodGet, `/scim/v2/Users?filter=userName+eq+%22admin@example.com%22`, "")
			assert.Equal(t, scim.CodeSugerUnreadable, lookup.code(), lookup.text)
			create := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"admin@example.com"}`)
			assert.Equal(t, scim.CodeSugerUnreadable, create.code(), create.text)
			assert.Equal(t, before, s.everybody())

			another := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"nova@example.com"}`)
			if name == "email null" {
				assert.Equal(t, http.StatusCreated, another.status, "the row is shown to be somebody else's: %s", another.text)
			} else {
				assert.Equal(t, scim.CodeSugerUnreadable, another.code(), another.text)
			}
		})
	}
}

// A resource that repeats active true gives no access back; asking for it does.
func TestUnknownStatusIsNotSetByARepetition(t *testing.T) {
	s := newRuleStand(t, onStatus)
	user, _ := s.suger.UserByEmail("viewer@example.com")
	path, status := s.user("viewer"), "SUSPENDED"
	s.rewrite.Store(new(func(_ *http.Request, body []byte) []byte {
		if s.state("viewer") == "VIEWER ACTIVE" && s.writes() == 0 {
			return []byte(strings.ReplaceAll(string(body), `"status":"ACTIVE"`, `"status":"`+status+`"`))
		}
		return body
	}))
	a := s.do(http.MethodPut, path, `{"userName":"viewer@example.com","active":true,"name":{"givenName":"`+user.FirstName+`","familyName":"`+user.LastName+`"}}`)
	assert.Equal(t, http.StatusOK, a.status, a.text)
	assert.Zero(t, s.writes())
	a = s.patch(path, `{"op":"replace","path":"active","value":true}`)
	assert.Equal(t, http.StatusOK, a.status, a.text)
	assert.Equal(t, 1, s.writes())
}

// A role is removed by its id, its name and the name of its group alike.
func TestRoleIsRemovedByAnyName(t *testing.T) {
	for _, word := range []string{"Finance", "finance", "Suger Finance", "ID"} {
		for _, form := range []string{
			`{"op":"remove","path":"roles[value eq \"WORD\"]"}`, `{"op":"remove","path":"roles","value":[{"value":"WORD"}]}`,
			`{"op":"remove","path":"roles","value":["WORD"]}`, `{"op":"remove","path":"roles[display eq \"WORD\"]"}`,
		} {
			for _, contract := range bothContracts {
				s := newRuleStand(t, contract, func(_ *sandbox.Options, c *mapping.Config) {
					c.GroupRoles = map[string]string{"Suger Finance": "Finance"}
				})
				id := strings.TrimPrefix(s.role("Finance"), "/scim/v2/Groups/")
				assert.Equal(t, s.has("Finance"), s.state("finance"))
				a := s.patch(s.user("finance"), strings.ReplaceAll(form, "WORD", strings.Replace(word, "ID", id, 1)))
				assert.Less(t, a.status, 300, a.text)
				assert.Equal(t, s.has("VIEWER"), s.state("finance"), "%s %s", word, form)
			}
		}
	}
}

// A removal of a role keeps its place among the operations, and what does not remove a
// role removes none.
func TestRemovalsOfRolesInOrder(t *testing.T) {
	add := `{"op":"add","path":"roles","value":[{"value":"EDITOR"}]}`
	for _, operations := range []string{
		`{"op":"remove","path":"roles[value eq \"EDITOR\"]"},` + add,
		`{"op":"remove","path":"roles","value":[{"value":"editor"}]},` + add,
		`{"op":"remove","path":"roles[value eq \"EDITOR\"].display"}`,
		`{"op":"remove","path":"roles.display","value":"EDITOR"}`,
		`{"op":"remove","path":"roles[type eq \"EDITOR\"]"}`,
		`{"op":"remove","path":"roles[value eq \"No such role\"]"}`,
	} {
		for _, contract := range bothContracts {
			s := newRuleStand(t, contract)
			a := s.patch(s.user("editor"), operations)
			assert.Less(t, a.status, 300, "%s: %s", operations, a.text)
			assert.Equal(t, s.has("EDITOR"), s.state("editor"), operations)
		}
	}
}

// The end of access is answered as such whatever the request says of roles.
func TestEndOfAccessWithARemovalOfARole(t *testing.T) {
	for _, contract := range bothContracts {
		for _, role := range []string{"Finance", "No such role"} {
			s := newRuleStand(t, contract)
			a := s.patch(s.user("finance"), deactivate+`,{"op":"remove","path":"roles[value eq \"`+role+`\"]"}`)
			assert.Less(t, a.status, 300, a.text)
			assert.Contains(t, []string{"gone", "VIEWER INACTIVE", "Finance INACTIVE"}, s.state("finance"))
		}
	}
}

// Somebody who turns out to be a member keeps the role: an add that Suger refuses is a
// refusal.
func TestAddOfAHiddenMember(t *testing.T) {
	for _, contract := range bothContracts {
		s := newRuleStand(t, contract)
		adds := atomic.Int32{}
		s.onList(func(records []any) {
			if adds.Load() == 0 {
				row := record(records, "admin")
				row["id"], row["email"] = "other", "other@example.com"
			}
		})
		s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			adds.Add(1)
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"message":"user already exists"}`))
			return true
		})
		a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"admin@example.com"}`)
		assert.GreaterOrEqual(t, a.status, 400, a.text)
		assert.Equal(t, s.has("ADMIN"), s.state("admin"))
		assert.Zero(t, s.writes())
	}
}

// Who has lost a role so that it can be deleted gets it back if Suger does not delete
// it, and the error says so if that fails.
func TestRoleThatSugerDoesNotDelete(t *testing.T) {
	for _, contract := range bothContracts {
		for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed} {
			s := newRuleStand(t, contract)
			before := s.everybody()
			faults := []sandbox.Fault{{Operation: "remove role", Kind: sandbox.Status(status)}}
			assert.NoError(t, s.suger.SetFaults(faults...))
			a := s.do(http.MethodDelete, s.role("Finance"), "")
			assert.GreaterOrEqual(t, a.status, 400, a.text)
			assert.Equal(t, before, s.everybody())
			assert.NotContains(t, a.text, "have lost it")

			writes := s.writes()
			s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodGet || r.Method == http.MethodDelete || s.writes() == writes {
					return false
				}
				w.WriteHeader(http.StatusBadRequest) // what would give the role back
				return true
			})
			a = s.do(http.MethodDelete, s.role("Finance"), "")
			assert.GreaterOrEqual(t, a.status, 400, a.text)
			assert.Contains(t, a.text, "have lost it")
		}
	}
}

// firstWriteHangs lets the first write end in a time-out: it takes effect later, or not.
func (s *ruleStand) firstWriteHangs() {
	hung := atomic.Bool{}
	s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet || hung.Swap(true) {
			return false
		}
		w.WriteHeader(http.StatusGatewayTimeout)
		return true
	})
}

// An administrator whose removal may still take effect does not count as one who is
// left.
func TestAdministratorWhoMayBeGone(t *testing.T) {
	for _, contract := range bothContracts {
		for name, send := range map[string]func(s *ruleStand, path string) *answer{
			"demoted":     func(s *ruleStand, path string) *answer { return s.patch(path, toViewer) },
			"deactivated": func(s *ruleStand, path string) *answer { return s.patch(path, deactivate) },
			"deleted":     func(s *ruleStand, path string) *answer { return s.do(http.MethodDelete, path, "") },
		} {
			t.Run(contract+" "+name, func(t *testing.T) {
				clock := standin.NewClock(time.Now())
				s := newRuleStand(t, contract, func(_ *sandbox.Options, c *mapping.Config) { c.Now = clock.Now })
				s.twoAdministrators()
				s.firstWriteHangs()
				assert.GreaterOrEqual(t, send(s, s.user("editor")).status, 429)
				a := send(s, s.user("admin"))
				assert.Equal(t, scim.CodeLastAdmin, a.code(), a.text)
				assert.Equal(t, 2, s.administrators())

				assert.Contains(t, a.text, "may still take effect")

				clock.Advance(11 * time.Minute)
				assert.Less(t, send(s, s.user("admin")).status, 300, "it will not take effect any more")
			})
			t.Run(contract+" "+name+" and given back", func(t *testing.T) {
				clock := standin.NewClock(time.Now())
				s := newRuleStand(t, contract, func(_ *sandbox.Options, c *mapping.Config) { c.Now = clock.Now })
				s.twoAdministrators()
				s.firstWriteHangs()
				path := s.user("editor")
				assert.GreaterOrEqual(t, s.patch(path, toViewer).status, 429)
				assert.Less(t, s.patch(path, toViewer).status, 300, "a retry")
				assert.Less(t, s.patch(path, strings.Replace(toViewer, "VIEWER", "ADMIN", 1)).status, 300)
				assert.Equal(t, scim.CodeLastAdmin, send(s, s.user("admin")).code(), "the first call may still take effect")
				clock.Advance(11 * time.Minute)
				assert.Less(t, send(s, s.user("admin")).status, 300, "the editor is an administrator again")
			})
		}
	}
}

// Nor does one of whom a call may still take effect that was sent before they became
// one, or although a later change of the name is confirmed.
func TestAdministratorWhoMayBeGoneAfterAnotherChange(t *testing.T) {
	const toAdmin, rename = `{"op":"replace","path":"roles","value":[{"value":"ADMIN"}]}`, `{"op":"replace","path":"name.givenName","value":"Cyan"}`
	for _, contract := range bothContracts {
		for name, later := range map[string]string{"made one later": toAdmin, "renamed later": rename} {
			s := newRuleStand(t, contract)
			if later == rename {
				s.twoAdministrators()
			}
			s.firstWriteHangs()
			path := s.user("editor")
			assert.GreaterOrEqual(t, s.patch(path, toViewer).status, 429)
			assert.Less(t, s.patch(path, later).status, 300)
			a := s.patch(s.user("admin"), toViewer)
			assert.Equal(t, scim.CodeLastAdmin, a.code(), "%s %s: %s", contract, name, a.text)
		}
	}
}

// A Bulk that ends the access of somebody with a custom role confirms that by the list
// and by the record, as a request alone does.
func TestBulkEndsAccessOfACustomRole(t *testing.T) {
	end := func(s *ruleStand, mailbox string) string {
		return `{"method":"PATCH","path":"` + strings.TrimPrefix(s.user(mailbox), "/scim/v2") + `","data":{"Operations":[` + deactivate + `]}}`
	}
	for _, contract := range bothContracts {
		s := newRuleStand(t, contract)
		results := s.bulk(end(s, "finance"))
		assert.Equal(t, "200", results[0]["status"], results)
		assert.Contains(t, []string{"gone", "Finance INACTIVE"}, s.state("finance"))
	}
	s := newRuleStand(t, onStatus)
	finance := s.user("finance")
	first := `{"method":"PATCH","path":"` + strings.TrimPrefix(s.user("viewer"), "/scim/v2") + `","data":{"Operations":[{"op":"replace","path":"name.givenName","value":"Cyan"}]}},`
	s.onList(func(records []any) { record(records, "finance")["status"] = sandbox.StatusInactive })
	s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
		ends := r.Method == http.MethodPatch && strings.HasSuffix(finance, r.URL.Path[strings.LastIndex(r.URL.Path, "/"):])
		if ends { // the list shows it, and the record does not
			_, _ = w.Write([]byte(`{}`))
		}
		return ends
	})
	results := s.bulk(first + end(s, "finance"))
	assert.Equal(t, "502", results[1]["status"], results)
	assert.Equal(t, http.StatusBadGateway, s.patch(finance, deactivate).status, "alone")
}

// An operation of a Bulk that finds nothing to do has looked at what another request,
// or an operation that failed, has written meanwhile.
func TestBulkSeesOtherWrites(t *testing.T) {
	rename := func(s *ruleStand) string {
		return `{"method":"PATCH","path":"` + strings.TrimPrefix(s.user("admin"), "/scim/v2") + `","data":{"Operations":[{"op":"replace","path":"name.givenName","value":"Cyan"}]}}`
	}
	for _, contract := range bothContracts {
		t.Run(contract+", of another request", func(t *testing.T) {
			s := newRuleStand(t, contract)
			id := strings.TrimPrefix(s.user("viewer"), "/scim/v2/Users/")
			during := atomic.Bool{}
			s.onRequest(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet && !during.Swap(true) {
					assert.Less(t, s.patch("/scim/v2/Users/"+id, strings.Replace(toViewer, "VIEWER", "EDITOR", 1)).status, 300)
				}
				return false
			})
			results := s.bulk(rename(s) + `,{"method":"PATCH","path":"/Groups/EDITOR","data":{"Operations":[{"op":"remove","path":"members[value eq \"` + id + `\"]"}]}}`)
			assert.Equal(t, "200", results[1]["status"], results)
			assert.Equal(t, s.has("VIEWER"), s.state("viewer"))
		})
		t.Run(contract+", of an operation that failed", func(t *testing.T) {
			s := newRuleStand(t, contract)
			s.twoAdministrators()
			path := strings.TrimPrefix(s.user("editor"), "/scim/v2")
			s.onList(func(records []any) { record(records, "editor")["firstName"] = "Umber" }) // the name is not taken
			s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
				asRecord := r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, strings.TrimPrefix(path, "/Users"))
				if asRecord {
					w.WriteHeader(http.StatusInternalServerError)
				}
				return asRecord
			})
			results := s.bulk(`{"method":"PATCH","path":"` + path + `","data":{"Operations":[` + toViewer + `,{"op":"replace","path":"name.givenName","value":"Cyan"}]}},` +
				`{"method":"PATCH","path":"/Groups/EDITOR","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"` + strings.TrimPrefix(path, "/Users/") + `"}]}]}}`)
			assert.NotEqual(t, "200", results[0]["status"], results)
			if results[1]["status"] == "200" {
				assert.Equal(t, s.has("EDITOR"), s.state("editor"), results)
			}
		})
	}
}

// An operation of a Bulk that takes an administrator looks at what the console has done
// during an earlier one, before it writes.
func TestBulkKeepsTheLastAdministrator(t *testing.T) {
	first := `{"method":"PATCH","path":"/Users/VIEWER_ID","data":{"Operations":[{"op":"replace","path":"name.givenName","value":"Cyan"}]}},`
	for name, second := range map[string]string{
		"role":   `{"method":"PATCH","path":"/Users/ADMIN_ID","data":{"Operations":[` + toViewer + `]}}`,
		"access": `{"method":"PATCH","path":"/Users/ADMIN_ID","data":{"Operations":[` + deactivate + `]}}`,
		"delete": `{"method":"DELETE","path":"/Users/ADMIN_ID"}`,
		"group":  `{"method":"PATCH","path":"/Groups/ADMIN","data":{"Operations":[{"op":"remove","path":"members[value eq \"ADMIN_ID\"]"}]}}`,
	} {
		for _, contract := range bothContracts {
			t.Run(contract+" "+name, func(t *testing.T) {
				s := newRuleStand(t, contract)
				s.twoAdministrators()
				writes := atomic.Int32{}
				s.onRequest(func(_ http.ResponseWriter, r *http.Request) bool {
					if r.Method != http.MethodGet && writes.Add(1) == 1 {
						s.gives("editor", "VIEWER")
					}
					return false
				})
				ids := strings.NewReplacer("VIEWER_ID", strings.TrimPrefix(s.user("viewer"), "/scim/v2/Users/"),
					"ADMIN_ID", strings.TrimPrefix(s.user("admin"), "/scim/v2/Users/"))
				results := s.bulk(ids.Replace(first + second))
				assert.Equal(t, []any{"200", "409"}, []any{results[0]["status"], results[1]["status"]}, results)
				assert.EqualValues(t, 1, writes.Load(), "nothing is written about the administrator")
				assert.Equal(t, s.has("ADMIN"), s.state("admin"))
			})
		}
	}
}

// A role that Suger's list lacks is not lost for one that may be less.
func TestRoleThatIsNotListed(t *testing.T) {
	s := newRuleStand(t, onMembership)
	s.onList(func(records []any) { record(records, "editor")["userRole"] = "OWNER" })
	member := strings.TrimPrefix(s.user("editor"), "/scim/v2/Users/")
	a := s.patch("/scim/v2/Groups/VIEWER", `{"op":"add","path":"members","value":[{"value":"`+member+`"}]}`)
	assert.Less(t, a.status, 300, a.text)
	assert.Zero(t, s.writes())
}

// Somebody who was added by a call whose answer was lost gets the names too.
func TestLostAnswerToAdd(t *testing.T) {
	for _, status := range []int{http.StatusInternalServerError, http.StatusServiceUnavailable} {
		s := newRuleStand(t, onMembership)
		path := s.user("viewer")
		assert.Less(t, s.patch(path, deactivate).status, 300) // Suger knows the person under a name
		s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			s.suger.ServeHTTP(discard{http.Header{}}, r)
			w.WriteHeader(status)
			return true
		})
		a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"viewer@example.com","name":{"givenName":"Nova","familyName":"Night"}}`)
		assert.Equal(t, http.StatusCreated, a.status, "%d %s", status, a.text)
		user, _ := s.suger.UserByEmail("viewer@example.com")
		assert.Equal(t, "Nova Night", user.FirstName+" "+user.LastName)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// With failOnErrors, a bulk request confirms each change before the next.
func TestFailOnErrorsConfirmsEachChange(t *testing.T) {
	s := newRuleStand(t, onMembership)
	assert.NoError(t, s.suger.SetFaults(sandbox.Fault{Operation: "remove user", Kind: sandbox.NotApplied}))
	path := func(mailbox string) string { return strings.TrimPrefix(s.user(mailbox), "/scim/v2") }
	end := func(mailbox string) string {
		return `{"method":"PATCH","path":"` + path(mailbox) + `","data":{"Operations":[` + deactivate + `]}}`
	}
	results := s.bulk(end("viewer")+","+end("editor"), `"failOnErrors":1,`)
	assert.Equal(t, []any{"502"}, statuses(results))
}

// Members whose removal follows from a list are not said to be removed if somebody may
// hold the role who cannot be read.
func TestHolderWhoCannotBeRead(t *testing.T) {
	s := newRuleStand(t, onMembership)
	s.onList(func(records []any) { record(records, "editor")["email"] = map[string]any{} })
	empty := `{"displayName":"NAME","members":[]}`
	a := s.do(http.MethodPut, "/scim/v2/Groups/EDITOR", strings.Replace(empty, "NAME", "EDITOR", 1))
	assert.Equal(t, scim.CodeSugerUnreadable, a.code(), a.text)
	a = s.do(http.MethodPut, s.role("Finance"), strings.Replace(empty, "NAME", "Finance", 1))
	assert.Less(t, a.status, 300, "a role that they do not hold: %s", a.text)
}

// The last administrator is restored where only the list shows the role.
func TestLastAdministratorByTheListAlone(t *testing.T) {
	s := newRuleStand(t, onStatus)
	s.gives("editor", "ADMIN")
	s.gives("admin", "VIEWER")
	path := s.user("editor")
	s.rewrite.Store(new(func(r *http.Request, body []byte) []byte {
		if r.Method == http.MethodGet && strings.HasSuffix(path, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/'):]) {
			return changed(t, body, func(user map[string]any) { user["role"] = "EDITOR" }) // it lags behind
		}
		return body
	}))
	assert.Equal(t, scim.CodeLastAdmin, s.patch(path, deactivate).code())
	assert.Equal(t, "ADMIN ACTIVE", s.state("editor"))
}

// A change in a Bulk that a later operation makes invisible was still made.
func TestBulkChangesThenRemoves(t *testing.T) {
	for _, contract := range bothContracts {
		for name, last := range map[string]string{
			"removed":     `{"method":"DELETE","path":"/Users/ID"}`,
			"deactivated": `{"method":"PATCH","path":"/Users/ID","data":{"Operations":[` + deactivate + `]}}`,
		} {
			s := newRuleStand(t, contract)
			id := strings.TrimPrefix(s.user("viewer"), "/scim/v2/Users/")
			join := `{"method":"PATCH","path":"/Groups/EDITOR","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"ID"}]}]}},`
			results := s.bulk(strings.ReplaceAll(join+last, "ID", id))
			for _, result := range results {
				assert.Less(t, result["status"], "300", "%s %s: %v", contract, name, result)
			}
			assert.Contains(t, []string{"gone", "EDITOR INACTIVE"}, s.state("viewer"))
		}
	}
}
