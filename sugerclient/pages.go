package sugerclient

import (
	"context"
	"errors"
	"fmt"
	"maps"
)

// Pages reads the whole list that call asks for and hands each page to each, in
// order. It ends with nil only if the list is complete: paging that goes round
// in circles, and fewer rows than the answers' total, are Unreadable.
//
// If the total changes while the list is read, it is read once more from the
// start, which each sees as [Page].Index 0; a second change is Unreadable.
// Without a total a change can go unseen, and a row be missed or come twice.
//
// The error is an *Error as from [Client.Do], or, unchanged, what each returned.
func (c *Client) Pages(ctx context.Context, cred Credential, call Call, paging Paging, each func(Page) error) error {
	if err := paging.check(); err != nil {
		return &Error{Operation: call.Operation, Kind: Invalid, Err: err}
	}
	changed, err := c.walk(ctx, cred, call, newWalk(paging), each)
	if changed {
		_, err = c.walk(ctx, cred, call, newWalk(paging), each)
	}
	return err
}

// Prove asks for the beginning of the list that call asks for, to see whether
// Suger takes the credential, and reads no more of the answer than it must. The
// error is an *Error as from [Client.Do].
func (c *Client) Prove(ctx context.Context, cred Credential, call Call, paging Paging) error {
	paging.Size = 1
	if err := paging.check(); err != nil {
		return &Error{Operation: call.Operation, Kind: Invalid, Err: err}
	}
	query := newWalk(paging).query()
	maps.Copy(query, call.Query)
	call.Query = query
	r, err := newRequest(c.base, call)
	if err != nil {
		return &Error{Operation: call.Operation, Kind: Invalid, Err: err}
	}
	r.opening = true
	if _, fail := c.doAs(ctx, c.login(cred, call.PathParams[OrganizationParam]), r); fail != nil {
		return fail
	}
	return nil
}

func (c *Client) walk(ctx context.Context, cred Credential, call Call, w *walk, each func(Page) error) (changed bool, err error) {
	fixed := call.Query
	for {
		call.Query = make(map[string]string)
		maps.Copy(call.Query, fixed)
		maps.Copy(call.Query, w.query())
		answer, err := c.Do(ctx, cred, call)
		if err != nil {
			return false, err
		}
		page, more, err := w.take(answer)
		if err != nil {
			fail := &Error{Operation: call.Operation, Kind: Unreadable, Status: answer.Status, Err: err}
			return errors.Is(err, errListChanged), fail
		}
		if err := each(page); err != nil || !more {
			return false, err
		}
	}
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
