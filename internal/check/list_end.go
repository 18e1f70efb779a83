package check

import (
	"context"
	"fmt"

	"suger-scim-gateway/sugerclient"
)

// pageSize says if Suger gives smaller pages than it is asked for.
func (r *run) pageSize(paging sugerclient.Paging) {
	if r.users.pages > 1 && r.users.firstPage < paging.Size {
		line := Line{Check: "page size", Level: Look, Mapping: r.atPaging("size"),
			Text: fmt.Sprintf("Asked for %d users, Suger answers %d at most.", paging.Size, r.users.firstPage)}
		line.propose(fix(line.Mapping.Entry, r.users.firstPage))
		r.add(line)
	}
}

// end asks for what comes after the last user.
func (r *run) end(ctx context.Context, call sugerclient.Call, paging sugerclient.Paging) {
	if paging.Style != sugerclient.ByOffset && paging.Style != sugerclient.ByPage {
		return
	}
	answer, err := r.probe.Do(ctx, page(call, paging, 0, r.users.pages, r.users.count))
	if err != nil {
		return // a page past the end may be refused
	}
	rows, _ := rowsIn(decoded(answer.Body), paging.Items)
	for _, row := range rows {
		if record, err := r.probe.ReadUser(row); err == nil && !r.users.ids[record.ID] {
			line := Line{Check: "page size", Level: Fail, Mapping: r.atPaging("size"),
				Text: fmt.Sprintf("The list goes on after the %d users that the gateway takes for all: Suger gives %d on a page.", r.users.count, r.users.firstPage)}
			line.propose(fix(line.Mapping.Entry, r.users.firstPage))
			r.add(line)
			return
		}
	}
}

// total compares the number of all users with the list.
func (r *run) total(paging sugerclient.Paging, answer any) {
	line := Line{Check: "total", Level: Look, Mapping: r.at("operations.list users.total")}
	switch candidates := totalsIn(answer); {
	case paging.Total == "" && len(candidates) > 0:
		line.Text = fmt.Sprintf("%s in the answer may be the number of all users, by which the gateway can tell a list that is cut.", both(candidates))
		line.propose(fixes(line.Mapping.Entry, candidates)...)
	case paging.Total == "":
		return
	case r.users.total >= 0:
		line.Level, line.Text = OK, fmt.Sprintf("%s says %d.", paging.Total, r.users.total)
	default:
		line.Text = fmt.Sprintf("No number is at %s: the gateway cannot tell a list that is cut.", paging.Total)
		line.propose(Fix{Entry: line.Mapping.Entry})
		if len(candidates) > 0 {
			line.propose(fixes(line.Mapping.Entry, candidates)...)
		}
	}
	r.add(line)
}
