package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

const (
	listPaging = "operations.list users.paging"
	pageProbe  = 2  // size of a page, so small that nearly every organization has two
	roundRows  = 50 // a length that suggests a limit rather than the size of the organization
)

// paging checks that small pages of the list follow each other, that no page is smaller
// than the mapping says, and that the number of all users is known.
func (r *run) paging(ctx context.Context) {
	paging := spec.PagingMap{Style: "none"}
	if p := r.Document.Operations.ListUsers.Paging; p != nil {
		paging = *p
	}
	call, _ := r.probe.Call(opListUsers, nil)
	l := r.lister(call)
	first := l.get(ctx, paging.Limit, pageProbe)
	if first.err != nil {
		line := r.failed(ctx, call, first.err)
		line.Check = "paging"
		r.add(line)
		return
	}
	r.clock(first.header)
	line := r.advances(ctx, l, paging, first)
	if line.Level != OK {
		line = r.proposePaging(ctx, line.advise("Compare paging with Suger's documentation and console."), call)
	}
	r.add(line)
	r.pageSize(ctx, l, paging)
	r.total(first.body)
}

// advances looks whether the second of two small pages begins where the first ends, and
// for signs that a list without paging is truncated.
func (r *run) advances(ctx context.Context, l *lister, paging spec.PagingMap, first *listAnswer) Line {
	n, got := r.users.count, len(first.rows)
	line := func(level Level, format string, args ...any) Line {
		return r.line("paging", level, listPaging, format, args...)
	}
	goesOn := func() bool { return l.goesOn(ctx, paging, first, r.users.opening) }
	again := goesOn // the list may have changed between two answers
	switch says := first.says(); {
	case paging.Style == "none" && says > n:
		return line(Fail, "The list has %s, but the answer says %d: it is truncated.", count(n, "user"), says)
	case paging.Style == "none" && (first.leads() != nil || n%roundRows == 0):
		return line(Warn, "The list may be truncated: its %d users are a round number, or the answer points to more.", n)
	case paging.Style == "none", got == n && n > pageProbe && l.ignores(ctx, paging):
		return line(OK, "One answer holds the whole list.")
	case got == n:
		return line(Warn, "All users fit on one page, so the check cannot see whether paging advances.")
	case got > 0 && (goesOn() || again()):
		return line(OK, "Advances: two pages of %d follow each other.", got)
	}
	return line(Fail, "The second page does not begin where the first ends: users would be missing or appear twice.")
}

// proposePaging names the paging by which the list was seen to go on, if there is one.
func (r *run) proposePaging(ctx context.Context, line Line, call sugerclient.Call) Line {
	if paging, proven := r.lister(call).find(ctx); proven {
		return line.propose(fix("operations."+call.Operation+".paging", pagingValue(paging)))
	}
	return line
}

// pageSize looks at the size of pages, and whether a page shorter than that is the last.
func (r *run) pageSize(ctx context.Context, l *lister, paging spec.PagingMap) {
	first := len(l.get(ctx, paging.Limit, paging.Size).rows)
	if first == 0 || paging.Limit == "" || first >= paging.Size {
		return
	}
	line := r.line("page size", Warn, listPaging+".size", "Asked for %d users, Suger returns %d at most.", paging.Size, first)
	if first >= r.users.count {
		paging.Size = first // so that the gateway asks for another page
		if _, _, err := l.read(ctx, paging, r.users.count); !errors.Is(err, errNoEnd) {
			return
		}
		line.Level = Fail
		line.Text = fmt.Sprintf("The list continues after the %d users at which the gateway stops: Suger returns %d a page.", r.users.count, first)
	}
	r.add(line.propose(fix(listPaging+".size", first)))
}

