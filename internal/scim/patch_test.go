package scim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patchUser and patchGroup are the made-up resources that PATCH is tried on.
const (
	patchUser = `{
		"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:suger:2.0:User"],
		"id":"u1","userName":"ada@example.com","displayName":"Ada Sample","active":true,
		"name":{"givenName":"Ada","familyName":"Sample","formatted":"Ada Sample"},
		"emails":[{"value":"ada@example.com","type":"work","primary":true}],
		"roles":[{"value":"EDITOR","display":"Editor","type":"suger","primary":true}],
		"groups":[{"value":"EDITOR","display":"Editor"}],
		"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"EDITOR","status":"ACTIVE","seats":3,"since":"2026-01-01T00:00:00Z","tags":["x","y"]},
		"meta":{"resourceType":"User","created":"2026-01-01T00:00:00Z","version":"W/\"1\""}}`
	patchGroup = `{
		"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"g1","displayName":"Suger Admins",
		"members":[{"value":"u1","display":"ada@example.com"},{"value":"u2","display":"bo@example.com"}]}`
)

// patchCase is a PATCH of patchUser, or of patchGroup if group is set.
type patchCase struct {
	name       string
	group      bool
	operations string
	want       string // attributes that differ afterwards; null for one that is gone
	code       Code   // of the error; "" for success
}

