package sugerclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

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

func ok(body string, headers ...string) http.HandlerFunc { return say(200, body, headers...) }

// times repeats answers.
func times(n int, answers ...http.HandlerFunc) (all []http.HandlerFunc) {
	for range n {
		all = append(all, answers...)
	}
	return all
}

// collected keeps the rows that a list is made of.
type collected struct {
	rows  []string
	kept  []int
	after func(rows int) error // the answer to each row, nil for none
}

func (c *collected) Keep(n int) {
	c.kept = append(c.kept, n)
	c.rows = c.rows[:n]
}

func (c *collected) Row(row []byte) error {
	c.rows = append(c.rows, string(row))
	if c.after != nil {
		return c.after(len(c.rows))
	}
	return nil
}

func (c *collected) list() string { return "[" + strings.Join(c.rows, ",") + "]" }

// queries returns the query strings that a script has been sent, in order.
func (s *script) queries() []string {
	all := []string{}
	for _, uri := range s.uris() {
		all = append(all, strings.TrimPrefix(strings.TrimPrefix(uri, "/org/org1/user"), "?"))
	}
	return all
}

// A listTest is a list as a server hands it out.
type listTest struct {
	name    string
	paging  func(*Paging) // applied to byOffset
	hint    ListHint
	pages   []http.HandlerFunc
	queries []string
	list    string // all rows, as JSON; "" if there is an error
	unpaged bool   // what is learnt
	err     string
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

func wholeWithLimit(p *Paging) { p.Style = Whole }

var unpaged = ListHint{Unpaged: true}

var listTests = []listTest{
	{name: "offset: a short page ends the list", pages: []http.HandlerFunc{ok(rows(0, 3)), ok(rows(2, 4))},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2"}, list: rows(0, 4)},
	{name: "offset: the last row alone ends the list", pages: []http.HandlerFunc{ok(rows(0, 3)), ok(rows(2, 5)), ok(rows(4, 5))},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2", "limit=3&offset=4"}, list: rows(0, 5)},
	{name: "offset: one short page is one call", pages: []http.HandlerFunc{ok(rows(0, 2))}, queries: []string{"limit=3&offset=0"}, list: rows(0, 2)},
	{name: "offset: no rows", pages: []http.HandlerFunc{ok(` [ ] `)}, queries: []string{"limit=3&offset=0"}, list: `[]`},
	{name: "offset: null is a list without rows", pages: []http.HandlerFunc{ok(`null`)}, queries: []string{"limit=3&offset=0"}, list: `[]`},
	{name: "offset: pages of one row", paging: size(1), pages: []http.HandlerFunc{ok(rows(0, 1)), ok(rows(1, 2)), ok(`[]`)},
		queries: []string{"limit=1&offset=0", "limit=1&offset=1", "limit=1&offset=2"}, list: rows(0, 2)},
	{name: "offset: rows that are alike", pages: []http.HandlerFunc{ok(`[1,1,1]`), ok(`[1,1]`)},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2"}, list: `[1,1,1,1]`},
	{name: "offset: more rows than asked for are all", pages: []http.HandlerFunc{ok(rows(0, 4))},
		queries: []string{"limit=3&offset=0"}, list: rows(0, 4), unpaged: true},
	{name: "offset: the server's pages are smaller than asked for", paging: size(1000),
		pages:   []http.HandlerFunc{ok(rows(0, 50)), ok(rows(0, 1)), ok(rows(49, 99)), ok(rows(98, 120)), ok(rows(119, 120))},
		queries: []string{"limit=1000&offset=0", "limit=1&offset=0", "limit=1000&offset=49", "limit=1000&offset=98", "limit=1000&offset=119"}, list: rows(0, 120)},
	{name: "offset: the server's pages are not smaller than 10", paging: size(1000),
		pages:   []http.HandlerFunc{ok(rows(0, 50)), ok(rows(0, 10)), ok(rows(49, 73)), ok(rows(72, 73))},
		queries: []string{"limit=1000&offset=0", "limit=1&offset=0", "limit=1000&offset=49", "limit=1000&offset=72"}, list: rows(0, 73)},
	{name: "offset: the server leaves rows out of a page in the middle", paging: size(1000),
		pages:   []http.HandlerFunc{ok(rows(0, 50)), ok(rows(0, 1)), ok(rows(49, 97)), ok(rows(96, 120)), ok(rows(119, 120))},
		queries: []string{"limit=1000&offset=0", "limit=1&offset=0", "limit=1000&offset=49", "limit=1000&offset=96", "limit=1000&offset=119"}, list: rows(0, 120)},
	{name: "offset: a round length may be all", paging: size(1000), pages: []http.HandlerFunc{ok(rows(0, 50)), ok(rows(0, 50))},
		queries: []string{"limit=1000&offset=0", "limit=1&offset=0"}, list: rows(0, 50), unpaged: true},
	{name: "offset: a multiple of 25 is round", paging: size(1000), pages: []http.HandlerFunc{ok(rows(0, 25)), ok(rows(0, 25))},
		queries: []string{"limit=1000&offset=0", "limit=1&offset=0"}, list: rows(0, 25), unpaged: true},
	{name: "offset: a round length is known to be all", paging: size(1000), hint: unpaged, pages: []http.HandlerFunc{ok(rows(0, 50))},
		queries: []string{"limit=1000&offset=0"}, list: rows(0, 50), unpaged: true},
	{name: "offset: a round length that is all of a list with pages", paging: size(1000), pages: []http.HandlerFunc{ok(rows(0, 50)), ok(rows(0, 1)), ok(rows(49, 50))},
		queries: []string{"limit=1000&offset=0", "limit=1&offset=0", "limit=1000&offset=49"}, list: rows(0, 50)},
	{name: "offset: another length is not in doubt", paging: size(1000), pages: []http.HandlerFunc{ok(rows(0, 51))},
		queries: []string{"limit=1000&offset=0"}, list: rows(0, 51)},
	{name: "offset: as many rows as asked for, all of them", pages: []http.HandlerFunc{ok(rows(0, 3))},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2", "limit=1&offset=0"}, list: rows(0, 3), unpaged: true},
	{name: "offset: as many rows as asked for, known to be all", hint: unpaged, pages: []http.HandlerFunc{ok(rows(0, 3))},
		queries: []string{"limit=3&offset=0", "limit=1&offset=0"}, list: rows(0, 3), unpaged: true},
	{name: "offset: what was known is no longer so", hint: unpaged, pages: []http.HandlerFunc{ok(rows(0, 3)), ok(rows(0, 1)), ok(rows(2, 4))},
		queries: []string{"limit=3&offset=0", "limit=1&offset=0", "limit=3&offset=2"}, list: rows(0, 4)},
	{name: "offset: without a limit the first page shows the size", paging: func(p *Paging) { p.Limit, p.Size = "", 0 },
		pages:   []http.HandlerFunc{ok(rows(0, 2)), ok(rows(1, 3)), ok(rows(2, 3))},
		queries: []string{"offset=0", "offset=1", "offset=2"}, list: rows(0, 3)},
	{name: "offset: ignored, without a limit", paging: func(p *Paging) { p.Limit, p.Size = "", 0 }, pages: []http.HandlerFunc{ok(rows(0, 2))},
		queries: []string{"offset=0", "offset=1"}, list: rows(0, 2)},
	{name: "offset: a total spares the last call", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 5), counted(2, 5, 5)},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2"}, list: rows(0, 5)},
	{name: "offset: a total of one page", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 3)},
		queries: []string{"limit=3&offset=0"}, list: rows(0, 3)},
	{name: "offset: a short page with a total goes on", paging: inObject, pages: []http.HandlerFunc{counted(0, 2, 3), counted(1, 3, 3)},
		queries: []string{"limit=3&offset=0", "limit=3&offset=1"}, list: rows(0, 3)},
	{name: "offset: a total before the rows, among other things", paging: inObject,
		pages:   []http.HandlerFunc{ok(`{"totalCount":2,"x":{"users":[7]},"data":{"y":[[]],"users":` + rows(0, 2) + `},"z":null}`)},
		queries: []string{"limit=3&offset=0"}, list: rows(0, 2)},
	{name: "offset: a total left out when it is zero", paging: inObject, pages: []http.HandlerFunc{ok(`{"data":{"users":null}}`)},
		queries: []string{"limit=3&offset=0"}, list: `[]`},
	{name: "offset: a total that is null", paging: inObject, pages: []http.HandlerFunc{ok(`{"data":{"users":` + rows(0, 1) + `},"totalCount":null}`)},
		queries: []string{"limit=3&offset=0"}, list: rows(0, 1)},
	{name: "page numbers from 0", paging: page(2, 0), pages: []http.HandlerFunc{ok(rows(0, 2)), ok(rows(2, 4)), ok(rows(4, 5))},
		queries: []string{"limit=2&page=0", "limit=2&page=1", "limit=2&page=2"}, list: rows(0, 5)},
	{name: "page numbers from 1", paging: page(2, 1), pages: []http.HandlerFunc{ok(rows(0, 2)), ok(`[]`)},
		queries: []string{"limit=2&page=1", "limit=2&page=2"}, list: rows(0, 2)},
	{name: "page numbers that are ignored", paging: page(2, 1), pages: []http.HandlerFunc{ok(rows(0, 2))},
		queries: []string{"limit=2&page=1", "limit=2&page=2", "limit=1&page=1"}, list: rows(0, 2), unpaged: true},
	{name: "cursor in the answer", paging: cursor,
		pages:   []http.HandlerFunc{ok(`{"items":` + rows(0, 1) + `,"next":{"token":"a&b"}}`), ok(`{"items":` + rows(1, 4) + `,"next":{"token":""}}`)},
		queries: []string{"limit=3", "after=a%26b&limit=3"}, list: rows(0, 4)},
	{name: "cursor that is a number", paging: cursor,
		pages:   []http.HandlerFunc{ok(`{"items":` + rows(0, 3) + `,"next":{"token":3}}`), ok(`{"items":` + rows(3, 4) + `,"next":{"token":0}}`)},
		queries: []string{"limit=3", "after=3&limit=3"}, list: rows(0, 4)},
	{name: "cursor that is a negative number", paging: cursor, pages: []http.HandlerFunc{ok(`{"items":` + rows(0, 3) + `,"next":{"token":-1}}`)},
		queries: []string{"limit=3"}, list: rows(0, 3)},
	{name: "cursor after an empty page", paging: cursor,
		pages:   []http.HandlerFunc{ok(`{"items":[],"next":{"token":"a"}}`), ok(`{"next":null,"items":` + rows(0, 1) + `}`)},
		queries: []string{"limit=3", "after=a&limit=3"}, list: rows(0, 1)},
	{name: "cursor in a header", paging: cursorHeader, pages: []http.HandlerFunc{ok(rows(0, 3), "X-Next", "c2"), ok(rows(3, 4))},
		queries: []string{"limit=3", "after=c2&limit=3"}, list: rows(0, 4)},
	{name: "whole", paging: whole, pages: []http.HandlerFunc{ok(rows(0, 50))}, queries: []string{""}, list: rows(0, 50)},
	{name: "whole with a limit that was not reached", paging: wholeWithLimit, pages: []http.HandlerFunc{ok(rows(0, 2))},
		queries: []string{"limit=3"}, list: rows(0, 2)},
	{name: "whole as long as a limit that is ignored", paging: wholeWithLimit, pages: []http.HandlerFunc{ok(rows(0, 3))},
		queries: []string{"limit=3", "limit=1"}, list: rows(0, 3), unpaged: true},

	{name: "offset: the list moved by a page", pages: []http.HandlerFunc{ok(rows(0, 3)), ok(rows(3, 5)), ok(rows(1, 4)), ok(rows(3, 5))},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2", "limit=3&offset=0", "limit=3&offset=2"}, list: rows(1, 5)},
	{name: "offset: not even the last row is left", pages: []http.HandlerFunc{ok(rows(0, 3)), ok(`[]`), ok(rows(2, 4))},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2", "limit=3&offset=0"}, list: rows(2, 4)},
	{name: "offset: the list is empty when it is asked for one row", paging: size(1000), pages: []http.HandlerFunc{ok(rows(0, 10)), ok(`[]`), ok(`[]`)},
		queries: []string{"limit=1000&offset=0", "limit=1&offset=0", "limit=1000&offset=0"}, list: `[]`},
	{name: "offset: another total", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 5), counted(2, 4, 4), counted(0, 3, 4), counted(2, 4, 4)},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2", "limit=3&offset=0", "limit=3&offset=2"}, list: rows(0, 4)},

	{name: "offset: a list that never stops changing", pages: times(4, ok(rows(0, 3)), ok(rows(3, 6))),
		queries: []string{"limit=3&offset=0", "limit=3&offset=2", "limit=3&offset=0", "limit=3&offset=2",
			"limit=3&offset=0", "limit=3&offset=2", "limit=3&offset=0", "limit=3&offset=2"}, err: "the list changed while it was read"},
	{name: "offset: more rows than the total", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 2)},
		queries: []string{"limit=3&offset=0", "limit=3&offset=0", "limit=3&offset=0", "limit=3&offset=0"}, err: "or its total is wrong"},
	{name: "offset: fewer rows than the total", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 5), counted(2, 3, 5)},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2"}, err: "ends after 3 of 5 rows: it has changed or is truncated"},
	{name: "offset: ignored while the limit works", pages: []http.HandlerFunc{ok(rows(0, 3)), ok(rows(0, 3)), ok(rows(0, 1))},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2", "limit=1&offset=0"}, err: "the limit works but the offset does not"},
	{name: "offset: ignored while the limit works, with a total", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 5), counted(0, 3, 5), counted(0, 1, 5)},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2", "limit=1&offset=0"}, err: "the limit works but the offset does not"},
	{name: "offset: both ignored, with a total of more", paging: inObject, pages: []http.HandlerFunc{counted(0, 3, 5)},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2", "limit=1&offset=0"}, unpaged: true, err: "ends after 3 of 5 rows"},
	{name: "offset: a list in a circle", pages: []http.HandlerFunc{ok(rows(0, 3)), ok(rows(2, 5)), ok(rows(0, 3))},
		queries: []string{"limit=3&offset=0", "limit=3&offset=2", "limit=3&offset=4"}, err: "page 3 repeats the first one"},
	{name: "whole as long as a limit that works", paging: wholeWithLimit, pages: []http.HandlerFunc{ok(rows(0, 3)), ok(rows(0, 1))},
		queries: []string{"limit=3", "limit=1"}, err: "as long as the limit, so it may be truncated"},
	{name: "whole with fewer rows than its total", paging: func(p *Paging) { *p = Paging{Items: "data.users", Total: "totalCount"} },
		pages: []http.HandlerFunc{counted(0, 2, 5)}, queries: []string{""}, err: "ends after 2 of 5 rows"},
	{name: "cursor that repeats", paging: cursor,
		pages:   []http.HandlerFunc{ok(`{"items":` + rows(0, 1) + `,"next":{"token":"a"}}`), ok(`{"items":` + rows(1, 2) + `,"next":{"token":"a"}}`)},
		queries: []string{"limit=3", "after=a&limit=3"}, err: "page 2 has the cursor of an earlier page"},
	{name: "cursor in a circle over empty pages", paging: cursor,
		pages:   []http.HandlerFunc{ok(`{"items":[],"next":{"token":"a"}}`), ok(`{"items":[],"next":{"token":"b"}}`), ok(`{"items":[],"next":{"token":"a"}}`)},
		queries: []string{"limit=3", "after=a&limit=3", "after=b&limit=3"}, err: "page 3 has the cursor of an earlier page"},
}

func TestList(t *testing.T) {
	for _, tt := range listTests {
		t.Run(tt.name, func(t *testing.T) {
			paging := byOffset
			if tt.paging != nil {
				tt.paging(&paging)
			}
			s := serve(t, tt.pages...)
			client, clock := newClient(t, s.URL)
			got := &collected{}
			report, err := client.List(t.Context(), testKey, listUsers, paging, tt.hint, got)
			assert.Equal(t, tt.queries, s.queries())
			assert.Equal(t, tt.unpaged, report.Hint.Unpaged)
			assert.Empty(t, clock.sleeps(), "nothing here is a failed call")
			if tt.err == "" {
				require.NoError(t, err)
				assert.Equal(t, tt.list, got.list())
				assert.Equal(t, len(got.rows), report.Rows)
				return
			}
			assert.ErrorContains(t, err, tt.err)
			fail := failure(t, err)
			fail.Err = nil
			assert.Equal(t, &Error{Operation: "list users", Kind: Unreadable, Status: 200}, fail)
		})
	}
}

// Errors name the shape of what is wrong, never its value, and asking again would
// not help.
func TestListOfAnotherShape(t *testing.T) {
	tests := []struct {
		name   string
		paging func(*Paging)
		body   string
		err    string
	}{
		{"an object", nil, `{"secret":1}`, "the list is an object, not an array"},
		{"a string", nil, `"secret"`, "the list is a string, not an array"},
		{"a number", nil, `17`, "the list is a number, not an array"},
		{"a boolean", nil, `true`, "the list is a boolean, not an array"},
		{"nothing", nil, ``, "the answer is empty, not a list"},
		{"blanks", nil, " \n", "the answer is empty, not a list"},
		{"a page for people", nil, `<html>secret</html>`, "the answer is not JSON but text/html"},
		{"text that begins like JSON", nil, `not for secret you`, "the answer is not JSON but text/html"},
		{"rows that are no JSON", nil, `[{"id":"u0"},secret]`, "the answer is not JSON but text/html"},
		{"a list with something behind", nil, `[{"id":"u0"}] "secret"`, "there is data after the list"},
		{"two lists", nil, `[{"id":"u0"}][{"id":"secret"}]`, "there is data after the list"},
		{"a list with text behind", nil, `[{"id":"u0"}]secret`, "the answer is not JSON but text/html"},
		{"an array for the object", inObject, `["secret"]`, `the answer has no "data.users"`},
		{"a string for the object", inObject, `"secret"`, `the answer has no "data.users"`},
		{"null for the object", inObject, `null`, `the answer has no "data.users"`},
		{"an array inside the object", inObject, `{"data":["secret"]}`, `the answer has no "data.users"`},
		{"an object for the list", inObject, `{"data":{"users":{"secret":1}}}`, "the list is an object, not an array"},
		{"no list", inObject, `{"data":{"members":["secret"]}}`, `the answer has no "data.users"`},
		{"null for the list's object", inObject, `{"data":null}`, `the answer has no "data.users"`},
		{"the list twice", inObject, `{"data":{"users":[1],"users":["secret"]}}`, "the answer has the list twice"},
		{"a total that is a string", inObject, `{"data":{"users":[]},"totalCount":"secret"}`, "the total is a string, not a count"},
		{"a negative total", inObject, `{"data":{"users":[]},"totalCount":-1}`, "the total is a number, not a count"},
		{"a total that is no whole number", inObject, `{"data":{"users":[]},"totalCount":1.5}`, "the total is a number, not a count"},
		{"a cursor that is an array", cursor, `{"items":[],"next":{"token":["secret"]}}`, "the cursor is an array"},
		{"a cursor that is a boolean", cursor, `{"items":[],"next":{"token":true}}`, "the cursor is a boolean"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			paging := byOffset
			if tt.paging != nil {
				tt.paging(&paging)
			}
			s := serve(t, ok(tt.body, "Content-Type", "text/html; charset=utf-8"))
			client, _ := newClient(t, s.URL)
			_, err := client.List(t.Context(), testKey, listUsers, paging, ListHint{}, &collected{})
			assert.ErrorContains(t, err, tt.err)
			assert.NotContains(t, err.Error(), "secret")
			assert.Len(t, s.requests(), 1)
			fail := failure(t, err)
			fail.Err = nil
			assert.Equal(t, &Error{Operation: "list users", Kind: Unreadable, Status: 200}, fail)
		})
	}
}

