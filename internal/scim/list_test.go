package scim

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// people are made-up users in the order of (meta.created, id).
func people(t testing.TB) []Resource {
	t.Helper()
	return []Resource{
		object(t, `{"id":"a","userName":"delta","active":true,"name":{"familyName":"Ö"},"emails":[{"value":"z@x"},{"value":"B@x","primary":true}],"meta":{"created":"2026-01-01T00:00:00Z"},"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"seats":10,"since":"2026-01-01T00:30:00+01:00"}}`),
		object(t, `{"id":"b","userName":"Alpha","active":false,"emails":[{"value":"a@x"}],"meta":{"created":"2026-01-01T00:00:00Z"},"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"seats":9,"since":"2026-01-01T00:00:00Z"}}`),
		object(t, `{"id":"c","userName":"charlie","active":true,"emails":[],"meta":{"created":"2026-01-02T00:00:00Z"}}`),
		object(t, `{"id":"d","userName":"alpha","active":false,"name":{"familyName":""},"meta":{"created":"2026-01-03T00:00:00Z"},"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"seats":9,"tags":["t"]}}`),
		object(t, `{"id":"e","userName":"bravo","meta":{"created":"2026-01-04T00:00:00Z"}}`),
	}
}

func ids(resources []Resource) string {
	text := ""
	for _, r := range resources {
		text += r.ID()
	}
	return text
}

func sortBy(t testing.TB, name string) *AttrPath {
	t.Helper()
	path, ok := gatewayUser().Lookup(name)
	require.True(t, ok, name)
	return &path
}

func TestSelectSorts(t *testing.T) { // RFC 7644 section 3.4.2.3
	tests := []struct {
		name       string
		by         string
		ascending  string
		descending string
	}{
		{name: "text without letter case, equal ones by age", by: "userName", ascending: "bdeca", descending: "acebd"},
		{name: "case exact text", by: "id", ascending: "abcde", descending: "edcba"},
		{name: "false before true, no value last and first", by: "active", ascending: "bdace", descending: "eacbd"},
		{name: "numbers as such", by: urnSuger + ":seats", ascending: "bdace", descending: "ceabd"},
		{name: "times as instants", by: urnSuger + ":since", ascending: "abcde", descending: "cdeba"},
		{name: "a list by its primary value, else the first", by: "emails", ascending: "bacde", descending: "cdeab"},
		{name: "a sub-attribute of a list", by: "emails.value", ascending: "bacde", descending: "cdeab"},
		{name: "an empty value is none", by: "name.familyName", ascending: "abcde", descending: "bcdea"},
		{name: "a list of simple values", by: urnSuger + ":tags", ascending: "dabce", descending: "abced"},
		{name: "a common attribute", by: "meta.created", ascending: "abcde", descending: "edcab"},
		{name: "a complex attribute without a value", by: "name", ascending: "abcde", descending: "abcde"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resources := people(t)
			q := &Query{SortBy: sortBy(t, test.by), Count: DefaultPageSize}
			assert.Equal(t, test.ascending, ids(q.Select(len(resources), at(resources)).Resources))
			q.Descending = true
			assert.Equal(t, test.descending, ids(q.Select(len(resources), at(resources)).Resources))
		})
	}
}

func at(resources []Resource) func(int) Resource {
	return func(i int) Resource { return resources[i] }
}

func TestSelectPagesByIndex(t *testing.T) { // RFC 7644 section 3.4.2.4
	active, err := ParseFilter("active eq false", gatewayUser())
	require.NoError(t, err)
	tests := []struct {
		name       string
		query      Query
		want       string
		startIndex int
		total      int
	}{
		{name: "all", query: Query{Count: DefaultPageSize}, want: "abcde", startIndex: 1, total: 5},
		{name: "a page", query: Query{StartIndex: 2, Count: 2}, want: "bc", startIndex: 2, total: 5},
		{name: "the last page", query: Query{StartIndex: 5, Count: 2}, want: "e", startIndex: 5, total: 5},
		{name: "past the end", query: Query{StartIndex: 6, Count: 2}, want: "", startIndex: 6, total: 5},
		{name: "far past the end", query: Query{StartIndex: 1 << 62, Count: 1000}, want: "", startIndex: 1 << 62, total: 5},
		{name: "a start below 1", query: Query{StartIndex: -3, Count: 1}, want: "a", startIndex: 1, total: 5},
		{name: "the total alone", query: Query{Count: 0}, want: "", startIndex: 1, total: 5},
		{name: "a filter", query: Query{Filter: active, Count: DefaultPageSize}, want: "bd", startIndex: 1, total: 2},
		{name: "a page of a filter", query: Query{Filter: active, StartIndex: 2, Count: 1}, want: "d", startIndex: 2, total: 2},
		{name: "a page of an order", query: Query{SortBy: sortBy(t, "userName"), StartIndex: 2, Count: 2}, want: "de", startIndex: 2, total: 5},
		{name: "descending without an order", query: Query{Descending: true, Count: DefaultPageSize}, want: "abcde", startIndex: 1, total: 5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resources := people(t)
			list := test.query.Select(len(resources), at(resources))
			assert.Equal(t, test.want, ids(list.Resources))
			assert.Equal(t, test.startIndex, list.StartIndex)
			assert.Equal(t, test.total, list.TotalResults)
			assert.Len(t, list.Resources, len(test.want))
			assert.NotNil(t, list.Resources)
			assert.Nil(t, list.Next)
		})
	}
}

