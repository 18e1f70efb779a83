package scim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecodeObject(t *testing.T) {
	tests := []struct {
		name string
		body string
		want map[string]any
	}{
		{name: "empty object", body: `{}`, want: map[string]any{}},
		{name: "a byte order mark before it (RFC 8259 section 8.1)", body: "\ufeff {\"a\": 1}", want: map[string]any{"a": float64(1)}},
		{name: "blanks around it", body: "\r\n {\"a\": 1} \t", want: map[string]any{"a": float64(1)}},
		{
			name: "every kind of value",
			body: `{"s":"x\u00e9\n","t":true,"f":false,"n":null,"i":-3,"d":1.5e2,"l":[],"o":{"a":[{"b":"c"}]}}`,
			want: map[string]any{
				"s": "xé\n", "t": true, "f": false, "n": nil, "i": float64(-3), "d": float64(150),
				"l": []any{}, "o": map[string]any{"a": []any{map[string]any{"b": "c"}}},
			},
		},
		{
			name: "the same name in two objects",
			body: `{"a":{"value":1},"b":[{"value":2},{"value":3}]}`,
			want: map[string]any{
				"a": map[string]any{"value": float64(1)},
				"b": []any{map[string]any{"value": float64(2)}, map[string]any{"value": float64(3)}},
			},
		},
		{
			name: "the deepest nesting there may be",
			body: strings.Repeat(`{"a":`, MaxNestingDepth) + `1` + strings.Repeat(`}`, MaxNestingDepth),
			want: nested(MaxNestingDepth).(map[string]any),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := DecodeObject([]byte(test.body))
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func nested(depth int) any {
	if depth == 0 {
		return float64(1)
	}
	return map[string]any{"a": nested(depth - 1)}
}

func TestDecodeObjectRefuses(t *testing.T) {
	tests := []struct {
		name string
		body string
	}{
		{name: "nothing", body: ""},
		{name: "blanks only", body: " \n"},
		{name: "an array", body: `[{"a":1}]`},
		{name: "a string", body: `"a"`},
		{name: "null", body: `null`},
		{name: "a blank that JSON does not know", body: "{\"a\":1}\v"},
		{name: "a byte order mark after a blank", body: " \ufeff{}"},
		{name: "two objects", body: `{} {}`},
		{name: "something after the object", body: `{"a":1}x`},
		{name: "an object cut off", body: `{"a":1`},
		{name: "a string cut off", body: `{"a":"1`},
		{name: "a comma at the end", body: `{"a":1,}`},
		{name: "a missing comma in a list", body: `{"a":[1 2]}`},
		{name: "a missing colon", body: `{"a" 1}`},
		{name: "a name without quotes", body: `{a:1}`},
		{name: "a comment", body: `{"a":1 /* one */}`},
		{name: "the wrong bracket", body: `{"a":[1}`},
		{name: "a control character in a string", body: "{\"a\":\"\x01\"}"},
		{name: "a number beyond the range", body: `{"a":1e999}`},
		{name: "bytes that are not UTF-8", body: "{\"a\":\"\xff\"}"},
		{name: "a name twice", body: `{"active":true,"active":false}`},
		{name: "a name twice in other letter case", body: `{"active":true,"Active":false}`},
		{name: "a name twice, once with an escape", body: `{"active":true,"\u0061ctive":false}`},
		{name: "a name twice by Unicode folding", body: `{"k":true,"\u212a":false}`},
		{name: "a name twice deep inside", body: `{"a":[{"b":{"c":1,"C":2}}]}`},
		{name: "too deep objects", body: strings.Repeat(`{"a":`, MaxNestingDepth+1) + `1` + strings.Repeat(`}`, MaxNestingDepth+1)},
		{name: "too deep arrays", body: `{"a":` + strings.Repeat(`[`, MaxNestingDepth) + strings.Repeat(`]`, MaxNestingDepth) + `}`},
		{name: "endless nesting", body: strings.Repeat(`{"a":`, 100_000)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := DecodeObject([]byte(test.body))
			requireClientError(t, err, CodeInvalidSyntax)
		})
	}
}

func TestDecodeObjectNeverQuotesValues(t *testing.T) {
	for _, body := range []string{
		`{"password":"hunter2-secret`,
		`{"password":"hunter2-secret" x}`,
		`{"password":hunter2-secret}`,
		`{"password":1e99999}`,
		`{"password":"hunter2-secret","Password":"hunter2-secret"}`,
	} {
		_, err := DecodeObject([]byte(body))
		require.Error(t, err, body)
		assert.NotContains(t, err.Error(), "hunter2", body)
		assert.NotContains(t, err.Error(), "99999", body)
	}
}

// normal adds to literal JSON the schemas that a resource of it has.
func normal(t *testing.T, rt *ResourceType, text string) Resource {
	t.Helper()
	r := object(t, text)
	schemas := []any{rt.Schema.ID}
	for _, extension := range rt.Extensions {
		if r[extension.ID] != nil {
			schemas = append(schemas, extension.ID)
		}
	}
	r["schemas"] = schemas
	return r
}

func TestNormalize(t *testing.T) {
	tests := []struct {
		name string
		body string
		want string
	}{
		{name: "nothing", body: `{}`, want: `{}`},
		{
			name: "names in any letter case",
			body: `{"USERNAME":"ada","Name":{"GivenName":"Ada"},"eMails":[{"VALUE":"a@example.com","Type":"work"}]}`,
			want: `{"userName":"ada","name":{"givenName":"Ada"},"emails":[{"value":"a@example.com","type":"work"}]}`,
		},
		{
			name: "core attributes in an object under their URN",
			body: `{"userName":"ada","urn:ietf:params:scim:schemas:core:2.0:USER":{"active":true,"name.givenName":"Ada"}}`,
			want: `{"userName":"ada","active":true,"name":{"givenName":"Ada"}}`,
		},
		{
			name: "they win over plain ones, which Okta echoes",
			body: `{"roles":[{"value":"VIEWER"}],"urn:ietf:params:scim:schemas:core:2.0:User":{"roles":["EDITOR"]}}`,
			want: `{"roles":[{"value":"EDITOR"}]}`,
		},
		{
			name: "an extension under its URN in any letter case",
			body: `{"URN:ietf:params:scim:schemas:extension:SUGER:2.0:User":{"ROLE":"EDITOR"}}`,
			want: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"EDITOR"}}`,
		},
		{
			name: "names with dots and URNs, at the top and in an extension",
			body: `{"name.givenName":"Ada","name":{"familyName":"Sample"},
				"urn:ietf:params:scim:schemas:core:2.0:User:userName":"ada",
				"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role":"EDITOR",
				"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"urn:ietf:params:scim:schemas:extension:suger:2.0:User:seats":3}}`,
			want: `{"name":{"givenName":"Ada","familyName":"Sample"},"userName":"ada",
				"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"EDITOR","seats":3}}`,
		},
		{
			name: "a name with a filter",
			body: `{"emails[type eq \"work\"].value":"a@example.com"}`,
			want: `{"emails":[{"type":"work","value":"a@example.com"}]}`,
		},
		{name: "roles as string", body: `{"roles":"ADMIN"}`, want: `{"roles":[{"value":"ADMIN"}]}`},
		{name: "roles as list of strings", body: `{"roles":["ADMIN","x"]}`, want: `{"roles":[{"value":"ADMIN"},{"value":"x"}]}`},
		{name: "roles as object", body: `{"roles":{"value":"ADMIN"}}`, want: `{"roles":[{"value":"ADMIN"}]}`},
		{name: "roles as list of objects", body: `{"roles":[{"value":"ADMIN"}]}`, want: `{"roles":[{"value":"ADMIN"}]}`},
		{name: "roles mixed", body: `{"roles":["ADMIN",{"value":"x","type":"t"},""]}`, want: `{"roles":[{"value":"ADMIN"},{"value":"x","type":"t"}]}`},
		{name: "the same entry twice", body: `{"roles":["admin",{"value":"ADMIN","type":"t"}]}`, want: `{"roles":[{"value":"admin","type":"t"}]}`},
		{name: "an e-mail of two types is two entries", body: `{"emails":[{"value":"a","type":"work"},{"value":"a","type":"home"}]}`, want: `{"emails":[{"value":"a","type":"work"},{"value":"a","type":"home"}]}`},
		{name: "one primary", body: `{"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, want: `{"emails":[{"value":"a","primary":false},{"value":"b","primary":true}]}`},
		{name: "a list of simple values from one", body: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"tags":"x"}}`, want: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"tags":["x"]}}`},
		{name: "booleans as strings", body: `{"active":"False","emails":[{"value":"a","primary":"TRUE"}]}`, want: `{"active":false,"emails":[{"value":"a","primary":true}]}`},
		{name: "read-only attributes are ignored, even of a wrong type", body: `{"id":5,"meta":"x","groups":[],"displayName":"x","name":{"formatted":"x"},"roles":[{"value":"x","display":7}]}`, want: `{"roles":[{"value":"x"}]}`},
		{name: "tolerated attributes are ignored", body: `{"title":"x","phoneNumbers":5,"name":{"honorificPrefix":"x"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"x"}}`, want: `{}`},
		{name: "unknown attributes are ignored", body: `{"shoeSize":5,"urn:example:x":{"a":1},"name":{"shoeSize":1},"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"shoeSize":1}}`, want: `{}`},
		{name: "a password is dropped", body: `{"userName":"ada","password":{"any":"thing"}}`, want: `{"userName":"ada"}`},
		{name: "externalId is kept", body: `{"EXTERNALID":"00u1"}`, want: `{"externalId":"00u1"}`},
		{name: "an empty externalId is not", body: `{"externalId":""}`, want: `{}`},
		{name: "schemas of an older version", body: `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"ada"}`, want: `{"userName":"ada"}`},
	}
	rt := gatewayUser()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			raw := object(t, test.body)
			got, err := rt.Normalize(raw)
			require.NoError(t, err)
			assert.Equal(t, normal(t, rt, test.want), got)
			assert.Equal(t, object(t, test.body), raw, "the input must not change")
		})
	}
}

