package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxBody bounds the body of a request, in bytes.
const maxBody = 1 << 20

type object = map[string]any

// A request is a call as an operation sees it. PathValue returns the
// placeholders of the route's pattern.
type request struct {
	*http.Request
	store        *store
	organization *organization // of the path, if it names one
	body         []byte
	shift        int // rows by which a page after the first is moved
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

// errType is the error of a field that is of another type.
var errType = errors.New("wrong type")

// fill reads the body into the user. A field that is not allowed is refused, as
// is a value of another type and null: the sandbox is strict where Suger might
// not be.
func (q *request) fill(user *User, allowed fields) error {
	return q.read(func(path string) func(any) error {
		if set := allowed[path]; set != nil {
			return func(value any) error { return set(q, user, value) }
		}
		return nil
	})
}

// fillRole reads the body into the role. The fields are those of every contract.
func (q *request) fillRole(role *Role) error {
	return q.read(func(path string) func(any) error {
		return map[string]func(any) error{
			"name":        func(value any) error { return readText(&role.Name, value) },
			"description": func(value any) error { return readText(&role.Description, value) },
			"permissions": func(value any) error { return readTexts(&role.Permissions, value) },
		}[path]
	})
}

// read passes each value of the body to the function that set returns for its
// dotted path.
func (q *request) read(set func(path string) func(any) error) error {
	if media, _, err := mime.ParseMediaType(q.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return refuse(400, "Content-Type must be application/json")
	}
	var body object
	if err := json.Unmarshal(q.body, &body); err != nil || body == nil {
		return refuse(400, "the body is not a JSON object")
	}
	return readObject(body, "", set)
}

func readObject(body object, prefix string, set func(path string) func(any) error) error {
	for _, name := range slices.Sorted(maps.Keys(body)) {
		path := prefix + name
		known := set(path)
		if strings.Contains(name, ".") {
			known = nil // a dot within a name is not a path
		} else if nested, ok := body[name].(object); ok && known == nil {
			if err := readObject(nested, path+".", set); err != nil {
				return err
			}
			continue
		}
		if known == nil {
			return refuse(400, "unknown field %q", path)
		}
		if err := known(body[name]); errors.Is(err, errType) {
			return refuse(400, "field %q has the wrong type", path)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// number returns a query parameter: missing is fallback, anything that is not a
// number or below least is refused, and more than most is cut to most without
// an error, which is harder for a client that counts on its own limit.
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

// pastFirst reports whether a list call asks for a page after the first.
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

// rows renders the users of the window.
func (w window) rows(q *request, shown show) []any {
	rows := make([]any, 0, len(w.users))
	for _, m := range w.users {
		rows = append(rows, shown(q, &m.User))
	}
	return rows
}

// window returns at most limit users from the index on. Under a fault, a page
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

// byCursor reads limit and cursor, and returns the cursor of the next page, ""
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
		start = q.organization.index(seq + 1)
	}
	w := q.window(start, limit)
	if w.next == 0 {
		return w, "", nil
	}
	return w, cursorMark + strconv.FormatUint(w.users[len(w.users)-1].seq, 36), nil
}

// cursorMark begins a cursor, so that a number made up by a client is not one.
const cursorMark = "after_"

// nonNil makes an empty list [] in JSON rather than null.
func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
