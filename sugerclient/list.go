package sugerclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of a list.
const (
	maxRows     = 2_000_000 // an empty page counts as a row
	maxList     = 256 << 20 // bytes as sent: room for some 500,000 users
	maxRestarts = 3         // readings from the start because the list changed
)

// Rows receives the rows of a list as they stream in.
type Rows interface {
	// Keep says that all rows after the first n are void: they are read again.
	Keep(n int)
	// Row takes one row, valid JSON that is only lent until Row returns. Its
	// error ends the list.
	Row(row []byte) error
}

// A ListHint is what was learnt about a list, to save calls the next time. The
// zero value knows nothing.
type ListHint struct {
	Unpaged bool // the server ignores the limit: one answer holds every row
}

// A ListReport says how a list was read.
type ListReport struct {
	Rows  int
	Pages int // answers that held rows of the list
	Total int // as the server says, -1 if it does not
	Hint  ListHint
}

// errOffsetIgnored is the one kind of paging that nobody can read past the first
// page.
var errOffsetIgnored = errors.New("the limit works but the offset does not: every page is the first one")

var (
	errListChanged  = errors.New("the list changed while it was read, or its total is wrong")
	errFirstPage    = errors.New("the page repeats the first one")
	errListTooLarge = fmt.Errorf("the list does not end after %d bytes", maxList)
)

