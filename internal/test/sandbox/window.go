package sandbox

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	core "suger-scim-gateway/internal/sandbox"
)

// number returns a query parameter: missing is fallback, anything that is not a
// number or below least is refused, and more than most is cut to most without
// an error, which is harder for a client that counts on its own limit.
func number(q *core.Request, name string, fallback, least, most int) (int, error) {
	value := q.URL.Query().Get(name)
	if value == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < least {
		return 0, core.Refuse(400, "%s must be a number from %d on", name, least)
	}
	return min(n, most), nil
}

// The query parameters for paging in the contracts.
const (
	paramOffset = "offset"
	paramPage   = "page"
	paramCursor = "cursor"
)

// pastFirst reports whether a list call asks for a page after the first.
func pastFirst(r *http.Request) bool {
	query := r.URL.Query()
	offset, page := query.Get(paramOffset), query.Get(paramPage)
	return offset != "" && offset != "0" || page != "" && page != "1" || query.Get(paramCursor) != ""
}

// shiftKey is the context key of the number of rows by which a fault shifts a page.
type shiftKey struct{}

// A window is the part of the list of users that one answer holds.
type window struct {
	members []*core.Member
	total   int
	next    int // index of the row after the window; 0 if there is none
}

// rows renders the members of the window.
func (w window) rows(q *core.Request, show show) []any {
	rows := make([]any, 0, len(w.members))
	for _, m := range w.members {
		rows = append(rows, show(q, m))
	}
	return rows
}

// windowAt returns at most limit users from the index on. Under a fault, a page
// after the first is shifted and the total with it, as if somebody earlier in
// the list had left (shift above 0) or joined (below).
func windowAt(q *core.Request, start, limit int) window {
	shift := 0
	if start > 0 {
		shift, _ = q.Context().Value(shiftKey{}).(int)
	}
	all := q.Organization.Members
	start = min(max(start+shift, 0), len(all))
	end := start + min(limit, len(all)-start)
	w := window{members: all[start:end], total: max(len(all)-shift, 0)}
	if start < end && end < len(all) {
		w.next = end - shift
	}
	return w
}

// byOffset reads offset and limit.
func byOffset(q *core.Request, most int) (window, error) {
	limit, err := number(q, "limit", most, 1, most)
	if err != nil {
		return window{}, err
	}
	offset, err := number(q, paramOffset, 0, 0, math.MaxInt32)
	if err != nil {
		return window{}, err
	}
	return windowAt(q, offset, limit), nil
}

// byPage reads page, of which the first is 1, and pageSize.
func byPage(q *core.Request, usual, most int) (window, error) {
	size, err := number(q, "pageSize", usual, 1, most)
	if err != nil {
		return window{}, err
	}
	page, err := number(q, paramPage, 1, 1, math.MaxInt32/most)
	if err != nil {
		return window{}, err
	}
	return windowAt(q, (page-1)*size, size), nil
}

// cursorMark begins a cursor, so that a number made up by a client is not one.
const cursorMark = "after_"

// byCursor reads limit and cursor, and returns the cursor of the next page, ""
// at the end. A cursor has the time at which the last user seen joined, so rows that
// come and go before it move nothing.
func byCursor(q *core.Request, most int) (window, string, error) {
	limit, err := number(q, "limit", most, 1, most)
	if err != nil {
		return window{}, "", err
	}
	start := 0
	if cursor := q.URL.Query().Get(paramCursor); cursor != "" {
		digits, ok := strings.CutPrefix(cursor, cursorMark)
		joined, err := strconv.ParseInt(digits, 36, 60)
		if !ok || err != nil {
			return window{}, "", core.Refuse(400, "cursor %q is not one of ours", cursor)
		}
		start, _ = slices.BinarySearchFunc(q.Organization.Members, time.UnixMilli(joined+1), func(m *core.Member, at time.Time) int { return m.JoinTime.Compare(at) })
	}
	w := windowAt(q, start, limit)
	if w.next == 0 {
		return w, "", nil
	}
	return w, cursorMark + strconv.FormatInt(w.members[len(w.members)-1].JoinTime.UnixMilli(), 36), nil
}
