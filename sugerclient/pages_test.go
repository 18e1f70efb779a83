package sugerclient

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var byOffset = Paging{Style: ByOffset, Size: 3, Limit: "limit", Offset: "offset"}

// rows writes the rows from to to of a list as a JSON array of ids.
func rows(from, to int) string {
	var ids []string
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprintf(`{"id":"u%d"}`, i))
	}
	return "[" + strings.Join(ids, ",") + "]"
}

// counted writes a page inside an object, as Suger's newer lists are.
func counted(from, to, total int) http.HandlerFunc {
	return say(200, fmt.Sprintf(`{"data":{"users":%s},"totalCount":%d}`, rows(from, to), total))
}

// A pagesTest is a list as a server hands it out.
type pagesTest struct {
	name   string
	paging func(*Paging) // applied to byOffset
	pages  []http.HandlerFunc
	uris   []string // query strings, in order
	list   string   // all rows, as JSON; "" if there is an error
	err    string
}

func inObject(p *Paging) { p.Items, p.Total = "data.users", "totalCount" }

func size(n int) func(*Paging) { return func(p *Paging) { p.Size = n } }

func page(n, first int) func(*Paging) {
	return func(p *Paging) { p.Style, p.Size, p.Offset, p.First = ByPage, n, "page", first }
}

func cursor(p *Paging) {
	p.Style, p.Offset, p.Items, p.Cursor = ByCursor, "after", "items", "next.token"
}

func cursorHeader(p *Paging) { p.Style, p.Offset, p.CursorHeader = ByCursor, "after", "X-Next" }

func whole(p *Paging) { *p = Paging{} }

func ok(body string, headers ...string) http.HandlerFunc { return say(200, body, headers...) }

