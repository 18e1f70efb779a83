package scim

import (
	"iter"
	"maps"
	"slices"
)

// An elementList is an editable multi-valued attribute: its elements in order, indexed by
// value, so that a thousand operations on thousands of members stay cheap.
//
// Two elements are the same if they have the same value, by the case rule of the
// attribute, and not two different types (RFC 7643 §2.4); without a value, if all of
// them is the same.
type elementList struct {
	path    AttrPath
	value   *Attribute       // the sub-attribute "value", or nil
	items   []any            // nil where an element was removed
	keys    []elementKey     // of the items
	index   map[string][]int // positions by value; what was there can have been removed or changed
	primary int              // position of the primary element, or -1
	changed bool
}

type elementKey struct{ value, kind string }

func newElementList(path AttrPath, elements []any) *elementList {
	l := &elementList{
		path:    AttrPath{URN: path.URN, Attr: path.Attr},
		value:   attributeNamed(path.Attr.SubAttributes, "value"),
		index:   make(map[string][]int, len(elements)),
		primary: slices.IndexFunc(elements, isPrimary),
	}
	for pos, element := range elements {
		l.put(pos, element)
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
		encoded, _ := Marshal(value) // in normal form, so it can be encoded
		return elementKey{string(encoded), foldText(kind)}
	}
	return elementKey{attr.fold(text), foldText(kind)}
}

// put sets the element at pos, or appends it, and indexes it.
func (l *elementList) put(pos int, element any) {
	key := l.keyOf(element)
	if pos == len(l.items) {
		l.items, l.keys = append(l.items, nil), append(l.keys, elementKey{})
	}
	if l.items[pos] == nil || l.keys[pos].value != key.value {
		l.index[key.value] = append(l.index[key.value], pos)
	}
	l.items[pos], l.keys[pos] = element, key
}

// same yields the positions of the elements that are the same as one with the key. Of
// those with a type, one of its own comes first.
func (l *elementList) same(key elementKey) iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, own := range []bool{true, false} {
			for _, pos := range l.index[key.value] {
				now := l.keys[pos]
				isOwn := key.kind == "" || now.kind == key.kind
				found := l.items[pos] != nil && now.value == key.value && isOwn == own && (own || now.kind == "")
				if found && !yield(pos) {
					return
				}
			}
		}
	}
}

// find returns the position of the first element that is the same, or -1. Thousands can be.
func (l *elementList) find(element any) int {
	for pos := range l.same(l.keyOf(element)) {
		return pos
	}
	return -1
}

func isPrimary(element any) bool {
	object, _ := element.(map[string]any)
	return object["primary"] == true
}

// add appends the element, or merges it into the same one that is there.
func (l *elementList) add(element any) {
	pos := l.find(element)
	if pos < 0 {
		l.store(len(l.items), element)
	} else if members, ok := element.(map[string]any); ok {
		_ = l.set(pos, members, true) // what cannot be changed stays
	}
}