// A listServer has a list of n rows and pages it in its own way.
type listServer struct {
	n                         int
	most                      int // rows of a page, 0 for no limit of its own
	ignoresLimit, ignoresSkip bool
	byRow                     bool // a page begins after the row with an id
}

func (s listServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	skip, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	if s.ignoresLimit {
		limit = s.n
	}
	if s.most > 0 {
		limit = min(limit, s.most)
	}
	if s.ignoresSkip {
		skip = 0
	}
	if after := r.URL.Query().Get("after"); s.byRow && after != "" {
		last, _ := strconv.Atoi(strings.TrimPrefix(after, "u"))
		skip = last + 1
	}
	skip = min(skip, s.n)
	_, _ = io.WriteString(w, rows(skip, min(skip+limit, s.n)))
}

// A list is read whole, whatever its length and however the server pages.
func TestListOfEveryLength(t *testing.T) {
	servers := map[string]listServer{
		"pages":                     {},
		"pages of 50 at most":       {most: 50},
		"pages of 100 at most":      {most: 100},
		"no pages":                  {ignoresLimit: true, ignoresSkip: true},
		"the offset without limits": {ignoresLimit: true},
		"after a row":               {byRow: true},
		"after a row, 50 at most":   {byRow: true, most: 50},
	}
	for name, server := range servers {
		paging := byOffset
		paging.Size = 1000
		if server.byRow {
			paging.Style, paging.Offset, paging.CursorRow = ByCursor, "after", "id"
		}
		for _, n := range []int{0, 1, 2, 9, 10, 25, 49, 50, 51, 100, 101, 150, 999, 1000, 1001, 2000} {
			t.Run(fmt.Sprintf("%s, %d rows", name, n), func(t *testing.T) {
				server.n = n
				s := serve(t, server.ServeHTTP)
				client, _ := newClient(t, s.URL)
				got := &collected{}
				report, err := client.List(t.Context(), testKey, listUsers, paging, ListHint{}, got)
				require.NoError(t, err)
				assert.Equal(t, rows(0, n), got.list())
				first := len(s.requests())
				report, err = client.List(t.Context(), testKey, listUsers, paging, report.Hint, got)
				require.NoError(t, err)
				assert.Equal(t, rows(0, n), got.list())
				assert.Equal(t, n, report.Rows)
				if server.ignoresLimit && n != paging.Size {
					assert.Equal(t, 1, len(s.requests())-first, "what was learnt saves calls")
				}
			})
		}
	}
}