func (c patchCase) run(t *testing.T) {
	rt, current := gatewayUser(), object(t, patchUser)
	if c.group {
		rt, current = wholeGroup(), object(t, patchGroup)
	}
	got, err := patched(t, rt, current, c.operations)
	if c.code != "" {
		requireClientError(t, err, c.code)
		require.Nil(t, got)
		return
	}
	require.NoError(t, err)
	want := Resource(current)
	if c.want != "" {
		for name, value := range object(t, c.want) {
			want[name] = value
			if value == nil {
				delete(want, name)
			}
		}
	}
	assert.Equal(t, want, got)
}

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
			want: []string{`add emails [{"value":"a"}]`, `replace - {"active":false}`, `remove emails[] null`},
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
					path = shownPath(operation.Path)
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
		{name: "empty Operations", body: `{"Operations":[]}`, code: CodeInvalidSyntax, detail: "The PATCH request has no Operations."},
		{name: "an operation that is no object", body: `{"Operations":["add"]}`, code: CodeInvalidSyntax, detail: "Operation 1 of the PATCH request has no op that is add, replace or remove."},
		{name: "no op", body: `{"Operations":[{"path":"active","value":true}]}`, code: CodeInvalidSyntax, detail: "Operation 1 of the PATCH request has no op that is add, replace or remove."},
		{name: "another op", body: `{"Operations":[{"op":"remove","path":"roles"},{"op":"move","path":"active"}]}`, code: CodeInvalidSyntax, detail: "Operation 2 of the PATCH request has no op that is add, replace or remove."},
		{name: "an op that is no string", body: `{"Operations":[{"op":1,"path":"active"}]}`, code: CodeInvalidSyntax, detail: "Operation 1 of the PATCH request has no op that is add, replace or remove."},
		{name: "a path that is no string", body: `{"Operations":[{"op":"add","path":["active"],"value":true}]}`, code: CodeInvalidPath, detail: "Operation 1 of the PATCH request has a path that is not a string."},
		{name: "a malformed path", body: `{"Operations":[{"op":"add","path":"emails[type eq","value":true}]}`, code: CodeInvalidPath},
		{name: "another message (RFC 7644 section 3.5.2)", body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"op":"remove","path":"roles"}]}`, code: CodeInvalidValue},
		{name: "add without a value", body: `{"Operations":[{"op":"add","path":"active"}]}`, code: CodeInvalidValue, detail: "Operation 1 of the PATCH request has no value."},
		{name: "replace without a value", body: `{"Operations":[{"op":"replace","path":"active"}]}`, code: CodeInvalidValue, detail: "Operation 1 of the PATCH request has no value."},
		{name: "remove without a path", body: `{"Operations":[{"op":"remove","value":{"active":true}}]}`, code: CodeNoTarget, detail: "Operation 1 of the PATCH request is a remove without a path."},
		{
			name: "too many operations", body: `{"Operations":[` + strings.Repeat(`{"op":"remove","path":"roles"},`, 1000) + `{}]}`,
			code: CodeTooLarge, detail: "The PATCH request has more than 1000 operations.",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParsePatch(object(t, test.body), gatewayUser())
			requireClientError(t, err, test.code)
			if test.detail != "" {
				assert.Equal(t, test.detail, scimErrorOf(t, err).Detail)
			}
		})
	}
}

func TestParsePatchTakesAsMuchAsItSays(t *testing.T) {
	values := `"x"` + strings.Repeat(`,"x"`, 2*MaxPatchOperations)
	operation := `{"op":"add","path":"roles","value":[` + values + `]}`
	body := `{"Operations":[` + operation + strings.Repeat(`,{"op":"remove","path":"roles"}`, MaxPatchOperations-1) + `]}`
	operations, err := ParsePatch(object(t, body), gatewayUser())
	require.NoError(t, err)
	assert.Len(t, operations, MaxPatchOperations)
}

func TestPatchLists(t *testing.T) {
	const editor = `{"value":"EDITOR","display":"Editor","type":"suger","primary":true}`
	tests := []patchCase{
		{name: "add appends", operations: `[{"op":"add","path":"emails","value":[{"value":"b@example.com"},"c@example.com"]}]`, want: `{"emails":[{"value":"ada@example.com","type":"work","primary":true},{"value":"b@example.com"},{"value":"c@example.com"}]}`},
		{name: "add of what is there changes nothing, letter case aside", operations: `[{"op":"add","path":"emails","value":"ADA@example.com"}]`},
		{name: "add of what is there sets what is new of it", operations: `[{"op":"add","path":"emails","value":{"value":"ada@example.com","display":"Ada"}}]`, want: `{"emails":[{"value":"ada@example.com","type":"work","primary":true,"display":"Ada"}]}`},
		{name: "add of the same value with another type appends", operations: `[{"op":"add","path":"emails","value":{"value":"ada@example.com","type":"home"}}]`, want: `{"emails":[{"value":"ada@example.com","type":"work","primary":true},{"value":"ada@example.com","type":"home"}]}`},
		{name: "add of the same value twice adds one", operations: `[{"op":"add","path":"roles","value":["a","A",{"value":"a"}]}]`, want: `{"roles":[` + editor + `,{"value":"a"}]}`},
		{name: "add of nothing changes nothing", operations: `[{"op":"add","path":"roles","value":[]},{"op":"add","path":"roles","value":null},{"op":"add","path":"roles","value":""}]`},
		{name: "add of a primary demotes the other", operations: `[{"op":"add","path":"roles","value":{"value":"a","primary":"true"}}]`, want: `{"roles":[{"value":"EDITOR","display":"Editor","type":"suger","primary":false},{"value":"a","primary":true}]}`},
		{name: "simple values", operations: `[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:tags","value":["X","z"]},{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:tags","value":"y"}]`, want: extension(`"tags":["x","z"]`)},

		{name: "replace replaces all", operations: `[{"op":"replace","path":"roles","value":["a","b"]}]`, want: `{"roles":[{"value":"a"},{"value":"b"}]}`},
		{name: "replace by the same changes nothing", operations: `[{"op":"replace","path":"roles","value":[{"value":"EDITOR","type":"suger","primary":true}]}]`},
		{name: "replace by an empty list empties", operations: `[{"op":"replace","path":"roles","value":[]}]`, want: `{"roles":[]}`},
		{name: "replace by null empties", operations: `[{"op":"replace","path":"roles","value":null}]`, want: `{"roles":[]}`},
		{name: "replace by an empty string empties", operations: `[{"op":"replace","value":{"roles":""}}]`, want: `{"roles":[]}`},

		{name: "what remains can be selected by what the provider said of it", operations: `[{"op":"replace","path":"roles","value":["editor","b"]},{"op":"remove","path":"roles[display eq \"Editor\"]"}]`, want: `{"roles":[{"value":"b"}]}`},
		{name: "remove by value takes those only", operations: `[{"op":"add","path":"roles","value":["a","b"]},{"op":"remove","path":"roles","value":["a","editor","gone"]}]`, want: `{"roles":[{"value":"b"}]}`},
		{name: "remove by a value of another type takes nothing", operations: `[{"op":"remove","path":"emails","value":{"value":"ada@example.com","type":"home"}}]`},
		{name: "remove by an empty list takes nothing", operations: `[{"op":"remove","path":"roles","value":[]}]`},
		{name: "remove of a part", operations: `[{"op":"remove","path":"emails.type"}]`, want: `{"emails":[{"value":"ada@example.com","primary":true}]}`},
		{name: "remove of the value removes the entry", operations: `[{"op":"remove","path":"roles[type eq \"suger\"].value"}]`, want: `{"roles":[]}`},
		{name: "remove with a filter that selects nothing", operations: `[{"op":"remove","path":"roles[value eq \"gone\"]"},{"op":"remove","path":"roles[value eq \"gone\"].type"}]`},
		{name: "remove of what is not there", group: true, operations: `[{"op":"remove","path":"members"},{"op":"remove","path":"members[value eq \"u1\"]"}]`, want: `{"members":[]}`},
		{name: "ids of members differ in letter case", group: true, operations: `[{"op":"remove","path":"members[value eq \"U1\"]"},{"op":"add","path":"members","value":"U2"}]`, want: `{"members":[{"value":"u1","display":"ada@example.com"},{"value":"u2","display":"bo@example.com"},{"value":"U2"}]}`},
		{name: "the order of operations counts", group: true, operations: `[{"op":"remove","path":"members","value":"u1"},{"op":"add","path":"members","value":"u1"}]`, want: `{"members":[{"value":"u2","display":"bo@example.com"},{"value":"u1"}]}`},
		{name: "add of a role whose value is null", operations: `[{"op":"add","path":"roles","value":[{"value":null}]}]`, code: CodeInvalidValue},
		{name: "a member without a value", group: true, operations: `[{"op":"add","path":"members","value":[{"display":"x"}]}]`, code: CodeInvalidValue},
		{name: "a value of the wrong type", operations: `[{"op":"add","path":"roles","value":5}]`, code: CodeInvalidValue},
	}
	for _, test := range tests {
		t.Run(test.name, test.run)
	}
}

func TestPatchSelectedEntries(t *testing.T) {
	tests := []patchCase{
		{name: "a part of all entries", operations: `[{"op":"add","path":"emails","value":"b@example.com"},{"op":"replace","path":"emails.type","value":"home"}]`, want: `{"emails":[{"value":"ada@example.com","type":"home","primary":true},{"value":"b@example.com","type":"home"}]}`},
		{name: "the value of all entries makes them one", operations: `[{"op":"add","path":"emails","value":"b@example.com"},{"op":"replace","path":"emails.value","value":"c@example.com"}]`, want: `{"emails":[{"value":"c@example.com"}]}`},
		{name: "the value of all entries, which the last has already", operations: `[{"op":"add","path":"emails","value":"b@example.com"},{"op":"replace","path":"emails.value","value":"b@example.com"}]`, want: `{"emails":[{"value":"b@example.com","type":"work","primary":true}]}`},
		{name: "the value of none makes an entry", operations: `[{"op":"remove","path":"roles"},{"op":"replace","path":"roles.value","value":"a"}]`, want: `{"roles":[{"value":"a"}]}`},
		{name: "a new value leaves what the provider said of the old", operations: `[{"op":"replace","path":"roles[type eq \"suger\"].value","value":"a"}]`, want: `{"roles":[{"value":"a","type":"suger","primary":true}]}`},
		{name: "an entry that becomes the same as another takes its place", operations: `[{"op":"add","path":"roles","value":"a"},{"op":"replace","path":"roles[primary eq true].value","value":"A"}]`, want: `{"roles":[{"value":"A","type":"suger","primary":true}]}`},
		{name: "a primary entry demotes the other", operations: `[{"op":"add","path":"roles","value":"a"},{"op":"replace","path":"roles[value eq \"a\"].primary","value":true}]`, want: `{"roles":[{"value":"EDITOR","display":"Editor","type":"suger","primary":false},{"value":"a","primary":true}]}`},
		{name: "an empty value removes the entry", operations: `[{"op":"replace","path":"roles[primary eq true].value","value":""}]`, want: `{"roles":[]}`},
		{name: "an empty value of nothing", operations: `[{"op":"replace","path":"roles[type eq \"x\"].value","value":""}]`},
		{name: "an entry is replaced as a whole", operations: `[{"op":"replace","path":"roles[primary eq true]","value":{"value":"a"}}]`, want: `{"roles":[{"value":"a"}]}`},
		{name: "an entry replaced by its like keeps what the provider said", operations: `[{"op":"replace","path":"roles[primary eq true]","value":[{"value":"editor"}]}]`, want: `{"roles":[{"value":"editor","display":"Editor"}]}`},
		{name: "an entry replaced by a scalar gets it as its value", operations: `[{"op":"replace","path":"roles[primary eq true]","value":"a"}]`, want: `{"roles":[{"value":"a","type":"suger","primary":true}]}`},
		{name: "an entry replaced by null is removed", operations: `[{"op":"replace","path":"roles[primary eq true]","value":null}]`, want: `{"roles":[]}`},
		{name: "add to an entry sets what is given", operations: `[{"op":"add","path":"emails[type eq \"work\"]","value":{"display":"Ada"}}]`, want: `{"emails":[{"value":"ada@example.com","type":"work","primary":true,"display":"Ada"}]}`},
		{name: "add of nothing to an entry", operations: `[{"op":"add","path":"emails[type eq \"work\"]","value":null},{"op":"add","path":"emails[type eq \"gone\"]","value":{}}]`},
		{name: "add to an entry sets what is given with its value", operations: `[{"op":"add","path":"emails[type eq \"work\"]","value":{"value":"n@example.com","display":"Ada"}}]`, want: `{"emails":[{"value":"n@example.com","type":"work","primary":true,"display":"Ada"}]}`},
		{name: "several values for an entry", operations: `[{"op":"replace","path":"roles[primary eq true]","value":["a","b"]}]`, code: CodeInvalidValue},

		{name: "made from two terms", operations: `[{"op":"add","path":"emails[type eq \"home\" and primary eq true].value","value":"h@example.com"}]`, want: `{"emails":[{"value":"ada@example.com","type":"work","primary":false},{"value":"h@example.com","type":"home","primary":true}]}`},
		{name: "made from the filter and an object", operations: `[{"op":"replace","path":"emails[type eq \"home\"]","value":{"value":"h@example.com"}}]`, want: `{"emails":[{"value":"ada@example.com","type":"work","primary":true},{"value":"h@example.com","type":"home"}]}`},
		{name: "not made if the filter says something else", operations: `[{"op":"replace","path":"emails[type ne \"work\"].value","value":"h@example.com"}]`, code: CodeNoTarget},
		{name: "not made if the filter is a choice", operations: `[{"op":"replace","path":"emails[type eq \"home\" or type eq \"other\"].value","value":"h@example.com"}]`, code: CodeNoTarget},
		{name: "not made if the value contradicts the filter", operations: `[{"op":"replace","path":"emails[type eq \"home\"]","value":{"value":"h@example.com","type":"other"}}]`, code: CodeNoTarget},
		{name: "not made from what is read-only", operations: `[{"op":"replace","path":"roles[display eq \"x\"].value","value":"a"}]`, code: CodeNoTarget},
		{name: "a value in the filter alone brings nothing back", operations: `[{"op":"replace","path":"roles[value eq \"gone\"].type","value":"x"}]`, code: CodeNoTarget},
		{name: "an object for the value of an entry", operations: `[{"op":"replace","path":"roles[primary eq true].value","value":{"value":"a"}}]`, code: CodeInvalidValue},
		{name: "a number for an entry", operations: `[{"op":"replace","path":"roles[primary eq true]","value":[5]}]`, code: CodeInvalidValue},
		{name: "several values to add to an entry", operations: `[{"op":"add","path":"roles[primary eq true]","value":["a","b"]}]`, code: CodeInvalidValue},
		{name: "a part of no entry", operations: `[{"op":"remove","path":"roles"},{"op":"replace","path":"roles.type","value":"x"}]`, code: CodeNoTarget},
		{name: "a part of no entry among others is ignored", operations: `[{"op":"remove","path":"roles"},{"op":"replace","value":{"roles.type":"x"}}]`, want: `{"roles":[]}`},
		{name: "names with a filter", operations: `[{"op":"replace","value":{"emails[type eq \"work\"].value":"n@example.com","shoes[size eq 5].value":"x"}}]`, want: `{"emails":[{"value":"n@example.com","type":"work","primary":true}]}`},
		{name: "a malformed name with a filter", operations: `[{"op":"replace","value":{"emails[type eq":"x"}}]`, code: CodeInvalidPath},
	}
	for _, test := range tests {
		t.Run(test.name, test.run)
	}
}

// A filter may describe an entry by what the provider computes: Entra ID sets the
// role of a user who has none with roles[primary eq "True"].value.
func TestPatchCreatesADescribedEntry(t *testing.T) {
	rt := gatewayUser()
	for _, sub := range attributeNamed(rt.Schema.Attributes, "roles").SubAttributes {
		switch sub.Name {
		case "type":
			sub.CanonicalValues = []string{"suger"}
			fallthrough
		case "primary":
			sub.mutable(ReadOnly).Derived = true
		}
	}
	for path, made := range map[string]bool{
		`roles[primary eq \"True\"].value`:                     true,
		`roles[type eq \"SUGER\"].value`:                       true,
		`roles[type eq \"suger\" and primary eq true].value`:   true,
		`roles[type eq \"another\"].value`:                     false,
		`roles[type eq \"another\" and primary eq true].value`: false,
		`roles[display eq \"x\"].value`:                        false,
	} {
		for _, op := range []string{"add", "replace"} {
			t.Run(op+" "+path, func(t *testing.T) {
				got, err := patched(t, rt, Resource{"id": "u1", "userName": "ada@example.com"}, `[{"op":"`+op+`","path":"`+path+`","value":"ADMIN"}]`)
				if !made {
					requireClientError(t, err, CodeNoTarget)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, []any{map[string]any{"value": "ADMIN"}}, got["roles"])
			})
		}
	}
}

