package check

import (
	"context"
	"encoding/json"
	"fmt"

	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// pageProbe is the size of the pages by which paging is proven: so small that
// nearly every organization has two of them.
const pageProbe = 2

// roundRows is a number of rows that is more often a limit than the size of an
// organization.
const roundRows = 50

// lister asks for the list of an operation as the mapping says.
func (r *run) lister(call sugerclient.Call) *lister {
	return &lister{do: r.probe.Do, call: call, items: r.probe.Paging(call.Operation).Items}
}

// pagingOf is the paging of a list in the mapping.
func (r *run) pagingOf(operation string) spec.PagingMap {
	if p := r.Document.Operations.Named(operation).Paging; p != nil {
		return *p
	}
	return spec.PagingMap{Style: "none"}
}

// paging proves that small pages of the list follow each other, and that the
// list does not go on after what the mapping takes for its end.
func (r *run) paging(ctx context.Context) {
	paging := r.pagingOf(opListUsers)
	call, _ := r.probe.Call(opListUsers, nil)
	l := r.lister(call)
	first := l.page(ctx, paging, pageProbe, 0, 0)
	if first.err != nil {
		line := r.failed(ctx, call, first.err)
		line.Check = "paging"
		r.add(line)
		return
	}
	switch {
	case paging.Style == "none":
		r.add(r.wholeList(ctx, call, first))
	case paging.Limit == "" && r.users.pages > 1:
		r.note("paging", OK, listPaging, "%s of %s follow each other.", count(r.users.pages, "page"), count(r.users.firstPage, "user"))
	case paging.Limit == "":
		r.note("paging", Warn, listPaging, "All users fit on one page, and the mapping has no limit parameter, so the check cannot see whether paging advances.")
	default:
		r.add(r.smallPages(ctx, l, paging, first))
	}
	r.end(ctx, l, paging)
	r.total(first.body)
}

// endless reports that a list does not end.
func endless(path string, paging spec.PagingMap, rows int) Line {
	how := "no paging"
	if value := pagingValue(paging); value != nil {
		how = "paging " + flowOf(value)
	}
	return Line{Check: "paging", Level: Fail,
		Text:   fmt.Sprintf("GET %s, read with %s, has not ended after %d rows or %s: its pages do not seem to end.", path, how, rows, mostListTime),
		Change: "Find in Suger's documentation how the last page is marked, and correct paging in the mapping: see docs/mapping.md."}
}

// listPaging is the entry of the paging of the list of users.
const listPaging = "operations.list users.paging"

// rowsIn finds the array that a list operation answers.
func rowsIn(answer any, path string) (rows []any, ok bool) {
	for _, s := range spotsIn(answer) {
		if s.path == path {
			rows, ok = s.value.([]any)
			return rows, ok
		}
	}
	return nil, false
}

// wholeList looks for signs that a list without paging is cut.
func (r *run) wholeList(ctx context.Context, call sugerclient.Call, answer *listAnswer) Line {
	line := r.line("paging", OK, "operations.list users", "One answer holds the whole list.")
	n := r.users.count
	says, cut := answer.more(n)
	switch next := answer.cursors(); {
	case cut:
		line.Level, line.Text = Fail, fmt.Sprintf("The list has %s, but %s: it is truncated.", count(n, "user"), says)
		line.Change = "Add paging to the operation."
	case len(next) > 0:
		line.Level, line.Text = Warn, fmt.Sprintf("%s in the answer seems to point to more users.", next[0])
		line.Change = "Add paging to the operation, if the list comes in pages."
	case n%roundRows == 0:
		line.Level, line.Text = Warn, fmt.Sprintf("The list has exactly %d users, which may be a limit of Suger's.", n)
		line.Change = "Compare it with Suger's console. If users are missing, add paging to the operation."
	default:
		return line
	}
	return r.proposePaging(ctx, line, call)
}

// smallPages looks whether the second of two small pages begins where the first
// ends. If not, the list is read afresh, for it may have changed.
func (r *run) smallPages(ctx context.Context, l *lister, paging spec.PagingMap, first *listAnswer) Line {
	n, whole := r.users.count, &listAnswer{rows: r.users.opening}
	line := r.line("paging", Fail, listPaging+".style", "The second page does not begin where the first ends: users would be missing or appear twice.")
	leads := paging.Style == "cursor" || paging.Style == "link"
	switch got := len(first.rows); {
	case n <= pageProbe:
		return r.line("paging", Warn, listPaging, "The organization has too few users to see whether paging advances.")
	case got == n && !leads && len(l.page(ctx, paging, pageProbe, n, n).rows) == n:
		return r.line("paging", OK, listPaging, "One answer holds all %s: Suger ignores %s and %s, which does no harm.", count(n, "user"), paging.Limit, paging.Next)
	case got > pageProbe:
		line = r.line("paging", Warn, listPaging+".limit", "Suger ignores %s=%d and answers %s.", paging.Limit, pageProbe, count(got, "user"))
	case got > 0 && (l.advances(ctx, paging, whole, first) || l.advances(ctx, paging, l.page(ctx, paging, 2*pageProbe, 0, 0), l.page(ctx, paging, pageProbe, 0, 0))):
		return r.line("paging", OK, listPaging, "Advances: two pages of %d follow each other.", pageProbe)
	case leads:
		line = r.line("paging", Fail, listPaging, "The first page does not lead to a second, although there are more users: the answer has no cursor or link where the mapping looks.")
	}
	return r.proposePaging(ctx, line.advise("Compare paging with Suger's documentation."), l.call)
}

// proposePaging names the paging by which the list was seen to go on, if there is
// one.
func (r *run) proposePaging(ctx context.Context, line Line, call sugerclient.Call) Line {
	if paging, _, proven := r.lister(call).find(ctx); proven {
		return line.propose(fix("operations."+call.Operation+".paging", pagingValue(paging)))
	}
	return line
}

// end looks at the size of pages and asks for what comes after the last user.
func (r *run) end(ctx context.Context, l *lister, paging spec.PagingMap) {
	line := func(level Level, format string, args ...any) {
		r.add(r.line("page size", level, listPaging+".size", format, args...).propose(fix(listPaging+".size", r.users.firstPage)))
	}
	if paging.Limit != "" && r.users.pages > 1 && r.users.firstPage < paging.Size {
		line(Warn, "Asked for %d users, Suger returns %d at most.", paging.Size, r.users.firstPage)
	}
	if paging.Style != "offset" && paging.Style != "page" {
		return
	}
	for _, row := range l.page(ctx, paging, paging.Size, r.users.pages, r.users.count).rows { // it may be refused
		if record, err := r.probe.ReadUser(decoded([]byte(row))); err == nil && !r.users.ids[record.ID] {
			line(Fail, "The list continues after the %d users at which the gateway stops: Suger returns %d a page.", r.users.count, r.users.firstPage)
			return
		}
	}
}

// total compares the number of all users with the list.
func (r *run) total(answer any) {
	const entry = "operations.list users.total"
	total, candidates := r.Document.Operations.ListUsers.Total, totalsIn(answer)
	changes := fixes(entry, candidates)
	switch {
	case total == "" && len(candidates) > 0:
		r.add(r.line("total", Warn, entry, "%s in the answer may be the number of all users, with which the gateway detects a truncated list.", both(candidates)).propose(changes...))
	case total == "":
	case r.users.total >= 0:
		r.note("total", OK, entry, "%s says %d.", total, r.users.total)
	default:
		if changes == nil {
			changes = []Fix{{Entry: entry}}
		}
		r.add(r.line("total", Warn, entry, "There is no number at %s, so the gateway cannot detect a truncated list.", total).propose(changes...))
	}
}

// compact is a value as JSON text.
func compact(value any) string {
	text, _ := json.Marshal(value) // it came from JSON
	return string(text)
}
