package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
)

// Rule 16 of no false success: a write that Suger acknowledges but does not make is
// an error, for every kind of write.
func TestRule16EveryWriteIsProven(t *testing.T) {
	type write struct {
		name string
		send func(s *ruleStand) *answer
	}
	writes := []write{
		{"deactivation", func(s *ruleStand) *answer { return s.patch(s.user("viewer"), deactivate) }},
		{"removal", func(s *ruleStand) *answer { return s.do(http.MethodDelete, s.user("viewer"), "") }},
		{"role", func(s *ruleStand) *answer {
			return s.patch(s.user("viewer"), `{"op":"replace","path":"roles","value":["EDITOR"]}`)
		}},
		{"name", func(s *ruleStand) *answer {
			return s.patch(s.user("viewer"), `{"op":"replace","path":"name.givenName","value":"Cloud"}`)
		}},
		{"creation", func(s *ruleStand) *answer {
			return s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"nova@example.com","name":{"givenName":"Nova"}}`)
		}},
		{"member of a group", func(s *ruleStand) *answer {
			return s.patch(s.role("Finance"), `{"op":"add","path":"members","value":[{"value":"`+strings.TrimPrefix(s.user("viewer"), "/scim/v2/Users/")+`"}]}`)
		}},
		{"group", func(s *ruleStand) *answer {
			return s.do(http.MethodPost, "/scim/v2/Groups", `{"displayName":"Night crew"}`)
		}},
		{"name of a group", func(s *ruleStand) *answer {
			return s.patch(s.role("Finance"), `{"op":"replace","path":"displayName","value":"Money"}`)
		}},
		{"end of a group", func(s *ruleStand) *answer { return s.do(http.MethodDelete, s.role("Deal desk"), "") }},
	}
	onlyWithStatus := []write{
		{"reactivation", func(s *ruleStand) *answer {
			return s.patch(s.user("former"), `{"op":"replace","path":"active","value":true}`)
		}},
		{"address", func(s *ruleStand) *answer {
			return s.patch(s.user("viewer"), `{"op":"replace","path":"userName","value":"cloud@example.com"}`)
		}},
	}
	for _, contract := range bothContracts {
		all := writes
		if contract == onStatus {
			all = append(all, onlyWithStatus...)
		}
		for _, write := range all {
			t.Run(contract+" "+write.name, func(t *testing.T) {
				s := newRuleStand(t, contract)
				fault := sandbox.Fault{Kind: sandbox.NotApplied}
				if write.name == "end of a group" { // whose members are moved first
					fault.Operation = "remove role"
				}
				require.NoError(t, s.suger.SetFaults(fault))
				a := write.send(s)
				assert.Equal(t, scim.CodeWriteUnconfirmed, a.code(), "%d %s", a.status, a.text)
				s.suger.ClearFaults()
				a = write.send(s)
				assert.Less(t, a.status, 300, "a repeat does it: %s", a.text)
			})
		}
	}
}

// Rule 18: a record that cannot be used is left out and reported; requests for it
// by id or address get an error, others succeed.
func TestRule18RecordThatCannotBeUsed(t *testing.T) {
	for _, contract := range bothContracts {
		for _, field := range []string{"email", "role"} {
			t.Run(contract+" "+field, func(t *testing.T) {
				s := newRuleStand(t, contract)
				viewer := strings.TrimPrefix(s.user("viewer"), "/scim/v2/Users/")
				spoil := func(one map[string]any) {
					if one["id"] != viewer {
						return
					}
					if field == "email" {
						delete(one, "email")
						return
					}
					name := "role"
					if contract == onMembership {
						name = "userRole"
					}
					one[name] = map[string]any{"weight": 7}
				}
				s.onList(func(records []any) {
					for _, one := range records {
						object, _ := one.(map[string]any)
						spoil(object)
					}
				})
				list := s.get("/scim/v2/Users")
				assert.NotContains(t, list.text, viewer)
				assert.Contains(t, list.text, "editor@example.com")
				assert.Contains(t, s.log.String(), viewer, "its id is logged")
				drift := s.service.Drift()
				require.NotEmpty(t, drift, "and counted")
				assert.Equal(t, "list users", drift[0].Operation)

				assert.Equal(t, http.StatusOK, s.patch(s.user("editor"), `{"op":"replace","path":"roles","value":["VIEWER"]}`).status, "others go on")
				if contract == onMembership {
					for _, path := range []string{"/scim/v2/Users/" + viewer, `/scim/v2/Users?filter=id+eq+%22` + viewer + `%22`} {
						assert.Equal(t, scim.CodeSugerUnreadable, s.do(http.MethodGet, path, "").code(), path)
					}
					assert.Equal(t, scim.CodeSugerUnreadable, s.patch("/scim/v2/Users/"+viewer, deactivate).code())
					assert.Equal(t, scim.CodeSugerUnreadable, s.do(http.MethodDelete, "/scim/v2/Users/"+viewer, "").code())
				}
				if field == "role" { // the address can be read
					assert.Equal(t, scim.CodeSugerUnreadable, s.do(http.MethodGet, `/scim/v2/Users?filter=userName+eq+%22viewer@example.com%22`, "").code())
					a := s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"viewer@example.com"}`)
					assert.Equal(t, scim.CodeSugerUnreadable, a.code(), a.text)
				}
				a := s.patch(s.role("Finance"), `{"op":"add","path":"members","value":[{"value":"`+viewer+`"}]}`)
				assert.GreaterOrEqual(t, a.status, 400, a.text)
			})
		}
	}
	t.Run("a record without even an id", func(t *testing.T) {
		s := newRuleStand(t, onMembership)
		path := s.user("viewer")
		s.onList(func(records []any) { delete(record(records, "viewer"), "id") })
		assert.Equal(t, scim.CodeSugerUnreadable, s.patch(path, deactivate).code(), "who is not listed may not have left")
		assert.Equal(t, scim.CodeSugerUnreadable, s.do(http.MethodDelete, path, "").code())
		assert.Equal(t, http.StatusOK, s.patch(s.user("editor"), deactivate).status, "others go on")
		assert.Equal(t, "gone VIEWER", s.state("editor")+" "+s.state("viewer"))
	})
	t.Run("a role without a name", func(t *testing.T) {
		s := newRuleStand(t, onMembership)
		broken := strings.TrimPrefix(s.role("Finance"), "/scim/v2/Groups/")
		f := func(_ *http.Request, body []byte) []byte {
			return []byte(strings.Replace(string(body), `"name":"Finance"`, `"name":null`, 1))
		}
		s.rewrite.Store(&f)
		assert.Contains(t, s.get("/scim/v2/Users").text, "finance@example.com", "its holders are shown")
		assert.NotContains(t, s.get("/scim/v2/Groups").text, broken)
		assert.Contains(t, s.log.String(), broken, "its id is logged")
		assert.Equal(t, http.StatusOK, s.patch(s.user("finance"), `{"op":"replace","path":"roles","value":["Deal desk"]}`).status)
	})
	t.Run("a row of another organization ends the list", func(t *testing.T) {
		s := newRuleStand(t, onStatus)
		s.onList(func(records []any) {
			if one := record(records, "viewer"); one["id"] != nil {
				one["organizationID"] = "another"
			}
		})
		assert.Equal(t, scim.CodeSugerUnreadable, s.do(http.MethodGet, "/scim/v2/Users", "").code())
	})
}

