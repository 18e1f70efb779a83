package scim

// list is the attribute's elements under work.
func (e *edit) list(path AttrPath) *elementList {
	list := e.lists[path.Attr]
	if list == nil {
		elements, _ := path.in(e.result).([]any)
		list = newElementList(path, elements)
		e.lists[path.Attr] = list
	}
	return list
}

// applyList applies the operation to a multi-valued attribute, or to what the
// path selects in it.
func (e *edit) applyList(op string, path *Path, value any, named bool) error {
	list := e.list(path.AttrPath)
	switch {
	case path.Filter != nil, path.Sub != nil:
		if e.compared += list.cost(path.Filter); e.compared > MaxPatchComparisons {
			return NewError(CodeTooLarge, "The filters in the request's paths make too many comparisons with the entries of %s. Select entries by their value, one in each path.", list.path)
		}
		return list.applySelected(op, path, value, named)
	case op == patchRemove && value == nil:
		list.replaceAll(nil)
		return nil
	}
	read, err := valueReader{}.readList(path.AttrPath, value)
	if err != nil {
		return err
	}
	elements := read.([]any)
	if op == patchReplace {
		list.replaceAll(elements)
		return nil
	}
	for _, element := range elements {
		if op == patchAdd {
			list.add(element)
		} else {
			list.removeSame(element)
		}
	}
	return nil
}