func TestNormalizeDistinguishesEmptyFromMissing(t *testing.T) {
	tests := []struct {
		name string
		body string
		want string
	}{
		{name: "missing roles", body: `{}`, want: `{}`},
		{name: "null", body: `{"roles":null}`, want: `{"roles":[]}`},
		{name: "empty list", body: `{"roles":[]}`, want: `{"roles":[]}`},
		{name: "empty string", body: `{"roles":""}`, want: `{"roles":[]}`},
		{name: "objects whose value is emptied", body: `{"roles":[{"primary":true,"value":""},{"type":"x","value":null,"display":"x"}]}`, want: `{"roles":[]}`},
		{name: "list of an empty string", body: `{"roles":[""]}`, want: `{"roles":[]}`},
		{name: "list of nothing, of what has no name", body: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"tags":[null,""]}}`, want: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"tags":[]}}`},
		{name: "string null", body: `{"userName":null}`, want: `{"userName":""}`},
		{name: "string empty", body: `{"userName":""}`, want: `{"userName":""}`},
		{name: "complex null", body: `{"name":null}`, want: `{"name":{}}`},
		{name: "complex empty", body: `{"name":{}}`, want: `{"name":{}}`},
		{name: "complex with unknown members only is missing", body: `{"name":{"shoeSize":1}}`, want: `{}`},
		{name: "sub-attribute null", body: `{"name":{"givenName":null}}`, want: `{"name":{"givenName":""}}`},
		{name: "extension null is missing", body: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":null}`, want: `{}`},
		{name: "extension string null", body: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":null}}`, want: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":""}}`},
		{name: "extension number null is missing", body: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"seats":null}}`, want: `{}`},
	}
	rt := gatewayUser()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := rt.Normalize(object(t, test.body))
			require.NoError(t, err)
			assert.Equal(t, normal(t, rt, test.want), got)
		})
	}
}

