package proof

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	bulkSchema  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	extension   = "urn:ietf:params:scim:schemas:extension:suger:2.0:User"
)

// A scimRequest is one kind of request that the gateway answers, on the sample
// people. Together they need every operation of the mapping.
type scimRequest struct {
	name string
	make func(t testing.TB, s *stand) request
}

var scimRequests = []scimRequest{
	{"read a user", func(t testing.TB, s *stand) request { return get("/Users/" + s.id(t, "viewer")) }},
	{"look a user up", func(testing.TB, *stand) request { return lookup("editor@example.com") }},
	{"look nobody up", func(testing.TB, *stand) request { return lookup("nobody@example.com") }},
	{"list users", func(testing.TB, *stand) request { return get("/Users?startIndex=1&count=100") }},
	{"filter users", func(testing.TB, *stand) request { return search("/Users", `active eq false`) }},
	{"create a user", func(testing.TB, *stand) request { return create("nova@example.com", "EDITOR") }},
	{"create who left", func(testing.TB, *stand) request { return create("former@example.com", "VIEWER") }},
	{"replace a user", func(t testing.TB, s *stand) request {
		return request{method: http.MethodPut, path: "/Users/" + s.id(t, "viewer"), body: person("viewer@example.com", "EDITOR")}
	}},
	{"change a role", func(t testing.TB, s *stand) request {
		return patch("/Users/"+s.id(t, "viewer"), `{"op":"replace","path":"`+extension+`:role","value":"Finance"}`)
	}},
	{"deactivate", func(t testing.TB, s *stand) request {
		return patch("/Users/"+s.id(t, "viewer"), `{"op":"replace","value":{"active":false}}`)
	}},
	{"reactivate", func(t testing.TB, s *stand) request {
		return patch("/Users/"+s.id(t, "former"), `{"op":"replace","value":{"active":true}}`)
	}},
	{"delete a user", func(t testing.TB, s *stand) request {
		return request{method: http.MethodDelete, path: "/Users/" + s.id(t, "viewer")}
	}},
	{"list groups", func(testing.TB, *stand) request { return get("/Groups?startIndex=1&count=100") }},
	{"read a group", func(t testing.TB, s *stand) request { return get("/Groups/" + s.roleID(t, "Finance")) }},
	{"create a group", func(t testing.TB, s *stand) request {
		return request{method: http.MethodPost, path: "/Groups", body: group("Partners", s.id(t, "viewer"))}
	}},
	{"add members", func(t testing.TB, s *stand) request {
		return patch("/Groups/EDITOR", `{"op":"add","path":"members","value":[`+members(s.id(t, "viewer"), s.id(t, "Mixed.Case"))+`]}`)
	}},
	{"remove a member", func(t testing.TB, s *stand) request {
		return patch("/Groups/EDITOR", `{"op":"remove","path":"members[value eq \"`+s.id(t, "editor")+`\"]"}`)
	}},
	{"replace a group", func(t testing.TB, s *stand) request {
		finance := s.roleID(t, "Finance")
		return request{method: http.MethodPut, path: "/Groups/" + finance, body: group("Treasury", s.id(t, "viewer"))}
	}},
	{"delete a group", func(t testing.TB, s *stand) request {
		return request{method: http.MethodDelete, path: "/Groups/" + s.roleID(t, "Finance")}
	}},
	{"list roles", func(testing.TB, *stand) request { return get("/Roles") }},
	{"query the root", func(testing.TB, *stand) request { return get("/?startIndex=1&count=100") }},
	{"bulk", func(t testing.TB, s *stand) request {
		return request{method: http.MethodPost, path: "/Bulk", body: fmt.Sprintf(`{"schemas":[%q],"Operations":[`+
			`{"method":"POST","path":"/Users","bulkId":"nova","data":%s},`+
			`{"method":"PATCH","path":"/Users/%s","data":{"schemas":[%q],"Operations":[{"op":"replace","value":{"active":false}}]}}]}`,
			bulkSchema, person("nova@example.com", "EDITOR"), s.id(t, "viewer"), patchSchema)}
	}},
}

func get(path string) request { return request{method: http.MethodGet, path: path} }

func search(path, filter string) request {
	return get(path + "?" + url.Values{"filter": {filter}, "startIndex": {"1"}, "count": {"100"}}.Encode())
}

func lookup(email string) request { return search("/Users", fmt.Sprintf("userName eq %q", email)) }

func create(email, role string) request {
	return request{method: http.MethodPost, path: "/Users", body: person(email, role)}
}

func person(email, role string) string {
	return fmt.Sprintf(`{"schemas":[%q,%q],"userName":%q,"name":{"givenName":"Nova","familyName":"Notch"},"active":true,%q:{"role":%q}}`,
		userSchema, extension, email, extension, role)
}

func patch(path, operation string) request {
	return request{method: http.MethodPatch, path: path, body: fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, patchSchema, operation)}
}

func group(name string, ids ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"displayName":%q,"members":[%s]}`, groupSchema, name, members(ids...))
}

func members(ids ...string) string {
	text := ""
	for i, id := range ids {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"value":%q}`, id)
	}
	return text
}

// id is the id of a sample person.
func (s *stand) id(t testing.TB, mailbox string) string {
	user, ok := s.suger.UserByEmail(mailbox + "@example.com")
	require.True(t, ok, mailbox)
	return user.ID
}

func (s *stand) roleID(t testing.TB, name string) string {
	for _, role := range s.suger.Roles() {
		if role.Name == name {
			return role.ID
		}
	}
	require.Fail(t, "Suger has no role "+name)
	return ""
}