// List reads the whole list that call asks for, decoding each answer as it
// arrives. It returns nil only if the list is complete.
//
// A server may ignore the limit and answer everything at once, or have a limit
// of its own below ours. So a first page that is shorter than asked for ends the
// list only if its length is not a round number, or hint says so; else one call
// with a limit of 1 decides: more than one row back means that the limit is
// ignored and the list was whole. Pages by offset overlap by one row. If that
// row is not the same, rows were added or removed meanwhile and the list is read
// again from the start, so that nobody is missed.
//
// The error is an *Error as from [Client.Do], Unreadable for a list that cannot
// be read to its end, or, unchanged, what rows returned.
func (c *Client) List(ctx context.Context, cred Credential, call Call, paging Paging, hint ListHint, rows Rows) (ListReport, error) {
	if err := paging.check(); err != nil {
		return ListReport{}, &Error{Operation: call.Operation, Kind: Invalid, Err: err}
	}
	l := &listing{client: c, cred: cred, call: call, paging: paging, hint: hint, out: rows}
	for restarts := 0; ; restarts++ {
		err := l.read(ctx)
		if errors.Is(err, errListChanged) && restarts < maxRestarts && ctx.Err() == nil {
			continue
		}
		if err == nil || l.refusal != nil {
			return l.report(), firstError(l.refusal, err)
		}
		var known *Error
		if !errors.As(err, &known) {
			err = &Error{Operation: call.Operation, Kind: Unreadable, Err: err}
		}
		return l.report(), err
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (p Paging) check() error {
	switch {
	case p.Limit != "" && p.Size <= 0:
		return errors.New("the page size is not positive")
	case p.Style == Whole:
		return nil
	case p.Style != ByOffset && p.Style != ByPage && p.Style != ByCursor:
		return fmt.Errorf("there is no paging style %q", string(p.Style))
	case p.Offset == "":
		return errors.New("paging has no parameter for the next page")
	case p.Style == ByCursor && p.Cursor == "" && p.CursorHeader == "":
		return errors.New("paging does not say where the cursor is")
	}
	return nil
}

// A listing reads one list.
type listing struct {
	client  *Client
	cred    Credential
	call    Call
	paging  Paging
	hint    ListHint
	out     Rows
	refusal error // of out: it ends the list

	// What is known since the last start.
	pages   int
	rows    int    // handed on
	empty   int    // pages without rows
	total   int    // -1 until known
	size    int64  // in bytes
	full    int    // rows of the first page
	opening uint64 // mark of the first row of the list
	last    uint64 // mark of the last row so far
	cursor  string
	cursors map[string]bool
}

func (l *listing) report() ListReport {
	return ListReport{Rows: l.rows, Pages: l.pages, Total: l.total, Hint: l.hint}
}

// read reads the list once from its start.
func (l *listing) read(ctx context.Context) error {
	l.pages, l.rows, l.empty, l.total, l.size = 0, 0, 0, -1, 0
	l.cursor, l.cursors = "", make(map[string]bool)
	l.out.Keep(0)
	for {
		p, err := l.page(ctx, l.query())
		if errors.Is(err, errFirstPage) {
			return l.firstPageAgain(ctx)
		}
		if err != nil {
			return err
		}
		if err := l.count(p); err != nil {
			return err
		}
		done, err := l.isLast(ctx, p)
		if err != nil || done {
			return firstError(err, l.checkWhole())
		}
	}
}

// overlap is how many rows of a page repeat the page before.
func (l *listing) overlap() int {
	if l.paging.Style == ByOffset && l.rows > 0 && l.full > 1 { // pages of one row would never advance
		return 1
	}
	return 0
}

// query is what asks for the next page.
func (l *listing) query() map[string]string {
	query := make(map[string]string)
	if l.paging.Limit != "" {
		query[l.paging.Limit] = strconv.Itoa(l.paging.Size)
	}
	switch l.paging.Style {
	case ByOffset:
		query[l.paging.Offset] = strconv.Itoa(l.rows - l.overlap())
	case ByPage:
		query[l.paging.Offset] = strconv.Itoa(l.paging.First + l.pages)
	case ByCursor:
		if l.pages > 0 {
			query[l.paging.Offset] = l.cursor
		}
	}
	return query
}

// count adds a page to what is known of the list.
func (l *listing) count(p *pageReader) error {
	if p.total >= 0 && l.total >= 0 && p.total != l.total {
		return errListChanged
	}
	l.total = max(l.total, p.total)
	if l.pages == 0 {
		l.full, l.opening = p.rows, p.first
	}
	if p.rows > 0 {
		l.last = p.last
	}
	if p.fresh == 0 {
		l.empty++
	}
	l.rows += p.fresh
	l.size += p.bytes.n
	l.pages++
	switch {
	case l.total >= 0 && l.rows > l.total:
		return errListChanged
	case l.rows+l.empty > maxRows:
		return fmt.Errorf("the list does not end after %d rows", maxRows)
	}
	return nil
}

// checkWhole compares the end of the list with its total.
func (l *listing) checkWhole() error {
	if l.rows < l.total {
		return fmt.Errorf("the list ends after %d of %d rows: it changed or is cut", l.rows, l.total)
	}
	return nil
}

// isLast decides, without another call where it can, whether a page was the last.
func (l *listing) isLast(ctx context.Context, p *pageReader) (bool, error) {
	asked := 0 // unknown
	if l.paging.Limit != "" {
		asked = l.paging.Size
	}
	switch {
	case l.paging.Style == ByCursor:
		return l.advance(p)
	case l.paging.Style == Whole:
		if asked > 0 && p.rows == asked && l.total < 0 {
			return l.limitIsIgnored(ctx, errors.New("the list is as long as the limit, so it may be cut"))
		}
		return true, nil
	case p.fresh == 0:
		return true, nil
	case l.total >= 0:
		return l.rows >= l.total, nil
	case asked > 0 && p.rows > asked && l.pages == 1:
		l.hint.Unpaged = true
		return true, nil
	case asked > 0 && p.rows >= asked:
		return false, nil
	case l.pages > 1:
		return p.rows < l.full, nil
	case asked == 0:
		return false, nil
	case l.hint.Unpaged || !round(p.rows):
		return true, nil
	}
	return l.limitIsIgnored(ctx, nil)
}

// round tells lengths that a server may have as a limit of its own.
func round(rows int) bool { return rows%10 == 0 || rows%25 == 0 }

// firstPageAgain settles a second page that repeats the first: the first was
// the whole list if the limit is ignored too.
func (l *listing) firstPageAgain(ctx context.Context) error {
	if l.paging.Limit == "" {
		return l.checkWhole()
	}
	_, err := l.limitIsIgnored(ctx, errOffsetIgnored)
	return firstError(err, l.checkWhole())
}

// limitIsIgnored asks for one row. More than one back shows that the list so far
// is whole. Exactly one shows that the limit works, which is an error if so says.
func (l *listing) limitIsIgnored(ctx context.Context, so error) (bool, error) {
	query := l.query()
	query[l.paging.Limit] = "1"
	switch l.paging.Style {
	case ByOffset:
		query[l.paging.Offset] = "0"
	case ByPage:
		query[l.paging.Offset] = strconv.Itoa(l.paging.First)
	}
	probe := &listing{client: l.client, cred: l.cred, call: l.call, paging: l.paging, out: ignoredRows{}, total: -1}
	p, err := probe.page(ctx, query)
	switch {
	case err != nil:
		return false, err
	case p.rows > 1:
		l.hint.Unpaged = true
		return true, nil
	case p.rows == 0 && l.rows > 0:
		return false, errListChanged
	}
	l.hint.Unpaged = false
	return l.rows <= 1, so
}

type ignoredRows struct{}

func (ignoredRows) Keep(int)         {}
func (ignoredRows) Row([]byte) error { return nil }

// advance moves to the next cursor; there is none after the last page.
func (l *listing) advance(p *pageReader) (last bool, err error) {
	next := p.cursor
	if l.paging.CursorHeader != "" {
		next = p.header.Get(l.paging.CursorHeader)
	}
	if next == "" {
		return true, nil
	}
	if l.cursors[next] {
		return false, fmt.Errorf("page %d has the cursor of an earlier page", l.pages)
	}
	l.cursors[next] = true
	l.cursor = next
	return false, nil
}

// page asks for one page and hands on its rows but for the overlap.
func (l *listing) page(ctx context.Context, query map[string]string) (*pageReader, error) {
	call := l.call
	call.Query = maps.Clone(query)
	for name, value := range l.call.Query {
		if _, ours := query[name]; !ours {
			call.Query[name] = value
		}
	}
	r, err := newRequest(l.client.base, call)
	if err != nil {
		return nil, &Error{Operation: call.Operation, Kind: Invalid, Err: err}
	}
	var p *pageReader
	r.stream = func(header http.Header, body io.Reader) error {
		l.out.Keep(l.rows) // what an earlier try of this page gave is void
		p = &pageReader{l: l, header: header, total: -1, bytes: &countingReader{from: body, most: maxList - l.size}}
		return p.read()
	}
	_, fail := l.client.doAs(ctx, l.client.login(l.cred, call.PathParams[OrganizationParam]), r)
	switch {
	case fail == nil:
		return p, nil
	case l.refusal != nil, errors.Is(fail, errListChanged), errors.Is(fail, errFirstPage):
		return nil, fail.Err
	}
	return nil, fail
}

// errSettled marks an end of a stream that a retry cannot help.
type errSettled struct{ error }

func (e errSettled) Unwrap() error { return e.error }

// A pageReader reads one answer of a list as it arrives.
type pageReader struct {
	l      *listing
	header http.Header
	bytes  *countingReader

	found       bool // the array
	rows        int  // in the array
	fresh       int  // of these, handed on
	first, last uint64
	total       int
	cursor      string
}

func (p *pageReader) read() error {
	dec := jsontext.NewDecoder(p.bytes, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err := p.value(dec, ""); err != nil {
		return p.explain(err)
	}
	if !p.found {
		return errSettled{fmt.Errorf("the answer has no %q", p.l.paging.Items)}
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return p.explain(firstError(err, errSettled{errors.New("something follows the list")}))
	}
	return nil
}

// explain words an error of the decoder, which may quote the answer.
func (p *pageReader) explain(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, errListTooLarge):
		return errSettled{errListTooLarge}
	case errors.Is(err, io.EOF) && p.bytes.n == 0:
		return errSettled{errors.New("the answer is empty, not a list")}
	case p.bytes.failed != nil:
		return p.bytes.failed
	case errors.As(err, &syntax) && p.bytes.ended:
		return io.ErrUnexpectedEOF // the length did not say that it was cut
	case errors.As(err, &syntax):
		return errSettled{fmt.Errorf("the answer is not JSON but %s", mediaType(p.header))}
	}
	return err
}

// value reads the value at a path of the answer: what is wanted of it, and what
// leads to that.
func (p *pageReader) value(dec *jsontext.Decoder, path string) error {
	paging := &p.l.paging
	switch kind := dec.PeekKind(); {
	case path == paging.Items:
		return p.array(dec)
	case path != "" && path == paging.Total:
		raw, err := dec.ReadValue()
		if err != nil || isNull(json.RawMessage(raw)) {
			return err
		}
		if p.total, err = strconv.Atoi(string(raw)); err != nil || p.total < 0 {
			return errSettled{fmt.Errorf("the total is %s, not a count", shapeOf(json.RawMessage(raw)))}
		}
		return nil
	case path != "" && path == paging.Cursor:
		raw, err := dec.ReadValue()
		if err != nil {
			return err
		}
		p.cursor, err = readCursor(json.RawMessage(raw))
		return err
	case kind == '{' && p.leads(path):
		return p.object(dec, path)
	case path != "" && kind != 'n' && strings.HasPrefix(paging.Items, path+"."):
		raw, err := dec.ReadValue()
		return firstError(err, errSettled{fmt.Errorf("%q is %s, not an object", path, shapeOf(json.RawMessage(raw)))})
	}
	return dec.SkipValue()
}

// leads reports whether something that is wanted lies below a path.
func (p *pageReader) leads(path string) bool {
	for _, wanted := range []string{p.l.paging.Items, p.l.paging.Total, p.l.paging.Cursor} {
		if wanted != "" && (path == "" || strings.HasPrefix(wanted, path+".")) {
			return true
		}
	}
	return false
}

func (p *pageReader) object(dec *jsontext.Decoder, path string) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if err := p.value(dec, strings.TrimPrefix(path+"."+name.String(), ".")); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// array hands on the rows. A null is a list without rows, which is how a Go
// server writes an empty slice.
func (p *pageReader) array(dec *jsontext.Decoder) error {
	kind := dec.PeekKind()
	if kind != '[' {
		raw, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if !isNull(json.RawMessage(raw)) {
			return errSettled{fmt.Errorf("the list is %s, not an array", shapeOf(json.RawMessage(raw)))}
		}
		p.found = true
		return nil
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	p.found = true
	for dec.PeekKind() != ']' {
		row, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if err := p.row(row); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

func (p *pageReader) row(row []byte) error {
	l := p.l
	mark := xxhash.Sum64(row)
	p.rows++
	p.last = mark
	if p.rows == 1 {
		p.first = mark
		switch {
		case l.rows > 0 && l.paging.Style != ByCursor && mark == l.opening && (l.overlap() == 0 || mark != l.last):
			return errSettled{errFirstPage}
		case l.overlap() > 0 && mark != l.last:
			return errSettled{errListChanged}
		case l.overlap() > 0:
			return nil
		}
	}
	if err := l.out.Row(row); err != nil {
		l.refusal = err
		return errSettled{err}
	}
	p.fresh++
	return nil
}

// readCursor reads the next page's cursor, "" at the end of the list. A cursor
// that is a number, such as a nextOffset, ends the list with 0 or less.
func readCursor(raw json.RawMessage) (string, error) {
	if isNull(raw) {
		return "", nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	number, err := strconv.ParseFloat(string(raw), 64)
	switch {
	case err != nil:
		return "", errSettled{fmt.Errorf("the cursor is %s", shapeOf(raw))}
	case number <= 0:
		return "", nil
	}
	return string(bytes.TrimSpace(raw)), nil
}

// A countingReader counts and bounds what is read.
type countingReader struct {
	from   io.Reader
	most   int64
	n      int64
	ended  bool
	failed error // of from, but for its end
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if r.n += int64(n); r.n > r.most {
		return 0, errListTooLarge
	}
	switch {
	case errors.Is(err, io.EOF):
		r.ended = true
	case err != nil:
		r.failed = err
	}
	return n, err
}
