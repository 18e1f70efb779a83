package scim

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"time"
)

// Sizes of a page of a list, in resources.
const (
	DefaultPageSize = 100
	MaxPageSize     = 1000
)

// A Query describes a list: which resources, in which order, which page.
type Query struct {
	Filter     *Filter     // nil for all resources
	SortBy     *AttrPath   // nil for the order of (meta.created, id)
	Descending bool        // with SortBy
	StartIndex int         // of the first resource, from 1; less counts as 1
	Count      int         // most resources of the page; more than MaxPageSize counts as that
	Cursor     *Position   // nil for paging by index; the zero Position for the first page
	Projection *Projection // attributes to return; Select does not apply it

	Stopped func() bool // called now and then; true, if the client is gone, ends the work; may be nil
}

// A Position is where a page by cursor begins (RFC 9865): after the resource with these keys,
// which may be gone.
type Position struct {
	Created  string `json:"c,omitempty"`
	ID       string `json:"i"`
	Key      any    `json:"k,omitempty"` // see AttrPath.sortKey
	Endpoint string `json:"e,omitempty"` // of the type that the page begins in; "" for Select
}

// A List is one page of the resources that a query selects.
type List struct {
	TotalResults int        // of all pages
	StartIndex   int        // of the first resource, from 1; 0 if paged by cursor
	Resources    []Resource // never nil
	Next         *Position  // where the next page begins; nil for the last page and for paging by index
}

// Select filters, sorts and pages n resources, which are in the strict order of (meta.created,
// id). Without a filter and an order, at is called for little more than those of the page.
func (q *Query) Select(n int, at func(int) Resource) *List {
	row, total := q.rows(n, at)
	list := &List{TotalResults: total}
	first := max(q.StartIndex, 1) - 1
	switch {
	case q.Cursor == nil:
		list.StartIndex = first + 1
	case *q.Cursor == (Position{}):
		first = 0
	default:
		first = sort.Search(total, func(i int) bool {
			p := positionOf(at(row(i).index), row(i).key) // all times have the same form
			order := cmp.Or(strings.Compare(p.Created, q.Cursor.Created), strings.Compare(p.ID, q.Cursor.ID))
			return cmp.Or(q.compare(p.Key, q.Cursor.Key), order) > 0
		})
	}
	first = min(first, total)
	last := min(first+min(q.Count, MaxPageSize), total)
	list.Resources = make([]Resource, 0, last-first)
	for i := first; i < last; i++ {
		list.Resources = append(list.Resources, at(row(i).index))
	}
	switch {
	case q.Cursor == nil || last == total:
	case first < last:
		list.Next = positionOf(list.Resources[last-first-1], row(last-1).key)
	default: // a count of 0: the next page begins where this one did
		list.Next = q.Cursor
	}
	return list
}

// A listRow is a resource that a query selects.
type listRow struct {
	index int // of the resource, as Select's at counts
	key   any // see AttrPath.sortKey
}

// rows gives the resources that a query selects, in the order of the list.
func (q *Query) rows(n int, at func(int) Resource) (row func(int) listRow, total int) {
	if q.Filter == nil && q.SortBy == nil {
		return func(i int) listRow { return listRow{index: i} }, n
	}
	var picked []listRow
	for i := range n {
		if i%256 == 255 && q.Stopped != nil && q.Stopped() {
			break
		}
		r := at(i)
		if !q.Filter.Match(r) {
			continue
		}
		row := listRow{index: i}
		if q.SortBy != nil {
			row.key = q.SortBy.sortKey(r)
		}
		picked = append(picked, row)
	}
	slices.SortStableFunc(picked, func(a, b listRow) int { return q.compare(a.key, b.key) })
	return func(i int) listRow { return picked[i] }, len(picked)
}

// compare orders two keys. Resources with equal ones are in order of age, whatever the direction.
func (q *Query) compare(a, b any) int {
	if q.Descending {
		a, b = b, a
	}
	return compareKeys(a, b)
}