// Rule 19: for an organization that the key may not see, no answer says that
// somebody does not exist.
func TestRule19OrganizationThatTheKeyMayNotSee(t *testing.T) {
	for _, contract := range bothContracts {
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract)
			id := strings.TrimPrefix(s.user("viewer"), "/scim/v2/Users/")
			for _, path := range []string{
				"/Users", "/Users/" + id, "/Users/nobody", `/Users?filter=id+eq+%22` + id + `%22`, `/Users?filter=id+eq+%22nobody%22`,
				`/Users?filter=userName+eq+%22viewer@example.com%22`, "/Groups", "/Groups/ADMIN",
			} {
				a := s.do(http.MethodGet, "/org/elsewhere/scim/v2"+path, "")
				assert.Equal(t, http.StatusForbidden, a.status, "%s: %s", path, a.text)
			}
			for _, method := range []string{"DELETE", "PATCH"} {
				a := s.do(method, "/org/elsewhere/scim/v2/Users/nobody", `{"Operations":[`+deactivate+`]}`)
				assert.Equal(t, http.StatusForbidden, a.status, "%s: %s", method, a.text)
			}
		})
	}
}

// Rule 23: a client that does not escape its + looks up an address with a blank.
func TestRule23LookupWithABlank(t *testing.T) {
	for _, contract := range bothContracts {
		s := newRuleStand(t, contract)
		require.Equal(t, http.StatusCreated, s.do(http.MethodPost, "/scim/v2/Users", `{"userName":"nova+eu+test@example.com"}`).status)
		for _, raw := range []string{"nova+eu+test@example.com", "nova%20eu%20test@example.com", "nova%2Beu%2Btest@example.com"} {
			a := s.get(`/scim/v2/Users?filter=userName%20eq%20%22` + raw + `%22`)
			require.EqualValues(t, 1, a.body["totalResults"], raw)
			assert.Equal(t, "nova+eu+test@example.com", a.resource(0)["userName"])
		}
	}
}

