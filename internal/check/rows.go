package check

import (
	"context"
	"errors"
	"slices"

	"suger-scim-gateway/sugerclient"
)

// errEnough ends a list that need not be read to its end.
var errEnough = errors.New("enough pages")

// A pageReader collects the rows of a list by the answers that held them.
type pageReader struct {
	most  int // pages, 0 for all
	pages [][]string
}

// Keep drops what came after the first n rows, and begins a page.
func (p *pageReader) Keep(n int) {
	for i, page := range p.pages {
		p.pages[i] = page[:min(n, len(page))]
		n -= len(p.pages[i])
	}
	p.pages = slices.DeleteFunc(p.pages, func(page []string) bool { return len(page) == 0 })
	p.pages = append(p.pages, nil)
}

// Row adds a row to the page.
func (p *pageReader) Row(row []byte) error {
	if p.most > 0 && len(p.pages) > p.most {
		return errEnough
	}
	last := len(p.pages) - 1
	p.pages[last] = append(p.pages[last], string(row))
	return nil
}

// readPages reads a list, at most so many pages of it unless that is 0.
func (r *run) readPages(ctx context.Context, call sugerclient.Call, paging sugerclient.Paging, most int) ([][]string, sugerclient.ListReport, error) {
	reader := &pageReader{most: most}
	report, err := r.probe.Rows(ctx, call, paging, reader)
	if errors.Is(err, errEnough) {
		err = nil
	}
	pages := reader.pages
	if most > 0 && len(pages) > most {
		pages = pages[:most]
	}
	return pages, report, err
}
