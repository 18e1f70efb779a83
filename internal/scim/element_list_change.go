package scim

import "maps"

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

// store puts the element at pos in the place of what is there. An element that
// becomes the same as another takes its place, too; a primary one takes the
// other's rank (RFC 7644 §3.5.2).
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

// replaceAll replaces the elements. What the provider itself says of an element
// that stays, stays with it.
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

// set sets a sub-attribute of the element at pos, or removes it if the value is
// empty. An element that loses its value is removed.
func (l *elementList) set(pos int, sub *Attribute, value any) {
	object, _ := l.items[pos].(map[string]any)
	if Equal(object[sub.Name], value) {
		return
	}
	changed := l.with(object, sub, value)
	if len(changed) == 0 || l.value != nil && changed["value"] == nil {
		l.remove(pos)
		return
	}
	l.store(pos, changed)
}

// with is a copy of the element with a sub-attribute set. A new value leaves
// behind what the provider said of the old one.
func (l *elementList) with(element map[string]any, sub *Attribute, value any) map[string]any {
	changed := make(map[string]any, len(element)+1)
	maps.Copy(changed, element)
	if sub == l.value {
		for _, sub := range l.path.Attr.SubAttributes {
			if sub.Mutability == ReadOnly {
				delete(changed, sub.Name)
			}
		}
	}
	changed[sub.Name] = value
	if isEmpty(value) {
		delete(changed, sub.Name)
	}
	return changed
}
