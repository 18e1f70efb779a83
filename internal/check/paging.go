package check

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"suger-scim-gateway/sugerclient"
)

// pageProbe is the size of the pages by which paging is proven: so small that
// nearly every organization has two of them.
const pageProbe = 2

// roundRows is a number of rows that is more often a limit than the size of an
// organization.
const roundRows = 50

// paging proves that small pages of the list follow each other, and that the
// list does not go on after what the mapping takes for its end.
func (r *run) paging(ctx context.Context) {
	paging := r.probe.Paging(opListUsers)
	call, _ := r.probe.Call(opListUsers, nil)
	first, err := r.probe.Do(ctx, firstPage(call, paging, pageProbe))
	if err != nil {
		line := r.failed(ctx, call, err)
		line.Check = "paging"
		r.add(line)
		return
	}
	switch {
	case paging.Style == sugerclient.Whole:
		r.add(r.wholeList(ctx, call, decoded(first.Body)))
	case paging.Limit == "":
		r.add(r.pagesOfFixedSize())
	default:
		r.add(r.smallPages(ctx, call, paging))
		r.pageSize(paging)
	}
	r.end(ctx, call, paging)
	r.total(paging, decoded(first.Body))
}

func (r *run) atPaging(key string) *Place {
	return r.at(strings.TrimSuffix("operations.list users.paging."+key, "."))
}

// firstPage asks for the first rows of a list; size 0 is the mapping's.
func firstPage(call sugerclient.Call, paging sugerclient.Paging, size int) sugerclient.Call {
	return page(call, paging, size, 0, 0)
}

// page asks for a page by its number, counted from 0, and the rows before it. A
// page by cursor is always the first.
func page(call sugerclient.Call, paging sugerclient.Paging, size, number, rows int) sugerclient.Call {
	query := maps.Clone(call.Query)
	if query == nil {
		query = make(map[string]string)
	}
	if size == 0 {
		size = paging.Size
	}
	if paging.Limit != "" {
		query[paging.Limit] = strconv.Itoa(size)
	}
	switch paging.Style {
	case sugerclient.ByOffset:
		query[paging.Offset] = strconv.Itoa(rows)
	case sugerclient.ByPage:
		query[paging.Offset] = strconv.Itoa(paging.First + number)
	}
	call.Query = query
	return call
}

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
func (r *run) wholeList(ctx context.Context, call sugerclient.Call, answer any) Line {
	line := Line{Check: "paging", Level: OK, Mapping: r.at("operations.list users"), Text: "One answer holds the whole list."}
	n := r.users.count
	for _, s := range spotsIn(answer) {
		if number, err := strconv.Atoi(fmt.Sprint(s.value)); err == nil && number > n && slices.Contains(totalsIn(answer), s.path) {
			line.Level, line.Text = Fail, fmt.Sprintf("The list has %s, but %s in the answer says %d: it is cut.", count(n, "user"), s.path, number)
			line.Change = "Add paging to the operation."
		}
	}
	switch next := (&listAnswer{body: answer}).cursors(); {
	case line.Level == Fail:
	case len(next) > 0:
		line.Level, line.Text = Look, fmt.Sprintf("%s in the answer seems to lead to more users.", next[0].path)
		line.Change = "Add paging to the operation, if the list comes in pages."
	case n%roundRows == 0:
		line.Level, line.Text = Look, fmt.Sprintf("The list has %d users. So round a number may be a limit of Suger's.", n)
		line.Change = "Compare it with Suger's console. If users are missing, add paging to the operation."
	default:
		return line
	}
	r.proposePaging(ctx, &line, call)
	return line
}

// pagesOfFixedSize judges by the list as it was read.
func (r *run) pagesOfFixedSize() Line {
	if r.users.pages > 1 {
		return Line{Check: "paging", Level: OK, Mapping: r.atPaging(""),
			Text: fmt.Sprintf("%s of %s follow each other.", count(r.users.pages, "page"), count(r.users.firstPage, "user"))}
	}
	return Line{Check: "paging", Level: Look, Mapping: r.atPaging(""),
		Text: "All users fit on one page, and the mapping has no limit parameter, so it cannot be seen whether paging advances."}
}

// smallPages reads two small pages and compares them with what comes first in
// the list. If they differ the list is read afresh, for it may have changed.
func (r *run) smallPages(ctx context.Context, call sugerclient.Call, paging sugerclient.Paging) Line {
	if r.users.count <= pageProbe {
		return Line{Check: "paging", Level: Look, Mapping: r.atPaging(""), Text: "The organization has too few users to see whether paging advances."}
	}
	pages, err := r.firstPages(ctx, call, paging, pageProbe, 2)
	if err == nil && !follows(pages, r.users.opening) {
		fresh, freshErr := r.firstPages(ctx, call, paging, 2*pageProbe, 1)
		if freshErr == nil && len(fresh) == 1 {
			r.users.opening = fresh[0][:min(len(fresh[0]), 2*pageProbe)]
		}
		pages, err = r.firstPages(ctx, call, paging, pageProbe, 2)
	}
	if err != nil {
		return r.notAdvancing(ctx, call, err)
	}
	if len(pages[0]) == r.users.count && r.repeats(ctx, call, paging) {
		return Line{Check: "paging", Level: OK, Mapping: r.atPaging(""),
			Text: fmt.Sprintf("One answer holds all %s: Suger ignores %s and %s, which does no harm.", count(r.users.count, "user"), paging.Limit, paging.Offset)}
	}
	return r.judgePages(ctx, call, paging, pages)
}

