package strict

import "math"

// free reads whatever JSON can hold: nil, bool, int, float64, string, []any or
// map[string]any. A null has to be spelled, since an empty value is more often a
// value forgotten.
func (d *decoder) free(n *node) any {
	switch n.kind {
	case list:
		values := make([]any, len(n.items))
		for i, item := range n.items {
			values[i] = d.free(item)
		}
		return values
	case object:
		values := make(map[string]any, len(n.members))
		for _, m := range n.members {
			values[m.key] = d.free(m.value)
		}
		return values
	case refused:
		return nil
	}
	value := n.value()
	switch number, isFloat := value.(float64); {
	case value == nil && n.text == "":
		d.at(n, "wants a value, found nothing", "write null if that is meant")
	case isFloat && math.IsInf(number, 0):
		d.mismatch(n, "a number that JSON can hold")
	}
	return value
}
