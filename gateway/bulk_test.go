package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
)

// bulk sends operations and returns their results.
func (s *stack) bulk(operations string, more ...string) []map[string]any {
	s.t.Helper()
	body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],` + strings.Join(more, "") + `"Operations":[` + operations + `]}`
	a := s.do(http.MethodPost, "/scim/v2/Bulk", body)
	require.Equal(s.t, http.StatusOK, a.status, a.text)
	assert.Equal(s.t, []any{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"}, a.body["schemas"])
	results := []map[string]any{}
	for _, element := range a.body["Operations"].([]any) {
		result := element.(map[string]any)
		if message, failed := result["response"].(map[string]any); failed {
			result["code"] = codeOf(message["detail"].(string))
			result["requestID"] = a.header.Get("X-Request-Id")
		}
		results = append(results, result)
	}
	return results
}

// codeOf returns the code at the end of a detail.
func codeOf(detail string) scim.Code {
	code, _, _ := strings.Cut(detail[strings.LastIndex(detail, "[")+1:], ",")
	return scim.Code(code)
}

func statuses(results []map[string]any) []any {
	out := []any{}
	for _, result := range results {
		out = append(out, result["status"])
	}
	return out
}

func create(bulkID, mailbox string) string {
	return fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":%q,"data":{"userName":"%s@example.com","name":{"givenName":"Sample","familyName":"Person"}}}`, bulkID, mailbox)
}

func TestBulk(t *testing.T) {
	s := newStack(t)
	viewer, editor, former := s.id("viewer"), s.id("editor"), s.id("former")
	version := s.get("/scim/v2/Users/" + editor).header.Get("ETag")
	results := s.bulk(create("new", "first.sample") + `,
	  {"method":"put","path":"/Users/` + viewer + `","data":{"userName":"viewer@example.com","name":{"givenName":"Cloud","familyName":"Compass"}}},
	  {"METHOD":"PATCH","Path":"Users/` + editor + `","version":` + fmt.Sprintf("%q", version) + `,"data":{"Operations":[{"op":"replace","value":{"active":false}}]}},
	  {"method":"DELETE","path":"/Users/` + former + `"}`)
	require.Len(t, results, 4)

	id := s.id("first.sample")
	assert.Equal(t, map[string]any{
		"method": "POST", "bulkId": "new", "status": "201", "location": s.url + "/scim/v2/Users/" + id,
		"version": s.get("/scim/v2/Users/" + id).header.Get("ETag"),
	}, results[0])
	assert.Equal(t, map[string]any{
		"method": "PUT", "status": "200", "location": s.url + "/scim/v2/Users/" + viewer, // proven later, so without a version
	}, results[1])
	assert.Equal(t, map[string]any{
		"method": "PATCH", "status": "200", "location": s.url + "/scim/v2/Users/" + editor,
		"version": s.get("/scim/v2/Users/" + editor).header.Get("ETag"),
	}, results[2])
	assert.Equal(t, map[string]any{"method": "DELETE", "status": "204", "location": s.url + "/scim/v2/Users/" + former}, results[3])

	assert.Equal(t, false, s.get("/scim/v2/Users/" + editor).body["active"])
	assert.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/scim/v2/Users/"+former, "").status)
}

