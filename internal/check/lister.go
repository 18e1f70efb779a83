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

	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// The usual names of query parameters, the most usual first.
var (
	limitNames  = []string{"limit", "pageSize", "page_size", "per_page", "perPage", "size", "count", "max", "maxResults", "max_results", "take", "first"}
	offsetNames = []string{"offset", "skip", "start", "startAt", "from"}
	pageNames   = []string{"page", "pageNumber", "page_number", "pageNo", "pageIndex", "p"}
	cursorNames = []string{"cursor", "pageToken", "page_token", "nextToken", "next_token", "continuationToken", "continuation", "after", "startingAfter", "starting_after", "marker", "next", "token"}
)

// pageSizes are what a list is asked for to see how large its pages may be.
var pageSizes = []int{1000, 500, 200, 100, 50}

// A lister finds out how a list comes in pages, by asking for it in the usual ways
// and comparing what comes with the first rows.
type lister struct {
	do    func(context.Context, sugerclient.Call) (*sugerclient.Answer, error)
	call  sugerclient.Call // without parameters of paging
	items string
}

// A listAnswer is one page and what came with it.
type listAnswer struct {
	body   any
	header http.Header
	rows   []string
}

func (l *lister) get(ctx context.Context, query map[string]string) *listAnswer {
	call := l.call
	call.Query = maps.Clone(query)
	if call.Query == nil {
		call.Query = make(map[string]string)
	}
	maps.Copy(call.Query, l.call.Query)
	answer, err := l.do(ctx, call)
	if err != nil {
		return &listAnswer{}
	}
	page := &listAnswer{body: decoded(answer.Body), header: answer.Header}
	rows, _ := rowsIn(page.body, l.items)
	for _, row := range rows {
		page.rows = append(page.rows, compact(row))
	}
	return page
}

// find is the paging of the list, with style none if all comes in one answer. why
// says what was seen; proven reports whether pages were seen to follow each other.
func (l *lister) find(ctx context.Context) (paging spec.PagingMap, why string, proven bool) {
	whole := l.get(ctx, nil)
	if len(whole.rows) <= pageProbe {
		return spec.PagingMap{Style: "none"}, fmt.Sprintf("%s are too few to see", count(len(whole.rows), "row")), false
	}
	paging, first := l.limit(ctx, whole)
	size := len(first.rows)
	if size == len(whole.rows) && paging.Limit == "" && !l.goesOn(whole) {
		return spec.PagingMap{Style: "none"}, "one answer holds all, whatever is asked for", true
	}
	for _, style := range []func(context.Context, *spec.PagingMap, *listAnswer, *listAnswer) bool{l.byLink, l.byCursor, l.byOffset, l.byPage, l.byLastRow} {
		if style(ctx, &paging, whole, first) {
			paging.Size = 0
			if paging.Limit != "" {
				paging.Size = l.pageSize(ctx, paging.Limit, whole)
			}
			return paging, fmt.Sprintf("two pages of %d follow each other", size), true
		}
	}
	return spec.PagingMap{Style: "none"}, "no usual parameter leads to a second page", false
}

// limit finds the parameter that carries the size of a page, and answers the first
// small page, or the whole answer if there is none.
func (l *lister) limit(ctx context.Context, whole *listAnswer) (spec.PagingMap, *listAnswer) {
	for _, name := range hinted(limitNames, whole) {
		if page := l.get(ctx, map[string]string{name: strconv.Itoa(pageProbe)}); len(page.rows) == pageProbe {
			return spec.PagingMap{Limit: name}, page
		}
	}
	return spec.PagingMap{}, whole
}

// goesOn reports whether an answer without a limit shows that there is more.
func (l *lister) goesOn(page *listAnswer) bool {
	for _, path := range totalsIn(page.body) {
		for _, s := range spotsIn(page.body) {
			if n, err := strconv.Atoi(fmt.Sprint(s.value)); s.path == path && err == nil && n > len(page.rows) {
				return true
			}
		}
	}
	_, linked := page.next()
	return linked || len(page.cursors()) > 0 || len(page.rows)%10 == 0 || len(page.rows)%25 == 0
}

