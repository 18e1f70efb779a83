package gateway_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/sandbox"
)

func TestGroupReferences(t *testing.T) {
	s := newStack(t)
	id, member := s.group("Finance"), s.id("finance")
	a := s.get("/scim/v2/Groups/" + id)
	assert.Equal(t, s.url+"/scim/v2/Groups/"+id, a.header.Get("Location"))
	require.NotEmpty(t, a.body["members"])
	for _, element := range a.body["members"].([]any) {
		m := element.(map[string]any)
		assert.Equal(t, s.url+"/scim/v2/Users/"+m["value"].(string), m["$ref"])
	}
	listed := s.get("/scim/v2/Groups?filter=members.value+eq+%22" + member + "%22")
	assert.Equal(t, a.body, listed.resource(0))
}

// RFC 7644 section 3.5.2: an answer 200 to a PATCH has the whole resource.
func TestGroupPatchAnswersMembers(t *testing.T) {
	s := newStack(t)
	path := "/scim/v2/Groups/" + s.group("Finance")
	patch := `{"Operations":[{"op":"add","path":"members","value":[{"value":"` + s.id("viewer") + `"}]}]}`
	for _, test := range []struct {
		query   string
		members bool
	}{
		{"", true},
		{"?excludedAttributes=meta", true},
		{"?excludedAttributes=members", false},
		{"?attributes=members", true},
		{"?attributes=members.value", true},
		{"?attributes=displayName", false},
	} {
		t.Run(test.query, func(t *testing.T) {
			a := s.do(http.MethodPatch, path+test.query, patch)
			require.Equal(t, http.StatusOK, a.status, a.text)
			assert.Equal(t, test.members, a.body["members"] != nil, a.text)
		})
	}
	t.Run("other answers have them", func(t *testing.T) {
		assert.Contains(t, s.get(path).body, "members")
	})
}

func TestGroupLifeCycle(t *testing.T) {
	s := newStack(t)
	created := s.do(http.MethodPost, "/scim/v2/Groups", `{"displayName":"Sample crew","externalId":"00g1","members":[]}`)
	require.Equal(t, http.StatusCreated, created.status, created.text)
	id := created.body["id"].(string)
	path := "/scim/v2/Groups/" + id
	assert.Equal(t, s.url+path, created.header.Get("Location"))
	assert.Equal(t, "00g1", created.body["externalId"])

	// A role without permissions replaces no other role, so it gets some in Suger's
	// console.
	s.suger.PutRole(sandbox.Role{ID: id, Name: "Sample crew", Permissions: []string{"read"}})
	user := s.id("viewer")
	replaced := s.do(http.MethodPut, path, `{"displayName":"Sample crew","members":[{"value":"`+user+`"}]}`)
	require.Equal(t, http.StatusOK, replaced.status, replaced.text)
	assert.Equal(t, s.url+"/scim/v2/Users/"+user, replaced.body["members"].([]any)[0].(map[string]any)["$ref"])

	assert.Equal(t, http.StatusNoContent, s.do(http.MethodDelete, path, "").status)
	assert.Equal(t, http.StatusNotFound, s.do(http.MethodGet, path, "").status)
}
