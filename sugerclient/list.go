package sugerclient

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a list.
const (
	maxRows     = 2_000_000 // an empty page counts as a row
	maxList     = 256 << 20 // bytes after decompression: room for some 500,000 users
	maxRow      = 1 << 20   // bytes of one row, which is in memory as a whole
	maxRestarts = 3         // readings from the start because the list changed
	probeRows   = 1000      // that show that a limit of 1 is ignored: more than the smallest page that a server allows
)

// Rows receives the rows of a list as they stream in.
type Rows interface {
	// Keep drops all rows after the first n: they are read again.
	Keep(n int)
	// Row gets one row, valid JSON that must not be kept after Row returns. Its
	// error stops the list.
	Row(row []byte) error
}

// A ListHint is what is known about a list, to save calls the next time.
type ListHint struct {
	Unpaged bool // the server ignores the limit: one answer holds every row
	Paged   bool // the server obeys the limit
	Rows    int  // of the list when it was last read
}

// A ListReport describes how a list was read.
type ListReport struct {
	Rows  int
	Pages int // answers that held rows of the list
	Total int // as the server says, -1 if it does not
	Hint  ListHint
}

var (
	errOffsetIgnored = errors.New("the limit works but the offset does not: every page is the first one")

	errListChanged = errors.New("the list changed while it was read, or its total is wrong")
	errFirstPage   = errors.New("the page repeats the first one")
	errTooManyRows = fmt.Errorf("the list does not end after %d rows", maxRows)
	errEnoughRows  = errors.New("there are as many rows as were needed")
	errLongerList  = errors.New("a header of the answer says that the list is longer")
)

// List reads the whole list that call asks for, decoding each answer as it
// arrives. It returns nil only if the list is complete.
//
// A server may ignore the limit and answer everything at once, or have a limit of its own
// below ours. So a first page of a round length, unless hint tells, is followed by a call
// with a limit of 1: as many rows back mean that the list was whole. Pages by offset overlap
// by one row. If that is not the same, the list changed and is read again from the start.
// Pages by number cannot overlap: there, only a total shows that the list changed.
//
// The error is an *Error as from [Client.Do], Unreadable for a list that cannot
// be read to its end, or, unchanged, what rows returned.
func (c *Client) List(ctx context.Context, cred Credential, call Call, paging Paging, hint ListHint, rows Rows) (ListReport, error) {
	for restarts := 0; ; restarts++ {
		l := &listing{client: c, cred: cred, call: call, paging: paging, out: rows, ListReport: ListReport{Total: -1, Hint: hint}, cursors: map[string]bool{}}
		rows.Keep(0)
		err := l.read(ctx)
		var fail *Error
		switch {
		case l.refusal != nil:
			err = l.refusal
		case errors.Is(err, errListChanged) && restarts < maxRestarts && ctx.Err() == nil:
			hint = l.Hint
			continue
		case err != nil && !errors.As(err, &fail):
			err = &Error{Operation: call.Operation, Kind: Unreadable, Status: http.StatusOK, Err: err}
		}
		l.Hint.Rows = l.Rows
		return l.ListReport, err
	}
}

// follows reports whether each answer says whether another page follows.
func (p Paging) follows() bool { return p.Style == ByLink || p.Style == ByCursor && p.CursorRow == "" }

// A listing reads a list once from its start.
type listing struct {
	client  *Client
	cred    Credential
	call    Call
	paging  Paging
	out     Rows
	refusal error // of out: it stops the list

	ListReport
	empty   int    // pages without rows
	size    int64  // in bytes
	full    int    // rows of the first page
	opening []byte // first row of the list
	last    []byte // last row so far
	cursor  string
	cursors map[string]bool
}

func (l *listing) read(ctx context.Context) error {
	for {
		p, err := l.page(ctx)
		if errors.Is(err, errFirstPage) {
			return l.firstPageAgain(ctx)
		}
		if err == nil {
			err = l.count(p)
		}
		if err != nil {
			return err
		}
		next, err := l.advance(p)
		if err != nil {
			return err
		}
		done, err := l.isLast(ctx, p, next)
		if err != nil || done {
			return cmp.Or(err, l.checkWhole(p))
		}
	}
}

// overlap returns how many rows of a page repeat the page before.
func (l *listing) overlap() int {
	if l.paging.Style == ByOffset && l.Rows > 0 && l.full > 1 { // pages of one row would never advance
		return 1
	}
	return 0
}

func (l *listing) query() map[string]string {
	query := maps.Clone(l.call.Query)
	if query == nil {
		query = make(map[string]string)
	}
	if l.paging.Limit != "" {
		query[l.paging.Limit] = strconv.Itoa(l.paging.Size)
	}
	delete(query, l.paging.Offset)
	switch l.paging.Style {
	case ByOffset:
		query[l.paging.Offset] = strconv.Itoa(l.Rows - l.overlap())
	case ByPage:
		query[l.paging.Offset] = strconv.Itoa(l.paging.First + l.Pages)
	case ByCursor:
		if l.Pages > 0 {
			query[l.paging.Offset] = l.cursor
		}
	}
	return query
}

