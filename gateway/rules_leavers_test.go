package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/sugerclient"
)

const (
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	deactivate    = `{"op":"replace","path":"active","value":false}`
)

// Rule 1 of no false success: access ends first, whatever else is in the request.
// Unsupported attributes are ignored; errors are reported afterwards.
func TestRule1AccessEndsWhateverElseIsWrong(t *testing.T) {
	tests := []struct {
		name, operation string
		wrong           bool
	}{
		{"a manager by value", `{"op":"replace","path":"` + enterpriseURN + `:manager.value","value":"M1"}`, false},
		{"a manager's displayName", `{"op":"replace","path":"` + enterpriseURN + `:manager.displayName","value":"M1"}`, false},
		{"a manager's $ref", `{"op":"add","path":"` + enterpriseURN + `:manager.$ref","value":"../Users/M1"}`, false},
		{"a manager with a dot after the URN", `{"op":"add","path":"` + enterpriseURN + `.manager","value":"M1"}`, false},
		{"another extension", `{"op":"add","path":"urn:ietf:params:scim:schemas:extension:CustomExtension:2.0:User:tag","value":"x"}`, false},
		{"an unknown attribute", `{"op":"add","value":{"shoeSize":47}}`, false},
		{"userName null", `{"op":"replace","path":"userName","value":null}`, true},
		{"groups removed", `{"op":"Remove","path":"groups"}`, true},
		{"name as text", `{"op":"replace","path":"name","value":"Cedar Compass"}`, true},
		{"an unknown op", `{"op":"erase","path":"title"}`, true},
		{"a malformed path", `{"op":"replace","path":"emails[type eq","value":"x"}`, true},
		{"a role entry without a value", `{"op":"replace","path":"roles","value":[{}]}`, true},
	}
	for _, contract := range bothContracts {
		for _, test := range tests {
			for _, order := range []string{test.operation + "," + deactivate, deactivate + "," + test.operation} {
				t.Run(contract+" "+test.name, func(t *testing.T) {
					s := newRuleStand(t, contract)
					a := s.patch(s.user("viewer"), order)
					assert.Equal(t, s.ended(), s.state("viewer"), a.text)
					if test.wrong {
						require.GreaterOrEqual(t, a.status, 400, a.text)
						assert.Contains(t, a.text, "access has ended")
					} else {
						require.Equal(t, http.StatusOK, a.status, a.text)
						assert.Equal(t, false, a.body["active"])
					}
				})
			}
		}
	}
}

// Rule 1 for PUT and in bulk requests.
func TestRule1AccessEndsByReplaceAndBulk(t *testing.T) {
	for _, contract := range bothContracts {
		for _, members := range []string{`"userName":null`, `"userName":5`, `"name":"Cedar"`, `"userName":"viewer@example.com","roles":["nobody knows"]`,
			`"userName":"viewer@example.com","roles":[{}]`, `"schemas":["` + scim.URNGroup + `"],"userName":"viewer@example.com"`, `"title":"x"`} {
			t.Run(contract+" "+members, func(t *testing.T) {
				s := newRuleStand(t, contract)
				a := s.do(http.MethodPut, s.user("viewer"), `{"active":false,`+members+`}`)
				assert.Equal(t, s.ended(), s.state("viewer"), a.text)

				s = newRuleStand(t, contract)
				a = s.do(http.MethodPost, "/scim/v2/Bulk", `{"schemas":["`+scim.URNBulkRequest+`"],"Operations":[{"method":"PUT","path":"`+strings.TrimPrefix(s.user("viewer"), "/scim/v2")+`","data":{"active":false,`+members+`}}]}`)
				assert.Equal(t, s.ended(), s.state("viewer"), a.text)
			})
		}
	}
}