func TestSelectSizesOfPages(t *testing.T) {
	one := Resource{"id": "x"}
	for _, test := range []struct{ count, want int }{{0, 0}, {1, 1}, {1000, 1000}, {1001, 1000}, {1 << 62, 1000}} {
		calls := 0
		q := &Query{Count: test.count}
		list := q.Select(5000, func(int) Resource { calls++; return one })
		assert.Equal(t, test.want, len(list.Resources), "count %d", test.count)
		assert.Equal(t, 5000, list.TotalResults)
		assert.Equal(t, test.want, calls, "only the page is looked at")
	}
}

func TestSelectOfNothing(t *testing.T) {
	for _, q := range []*Query{{Count: DefaultPageSize}, {Count: DefaultPageSize, Cursor: &Position{}}, {Count: DefaultPageSize, SortBy: sortBy(t, "userName")}} {
		list := q.Select(0, at(nil))
		assert.Equal(t, []Resource{}, list.Resources)
		assert.Zero(t, list.TotalResults)
		assert.Nil(t, list.Next)
	}
}

// walk lists all pages by cursor and calls between after each page.
func walk(t *testing.T, q Query, resources *[]Resource, between func()) string {
	t.Helper()
	codec := testCodec("secret of the tests")
	q.Cursor = &Position{}
	seen := ""
	for range 100 {
		list := q.Select(len(*resources), at(*resources))
		require.Zero(t, list.StartIndex)
		seen += ids(list.Resources)
		if list.Next == nil {
			return seen
		}
		var err error
		q.Cursor, err = codec.Decode(codec.Encode(list.Next, "f"), "f")
		require.NoError(t, err)
		require.Equal(t, list.Next, q.Cursor)
		between()
	}
	t.Fatal("the walk does not end")
	return ""
}

func TestSelectPagesByCursor(t *testing.T) { // RFC 9865
	notE, err := ParseFilter(`id ne "e"`, gatewayUser())
	require.NoError(t, err)
	queries := []struct {
		name  string
		query Query
		want  string
	}{
		{name: "in order of age", query: Query{}, want: "abcde"},
		{name: "filtered", query: Query{Filter: notE}, want: "abcd"},
		{name: "sorted", query: Query{SortBy: sortBy(t, "userName")}, want: "bdeca"},
		{name: "sorted descending", query: Query{SortBy: sortBy(t, "userName"), Descending: true}, want: "acebd"},
		{name: "sorted by what some lack", query: Query{SortBy: sortBy(t, "active")}, want: "bdace"},
		{name: "sorted descending by what some lack", query: Query{SortBy: sortBy(t, "active"), Descending: true}, want: "eacbd"},
		{name: "sorted by what many share", query: Query{SortBy: sortBy(t, urnSuger+":seats")}, want: "bdace"},
	}
	for _, test := range queries {
		for count := 1; count <= 6; count++ {
			t.Run(fmt.Sprintf("%s, %d a page", test.name, count), func(t *testing.T) {
				resources := people(t)
				test.query.Count = count
				assert.Equal(t, test.want, walk(t, test.query, &resources, func() {}))
			})
		}
	}
}

