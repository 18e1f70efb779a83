package scim

import (
	"maps"
	"slices"
)

// An elementList is an editable multi-valued attribute: its elements in order,
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

	// The indexes may hold positions whose element has been removed or changed since.
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
		return elementKey{value: canonical(element)}
	}
	kind, _ := object["type"].(string)
	return elementKey{foldUnless(l.value.CaseExact, object["value"]), foldText(kind)}
}

func foldUnless(exact bool, value any) string {
	text, ok := value.(string)
	switch {
	case !ok:
		return canonical(value)
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
	if f == nil {
		return len(l.items)
	}
	return f.comparisons * len(l.items)
}

// matching lists the positions of the elements that the filter selects; all if
// it is nil. It ends early once stopped returns true.
func (l *elementList) matching(f *Filter, stopped func() bool) []int {
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
		if pos%256 == 255 && stopped != nil && stopped() {
			break
		}
		if item != nil && f.MatchElement(item) {
			positions = append(positions, pos)
		}
	}
	return positions
}

// add appends the element, or merges it into the same one that is there.
func (l *elementList) add(element any) {
	pos, found := l.find(element)
	if found {
		l.merge(pos, element)
		return
	}
	l.items = append(l.items, nil)
	l.store(len(l.items)-1, element)
}

// merge sets the sub-attributes of the element in the one at pos. Immutable
// ones stay.
func (l *elementList) merge(pos int, element any) {
	members, _ := element.(map[string]any)
	object, _ := l.items[pos].(map[string]any)
	var merged map[string]any
	for _, sub := range l.path.Attr.SubAttributes {
		have, want := object[sub.Name], members[sub.Name]
		if want == nil || sub.same(have, want) || have != nil && sub.Mutability == Immutable {
			continue
		}
		if merged == nil {
			merged = maps.Clone(object)
		}
		merged[sub.Name] = want
	}
	if merged != nil {
		l.store(pos, merged)
	}
}

// store replaces the element at pos. If the new element is the same as another, the
// other is removed; if it is primary, the former primary one no longer is (RFC 7644
// §3.5.2).
func (l *elementList) store(pos int, element any) {
	l.changed = true
	if twin, found := l.find(element); found && twin != pos {
		l.items[twin] = nil
	}
	before := l.items[pos]
	l.items[pos] = element
	if before == nil || l.keyOf(before) != l.keyOf(element) {
		l.index(pos)
	}
	if !isPrimary(element) {
		return
	}
	if old := l.primary; old >= 0 && old != pos && isPrimary(l.items[old]) {
		demoted := maps.Clone(l.items[old].(map[string]any))
		demoted["primary"] = false
		l.items[old] = demoted
	}
	l.primary = pos
}

// remove removes the element at pos.
func (l *elementList) remove(pos int) {
	l.items[pos] = nil
	l.changed = true
}

// removeSame removes the elements that are the same as the given one.
func (l *elementList) removeSame(element any) {
	for {
		pos, found := l.find(element)
		if !found {
			return
		}
		l.remove(pos)
	}
}

// replaceAll replaces the elements. Those that stay keep their read-only
// sub-attributes.
func (l *elementList) replaceAll(elements []any) {
	fresh := newElementList(l.path, nil)
	for _, element := range elements {
		fresh.add(l.inherit(element))
	}
	fresh.changed = true
	*l = *fresh
}

// inherit adds to an element the read-only sub-attributes of the same one in
// the list.
func (l *elementList) inherit(element any) any {
	object, _ := element.(map[string]any)
	pos, found := l.find(element)
	if object == nil || !found {
		return element
	}
	known, _ := l.items[pos].(map[string]any)
	for _, sub := range l.path.Attr.SubAttributes {
		if sub.Mutability == ReadOnly && known[sub.Name] != nil {
			object[sub.Name] = known[sub.Name]
		}
	}
	return object
}

// applySelected applies the operation to the elements at the positions that the
// path's filter selects, all if it has none, or to the sub-attribute of each.
func (l *elementList) applySelected(op string, path *Path, positions []int, value any, named bool) error {
	sub := path.Sub
	if sub == nil && isScalar(value) {
		sub = l.value
	}
	switch {
	case op == patchRemove && path.Sub != nil:
		return l.setMembers(positions, map[string]any{path.Sub.Name: nil})
	case op == patchRemove:
		for _, pos := range positions {
			l.remove(pos)
		}
		return nil
	case path.Filter == nil && len(positions) == 0 && !named && sub != l.value:
		return nil
	case sub == nil && op == patchReplace:
		return l.replaceSelected(path, positions, value)
	}
	members, err := l.readMembers(sub, value)
	switch {
	case err != nil, len(members) == 0:
		return err
	case sub != nil && sub.Located:
		return l.checkReference(sub, positions, members[sub.Name])
	case len(positions) > 0:
		return l.setMembers(positions, members)
	case sub != nil && IsEmpty(members[sub.Name]):
		return nil
	}
	return l.create(path, members)
}

