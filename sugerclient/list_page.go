package sugerclient

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A pageReader reads one answer of a list: it passes its rows on as they arrive, and keeps
// what says whether another page follows.
type pageReader struct {
	l      *listing
	header http.Header
	bytes  *countingReader
	dec    *jsontext.Decoder
	wanted []string // paths of what is read besides the rows, and "" for none

	found       bool // the array
	rows        int  // in the array
	fresh       int  // of these, passed on
	first, last []byte
	total       int
	cursor      string
}

func newPageReader(l *listing, header http.Header, body io.Reader) *pageReader {
	p := &pageReader{l: l, header: header, total: -1, bytes: &countingReader{from: body, most: maxList - l.size}}
	p.wanted = []string{l.paging.Items, l.paging.Total, l.paging.Cursor}
	if l.call.Errors != nil {
		p.wanted = append(p.wanted, l.call.Errors.Field)
	}
	p.dec = jsontext.NewDecoder(p.bytes, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	p.bytes.taken = p.dec.InputOffset
	return p
}

func (p *pageReader) read() error {
	if err := p.value(""); err != nil {
		return p.explain(err)
	}
	if !p.found {
		return settledf("the answer has no %q", p.l.paging.Items)
	}
	if _, err := p.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return p.explain(cmp.Or(err, settledf("there is data after the list")))
	}
	return nil
}

// explain replaces a decoder error, which may quote the answer.
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
		return settledf("the answer is empty, not a list")
	case errors.As(err, &syntax):
		return settledf("the answer is not JSON but %s", mediaType(p.header))
	}
	return err
}

// value reads the value at a path of the answer: the rows, what else is wanted, and
// objects that lead to either. It skips any other.
func (p *pageReader) value(path string) error {
	leads := func(wanted string) bool { return wanted != "" && (path == "" || strings.HasPrefix(wanted, path+".")) }
	switch {
	case path == p.l.paging.Items:
		return p.array()
	case path != "" && slices.Contains(p.wanted, path):
		value, err := p.dec.ReadValue()
		if err != nil {
			return err
		}
		return p.keep(path, json.RawMessage(value))
	case p.dec.PeekKind() != '{' || !slices.ContainsFunc(p.wanted, leads):
		return p.dec.SkipValue()
	}
	_, err := p.dec.ReadToken()
	for err == nil && p.dec.PeekKind() != '}' {
		var name jsontext.Token
		if name, err = p.dec.ReadToken(); err == nil {
			err = p.value(strings.TrimPrefix(path+"."+name.String(), "."))
		}
	}
	if err == nil {
		_, err = p.dec.ReadToken()
	}
	return err
}

func (p *pageReader) keep(path string, value json.RawMessage) (err error) {
	switch rule := p.l.call.Errors; {
	case path == p.l.paging.Total && !isNull(value):
		if p.total, err = strconv.Atoi(string(value)); err != nil || p.total < 0 {
			return settledf("the total is %s, not a count", shapeOf(value))
		}
	case path == p.l.paging.Cursor:
		p.cursor, err = nextCursor(value)
		return err
	case rule != nil && path == rule.Field && rule.fails(value):
		return errSaysFailed
	}
	return nil
}

// array passes on the rows. null is an empty list: Go servers encode a nil
// slice so.
func (p *pageReader) array() error {
	token, err := p.dec.ReadToken()
	switch kind := token.Kind(); {
	case err != nil:
		return err
	case p.found:
		return settledf("the answer has the list twice")
	case kind != '[' && kind != 'n':
		return settledf("the list is %s, not an array", shapes[kind])
	}
	if p.found = true; token.Kind() == 'n' {
		return nil
	}
	for p.dec.PeekKind() != ']' {
		row, err := p.dec.ReadValue()
		if err == nil {
			err = p.row(row)
		}
		if err != nil {
			return err
		}
	}
	if path := p.l.paging.CursorRow; path != "" && p.rows > 0 {
		var ok bool
		if p.cursor, ok = textOf(lookup(p.last, path)); !ok {
			return settledf("the last row of the page has no %q", path)
		}
	}
	_, err = p.dec.ReadToken()
	return err
}

func (p *pageReader) row(row []byte) error {
	l := p.l
	p.rows++
	p.last = append(p.last[:0], row...)
	if l.Rows+l.empty+p.rows > maxRows+1 { // one may repeat the page before
		return errSettled{errTooManyRows}
	}
	if p.rows == 1 {
		p.first = bytes.Clone(row)
		same := bytes.Equal(row, l.last)
		switch {
		case l.Rows > 0 && !l.paging.follows() && bytes.Equal(row, l.opening) && (l.overlap() == 0 || !same):
			return errSettled{errFirstPage}
		case l.overlap() > 0 && !same:
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

// nextCursor reads the next page's cursor, "" at the end of the list. A cursor that
// is a number, such as a nextOffset, ends the list with 0 or less.
func nextCursor(value json.RawMessage) (string, error) {
	cursor, ok := textOf(value)
	switch {
	case isNull(value), ok && value[0] != '"' && (value[0] == '-' || strings.Trim(cursor, "0.") == ""):
		return "", nil
	case !ok:
		return "", settledf("the cursor is %s", shapeOf(value))
	}
	return cursor, nil
}

type countingReader struct {
	from   io.Reader
	most   int64
	n      int64
	taken  func() int64 // what the decoder has consumed
	failed error        // an error other than the end
}

func (r *countingReader) Read(p []byte) (int, error) {
	if r.n-r.taken() > maxRow {
		r.failed = settledf("a row is longer than %d bytes", maxRow)
		return 0, r.failed
	}
	n, err := r.from.Read(p)
	if r.n += int64(n); r.n > r.most {
		r.failed = settledf("the list does not end after %d bytes", maxList)
		return 0, r.failed
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = err
	}
	return n, err
}