func TestPatchSingleValues(t *testing.T) {
	const sample = `"familyName":"Sample","formatted":"Ada Sample"`
	tests := []patchCase{
		{name: "add of an empty string empties", operations: `[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role","value":""}]`, want: extension(`"role":""`)},
		{name: "add sets", operations: `[{"op":"add","path":"userName","value":"x"}]`, want: `{"userName":"x"}`},
		{name: "replace of a part", operations: `[{"op":"replace","path":"name.givenName","value":"x"}]`, want: `{"name":{"givenName":"x",` + sample + `}}`},
		{name: "replace of a complex value keeps its other parts", operations: `[{"op":"replace","path":"name","value":{"givenName":"x"}}]`, want: `{"name":{"givenName":"x",` + sample + `}}`},
		{name: "remove of a part empties it", operations: `[{"op":"remove","path":"name.givenName"}]`, want: `{"name":{"givenName":"",` + sample + `}}`},
		{name: "replace of a part by null empties it", operations: `[{"op":"replace","path":"name.givenName","value":null}]`, want: `{"name":{"givenName":"",` + sample + `}}`},
		{name: "remove of a complex value empties it", operations: `[{"op":"remove","path":"name"}]`, want: `{"name":{}}`},
		{name: "replace of a complex value by null empties it", operations: `[{"op":"replace","path":"name","value":null}]`, want: `{"name":{}}`},
		{name: "add of an empty complex value changes nothing", operations: `[{"op":"add","path":"name","value":{}}]`},
		{name: "replace by an empty complex value replaces nothing (RFC 7644 section 3.5.2.3)", operations: `[{"op":"replace","path":"name","value":{}},{"op":"replace","value":{"name":{}}}]`},
		{name: "replace by unknown parts only replaces nothing", operations: `[{"op":"replace","path":"name","value":{"shoeSize":1}}]`},
		{name: "add of null adds nothing and erases nothing (RFC 7643 section 2.5)", operations: `[{"op":"add","path":"userName","value":null},{"op":"add","path":"name","value":null},{"op":"add","path":"name.givenName","value":null},{"op":"add","path":"roles","value":null},{"op":"add","path":"roles","value":[null]},{"op":"add","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role","value":null},{"op":"add","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User","value":null}]`},
		{name: "add of null without a path", operations: `[{"op":"add","value":{"userName":null,"name":{"givenName":null},"roles":null,"emails":[{"value":"ada@example.com","type":null}],"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":null,"seats":null}}}]`},
		{name: "remove of a string empties it", operations: `[{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role"}]`, want: extension(`"role":""`)},
		{name: "replace of a string by an empty one", operations: `[{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role","value":""}]`, want: extension(`"role":""`)},
		{name: "a whole extension is merged", operations: `[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User","value":{"role":"x","shoeSize":5}}]`, want: extension(`"role":"x"`)},
		{name: "null for an extension among others is ignored", operations: `[{"op":"replace","value":{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":null}}]`},
		{name: "a string for an extension", operations: `[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User","value":"x"}]`, code: CodeInvalidValue},
		{name: "a number for a string", operations: `[{"op":"replace","path":"userName","value":5}]`, code: CodeInvalidValue},
		{name: "a number for a part", operations: `[{"op":"replace","path":"name.givenName","value":5}]`, code: CodeInvalidValue},
		{name: "null under the core URN is ignored", operations: `[{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User":null}}]`},
		{name: "a string under the core URN", operations: `[{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User":"x"}}]`, code: CodeInvalidValue},
		{name: "an object for a boolean", operations: `[{"op":"replace","path":"active","value":{}}]`, code: CodeInvalidValue},
		{name: "externalId is replaced and removed", operations: `[{"op":"add","path":"externalId","value":"x"},{"op":"remove","path":"externalId"}]`},
		{name: "a value without a path that is no object", operations: `[{"op":"replace","value":"x"}]`, code: CodeInvalidValue},
		{name: "unknown attributes without a path are ignored", operations: `[{"op":"replace","value":{"shoeSize":5,"urn:example:x":{"a":1}}}]`},
		{name: "unknown attributes with a path are ignored", operations: `[{"op":"replace","path":"shoeSize","value":5},{"op":"add","path":"urn:example:User:tag","value":"x"},{"op":"remove","path":"shoes[size eq 5]"},{"op":"add","path":"name.shoeSize","value":{}}]`},
		{name: "parts of the manager are ignored where he is not held (RFC 7643 section 4.3, Entra ID)", operations: `[{"op":"add","path":"` + URNEnterpriseUser + `:manager","value":"u2"},{"op":"replace","path":"` + URNEnterpriseUser + `:manager.value","value":"u2"},{"op":"replace","path":"` + URNEnterpriseUser + `:manager.displayName","value":"Bo"},{"op":"add","path":"` + URNEnterpriseUser + `:manager.$ref","value":"../Users/u2"},{"op":"remove","path":"` + URNEnterpriseUser + `.manager"}]`},
	}
	for _, test := range tests {
		t.Run(test.name, test.run)
	}
}

