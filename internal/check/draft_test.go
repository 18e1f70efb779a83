package check

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec"
)

// A change reads the same in a sentence and in JSON.
func TestChangesOfSeveralKeys(t *testing.T) {
	change := fix("operations.list users.paging", pagingValue(spec.PagingMap{Style: "offset", Size: 100, Limit: "limit", Next: "offset"}))
	assert.Equal(t, "Set paging: {style: offset, size: 100, limit: limit, next: offset}.", say(change))
	data, err := json.Marshal(change)
	require.NoError(t, err)
	assert.JSONEq(t, `{"entry": "operations.list users.paging", "value": {"style": "offset", "size": 100, "limit": "limit", "next": "offset"}}`, string(data))
}

// A change leaves the draft of before as it is, and what it empties goes.
func TestPut(t *testing.T) {
	before := map[string]any{"body": map[string]any{"role": map[string]any{"id": "{role}"}, "emails": []any{"{userName}"}}, "end": "remove user"}
	for name, test := range map[string]struct {
		entry string
		value any
		want  string
	}{
		"a key":             {"body.role.name", "{role.name}", `{body: {emails: ["{userName}"], role: {id: "{role}", name: "{role.name}"}}, end: remove user}`},
		"another element":   {"body.emails[1]", "x", `{body: {emails: ["{userName}", x], role: {id: "{role}"}}, end: remove user}`},
		"in an element":     {"list[0].id", 1, `{body: {emails: ["{userName}"], role: {id: "{role}"}}, end: remove user, list: [{id: 1}]}`},
		"in place of text":  {"end.call", "GET /x", `{body: {emails: ["{userName}"], role: {id: "{role}"}}, end: {call: GET /x}}`},
		"the last key":      {"body.role.id", nil, `{body: {emails: ["{userName}"]}, end: remove user}`},
		"the last element":  {"body.emails[0]", nil, `{body: {role: {id: "{role}"}}, end: remove user}`},
		"what is not there": {"total.path", nil, `{body: {emails: ["{userName}"], role: {id: "{role}"}}, end: remove user}`},
	} {
		t.Run(name, func(t *testing.T) {
			was := flowOf(before)
			after := put(before, splitEntry(test.entry), test.value)
			assert.Equal(t, test.want, flowOf(after))
			assert.Equal(t, was, flowOf(before))
		})
	}
	assert.Equal(t, []string{"user", "attributes", "name.givenName", "field"}, splitEntry("user.attributes.name.givenName.field"))
	assert.Equal(t, []string{"operations", "update user", "body", "roles", "0"}, splitEntry("operations.update user.body.roles[0]"))
}
