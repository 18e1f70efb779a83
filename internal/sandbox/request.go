package sandbox

import (
	"encoding/json"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxBody bounds the body of a request, in bytes.
const maxBody = 1 << 20

// A request is a call as a contract's operation sees it. PathValue gives the
// placeholders of the route's pattern.
type request struct {
	*http.Request
	store        *store
	organization *organization // of the path, if it names one
	body         []byte
	pretend      bool // answer as if done, change nothing
	shift        int  // rows by which a page after the first is moved
}

// readBody reads the whole body before anything is answered; only then does
// the server notice that a client has gone away.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, refuse(413, "the request is larger than %d bytes, or was cut off", maxBody)
	}
	return body, nil
}

// A kind is what a field of a body must be.
type kind int

const (
	text    kind = iota // a string; empty clears
	flag                // a boolean
	texts               // an array of strings
	ignored             // anything; the field is read-only and may be sent back
)

// A form lists the fields that a body may have, by dotted path.
type form map[string]kind

// fields are the fields that a body has, by dotted path.
type fields map[string]any

// read reads the body. What the form does not list is refused, as is a value
// of another kind and null: the sandbox is strict where Suger might not be.
func (q *request) read(allowed form) (fields, error) {
	if media, _, err := mime.ParseMediaType(q.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, refuse(400, "Content-Type must be application/json")
	}
	var object map[string]any
	if err := json.Unmarshal(q.body, &object); err != nil || object == nil {
		return nil, refuse(400, "the body is not a JSON object")
	}
	got := fields{}
	if err := got.take(allowed, "", object); err != nil {
		return nil, err
	}
	return got, nil
}

func (f fields) take(allowed form, prefix string, object map[string]any) error {
	for name, value := range object {
		path := prefix + name
		want, known := allowed[path]
		if nested, ok := value.(map[string]any); ok && !known && !strings.Contains(name, ".") {
			if err := f.take(allowed, path+".", nested); err != nil {
				return err
			}
			continue
		}
		if !known || strings.Contains(name, ".") {
			return refuse(400, "unknown field %q", path)
		}
		if !want.fits(value) {
			return refuse(400, "field %q has the wrong type", path)
		}
		f[path] = value
	}
	return nil
}

func (k kind) fits(value any) bool {
	switch k {
	case text:
		_, ok := value.(string)
		return ok
	case flag:
		_, ok := value.(bool)
		return ok
	case texts:
		list, ok := value.([]any)
		for _, entry := range list {
			if !text.fits(entry) {
				return false
			}
		}
		return ok
	default:
		return true
	}
}

// text is the field's string, nil if it was not sent.
func (f fields) text(path string) *string {
	if value, ok := f[path].(string); ok {
		return &value
	}
	return nil
}

// flag is the field's boolean, nil if it was not sent.
func (f fields) flag(path string) *bool {
	if value, ok := f[path].(bool); ok {
		return &value
	}
	return nil
}

// texts are the field's strings, nil if it was not sent.
func (f fields) texts(path string) []string {
	list, ok := f[path].([]any)
	if !ok {
		return nil
	}
	values := make([]string, 0, len(list))
	for _, entry := range list {
		values = append(values, entry.(string)) // take has checked
	}
	return values
}

// number is a query parameter: missing is fallback, anything that is not a
// number or below least is refused, and more than most is cut to most in
// silence, which is the harder case for a client that counts on its own limit.
func (q *request) number(name string, fallback, least, most int) (int, error) {
	value := q.URL.Query().Get(name)
	if value == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < least {
		return 0, refuse(400, "%s must be a number from %d on", name, least)
	}
	return min(n, most), nil
}

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
	users []*member
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
	users, total := q.organization.page(start, limit)
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
		start = q.organization.indexAfter(seq)
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
	for _, m := range w.users {
		user := m.view()
		shown = append(shown, show(&user))
	}
	return shown
}
