package check

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
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

// pagingOf returns the paging of a list in the mapping.
func (r *run) pagingOf(operation string) spec.PagingMap {
	if p := r.Document.Operations.Named(operation).Paging; p != nil {
		return *p
	}
	return spec.PagingMap{Style: "none"}
}

// paging checks that small pages of the list follow each other, that no page is smaller
// than the mapping says, and that the number of all users is known.
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
	r.clock(first.header)
	line := r.advances(ctx, l, paging, first)
	if line.Level != OK {
		line = r.proposePaging(ctx, line, call)
	}
	r.add(line)
	r.pageSize(ctx, l, paging)
	r.total(first.body)
}

// advances looks whether the second of two small pages begins where the first ends, and
// for signs that a list without paging is truncated.
func (r *run) advances(ctx context.Context, l *lister, paging spec.PagingMap, first *listAnswer) Line {
	n, got, leads := r.users.count, len(first.rows), paging.Style == "cursor" || paging.Style == "link"
	line := func(level Level, format string, args ...any) Line {
		found := r.line("paging", level, listPaging, format, args...)
		if level == OK {
			return found
		}
		return found.advise("Compare paging with Suger's documentation and console.")
	}
	follow := func() bool {
		return l.advances(ctx, paging, l.page(ctx, paging, 2*pageProbe, 0, 0), l.page(ctx, paging, pageProbe, 0, 0))
	}
	again := follow // the list may have changed between two answers
	switch says, cut := first.more(n); {
	case paging.Style == "none" && cut:
		return line(Fail, "The list has %s, but %s: it is truncated.", count(n, "user"), says)
	case paging.Style == "none" && (first.leads() != nil || n%roundRows == 0):
		return line(Warn, "The list may be truncated: its %d users are a round number, or the answer points to more.", n)
	case paging.Style == "none", got == n && n > pageProbe && !leads && len(l.page(ctx, paging, pageProbe, n, n).rows) == n:
		return line(OK, "One answer holds the whole list.")
	case got == n:
		return line(Warn, "All users fit on one page, so the check cannot see whether paging advances.")
	case got > 0 && (follow() || again()):
		return line(OK, "Advances: two pages of %d follow each other.", got)
	}
	return line(Fail, "The second page does not begin where the first ends: users would be missing or appear twice.")
}

func endless(path string, rows int) Line {
	return Line{Check: "paging", Level: Fail,
		Text:   fmt.Sprintf("GET %s has not ended after %d rows or %s: its pages do not seem to end.", path, rows, mostListTime),
		Change: "Find in Suger's documentation how the last page is marked, and correct paging in the mapping: see docs/mapping.md."}
}

// proposePaging names the paging by which the list was seen to go on, if there is one.
func (r *run) proposePaging(ctx context.Context, line Line, call sugerclient.Call) Line {
	if paging, proven := r.lister(call).find(ctx); proven {
		return line.propose(fix("operations."+call.Operation+".paging", pagingValue(paging)))
	}
	return line
}

// pageSize looks at the size of pages and asks for what comes after the last user.
func (r *run) pageSize(ctx context.Context, l *lister, paging spec.PagingMap) {
	first := len(l.page(ctx, paging, paging.Size, 0, 0).rows)
	line := func(level Level, format string, args ...any) {
		r.add(r.line("page size", level, listPaging+".size", format, args...).propose(fix(listPaging+".size", first)))
	}
	if first > 0 && paging.Limit != "" && first < min(paging.Size, r.users.count) {
		line(Warn, "Asked for %d users, Suger returns %d at most.", paging.Size, first)
	}
	if first == 0 || paging.Style != "offset" && paging.Style != "page" {
		return
	}
	for _, row := range l.page(ctx, paging, paging.Size, (r.users.count+first-1)/first, r.users.count).rows { // it may be refused
		if record, err := r.probe.ReadUser(decoded([]byte(row))); err == nil && !r.users.ids[record.ID] {
			line(Fail, "The list continues after the %d users at which the gateway stops: Suger returns %d a page.", r.users.count, first)
			return
		}
	}
}

