package scim

import (
	"encoding/json"
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
			for _, resource := range fuzzResources {
				filter.Match(resource)
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
				elements, _ := path.in(resource).([]any)
				for _, element := range elements {
					object, _ := element.(map[string]any)
					path.Filter.Match(object)
				}
			}
		}
	})
}

func requireClientError(t *testing.T, err error, code Code) {
	t.Helper()
	scimError := scimErrorOf(t, err)
	require.Equal(t, code, scimError.Code)
	require.NotEmpty(t, scimError.Detail)
	require.Less(t, len(scimError.Detail), 1000)
}

// scimErrorOf returns the SCIM error that err is or wraps.
func scimErrorOf(t *testing.T, err error) *Error {
	t.Helper()
	var scimError *Error
	require.ErrorAs(t, err, &scimError)
	return scimError
}

// requireSpareError requires an error that a client may see.
func requireSpareError(t *testing.T, err error) {
	t.Helper()
	scimError := scimErrorOf(t, err)
	require.GreaterOrEqual(t, scimError.Status, 400)
	require.Less(t, scimError.Status, 500)
	require.NotEmpty(t, scimError.Detail)
}

// requireNormal requires what the doc comment of Resource promises.
func requireNormal(t *testing.T, value any) {
	t.Helper()
	switch value := value.(type) {
	case Resource:
		requireNormal(t, map[string]any(value))
	case map[string]any:
		for _, member := range value {
			requireNormal(t, member)
		}
	case []any:
		for _, element := range value {
			requireNormal(t, element)
		}
	case string, bool, float64:
	default:
		require.Failf(t, "not in normal form", "%#v", value)
	}
}

func FuzzNormalize(f *testing.F) {
	for _, line := range corpus(f, "resources.txt") {
		f.Add([]byte(line))
	}
	types := []*ResourceType{gatewayUser(), wholeUser(), wholeGroup()}
	f.Fuzz(func(t *testing.T, data []byte) {
		raw, err := DecodeObject(data)
		if err != nil {
			requireClientError(t, err, CodeInvalidSyntax)
			return
		}
		require.True(t, json.Valid(data))
		for _, rt := range types {
			normal, err := rt.Normalize(raw)
			if err != nil {
				requireSpareError(t, err)
				continue
			}
			requireNormal(t, normal)
			again, err := rt.Normalize(normal)
			require.NoError(t, err)
			assert.Equal(t, normal, again)
		}
	})
}

func FuzzApplyPatch(f *testing.F) {
	for _, line := range corpus(f, "patches.txt") {
		f.Add([]byte(line))
	}
	targets := []struct {
		rt      *ResourceType
		current string
	}{
		{gatewayUser(), patchUser},
		{wholeUser(), patchUser},
		{wholeGroup(), patchGroup},
		{gatewayUser(), `{"id":"u1"}`},
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		body, err := DecodeObject(data)
		if err != nil {
			return
		}
		for _, target := range targets {
			operations, err := ParsePatch(body, target.rt)
			if err != nil {
				requireSpareError(t, err)
				continue
			}
			current := Resource(object(t, target.current))
			result, err := target.rt.ApplyPatch(t.Context(), current, operations)
			assert.Equal(t, Resource(object(t, target.current)), current)
			if err != nil {
				requireSpareError(t, err)
				assert.Nil(t, result)
				continue
			}
			requireNormal(t, result)
			assert.Equal(t, current["id"], result["id"])
			assert.Equal(t, current["meta"], result["meta"])
		}
	})
}

func FuzzCursor(f *testing.F) {
	codec := testCodec("secret of the tests")
	seeds := []*Position{{}, {ID: "u1", Created: "2026-01-01T00:00:00Z"}, {ID: "u1", Key: "x"}}
	for _, position := range seeds {
		f.Add(codec.Encode(position, "f"), "f")
	}
	f.Add("not a cursor", "")
	f.Fuzz(func(t *testing.T, cursor, fingerprint string) {
		position, err := codec.Decode(cursor, fingerprint)
		if err != nil {
			requireClientError(t, err, CodeInvalidCursor)
			return
		}
		again, err := codec.Decode(codec.Encode(position, fingerprint), fingerprint)
		require.NoError(t, err)
		assert.Equal(t, position, again)
	})
}

func FuzzPreconditions(f *testing.F) {
	for _, header := range []string{"", "*", `W/"abc"`, `"x", W/"abc"`, `W/"`, ",,\t\""} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if err := CheckIfMatch(header, `W/"abc"`); err != nil {
			requireClientError(t, err, CodeVersionMismatch)
			assert.False(t, TagsMatch(header, `W/"abc"`))
		}
	})
}