// Whoever is in the list all the time is in what was read, although others leave
// while the pages are read.
func TestListMissesNobodyWhenOthersLeave(t *testing.T) {
	for _, left := range [][]int{{0}, {2}, {0, 1}, {0, 1, 2}, {1, 3}, {5}} {
		t.Run(fmt.Sprint(left), func(t *testing.T) {
			members := make([]string, 6)
			for i := range members {
				members[i] = strconv.Itoa(i)
			}
			asked := 0
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if asked++; asked == 2 {
					for i, one := range left {
						members = append(members[:one-i], members[one-i+1:]...)
					}
				}
				skip, _ := strconv.Atoi(r.URL.Query().Get("offset"))
				limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
				skip = min(skip, len(members))
				_, _ = io.WriteString(w, "["+strings.Join(members[skip:min(skip+limit, len(members))], ",")+"]")
			})
			client, _ := newClient(t, s.URL)
			got := &collected{}
			_, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, got)
			require.NoError(t, err)
			assert.Subset(t, got.rows, members)
		})
	}
}

// cutAnswers are two rows of a list that a broken connection ends.
var cutAnswers = map[string]string{
	"within a row":                    "Content-Length: 100\r\n\r\n" + `[{"id":"u0"},{"id":"u1"},{"id":"u`,
	"between rows":                    "Content-Length: 100\r\n\r\n" + `[{"id":"u0"},{"id":"u1"}`,
	"after the list":                  "Content-Length: 100\r\n\r\n" + `[{"id":"u0"},{"id":"u1"}]`,
	"before the list":                 "Content-Length: 100\r\n\r\n",
	"within a chunk":                  "Transfer-Encoding: chunked\r\n\r\n64\r\n" + `[{"id":"u0"},{"id":"u1"}`,
	"between chunks":                  "Transfer-Encoding: chunked\r\n\r\n18\r\n" + `[{"id":"u0"},{"id":"u1"}` + "\r\n",
	"before the last chunk":           "Transfer-Encoding: chunked\r\n\r\n19\r\n" + `[{"id":"u0"},{"id":"u1"}]` + "\r\n",
	"where no length tells, in a row": "\r\n" + `[{"id":"u0"},{"id":"u1"},{"id"`,
	"where no length tells, between":  "\r\n" + `[{"id":"u0"},{"id":"u1"}`,
	"by whoever told the length":      "Content-Length: 24\r\n\r\n" + `[{"id":"u0"},{"id":"u1"}`,
}

