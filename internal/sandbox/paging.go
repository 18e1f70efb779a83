package sandbox

import (
	"math"
	"net/url"
	"strconv"
	"strings"
)

// The query parameters by which the contracts find their place in a list.
const (
	paramOffset = "offset"
	paramPage   = "page"
	paramCursor = "cursor"
)

// pastFirst says whether a list call asks for a page after the first.
func pastFirst(query url.Values) bool {
	offset, page := query.Get(paramOffset), query.Get(paramPage)
	return offset != "" && offset != "0" || page != "" && page != "1" || query.Get(paramCursor) != ""
}

// A window is the part of the list of users that one answer holds.
type window struct {
	users []record
	total int
	next  int // index of the row after the window; 0 if there is none
}

// window takes at most limit users from the index on. Under a fault, a page
// after the first is moved and the total with it, as if somebody earlier in
// the list had gone (shift above 0) or come (below).
func (q *request) window(start, limit int) window {
	shift := 0
	if start > 0 {
		shift = q.shift
	}
	start = max(start+shift, 0)
	users, total := q.store.page(start, limit)
	w := window{users: users, total: max(total-shift, 0)}
	if end := start + len(users); len(users) > 0 && end < total {
		w.next = end - shift
	}
	return w
}

// byOffset reads offset and limit.
func (q *request) byOffset(most int) (window, error) {
	limit, err := q.number("limit", most, 1, most)
	if err != nil {
		return window{}, err
	}
	offset, err := q.number(paramOffset, 0, 0, math.MaxInt32)
	if err != nil {
		return window{}, err
	}
	return q.window(offset, limit), nil
}

// byPage reads page, of which the first is 1, and pageSize.
func (q *request) byPage(usual, most int) (window, error) {
	size, err := q.number("pageSize", usual, 1, most)
	if err != nil {
		return window{}, err
	}
	page, err := q.number(paramPage, 1, 1, math.MaxInt32/most)
	if err != nil {
		return window{}, err
	}
	return q.window((page-1)*size, size), nil
}

// byCursor reads limit and cursor, and makes the cursor of the next page, ""
// at the end. A cursor names the last user seen, so rows that come and go
// before it move nothing.
func (q *request) byCursor(most int) (window, string, error) {
	limit, err := q.number("limit", most, 1, most)
	if err != nil {
		return window{}, "", err
	}
	start := 0
	if cursor := q.URL.Query().Get(paramCursor); cursor != "" {
		digits, ok := strings.CutPrefix(cursor, cursorMark)
		seq, err := strconv.ParseUint(digits, 36, 63)
		if !ok || err != nil {
			return window{}, "", refuse(400, "cursor %q is not one of ours", cursor)
		}
		start = q.store.indexAfter(seq)
	}
	w := q.window(start, limit)
	if w.next == 0 {
		return w, "", nil
	}
	return w, cursorMark + strconv.FormatUint(w.users[len(w.users)-1].seq, 36), nil
}

// cursorMark begins a cursor, so that a number made up by a client is not one.
const cursorMark = "after_"

// rows turns the users of a window into what the contract shows of each.
func rows[T any](w window, show func(*User) T) []T {
	shown := make([]T, 0, len(w.users))
	for i := range w.users {
		shown = append(shown, show(&w.users[i].User))
	}
	return shown
}
