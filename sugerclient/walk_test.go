package sugerclient

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListWithoutEndIsStopped(t *testing.T) {
	w := newWalk(Paging{Style: ByCursor, Offset: "after", CursorHeader: "X-Next"})
	w.index, w.rows, w.empty = 7, maxRows-2, 1
	next := func(cursor, body string) error {
		_, _, err := w.take(&Answer{Status: 200, Header: http.Header{"X-Next": {cursor}}, Body: []byte(body)})
		return err
	}
	require.NoError(t, next("a", `[{"id":"u1"}]`))
	require.ErrorContains(t, next("b", `[]`), "does not end after 2000000 rows")

	w.rows, w.size = 0, maxList-20
	require.NoError(t, next("c", `[{"id":"u2"}]`))
	require.ErrorContains(t, next("d", `[{"id":"u3"}]`), "does not end after 268435456 bytes")
}

// FuzzWalk holds a walk over any answers to its promises: it never panics, and
// if it ends well, every row of the answers was handed out.
func FuzzWalk(f *testing.F) {
	for _, body := range []string{`[]`, `null`, rows(0, 3), `{"data":{"users":[1,2]},"totalCount":2,"next":"a"}`,
		`{"data":null}`, `{"data":{"users":"x"}}`, `{"totalCount":1e9}`, `"x"`, `7`, ``, `{"data":{"users":[null]},"next":7}`} {
		f.Add("offset", body, body)
		f.Add("cursor", body, rows(3, 5))
	}
	f.Fuzz(func(t *testing.T, style, first, second string) {
		for _, paging := range []Paging{
			{Style: PagingStyle(style), Size: 3, Limit: "limit", Offset: "offset"},
			{Style: PagingStyle(style), Offset: "offset", Items: "data.users", Total: "totalCount", Cursor: "next"},
		} {
			w, got := newWalk(paging), 0
			for _, body := range []string{first, second} {
				p, more, err := w.take(&Answer{Status: 200, Body: []byte(body)})
				if err != nil {
					break
				}
				got += len(p.Items)
				assert.Equal(t, w.rows, got)
				if !more {
					assert.True(t, p.Total < 0 || p.Total == got)
					break
				}
			}
		}
	})
}