func TestNormalizeRefuses(t *testing.T) {
	long := strings.Repeat("é", MaxStringLength+1)
	tests := []struct {
		name string
		body string
		want string // the detail
	}{
		{name: "number for a string", body: `{"userName":5}`, want: "The attribute userName must be a string."},
		{name: "object for a string", body: `{"userName":{"value":"x"}}`, want: "The attribute userName must be a string."},
		{name: "list for a string", body: `{"userName":["x"]}`, want: "The attribute userName must be a string."},
		{name: "boolean for a string", body: `{"name":{"givenName":true}}`, want: "The attribute name.givenName must be a string."},
		{name: "string for an object", body: `{"name":"Ada"}`, want: "The attribute name must be an object."},
		{name: "list for an object", body: `{"name":[{"givenName":"a"},{"givenName":"b"}]}`, want: "The attribute name must be an object."},
		{name: "other text for a boolean", body: `{"active":"yes"}`, want: "The attribute active must be true or false."},
		{name: "number for a boolean", body: `{"active":1}`, want: "The attribute active must be true or false."},
		{name: "text for a number", body: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"seats":"many"}}`, want: "The attribute " + urnSuger + ":seats must be a whole number."},
		{name: "infinity for a number", body: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"seats":"Inf"}}`, want: "The attribute " + urnSuger + ":seats must be a whole number."},
		{name: "fraction for an integer", body: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"seats":1.5}}`, want: "The attribute " + urnSuger + ":seats must be a whole number."},
		{name: "text for a time", body: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"since":"yesterday"}}`, want: "The attribute " + urnSuger + ":since must be a time like 2026-01-31T09:30:00Z."},
		{name: "number in a list", body: `{"roles":["x",5]}`, want: "The attribute roles.value must be a string."},
		{name: "list in a list", body: `{"roles":[["x","y"]]}`, want: "The attribute roles must be an object."},
		{name: "string for an extension", body: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":"x"}`, want: "The attribute " + urnSuger + " must be an object."},
		{name: "string for the core schema", body: `{"urn:ietf:params:scim:schemas:core:2.0:User":"x"}`, want: "The attribute " + URNUser + " must be an object."},
		{name: "a long string", body: `{"userName":"` + long + `"}`, want: "The attribute userName is longer than 1024 characters."},
		{name: "a long externalId", body: `{"externalId":"` + long + `"}`, want: "The attribute externalId is longer than 1024 characters."},
	}
	rt := gatewayUser()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := rt.Normalize(object(t, test.body))
			requireClientError(t, err, CodeInvalidValue)
			assert.Equal(t, test.want, scimErrorOf(t, err).Detail)
		})
	}
}