func TestPatchMutability(t *testing.T) {
	tests := []patchCase{
		{name: "the same id", operations: `[{"op":"replace","value":{"id":"u1"}},{"op":"replace","path":"id","value":"u1"}]`},
		{name: "another id without a path", operations: `[{"op":"replace","value":{"id":"u2"}}]`, code: CodeMutability},
		{name: "another id with a path", operations: `[{"op":"replace","path":"id","value":"u2"}]`, code: CodeMutability},
		{name: "an id in another letter case", operations: `[{"op":"replace","value":{"id":"U1"}}]`, code: CodeMutability},
		{name: "an id that is no text", operations: `[{"op":"replace","path":"id","value":[]}]`, code: CodeInvalidValue},
		{name: "an id that is an object", operations: `[{"op":"replace","value":{"id":{}}}]`, code: CodeInvalidValue},
		{name: "remove of the id", operations: `[{"op":"remove","path":"id"}]`, code: CodeMutability},
		{name: "the same meta, as far as it is known", operations: `[{"op":"replace","value":{"meta":{"created":"2026-01-01T01:00:00+01:00","location":"https://scim.example.com/Users/u1"}}}]`},
		{name: "another meta is ignored", operations: `[{"op":"replace","value":{"meta":{"created":"2026-01-02T00:00:00Z","version":"W/\"old\""}}}]`},
		{name: "another part of meta", operations: `[{"op":"replace","path":"meta.version","value":"W/\"2\""}]`, code: CodeMutability},
		{name: "known schemas", operations: `[{"op":"replace","value":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:USER","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]}}]`},
		{name: "an unknown schema is ignored", operations: `[{"op":"replace","value":{"schemas":["urn:scim:schemas:core:1.0"],"userName":"ada@example.com"}}]`},
		{name: "an unknown schema with a path", operations: `[{"op":"add","path":"schemas","value":["urn:example:x"]}]`, code: CodeMutability},
		{name: "remove of schemas", operations: `[{"op":"remove","path":"schemas","value":"urn:ietf:params:scim:schemas:core:2.0:User"}]`, code: CodeMutability},

		{name: "read-only without a path is ignored", operations: `[{"op":"replace","value":{"groups":[{"value":"x"}],"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"status":"x"},"roles":[{"value":"EDITOR","display":"x","type":"suger","primary":true}]}}]`},
		{name: "read-only with a path", operations: `[{"op":"replace","path":"groups","value":[{"value":"x"}]}]`, code: CodeMutability},
		{name: "read-only with a path and the same value", operations: `[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:status","value":"active"}]`},
		{name: "a read-only list with a path and the same value", operations: `[{"op":"replace","path":"groups","value":[{"display":"Editor","value":"EDITOR"}]}]`, code: CodeMutability},
		{name: "read-only with a path and a wrong type", operations: `[{"op":"replace","path":"groups","value":5}]`, code: CodeMutability},
		{name: "read-only part", operations: `[{"op":"replace","path":"roles[primary eq true].display","value":"x"}]`, code: CodeMutability},
		{name: "read-only part with the same value", operations: `[{"op":"replace","path":"roles[primary eq true].display","value":"Editor"}]`, code: CodeMutability},
		{name: "remove of a read-only attribute", operations: `[{"op":"remove","path":"groups"}]`, code: CodeMutability},
		{name: "remove of a read-only attribute that is not there", operations: `[{"op":"remove","path":"groups[value eq \"gone\"]"}]`, code: CodeMutability},
		{name: "what is derived is ignored with a path", operations: `[{"op":"remove","path":"displayName"},{"op":"replace","path":"name.formatted","value":5}]`},
		{name: "what is tolerated is ignored with a path", operations: `[{"op":"remove","path":"title"},{"op":"replace","path":"password","value":"not-a-real-one"},{"op":"add","path":"name.honorificPrefix","value":"x"}]`},

		{name: "an immutable attribute that stays the same", operations: `[{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:since","value":"2026-01-01T00:00:00Z"}]`},
		{name: "an immutable attribute that changes", operations: `[{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:since","value":"2026-01-02T00:00:00Z"}]`, code: CodeMutability},
		{name: "an immutable attribute that changes without a path", operations: `[{"op":"add","value":{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"since":"2026-01-02T00:00:00Z"}}}]`, code: CodeMutability},
		{name: "remove of an immutable attribute", operations: `[{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:since"}]`, code: CodeMutability},
		{name: "remove of an extension with an immutable attribute", operations: `[{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User"}]`, code: CodeMutability},
		{name: "an immutable part of an entry", group: true, operations: `[{"op":"replace","path":"members[value eq \"u1\"].value","value":"u3"}]`, code: CodeMutability},
		{name: "an immutable part of an entry that stays the same", group: true, operations: `[{"op":"replace","path":"members[value eq \"u1\"].value","value":"u1"}]`},
		{name: "the $ref of a member (RFC 7643 section 8.7.1)", group: true, operations: `[{"op":"replace","path":"members[value eq \"u1\"].$ref","value":"https://example.com/Users/u3"}]`, code: CodeMutability},
		{name: "the $ref of a member that stays the same", group: true, operations: `[{"op":"replace","path":"members[value eq \"u1\"].$ref","value":"https://example.com/v2/Users/u1"}]`},
		{name: "a $ref with the member's id at another endpoint", group: true, operations: `[{"op":"replace","path":"members[value eq \"u1\"].$ref","value":"https://example.com/v2/Roles/u1"}]`, code: CodeMutability},
		{name: "remove of the $ref of a member", group: true, operations: `[{"op":"remove","path":"members[value eq \"u1\"].$ref"}]`, code: CodeMutability},
		{name: "another $ref among the parts of a member", group: true, operations: `[{"op":"add","path":"members[value eq \"u1\"]","value":{"$ref":"https://example.com/v2/Users/u2"}}]`, code: CodeMutability},
		{name: "the $ref of a member that is not there", group: true, operations: `[{"op":"replace","path":"members[value eq \"u9\"].$ref","value":"https://example.com/v2/Users/u9"}]`, code: CodeNoTarget},
		{name: "an immutable part of an entry that is not set yet", group: true, operations: `[{"op":"add","path":"members[value eq \"u1\"].type","value":"User"}]`, want: `{"members":[{"value":"u1","display":"ada@example.com","type":"User"},{"value":"u2","display":"bo@example.com"}]}`},

		{name: "remove of a required attribute", operations: `[{"op":"remove","path":"userName"}]`, code: CodeMutability},
		{name: "a required attribute emptied", operations: `[{"op":"replace","value":{"userName":""}}]`, code: CodeMutability},
		{name: "a required attribute removed and set", operations: `[{"op":"remove","path":"userName"},{"op":"add","path":"userName","value":"x"}]`, want: `{"userName":"x"}`},

		{name: "all or nothing", operations: `[{"op":"replace","value":{"active":false}},{"op":"replace","path":"roles","value":"a"},{"op":"replace","path":"groups","value":"x"}]`, code: CodeMutability},
	}
	for _, test := range tests {
		t.Run(test.name, test.run)
	}
}

func TestPatchBooleanOfComplexAttribute(t *testing.T) {
	rt := gatewayUser()
	rt.Schema.Attributes = append(rt.Schema.Attributes, attribute("leave", Complex,
		attribute("paid", Boolean), attribute("reason", String)))
	tests := []struct{ name, operations, want string }{
		{name: "it is set", operations: `[{"op":"add","path":"leave.paid","value":"TRUE"}]`, want: `{"leave":{"paid":true}}`},
		{name: "it is removed, and nothing is left", operations: `[{"op":"add","path":"leave.paid","value":true},{"op":"remove","path":"leave.paid"}]`, want: `{}`},
		{name: "it is emptied, and the rest stays", operations: `[{"op":"add","path":"leave","value":{"paid":true,"reason":"x"}},{"op":"replace","path":"leave.paid","value":null}]`, want: `{"leave":{"reason":"x"}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := patched(t, rt, nil, test.operations)
			require.NoError(t, err)
			assert.Equal(t, normal(t, rt, test.want), got)
		})
	}
}
