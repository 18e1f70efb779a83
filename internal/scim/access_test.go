package scim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusedAccess is what the tables below want of a request that cannot be followed.
const refusedAccess Access = "refused"

// A request with an ambiguous active is refused; one that has false somewhere
// and true nowhere ends access.
func TestReadAccess(t *testing.T) {
	const core, suger = `"urn:ietf:params:scim:schemas:core:2.0:User"`, `"` + urnSuger + `"`
	tests := []struct {
		body string
		want Access
	}{
		{`{}`, AccessUnsaid},
		{`{"active":true}`, AccessGiven},
		{`{"active":false}`, AccessEnded},
		{`{"ACTIVE":"False"}`, AccessEnded},
		{`{"active ":false}`, AccessEnded},
		{`{"name":{" active":false}}`, AccessEnded},
		{`{"active":"true"}`, AccessGiven},
		{`{` + core + `:{"active":false}}`, AccessEnded},
		{`{"urn:ietf:params:scim:schemas:core:2.0:User:active":true}`, AccessGiven},
		{`{"active":true,` + core + `:{"active":true}}`, AccessGiven},
		{`{"active":[false]}`, AccessEnded},
		{`{"active":[true]}`, AccessGiven},

		{`{` + suger + `:{"active":false}}`, AccessEnded},
		{`{"urn:example:User":{"active":"false"}}`, AccessEnded},
		{`{"urn:example:User:active":false}`, AccessEnded},
		{`{"active":{"value":false}}`, AccessEnded},
		{`{"active.value":false}`, AccessEnded},
		{`{"name":{"active":false}}`, AccessEnded},
		{`{"name.active":false}`, AccessEnded},
		{`{"active":false,"name":{"active":null}}`, AccessEnded},
		{`{"active":false,` + core + `:{"active":false}}`, AccessEnded},
		{`{"emails":[{"value":"a@example.com","active":false}]}`, AccessUnsaid},
		{`{"urn:example:User":{"laptop":{"active":false}}}`, AccessUnsaid},
		{`{"interactive":false,"inactive":true}`, AccessUnsaid},
		{`{"laptop[owner eq \"zoe.active.smith\"].system":"x"}`, AccessUnsaid},
		{`{"laptop[owner eq \"zoe.active.smith\"].active":false}`, AccessEnded},

		{`{"active":null}`, refusedAccess},
		{`{"active":""}`, refusedAccess},
		{`{"active":" "}`, refusedAccess},
		{`{"active":{}}`, refusedAccess},
		{`{"active":[]}`, refusedAccess},
		{`{"active":[false,false]}`, refusedAccess},
		{`{"active":"maybe"}`, refusedAccess},
		{`{"active":0}`, refusedAccess},
		{`{"active":{"value":true}}`, refusedAccess},
		{`{"active":true,"name":{"active":false}}`, refusedAccess},
		{`{"active":false,` + core + `:{"active":true}}`, refusedAccess},
		{`{"active":true,` + suger + `:{"active":""}}`, refusedAccess},
		{`{` + suger + `:{"active":true}}`, refusedAccess},
		{`{"active.value":true}`, refusedAccess},
	}
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) {
			assertAccess(t, test.want, func() (Access, error) { return ReadAccess(object(t, test.body), gatewayUser()) })
			if test.want == refusedAccess {
				return
			}
			_, err := gatewayUser().Normalize(object(t, test.body))
			assert.NoError(t, err, "what can be followed is no error elsewhere")
		})
	}
}