// count adds a page to what is known of the list.
func (l *listing) count(p *pageReader) error {
	if p.total >= 0 && l.Total >= 0 && p.total != l.Total {
		return errListChanged
	}
	l.Total = max(l.Total, p.total)
	if l.Pages == 0 {
		l.full, l.opening = p.rows, p.first
	}
	switch {
	case p.rows > 0:
		l.last = p.last
	case l.overlap() > 0: // even the row that it should repeat is missing
		return errListChanged
	default:
		l.empty++
	}
	l.Rows += p.fresh
	l.size += p.bytes.n
	l.Pages++
	switch {
	case l.Total >= 0 && l.Rows > l.Total:
		return errListChanged
	case l.Rows+l.empty > maxRows:
		return errTooManyRows
	}
	return nil
}

// checkWhole compares the end of the list with its total, and with what the headers
// of its last page say. last is nil for a list whose next page repeats the first.
func (l *listing) checkWhole(last *pageReader) error {
	if l.Rows < l.Total {
		return fmt.Errorf("the list ends after %d of %d rows: it has changed or is truncated", l.Rows, l.Total)
	}
	if last == nil {
		return nil
	}
	for _, header := range []string{"X-Total-Count", "Content-Range"} { // 1000, or rows 0-99/1000
		value := last.header.Get(header)
		if total, err := strconv.Atoi(value[strings.LastIndex(value, "/")+1:]); err == nil && total > l.Rows {
			return errLongerList
		}
	}
	if !l.paging.follows() && last.fresh > 0 && nextLink(last.header) != "" {
		return errLongerList
	}
	return nil
}

// advance moves the listing to the cursor or link in a page, and returns it, "" for none.
func (l *listing) advance(p *pageReader) (next string, err error) {
	switch {
	case l.paging.CursorHeader != "":
		next = p.header.Get(l.paging.CursorHeader)
	case l.paging.Style == ByLink && l.paging.Cursor == "":
		next = nextLink(p.header)
	default:
		next = p.cursor
	}
	if l.cursors[next] {
		return "", fmt.Errorf("page %d has the cursor of an earlier page", l.Pages)
	}
	if next != "" {
		l.cursor, l.cursors[next] = next, true
	}
	return next, nil
}

// isLast decides whether a page, which leads to next, was the last.
func (l *listing) isLast(ctx context.Context, p *pageReader, next string) (bool, error) {
	asked := 0 // unknown
	if l.paging.Limit != "" {
		asked = l.paging.Size
	}
	switch {
	case l.paging.follows():
		return next == "", nil
	case l.paging.Style == Whole:
		if asked > 0 && p.rows == asked && l.Total < 0 {
			return l.probeLimit(ctx, errors.New("the list is as long as the limit, so it may be truncated"))
		}
		return true, nil
	case p.fresh == 0:
		return true, nil
	case l.Total >= 0:
		return l.Rows >= l.Total, nil
	case asked > 0 && p.rows > asked && l.Pages == 1:
		l.Hint = ListHint{Unpaged: true}
		return true, nil
	case asked > 0 && p.rows >= asked && (!l.Hint.Unpaged || l.Pages != 1):
		return false, nil
	case l.Pages > 1:
		// A server that caps pages below our limit may also send a short page in the
		// middle, so only an empty page ends the list.
		own := l.paging.Style == ByOffset && l.full < asked
		return p.rows < l.full && !own, nil
	case asked == 0:
		return false, nil
	case p.rows < asked && !l.doubtful(p.rows):
		return true, nil
	case l.Hint.Paged: // so only the next page shows it
		return false, nil
	}
	return l.probeLimit(ctx, nil)
}

// doubtful reports whether a list of this length may be cut by a limit of the server's own,
// which is a round number. One that ignored the limit is believed to do so still, unless
// the list is now much shorter.
func (l *listing) doubtful(rows int) bool {
	if l.Hint.Unpaged && rows >= l.Hint.Rows {
		return false
	}
	round := slices.ContainsFunc([]int{10, 12, 15, 16, 25}, func(size int) bool { return rows%size == 0 })
	return round || l.Hint.Unpaged && rows < l.Hint.Rows/2
}

// firstPageAgain handles a page that repeats the first: that was the whole list if the
// server also ignores the limit.
func (l *listing) firstPageAgain(ctx context.Context) error {
	if l.Pages > 1 {
		return fmt.Errorf("page %d repeats the first one", l.Pages+1)
	}
	if l.paging.Limit == "" {
		return l.checkWhole(nil)
	}
	_, err := l.probeLimit(ctx, errOffsetIgnored)
	return cmp.Or(err, l.checkWhole(nil))
}