// repeats reports whether Suger answers the whole list again when it is asked for
// what comes after its end: then it takes no notice of paging.
func (r *run) repeats(ctx context.Context, call sugerclient.Call, paging sugerclient.Paging) bool {
	if paging.Style != sugerclient.ByOffset && paging.Style != sugerclient.ByPage {
		return false
	}
	answer, err := r.probe.Do(ctx, page(call, paging, pageProbe, r.users.count, r.users.count))
	if err != nil {
		return false
	}
	rows, _ := rowsIn(decoded(answer.Body), paging.Items)
	return len(rows) == r.users.count
}

// firstPages are the rows of the first pages of a size, as Suger answers them. A
// page that is empty is left out.
func (r *run) firstPages(ctx context.Context, call sugerclient.Call, paging sugerclient.Paging, size, most int) (pages [][]string, err error) {
	if paging.Style == sugerclient.ByCursor || paging.Style == sugerclient.ByLink {
		paging.Size = size
		pages, _, err = r.readPages(ctx, call, paging, most)
		for _, rows := range pages {
			for i := range rows {
				rows[i] = compact(decoded([]byte(rows[i])))
			}
		}
		return pages, err
	}
	for number := range most {
		answer, err := r.probe.Do(ctx, page(call, paging, size, number, number*size))
		if err != nil {
			return nil, err
		}
		rows, _ := rowsIn(decoded(answer.Body), paging.Items)
		if len(rows) == 0 {
			break
		}
		var texts []string
		for _, row := range rows {
			texts = append(texts, compact(row))
		}
		pages = append(pages, texts)
	}
	return pages, nil
}

// compact is a value as JSON text.
func compact(value any) string {
	text, _ := json.Marshal(value) // it came from JSON
	return string(text)
}

// follows reports whether two pages of pageProbe rows are what a list begins with.
func follows(pages [][]string, opening []string) bool {
	if len(pages) != 2 || len(pages[0]) != pageProbe {
		return false
	}
	most := min(len(opening), 2*pageProbe)
	return slices.Equal(slices.Concat(pages...), opening[:most])
}

func (r *run) notAdvancing(ctx context.Context, call sugerclient.Call, err error) Line {
	line := r.failed(ctx, call, err)
	line.Check = "paging"
	if fail := asFailure(err); fail != nil && fail.Kind == sugerclient.Unreadable && fail.Status < 300 {
		next := r.probe.Paging(opListUsers).Offset
		line.Mapping = r.atPaging("next")
		line.Text = fmt.Sprintf("Paging does not advance: with %q for the second page, %s. Users after the first page would be missing.", next, causeOf(fail))
		line.Change = "Correct the name of the parameter: Suger seems to ignore this one."
		r.proposePaging(ctx, &line, call)
	}
	return line
}

func (r *run) judgePages(ctx context.Context, call sugerclient.Call, paging sugerclient.Paging, pages [][]string) Line {
	line := Line{Check: "paging", Level: Fail, Mapping: r.atPaging(""), Change: "Compare paging with Suger's documentation."}
	got := len(pages[0])
	switch {
	case got > pageProbe:
		line.Level, line.Mapping = Look, r.atPaging("limit")
		line.Text = fmt.Sprintf("Suger ignores %s=%d and answers %s.", paging.Limit, pageProbe, count(got, "user"))
	case follows(pages, r.users.opening):
		return Line{Check: "paging", Level: OK, Mapping: line.Mapping, Text: fmt.Sprintf("Advances: two pages of %d follow each other.", pageProbe)}
	case len(pages) == 1 && (paging.Style == sugerclient.ByCursor || paging.Style == sugerclient.ByLink):
		line.Text = "The first page leads to no other, though there are more users: nothing that leads on is where the mapping says."
	case len(pages) == 1:
		line.Text = fmt.Sprintf("Asked for pages of %d, Suger answers %d and then nothing, though there are more users.", pageProbe, got)
	default:
		line.Mapping = r.atPaging("style")
		line.Text = "The second page does not begin where the first ends: users would be missing or come twice."
	}
	r.proposePaging(ctx, &line, call)
	return line
}

// proposePaging names the paging by which the list was seen to go on, if there is
// one.
func (r *run) proposePaging(ctx context.Context, line *Line, call sugerclient.Call) {
	l := &lister{do: r.probe.Do, call: call, items: r.probe.Paging(call.Operation).Items}
	if paging, _, proven := l.find(ctx); proven {
		line.propose(fix("operations."+call.Operation+".paging", pagingValue(paging)))
	}
}
