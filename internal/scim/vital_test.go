package scim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A request that says of active what cannot be followed is never a success that
// kept it: a false counts wherever it stands.
func TestVitalInAResource(t *testing.T) {
	const core, suger = `"urn:ietf:params:scim:schemas:core:2.0:User"`, `"urn:ietf:params:scim:schemas:extension:suger:2.0:User"`
	tests := []struct {
		body string
		want any // nil for an error, absent for none
	}{
		{`{}`, absent{}},
		{`{"active":true}`, true},
		{`{"active":false}`, false},
		{`{"ACTIVE":"False"}`, false},
		{`{` + core + `:{"active":false}}`, false},
		{`{"urn:ietf:params:scim:schemas:core:2.0:User:active":true}`, true},
		{`{"active":true,` + core + `:{"active":true}}`, true},
		{`{"active":true,` + suger + `:{"active":true}}`, true},
		{`{` + suger + `:{"active":false}}`, false},
		{`{"urn:example:User":{"active":"false"}}`, false},
		{`{"urn:example:User:active":false}`, false},
		{`{"active":{"value":false}}`, false},
		{`{"active.value":false}`, false},
		{`{"name":{"active":false}}`, false},
		{`{"active":false,"name":{"active":null}}`, false},
		{`{"urn:example:User":{"active":"sometimes"}}`, absent{}},
		{`{"emails":[{"value":"a@example.com","active":false}]}`, absent{}},
		{`{"urn:example:User":{"laptop":{"active":false}}}`, absent{}},

		{`{"active":null}`, nil},
		{`{"active":""}`, nil},
		{`{"active":{}}`, nil},
		{`{"active":[false]}`, nil},
		{`{"active":"maybe"}`, nil},
		{`{"active":{"value":true}}`, nil},
		{`{"active":true,"name":{"active":false}}`, nil},
		{`{"active":false,` + core + `:{"active":true}}`, nil},
		{`{"active":true,` + suger + `:{"active":""}}`, nil},
		{`{` + suger + `:{"active":true}}`, nil},
	}
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) {
			got, err := gatewayUser().Normalize(object(t, test.body))
			if test.want == nil {
				requireClientError(t, err, CodeInvalidValue)
				return
			}
			require.NoError(t, err)
			if test.want == (absent{}) {
				assert.NotContains(t, got, "active")
				return
			}
			assert.Equal(t, test.want, got["active"])
		})
	}
}

type absent struct{}

func TestVitalInAPatch(t *testing.T) {
	tests := []struct {
		operations string
		want       any // nil for an error
	}{
		{`[{"op":"replace","path":"active","value":false}]`, false},
		{`[{"op":"replace","value":{"active":"False"}}]`, false},
		{`[{"op":"add","path":"active","value":false}]`, false},
		{`[{"op":"replace","path":"active.value","value":false}]`, false},
		{`[{"op":"replace","path":"active","value":{"value":"false"}}]`, false},
		{`[{"op":"replace","path":"name.active","value":false}]`, false},
		{`[{"op":"replace","path":"name","value":{"active":false}}]`, false},
		{`[{"op":"replace","path":"urn:example:User:active","value":false}]`, false},
		{`[{"op":"replace","path":"urn:example:User","value":{"active":false}}]`, false},
		{`[{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User","value":{"active":false}}]`, false},
		{`[{"op":"replace","path":"active","value":false},{"op":"remove","path":"active"}]`, false},
		{`[{"op":"add","path":"active","value":null},{"op":"replace","path":"active","value":false}]`, false},
		{`[{"op":"replace","path":"active","value":false},{"op":"replace","path":"active","value":false}]`, false},
		{`[{"op":"replace","path":"active","value":true}]`, true},
		{`[{"op":"replace","path":"title","value":"x"}]`, true},

		{`[{"op":"remove","path":"active"}]`, nil},
		{`[{"op":"remove","path":"active.value"}]`, nil},
		{`[{"op":"add","path":"active","value":null}]`, nil},
		{`[{"op":"replace","path":"active","value":null}]`, nil},
		{`[{"op":"replace","path":"active","value":""}]`, nil},
		{`[{"op":"replace","path":"active","value":[]}]`, nil},
		{`[{"op":"replace","value":{"active":null}}]`, nil},
		{`[{"op":"add","value":{"active":null}}]`, nil},
		{`[{"op":"replace","path":"active","value":false},{"op":"replace","path":"active","value":true}]`, nil},
		{`[{"op":"replace","path":"active.value","value":true}]`, nil},
		{`[{"op":"replace","path":"active","value":true},{"op":"remove","path":"active"}]`, nil},
	}
	for _, test := range tests {
		t.Run(test.operations, func(t *testing.T) {
			got, err := patched(t, gatewayUser(), object(t, patchUser), test.operations)
			if test.want == nil {
				requireClientError(t, err, CodeInvalidValue)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got["active"])
		})
	}
}