func TestNormalizeTakesTheLongestString(t *testing.T) {
	long := strings.Repeat("é", MaxStringLength)
	got, err := gatewayUser().Normalize(map[string]any{"userName": long})
	require.NoError(t, err)
	assert.Equal(t, long, got["userName"])
}

func TestNormalizeGroup(t *testing.T) {
	rt := wholeGroup()
	got, err := rt.Normalize(object(t, `{"displayName":"g","members":["u1",{"value":"U1","display":"x"},{"value":"u1","type":"User"}],"externalId":"e"}`))
	require.NoError(t, err)
	assert.Equal(t, normal(t, rt, `{"displayName":"g","members":[{"value":"u1","type":"User"},{"value":"U1"}],"externalId":"e"}`), got,
		"ids of members differ in letter case")

	for _, body := range []string{`{"members":[{"display":"x"}]}`, `{"members":[{"value":null}]}`, `{"members":[{"id":"u1"}]}`, `{"members":{"$ref":""}}`} {
		_, err := rt.Normalize(object(t, body))
		requireClientError(t, err, CodeInvalidValue)
		assert.Equal(t, "An entry of members has no value.", scimErrorOf(t, err).Detail, body)
	}
}

// A member may be named by $ref alone (RFC 7643 section 2.4 and 8.7.1).
func TestNormalizeMemberByReference(t *testing.T) {
	rt := wholeGroup()
	for reference, id := range map[string]string{
		"https://scim.example.com/scim/v2/Users/u1": "u1", "https://other.example.com/org/x/scim/v2/users/u1": "u1",
		"../Users/u1": "u1", "Users/u1": "u1", "/v2/Groups/g%2F1": "g/1", "/Users/u1?x=y": "u1",
	} {
		got, err := rt.Normalize(map[string]any{"members": []any{map[string]any{"$ref": reference}}})
		require.NoError(t, err, reference)
		assert.Equal(t, []any{map[string]any{"value": id, "$ref": reference}}, got["members"])
	}
	for _, reference := range []string{"u1", "/u1", "/Users/", "/Roles/u1", "https://scim.example.com/Users/u1/x", ":", "/Users/%zz"} {
		_, err := rt.Normalize(map[string]any{"members": []any{map[string]any{"$ref": reference}}})
		requireClientError(t, err, CodeInvalidValue)
		assert.Contains(t, scimErrorOf(t, err).Detail, "URL of a User or Group")
	}
}

func TestNormalizeManagerOfEntraID(t *testing.T) {
	rt := wholeUser()
	for _, manager := range []string{`"u2"`, `{"value":"u2"}`, `[{"value":"u2","displayName":"Bo"}]`} {
		got, err := rt.Normalize(object(t, `{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":`+manager+`}}`))
		require.NoError(t, err)
		assert.Equal(t, normal(t, rt, `{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"u2"}}}`), got, manager)
	}
}