// total looks for the number of all users, which shows that a list is truncated.
func (r *run) total(answer any) {
	const entry = "operations.list users.total"
	changes := fixes(entry, totalsIn(answer))
	if r.users.total >= 0 || r.Document.Operations.ListUsers.Total == "" && changes == nil {
		return
	}
	if changes == nil {
		changes = []Fix{{Entry: entry}}
	}
	r.add(r.line("total", Warn, entry, "The mapping has no total that the answer contains, so the gateway cannot detect a truncated list.").propose(changes...))
}

// The usual names of query parameters, the most usual first.
var (
	limitNames  = []string{"limit", "pageSize", "page_size", "per_page", "perPage", "size", "count", "max", "maxResults", "max_results", "take", "first"}
	offsetNames = []string{"offset", "skip", "start", "startAt", "from"}
	pageNames   = []string{"page", "pageNumber", "page_number", "pageNo", "pageIndex", "p"}
	cursorNames = []string{"cursor", "pageToken", "page_token", "nextToken", "next_token", "continuationToken", "continuation", "after", "startingAfter", "starting_after", "marker", "next", "token"}
)

// A lister finds out how a list is paged: it reads the list in the usual ways, as the
// gateway would, and compares the pages with the first rows.
type lister struct {
	*run
	call  sugerclient.Call // without parameters of paging
	items string
}

// lister asks for the list of an operation as the mapping says.
func (r *run) lister(call sugerclient.Call) *lister {
	return &lister{r, call, r.probe.Paging(call.Operation).Items}
}

type listAnswer struct {
	body   any
	header http.Header
	rows   []any
	err    error
}

// get requests the first page, of a size if there is a parameter for it.
func (l *lister) get(ctx context.Context, limit string, size int) *listAnswer {
	call := l.call
	call.Query = map[string]string{limit: strconv.Itoa(size)}
	delete(call.Query, "")
	maps.Copy(call.Query, l.call.Query)
	answer, err := l.probe.Do(ctx, call)
	if err != nil {
		return &listAnswer{err: err}
	}
	page := &listAnswer{body: decoded(answer.Body), header: answer.Header}
	page.rows, _ = rowsIn(page.body, l.items)
	return page
}

// read reads the list up to a number of rows, and the pages that it took.
func (l *lister) read(ctx context.Context, p spec.PagingMap, most int) (rows []string, pages int, err error) {
	rows, report, err := l.readRows(ctx, l.call, mapping.PagingOf(&spec.Operation{Items: spec.Path(l.items), Paging: &p}), most)
	return rows, report.Pages, err
}

// ignores reports whether Suger ignores the parameter of the next page.
func (l *lister) ignores(ctx context.Context, p spec.PagingMap) bool {
	p.Limit = ""
	_, pages, err := l.read(ctx, p, mostRows)
	return (p.Style == "offset" || p.Style == "page") && pages == 1 && err == nil
}

// goesOn reports whether the page after the first begins where that ends, which
// the whole list shows as far as it is known.
func (l *lister) goesOn(ctx context.Context, p spec.PagingMap, first *listAnswer, whole []any) bool {
	size := len(first.rows)
	p.Size = pageProbe
	rows, _, _ := l.read(ctx, p, size+1)
	for i, row := range rows {
		if i < len(whole) && !reflect.DeepEqual(decoded([]byte(row)), whole[i]) {
			return false
		}
	}
	return len(rows) > size && !slices.Contains(rows[:size], rows[size])
}

// find returns the paging of the list, with style none if all comes in one answer.
// proven reports whether pages were seen to follow each other, or a limit to do nothing.
func (l *lister) find(ctx context.Context) (paging spec.PagingMap, proven bool) {
	none, whole, limit := spec.PagingMap{Style: "none"}, l.get(ctx, "", 0), ""
	n, first := len(whole.rows), whole
	if n <= pageProbe {
		return none, false
	}
	for _, name := range limitNames {
		if page := l.get(ctx, name, pageProbe); len(page.rows) == pageProbe {
			limit, first = name, page
			break
		}
	}
	if limit == "" && whole.says() <= n && whole.leads() == nil && n%10 != 0 && n%25 != 0 {
		return none, true
	}
	for _, p := range usual(first) {
		if p.Limit = limit; l.goesOn(ctx, p, first, whole.rows) {
			if limit != "" {
				p.Size = l.largestPage(ctx, limit)
			}
			return p, true
		}
	}
	return none, false
}