// second asks for the page after the first and reports whether it is that.
func (l *lister) second(ctx context.Context, paging *spec.PagingMap, whole, first *listAnswer, value string) bool {
	query := map[string]string{paging.Next: value}
	if paging.Limit != "" {
		query[paging.Limit] = strconv.Itoa(pageProbe)
	}
	return l.follows(l.get(ctx, query), whole, first)
}

// follows reports whether a page begins where the first one ends.
func (l *lister) follows(page, whole, first *listAnswer) bool {
	if len(page.rows) == 0 || page.rows[0] == first.rows[0] {
		return false
	}
	if size := len(first.rows); size < len(whole.rows) {
		return page.rows[0] == whole.rows[size]
	}
	return !slices.Contains(first.rows, page.rows[0])
}

// byLink follows the address of the next page, which is in the header Link or in
// the body.
func (l *lister) byLink(ctx context.Context, paging *spec.PagingMap, whole, first *listAnswer) bool {
	place, linked := first.next()
	if !linked {
		return false
	}
	query := make(map[string]string)
	for name := range place.address.Query() {
		query[name] = place.address.Query().Get(name)
	}
	if !l.follows(l.get(ctx, query), whole, first) {
		return false
	}
	*paging = spec.PagingMap{Style: "link", Limit: paging.Limit, Cursor: spec.Cursor{Path: place.path}}
	return true
}

// byLastRow takes a value of a page's last row for the cursor of the next.
func (l *lister) byLastRow(ctx context.Context, paging *spec.PagingMap, whole, first *listAnswer) bool {
	last, _ := decoded([]byte(first.rows[len(first.rows)-1])).(map[string]any)
	for _, field := range sortedKeys(last) {
		value, scalar := wordOf(last[field])
		if name := lastName(field); !scalar || name != "id" && !strings.HasSuffix(name, "id") && !strings.Contains(name, "cursor") {
			continue
		}
		for _, name := range hinted(append(slices.Clone(cursorNames), "lastId", "last_id", "since"), first) {
			try := spec.PagingMap{Style: "cursor", Limit: paging.Limit, Next: name, Cursor: spec.Cursor{Row: field}}
			if l.second(ctx, &try, whole, first, value) {
				*paging = try
				return true
			}
		}
	}
	return false
}

func (l *lister) byCursor(ctx context.Context, paging *spec.PagingMap, whole, first *listAnswer) bool {
	for _, place := range first.cursors() {
		for _, name := range hinted(append(slices.Clone(cursorNames), offsetNames...), first) {
			try := spec.PagingMap{Style: "cursor", Limit: paging.Limit, Next: name, Cursor: spec.Cursor{Path: place.path, Header: place.header}}
			if l.second(ctx, &try, whole, first, place.value) {
				*paging = try
				return true
			}
		}
	}
	return false
}

func (l *lister) byOffset(ctx context.Context, paging *spec.PagingMap, whole, first *listAnswer) bool {
	for _, name := range hinted(offsetNames, first) {
		try := spec.PagingMap{Style: "offset", Limit: paging.Limit, Next: name}
		if l.second(ctx, &try, whole, first, strconv.Itoa(len(first.rows))) {
			*paging = try
			return true
		}
	}
	return false
}

func (l *lister) byPage(ctx context.Context, paging *spec.PagingMap, whole, first *listAnswer) bool {
	for _, name := range hinted(pageNames, first) {
		for _, from := range []int{1, 0} {
			try := spec.PagingMap{Style: "page", Limit: paging.Limit, Next: name, First: from}
			if l.second(ctx, &try, whole, first, strconv.Itoa(from+1)) {
				*paging = try
				return true
			}
		}
	}
	return false
}

