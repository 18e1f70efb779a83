package scim

// Sizes of a page of a list, in resources.
const (
	DefaultPageSize = 100
	MaxPageSize     = 1000
)

// A Query says what a list holds: which resources, in which order, which page.
type Query struct {
	Filter     *Filter     // nil for all resources
	SortBy     *AttrPath   // nil for the order of (meta.created, id)
	Descending bool        // with SortBy
	StartIndex int         // of the first resource, from 1; less counts as 1
	Count      int         // most resources of the page, at most MaxPageSize; below 0 means not given
	Cursor     *Position   // nil for paging by index; the zero Position for the first page
	Projection *Projection // what is wanted of the resources; Select does not apply it

	// Stopped is asked now and then while resources are compared, so that nothing is
	// done for a client that has gone: then the list is not whole. May be nil.
	Stopped func() bool
}

// A Position is where a page of a listing by cursor begins (RFC 9865): after
// the resource with these keys, whether or not it still exists. The zero
// Position is the beginning. [CursorCodec] writes it as a cursor.
type Position struct {
	key     sortKey
	created string
	id      string
}

// A List is one page of the resources that a query selects.
type List struct {
	TotalResults int       // of all pages
	StartIndex   int       // of the first resource, from 1; 0 if paged by cursor
	ItemsPerPage int       // resources in this page
	Resources    []View    // never nil
	Next         *Position // where the next page begins; nil for the last page and for paging by index
}

// Select filters, sorts and pages n resources. at gives the resource at a
// position; they are in the order of (meta.created, id), which must be strict
// for a page to begin where the one before ended. Without a filter and an order
// at is called for little more than the resources of the page.
func (q *Query) Select(n int, at func(int) View) *List {
	rows := q.rows(n, at)
	list := &List{TotalResults: rows.total}
	first := max(q.StartIndex, 1) - 1
	if q.Cursor == nil {
		list.StartIndex = first + 1
	} else {
		first = rows.after(q.Cursor, q.Descending, n, at)
	}
	first = min(first, rows.total)
	last := min(first+q.pageSize(), rows.total)
	list.Resources = make([]View, 0, last-first)
	for i := first; i < last; i++ {
		list.Resources = append(list.Resources, at(rows.at(i).index))
	}
	list.ItemsPerPage = len(list.Resources)
	switch {
	case q.Cursor == nil || last == rows.total:
	case first < last:
		list.Next = positionOf(list.Resources[list.ItemsPerPage-1].Resource(), rows.at(last-1).key)
	default: // a count of 0: the next page begins where this one did
		list.Next = q.Cursor
	}
	return list
}

func (q *Query) pageSize() int {
	if q.Count < 0 {
		return DefaultPageSize
	}
	return min(q.Count, MaxPageSize)
}
