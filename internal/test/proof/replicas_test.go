package proof

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

// What one replica did a moment ago is not missed by another, however recent the
// list is that it has at hand.
func TestChangeThroughAnotherReplica(t *testing.T) {
	viewer := func(t *testing.T, s *stand) string { return s.id(t, "viewer") }
	add := func(t *testing.T, s *stand) request {
		return patch("/Groups/EDITOR", `{"op":"add","path":"members","value":[`+members(viewer(t, s))+`]}`)
	}
	remove := func(t *testing.T, s *stand) request {
		return patch("/Groups/EDITOR", `{"op":"remove","path":"members[value eq \"`+viewer(t, s)+`\"]"}`)
	}
	promote := func(t *testing.T, s *stand) request {
		return patch("/Users/"+viewer(t, s), `{"op":"replace","path":"`+extension+`:role","value":"ADMIN"}`)
	}
	tests := []struct {
		name        string
		first, then func(*testing.T, *stand) request
		want        string
	}{
		{"added, then removed", add, remove, sandbox.RoleViewer},
		{"promoted, then added to a lesser group", promote, add, sandbox.RoleAdmin},
		{"promoted, then made a member of a new group", promote, func(t *testing.T, s *stand) request {
			return request{method: "POST", path: "/Groups", body: group("Partners", viewer(t, s))}
		}, sandbox.RoleAdmin},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			another := s.newGateway(t)
			for _, base := range []string{s.url, another} {
				got := get("/Groups/EDITOR").send(t, base)
				require.Equal(t, 200, got.status, "%s", got.text)
			}
			got := test.first(t, s).send(t, s.url)
			require.Equal(t, 200, got.status, "%s", got.text)
			got = test.then(t, s).send(t, another)
			require.Less(t, got.status, 300, "%s", got.text)
			user, _ := s.suger.UserByEmail("viewer@example.com")
			assert.Equal(t, test.want, user.Role)
		})
	}
}