func TestListThatIsCut(t *testing.T) {
	for name, text := range cutAnswers {
		cut := raw("HTTP/1.1 200 OK\r\nConnection: close\r\n" + text)
		t.Run(name+", once", func(t *testing.T) {
			s := serve(t, cut, ok(rows(0, 2)))
			client, clock := newClient(t, s.URL)
			got := &collected{}
			report, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, got)
			require.NoError(t, err)
			assert.Equal(t, rows(0, 2), got.list())
			assert.Equal(t, ListReport{Rows: 2, Pages: 1, Total: -1, Hint: ListHint{Rows: 2}}, report)
			assert.Len(t, clock.sleeps(), 1)
		})
		t.Run(name+", always", func(t *testing.T) {
			s := serve(t, cut)
			client, _ := newClient(t, s.URL)
			_, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, &collected{})
			fail := failure(t, err)
			assert.Equal(t, Unreadable, fail.Kind)
			assert.ErrorContains(t, err, "the answer was cut off: unexpected EOF")
			assert.Len(t, s.requests(), client.cfg.Attempts)
		})
	}
}

// A page that is read again does not give a row twice.
func TestListPageIsReadAgain(t *testing.T) {
	cut := raw("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n" + `[{"id":"u2"},{"id":"u3"},`)
	s := serve(t, ok(rows(0, 3)), cut, say(503, `"no"`), cut, ok(rows(2, 5)), say(502, `"no"`), ok(rows(4, 6)))
	client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Attempts = 4 })
	got := &collected{}
	report, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, got)
	require.NoError(t, err)
	assert.Equal(t, rows(0, 6), got.list())
	assert.Equal(t, ListReport{Rows: 6, Pages: 3, Total: -1, Hint: ListHint{Rows: 6}}, report)
	assert.Equal(t, []int{0, 0, 3, 3, 3, 5}, got.kept, "at the start, and before each answer that can be read")
}