// largestPage returns the largest page that the list gives, but at most 100 where it has not
// so many rows.
func (l *lister) largestPage(ctx context.Context, limit string) int {
	for _, size := range []int{1000, 500, 200, 100, 50, 20} { // some refuse what is too large
		if rows := len(l.get(ctx, limit, size).rows); rows > 0 {
			return min(size, max(rows, 100))
		}
	}
	return pageProbe
}

// usual returns the usual ways to request the second page, the likeliest first.
func usual(first *listAnswer) (ways []spec.PagingMap) {
	add := func(style string, names []string, firstPage int, cursor spec.Cursor) {
		for _, name := range names {
			ways = append(ways, spec.PagingMap{Style: style, Next: name, First: firstPage, Cursor: cursor})
		}
	}
	for _, lead := range first.leads() {
		names := []string{""}
		if lead.Style == "cursor" {
			names = slices.Concat(cursorNames, offsetNames)
		}
		add(lead.Style, names, 0, lead.Cursor)
	}
	add("offset", offsetNames, 0, spec.Cursor{})
	add("page", pageNames, 1, spec.Cursor{})
	add("page", pageNames, 0, spec.Cursor{})
	last, _ := first.rows[len(first.rows)-1].(map[string]any)
	for _, field := range sortedNames(last) {
		if name := lastName(field); strings.HasSuffix(name, "id") || strings.Contains(name, "cursor") {
			add("cursor", cursorNames, 0, spec.Cursor{Row: field})
		}
	}
	return ways
}

// says returns the largest number of all rows in the answer, 0 if there is none. Numbers in
// headers are compared by every reading of a list.
func (a *listAnswer) says() (most int) {
	for _, path := range totalsIn(a.body) {
		n, _ := strconv.Atoi(textAt(a.body, path)) // others are no numbers of rows
		most = max(most, n)
	}
	return most
}

var (
	leadNames = regexp.MustCompile(`next|cursor|continu`)
	isURL     = regexp.MustCompile(`/.*[?=]|[?=].*/`)
)

// leads returns where the answer seems to lead to the next page, by a link or a cursor. A
// value that is empty or 0 ends a list.
func (a *listAnswer) leads() (found []spec.PagingMap) {
	if strings.Contains(strings.Join(a.header.Values("Link"), ","), "next") { // RFC 8288
		found = append(found, spec.PagingMap{Style: "link"})
	}
	add := func(name, word string, cursor spec.Cursor) {
		if !leadNames.MatchString(lastName(name)) || slices.Contains([]string{"", "0", "true", "false"}, word) {
			return
		}
		style := map[bool]string{true: "link", false: "cursor"}[isURL.MatchString(word)]
		found = append(found, spec.PagingMap{Style: style, Cursor: cursor})
	}
	for _, s := range spotsIn(a.body, false) {
		word, _ := spec.Text(s.value)
		add(s.path, word, spec.Cursor{Path: s.path})
	}
	for _, name := range sortedNames(a.header) {
		if word := a.header.Get(name); !isURL.MatchString(word) {
			add(name, word, spec.Cursor{Header: name})
		}
	}
	return found
}

// pagingValue returns the paging as an entry of the mapping file, nil for none.
func pagingValue(p spec.PagingMap) any {
	value := map[string]any{"style": p.Style, "limit": p.Limit, "next": p.Next, "cursor": p.Cursor.String()}
	if p.Limit != "" {
		value["size"] = p.Size
	}
	if p.First != 0 {
		value["first"] = p.First
	}
	maps.DeleteFunc(value, func(_ string, part any) bool { return part == "" })
	if p.Style == "none" {
		return nil
	}
	return value
}