func TestBulkOperationsThatFail(t *testing.T) {
	s := newStack(t)
	viewer := s.id("viewer")
	tests := []struct {
		name      string
		operation string
		status    string
		code      scim.Code
	}{
		{"user exists", `{"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"admin@example.com"}}`, "409", scim.CodeUserExists},
		{"user unknown", `{"method":"DELETE","path":"/Users/nobody"}`, "404", scim.CodeNotFound},
		{"version differs", `{"method":"DELETE","path":"/Users/` + viewer + `","version":"W/\"other\""}`, "412", scim.CodeVersionMismatch},
		{"reads are no bulk operations", `{"method":"GET","path":"/Users/` + viewer + `"}`, "405", scim.CodeMethodNotAllowed},
		{"no method", `{"path":"/Users"}`, "405", scim.CodeMethodNotAllowed},
		{"POST to a resource", `{"method":"POST","path":"/Users/1","data":{}}`, "405", scim.CodeMethodNotAllowed},
		{"DELETE of an endpoint", `{"method":"DELETE","path":"/Users"}`, "405", scim.CodeMethodNotAllowed},
		{"endpoint unknown", `{"method":"POST","path":"/Devices","data":{}}`, "404", scim.CodeNoSuchEndpoint},
		{"endpoint that is read only", `{"method":"DELETE","path":"/Roles/ADMIN"}`, "404", scim.CodeNoSuchEndpoint},
		{"no path", `{"method":"POST","data":{}}`, "404", scim.CodeNoSuchEndpoint},
		{"path of no resource", `{"method":"DELETE","path":"/Users/%2e%2e"}`, "404", scim.CodeNotFound},
		{"path too deep", `{"method":"DELETE","path":"/Users/1/2"}`, "404", scim.CodeNotFound},
		{"no data", `{"method":"POST","path":"/Users","bulkId":"1"}`, "400", scim.CodeInvalidSyntax},
		{"data that is no object", `{"method":"PUT","path":"/Users/1","data":[]}`, "400", scim.CodeInvalidSyntax},
		{"PATCH without operations", `{"method":"PATCH","path":"/Users/` + viewer + `","data":{}}`, "400", scim.CodeInvalidSyntax},
		{"bulkId that nobody has", `{"method":"DELETE","path":"/Users/bulkId:none"}`, "409", scim.CodeBulkReference},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := s.bulk(test.operation)[0]
			assert.Equal(t, test.status, result["status"], "%v", result)
			assert.Equal(t, test.code, result["code"])
			message := result["response"].(map[string]any)
			assert.Equal(t, test.status, message["status"])
			assert.Contains(t, message["detail"], result["requestID"])
		})
	}
	t.Run("a failed change says where, a failed creation does not", func(t *testing.T) {
		results := s.bulk(tests[0].operation + "," + tests[1].operation)
		assert.NotContains(t, results[0], "location")
		assert.Equal(t, s.url+"/scim/v2/Users/nobody", results[1]["location"])
	})
	t.Run("each is logged", func(t *testing.T) {
		record := s.log.last(t, "bulk operation failed")
		assert.Equal(t, "not_found", record["code"])
		assert.Equal(t, "DELETE", record["method"])
	})
	t.Run("whatever is wrong with it", func(t *testing.T) {
		results := s.bulk(`{"method":"PUT","path":"/Users/nobody"},
		  {"method":"PATCH","path":"/Groups/VIEWER","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"bulkId:none"}]}]}},
		  {"method":"DELETE","path":"/Users/bulkId:none"}`)
		assert.Equal(t, s.url+"/scim/v2/Users/nobody", results[0]["location"], "without data")
		assert.Equal(t, s.url+"/scim/v2/Groups/VIEWER", results[1]["location"], "with a reference to nothing")
		assert.NotContains(t, results[2], "location", "nowhere")
	})
}

