package check

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// Whatever Suger answers, the search for what the mapping does not find ends,
// and finds nothing but what is in the answer.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`[{"id":"U1","email":"iris@example.com","role":"VIEWER","status":"ACTIVE"}]`,
		`{"data":{"users":[{"userId":1,"contact":{"emails":["iris@example.com"]}}]},"totalCount":25,"nextOffset":2}`,
		`{"users":[],"next":"after_1"}`, `[[[1]]]`, `["a@example.com"]`, `null`, `""`, `{"a":{"b":{"c":{"d":{"e":{"f":[]}}}}}}`, `{"":{"":1},"a.b":[],"":[]}`,
	} {
		f.Add(seed)
	}
	doc := mapping.DefaultDocument()
	f.Fuzz(func(t *testing.T, body string) {
		answer := decoded([]byte(body))
		for _, path := range listsIn(answer) {
			_, ok := rowsIn(answer, path)
			assert.True(t, ok, path)
		}
		totalsIn(answer)
		(&listAnswer{body: answer}).leads()
		placeFixes("items", listsIn(answer))
		counts := newFieldCounts(doc)
		counts.take(answer)
		rows, _ := answer.([]any)
		for _, row := range rows {
			counts.take(row)
		}
		assert.LessOrEqual(t, len(counts.leaves), maxLeaves)
		for _, purpose := range []string{"id", "organization", "userName", "name.givenName", "name.familyName", "name.formatted", "created", "modified", "status", "role"} {
			path := counts.guess(purpose, "sandboxed", nil)
			if path != "" {
				assert.Contains(t, counts.leaves, path)
				assert.NoError(t, new(spec.Field).AddScalar(path))
			}
		}
	})
}

// No e-mail address comes through but the one that may.
func FuzzMasked(f *testing.F) {
	for _, seed := range []string{"nobody", "a@example.com", "<a@example.com>, b@example.com.", "a@b@c", "@", "a@.", `"a@example.com" exists`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		left := masked(text, "may@example.com")
		for _, found := range emailPattern.FindAllString(left, -1) {
			assert.True(t, strings.EqualFold(found, "may@example.com"), found)
		}
	})
}