func TestReadPatchAccess(t *testing.T) {
	tests := []struct {
		operations string
		want       Access
	}{
		{`[{"op":"replace","path":"title","value":"x"}]`, AccessUnsaid},
		{`[{"op":"remove","path":"roles"}]`, AccessUnsaid},
		{`[{"op":"replace","path":"emails[value eq \"zoe.active.smith@example.com\"]","value":{"type":"work"}}]`, AccessUnsaid},
		{`[{"op":"remove","path":"emails[value SW\"zoe.active.smith\"]"}]`, AccessUnsaid},
		{`[{"op":"remove","path":"emails[value eq \"a\\\"b].active.\\\"c\"]"}]`, AccessUnsaid},
		{`[{"op":"replace","path":"active","value":true}]`, AccessGiven},
		{`[{"op":"replace","path":"active","value":false}]`, AccessEnded},
		{`{"op":"replace","path":"active","value":false}`, AccessEnded},
		{`[{"OP":"Replace","PATH":"Active","VALUE":"False"}]`, AccessEnded},
		{`[{"op":"replace","path":" active ","value":false}]`, AccessEnded},
		{`[{"op":"replace","value":{"active":"False"}}]`, AccessEnded},
		{`[{"op":"add","path":"active","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"","value":{"active":false}}]`, AccessEnded},
		{`[{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:active","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User","value":{"active":false}}]`, AccessEnded},
		{`[{"op":"replace","path":"active","value":[false]}]`, AccessEnded},
		{`[{"op":"replace","path":"active","value":[{"value":"False"}]}]`, AccessEnded},

		{`[{"op":"replace","path":"active.value","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"active","value":{"value":"false"}}]`, AccessEnded},
		{`[{"op":"replace","path":"active[primary eq true]","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"name.active","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"laptop[owner eq \"zoe\"].active","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"laptop[owner eq \"a\\\"b\"].active","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"laptop[owner eq \"zoe].active","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"laptop[owner eq \"zoe\\\"].active","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"laptop \"x.active.\"","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"laptop\"x.active.\"","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"name","value":{"active":false}}]`, AccessEnded},
		{`[{"op":"replace","path":"urn:example:User:active","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"urn:example:User","value":{"active":false}}]`, AccessEnded},
		{`[{"op":"replace","value":{"urn:example:User":{"active":false}}}]`, AccessEnded},
		{`[{"op":"replace","path":"active","value":false},{"op":"remove","path":"active"}]`, AccessEnded},
		{`[{"op":"add","path":"active","value":null},{"op":"replace","path":"active","value":false}]`, AccessEnded},
		{`[{"op":"replace","path":"active","value":false},{"op":"replace","path":"active","value":false}]`, AccessEnded},
		{`[{"op":"disable","path":"active","value":false}]`, AccessEnded},

		{`[{"op":"remove","path":"active"}]`, refusedAccess},
		{`[{"op":"remove","path":"active.value"}]`, refusedAccess},
		{`[{"op":"remove","path":"active[value eq true]"}]`, refusedAccess},
		{`[{"op":"add","path":"active","value":null}]`, refusedAccess},
		{`[{"op":"replace","path":"active","value":null}]`, refusedAccess},
		{`[{"op":"replace","path":"active"}]`, refusedAccess},
		{`[{"op":"replace","path":"active","value":""}]`, refusedAccess},
		{`[{"op":"replace","path":"active","value":[]}]`, refusedAccess},
		{`[{"op":"replace","value":{"active":null}}]`, refusedAccess},
		{`[{"op":"add","value":{"active":null}}]`, refusedAccess},
		{`[{"op":"replace","path":"active","value":false},{"op":"replace","path":"active","value":true}]`, refusedAccess},
		{`[{"op":"replace","path":"active.value","value":true}]`, refusedAccess},
		{`[{"op":"replace","path":"active","value":true},{"op":"remove","path":"active"}]`, refusedAccess},
	}
	for _, test := range tests {
		t.Run(test.operations, func(t *testing.T) {
			body := object(t, `{"Operations":`+test.operations+`}`)
			assertAccess(t, test.want, func() (Access, error) { return ReadPatchAccess(body, gatewayUser()) })
		})
	}
}

func assertAccess(t *testing.T, want Access, read func() (Access, error)) {
	t.Helper()
	got, err := read()
	if want == refusedAccess {
		requireClientError(t, err, CodeInvalidValue)
		return
	}
	require.NoError(t, err)
	assert.Equal(t, want, got)
}