// probeLimit asks for one row. As many as the list has so far show that the list is whole.
// Fewer show that the limit is obeyed; ifObeyed, or nil, is the error then, unless the list
// has one row at most.
func (l *listing) probeLimit(ctx context.Context, ifObeyed error) (whole bool, err error) {
	enough := max(2, min(l.Rows, probeRows))
	rows, err := l.probe(ctx, enough)
	switch {
	case err != nil:
		return false, err
	case rows >= enough:
		l.Hint = ListHint{Unpaged: true}
		return true, nil
	case rows == 0 && l.Rows > 0:
		return false, errListChanged
	}
	l.Hint = ListHint{Paged: true}
	return l.Rows <= 1, ifObeyed
}

// probe asks for one row of the list and counts those in the answer until there are enough.
func (l *listing) probe(ctx context.Context, enough int) (int, error) {
	some := &someRows{enough: enough}
	first := &listing{client: l.client, cred: l.cred, call: l.call, paging: l.paging, out: some}
	first.paging.Size = 1
	_, err := first.page(ctx)
	return some.rows, err
}

type someRows struct{ rows, enough int }

func (r *someRows) Keep(n int) { r.rows = n }

func (r *someRows) Row([]byte) error {
	if r.rows++; r.rows >= r.enough {
		return errEnoughRows
	}
	return nil
}

var (
	link    = regexp.MustCompile(`<([^<>]*)>([^<]*)`)
	linkRel = regexp.MustCompile(`(?i);\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))`)
)

// nextLink returns the target of the link to the next page, "" if there is none
// (RFC 8288 section 3).
func nextLink(header http.Header) string {
	for _, found := range link.FindAllStringSubmatch(strings.Join(header.Values("Link"), ", "), -1) {
		if rel := linkRel.FindStringSubmatch(found[2]); rel != nil && slices.Contains(strings.Fields(strings.ToLower(rel[1]+" "+rel[2])), "next") {
			return found[1]
		}
	}
	return ""
}

// page requests one page and passes on its rows without the overlap.
func (l *listing) page(ctx context.Context) (*pageReader, error) {
	call := l.call
	call.Query = l.query()
	if l.paging.Style == ByLink && l.Pages > 0 {
		call.link = l.cursor
	}
	var p *pageReader
	call.stream = func(header http.Header, body io.Reader) error {
		l.out.Keep(l.Rows) // drops the rows of an earlier attempt at this page
		p = newPageReader(l, header, body)
		return p.read()
	}
	answer, err := l.client.Do(ctx, l.cred, call)
	if err == nil && answer.Status != http.StatusOK { // such as 206, a part of it
		err = &Error{Operation: call.Operation, Kind: Unreadable, Status: answer.Status, Err: errors.New("a list has status 200")}
	}
	return p, err
}

// Prove requests one row of the list of call, to check that Suger accepts the credential:
// what the answer lists does not matter. Concurrent proofs of one credential share the request, which does not end
// with its first caller, and a refusal is remembered for [Config].RefusedFor. The error is
// an *Error as from [Client.Do].
func (c *Client) Prove(ctx context.Context, cred Credential, call Call, paging Paging) error {
	paging.Size = 1
	call.Query = (&listing{call: call, paging: paging}).query()
	call.stream = readOpening
	account := c.account(cred, call.PathParams[OrganizationParam])
	forProofs := account
	forProofs.proof = true
	if known := c.remembered(forProofs); known != nil {
		if now, lately := c.accepts(account); !now && !lately {
			return known
		}
	}
	_, err, _ := c.flights.Do("proof "+account.String(), func() (any, error) {
		shared := context.WithoutCancel(ctx)
		if deadline, ok := ctx.Deadline(); ok {
			limited, cancel := context.WithDeadline(shared, deadline)
			defer cancel()
			shared = limited
		}
		_, err := c.Do(shared, cred, call)
		var fail *Error
		if errors.As(err, &fail) && fail.Kind == Refused && !unauthorized(fail) { // that Do remembers
			c.remember(forProofs, fail)
		}
		return nil, err
	})
	return err
}

// readOpening checks that an answer begins as a list or an object, unlike a proxy's page.
// It reads all of a short one, so that its connection is used again.
func readOpening(_ http.Header, body io.Reader) error {
	opening, err := io.ReadAll(io.LimitReader(body, 4<<10))
	text := bytes.TrimLeft(opening, " \t\r\n")
	if len(text) > 0 && (text[0] == '[' || text[0] == '{') {
		return nil
	}
	return cmp.Or(err, settledf("the answer is not JSON"))
}
