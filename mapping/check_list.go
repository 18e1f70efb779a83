package mapping

import "regexp"

// checkList makes sure that a list can be read to its end, and that only lists
// have what belongs to lists.
func (c *checker) checkList(at string, op namedOperation) {
	if op.name != opListUsers && op.name != opListRoles {
		if op.Paging != nil || op.Items != "" || op.Total != "" {
			c.problem(at, "remove them", "paging, items and total belong to lists")
		}
		return
	}
	if op.Answer.Given() {
		c.problem(at+".answer", "say items", "the rows of a list are its items")
	}
	c.checkDotted(at+".items", op.Items)
	c.checkDotted(at+".total", op.Total)
	if op.Paging != nil {
		c.checkPaging(at+".paging", op.Paging)
		c.checkDotted(at+".paging.cursor", op.Paging.Cursor)
	}
}

func (c *checker) checkPaging(at string, p *PagingMap) {
	if (p.Size == 0) != (p.Limit == "") {
		c.problem(at, "give both size and limit, or neither", "a size needs the name of the parameter that carries it")
	}
	if p.Size < 0 || p.Size > 10000 {
		c.problem(at+".size", "take the largest that Suger allows", "a page has 1 to 10000 rows, not %d", p.Size)
	}
	if p.First < 0 || p.First > 1 {
		c.problem(at+".first", "write 0 or 1", "the first page is 0 or 1, not %d", p.First)
	}
	if (p.Next == "") != (p.Style == "none") {
		c.problem(at, "next is the query parameter that asks for the following page; style none has none", "next does not fit style %s", p.Style)
	}
	if p.First != 0 && p.Style != "page" {
		c.problem(at+".first", "remove it", "first belongs to style page")
	}
	hasCursor := p.Cursor != "" || p.CursorHeader != ""
	switch {
	case hasCursor && p.Style != "cursor":
		c.problem(at, "remove it", "a cursor belongs to style cursor")
	case p.Style == "cursor" && (p.Cursor == "") == (p.CursorHeader == ""):
		c.problem(at, "say either cursor, its path in the answer, or cursor header", "where is the next cursor?")
	}
}

// dottedNames is a path without places in arrays.
var dottedNames = regexp.MustCompile(`^[^.\[\]]+(\.[^.\[\]]+)*$`)

// checkDotted makes sure that a path leads through objects only.
func (c *checker) checkDotted(at, path string) {
	if path != "" && !dottedNames.MatchString(path) {
		c.problem(at, "write names with dots between them, such as data.users", "%q is not a path in an answer", path)
	}
}