func TestBulkReferences(t *testing.T) {
	s := newStack(t)
	group := func(bulkID, name, member string) string {
		return fmt.Sprintf(`{"method":"POST","path":"/Groups","bulkId":%q,"data":{"displayName":%q,"members":[{"value":%q}]}}`, bulkID, name, member)
	}
	members := func(name string) []string {
		var out []string
		found := s.get("/scim/v2/Groups/" + s.group(name)).body
		list, _ := found["members"].([]any)
		for _, member := range list {
			out = append(out, member.(map[string]any)["display"].(string))
		}
		return out
	}
	t.Run("backward", func(t *testing.T) {
		assert.Equal(t, []any{"201", "201"}, statuses(s.bulk(create("u", "back.sample")+","+group("g", "Backward", "bulkId:u"))))
		assert.Empty(t, members("Backward"), "who holds a role keeps it: the new one has no permissions")
	})
	t.Run("forward, with results in the order of the request", func(t *testing.T) {
		results := s.bulk(`{"method":"PATCH","path":"/Groups/ADMIN","bulkId":"g","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"bulkId:u"}]}]}},` + create("u", "forward.sample"))
		assert.Equal(t, []any{"200", "201"}, statuses(results))
		assert.Equal(t, []any{"g", "u"}, []any{results[0]["bulkId"], results[1]["bulkId"]})
		assert.Contains(t, members("ADMIN"), "forward.sample@example.com")
	})
	t.Run("in the path", func(t *testing.T) {
		results := s.bulk(`{"method":"PATCH","path":"/Users/bulkId:u","data":{"Operations":[{"op":"replace","value":{"active":false}}]}},` + create("u", "path.sample"))
		assert.Equal(t, []any{"200", "201"}, statuses(results))
		assert.Equal(t, results[1]["location"], results[0]["location"])
		assert.Equal(t, false, s.get("/scim/v2/Users/" + s.id("path.sample")).body["active"])
	})
	t.Run("to an operation that failed", func(t *testing.T) {
		results := s.bulk(create("u", "admin") + "," + group("g", "Orphaned", "bulkId:u"))
		assert.Equal(t, []any{"409", "409"}, statuses(results))
		assert.Equal(t, []any{scim.CodeUserExists, scim.CodeBulkReference}, []any{results[0]["code"], results[1]["code"]})
	})
	t.Run("to an operation that creates nothing", func(t *testing.T) {
		results := s.bulk(`{"method":"DELETE","path":"/Users/nobody","bulkId":"u"},` + group("g", "Orphaned", "bulkId:u"))
		assert.Equal(t, []any{"404", "409"}, statuses(results))
	})
	t.Run("circular", func(t *testing.T) {
		s.suger.ResetCalls()
		results := s.bulk(group("a", "Circle A", "bulkId:b") + "," + group("b", "Circle B", "bulkId:a") + "," + group("c", "Circle C", "bulkId:c"))
		assert.Equal(t, []any{"409", "409", "409"}, statuses(results))
		for _, result := range results {
			assert.Equal(t, scim.CodeBulkReference, result["code"])
		}
		assert.Zero(t, s.suger.Count(""), "nothing is half done")
	})
}

func TestBulkFailOnErrors(t *testing.T) {
	bad := `{"method":"DELETE","path":"/Users/nobody"}`
	tests := []struct {
		name  string
		limit string
		want  []any
	}{
		{"absent", "", []any{"404", "201", "404", "201"}},
		{"zero", `"failOnErrors":0,`, []any{"404", "201", "404", "201"}},
		{"one", `"failOnErrors":1,`, []any{"404"}},
		{"two", `"failonerrors":2,`, []any{"404", "201", "404"}},
		{"more than fail", `"failOnErrors":1e300,`, []any{"404", "201", "404", "201"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStack(t)
			results := s.bulk(bad+","+create("a", "first.sample")+","+bad+","+create("b", "second.sample"), test.limit)
			assert.Equal(t, test.want, statuses(results))
		})
	}
	t.Run("the error of one that was referred to counts", func(t *testing.T) {
		s := newStack(t)
		results := s.bulk(`{"method":"PATCH","path":"/Users/bulkId:a","data":{}},`+create("a", "admin")+","+create("b", "second.sample"), `"failOnErrors":1,`)
		assert.Equal(t, []any{"409"}, statuses(results))
		assert.Equal(t, "a", results[0]["bulkId"])
	})
}

