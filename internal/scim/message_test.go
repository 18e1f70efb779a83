package scim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// RFC 7644 §3.1: schemas say what a body is. Clients that leave them out, or send
// those of SCIM 1.0, are understood.
func TestCheckMessage(t *testing.T) {
	for body, taken := range map[string]bool{
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`:                 true,
		`{"Schemas":"URN:ietf:params:scim:api:messages:2.0:patchop"}`:                   true,
		`{"schemas":["urn:example:x","urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`: true,
		`{}`:               true,
		`{"schemas":null}`: true,
		`{"schemas":""}`:   true,
		`{"schemas":[]}`:   true,
		`{"schemas":["urn:scim:schemas:core:1.0"]}`:                           true,
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}`: false,
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}`:          false,
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOps"]}`:      false,
		`{"schemas":["x"]}`: false,
		`{"schemas":[5]}`:   false,
		`{"schemas":{"a":"urn:ietf:params:scim:api:messages:2.0:PatchOp"}}`: false,
	} {
		err := CheckMessage(object(t, body), URNPatchOp)
		if taken {
			assert.NoError(t, err, body)
			continue
		}
		requireClientError(t, err, CodeInvalidValue)
		assert.Contains(t, scimErrorOf(t, err).Detail, URNPatchOp)
	}
}

// RFC 7643 §3: a resource that lists another type's schema alone is another one.
func TestSchemasOfResources(t *testing.T) {
	for schemas, taken := range map[string]bool{
		`["urn:ietf:params:scim:schemas:core:2.0:User"]`:                                               true,
		`["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]`:                               true,
		`["urn:ietf:params:scim:schemas:core:2.0:Group","urn:ietf:params:scim:schemas:core:2.0:User"]`: true,
		`["urn:scim:schemas:core:1.0"]`:                                                                true,
		`["urn:ietf:params:scim:schemas:extension:acme:2.0:User","http://schemas.example.com/User"]`:   true,
		`[]`: true, `null`: true, `""`: true,
		`["urn:ietf:params:scim:schemas:core:2.0:Group"]`:                                                       false,
		`"urn:ietf:params:scim:schemas:core:2.0:Group"`:                                                         false,
		`["urn:ietf:params:scim:api:messages:2.0:PatchOp","urn:ietf:params:scim:schemas:extension:acme:2.0:X"]`: false,
	} {
		_, err := gatewayUser().Normalize(object(t, `{"userName":"ada","schemas":`+schemas+`}`))
		if taken {
			assert.NoError(t, err, schemas)
			continue
		}
		requireClientError(t, err, CodeInvalidValue)
	}
}

// The interoperability profile (draft-zollner-scim-interop-profile-01) asks for
// errors where today's clients need tolerance.
func TestStrict(t *testing.T) {
	strict := gatewayUser().Strict()
	for _, body := range []string{
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:suger:2.0:User"],"userName":"ada","externalId":"x","id":"u1",
		  "name":{"givenName":"Ada"},"emails":[{"value":"a@example.com","type":"work"}],"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"x","seats":1},"meta":{"created":"2026-01-01T00:00:00Z"}}`,
		`{"USERNAME":"ada","name.givenName":"Ada","urn:ietf:params:scim:schemas:core:2.0:User":{"active":true},"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role":"x"}`,
	} {
		_, err := strict.Normalize(object(t, body))
		require.NoError(t, err, body)
	}
	for _, body := range []string{
		`{"userName":"ada","shoeSize":5}`,
		`{"userName":"ada","title":"known, but not held"}`,
		`{"userName":"ada","password":"throw-away"}`,
		`{"userName":"ada","name":{"shoeSize":5}}`,
		`{"userName":"ada","emails":[{"value":"a@example.com"},{"value":"b@example.com","size":5}]}`,
		`{"userName":"ada","urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"shoeSize":5}}`,
		`{"userName":"ada","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"x"}}`,
		`{"userName":"ada","urn:example:x":{}}`,
		`{"userName":"ada","schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:example:x"]}`,
		`{"userName":"ada","schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]}`,
		`{"userName":"ada","schemas":["urn:scim:schemas:core:1.0"]}`,
	} {
		_, err := strict.Normalize(object(t, body))
		requireClientError(t, err, CodeInvalidSyntax)
		_, err = gatewayUser().Normalize(object(t, body))
		assert.NoError(t, err, body)
	}

	for operation, code := range map[string]Code{
		`{"op":"replace","path":"active","value":false}`:                                                 "",
		`{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@example.com"}`:               "",
		`{"op":"add","path":"externalId","value":"x"}`:                                                   "",
		`{"op":"replace","path":"name","value":{"givenName":"x"}}`:                                       "",
		`{"op":"add","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:tags","value":["x"]}`: "",
		`{"op":"replace","value":{"active":false}}`:                                                      CodeInvalidSyntax,
		`{"op":"add","path":"","value":{"active":false}}`:                                                CodeInvalidSyntax,
		`{"op":"replace","path":"title","value":"x"}`:                                                    CodeInvalidPath,
		`{"op":"replace","path":"shoeSize","value":"x"}`:                                                 CodeInvalidPath,
		`{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"}`:            CodeInvalidPath,
		`{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"b@example.com"}}`:           CodeInvalidPath,
		`{"op":"remove","path":"emails[type eq \"work\"]"}`:                                              CodeInvalidPath,
		`{"op":"replace","path":"name","value":{"shoeSize":1}}`:                                          CodeInvalidSyntax,
		`{"op":"add","path":"roles","value":[{"value":"x","size":1}]}`:                                   CodeInvalidSyntax,
	} {
		_, err := patched(t, strict, object(t, patchUser), "["+operation+"]")
		if code == "" {
			assert.NoError(t, err, operation)
			continue
		}
		requireClientError(t, err, code)
		if operation == `{"op":"remove","path":"emails[type eq \"work\"]"}` {
			continue
		}
		_, err = patched(t, gatewayUser(), object(t, patchUser), "["+operation+"]")
		assert.NoError(t, err, operation)
	}
}

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
