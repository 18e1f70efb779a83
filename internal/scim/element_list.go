package scim

import (
	"iter"
	"maps"
	"slices"
)

// An elementList is an editable multi-valued attribute: its elements in order, indexed
// by identity, so that a thousand operations on thousands of members stay cheap.
//
// Two elements are the same if they have the same value, by the case rule of the
// attribute, and not two different types (RFC 7643 §2.4); without a value, if all of
// them is the same.
type elementList struct {
	path    AttrPath
	value   *Attribute   // the sub-attribute "value", or nil
	items   []any        // nil where an element was removed
	keys    []elementKey // of the items
	primary int          // position of the primary element, or -1
	changed bool

	// The indexes may hold positions whose element has been removed or changed since.
	byKey   map[elementKey]int
	byValue map[string][]int
}

type elementKey struct{ value, kind string }

func newElementList(path AttrPath, elements []any) *elementList {
	l := &elementList{
		path:    AttrPath{URN: path.URN, Attr: path.Attr},
		value:   attributeNamed(path.Attr.SubAttributes, "value"),
		items:   make([]any, 0, len(elements)),
		keys:    make([]elementKey, 0, len(elements)),
		primary: -1,
		byKey:   make(map[elementKey]int, len(elements)),
		byValue: make(map[string][]int, len(elements)),
	}
	for _, element := range elements {
		l.put(len(l.items), element)
		if isPrimary(element) && l.primary < 0 {
			l.primary = len(l.items) - 1
		}
	}
	return l
}

// elements returns the list as it is now.
func (l *elementList) elements() []any {
	return slices.DeleteFunc(append([]any{}, l.items...), func(item any) bool { return item == nil })
}

func (l *elementList) keyOf(element any) elementKey {
	attr, value, kind := l.path.Attr, element, ""
	if object, ok := element.(map[string]any); ok && l.value != nil && object["value"] != nil {
		attr, value = l.value, object["value"]
		kind, _ = object["type"].(string)
	}
	text, ok := value.(string)
	if !ok {
		return elementKey{canonical(value), foldText(kind)}
	}
	return elementKey{attr.fold(text), foldText(kind)}
}

// put sets the element at pos, or appends it, and indexes it.
func (l *elementList) put(pos int, element any) {
	key := l.keyOf(element)
	if pos == len(l.items) {
		l.items, l.keys = append(l.items, nil), append(l.keys, elementKey{})
	}
	if l.items[pos] == nil || l.keys[pos] != key {
		l.byKey[key] = pos
		l.byValue[key.value] = append(l.byValue[key.value], pos)
	}
	l.items[pos], l.keys[pos] = element, key
}

// same yields the positions of the elements that are the same as the given one. Of those
// with a type, one of its own comes first.
func (l *elementList) same(element any) iter.Seq[int] {
	return func(yield func(int) bool) { // one return, so that it is inlined
		key := l.keyOf(element)
		if key.kind == "" {
			for pos := range l.withValue(key.value) {
				if !yield(pos) {
					return
				}
			}
			return
		}
		for _, key := range []elementKey{key, {value: key.value}} {
			if pos, ok := l.byKey[key]; ok && l.items[pos] != nil && l.keys[pos] == key && !yield(pos) {
				return
			}
		}
	}
}

// withValue yields the positions of the elements with the value.
func (l *elementList) withValue(value string) iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, pos := range l.byValue[value] {
			if l.items[pos] != nil && l.keys[pos].value == value && !yield(pos) {
				return
			}
		}
	}
}

func (l *elementList) find(element any) (int, bool) {
	for pos := range l.same(element) {
		return pos, true
	}
	return 0, false
}

func (l *elementList) part(sub *Attribute) AttrPath {
	return AttrPath{URN: l.path.URN, Attr: l.path.Attr, Sub: sub}
}

func isPrimary(element any) bool {
	object, _ := element.(map[string]any)
	return object["primary"] == true
}

// matching lists the positions of the elements that the filter selects, and how many
// comparisons that takes: none for one value, which is looked up.
func (l *elementList) matching(f *Filter, stopped func() bool) (positions []int, compared int) {
	if path, value, ok := f.Equality(); ok && path == "value" && l.value.Type == String {
		return slices.Compact(slices.Sorted(l.withValue(l.value.fold(value.(string))))), 0
	}
	compared = len(l.items)
	if f != nil {
		compared *= f.comparisons
	}
	for pos, item := range l.items {
		if pos%256 == 255 && stopped != nil && stopped() {
			break
		}
		object, isObject := item.(map[string]any)
		if isObject && f.Match(object) || item != nil && f == nil {
			positions = append(positions, pos)
		}
	}
	return positions, compared
}

// add appends the element, or merges it into the same one that is there.
func (l *elementList) add(element any) {
	pos, found := l.find(element)
	if !found {
		l.store(len(l.items), element)
	} else if members, ok := element.(map[string]any); ok {
		_ = l.set(pos, members, true) // what cannot be changed stays
	}
}

