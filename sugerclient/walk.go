package sugerclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

const (
	// maxRows ends a list that has no end. An empty page counts as a row.
	maxRows = 2_000_000
	// maxList bounds a list in bytes, as sent: room for some 500,000 users.
	maxList = 256 << 20
	// roundSize tells a server's own page size from a short list, see isLast.
	roundSize = 50
)

var errListChanged = errors.New("the list changed while it was read, or its total is wrong")

// A walk goes through one list, page by page.
type walk struct {
	paging Paging
	index  int // of the next page
	rows   int // so far
	empty  int // pages without rows
	total  int // -1 until known
	size   int // in bytes, so far

	full     int             // rows of the first page
	opening  json.RawMessage // first row of the list
	previous json.RawMessage // first row of the page before

	cursor string
	seen   map[string]bool // cursors
}

func newWalk(paging Paging) *walk {
	return &walk{paging: paging, total: -1, seen: make(map[string]bool)}
}

// query is what asks for the next page.
func (w *walk) query() map[string]string {
	query := make(map[string]string)
	if w.paging.Limit != "" {
		query[w.paging.Limit] = strconv.Itoa(w.paging.Size)
	}
	switch w.paging.Style {
	case ByOffset:
		query[w.paging.Offset] = strconv.Itoa(w.rows)
	case ByPage:
		query[w.paging.Offset] = strconv.Itoa(w.paging.First + w.index)
	case ByCursor:
		if w.index > 0 {
			query[w.paging.Offset] = w.cursor
		}
	}
	return query
}

// take reads the answer to query and says whether there is another page. It
// advances by the rows that came, which may be fewer than asked for.
func (w *walk) take(answer *Answer) (page Page, more bool, err error) {
	if w.size += len(answer.Body); w.size > maxList {
		return Page{}, false, fmt.Errorf("the list does not end after %d bytes", maxList)
	}
	items, err := readRows(answer.Body, w.paging.Items)
	if err != nil {
		return Page{}, false, err
	}
	total, err := readTotal(answer.Body, w.paging.Total)
	if err != nil {
		return Page{}, false, err
	}
	if err := w.count(items, total); err != nil {
		return Page{}, false, err
	}
	last, err := w.isLast(len(items), answer)
	if err != nil {
		return Page{}, false, err
	}
	if last && w.rows < w.total {
		return Page{}, false, fmt.Errorf("the list ends after %d of %d rows: it changed or is cut", w.rows, w.total)
	}
	page = Page{Index: w.index, Items: items, Total: w.total}
	w.index++
	return page, !last, nil
}

// count adds a page to what is known of the list.
func (w *walk) count(items []json.RawMessage, total int) error {
	if total >= 0 && w.total >= 0 && total != w.total {
		return errListChanged
	}
	w.total = max(w.total, total)
	w.rows += len(items)
	if w.total >= 0 && w.rows > w.total {
		return errListChanged
	}
	if len(items) == 0 {
		w.empty++
		return w.checkEnd()
	}
	if w.index == 0 {
		w.full, w.opening = len(items), items[0]
	} else if bytes.Equal(items[0], w.previous) || bytes.Equal(items[0], w.opening) {
		return fmt.Errorf("page %d repeats an earlier page", w.index+1)
	}
	w.previous = items[0]
	return w.checkEnd()
}

func (w *walk) checkEnd() error {
	if w.rows+w.empty > maxRows {
		return fmt.Errorf("the list does not end after %d rows", maxRows)
	}
	return nil
}

// isLast decides without another call where it can. A total decides. Without
// one, a page shorter than asked for is the last, unless the server has a page
// size of its own below ours: then all its pages have the length of the first.
// A first page that is short may be either; such sizes are round numbers, so
// only a round length is worth one more call, which small organizations are
// thus nearly always spared.
func (w *walk) isLast(rows int, answer *Answer) (bool, error) {
	asked := 0 // unknown
	if w.paging.Limit != "" {
		asked = w.paging.Size
	}
	switch {
	case w.paging.Style == ByCursor:
		return w.advance(answer)
	case w.paging.Style == Whole:
		if asked > 0 && rows >= asked && w.total < 0 {
			return false, errors.New("the list is as long as the limit, so it may be cut")
		}
		return true, nil
	case rows == 0:
		return true, nil
	case w.total >= 0:
		return w.rows >= w.total, nil
	case asked > 0 && rows >= asked:
		return false, nil
	case w.index == 0:
		return asked > 0 && rows%roundSize != 0, nil
	}
	return rows < w.full, nil
}

// advance moves to the next cursor; there is none after the last page.
func (w *walk) advance(answer *Answer) (last bool, err error) {
	next, err := readCursor(answer, w.paging)
	if err != nil || next == "" {
		return true, err
	}
	if w.seen[next] {
		return false, fmt.Errorf("page %d has the cursor of an earlier page", w.index+1)
	}
	w.seen[next] = true
	w.cursor = next
	return false, nil
}