// store sets the element at pos, or appends it. Another that is the same is removed, and a
// former primary one is no longer primary, if the new one is (RFC 7644 §3.5.2).
func (l *elementList) store(pos int, element any) {
	l.changed = true
	if twin := l.find(element); twin >= 0 && twin != pos {
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

func (l *elementList) remove(positions []int) {
	for _, pos := range positions {
		l.items[pos] = nil
	}
	l.changed = true
}

// apply applies an operation to the list.
func (l *elementList) apply(op string, reader valueReader, value any) error {
	read, err := reader.read(l.path, value)
	if err != nil {
		return err
	}
	old := *l
	if op == patchReplace || op == patchRemove && value == nil {
		*l = *newElementList(l.path, nil)
		l.changed = true
	}
	for _, element := range read.([]any) {
		switch op {
		case patchRemove:
			l.remove(slices.Collect(l.same(l.keyOf(element))))
		case patchReplace:
			l.add(old.inherit(element))
		default:
			l.add(element)
		}
	}
	return nil
}

// inherit returns the element with the read-only sub-attributes of the same one in the list, by
// which later filters can select it.
func (l *elementList) inherit(element any) any {
	object, isObject := element.(map[string]any)
	pos := l.find(element)
	if !isObject || pos < 0 {
		return element
	}
	known, _ := l.items[pos].(map[string]any)
	inherited := maps.Clone(object)
	for name, said := range known {
		if l.isReadOnly(name, said) {
			inherited[name] = said
		}
	}
	return inherited
}

func (l *elementList) isReadOnly(name string, _ any) bool {
	sub := attributeNamed(l.path.Attr.SubAttributes, name)
	return sub != nil && sub.Mutability == ReadOnly
}

// applySelected applies an operation to the elements at the positions, which the path
// selects, or to the sub-attribute of each. A scalar means their value.
func (l *elementList) applySelected(op string, reader valueReader, path *Path, positions []int, value any, named bool) error {
	part := path.Sub
	switch {
	case op == patchRemove && part == nil:
		l.remove(positions)
		return nil
	case op == patchRemove:
		value = nil
	case part == nil && isScalar(value):
		part = l.value
	}
	if path.Filter == nil && len(positions) == 0 && !named && part != l.value {
		return nil
	}
	var members map[string]any
	whole := op == patchReplace && part == nil
	if whole {
		read, err := reader.read(l.path, value)
		elements, _ := read.([]any)
		switch {
		case err != nil:
			return err
		case len(elements) > 1:
			return NewError(CodeInvalidValue, "The path selects entries of %s, so the value must be one entry.", l.path)
		case len(elements) == 0:
			l.remove(positions)
			return nil
		}
		members = elements[0].(map[string]any)
	} else {
		if part != nil {
			value = map[string]any{part.Name: value}
		}
		read, err := reader.readObject(l.path, value)
		members, _ = read.(map[string]any)
		if err != nil || len(members) == 0 {
			return err
		}
	}
	for _, pos := range positions {
		if whole {
			l.store(pos, l.inherit(members))
		} else if err := l.set(pos, members, false); err != nil {
			return err
		}
	}
	if len(positions) == 0 && (part == nil || !IsEmpty(members[part.Name])) {
		return l.create(path.Filter, members)
	}
	return nil
}

func isScalar(value any) bool {
	_, isList := value.([]any)
	_, isObject := value.(map[string]any)
	return value != nil && !isList && !isObject
}

// set sets sub-attributes of the element at pos, and removes those that are empty. A new value
// drops the read-only ones; an element that loses its value is removed. To change an immutable
// one is an error, unless merging: then it stays, as does what differs in spelling only.
func (l *elementList) set(pos int, members map[string]any, merging bool) error {
	element, _ := l.items[pos].(map[string]any)
	if element == nil {
		return nil // one before it has become the same, so it is gone
	}
	changed := maps.Clone(element)
	for _, sub := range l.path.Attr.SubAttributes {
		want, given := members[sub.Name]
		have := element[sub.Name]
		same := sub.same(have, want)
		fixed := sub.Mutability == Immutable && have != nil && !same
		if sub.Located { // it names the resource that the value identifies
			fixed, same = sub.identifierIn(want) != element["value"], true
		}
		switch {
		case !given, merging && (fixed || same), sub.Located && !fixed:
			continue
		case fixed:
			return NewError(CodeMutability, "The attribute %s cannot be changed once it is set.", AttrPath{URN: l.path.URN, Attr: l.path.Attr, Sub: sub})
		case sub == l.value && have != want:
			maps.DeleteFunc(changed, l.isReadOnly)
		}
		changed[sub.Name] = want
		if IsEmpty(want) {
			delete(changed, sub.Name)
		}
	}
	if len(changed) == 0 || l.value != nil && changed["value"] == nil {
		l.remove([]int{pos})
	} else {
		l.store(pos, changed)
	}
	return nil
}

// create adds the element that the filter describes, with members: Entra ID sets a first address
// with emails[type eq "work"].value. The value must be among the members, so that a filter for
// a removed element never adds it again.
func (l *elementList) create(filter *Filter, members map[string]any) error {
	described, whole := map[string]any{}, filter == nil || filter.equal != nil
	if filter != nil {
		for _, equality := range filter.equal {
			sub := equality.attr
			isSame := func(canonical string) bool { return sub.same(canonical, equality.value) }
			derived := sub.Derived && (len(sub.CanonicalValues) == 0 || slices.ContainsFunc(sub.CanonicalValues, isSame))
			whole = whole && (derived || sub.Mutability != ReadOnly)
			described[sub.Name] = equality.value
		}
	}
	maps.Copy(described, members)
	maps.DeleteFunc(described, func(_ string, value any) bool { return IsEmpty(value) })
	if !whole || l.value != nil && IsEmpty(members["value"]) || !filter.Match(described) {
		return NewError(CodeNoTarget, "The path selects no entry of %s, so there is nothing to change.", l.path)
	}
	maps.DeleteFunc(described, l.isReadOnly)
	l.add(described)
	return nil
}