func TestBulkRequestsThatAreRefused(t *testing.T) {
	s := newStack(t)
	one := `{"method":"DELETE","path":"/Users/nobody"}`
	tests := []struct {
		name     string
		body     string
		status   int
		scimType string
		code     scim.Code
	}{
		{"no operations", `{}`, 400, "invalidSyntax", scim.CodeInvalidSyntax},
		{"operations that are no list", `{"Operations":{}}`, 400, "invalidSyntax", scim.CodeInvalidSyntax},
		{"an operation that is no object", `{"Operations":[1]}`, 400, "invalidSyntax", scim.CodeInvalidSyntax},
		{"too many operations", `{"Operations":[` + strings.Repeat(one+",", 1000) + one + `]}`, 413, "", scim.CodeTooLarge},
		{"a bulkId twice", `{"Operations":[{"bulkId":"a"},{"bulkId":"a"}]}`, 400, "invalidValue", scim.CodeInvalidValue},
		{"failOnErrors that is no number", `{"failOnErrors":"1","Operations":[]}`, 400, "invalidValue", scim.CodeInvalidValue},
		{"failOnErrors below 0", `{"failOnErrors":-1,"Operations":[]}`, 400, "invalidValue", scim.CodeInvalidValue},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assertError(t, s.do(http.MethodPost, "/scim/v2/Bulk", test.body), test.status, test.scimType, test.code)
		})
	}
	t.Run("no operation at all is no error", func(t *testing.T) {
		assert.Empty(t, s.bulk(""))
	})
}

// A second change of the same person does not hide that Suger did not make the first.
func TestBulkProvesEachChangeOfAPerson(t *testing.T) {
	s := newStack(t)
	editor := s.id("editor")
	require.NoError(t, s.suger.SetFaults(sandbox.Fault{Kind: sandbox.NotApplied, Operation: "update user", Times: 1}))
	results := s.bulk(`
	  {"method":"PATCH","path":"/Users/` + editor + `","data":{"Operations":[{"op":"replace","path":"active","value":false}]}},
	  {"method":"PATCH","path":"/Users/` + editor + `","data":{"Operations":[{"op":"replace","path":"name.givenName","value":"Neo"}]}}`)
	require.Len(t, results, 2)
	assert.Equal(t, "502", results[0]["status"], "the person still has access")
	assert.Equal(t, true, s.get("/scim/v2/Users/" + editor).body["active"])
}

func TestBulkEndsAccessAndGivesItBack(t *testing.T) {
	for _, contract := range bothContracts {
		t.Run(contract, func(t *testing.T) {
			s := newRuleStand(t, contract)
			editor := s.id("editor")
			active := func(word string) string {
				return `{"method":"PATCH","path":"/Users/` + editor + `","data":{"Operations":[{"op":"replace","path":"active","value":` + word + `}]}}`
			}
			assert.Equal(t, []any{"200", "200"}, statuses(s.bulk(active("false")+","+active("true"))))
			assert.Equal(t, true, s.get("/scim/v2/Users/" + editor).body["active"])
			assert.Equal(t, []any{"200", "200", "200"}, statuses(s.bulk(active("false")+","+active("true")+","+active("false"))))
			assert.Contains(t, []string{"gone", "EDITOR INACTIVE"}, s.state("editor"))
		})
	}
}

// An operation of a bulk request believes no list that shows somebody as inactive
// whose own record is active, neither before the change nor as its proof.
func TestBulkChecksTheRecordOfAPerson(t *testing.T) {
	for name, test := range map[string]struct {
		fault sandbox.Fault
		want  string
		state string
	}{
		"before the change": {sandbox.Fault{}, "200", "EDITOR INACTIVE"},
		"as its proof":      {sandbox.Fault{Kind: sandbox.NotApplied, Operation: "update user"}, "502", "EDITOR ACTIVE"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRuleStand(t, onStatus)
			path := strings.TrimPrefix(s.user("editor"), "/scim/v2")
			if test.fault.Kind != "" {
				require.NoError(t, s.suger.SetFaults(test.fault))
			}
			s.onList(func(records []any) {
				if test.fault.Kind == "" || s.writes() > 0 {
					record(records, "editor")["status"] = "INACTIVE"
				}
			})
			results := s.bulk(`{"method":"PATCH","path":"` + path + `","data":{"Operations":[{"op":"replace","path":"active","value":false}]}}`)
			assert.Equal(t, []any{test.want}, statuses(results))
			assert.Equal(t, test.state, s.state("editor"))
		})
	}
}
