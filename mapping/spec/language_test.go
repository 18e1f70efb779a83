package spec_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.yaml.in/yaml/v3"

	"suger-scim-gateway/mapping/spec"
)

// memberships is the mapping of a Suger in which a person is separate from the
// membership.
const memberships = `version: 1
operations:
  list users: GET /org/{organization}/members
  get user: {call: "GET /people/{user}", covers: everybody}
  add user: {call: POST /people, body: {mail: "{userName}", title: "{title}"}}
  add member:
    call: POST /org/{organization}/members
    body: {person: "{user}", mail: "{userName}", first: "{name.givenName}", role: "{role}", status: "{status}"}
  update user:
    call: PATCH /org/{organization}/members/{user.membershipId}?of={user.membershipId}
    headers: {X-Person: "{user}"}
    body: {last: "{name.familyName}", id: "{user.membershipId}"}
  set role: {call: "PUT /members/{user.membershipId}/role", body: {role: "{role}"}}
  remove user: DELETE /org/{organization}/members/{user.membershipId}
user:
  id: [personId, id]
  ids: {membershipId: [membership.id, membershipId]}
  attributes:
    userName: {field: [mail, email], write: create, max: 100}
    name.givenName: {field: first, write: create}
    name.familyName: last
    title: {field: title, write: create}
    nickName: {field: nick, write: never}
  created: createdAt
  roles: {field: [userRole, role]}
role:
  name max: 40
  description max: 120
  known: [{name: Boss, id: b, administrator: true}, {name: Guest, id: g}]
  precedence: [Boss, Guest]
  default: Guest
access: {end: remove user, field: status, active: [Active, INVITED], pending: [invited], inactive: [gone], absent: active}
`

// All parts of the language can be combined, and parsing keeps what the file says.
func TestSeparateMemberships(t *testing.T) {
	document, err := spec.Parse("memberships.yaml", []byte(memberships))
	require.NoError(t, err)
	assert.Equal(t, spec.CoversEverybody, document.Operations.GetUser.Covers)
	assert.Empty(t, document.Operations.ListUsers.Covers)
	assert.Equal(t, document.Operations.AddMember, document.Operations.Named(spec.OpAddMember))
	assert.Equal(t, "membership.id or membershipId", document.User.IDs["membershipId"].String())
	assert.Equal(t, spec.Attribute{Field: document.User.Attributes["userName"].Field, Write: spec.WriteCreate, Max: 100}, document.User.Attributes["userName"])
	assert.Equal(t, spec.WriteNever, document.User.Attributes["nickName"].Write)
	assert.False(t, document.WritesRole())
	assert.False(t, document.WritesStatus())
	assert.Equal(t, spec.ByRemoval, document.Access.End.Way)
	assert.Equal(t, []int{40, 120}, []int{document.Role.NameMax, document.Role.DescriptionMax})
}

func TestOperationsAreInTheOrderOfTheFile(t *testing.T) {
	names := spec.OperationNames()
	assert.Len(t, names, 16)
	assert.Equal(t, []string{spec.OpListUsers, spec.OpGetUser, spec.OpFindUser, spec.OpAddUser, spec.OpAddMember}, names[:5])
	assert.Nil(t, new(spec.Operations).Named(spec.OpAddMember))
}

// A record without its person cannot name the person's further ids.
func TestFurtherIDsNeedARecord(t *testing.T) {
	for _, pair := range [][2]string{
		{"GET /people/{user}", "GET /people/{user}/{user.membershipId}"},
		{"{call: POST /people,", "{call: \"POST /people/{user.membershipId}\","},
		{"{person: \"{user}\",", "{person: \"{user}\", membership: \"{user.membershipId}\","},
	} {
		problems := problemsIn(t, "file", []byte(replaced(t, memberships, pair[0], pair[1])))
		require.Len(t, problems, 1, pair[1])
		assert.Contains(t, problems[0].Message, "{user.membershipId} has no value in")
	}
}

func TestFieldIn(t *testing.T) {
	tests := []struct {
		name, field, record string
		want                any
		there               bool
	}{
		{"one name", "role", `{"role":"a"}`, "a", true},
		{"inside", "a.list[1].b", `{"a":{"list":[0,{"b":"x"}]}}`, "x", true},
		{"past the end of an array", "list[1]", `{"list":[0]}`, nil, false},
		{"null", "role", `{"role":null}`, nil, true},
		{"the first of two", "[userRole, role]", `{"userRole":"a","role":"b"}`, "a", true},
		{"the second of two", "[userRole, role]", `{"role":"b"}`, "b", true},
		{"null gives way to a value", "[userRole, role]", `{"userRole":null,"role":"b"}`, "b", true},
		{"an empty text is a value", "[userRole, role]", `{"userRole":"","role":"b"}`, "", true},
		{"null if there is no value", "[userRole, role]", `{"role":null}`, nil, true},
		{"none of two", "[userRole, role]", `{"other":1}`, nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var of struct {
				Field spec.Field `yaml:"field"`
			}
			require.NoError(t, yaml.Unmarshal([]byte("field: "+test.field), &of))
			assert.True(t, of.Field.Given())
			var record any
			require.NoError(t, json.Unmarshal([]byte(test.record), &record))
			got, there := of.Field.In(record)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.there, there)
		})
	}
	_, there := spec.Field{}.In(map[string]any{})
	assert.False(t, there)
}

func TestWordsHaveNoLetterCase(t *testing.T) {
	words := spec.WordsOf([]any{"ACTIVE", 1, true, "{now}", nil})
	for word, want := range map[string]bool{"ACTIVE": true, "Active": true, "1": true, "TRUE": true, "{now}": false, "": false, "INACTIVE": false} {
		assert.Equal(t, want, words.Has(word), word)
	}
}