func positionOf(r Resource, key any) *Position {
	meta, _ := r["meta"].(map[string]any)
	created, _ := meta["created"].(string)
	return &Position{Created: created, ID: r.ID(), Key: key}
}

const maxSortText = 512 // bytes of a text that are compared, since a cursor contains them

// sortKey returns what a resource is sorted by: a string, a float64, or nil for no value.
// Of several elements the primary one counts, else the first (RFC 7644 §3.4.2.3); of a
// complex value its "value".
func (p *AttrPath) sortKey(r Resource) any {
	value, attr := p.in(r), p.Attr
	if elements, ok := value.([]any); ok && len(elements) > 0 {
		value = elements[max(0, slices.IndexFunc(elements, isPrimary))]
	}
	if object, ok := value.(map[string]any); ok {
		if attr = p.Sub; attr == nil {
			attr = attributeNamed(p.Attr.SubAttributes, "value")
		}
		if attr == nil {
			return nil
		}
		value = object[attr.Name]
	}
	key := attr.key(value)
	if text, isText := key.(string); isText {
		if text == "" {
			return nil
		}
		return strings.ToValidUTF8(text[:min(len(text), maxSortText)], "") // cut between characters
	}
	return key
}

// Sizes of a cursor.
const (
	MaxCursorLength = 8 << 10 // bytes of a cursor that is read
	cursorTagSize   = 16      // bytes of the truncated HMAC at its end
)

// A CursorCodec writes positions as cursors and reads them (RFC 9865). A cursor carries all that
// the next page needs, for every replica with the same secret. It is signed, not encrypted: the
// client has seen the resource that it is about.
type CursorCodec struct {
	Secret []byte        // key of the signature
	MaxAge time.Duration // age at which a cursor expires; 0 for never
	Now    func() time.Time
}

type cursorPayload struct {
	Issued int64 `json:"t"` // seconds since 1970
	Position
}

// Encode writes a position as a cursor of URL-safe characters, which is valid for requests
// with the same fingerprint: organization, filter and order.
func (c *CursorCodec) Encode(p *Position, fingerprint string) string {
	// Strings and finite numbers cannot fail to be marshalled.
	payload, _ := json.Marshal(cursorPayload{c.Now().Unix(), *p})
	return base64.RawURLEncoding.EncodeToString(append(payload, c.tag(payload, fingerprint)...))
}

// Decode reads a cursor that Encode wrote for the fingerprint.
func (c *CursorCodec) Decode(cursor, fingerprint string) (*Position, error) {
	invalid := NewError(CodeInvalidCursor, "The cursor does not belong to this query. Start the listing again.")
	if len(cursor) > MaxCursorLength {
		return nil, invalid
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(data) < cursorTagSize {
		return nil, invalid
	}
	payload, tag := data[:len(data)-cursorTagSize], data[len(data)-cursorTagSize:]
	var content cursorPayload
	if !hmac.Equal(tag, c.tag(payload, fingerprint)) || json.Unmarshal(payload, &content) != nil {
		return nil, invalid
	}
	if age := c.Now().Sub(time.Unix(content.Issued, 0)); c.MaxAge > 0 && age > c.MaxAge {
		return nil, NewError(CodeExpiredCursor, "The cursor is older than %s. Start the listing again.", c.MaxAge)
	}
	return &content.Position, nil
}

// tag signs the payload together with the fingerprint, whose length goes first
// so that no part of one can be read as a part of the other.
func (c *CursorCodec) tag(payload []byte, fingerprint string) []byte {
	mac := hmac.New(sha256.New, c.Secret)
	mac.Write(binary.BigEndian.AppendUint64([]byte("scim cursor 1\x00"), uint64(len(fingerprint))))
	mac.Write([]byte(fingerprint))
	mac.Write(payload)
	return mac.Sum(nil)[:cursorTagSize]
}