func TestListTakesTooLong(t *testing.T) {
	stalled := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `[{"id":"u0"},`)
		_ = http.NewResponseController(w).Flush()
		hang(w, r)
	}
	t.Run("once", func(t *testing.T) {
		s := serve(t, stalled, ok(rows(0, 2)))
		client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Timeout = 300 * time.Millisecond })
		got := &collected{}
		_, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, got)
		require.NoError(t, err)
		assert.Equal(t, rows(0, 2), got.list())
	})
	t.Run("always", func(t *testing.T) {
		s := serve(t, stalled)
		client, _ := newClient(t, s.URL, func(cfg *Config) { cfg.Timeout, cfg.Attempts = 50*time.Millisecond, 2 })
		_, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, &collected{})
		assert.Equal(t, Unavailable, failure(t, err).Kind)
		assert.Len(t, s.requests(), 2)
	})
	t.Run("for its caller, who leaves", func(t *testing.T) {
		s := serve(t, stalled)
		client, _ := newClient(t, s.URL)
		ctx, leave := context.WithCancel(t.Context())
		got := &collected{after: func(int) error { leave(); return nil }}
		_, err := client.List(ctx, testKey, listUsers, byOffset, ListHint{}, got)
		assert.Equal(t, Canceled, failure(t, err).Kind)
		assert.Len(t, s.requests(), 1)
	})
}

