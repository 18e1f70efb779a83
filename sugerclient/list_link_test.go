package sugerclient

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListByLinks(t *testing.T) {
	inHeader := Paging{Style: ByLink, Size: 2, Limit: "per_page"}
	inBody := Paging{Style: ByLink, Items: "rows", Cursor: "links.next"}
	tests := []struct {
		name   string
		paging Paging
		pages  []http.HandlerFunc
		uris   []string
		err    string
	}{
		{"a header among others", inHeader, []http.HandlerFunc{
			ok(rows(0, 2), "Link", `<https://127.0.0.1/org/org1/user?page=1>; rel="first", </org/org1/user?per_page=2&page=2>; title="a, b"; rel="last next"`),
			ok(rows(2, 3), "Link", `</org/org1/user?page=1>; rel=prev`),
		}, []string{"/org/org1/user?per_page=2", "/org/org1/user?per_page=2&page=2"}, ""},
		{"another path and scheme of the host", inHeader, []http.HandlerFunc{
			ok(rows(0, 2), "Link", `<https://127.0.0.1/organizations/17/members?page=2>; rel=next`), ok(rows(2, 3)),
		}, []string{"/org/org1/user?per_page=2", "/organizations/17/members?page=2"}, ""},
		{"a query alone", inHeader, []http.HandlerFunc{ok(rows(0, 2), "Link", `<?page=2>; rel="next"`), ok(rows(2, 3))},
			[]string{"/org/org1/user?per_page=2", "/org/org1/user?page=2"}, ""},
		{"a URL in the answer", inBody, []http.HandlerFunc{
			ok(`{"rows":` + rows(0, 2) + `,"links":{"next":"/org/org1/user?page=2"}}`), ok(`{"rows":` + rows(2, 3) + `,"links":{"next":null}}`),
		}, []string{"/org/org1/user", "/org/org1/user?page=2"}, ""},
		{"another relation", inHeader, []http.HandlerFunc{ok(rows(0, 3), "Link", `</x>; rel="next-archive"`)}, []string{"/org/org1/user?per_page=2"}, ""},
		{"another host", inHeader, []http.HandlerFunc{ok(rows(0, 2), "Link", `<https://elsewhere.example/org/org1/user?page=2>; rel=next`)},
			[]string{"/org/org1/user?per_page=2"}, "the link to the next page leads to another host"},
		{"a user in the link", inHeader, []http.HandlerFunc{ok(rows(0, 2), "Link", `<https://a:b@127.0.0.1/x>; rel=next`)},
			[]string{"/org/org1/user?per_page=2"}, "the link to the next page leads to another host"},
		{"no URL", inHeader, []http.HandlerFunc{ok(rows(0, 2), "Link", `<http://[>; rel=next`)},
			[]string{"/org/org1/user?per_page=2"}, "the link to the next page cannot be read"},
		{"a circle", inHeader, []http.HandlerFunc{ok(rows(0, 2), "Link", `</a>; rel=next`)},
			[]string{"/org/org1/user?per_page=2", "/a"}, "page 2 has the cursor of an earlier page"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, test.pages...)
			client, _ := newClient(t, s.URL)
			got := &collected{}
			_, err := client.List(t.Context(), testKey, listUsers, test.paging, ListHint{}, got)
			assert.Equal(t, test.uris, s.uris())
			for _, r := range s.requests() {
				assert.Equal(t, "Key "+string(testKey), r.header.Get("Authorization"))
			}
			if test.err != "" {
				assert.ErrorContains(t, err, test.err)
				assert.Equal(t, Unreadable, failure(t, err).Kind)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, rows(0, len(got.rows)), got.list())
			assert.GreaterOrEqual(t, len(got.rows), 3)
		})
	}
}

// A page that begins after the last row of the one before misses nobody who stays,
// whoever leaves meanwhile; and a server that does not know the parameter is not
// taken for one whose list ends.
func TestListByTheLastRow(t *testing.T) {
	paging := Paging{Style: ByCursor, Size: 3, Limit: "limit", Offset: "starting_after", CursorRow: "key.id"}
	numbers := func(from, to int) (page string) {
		page = "["
		for i := from; i < to; i++ {
			page += fmt.Sprintf(`{"key":{"id":%d}},`, i)
		}
		return page[:len(page)-1] + "]"
	}
	tests := []struct {
		name    string
		pages   []http.HandlerFunc
		queries []string
		rows    int
		err     string
	}{
		{"numbers", []http.HandlerFunc{ok(numbers(1, 4)), ok(numbers(4, 6))}, []string{"limit=3", "limit=3&starting_after=3"}, 5, ""},
		{"a last page as long as the others", []http.HandlerFunc{ok(numbers(1, 4)), ok(numbers(4, 7)), ok(`[]`)},
			[]string{"limit=3", "limit=3&starting_after=3", "limit=3&starting_after=6"}, 6, ""},
		{"the parameter is ignored", []http.HandlerFunc{ok(numbers(1, 4)), ok(numbers(1, 4)), ok(numbers(1, 2))},
			[]string{"limit=3", "limit=3&starting_after=3", "limit=1"}, 0, "every page is the first one"},
		{"both parameters are ignored", []http.HandlerFunc{ok(numbers(1, 4))}, []string{"limit=3", "limit=3&starting_after=3", "limit=1"}, 3, ""},
		{"rows without it", []http.HandlerFunc{ok(`[{"key":{}},{"key":{}},{"key":{}}]`)}, []string{"limit=3"}, 0, `the last row of the page has no "key.id"`},
		{"the same row at the end again", []http.HandlerFunc{ok(numbers(1, 4)), ok(`[{"key":{"id":9}},{"key":{"id":8}},{"key":{"id":3}}]`)},
			[]string{"limit=3", "limit=3&starting_after=3"}, 0, "page 2 has the cursor of an earlier page"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, test.pages...)
			client, _ := newClient(t, s.URL)
			got := &collected{}
			_, err := client.List(t.Context(), testKey, listUsers, paging, ListHint{}, got)
			assert.Equal(t, test.queries, s.queries())
			if test.err != "" {
				assert.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			assert.Len(t, got.rows, test.rows)
		})
	}
	members := []int{1, 2, 3, 4, 5, 6, 7}
	calls := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if calls++; calls == 2 {
			members = append(members[:1:1], members[3:]...) // 2 and 3 leave
		}
		after, _ := strconv.Atoi(r.URL.Query().Get("starting_after"))
		page := ""
		for _, id := range members {
			if id > after && len(page) < 3*len(`{"key":{"id":1}},`) {
				page += fmt.Sprintf(`,{"key":{"id":%d}}`, id)
			}
		}
		_, _ = io.WriteString(w, "["+page[min(1, len(page)):]+"]")
	})
	client, _ := newClient(t, s.URL)
	got := &collected{}
	_, err := client.List(t.Context(), testKey, listUsers, paging, ListHint{}, got)
	require.NoError(t, err)
	for _, id := range members {
		assert.Contains(t, got.rows, fmt.Sprintf(`{"key":{"id":%d}}`, id))
	}
}