// total compares the number of all users with the list.
func (r *run) total(answer any) {
	const entry = "operations.list users.total"
	total, changes := r.Document.Operations.ListUsers.Total, fixes(entry, totalsIn(answer))
	if total != "" && r.users.total >= 0 {
		r.note("total", OK, entry, "%s says %d.", total, r.users.total)
	} else if total != "" || changes != nil {
		if changes == nil {
			changes = []Fix{{Entry: entry}}
		}
		r.add(r.line("total", Warn, entry, "The mapping has no total that the answer contains, so the gateway cannot detect a truncated list.").propose(changes...))
	}
}

// The usual names of query parameters, the most usual first.
var (
	limitNames  = []string{"limit", "pageSize", "page_size", "per_page", "perPage", "size", "count", "max", "maxResults", "max_results", "take", "first"}
	offsetNames = []string{"offset", "skip", "start", "startAt", "from"}
	pageNames   = []string{"page", "pageNumber", "page_number", "pageNo", "pageIndex", "p"}
	cursorNames = []string{"cursor", "pageToken", "page_token", "nextToken", "next_token", "continuationToken", "continuation", "after", "startingAfter", "starting_after", "marker", "next", "token"}
)

// A lister finds out how a list is paged: it requests pages in the usual ways and
// compares them with the first rows.
type lister struct {
	*mapping.Probe
	call  sugerclient.Call // without parameters of paging
	items string
}

// lister asks for the list of an operation as the mapping says.
func (r *run) lister(call sugerclient.Call) *lister {
	return &lister{r.probe, call, r.probe.Paging(call.Operation).Items}
}

type listAnswer struct {
	body   any
	header http.Header
	rows   []string
	err    error
}

func (l *lister) get(ctx context.Context, query map[string]string) *listAnswer {
	call := l.call
	call.Query = make(map[string]string)
	maps.Copy(call.Query, query)
	maps.Copy(call.Query, l.call.Query)
	answer, err := l.Do(ctx, call)
	if err != nil {
		return &listAnswer{err: err}
	}
	page := &listAnswer{body: decoded(answer.Body), header: answer.Header}
	rows, _ := rowsIn(page.body, l.items)
	for _, row := range rows {
		text, _ := json.Marshal(row) // it came from JSON
		page.rows = append(page.rows, string(text))
	}
	return page
}

// page asks for a page of a size by its number, counted from 0, and the rows before
// it. With cursors or links it is the first page.
func (l *lister) page(ctx context.Context, p spec.PagingMap, size, number, rows int) *listAnswer {
	return l.get(ctx, pageQuery(p, size, number, rows, ""))
}

// pageQuery returns the parameters of a page. next is the cursor or link to it.
func pageQuery(p spec.PagingMap, size, number, rows int, next string) map[string]string {
	query := make(map[string]string)
	if p.Limit != "" {
		query[p.Limit] = strconv.Itoa(size)
	}
	switch {
	case p.Style == "offset":
		query[p.Next] = strconv.Itoa(rows)
	case p.Style == "page":
		query[p.Next] = strconv.Itoa(p.First + number)
	case p.Style == "cursor" && next != "":
		query[p.Next] = next
	case p.Style == "link":
		if address, err := url.Parse(next); err == nil {
			for name := range address.Query() {
				query[name] = address.Query().Get(name)
			}
		}
	}
	return query
}

// advances reports whether the page after the first begins where that ends, which
// the whole list shows as far as it is known.
func (l *lister) advances(ctx context.Context, p spec.PagingMap, whole, first *listAnswer) bool {
	next := first.at(p.Cursor)
	if next == "" && (p.Style == "cursor" || p.Style == "link") {
		return false
	}
	page := l.get(ctx, pageQuery(p, pageProbe, 1, len(first.rows), next))
	if len(page.rows) == 0 || page.rows[0] == first.rows[0] {
		return false
	}
	if size := len(first.rows); size < len(whole.rows) {
		return page.rows[0] == whole.rows[size]
	}
	return !slices.Contains(first.rows, page.rows[0])
}