// An error from Rows stops the list at once and is returned unchanged, even if
// it looks like a connection error.
func TestListEndsWithAnErrorOfRows(t *testing.T) {
	for _, enough := range []error{errors.New("enough"), io.EOF, io.ErrUnexpectedEOF, errListChanged, context.DeadlineExceeded,
		&Error{Operation: "another", Kind: Throttled}} {
		t.Run(enough.Error(), func(t *testing.T) {
			s := serve(t, ok(rows(0, 3)), ok(rows(2, 4)))
			client, _ := newClient(t, s.URL)
			got := &collected{after: func(rows int) error {
				if rows == 4 {
					return enough
				}
				return nil
			}}
			_, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, got)
			assert.Equal(t, enough, err)
			assert.Len(t, s.requests(), 2)
		})
	}
}

func TestListEndsWithARefusal(t *testing.T) {
	s := serve(t, ok(rows(0, 3)), say(403, `"no"`))
	client, _ := newClient(t, s.URL)
	_, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, &collected{})
	assert.Equal(t, &Error{Operation: "list users", Kind: Refused, Status: 403, Message: "no"}, failure(t, err))
}

func TestListReport(t *testing.T) {
	s := serve(t, counted(0, 3, 5), counted(2, 5, 5))
	client, _ := newClient(t, s.URL)
	paging := byOffset
	inObject(&paging)
	report, err := client.List(t.Context(), testKey, listUsers, paging, ListHint{}, &collected{})
	require.NoError(t, err)
	assert.Equal(t, ListReport{Rows: 5, Pages: 2, Total: 5, Hint: ListHint{Rows: 5}}, report)
}