// pageSize is the largest page that the list gives, as far as it has so many
// rows; else the smallest usual size that holds what it has.
func (l *lister) pageSize(ctx context.Context, limit string, whole *listAnswer) int {
	for _, size := range pageSizes {
		page := l.get(ctx, map[string]string{limit: strconv.Itoa(size)})
		switch {
		case len(page.rows) == 0:
			continue // too much to ask for
		case len(page.rows) == size, len(page.rows) < len(whole.rows), len(page.cursors()) > 0:
			return len(page.rows)
		}
		for _, smaller := range slices.Backward(pageSizes) {
			if smaller >= 100 && smaller >= len(page.rows) && smaller <= size {
				return smaller
			}
		}
		return size
	}
	return pageProbe
}

// A cursorPlace is where an answer has what leads to the next page.
type cursorPlace struct {
	path, header string // one of them
	value        string
}

// cursors are what seems to lead to the next page. A place that is empty or no
// more than 0 ends a list.
func (a *listAnswer) cursors() []cursorPlace {
	var found []cursorPlace
	for _, s := range spotsIn(a.body) {
		word, scalar := wordOf(s.value)
		if _, flag := s.value.(bool); scalar && !flag && word != "" && word != "0" && seemsNext(s.path) && !isURL(word) {
			found = append(found, cursorPlace{path: s.path, value: word})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		if value := a.header.Get(name); seemsNext(name) && value != "" && !isURL(value) {
			found = append(found, cursorPlace{header: name, value: value})
		}
	}
	return found
}

func isURL(text string) bool { return strings.Contains(text, "/") && strings.ContainsAny(text, "?=") }

// linkNext finds the address of the next page in a Link header (RFC 8288).
var linkNext = regexp.MustCompile(`<([^>]*)>[^,]*;\s*rel="?next\b`)

// A linkPlace is the address of the next page and where an answer has it.
type linkPlace struct {
	path    string // "" for the header Link
	address *url.URL
}

// next is the address of the next page, if the answer has one.
func (a *listAnswer) next() (place linkPlace, found bool) {
	for _, link := range a.header.Values("Link") {
		if match := linkNext.FindStringSubmatch(link); match != nil {
			if u, err := url.Parse(match[1]); err == nil {
				return linkPlace{"", u}, true
			}
		}
	}
	for _, s := range spotsIn(a.body) {
		if word, _ := s.value.(string); seemsNext(s.path) && isURL(word) {
			if u, err := url.Parse(word); err == nil {
				return linkPlace{s.path, u}, true
			}
		}
	}
	return linkPlace{}, false
}

// hinted puts the names first that the answer itself has, in its body or in the
// query of an address of its next page.
func hinted(names []string, page *listAnswer) []string {
	hints := make(map[string]bool)
	for _, s := range spotsIn(page.body) {
		if _, is := s.value.(json.Number); is {
			hints[s.path[strings.LastIndex(s.path, ".")+1:]] = true
		}
	}
	if place, linked := page.next(); linked {
		for name := range place.address.Query() {
			hints[name] = true
		}
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int {
		switch {
		case hints[a] == hints[b]:
			return 0
		case hints[a]:
			return -1
		}
		return 1
	})
	return sorted
}

// pagingValue is the paging as an entry of the mapping file, nil for none.
func pagingValue(p spec.PagingMap) any {
	if p.Style == "none" {
		return nil
	}
	value := object{{"style", p.Style}}
	if p.Limit != "" {
		value = append(value, member{"size", p.Size}, member{"limit", p.Limit})
	}
	if p.Next != "" {
		value = append(value, member{"next", p.Next})
	}
	if p.First != 0 {
		value = append(value, member{"first", p.First})
	}
	if cursor := p.Cursor.String(); cursor != "" {
		value = append(value, member{"cursor", cursor})
	}
	return value
}
