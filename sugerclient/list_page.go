package sugerclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/go-json-experiment/json/jsontext"
)

// errSettled marks an end of a stream that a retry cannot help.
type errSettled struct{ error }

func (e errSettled) Unwrap() error { return e.error }

// A pageReader reads one answer of a list as it arrives.
type pageReader struct {
	l      *listing
	header http.Header
	bytes  *countingReader
	dec    *jsontext.Decoder

	found       bool // the array
	rows        int  // in the array
	fresh       int  // of these, handed on
	first, last uint64
	total       int
	cursor      string
	lastRow     []byte // as long as a cursor is in it
}

func newPageReader(l *listing, header http.Header, body io.Reader) *pageReader {
	p := &pageReader{l: l, header: header, total: -1, bytes: &countingReader{from: body, most: maxList - l.size}}
	p.dec = jsontext.NewDecoder(p.bytes, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	p.bytes.taken = p.dec.InputOffset
	return p
}

func (p *pageReader) read() error {
	if err := p.value(""); err != nil {
		return p.explain(err)
	}
	if !p.found {
		return errSettled{fmt.Errorf("the answer has no %q", p.l.paging.Items)}
	}
	if _, err := p.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return p.explain(firstError(err, errSettled{errors.New("something follows the list")}))
	}
	return nil
}

// explain words an error of the decoder, which may quote the answer.
func (p *pageReader) explain(err error) error {
	var settled errSettled
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &settled):
		return settled
	case p.bytes.failed != nil:
		return p.bytes.failed
	case errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF // cut, although the length did not say so
	case errors.Is(err, io.EOF):
		return errSettled{errors.New("the answer is empty, not a list")}
	case errors.As(err, &syntax):
		return errSettled{fmt.Errorf("the answer is not JSON but %s", mediaType(p.header))}
	}
	return err
}

// value reads the value at a path of the answer: what is wanted of it, and what
// leads to that.
func (p *pageReader) value(path string) error {
	paging := &p.l.paging
	switch {
	case path == paging.Items:
		return p.array()
	case path != "" && path == paging.Total:
		return p.readTotal()
	case path != "" && path == paging.Cursor:
		return p.readCursor()
	case path != "" && p.l.call.Errors != nil && path == p.l.call.Errors.Field:
		value, err := p.dec.ReadValue()
		if err == nil && p.l.call.Errors.fails(json.RawMessage(value)) {
			err = errSaysFailed
		}
		return err
	case p.dec.PeekKind() == '{' && p.leads(path):
		return p.object(path)
	case path == "" || strings.HasPrefix(paging.Items, path+"."):
		token, err := p.dec.ReadToken()
		if err != nil || token.Kind() == 'n' {
			return err
		}
		return errSettled{fmt.Errorf("%s is %s, not an object", named(path), shapeOfKind(token.Kind()))}
	}
	return p.dec.SkipValue()
}

// named names the value at a path in an error.
func named(path string) string {
	if path == "" {
		return "the answer"
	}
	return strconv.Quote(path)
}

// leads reports whether something that is wanted lies below a path.
func (p *pageReader) leads(path string) bool {
	wanted := []string{p.l.paging.Items, p.l.paging.Total, p.l.paging.Cursor}
	if p.l.call.Errors != nil {
		wanted = append(wanted, p.l.call.Errors.Field)
	}
	for _, wanted := range wanted {
		if wanted != "" && (path == "" || strings.HasPrefix(wanted, path+".")) {
			return true
		}
	}
	return false
}

func (p *pageReader) object(path string) error {
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	for p.dec.PeekKind() != '}' {
		name, err := p.dec.ReadToken()
		if err != nil {
			return err
		}
		if err := p.value(strings.TrimPrefix(path+"."+name.String(), ".")); err != nil {
			return err
		}
	}
	_, err := p.dec.ReadToken()
	return err
}

// array hands on the rows. A null is a list without rows, which is how a Go
// server writes an empty slice.
func (p *pageReader) array() error {
	token, err := p.dec.ReadToken()
	switch kind := token.Kind(); {
	case err != nil:
		return err
	case p.found:
		return errSettled{errors.New("the answer has the list twice")}
	case kind != '[' && kind != 'n':
		return errSettled{fmt.Errorf("the list is %s, not an array", shapeOfKind(kind))}
	case kind == 'n':
		p.found = true
		return nil
	}
	p.found = true
	for p.dec.PeekKind() != ']' {
		row, err := p.dec.ReadValue()
		if err != nil {
			return err
		}
		if err := p.row(row); err != nil {
			return err
		}
		if p.l.paging.CursorRow != "" {
			p.lastRow = append(p.lastRow[:0], row...)
		}
	}
	if _, err = p.dec.ReadToken(); err == nil && p.lastRow != nil {
		p.cursor, err = cursorIn(p.lastRow, p.l.paging.CursorRow)
	}
	return err
}

func (p *pageReader) row(row []byte) error {
	l := p.l
	mark := xxhash.Sum64(row)
	p.rows++
	p.last = mark
	if l.rows+l.empty+p.rows > maxRows+1 { // one may repeat the page before
		return errSettled{errTooManyRows}
	}
	if p.rows == 1 {
		p.first = mark
		switch {
		case l.rows > 0 && l.paging.repeats() && mark == l.opening && (l.overlap() == 0 || mark != l.last):
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

// readTotal reads how many rows the list has.
func (p *pageReader) readTotal() error {
	token, err := p.dec.ReadToken()
	if err != nil || token.Kind() == 'n' {
		return err
	}
	if token.Kind() == '0' {
		if p.total, err = strconv.Atoi(token.String()); err == nil && p.total >= 0 {
			return nil
		}
	}
	return errSettled{fmt.Errorf("the total is %s, not a count", shapeOfKind(token.Kind()))}
}

// readCursor reads the next page's cursor, "" at the end of the list. A cursor
// that is a number, such as a nextOffset, ends the list with 0 or less.
func (p *pageReader) readCursor() error {
	token, err := p.dec.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case 'n':
		p.cursor = ""
	case '"':
		p.cursor = token.String()
	case '0':
		p.cursor = token.String()
		if strings.HasPrefix(p.cursor, "-") || strings.Trim(p.cursor, "0.") == "" {
			p.cursor = ""
		}
	default:
		return errSettled{fmt.Errorf("the cursor is %s", shapeOfKind(token.Kind()))}
	}
	return nil
}

// cursorIn is the cursor that a page's last row gives.
func cursorIn(row []byte, path string) (string, error) {
	value, err := lookup(row, path)
	if err != nil || len(value) == 0 || value[0] == '{' || value[0] == '[' || isNull(value) {
		return "", errSettled{fmt.Errorf("the last row of the page has no %q", path)}
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	return text, nil
}

// shapeOfKind is shapeOf for a token.
func shapeOfKind(kind jsontext.Kind) string { return shapeOf(json.RawMessage{byte(kind)}) }

// A countingReader counts and bounds what is read.
type countingReader struct {
	from   io.Reader
	most   int64
	n      int64
	taken  func() int64 // what the decoder has used up
	failed error        // why it cannot go on, but for the end
}

func (r *countingReader) Read(p []byte) (int, error) {
	if r.n-r.taken() > maxRow {
		r.failed = errSettled{errRowTooLarge}
		return 0, r.failed
	}
	n, err := r.from.Read(p)
	if r.n += int64(n); r.n > r.most {
		r.failed = errSettled{errListTooLarge}
		return 0, r.failed
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = err
	}
	return n, err
}