var pagesTests = []pagesTest{
	{name: "offset: a short page ends the list", pages: []http.HandlerFunc{ok(rows(0, 3)), ok(rows(3, 5))},
		uris: []string{"limit=3&offset=0", "limit=3&offset=3"}, list: rows(0, 5)},
	{name: "offset: an empty page ends the list", pages: []http.HandlerFunc{ok(rows(0, 3)), ok(`[]`)},
		uris: []string{"limit=3&offset=0", "limit=3&offset=3"}, list: rows(0, 3)},
	{name: "offset: one short page is one call", pages: []http.HandlerFunc{ok(rows(0, 2))},
		uris: []string{"limit=3&offset=0"}, list: rows(0, 2)},
	{name: "offset: no rows", pages: []http.HandlerFunc{ok(`[]`)}, uris: []string{"limit=3&offset=0"}, list: `[]`},
	{name: "offset: null is a list without rows", pages: []http.HandlerFunc{ok(rows(0, 3)), ok(`null`)},
		uris: []string{"limit=3&offset=0", "limit=3&offset=3"}, list: rows(0, 3)},
	{name: "offset: a page longer than asked for", pages: []http.HandlerFunc{ok(rows(0, 4)), ok(rows(4, 5))},
		uris: []string{"limit=3&offset=0", "limit=3&offset=4"}, list: rows(0, 5)},
	{name: "offset: the server's pages are smaller than asked for", paging: size(1000),
		pages: []http.HandlerFunc{ok(rows(0, 50)), ok(rows(50, 100)), ok(rows(100, 120))},
		uris:  []string{"limit=1000&offset=0", "limit=1000&offset=50", "limit=1000&offset=100"}, list: rows(0, 120)},
	{name: "offset: a round short page is checked once", paging: size(1000), pages: []http.HandlerFunc{ok(rows(0, 50)), ok(`[]`)},
		uris: []string{"limit=1000&offset=0", "limit=1000&offset=50"}, list: rows(0, 50)},
	{name: "offset: a short page of an odd length is not", paging: size(1000), pages: []http.HandlerFunc{ok(rows(0, 51))},
		uris: []string{"limit=1000&offset=0"}, list: rows(0, 51)},
	{name: "offset: without a limit the first page shows the size", paging: func(p *Paging) { p.Limit, p.Size = "", 0 },
		pages: []http.HandlerFunc{ok(rows(0, 2)), ok(rows(2, 4)), ok(rows(4, 5))},
		uris:  []string{"offset=0", "offset=2", "offset=4"}, list: rows(0, 5)},
	{name: "offset: a total spares the last call", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 6), counted(3, 6, 6)},
		uris: []string{"limit=3&offset=0", "limit=3&offset=3"}, list: rows(0, 6)},
	{name: "offset: a total of one page", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 3)},
		uris: []string{"limit=3&offset=0"}, list: rows(0, 3)},
	{name: "offset: a short page with a total goes on", paging: inObject, pages: []http.HandlerFunc{counted(0, 1, 3), counted(1, 3, 3)},
		uris: []string{"limit=3&offset=0", "limit=3&offset=1"}, list: rows(0, 3)},
	{name: "offset: a total left out when it is zero", paging: inObject, pages: []http.HandlerFunc{ok(`{"data":{"users":null}}`)},
		uris: []string{"limit=3&offset=0"}, list: `[]`},
	{name: "page numbers from 0", paging: page(2, 0), pages: []http.HandlerFunc{ok(rows(0, 2)), ok(rows(2, 4)), ok(rows(4, 5))},
		uris: []string{"limit=2&page=0", "limit=2&page=1", "limit=2&page=2"}, list: rows(0, 5)},
	{name: "page numbers from 1", paging: page(2, 1), pages: []http.HandlerFunc{ok(rows(0, 2)), ok(rows(2, 3))},
		uris: []string{"limit=2&page=1", "limit=2&page=2"}, list: rows(0, 3)},
	{name: "cursor in the answer", paging: cursor,
		pages: []http.HandlerFunc{ok(`{"items":` + rows(0, 1) + `,"next":{"token":"a&b"}}`), ok(`{"items":` + rows(1, 4) + `,"next":{"token":""}}`)},
		uris:  []string{"limit=3", "after=a%26b&limit=3"}, list: rows(0, 4)},
	{name: "cursor that is a number", paging: cursor,
		pages: []http.HandlerFunc{ok(`{"items":` + rows(0, 3) + `,"next":{"token":3}}`), ok(`{"items":` + rows(3, 4) + `,"next":{"token":0}}`)},
		uris:  []string{"limit=3", "after=3&limit=3"}, list: rows(0, 4)},
	{name: "cursor after an empty page", paging: cursor,
		pages: []http.HandlerFunc{ok(`{"items":[],"next":{"token":"a"}}`), ok(`{"items":` + rows(0, 1) + `,"next":null}`)},
		uris:  []string{"limit=3", "after=a&limit=3"}, list: rows(0, 1)},
	{name: "cursor in a header", paging: cursorHeader, pages: []http.HandlerFunc{ok(rows(0, 3), "X-Next", "c2"), ok(rows(3, 4))},
		uris: []string{"limit=3", "after=c2&limit=3"}, list: rows(0, 4)},
	{name: "whole", paging: whole, pages: []http.HandlerFunc{ok(rows(0, 50))}, uris: []string{""}, list: rows(0, 50)},
	{name: "whole with a limit that was not reached", paging: func(p *Paging) { p.Style = Whole },
		pages: []http.HandlerFunc{ok(rows(0, 2))}, uris: []string{"limit=3"}, list: rows(0, 2)},

	{name: "whole as long as the limit", paging: func(p *Paging) { p.Style = Whole }, pages: []http.HandlerFunc{ok(rows(0, 3))},
		uris: []string{"limit=3"}, err: "so it may be cut"},
	{name: "whole with fewer rows than its total", paging: func(p *Paging) { *p = Paging{Items: "data.users", Total: "totalCount"} },
		pages: []http.HandlerFunc{counted(0, 2, 5)}, uris: []string{""}, err: "ends after 2 of 5 rows"},
	{name: "offset is ignored", pages: []http.HandlerFunc{ok(rows(0, 3))},
		uris: []string{"limit=3&offset=0", "limit=3&offset=3"}, err: "page 2 repeats an earlier page"},
	{name: "a list in a circle", pages: []http.HandlerFunc{ok(rows(0, 3)), ok(rows(3, 6)), ok(rows(0, 3))},
		uris: []string{"limit=3&offset=0", "limit=3&offset=3", "limit=3&offset=6"}, err: "page 3 repeats an earlier page"},
	{name: "cursor that repeats", paging: cursor,
		pages: []http.HandlerFunc{ok(`{"items":` + rows(0, 1) + `,"next":{"token":"a"}}`), ok(`{"items":` + rows(1, 2) + `,"next":{"token":"a"}}`)},
		uris:  []string{"limit=3", "after=a&limit=3"}, err: "page 2 has the cursor of an earlier page"},
	{name: "cursor in a circle over empty pages", paging: cursor,
		pages: []http.HandlerFunc{ok(`{"items":[],"next":{"token":"a"}}`), ok(`{"items":[],"next":{"token":"b"}}`), ok(`{"items":[],"next":{"token":"a"}}`)},
		uris:  []string{"limit=3", "after=a&limit=3", "after=b&limit=3"}, err: "page 3 has the cursor of an earlier page"},
	{name: "cursor of a wrong shape", paging: cursor, pages: []http.HandlerFunc{ok(`{"items":[],"next":{"token":["secret"]}}`)},
		uris: []string{"limit=3"}, err: "the cursor is an array"},
	{name: "fewer rows than the total", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 5), counted(3, 3, 5)},
		uris: []string{"limit=3&offset=0", "limit=3&offset=3"}, err: "ends after 3 of 5 rows: it changed or is cut"},
	{name: "total that keeps changing", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 5), counted(3, 6, 6), counted(0, 3, 6), counted(3, 6, 7)},
		uris: []string{"limit=3&offset=0", "limit=3&offset=3", "limit=3&offset=0", "limit=3&offset=3"}, err: "the list changed while it was read"},
	{name: "more rows than the total", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 2)},
		uris: []string{"limit=3&offset=0", "limit=3&offset=0"}, err: "or its total is wrong"},
	{name: "object instead of an array", pages: []http.HandlerFunc{ok(`{"secret":1}`)}, uris: []string{"limit=3&offset=0"},
		err: "the list is an object, not an array"},
	{name: "string instead of an array", pages: []http.HandlerFunc{ok(`"secret"`)}, uris: []string{"limit=3&offset=0"},
		err: "the list is a string, not an array"},
	{name: "number instead of an array", pages: []http.HandlerFunc{ok(`17`)}, uris: []string{"limit=3&offset=0"}, err: "the list is a number"},
	{name: "boolean instead of an array", pages: []http.HandlerFunc{ok(`true`)}, uris: []string{"limit=3&offset=0"}, err: "the list is a boolean"},
	{name: "nothing instead of an array", pages: []http.HandlerFunc{ok(``)}, uris: []string{"limit=3&offset=0"}, err: "the answer is empty, not a list"},
	{name: "array instead of an object", paging: inObject, pages: []http.HandlerFunc{ok(`[]`)}, uris: []string{"limit=3&offset=0"},
		err: "the answer is an array, not an object"},
	{name: "array inside the object", paging: inObject, pages: []http.HandlerFunc{ok(`{"data":[]}`)}, uris: []string{"limit=3&offset=0"},
		err: `"data" is an array, not an object`},
	{name: "list is missing", paging: inObject, pages: []http.HandlerFunc{ok(`{"data":{"members":[]}}`)}, uris: []string{"limit=3&offset=0"},
		err: `the answer has no "data.users"`},
	{name: "list's object is null", paging: inObject, pages: []http.HandlerFunc{ok(`{"data":null}`)}, uris: []string{"limit=3&offset=0"},
		err: `the answer has no "data.users"`},
	{name: "total that is a string", paging: inObject, pages: []http.HandlerFunc{ok(`{"data":{"users":[]},"totalCount":"secret"}`)},
		uris: []string{"limit=3&offset=0"}, err: "the total is a string, not a count"},
	{name: "negative total", paging: inObject, pages: []http.HandlerFunc{ok(`{"data":{"users":[]},"totalCount":-1}`)},
		uris: []string{"limit=3&offset=0"}, err: "the total is a number, not a count"},
}

