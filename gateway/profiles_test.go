package gateway_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/test/sandbox"
)

const (
	userURN  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// conforming returns a gateway that claims the interoperability profile.
func conforming(t *testing.T) *stack {
	s := newStack(t, func(c *gateway.Config) { c.Strict = true })
	require.Equal(t, true, s.get("/scim/v2/ServiceProviderConfig").body["interopProfileConformant"])
	return s
}

// A client that keeps draft-zollner-scim-interop-profile-01 and the OpenID
// Foundation's IPSIE account lifecycle profile (draft 00), levels AL1 and AL2,
// takes a user from the first day to the last: what a PATCH ends is retained, what
// a DELETE ends is gone, and its userName is free again.
func TestConformingClientOfUsers(t *testing.T) {
	s := conforming(t)
	const person = `{"schemas":["` + userURN + `"],"userName":"nova.sample@example.com","externalId":"x1","active":true,
		"name":{"givenName":"Nova","familyName":"Sample"},"emails":[{"value":"nova.sample@example.com","type":"work","primary":true}]}`
	made := s.do(http.MethodPost, "/scim/v2/Users", person)
	require.Equal(t, http.StatusCreated, made.status, made.text)
	id := made.body["id"].(string)
	path := "/scim/v2/Users/" + id
	assert.Equal(t, "Nova Sample", made.body["displayName"])
	assert.Equal(t, "x1", made.body["externalId"])
	assert.Equal(t, http.StatusConflict, s.do(http.MethodPost, "/scim/v2/Users", person).status)

	patch := func(operations string) {
		a := s.do(http.MethodPatch, path, `{"schemas":["`+patchURN+`"],"Operations":[`+operations+`]}`)
		require.Equal(t, http.StatusOK, a.status, a.text)
	}
	patch(`{"op":"replace","path":"name.givenName","value":"Nora"},{"op":"replace","path":"name.familyName","value":"Other"}`)
	assert.Equal(t, "Nora Other", s.get(path).body["displayName"], "several attributes in one PATCH")

	for _, active := range []bool{false, true} {
		patch(fmt.Sprintf(`{"op":"replace","path":"active","value":%t}`, active))
		assert.Equal(t, active, s.get(path).body["active"], "a PATCH never deletes")
		found := s.get(`/scim/v2/Users?filter=userName%20eq%20%22NOVA.sample%40example.com%22`)
		require.Len(t, found.body["Resources"], 1, found.text)
		assert.Equal(t, id, found.resource(0)["id"])
	}
	for _, filter := range []string{
		`emails[value eq "nova.sample@example.com"]`,
		`emails[type eq "work" and value eq "nova.sample@example.com"]`,
		`userName eq "nova.sample@example.com" and active eq true`,
	} {
		found := s.get("/scim/v2/Users?filter=" + url.QueryEscape(filter))
		require.Len(t, found.body["Resources"], 1, "%s: %s", filter, found.text)
		assert.Equal(t, id, found.resource(0)["id"])
	}

	assert.Equal(t, http.StatusNoContent, s.do(http.MethodDelete, path, "").status)
	assert.Equal(t, http.StatusNotFound, s.do(http.MethodGet, path, "").status)
	assert.NotContains(t, s.get("/scim/v2/Users?count=1000").names(), "nova.sample@example.com")
	again := s.do(http.MethodPost, "/scim/v2/Users", person)
	assert.Equal(t, http.StatusCreated, again.status, "the userName is free: %s", again.text)
}

func TestConformingClientOfGroups(t *testing.T) {
	const changes = 50
	s := conforming(t)
	ids := make([]string, changes)
	for i := range ids {
		ids[i] = s.suger.PutUser(sandbox.User{Email: fmt.Sprintf("member%d@example.com", i), Role: "VIEWER", Status: "ACTIVE"}).ID
	}
	made := s.do(http.MethodPost, "/scim/v2/Groups", `{"schemas":["`+groupURN+`"],"displayName":"Sample crew","externalId":"g1"}`)
	require.Equal(t, http.StatusCreated, made.status, "a group without members: %s", made.text)
	assert.Equal(t, http.StatusConflict, s.do(http.MethodPost, "/scim/v2/Groups", `{"schemas":["`+groupURN+`"],"displayName":"sample CREW"}`).status)
	id := made.body["id"].(string)
	s.suger.PutRole(sandbox.Role{ID: id, Name: "Sample crew", Permissions: []string{"read"}})

	operations := make([]string, changes)
	for i, member := range ids {
		operations[i] = `{"op":"add","path":"members","value":[{"value":"` + member + `"}]}`
	}
	patched := s.do(http.MethodPatch, "/scim/v2/Groups/"+id, `{"schemas":["`+patchURN+`"],"Operations":[`+strings.Join(operations, ",")+`]}`)
	require.Equal(t, http.StatusOK, patched.status, patched.text)
	assert.Len(t, s.get("/scim/v2/Groups/" + id).body["members"], changes)
	for _, filter := range []string{`displayName eq "Sample crew"`, `members[value eq "` + ids[7] + `"]`} {
		found := s.get("/scim/v2/Groups?filter=" + url.QueryEscape(filter))
		require.Len(t, found.body["Resources"], 1, "%s: %s", filter, found.text)
		assert.Equal(t, id, found.resource(0)["id"])
	}
}

// Without count a page has a hundred resources at least, by index and by cursor,
// and a count beyond the most is answered with fewer.
func TestPagesOfTheProfiles(t *testing.T) {
	s := conforming(t)
	for i := range 1050 {
		s.suger.PutUser(sandbox.User{Email: fmt.Sprintf("many%d@example.com", i), Role: "VIEWER", Status: "ACTIVE"})
	}
	for query, want := range map[string]int{"": 100, "?cursor=": 100, "?count=100": 100, "?count=5000": 1000, "?cursor=&count=5000": 1000} {
		assert.Len(t, s.get("/scim/v2/Users" + query).body["Resources"], want, query)
	}
}
