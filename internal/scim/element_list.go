package scim

import "slices"

// An elementList is a multi-valued attribute under work: its elements in order,
// indexed by what identifies them, so that a thousand operations on thousands
// of members stay cheap.
//
// Two elements are the same if they have the same value, by the case rule of
// the attribute, and not two different types (RFC 7643 §2.4). Without a value
// all of them must be the same.
type elementList struct {
	path    AttrPath
	value   *Attribute // the sub-attribute "value", or nil
	items   []any      // nil where an element was removed
	primary int        // position of the primary element, or -1
	changed bool

	// The indexes may hold positions whose element has gone or changed since.
	byKey   map[elementKey]int
	byValue map[string][]int
}

// An elementKey identifies an element.
type elementKey struct{ value, kind string }

func newElementList(path AttrPath, elements []any) *elementList {
	l := &elementList{
		path:    AttrPath{URN: path.URN, Attr: path.Attr},
		value:   attributeNamed(path.Attr.SubAttributes, "value"),
		items:   make([]any, 0, len(elements)),
		primary: -1,
		byKey:   make(map[elementKey]int, len(elements)),
		byValue: make(map[string][]int, len(elements)),
	}
	for _, element := range elements {
		l.items = append(l.items, element)
		l.index(len(l.items) - 1)
		if isPrimary(element) && l.primary < 0 {
			l.primary = len(l.items) - 1
		}
	}
	return l
}

// elements is the list as it is now.
func (l *elementList) elements() []any {
	elements := make([]any, 0, len(l.items))
	for _, item := range l.items {
		if item != nil {
			elements = append(elements, item)
		}
	}
	return elements
}

func (l *elementList) keyOf(element any) elementKey {
	object, ok := element.(map[string]any)
	if !ok {
		return elementKey{value: foldUnless(l.path.Attr.CaseExact, element)}
	}
	if l.value == nil || object["value"] == nil {
		return elementKey{value: string(appendCanonical(nil, element))}
	}
	kind, _ := object["type"].(string)
	return elementKey{foldUnless(l.value.CaseExact, object["value"]), foldText(kind)}
}

func foldUnless(exact bool, value any) string {
	text, ok := value.(string)
	switch {
	case !ok:
		return string(appendCanonical(nil, value))
	case exact:
		return text
	}
	return foldText(text)
}

func (l *elementList) index(pos int) {
	key := l.keyOf(l.items[pos])
	l.byKey[key] = pos
	l.byValue[key.value] = append(l.byValue[key.value], pos)
}

// find is the position of the same element.
func (l *elementList) find(element any) (int, bool) {
	key := l.keyOf(element)
	if key.kind == "" {
		return l.first(key.value)
	}
	for _, key := range []elementKey{key, {value: key.value}} {
		if pos, ok := l.byKey[key]; ok && l.items[pos] != nil && l.keyOf(l.items[pos]) == key {
			return pos, true
		}
	}
	return 0, false
}

// first is the position of the first element with the value. It forgets the
// positions before it.
func (l *elementList) first(value string) (int, bool) {
	positions := l.byValue[value]
	for len(positions) > 0 {
		if l.has(positions[0], value) {
			l.byValue[value] = positions
			return positions[0], true
		}
		positions = positions[1:]
	}
	delete(l.byValue, value)
	return 0, false
}

func (l *elementList) has(pos int, value string) bool {
	return l.items[pos] != nil && l.keyOf(l.items[pos]).value == value
}

// part is the path of a sub-attribute of the elements.
func (l *elementList) part(sub *Attribute) AttrPath {
	return AttrPath{URN: l.path.URN, Attr: l.path.Attr, Sub: sub}
}

func isPrimary(element any) bool {
	object, _ := element.(map[string]any)
	return object["primary"] == true
}

// cost is how many comparisons the filter makes to select elements.
func (l *elementList) cost(f *Filter) int {
	if path, _, ok := f.Equality(); ok && path == "value" && l.value.Type == String {
		return 0 // there is an index
	}
	return f.terms() * len(l.items)
}

// matching lists the positions of the elements that the filter selects; all if
// it is nil.
func (l *elementList) matching(f *Filter) []int {
	var positions []int
	if path, value, ok := f.Equality(); ok && path == "value" && l.value.Type == String {
		text := foldUnless(l.value.CaseExact, value)
		for _, pos := range l.byValue[text] {
			if l.has(pos, text) {
				positions = append(positions, pos)
			}
		}
		slices.Sort(positions)
		return slices.Compact(positions)
	}
	for pos, item := range l.items {
		if item != nil && f.MatchElement(item) {
			positions = append(positions, pos)
		}
	}
	return positions
}