func TestPages(t *testing.T) {
	require.NotEmpty(t, pagesTests)
	for _, tt := range pagesTests {
		t.Run(tt.name, func(t *testing.T) {
			paging := byOffset
			if tt.paging != nil {
				tt.paging(&paging)
			}
			s := serve(t, tt.pages...)
			client, _ := newClient(t, s.URL)
			list := []string{}
			err := client.Pages(t.Context(), testKey, listUsers, paging, func(p Page) error {
				if p.Index == 0 {
					list = list[:0]
				}
				for _, row := range p.Items {
					list = append(list, string(row))
				}
				return nil
			})
			uris := []string{}
			for _, uri := range s.uris() {
				uris = append(uris, strings.TrimPrefix(strings.TrimPrefix(uri, "/org/org1/user"), "?"))
			}
			assert.Equal(t, tt.uris, uris)
			if tt.err == "" {
				require.NoError(t, err)
				assert.Equal(t, tt.list, "["+strings.Join(list, ",")+"]")
				return
			}
			fail := failure(t, err)
			assert.Equal(t, Unreadable, fail.Kind)
			assert.Equal(t, 200, fail.Status)
			assert.Equal(t, "list users", fail.Operation)
			assert.ErrorContains(t, err, tt.err)
			assert.NotContains(t, err.Error(), "secret", "an error names shapes, not values")
		})
	}
}

