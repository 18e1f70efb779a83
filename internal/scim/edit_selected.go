package scim

import (
	"maps"
	"slices"
)

// applySelected applies the operation to the elements that the path's filter
// selects, all if it has none, or to the sub-attribute of each.
func (l *elementList) applySelected(op string, path *Path, value any, named bool) error {
	positions := l.matching(path.Filter)
	sub := path.Sub
	if sub == nil && isScalar(value) {
		sub = l.value
	}
	switch {
	case op == patchRemove:
		for _, pos := range positions {
			if path.Sub == nil {
				l.remove(pos)
			} else {
				l.set(pos, path.Sub, nil)
			}
		}
		return nil
	case path.Filter == nil && len(positions) == 0 && !named && sub != l.value:
		return nil
	case sub != nil:
		return l.setSub(path, sub, positions, value)
	}
	return l.setObject(op, path, positions, value)
}

func isScalar(value any) bool {
	switch value.(type) {
	case nil, []any, map[string]any:
		return false
	}
	return true
}

// setSub sets one sub-attribute of the elements.
func (l *elementList) setSub(path *Path, sub *Attribute, positions []int, value any) error {
	read, err := valueReader{}.read(l.part(sub), value)
	switch {
	case err != nil:
		return err
	case len(positions) > 0:
		return l.setMembers(positions, map[string]any{sub.Name: read})
	case isEmpty(read):
		return nil
	}
	return l.create(path, map[string]any{sub.Name: read})
}

// setObject replaces the elements by an object, or adds its members to each.
func (l *elementList) setObject(op string, path *Path, positions []int, value any) error {
	if op == patchAdd {
		read, err := valueReader{}.readObject(l.path, value)
		members, _ := read.(map[string]any)
		switch {
		case err != nil, len(members) == 0:
			return err
		case len(positions) == 0:
			return l.create(path, members)
		}
		return l.setMembers(positions, members)
	}
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

// setMembers sets sub-attributes of the elements.
func (l *elementList) setMembers(positions []int, members map[string]any) error {
	for _, pos := range positions {
		for _, sub := range l.path.Attr.SubAttributes {
			value, given := members[sub.Name]
			if !given || l.items[pos] == nil {
				continue
			}
			have := l.items[pos].(map[string]any)[sub.Name]
			if sub.Mutability == Immutable && have != nil && !sub.same(have, value) {
				return NewError(CodeMutability, "The attribute %s cannot be changed once it is set.", l.part(sub))
			}
			l.set(pos, sub, value)
		}
	}
	return nil
}

// create adds the element that the filter of a path describes, with members,
// where the RFC has nothing but an error: Entra ID sets a first e-mail address
// with emails[type eq "work"].value. The element's own value must be among the
// members, so that a filter for one that has gone never brings it back.
func (l *elementList) create(path *Path, members map[string]any) error {
	noTarget := NewError(CodeNoTarget, "The path selects no entry of %s, so there is nothing to change.", l.path)
	equalities, ok := path.Filter.equalities()
	if !ok || l.value != nil && isEmpty(members["value"]) {
		return noTarget
	}
	described := map[string]any{}
	for _, equality := range equalities {
		sub := equality.path.Attr
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
	maps.DeleteFunc(described, func(_ string, value any) bool { return isEmpty(value) })
	if !path.Filter.MatchElement(described) {
		return noTarget
	}
	for _, sub := range l.path.Attr.SubAttributes {
		if sub.Mutability == ReadOnly {
			delete(described, sub.Name)
		}
	}
	l.add(described)
	return nil
}

// mayDerive reports whether the provider, which computes the attribute itself,
// may come to the value.
func (a *Attribute) mayDerive(value any) bool {
	return a.Derived && (len(a.CanonicalValues) == 0 ||
		slices.ContainsFunc(a.CanonicalValues, func(canonical string) bool { return a.same(canonical, value) }))
}

// equalities are the comparisons of a value filter that consists of "a eq x" or
// of several such with "and"; not ok for any other filter.
func (f *Filter) equalities() (equalities []*comparison, ok bool) {
	if f == nil {
		return nil, true
	}
	nodes, several := f.root.(allOf)
	if !several {
		nodes = allOf{f.root}
	}
	for _, node := range nodes {
		c, ok := node.(*comparison)
		if !ok || c.op != opEqual || c.value == nil {
			return nil, false
		}
		equalities = append(equalities, c)
	}
	return equalities, true
}