// readMembers reads a value of one sub-attribute, or an object of several if sub is nil.
func (l *elementList) readMembers(sub *Attribute, value any) (map[string]any, error) {
	if sub != nil {
		read, err := valueReader{}.read(l.part(sub), value)
		return map[string]any{sub.Name: read}, err
	}
	read, err := valueReader{}.readObject(l.path, value)
	members, _ := read.(map[string]any)
	return members, err
}

func isScalar(value any) bool {
	switch value.(type) {
	case nil, []any, map[string]any:
		return false
	}
	return true
}

// checkReference allows a $ref to be set to its present value only: the URL of the
// resource that the element's value names.
func (l *elementList) checkReference(sub *Attribute, positions []int, reference any) error {
	text, _ := reference.(string)
	id, _ := sub.identifierIn(text)
	for _, pos := range positions {
		if object, _ := l.items[pos].(map[string]any); object["value"] != id {
			return NewError(CodeMutability, "The attribute %s cannot be changed once it is set.", l.part(sub))
		}
	}
	return nil
}

// replaceSelected replaces each of the elements by one.
func (l *elementList) replaceSelected(path *Path, positions []int, value any) error {
	read, err := valueReader{}.readList(l.path, value)
	if err != nil {
		return err
	}
	elements := read.([]any)
	switch {
	case len(elements) > 1:
		return NewError(CodeInvalidValue, "The path selects entries of %s, so the value must be one entry.", l.path)
	case len(elements) == 1 && len(positions) == 0:
		return l.create(path, elements[0].(map[string]any))
	}
	for _, pos := range positions {
		if len(elements) == 0 {
			l.remove(pos)
		} else {
			l.store(pos, l.inherit(maps.Clone(elements[0].(map[string]any))))
		}
	}
	return nil
}

// setMembers sets sub-attributes of the elements, and removes those whose value is
// empty. A new value of an element drops the read-only sub-attributes of the old
// one; an element that loses its value is removed.
func (l *elementList) setMembers(positions []int, members map[string]any) error {
	for _, pos := range positions {
		for _, sub := range l.path.Attr.SubAttributes {
			value, given := members[sub.Name]
			element, _ := l.items[pos].(map[string]any)
			have := element[sub.Name]
			switch {
			case !given, element == nil, Equal(have, value):
				continue
			case sub.Mutability == Immutable && have != nil && value != nil && !sub.same(have, value):
				return NewError(CodeMutability, "The attribute %s cannot be changed once it is set.", l.part(sub))
			}
			changed := maps.Clone(element)
			if sub == l.value {
				l.dropReadOnly(changed)
			}
			changed[sub.Name] = value
			if IsEmpty(value) {
				delete(changed, sub.Name)
			}
			if len(changed) == 0 || l.value != nil && changed["value"] == nil {
				l.remove(pos)
			} else {
				l.store(pos, changed)
			}
		}
	}
	return nil
}

// dropReadOnly removes the read-only sub-attributes from an element.
func (l *elementList) dropReadOnly(element map[string]any) {
	for _, sub := range l.path.Attr.SubAttributes {
		if sub.Mutability == ReadOnly {
			delete(element, sub.Name)
		}
	}
}

// create adds the element that the filter of a path describes, with members,
// where the RFC only has an error: Entra ID sets a first e-mail address
// with emails[type eq "work"].value. The element's own value must be among the
// members, so that a filter for a removed element never adds it again.
func (l *elementList) create(path *Path, members map[string]any) error {
	noTarget := NewError(CodeNoTarget, "The path selects no entry of %s, so there is nothing to change.", l.path)
	var equalities []equality
	if path.Filter != nil {
		equalities = path.Filter.equal
	}
	if path.Filter != nil && equalities == nil || l.value != nil && IsEmpty(members["value"]) {
		return noTarget
	}
	described := map[string]any{}
	for _, equality := range equalities {
		sub := equality.attr
		value, err := valueReader{}.read(l.part(sub), equality.value)
		switch {
		case err != nil:
			return err
		case sub.Mutability == ReadOnly && !sub.mayDerive(value):
			return noTarget
		}
		described[sub.Name] = value
	}
	maps.Copy(described, members)
	maps.DeleteFunc(described, func(_ string, value any) bool { return IsEmpty(value) })
	if !path.Filter.MatchElement(described) {
		return noTarget
	}
	l.dropReadOnly(described)
	l.add(described)
	return nil
}

// mayDerive reports whether the provider, which computes the attribute itself, can
// compute the value.
func (a *Attribute) mayDerive(value any) bool {
	return a.Derived && (len(a.CanonicalValues) == 0 ||
		slices.ContainsFunc(a.CanonicalValues, func(canonical string) bool { return a.same(canonical, value) }))
}