// store sets the element at pos, or appends it. If the new element is the same as
// another, the other is removed; if it is primary, the former primary one no longer is
// (RFC 7644 §3.5.2).
func (l *elementList) store(pos int, element any) {
	l.changed = true
	if twin, found := l.find(element); found && twin != pos {
		l.items[twin] = nil
	}
	l.put(pos, element)
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

func (l *elementList) remove(pos int) {
	l.items[pos] = nil
	l.changed = true
}

// replaceAll replaces the elements. Those that remain keep their read-only parts.
func (l *elementList) replaceAll(elements []any) {
	fresh := newElementList(l.path, nil)
	for _, element := range elements {
		fresh.add(l.inherit(element))
	}
	fresh.changed = true
	*l = *fresh
}

// inherit adds to an element the read-only sub-attributes of the same one in the list.
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

// applySelected applies the operation to the elements at the positions, which the path
// selects, or to the sub-attribute of each.
func (l *elementList) applySelected(op string, path *Path, positions []int, value any, named bool) error {
	part := path.Sub
	switch {
	case op == patchRemove && part != nil:
		value = nil
	case part == nil && isScalar(value):
		part = l.value
	}
	if part != nil {
		value = map[string]any{part.Name: value}
	}
	switch {
	case op == patchRemove && path.Sub == nil:
		for _, pos := range positions {
			l.remove(pos)
		}
		return nil
	case path.Filter == nil && len(positions) == 0 && !named && part != l.value:
		return nil
	case op == patchReplace && part == nil:
		return l.replaceSelected(path, positions, value)
	}
	read, err := valueReader{}.readObject(l.path, value)
	members, _ := read.(map[string]any)
	switch {
	case err != nil || len(members) == 0:
		return err
	case len(positions) > 0:
		for _, pos := range positions {
			if err := l.set(pos, members, false); err != nil {
				return err
			}
		}
		return nil
	case part != nil && IsEmpty(members[part.Name]):
		return nil
	}
	return l.create(path, members)
}

func isScalar(value any) bool {
	switch value.(type) {
	case nil, []any, map[string]any:
		return false
	}
	return true
}

// replaceSelected replaces each of the elements by one.
func (l *elementList) replaceSelected(path *Path, positions []int, value any) error {
	read, err := valueReader{}.read(l.path, value)
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

// set sets sub-attributes of the element at pos, and removes those that are empty. A new
// value drops the read-only ones; an element that loses its value is removed. The error
// is that an immutable one would change. If merging, that stays as it is, and so does what
// differs in spelling only.
func (l *elementList) set(pos int, members map[string]any, merging bool) error {
	element, _ := l.items[pos].(map[string]any)
	if element == nil {
		return nil // one before it has become the same, so it is gone
	}
	changed := maps.Clone(element)
	for _, sub := range l.path.Attr.SubAttributes {
		want, given := members[sub.Name]
		have := element[sub.Name]
		fixed := sub.Mutability == Immutable && have != nil && !sub.same(have, want)
		switch {
		case !given, merging && (fixed || sub.Located || sub.same(have, want)):
			continue
		case fixed, sub.Located && sub.identifierIn(want) != element["value"]: // a reference to another resource
			return NewError(CodeMutability, "The attribute %s cannot be changed once it is set.", l.part(sub))
		case sub.Located, Equal(have, want):
			continue
		case sub == l.value:
			l.dropReadOnly(changed)
		}
		changed[sub.Name] = want
		if IsEmpty(want) {
			delete(changed, sub.Name)
		}
	}
	switch {
	case Equal(element, changed):
	case len(changed) == 0 || l.value != nil && changed["value"] == nil:
		l.remove(pos)
	default:
		l.store(pos, changed)
	}
	return nil
}

func (l *elementList) dropReadOnly(element map[string]any) {
	for _, sub := range l.path.Attr.SubAttributes {
		if sub.Mutability == ReadOnly {
			delete(element, sub.Name)
		}
	}
}

// create adds the element that the filter of a path describes, with members, where the
// RFC only has an error: Entra ID sets a first address with emails[type eq "work"].value.
// The value must be among the members, so that a filter for a removed element never adds
// it again.
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
		isSame := func(canonical string) bool { return sub.same(canonical, value) }
		canDerive := sub.Derived && (len(sub.CanonicalValues) == 0 || slices.ContainsFunc(sub.CanonicalValues, isSame))
		switch {
		case err != nil:
			return err
		case sub.Mutability == ReadOnly && !canDerive:
			return noTarget
		}
		described[sub.Name] = value
	}
	maps.Copy(described, members)
	maps.DeleteFunc(described, func(_ string, value any) bool { return IsEmpty(value) })
	if !path.Filter.Match(described) {
		return noTarget
	}
	l.dropReadOnly(described)
	l.add(described)
	return nil
}