// Rule 2: a create with an ambiguous active creates nobody.
func TestRule2CreateWithOddActive(t *testing.T) {
	for _, contract := range bothContracts {
		s := newRuleStand(t, contract)
		for _, active := range []string{`null`, `""`, `[]`, `"maybe"`, `{"value":true}`} {
			a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"nova@example.com","active":`+active+`}`)
			assert.Equal(t, scim.CodeInvalidValue, a.code(), "%s %s", active, a.text)
		}
		assert.Equal(t, "gone", s.state("nova"))
	}
}

// Rule 2: no 2xx for an active that ended nothing.
func TestRule2OddFormsOfActive(t *testing.T) {
	const core, suger = `"urn:ietf:params:scim:schemas:core:2.0:User"`, `"` + sugerUser + `"`
	for _, contract := range bothContracts {
		for _, ends := range []bool{true, false} {
			requests := map[bool][]string{
				true: {
					`{"op":"replace","path":"active.value","value":"False"}`,
					`{"op":"replace","path":"active","value":[false]}`,
					`{"op":"replace","path":"active","value":{"value":false}}`,
					`{"op":"replace","path":"name","value":{"active":false}}`,
					deactivate + `,{"op":"remove","path":"active"}`,
					`{"op":"replace","value":{` + suger + `:{"active":false}}}`,
					`PUT "active":"False"`,
					`PUT "active":{"value":false}`,
					`PUT "name":{"active":false}`,
					`PUT "active":false,` + suger + `:{"active":null}`,
				},
				false: {
					`{"op":"replace","path":"active","value":null}`,
					`{"op":"replace","path":"active","value":""}`,
					`{"op":"add","value":{"active":null}}`,
					`{"op":"remove","path":"active"}`,
					`{"op":"replace","path":"active","value":0}`,
					deactivate + `,{"op":"replace","path":"active","value":true}`,
					`PUT "active":null`,
					`PUT "active":""`,
					`PUT "active":[]`,
					`PUT "active":false,` + core + `:{"active":true}`,
					`PUT ` + suger + `:{"active":true}`,
				},
			}[ends]
			for _, request := range requests {
				t.Run(contract+" "+request, func(t *testing.T) {
					s := newRuleStand(t, contract)
					var a *answer
					if members, isPut := strings.CutPrefix(request, "PUT "); isPut {
						a = s.do(http.MethodPut, s.user("viewer"), `{"userName":"viewer@example.com",`+members+`}`)
					} else {
						a = s.patch(s.user("viewer"), request)
					}
					if ends {
						assert.Equal(t, http.StatusOK, a.status, a.text)
						assert.Equal(t, s.ended(), s.state("viewer"))
						return
					}
					assert.Equal(t, scim.CodeInvalidValue, a.code(), a.text)
					assert.Equal(t, s.has("VIEWER"), s.state("viewer"))
				})
			}
		}
	}
}

// Rule 3: a 404 from a proxy in front of Suger does not prove a removal.
func TestRule3RemovalIsProvenByAList(t *testing.T) {
	for _, contract := range bothContracts {
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract)
			s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodDelete {
					http.NotFound(w, r)
				}
				return r.Method == http.MethodDelete
			})
			path := s.user("viewer")
			a := s.do(http.MethodDelete, path, "")
			assert.GreaterOrEqual(t, a.status, 400)
			assert.NotEqual(t, http.StatusNotFound, a.status, "'not there' would be a success for Okta: %s", a.text)
			assert.Equal(t, s.has("VIEWER"), s.state("viewer"))
			for _, record := range s.records() {
				assert.NotEqual(t, "done", record["outcome"])
			}
		})
	}
}

// Rule 3: a 404 of the token endpoint is not 'no such user', wherever in a request
// it comes.
func TestRule3TokenEndpointNotFound(t *testing.T) {
	for _, contract := range bothContracts {
		for _, method := range []string{"GET", "DELETE", "PATCH"} {
			t.Run(contract+" "+method, func(t *testing.T) {
				s := newRuleStand(t, contract)
				s.onRequest(func(w http.ResponseWriter, r *http.Request) bool {
					if strings.HasSuffix(r.URL.Path, "/accessToken") || strings.HasSuffix(r.URL.Path, "/token") {
						http.NotFound(w, r)
						return true
					}
					return false
				})
				oauth := s.replica(sugerclient.Config{Auth: sugerclient.Auth{TokenURL: s.upstream + "/oauth2/token"}})
				body := ""
				if method == "PATCH" {
					body = `{"Operations":[` + deactivate + `]}`
				}
				a := oauth.do(method, s.user("viewer"), body, "Authorization", "Bearer client:client-secret")
				assert.GreaterOrEqual(t, a.status, 400)
				assert.NotEqual(t, http.StatusNotFound, a.status, a.text)
				assert.Equal(t, s.has("VIEWER"), s.state("viewer"))
			})
		}
	}
}

// Rule 4: an unknown status of one record does not turn a deactivation into a
// removal.
func TestRule4OddStatusIsNoRemoval(t *testing.T) {
	for _, odd := range []any{nil, "", "PAUSED", 7.0} {
		s := newRuleStand(t, onStatus)
		f := func(r *http.Request, body []byte) []byte {
			if r.Method == http.MethodGet && s.suger.Count("update user") == 0 {
				return []byte(strings.ReplaceAll(string(body), `"ACTIVE"`, map[any]string{nil: "null", "": `""`, "PAUSED": `"PAUSED"`, 7.0: "7"}[odd]))
			}
			return body
		}
		path := s.user("viewer")
		s.rewrite.Store(&f)
		a := s.patch(path, deactivate)
		assert.Equal(t, http.StatusOK, a.status, a.text)
		assert.Equal(t, "VIEWER INACTIVE", s.state("viewer"), "%v", odd)
		assert.Zero(t, s.suger.Count("remove user"))
	}
}

// Rule 5: active true on a status that the mapping does not know is written and
// read back.
func TestRule5UnknownStatusWord(t *testing.T) {
	s := newRuleStand(t, onStatus)
	viewer, _ := s.suger.UserByEmail("viewer@example.com")
	viewer.Status = "SUSPENDED"
	s.suger.PutUser(viewer)
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Operation: "update user", Kind: sandbox.NotApplied}))
	a := s.patch(s.user("viewer"), `{"op":"replace","path":"active","value":true}`)
	assert.Equal(t, scim.CodeWriteUnconfirmed, a.code(), a.text)
	s.suger.ClearFaults()
	a = s.patch(s.user("viewer"), `{"op":"replace","path":"active","value":true}`)
	assert.Equal(t, http.StatusOK, a.status, a.text)
	assert.Equal(t, "VIEWER ACTIVE", s.state("viewer"))

	t.Run("words in other letters are the same", func(t *testing.T) {
		viewer.Status = "inactive"
		s.suger.PutUser(viewer)
		assert.Equal(t, false, s.get(s.user("viewer")).body["active"])
	})
}

// Rule 6: of two accounts with one address, a lookup answers the one with access,
// whatever it has answered before.
func TestRule6TwoAccountsWithOneAddress(t *testing.T) {
	s := newRuleStand(t, onStatus)
	lookup := `/scim/v2/Users?filter=userName+eq+%22former@example.com%22`
	former := s.get(lookup).resource(0)["id"]
	s.onList(func(records []any) {
		if one := record(records, "viewer"); one["id"] != nil {
			one["email"] = "FORMER@example.com"
		}
	})
	viewer, _ := s.suger.UserByEmail("viewer@example.com")
	f := s.rewrite.Load()
	g := func(r *http.Request, body []byte) []byte {
		if strings.HasSuffix(r.URL.Path, "/user/"+viewer.ID) {
			return []byte(strings.ReplaceAll(string(body), "viewer@example.com", "FORMER@example.com"))
		}
		return (*f)(r, body)
	}
	s.rewrite.Store(&g)
	for range 2 {
		found := s.get(lookup)
		require.Len(t, found.body["Resources"], 1, found.text)
		assert.Equal(t, viewer.ID, found.resource(0)["id"])
		assert.NotEqual(t, former, found.resource(0)["id"])
	}
	assert.Contains(t, s.log.String(), "several users have the same address")
}

// Rule 22: Entra ID's soft delete renames the user together with the end of access.
func TestRule22TombstoneIsIgnored(t *testing.T) {
	const buried = "0123456789abcdef0123456789ABCDEFviewer@example.com"
	for _, contract := range bothContracts {
		for name, send := range map[string]func(s *ruleStand) *answer{
			"PATCH": func(s *ruleStand) *answer {
				return s.patch(s.user("viewer"), `{"op":"Replace","path":"userName","value":"`+buried+`"},{"op":"Replace","path":"active","value":"False"}`)
			},
			"PATCH without a path": func(s *ruleStand) *answer {
				return s.patch(s.user("viewer"), `{"op":"replace","value":{"active":false,"userName":"`+buried+`"}}`)
			},
			"PUT": func(s *ruleStand) *answer {
				return s.do(http.MethodPut, s.user("viewer"), `{"userName":"`+buried+`","active":false}`)
			},
		} {
			t.Run(contract+" "+name, func(t *testing.T) {
				s := newRuleStand(t, contract)
				path := s.user("viewer")
				a := send(s)
				require.Equal(t, http.StatusOK, a.status, a.text)
				assert.Equal(t, "viewer@example.com", a.body["userName"])
				assert.Equal(t, s.ended(), s.state("viewer"))
				assert.Less(t, s.do(http.MethodPatch, path, `{"Operations":[{"op":"Replace","path":"userName","value":"`+buried+`"},{"op":"Replace","path":"active","value":"False"}]}`).status, 300, "and again")
			})
		}
	}
}

// Deactivating a person who has provably left is a success without a write, with an
// audit record; for an unknown id it is not.
func TestRule2EndOfAccessOfWhoHasLeft(t *testing.T) {
	s := newRuleStand(t, onMembership)
	path := s.user("viewer")
	require.Equal(t, http.StatusNoContent, s.do(http.MethodDelete, path, "").status)
	s.suger.ResetCalls()
	assert.Equal(t, http.StatusNoContent, s.patch(path, deactivate).status)
	a := s.do(http.MethodPut, path, `{"userName":"viewer@example.com","active":false}`)
	assert.Equal(t, http.StatusOK, a.status, a.text)
	assert.Zero(t, s.writes())
	records := s.records()
	assert.Equal(t, "already left", records[len(records)-1]["outcome"])
	assert.Equal(t, http.StatusNotFound, s.patch("/scim/v2/Users/nobody", deactivate).status)
	assert.Equal(t, http.StatusNotFound, s.do(http.MethodDelete, path, "").status)
}