// The lack of a cursor says that there is no more (RFC 9865 §2), so a page that
// was asked to hold nothing has one, too: to where it is itself.
func TestCursorOfAnEmptyPage(t *testing.T) {
	resources := people(t)
	second := (&Query{Count: 2, Cursor: &Position{}}).Select(len(resources), at(resources)).Next
	require.NotNil(t, second)
	for _, from := range []*Position{{}, second} {
		list := (&Query{Count: 0, Cursor: from}).Select(len(resources), at(resources))
		assert.Empty(t, list.Resources)
		assert.Equal(t, from, list.Next)
	}
	list := (&Query{Count: 0, Cursor: positionOf(resources[4], nil)}).Select(len(resources), at(resources))
	assert.Nil(t, list.Next, "nothing comes after the last one")
}

func TestCursorSurvivesChanges(t *testing.T) {
	tests := []struct {
		name   string
		query  Query
		change func(t *testing.T, r []Resource) []Resource
		want   string
	}{
		{
			name: "a resource of an earlier page goes", want: "abcde",
			change: func(t *testing.T, r []Resource) []Resource { return r[1:] },
		},
		{
			name: "the last resource of the page goes", want: "abcde",
			change: func(t *testing.T, r []Resource) []Resource { return append([]Resource{r[0]}, r[2:]...) },
		},
		{
			name: "a resource of a later page goes", want: "abde",
			change: func(t *testing.T, r []Resource) []Resource { return append([]Resource{r[0], r[1]}, r[3:]...) },
		},
		{
			name: "an older resource comes", want: "abcde",
			change: func(t *testing.T, r []Resource) []Resource {
				return append([]Resource{object(t, `{"id":"x","meta":{"created":"2025-01-01T00:00:00Z"}}`)}, r...)
			},
		},
		{
			name: "a younger resource comes", want: "abcdey",
			change: func(t *testing.T, r []Resource) []Resource {
				return append(r, object(t, `{"id":"y","meta":{"created":"2027-01-01T00:00:00Z"}}`))
			},
		},
		{
			name: "sorted, a resource comes behind", query: Query{SortBy: sortBy(t, "userName")}, want: "bdezca",
			change: func(t *testing.T, r []Resource) []Resource {
				return append(r, object(t, `{"id":"z","userName":"bravo","meta":{"created":"2027-01-01T00:00:00Z"}}`))
			},
		},
		{
			name: "sorted, a resource comes before", query: Query{SortBy: sortBy(t, "userName")}, want: "bdeca",
			change: func(t *testing.T, r []Resource) []Resource {
				return append(r, object(t, `{"id":"z","userName":"aaa","meta":{"created":"2027-01-01T00:00:00Z"}}`))
			},
		},
		{
			name: "sorted, the last resource of the page goes", query: Query{SortBy: sortBy(t, "userName")}, want: "bdeca",
			change: func(t *testing.T, r []Resource) []Resource { return append([]Resource{r[0], r[1], r[2]}, r[4:]...) },
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resources, changed := people(t), false
			test.query.Count = 2
			got := walk(t, test.query, &resources, func() {
				if !changed {
					resources, changed = test.change(t, resources), true
				}
			})
			assert.Equal(t, test.want, got)
		})
	}
}

func TestCursorPageReadsLittle(t *testing.T) {
	const n = 100_000
	calls := 0
	at := func(i int) Resource {
		calls++
		return Resource{"id": fmt.Sprintf("%06d", i), "meta": map[string]any{"created": "2026-01-01T00:00:00Z"}}
	}
	q := &Query{Count: 10, Cursor: &Position{Created: "2026-01-01T00:00:00Z", ID: "054320"}}
	list := q.Select(n, at)
	assert.Equal(t, "054321", list.Resources[0].ID())
	assert.Equal(t, n, list.TotalResults)
	assert.Less(t, calls, 40)
}

