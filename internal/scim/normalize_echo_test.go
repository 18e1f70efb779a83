package scim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An echoed attribute is kept of a whole resource, read-only parts included, and
// nowhere else.
func TestEchoedAttribute(t *testing.T) {
	user := CoreUser()
	attributeNamed(user.Attributes, "groups").Echoed = true
	rt := &ResourceType{Name: "User", Endpoint: "/Users", Schema: user}

	tests := []struct {
		name string
		raw  any
		want any // nil if nothing is kept
	}{
		{"a list of objects", []any{map[string]any{"value": "g1", "display": "One", "$ref": "https://scim.example.com/Groups/g1"}},
			[]any{map[string]any{"value": "g1", "display": "One", "$ref": "https://scim.example.com/Groups/g1"}}},
		{"one object", map[string]any{"value": "g1"}, []any{map[string]any{"value": "g1"}}},
		{"an empty list", []any{}, []any{}},
		{"what cannot be made out is no error", []any{map[string]any{"value": 1.0}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := rt.Normalize(map[string]any{"userName": "nova@example.com", "groups": test.raw})
			require.NoError(t, err)
			assert.Equal(t, test.want, r["groups"])
		})
	}
	t.Run("not in a PATCH", func(t *testing.T) {
		current := Resource{"userName": "nova@example.com"}
		operations, err := ParsePatch(map[string]any{"Operations": []any{
			map[string]any{"op": "replace", "value": map[string]any{"groups": []any{map[string]any{"value": "g1"}}}},
		}}, rt)
		require.NoError(t, err)
		r, err := rt.ApplyPatch(current, operations)
		require.NoError(t, err)
		assert.NotContains(t, r, "groups")
	})
}