func TestNormalizeRFCExamples(t *testing.T) { // RFC 7643 section 8
	tests := []struct {
		file    string
		rt      *ResourceType
		ignored []string // read-only, or not held
	}{
		{file: "rfc/user_minimal.json", rt: wholeUser(), ignored: []string{"id", "meta"}},
		{file: "rfc/user_full.json", rt: wholeUser(), ignored: []string{"id", "meta", "groups", "password"}},
		{file: "rfc/user_enterprise.json", rt: wholeUser(), ignored: []string{"id", "meta"}},
		{file: "rfc/group.json", rt: wholeGroup(), ignored: []string{"id", "meta"}},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			raw, err := DecodeObject(file(t, test.file))
			require.NoError(t, err)
			got, err := test.rt.Normalize(raw)
			require.NoError(t, err)
			require.NoError(t, test.rt.CheckRequired(got))

			want := Resource(raw)
			for _, name := range test.ignored {
				delete(want, name)
			}
			if members, ok := want["members"]; ok {
				forget(members, "display")
			}
			if enterprise, ok := want[URNEnterpriseUser].(map[string]any); ok {
				forget(enterprise["manager"], "displayName")
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestNormalizeReadsTheCorpus(t *testing.T) {
	refused := 0
	for _, line := range corpus(t, "resources.txt") {
		raw, err := DecodeObject([]byte(line))
		require.NoError(t, err, line)
		delete(raw, "schemas") // each type reads each body
		for _, rt := range []*ResourceType{gatewayUser(), wholeUser(), wholeGroup()} {
			if _, err := rt.Normalize(raw); err != nil {
				requireClientError(t, err, scimErrorOf(t, err).Code)
				refused++
			}
		}
	}
	assert.Equal(t, 10, refused, "only the odd forms at the corpus's end are refused")
}

// A list of roles or members never gets shorter because an entry lost its value
// (rule 8 of no false success): a name stands for the value, and an entry with
// neither is refused.
func TestEntriesWithoutAValue(t *testing.T) {
	tests := []struct {
		rt   *ResourceType
		list string
		want string // "" for an error
	}{
		{gatewayUser(), `"roles":[{"display":"ADMIN"}]`, `{"roles":[{"value":"ADMIN"}]}`},
		{gatewayUser(), `"roles":[{"name":"ADMIN","primary":true}]`, `{"roles":[{"value":"ADMIN","primary":true}]}`},
		{gatewayUser(), `"roles":{"Display":"ADMIN"}`, `{"roles":[{"value":"ADMIN"}]}`},
		{gatewayUser(), `"roles":[{"display":"ADMIN","value":"EDITOR"}]`, `{"roles":[{"value":"EDITOR"}]}`},
		{gatewayUser(), `"roles":[{"display":"ADMIN","value":""}]`, `{"roles":[]}`},
		{gatewayUser(), `"roles":["EDITOR",{"display":""}]`, ``},
		{gatewayUser(), `"roles":[{"primary":true,"type":"suger"}]`, ``},
		{gatewayUser(), `"roles":[{"id":"ADMIN"}]`, ``},
		{gatewayUser(), `"roles":[{}]`, ``},
		{gatewayUser(), `"roles":[null]`, ``},
		{gatewayUser(), `"roles":["EDITOR",null]`, ``},
		{gatewayUser(), `"roles":{}`, ``},
		{wholeGroup(), `"members":null`, `{"members":[]}`},
		{wholeGroup(), `"members":[{}]`, ``},
		{wholeGroup(), `"members":[null]`, ``},
		{wholeGroup(), `"members":[""]`, ``},
		{wholeGroup(), `"members":{}`, ``},
		{wholeGroup(), `"members":[{"value":""}]`, ``},
		{wholeGroup(), `"members":[{"display":"Ada"}]`, ``},
	}
	for _, test := range tests {
		t.Run(test.list, func(t *testing.T) {
			got, err := test.rt.Normalize(object(t, `{`+test.list+`}`))
			operations := `[{"op":"replace","value":{` + test.list + `}}]`
			patched, patchErr := patched(t, test.rt, Resource{}, operations)
			if test.want == "" {
				requireClientError(t, err, CodeInvalidValue)
				requireClientError(t, patchErr, CodeInvalidValue)
				return
			}
			require.NoError(t, err)
			require.NoError(t, patchErr)
			assert.Equal(t, normal(t, test.rt, test.want), got)
			assert.Equal(t, normal(t, test.rt, test.want), patched)
		})
	}
}

// An echoed attribute is kept of a whole resource, read-only parts included, and
// nowhere else.
func TestEchoedAttribute(t *testing.T) {
	user := StandardSchema(URNUser)
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
		r, err := rt.ApplyPatch(t.Context(), current, operations)
		require.NoError(t, err)
		assert.NotContains(t, r, "groups")
	})
}
