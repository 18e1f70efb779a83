package scim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParsePatch(t *testing.T) {
	tests := []struct {
		name string
		body string
		want []string // op, path and value of each operation
	}{
		{
			name: "the three operations",
			body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
				{"op":"add","path":"emails","value":[{"value":"a"}]},
				{"op":"replace","value":{"active":false}},
				{"op":"remove","path":"emails[type eq \"work\"]"}]}`,
			want: []string{`add emails [{"value":"a"}]`, `replace - {"active":false}`, `remove emails[type eq "work"] null`},
		},
		{
			name: "names and op in any letter case, one operation without a list, no schemas",
			body: `{"operations":{"OP":"REPLACE","Path":"Active","VALUE":"True"}}`,
			want: []string{`replace active "True"`},
		},
		{name: "null is a value", body: `{"Operations":[{"op":"replace","path":"roles","value":null}]}`, want: []string{`replace roles null`}},
		{name: "an empty path is none", body: `{"Operations":[{"op":"replace","path":"","value":{}}]}`, want: []string{`replace - {}`}},
		{name: "a null path is none", body: `{"Operations":[{"op":"replace","path":null,"value":{}}]}`, want: []string{`replace - {}`}},
		{name: "the core URN is the resource itself", body: `{"Operations":[{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User","value":{}}]}`, want: []string{`replace - {}`}},
		{name: "unknown members are ignored", body: `{"Operations":[{"op":"remove","path":"roles","name":"addMember"}],"x":1}`, want: []string{`remove roles null`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			operations, err := ParsePatch(object(t, test.body), gatewayUser())
			require.NoError(t, err)
			var got []string
			for _, operation := range operations {
				path := "-"
				if operation.Path != nil {
					path = operation.Path.String()
				}
				value, err := json.Marshal(operation.Value)
				require.NoError(t, err)
				got = append(got, fmt.Sprintf("%s %s %s", operation.Op, path, value))
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestParsePatchRefuses(t *testing.T) {
	tests := []struct {
		name   string
		body   string
		code   Code
		detail string // "" if another test looks at it
	}{
		{name: "no Operations", body: `{}`, code: CodeInvalidSyntax, detail: "The PATCH request has no Operations."},
		{name: "empty Operations", body: `{"Operations":[]}`, code: CodeInvalidSyntax, detail: "The PATCH request has no operation in its Operations."},
		{name: "an operation that is no object", body: `{"Operations":["add"]}`, code: CodeInvalidSyntax, detail: "Operation 1 of the PATCH request is not an object."},
		{name: "no op", body: `{"Operations":[{"path":"active","value":true}]}`, code: CodeInvalidSyntax, detail: "Operation 1 of the PATCH request has no op that is add, replace or remove."},
		{name: "another op", body: `{"Operations":[{"op":"remove","path":"roles"},{"op":"move","path":"active"}]}`, code: CodeInvalidSyntax, detail: "Operation 2 of the PATCH request has no op that is add, replace or remove."},
		{name: "an op that is no string", body: `{"Operations":[{"op":1,"path":"active"}]}`, code: CodeInvalidSyntax, detail: "Operation 1 of the PATCH request has no op that is add, replace or remove."},
		{name: "a path that is no string", body: `{"Operations":[{"op":"add","path":["active"],"value":true}]}`, code: CodeInvalidPath, detail: "The path of operation 1 of the PATCH request is not a string."},
		{name: "a malformed path", body: `{"Operations":[{"op":"add","path":"emails[type eq","value":true}]}`, code: CodeInvalidPath},
		{name: "a path to an unknown attribute", body: `{"Operations":[{"op":"add","path":"shoeSize","value":5}]}`, code: CodeInvalidPath},
		{name: "add without a value", body: `{"Operations":[{"op":"add","path":"active"}]}`, code: CodeInvalidValue, detail: "Operation 1 of the PATCH request has no value."},
		{name: "replace without a value", body: `{"Operations":[{"op":"replace","path":"active"}]}`, code: CodeInvalidValue, detail: "Operation 1 of the PATCH request has no value."},
		{name: "remove without a path", body: `{"Operations":[{"op":"remove","value":{"active":true}}]}`, code: CodeNoTarget, detail: "Operation 1 of the PATCH request removes, but has no path that says what."},
		{
			name: "too many operations", body: `{"Operations":[` + strings.Repeat(`{"op":"remove","path":"roles"},`, 1000) + `{}]}`,
			code: CodeTooLarge, detail: "The PATCH request has more than 1000 operations.",
		},
		{
			name: "too many members", body: `{"Operations":[{"op":"add","path":"roles","value":[` + strings.Repeat(`"x",`, 1000) + `"x"]}]}`,
			code: CodeTooLarge, detail: "Operation 1 of the PATCH request has more than 1000 values in a list.",
		},
		{
			name: "too many members without a path", body: `{"Operations":[{"op":"add","value":{"roles":[` + strings.Repeat(`"x",`, 1000) + `"x"]}}]}`,
			code: CodeTooLarge, detail: "Operation 1 of the PATCH request has more than 1000 values in a list.",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParsePatch(object(t, test.body), gatewayUser())
			requireClientError(t, err, test.code)
			if test.detail != "" {
				assert.Equal(t, test.detail, err.(*Error).Detail)
			}
		})
	}
}

func TestParsePatchTakesAsMuchAsItSays(t *testing.T) {
	values := `"x"` + strings.Repeat(`,"x"`, MaxPatchValues-1)
	operation := `{"op":"add","path":"roles","value":[` + values + `]}`
	body := `{"Operations":[` + operation + strings.Repeat(`,{"op":"remove","path":"roles"}`, MaxPatchOperations-1) + `]}`
	operations, err := ParsePatch(object(t, body), gatewayUser())
	require.NoError(t, err)
	assert.Len(t, operations, MaxPatchOperations)
}
