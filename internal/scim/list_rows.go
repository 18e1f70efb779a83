package scim

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// rows are the resources that a query selects, in the order of the list.
type rows struct {
	total  int
	picked []row // nil if all resources are selected, in their own order
}

type row struct {
	index int // of the resource, as Select's at counts
	key   sortKey
}

func (q *Query) rows(n int, at func(int) View) rows {
	if q.Filter == nil && q.SortBy == nil {
		return rows{total: n}
	}
	picked := []row{}
	for i := range n {
		if i%256 == 255 && q.Stopped != nil && q.Stopped() {
			break
		}
		r := at(i).Resource()
		if !q.Filter.Match(r) {
			continue
		}
		row := row{index: i}
		if q.SortBy != nil {
			row.key = q.SortBy.sortKeyOf(r)
		}
		picked = append(picked, row)
	}
	if q.SortBy != nil {
		slices.SortFunc(picked, func(a, b row) int { return a.compare(b, q.Descending) })
	}
	return rows{total: len(picked), picked: picked}
}

// compare orders rows by their keys, and rows of equal keys by the order that
// the resources have anyway, which is the same in both directions.
func (r row) compare(other row, descending bool) int {
	order := r.key.compare(other.key)
	if descending {
		order = -order
	}
	return cmp.Or(order, cmp.Compare(r.index, other.index))
}

func (rs rows) at(i int) row {
	if rs.picked == nil {
		return row{index: i}
	}
	return rs.picked[i]
}

// after finds the first row that comes after a position.
func (rs rows) after(p *Position, descending bool, n int, at func(int) View) int {
	if *p == (Position{}) {
		return 0
	}
	// The resources from this index on are younger than the position.
	younger := sort.Search(n, func(i int) bool { return positionOf(at(i).Resource(), sortKey{}).compareAge(p) > 0 })
	boundary := row{index: younger, key: p.key}
	return sort.Search(rs.total, func(i int) bool { return rs.at(i).compare(boundary, descending) >= 0 })
}

func positionOf(r Resource, key sortKey) *Position {
	meta, _ := r["meta"].(map[string]any)
	created, _ := meta["created"].(string)
	return &Position{key: key, created: created, id: r.ID()}
}

// compareAge orders positions by (created, id).
func (p *Position) compareAge(other *Position) int {
	order := strings.Compare(p.created, other.created)
	a, okA := parseInstant(p.created)
	b, okB := parseInstant(other.created)
	if okA && okB {
		order = a.Compare(b)
	}
	return cmp.Or(order, strings.Compare(p.id, other.id))
}
