package mapping_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// Suger's answers in these tests, about an invented person.
const (
	wholeUser = `"id":"U1","organizationID":"sandboxed","email":"iris@example.com","firstName":"Iris","lastName":"Sample","role":"VIEWER","status":"ACTIVE","creationTime":"2026-01-01T00:00:00Z","lastUpdateTime":"2026-01-01T00:00:00Z"`
	someUser  = `"id":"U1","organizationID":"sandboxed","email":"iris@example.com"`
	wholeRole = `"id":"VIEWER","name":"VIEWER","description":"Looks","type":"STANDARD"`
)

// The gateway counts each difference from the mapping by operation and field. If the
// difference would make the answer wrong, the client gets an error.
func TestDrift(t *testing.T) {
	tests := []struct {
		name      string
		operation string
		body      string
		want      []string // fields
		wantError bool
	}{
		{name: "a user that matches the mapping", operation: "get user", body: `{` + wholeUser + `}`},
		{name: "an unknown field", operation: "get user", body: `{` + wholeUser + `,"phone":"1"}`},
		{name: "missing fields", operation: "get user", body: `{` + someUser + `,"role":"VIEWER"}`,
			want: []string{"creationTime", "firstName", "lastName", "lastUpdateTime", "status"}},
		{name: "no role makes the gateway read the list", operation: "get user", body: `{` + someUser + `}`, want: []string{"role"}},
		{name: "an unknown status word", operation: "get user", body: `{` + wholeUser + `,"status":"SUSPENDED"}`, want: []string{"status"}},
		{name: "a status of another type", operation: "get user", body: `{` + wholeUser + `,"status":{"word":"ACTIVE"}}`, want: []string{"status"}},
		{name: "an invalid time", operation: "get user", body: `{` + wholeUser + `,"creationTime":"yesterday"}`, want: []string{"creationTime"}},
		{name: "a name that is not a string", operation: "get user", body: `{` + wholeUser + `,"firstName":["Iris"]}`, want: []string{"firstName"}, wantError: true},
		{name: "no id", operation: "get user", body: `{` + wholeUser + `,"id":null}`, want: []string{"id"}, wantError: true},
		{name: "another user", operation: "get user", body: `{` + wholeUser + `,"id":"U2"}`, want: []string{"id"}, wantError: true},
		{name: "no e-mail address", operation: "get user", body: `{` + wholeUser + `,"email":""}`, want: []string{"email"}, wantError: true},
		{name: "another organization", operation: "get user", body: `{` + wholeUser + `,"organizationID":"other"}`, want: []string{"organization"}, wantError: true},
		{name: "a role of another shape", operation: "get user", body: `{` + wholeUser + `,"role":{"level":1}}`, want: []string{"role"}, wantError: true},
		{name: "an empty answer", operation: "get user", body: `""`, want: []string{"answer"}, wantError: true},
		{name: "a list that is not an array", operation: "list users", body: `{"users":[]}`, want: []string{"answer"}, wantError: true},
		{name: "a list of strings", operation: "list users", body: `["iris"]`, want: []string{"answer"}, wantError: true},
		{name: "users, one without a status", operation: "list users",
			body: `[{` + wholeUser + `},{"id":"U2","organizationID":"sandboxed","email":"ivo@example.com","firstName":"","lastName":"","role":"","creationTime":"2026-01-01T00:00:00Z","lastUpdateTime":"2026-01-01T00:00:00Z"}]`,
			want: []string{"status"}},
		{name: "users, all without a role", operation: "list users",
			body: `[{` + wholeUser + `,"role":""},{` + wholeUser + `,"id":"U2","role":null}]`, want: []string{"role"}, wantError: true},
		{name: "roles that match the mapping", operation: "list roles", body: `[{` + wholeRole + `}]`},
		{name: "a role without a description", operation: "list roles", body: `[{"id":"VIEWER","name":"VIEWER"}]`, want: []string{"description"}},
		{name: "a role without a name", operation: "list roles", body: `[{"id":"VIEWER","title":"VIEWER"}]`, want: []string{"name"}, wantError: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			s.suger.PutUser(sandbox.User{ID: "U1", Email: "iris@example.com"})
			s.fault(sandbox.Fault{Kind: sandbox.Literal, Body: test.body, Operation: test.operation})
			var err error
			switch test.operation {
			case "get user":
				_, err = s.getUser("U1")
			case "list users":
				_, err = s.listUsers("")
			default:
				_, err = s.listGroups("")
			}
			if test.wantError {
				assertCode(t, scim.CodeSugerUnreadable, err)
			} else {
				assert.NoError(t, err)
			}
			var fields []string
			for _, count := range s.service.Drift() {
				if count.Operation == test.operation {
					fields = append(fields, count.Field)
					assert.Equal(t, mapping.DriftCount{Operation: test.operation, Field: count.Field, Answers: 1, Last: s.clock.Now()}, count)
					assert.Equal(t, 1, s.observed.count("drift "+test.operation+": "+count.Field))
				}
			}
			assert.Equal(t, test.want, fields)
			assert.NotContains(t, s.log.String(), "iris")
		})
	}
}

// Each kind of drift is logged when it first occurs, and then at most once a minute
// with the number of answers since.
func TestDriftIsLoggedOnceAMinute(t *testing.T) {
	s := newStand(t)
	s.suger.PutUser(sandbox.User{ID: "U1", Email: "iris@example.com"})
	s.fault(sandbox.Fault{Kind: sandbox.Literal, Body: `{` + wholeUser + `,"status":"SUSPENDED"}`, Operation: "get user"})
	read := func() {
		t.Helper()
		_, err := s.getUser("U1")
		require.NoError(t, err)
	}
	logged := func() []map[string]any {
		lines := s.log.take(t)
		for _, line := range lines {
			delete(line, "time")
		}
		return lines
	}
	line := map[string]any{
		"level": "WARN", "msg": "Suger's answer differs from the mapping; run the check command for details",
		"operation": "get user", "field": "status", "records": 1.0, "of": 1.0, "answers": 1.0,
	}
	read()
	assert.Equal(t, []map[string]any{line}, logged())
	read()
	s.clock.Advance(59 * time.Second)
	read()
	assert.Empty(t, logged())
	s.clock.Advance(time.Second)
	read()
	line["answers"] = 3.0
	assert.Equal(t, []map[string]any{line}, logged())
	assert.Equal(t, []mapping.DriftCount{{Operation: "get user", Field: "status", Answers: 4, Last: s.clock.Now()}}, s.service.Drift())
}

// An answer that is not JSON counts once, whatever the operation.
func TestUnreadableAnswersAreDrift(t *testing.T) {
	for _, operation := range []string{"get user", "update user", "list users", "list roles"} {
		t.Run(operation, func(t *testing.T) {
			s := newStand(t)
			id := s.id("viewer")
			s.fault(sandbox.Fault{Kind: sandbox.HTML, Operation: operation, Times: 1})
			switch operation {
			case "list users":
				_, _ = s.listUsers("")
			case "list roles":
				_, _ = s.listGroups("")
			default:
				_, _ = s.patchUser(id, `{"op":"replace","value":{"name":{"familyName":"Other"}}}`)
			}
			assert.Equal(t, []mapping.DriftCount{{Operation: operation, Field: "answer", Answers: 1, Last: s.clock.Now()}}, s.service.Drift())
			assert.Equal(t, 1, s.observed.count("drift "+operation+": answer"))
		})
	}
}