// Rule 24: a rename to an address that somebody else has is a conflict by our own
// list, though Suger would take it; where addresses are fixed it is refused.
func TestRule24RenameToATakenAddress(t *testing.T) {
	for _, contract := range bothContracts {
		want := scim.CodeUserExists
		if contract == onMembership {
			want = scim.CodeMutability
		}
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract)
			before := s.everybody()
			path := s.user("viewer")
			s.suger.ResetCalls()
			for name, a := range map[string]*answer{
				"PUT":                  s.do(http.MethodPut, path, `{"userName":"Editor@Example.com"}`),
				"PATCH with a path":    s.patch(path, `{"op":"replace","path":"userName","value":"editor@example.com"}`),
				"PATCH without a path": s.patch(path, `{"op":"replace","value":{"userName":"EDITOR@example.com"}}`),
			} {
				assert.Equal(t, want, a.code(), "%s: %s", name, a.text)
			}
			bulk := s.do(http.MethodPost, "/scim/v2/Bulk", `{"schemas":["`+scim.URNBulkRequest+`"],"Operations":[{"method":"PATCH","path":"`+strings.TrimPrefix(path, "/scim/v2")+`",
				"data":{"Operations":[{"op":"replace","path":"userName","value":"editor@example.com"}]}}]}`)
			require.Equal(t, http.StatusOK, bulk.status, bulk.text)
			assert.Contains(t, bulk.text, "["+string(want))
			assert.Zero(t, s.writes())
			assert.Equal(t, before, s.everybody())
		})
	}
}

// Rule 25: odd forms of HTTP that real clients send.
func TestRule25FormsOfRequests(t *testing.T) {
	s := newRuleStand(t, onMembership)
	path := s.user("viewer")
	rename := func(name string) string {
		return `{"Operations":[{"op":"replace","path":"name.givenName","value":"` + name + `"}]}`
	}
	assert.Equal(t, http.StatusOK, s.do(http.MethodPatch, path, "\ufeff"+rename("Bom")).status, "a byte order mark")
	for _, kind := range []string{"application/scim+json;charset=utf8", "application/json; charset=UTF8", "application/scim+json; charset=ISO-8859-1", "text/json"} {
		a := s.do(http.MethodPatch, path, rename("Charset"), "Content-Type", kind)
		assert.Equal(t, http.StatusOK, a.status, "%s: %s", kind, a.text)
	}

	both := s.get(path + "?attributes=userName&attributes=active")
	assert.Contains(t, both.body, "userName")
	assert.Contains(t, both.body, "active")
	assert.NotContains(t, both.body, "name")

	version := s.get(path).header.Get("ETag")
	s.suger.ResetCalls()
	for _, value := range []string{version, "*", `W/"other", ` + version} {
		for _, method := range []string{"PATCH", "PUT", "DELETE"} {
			body := rename("Never")
			if method == "PUT" {
				body = `{"userName":"viewer@example.com","name":{"givenName":"Never"}}`
			}
			assert.Equal(t, http.StatusPreconditionFailed, s.do(method, path, body, "If-None-Match", value).status, "%s %s", method, value)
		}
	}
	assert.Zero(t, s.writes())
	assert.Equal(t, http.StatusOK, s.do(http.MethodPatch, path, rename("Other"), "If-None-Match", `W/"other"`).status)

	t.Run("HTTP/1.0 without Host", func(t *testing.T) {
		target, err := url.Parse(s.url)
		require.NoError(t, err)
		conn, err := net.Dial("tcp", target.Host)
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, "GET "+path+" HTTP/1.0\r\nAuthorization: Bearer "+key+"\r\n\r\n")
		require.NoError(t, err)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		a := readAnswer(t, response)
		response.Body.Close()
		require.Equal(t, http.StatusOK, a.status, a.text)
		meta, _ := a.body["meta"].(map[string]any)
		assert.Equal(t, s.url+path, meta["location"])
	})
}