// find returns the paging of the list, with style none if all comes in one answer.
// proven reports whether pages were seen to follow each other, or a limit to do nothing.
func (l *lister) find(ctx context.Context) (paging spec.PagingMap, proven bool) {
	none, whole, limit := spec.PagingMap{Style: "none"}, l.get(ctx, nil), ""
	n, first := len(whole.rows), whole
	if n <= pageProbe {
		return none, false
	}
	for _, name := range limitNames {
		if page := l.get(ctx, map[string]string{name: strconv.Itoa(pageProbe)}); len(page.rows) == pageProbe {
			limit, first = name, page
			break
		}
	}
	if _, more := whole.more(n); limit == "" && !more && whole.leads() == nil && n%10 != 0 && n%25 != 0 {
		return none, true
	}
	for _, p := range usual(first) {
		if p.Limit = limit; l.advances(ctx, p, whole, first) {
			if limit != "" {
				p.Size = l.pageSize(ctx, limit)
			}
			return p, true
		}
	}
	return none, false
}

// pageSize returns the largest page that the list gives, but at most 100 where it has not
// so many rows.
func (l *lister) pageSize(ctx context.Context, limit string) int {
	for _, size := range []int{1000, 500, 200, 100, 50, 20} { // some refuse what is too large
		if rows := len(l.get(ctx, map[string]string{limit: strconv.Itoa(size)}).rows); rows > 0 {
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
	last, _ := decoded([]byte(first.rows[len(first.rows)-1])).(map[string]any)
	for _, field := range sortedNames(last) {
		if name := lastName(field); strings.HasSuffix(name, "id") || strings.Contains(name, "cursor") {
			add("cursor", cursorNames, 0, spec.Cursor{Row: field})
		}
	}
	return ways
}

// more returns a number of all rows in the answer that is larger than some. Numbers in
// headers are compared by every reading of a list.
func (a *listAnswer) more(rows int) (text string, found bool) {
	for _, path := range totalsIn(a.body) {
		if n, err := strconv.Atoi(textAt(a.body, path)); err == nil && n > rows {
			return fmt.Sprintf("%s in the answer says %d", path, n), true
		}
	}
	return "", false
}

var (
	linkNext  = regexp.MustCompile(`<([^>]*)>[^,]*;\s*rel="?next\b`) // in a header Link (RFC 8288)
	leadNames = regexp.MustCompile(`next|cursor|continu`)
	isURL     = regexp.MustCompile(`/.*[?=]|[?=].*/`)
)

// leads returns where the answer seems to lead to the next page, by a link or a cursor. A
// value that is empty or 0 ends a list.
func (a *listAnswer) leads() (found []spec.PagingMap) {
	if a.at(spec.Cursor{}) != "" {
		found = append(found, spec.PagingMap{Style: "link"})
	}
	leads := func(name, word string) bool {
		return leadNames.MatchString(lastName(name)) && !slices.Contains([]string{"", "0", "true", "false"}, word)
	}
	for _, s := range spotsIn(a.body) {
		if word, _ := spec.Text(s.value); leads(s.path, word) {
			style := map[bool]string{true: "link", false: "cursor"}[isURL.MatchString(word)]
			found = append(found, spec.PagingMap{Style: style, Cursor: spec.Cursor{Path: s.path}})
		}
	}
	for _, name := range sortedNames(a.header) {
		if word := a.header.Get(name); leads(name, word) && !isURL.MatchString(word) {
			found = append(found, spec.PagingMap{Style: "cursor", Cursor: spec.Cursor{Header: name}})
		}
	}
	return found
}

func (a *listAnswer) at(place spec.Cursor) string {
	switch {
	case place.Row != "" && len(a.rows) > 0:
		return textAt(decoded([]byte(a.rows[len(a.rows)-1])), place.Row)
	case place.Path != "":
		return textAt(a.body, place.Path)
	case place.Header != "":
		return a.header.Get(place.Header)
	}
	if match := linkNext.FindStringSubmatch(strings.Join(a.header.Values("Link"), ", ")); match != nil {
		return match[1]
	}
	return ""
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
