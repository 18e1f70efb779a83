package scim

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fuzzResources are a whole user and values that are not in normal form.
var fuzzResources = []Resource{
	ada(),
	nil,
	{"userName": nil, "emails": nil, "name": nil, "meta": nil, urnSuger: nil},
	{"userName": []any{}, "emails": map[string]any{"value": "x"}, "name": "x", "meta": []any{"x"}, urnSuger: "x", "active": "true"},
	{"userName": map[string]any{"a": 1}, "emails": []any{nil, "x", []any{"x"}, map[string]any{"value": []any{"x", nil}}}, "active": []any{true}},
	{"userName": "\xff", "id": 7, "schemas": "x", "meta": map[string]any{"created": "soon"}, urnSuger: map[string]any{"seats": 3, "tags": []any{[]any{}}}},
}

func FuzzParseFilter(f *testing.F) {
	for _, text := range corpus(f, "filters.txt") {
		f.Add(text)
	}
	user, group := filterUserType(), filterGroupType()
	asked := []struct {
		rt     *ResourceType
		others []*ResourceType
	}{{rt: user}, {rt: group}, {user, []*ResourceType{group}}, {group, []*ResourceType{user}}}
	f.Fuzz(func(t *testing.T, text string) {
		for _, one := range asked {
			filter, err := ParseFilter(text, one.rt, one.others...)
			if err != nil {
				requireClientError(t, err, CodeInvalidFilter)
				continue
			}
			var matches []bool
			for _, resource := range fuzzResources {
				matches = append(matches, filter.Match(resource))
			}
			printed := filter.String()
			if len(printed) > MaxFilterLength {
				continue // names may be longer in canonical spelling
			}
			again, err := ParseFilter(printed, one.rt, one.others...)
			require.NoError(t, err)
			assert.Equal(t, printed, again.String())
			for i, resource := range fuzzResources {
				assert.Equal(t, matches[i], again.Match(resource), "%s on resource %d", printed, i)
			}
		}
	})
}

func FuzzParsePath(f *testing.F) {
	for _, text := range corpus(f, "paths.txt") {
		f.Add(text)
	}
	types := []*ResourceType{filterUserType(), filterGroupType()}
	f.Fuzz(func(t *testing.T, text string) {
		for _, rt := range types {
			path, err := ParsePath(text, rt)
			if err != nil {
				requireClientError(t, err, CodeInvalidPath)
				continue
			}
			for _, resource := range fuzzResources {
				for _, value := range path.Values(resource) {
					path.Filter.MatchElement(value)
				}
			}
			printed := path.String()
			if len(printed) > MaxFilterLength {
				continue
			}
			again, err := ParsePath(printed, rt)
			require.NoError(t, err)
			assert.Equal(t, printed, again.String())
			assert.Equal(t, path.Tolerated, again.Tolerated)
		}
	})
}

func requireClientError(t *testing.T, err error, code Code) {
	t.Helper()
	var scimError *Error
	require.True(t, errors.As(err, &scimError))
	require.Equal(t, code, scimError.Code)
	require.NotEmpty(t, scimError.Detail)
	require.Less(t, len(scimError.Detail), 1000)
}