func TestListResponseJSON(t *testing.T) {
	const head = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],`
	tests := []struct {
		name string
		list ListResponse
		want string
	}{
		{
			"by index", ListResponse{TotalResults: 7, StartIndex: 3, Resources: []Resource{Resource{"id": "a<&"}, Resource{"id": "b"}}},
			head + `"totalResults":7,"startIndex":3,"itemsPerPage":2,"Resources":[{"id":"a<&"},{"id":"b"}]}`,
		},
		{"nothing found", ListResponse{StartIndex: 1}, head + `"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`},
		{
			"by cursor", ListResponse{TotalResults: 7, Resources: []Resource{Resource{"id": "a"}}, NextCursor: "abc"},
			head + `"totalResults":7,"itemsPerPage":1,"nextCursor":"abc","Resources":[{"id":"a"}]}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Marshal(test.list)
			require.NoError(t, err)
			assert.Equal(t, test.want, string(got))
		})
	}
	_, err := Marshal(ListResponse{Resources: []Resource{Resource{"number": math.Inf(1)}}})
	require.Error(t, err)
}

func TestCursorRoundTrip(t *testing.T) {
	positions := []*Position{
		{Created: "2026-01-01T00:00:00Z", ID: "u1"},
		{ID: "u1"},
		{Key: "ada <&> \"é\" \x00", Created: "2026-01-01T00:00:00.123Z", ID: "u/1"},
		{Key: float64(-1.5e300), ID: "u1"},
		{Key: float64(0), ID: "u1"},
	}
	replica := testCodec("secret of the tests")
	other := testCodec("secret of the tests")
	for _, position := range positions {
		cursor := replica.Encode(position, "org1 filter")
		got, err := other.Decode(cursor, "org1 filter")
		require.NoError(t, err)
		assert.Equal(t, position, got)
		assert.Regexp(t, `^[A-Za-z0-9_-]+$`, cursor, "unreserved characters only (RFC 9865 section 2)")
	}
}

func TestCursorStaysShort(t *testing.T) {
	path := sortBy(t, "userName")
	for _, text := range []string{strings.Repeat("é", 5000), strings.Repeat("<", 5000), strings.Repeat("\x01", 5000)} {
		r := Resource{"id": "u1", "userName": text}
		position := positionOf(r, path.sortKey(r))
		codec := testCodec("secret of the tests")
		cursor := codec.Encode(position, "f")
		assert.LessOrEqual(t, len(cursor), MaxCursorLength)
		got, err := codec.Decode(cursor, "f")
		require.NoError(t, err)
		assert.Equal(t, position, got)
	}
}

func TestCursorRefuses(t *testing.T) {
	codec := testCodec("secret of the tests")
	good := codec.Encode(&Position{Created: "2026-01-01T00:00:00Z", ID: "u1"}, "fingerprint")
	raw, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	flipped := []byte(good)
	flipped[5] ^= 1
	tests := []struct {
		name        string
		codec       *CursorCodec
		cursor      string
		fingerprint string
	}{
		{name: "nothing", cursor: ""},
		{name: "another query", cursor: good, fingerprint: "fingerprint2"},
		{name: "a fingerprint that is a part", cursor: good, fingerprint: "finger"},
		{name: "another secret", codec: testCodec("other"), cursor: good},
		{name: "no secret", codec: testCodec(""), cursor: good},
		{name: "a changed character", cursor: string(flipped)},
		{name: "cut off", cursor: good[:len(good)-4]},
		{name: "something after it", cursor: good + "AAAA"},
		{name: "padded", cursor: good + "="},
		{name: "not base64", cursor: "a b+c/"},
		{name: "the tag alone", cursor: base64.RawURLEncoding.EncodeToString(raw[len(raw)-16:])},
		{name: "no tag", cursor: base64.RawURLEncoding.EncodeToString(raw[:len(raw)-16])},
		{name: "too long", cursor: strings.Repeat("A", MaxCursorLength+1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			reader, fingerprint := codec, "fingerprint"
			if test.codec != nil {
				reader = test.codec
			}
			if test.fingerprint != "" {
				fingerprint = test.fingerprint
			}
			_, err := reader.Decode(test.cursor, fingerprint)
			requireClientError(t, err, CodeInvalidCursor)
		})
	}
}

func TestCursorExpires(t *testing.T) {
	issued := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := issued
	codec := &CursorCodec{Secret: []byte("secret of the tests"), MaxAge: 10 * time.Minute, Now: func() time.Time { return now }}
	cursor := codec.Encode(&Position{ID: "u1"}, "f")
	for _, age := range []time.Duration{-time.Hour, 0, 10 * time.Minute} {
		now = issued.Add(age)
		_, err := codec.Decode(cursor, "f")
		require.NoError(t, err, age)
	}
	now = issued.Add(10*time.Minute + time.Second)
	_, err := codec.Decode(cursor, "f")
	requireClientError(t, err, CodeExpiredCursor)
	assert.Equal(t, "The cursor is older than 10m0s. Start the listing again.", scimErrorOf(t, err).Detail)

	_, err = codec.Decode(cursor, "another query")
	requireClientError(t, err, CodeInvalidCursor)
}
