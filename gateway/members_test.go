package gateway_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// RFC 7643 §8.7.1 lets a member be named by $ref, in place of value.
func TestMembersByReference(t *testing.T) {
	for name, request := range map[string]func(s *stack, group, reference string) *answer{
		"PATCH": func(s *stack, group, reference string) *answer {
			return s.do(http.MethodPatch, "/scim/v2/Groups/"+group, `{"Operations":[{"op":"add","path":"members","value":[{"$ref":"`+reference+`"}]}]}`)
		},
		"PUT": func(s *stack, group, reference string) *answer {
			return s.do(http.MethodPut, "/scim/v2/Groups/"+group, `{"displayName":"Finance","members":[{"$ref":"`+reference+`","type":"User"}]}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t)
			group, viewer := s.group("Finance"), s.id("viewer")
			a := request(s, group, s.url+"/scim/v2/Users/"+viewer)
			require.Less(t, a.status, 300, a.text)
			assert.Equal(t, group, shownAt(s.get("/scim/v2/Users/"+viewer).body, "groups.value"))

			for _, foreign := range []string{s.url + "/scim/v2/Groups/" + group, "https://example.com/people/1"} {
				s.suger.ResetCalls()
				assertError(t, request(s, group, foreign), http.StatusBadRequest, "invalidValue", scim.CodeInvalidValue)
				assert.Zero(t, s.suger.Count("update user"))
			}
		})
	}
}
