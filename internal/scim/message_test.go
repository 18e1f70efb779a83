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
		`{"userName":"ada","groups":[{"value":"g1","shoeSize":5}]}`,
		`{"userName":"ada","meta":{"shoeSize":5}}`,
		`{"userName":"ada","emails[type eq \"work\"].value":"a@example.com"}`,
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
		`{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User","value":{"active":false}}`:  CodeInvalidSyntax,
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

	twice := object(t, `{"userName":"a@example.com","emails":[{"value":"a@example.com","type":"work"},{"value":"a@example.com","type":"home"}]}`)
	for _, filter := range []string{`value eq \"a@example.com\"`, `value sw \"a\"`} {
		_, err := patched(t, strict, twice, `[{"op":"replace","path":"emails[`+filter+`].value","value":"b@example.com"}]`)
		requireClientError(t, err, CodeInvalidFilter)
		assert.ErrorContains(t, err, "selects 2 entries", filter)
	}
}
