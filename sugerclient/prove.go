package sugerclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
)

// openingSize is how much of an answer is read, in bytes: all of a short one, so
// that its connection can be reused.
const openingSize = 4 << 10

// Prove requests the beginning of the list of call, to check that Suger accepts the
// credential, and reads as little of the answer as possible. The error is an
// *Error as from [Client.Do].
func (c *Client) Prove(ctx context.Context, cred Credential, call Call, paging Paging) error {
	if err := paging.check(); err != nil {
		return &Error{Operation: call.Operation, Kind: Invalid, Err: err}
	}
	query := maps.Clone(call.Query)
	if query == nil {
		query = make(map[string]string)
	}
	if paging.Limit != "" {
		query[paging.Limit] = "1"
	}
	switch paging.Style {
	case ByOffset:
		query[paging.Offset] = "0"
	case ByPage:
		query[paging.Offset] = strconv.Itoa(paging.First)
	}
	call.Query = query
	r, err := newRequest(c.base, call)
	if err != nil {
		return &Error{Operation: call.Operation, Kind: Invalid, Err: err}
	}
	r.stream = readOpening
	if _, fail := c.doAs(ctx, c.login(cred, call.PathParams[OrganizationParam]), r); fail != nil {
		return fail
	}
	return nil
}

// readOpening checks that an answer begins as a list or an object, unlike a proxy's
// login page.
func readOpening(_ http.Header, body io.Reader) error {
	var opening [openingSize]byte
	n, err := io.ReadFull(body, opening[:])
	text := bytes.TrimLeft(opening[:n], " \t\r\n")
	switch {
	case len(text) > 0 && (text[0] == '[' || text[0] == '{'):
		return nil
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	return errSettled{errors.New("the answer is not JSON")}
}