func TestPagesStartOverWhenTheListChanged(t *testing.T) {
	s := serve(t, counted(0, 3, 5), counted(3, 5, 4), counted(1, 4, 4), counted(4, 5, 4))
	client, _ := newClient(t, s.URL)
	paging := byOffset
	inObject(&paging)
	type seenPage struct {
		index, rows, total int
		first              string
	}
	var got []seenPage
	err := client.Pages(t.Context(), testKey, listUsers, paging, func(p Page) error {
		got = append(got, seenPage{p.Index, len(p.Items), p.Total, string(p.Items[0])})
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, []seenPage{
		{0, 3, 5, `{"id":"u0"}`},
		{0, 3, 4, `{"id":"u1"}`},
		{1, 1, 4, `{"id":"u4"}`},
	}, got)
}

func TestPagesWithoutATotalSayMinusOne(t *testing.T) {
	s := serve(t, ok(rows(0, 1)))
	client, _ := newClient(t, s.URL)
	require.NoError(t, client.Pages(t.Context(), testKey, listUsers, byOffset, func(p Page) error {
		assert.Equal(t, -1, p.Total)
		return nil
	}))
}

func TestPagesKeepTheCallsOwnQuery(t *testing.T) {
	s := serve(t, ok(rows(0, 3)), ok(`[]`))
	client, _ := newClient(t, s.URL)
	call := listUsers
	call.Query = map[string]string{"status": "ACTIVE", "offset": "99"}
	require.NoError(t, client.Pages(t.Context(), testKey, call, byOffset, func(Page) error { return nil }))
	assert.Equal(t, []string{"/org/org1/user?limit=3&offset=0&status=ACTIVE", "/org/org1/user?limit=3&offset=3&status=ACTIVE"}, s.uris())
	assert.Equal(t, map[string]string{"status": "ACTIVE", "offset": "99"}, call.Query, "the caller's map is left alone")
}

func TestPagesEndWithTheFirstError(t *testing.T) {
	t.Run("of the callback, unchanged", func(t *testing.T) {
		s := serve(t, ok(rows(0, 3)))
		client, _ := newClient(t, s.URL)
		enough := errors.New("enough")
		err := client.Pages(t.Context(), testKey, listUsers, byOffset, func(Page) error { return enough })
		assert.Equal(t, enough, err)
		assert.Len(t, s.requests(), 1)
	})
	t.Run("of a later page", func(t *testing.T) {
		s := serve(t, ok(rows(0, 3)), say(403, `"no"`))
		client, _ := newClient(t, s.URL)
		err := client.Pages(t.Context(), testKey, listUsers, byOffset, func(Page) error { return nil })
		assert.Equal(t, &Error{Operation: "list users", Kind: Refused, Status: 403, Message: "no"}, failure(t, err))
	})
}

func TestPagesRefusesImpossiblePaging(t *testing.T) {
	tests := map[string]Paging{
		"the page size is not positive":                 {Style: ByOffset, Limit: "limit", Offset: "offset"},
		`there is no paging style "random"`:             {Style: "random", Offset: "offset"},
		"paging has no parameter for the next page":     {Style: ByPage, Size: 10, Limit: "limit"},
		"paging does not say where the cursor is":       {Style: ByCursor, Offset: "after"},
		"suger: list users: invalid: the page size is ": {Limit: "limit", Size: -1},
	}
	s := serve(t, ok(`[]`))
	client, _ := newClient(t, s.URL)
	for want, paging := range tests {
		err := client.Pages(t.Context(), testKey, listUsers, paging, func(Page) error { return nil })
		assert.Equal(t, Invalid, failure(t, err).Kind)
		assert.ErrorContains(t, err, want)
	}
	assert.Empty(t, s.requests())
}

func TestProve(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		kind   Kind // "" if the credential is proven
	}{
		{"a list", say(200, ` [{"id":"u1"}]`), ""},
		{"no rows", say(200, `[]`), ""},
		{"an object", say(200, `{"data":[]}`), ""},
		{"refused", say(401, `"unknown"`), Refused},
		{"of another organization", say(403, ``), Refused},
		{"a login page", say(200, `<html>`), Unreadable},
		{"nothing", say(200, ``), Unreadable},
		{"broken", say(500, ``), Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Attempts = 1 })
			err := client.Prove(t.Context(), testKey, listUsers, byOffset)
			if tt.kind == "" {
				require.NoError(t, err)
			} else {
				assert.Equal(t, tt.kind, failure(t, err).Kind)
			}
			assert.Equal(t, []string{"/org/org1/user?limit=1&offset=0"}, s.uris())
		})
	}
}

// A list that comes whole may be long: only its beginning is read.
func TestProveReadsTheBeginningOnly(t *testing.T) {
	const most = 64 << 20
	stopped := make(chan int, 1)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		sent := 0
		_, err := io.WriteString(w, "[")
		for row := []byte(`{"id":"` + strings.Repeat("x", 1000) + `"},`); err == nil && sent < most; sent += len(row) {
			_, err = w.Write(row)
		}
		stopped <- sent
	})
	client, _ := newClient(t, s.URL)
	require.NoError(t, client.Prove(t.Context(), testKey, listUsers, Paging{}))
	assert.Less(t, <-stopped, most/4, "the rest is only what was on its way")
}