func TestListKeepsTheCallsOwnQuery(t *testing.T) {
	s := serve(t, ok(rows(0, 3)), ok(rows(2, 3)))
	client, _ := newClient(t, s.URL)
	call := listUsers
	call.Query = map[string]string{"status": "ACTIVE", "offset": "99"}
	_, err := client.List(t.Context(), testKey, call, byOffset, ListHint{}, &collected{})
	require.NoError(t, err)
	assert.Equal(t, []string{"limit=3&offset=0&status=ACTIVE", "limit=3&offset=2&status=ACTIVE"}, s.queries())
	assert.Equal(t, map[string]string{"status": "ACTIVE", "offset": "99"}, call.Query, "the caller's map is left alone")

	call.Query = map[string]string{"after": "a row in the middle"}
	s = serve(t, ok(rows(0, 2)))
	client, _ = newClient(t, s.URL)
	_, err = client.List(t.Context(), testKey, call, Paging{Style: ByCursor, Offset: "after", CursorHeader: "X-Next"}, ListHint{}, &collected{})
	require.NoError(t, err)
	assert.Equal(t, []string{""}, s.queries(), "a list begins at its beginning")
}

func TestListThatCannotBeAskedFor(t *testing.T) {
	s := serve(t, ok(`[]`))
	client, _ := newClient(t, s.URL)
	call := listUsers
	call.PathParams = map[string]string{"organization": ".."}
	_, err := client.List(t.Context(), testKey, call, byOffset, ListHint{}, &collected{})
	assert.Equal(t, Invalid, failure(t, err).Kind)
	assert.ErrorContains(t, err, "a dot segment")
	assert.Empty(t, s.requests())
}

// A list without an end takes neither memory nor time without bounds.
func TestListWithoutEndIsStopped(t *testing.T) {
	next := func(l *listing, text string) error {
		p := newPageReader(l, http.Header{}, strings.NewReader(text))
		if err := p.read(); err != nil {
			return err
		}
		return l.count(p)
	}
	far := func(rows, empty int, size int64) (*listing, *collected) {
		got := &collected{}
		return &listing{paging: Paging{Style: ByCursor, Offset: "after"}, out: got, ListReport: ListReport{Rows: rows, Total: -1}, empty: empty, size: size}, got
	}
	t.Run("of rows", func(t *testing.T) {
		l, _ := far(maxRows-1, 0, 0)
		require.NoError(t, next(l, `[1]`))
		require.ErrorIs(t, next(l, `[2]`), errTooManyRows)
	})
	t.Run("of empty pages", func(t *testing.T) {
		l, _ := far(1, maxRows-2, 0)
		require.NoError(t, next(l, `[]`))
		require.ErrorIs(t, next(l, `[]`), errTooManyRows)
	})
	t.Run("within one page", func(t *testing.T) {
		l, got := far(maxRows-1, 0, 0)
		require.ErrorIs(t, next(l, `[1`+strings.Repeat(",1", 100)+`]`), errTooManyRows)
		assert.Len(t, got.rows, 2)
	})
	t.Run("of bytes", func(t *testing.T) {
		l, _ := far(0, 0, maxList-20)
		require.NoError(t, next(l, `[{"id":"u2"}]`))
		require.ErrorContains(t, next(l, `[{"id":"u3"}]`), "the list does not end after")
	})
}

func TestListWithLongRows(t *testing.T) {
	long := func(n int) string { return `["` + strings.Repeat("x", n) + `"]` }
	t.Run("within the bound", func(t *testing.T) {
		s := serve(t, ok(long(maxRow-100)))
		client, _ := newClient(t, s.URL)
		got := &collected{}
		_, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, got)
		require.NoError(t, err)
		assert.Equal(t, long(maxRow-100), got.list())
	})
	t.Run("beyond it", func(t *testing.T) {
		s := serve(t, ok(long(4*maxRow)))
		client, _ := newClient(t, s.URL)
		_, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, &collected{})
		assert.Equal(t, Unreadable, failure(t, err).Kind)
		assert.ErrorContains(t, err, "a row is longer than 1048576 bytes")
		assert.Len(t, s.requests(), 1)
	})
	t.Run("many rows and other things make no long row", func(t *testing.T) {
		const n = 200_000
		s := serve(t, ok(`{"x":[`+strings.Repeat("7777777,", n)+`7],"data":{"users":[`+strings.Repeat("1234567,", n)+`7]}}`))
		client, _ := newClient(t, s.URL)
		paging := byOffset
		inObject(&paging)
		got := &collected{}
		_, err := client.List(t.Context(), testKey, listUsers, paging, ListHint{}, got)
		require.NoError(t, err)
		assert.Len(t, got.rows, n+1)
	})
}

// The answer to the question whether the limit is ignored is not read to its end.
func TestListIsNotReadTwiceToFindItsLimit(t *testing.T) {
	stopped := make(chan bool, 1)
	endless := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `[1`)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat(",1", 1<<10)); err != nil {
				break
			}
		}
		stopped <- true
	}
	s := serve(t, ok(rows(0, 10)), endless)
	client, _ := newClient(t, s.URL)
	paging := byOffset
	paging.Size = 1000
	got := &collected{}
	report, err := client.List(t.Context(), testKey, listUsers, paging, ListHint{}, got)
	require.NoError(t, err)
	assert.Equal(t, rows(0, 10), got.list())
	assert.Equal(t, ListHint{Unpaged: true, Rows: 10}, report.Hint)
	<-stopped
}

// FuzzList: for any answer the reader never panics, and it accepts exactly what
// encoding/json accepts as a list, with the same rows.
func FuzzList(f *testing.F) {
	for _, body := range []string{`[]`, `null`, rows(0, 3), ` [ {"a" : [1, "]"]} , 7,"x",null ] `, `{"data":{"users":[1,2]},"totalCount":2,"next":"a"}`,
		`{"data":null}`, `{"data":{"users":"x"}}`, `{"totalCount":1e9}`, `"x"`, `7`, ``, `[`, `[1`, `[1]]`, `[1][1]`, "[\"\xff\\ud800\"]",
		`{"data":{"users":[null]},"next":7}`, `{"data":{"users":[1],"users":[2]}}`, `{"data":{"users":[1]},"totalCount":3}`} {
		f.Add(body, body)
		f.Add(body, rows(2, 5))
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		bare := newFuzzList(Paging{Style: ByCursor, Offset: "after"})
		var want []json.RawMessage
		valid := json.Unmarshal([]byte(first), &want) == nil
		require.Equal(t, valid, bare.next(first) == nil, "%q", first)
		if valid {
			require.Len(t, bare.got.rows, len(want))
			for i, row := range want {
				require.Equal(t, string(row), bare.got.rows[i])
			}
		}
		for _, paging := range []Paging{byOffset, {Style: ByOffset, Offset: "offset", Items: "data.users", Total: "totalCount", Cursor: "next"}} {
			l := newFuzzList(paging)
			for _, body := range []string{first, second} {
				if l.next(body) != nil {
					break
				}
				require.True(t, json.Valid([]byte(body)), "%q", body)
				require.Len(t, l.got.rows, l.Rows)
				require.True(t, l.Total < 0 || l.Rows <= l.Total)
			}
		}
	})
}

type fuzzList struct {
	*listing
	got *collected
}

func newFuzzList(paging Paging) fuzzList {
	got := &collected{}
	return fuzzList{&listing{paging: paging, out: got, ListReport: ListReport{Total: -1}}, got}
}

func (l fuzzList) next(body string) error {
	p := newPageReader(l.listing, http.Header{}, strings.NewReader(body))
	if err := p.read(); err != nil {
		return err
	}
	return l.count(p)
}

// A list is whole only if nothing of its answer says otherwise.
func TestListThatSaysItIsLonger(t *testing.T) {
	for name, test := range map[string]struct {
		status        int
		header, value string
		err           string
	}{
		"a part":                   {http.StatusPartialContent, "", "", "(206): a list has status 200"},
		"accepted":                 {http.StatusAccepted, "", "", "(202): a list has status 200"},
		"a total in a header":      {http.StatusOK, "X-Total-Count", "6", "longer"},
		"the same total":           {http.StatusOK, "X-Total-Count", "2", ""},
		"the total of a page":      {http.StatusOK, "X-Total-Count", "1", ""},
		"a range":                  {http.StatusOK, "Content-Range", "users 0-1/6", "longer"},
		"a range that is all":      {http.StatusOK, "Content-Range", "items 0-1/2", ""},
		"a range of unknown total": {http.StatusOK, "Content-Range", "items 0-1/*", ""},
		"a link to the next page":  {http.StatusOK, "Link", `</org/org1/user?offset=2>; rel="next"`, "longer"},
		"a link to the first page": {http.StatusOK, "Link", `</org/org1/user?offset=0>; rel="first"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if test.header != "" {
					w.Header().Set(test.header, test.value)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, rows(0, 2))
			})
			client, _ := newClient(t, s.URL)
			_, err := client.List(t.Context(), testKey, listUsers, byOffset, ListHint{}, &collected{})
			if test.err == "" {
				require.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.err)
			assert.Equal(t, Unreadable, failure(t, err).Kind)
		})
	}
}
