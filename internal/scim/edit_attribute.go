package scim

import "maps"

// apply applies an operation to what the path names. named says that the client
// named it by a path of its own, not as one of many in an object.
func (e *edit) apply(op string, path *Path, value any, named bool) error {
	switch {
	case path.Attr == externalID:
		return e.applyExternalID(op, path, value)
	case path.Tolerated:
		return nil
	case path.URN == "" && path.Attr.Name == "schemas":
		return e.checkSchemas(op, value, named)
	case path.Attr.Echoed && !e.patching:
		e.keepEcho(path, value)
		return nil
	case path.readOnly():
		return e.checkReadOnly(op, path, value, named)
	case op == patchRemove && path.leaf().Mutability == Immutable && len(path.Values(e.result)) > 0:
		return NewError(CodeMutability, "The attribute %s cannot be changed once it is set.", path)
	case path.WholeExtension():
		return e.applyExtension(op, path, value, named)
	case path.Attr.MultiValued:
		return e.applyList(op, path, value, named)
	case path.Sub != nil:
		return e.applySub(op, path, value)
	}
	return e.applyWhole(op, path, value)
}

// applyExternalID keeps what the client calls the resource for the answer to
// this very request. It is not held, so there is nothing to empty.
func (e *edit) applyExternalID(op string, path *Path, value any) error {
	if op == patchRemove {
		value = nil
	}
	text, err := readString(path.AttrPath, value)
	if err != nil {
		return err
	}
	if text == "" {
		text = nil
	}
	e.put(path.AttrPath, text)
	return nil
}

// applyExtension applies the operation to each attribute of the extension.
func (e *edit) applyExtension(op string, path *Path, value any, named bool) error {
	object, ok := value.(map[string]any)
	switch {
	case op == patchRemove, op == patchReplace && value == nil && named:
		for _, attr := range path.Attr.SubAttributes {
			inner := &Path{AttrPath: AttrPath{URN: path.URN, Attr: attr, Tolerated: attr.Returned == Never}}
			if inner.readOnly() {
				continue
			}
			if err := e.apply(patchRemove, inner, nil, named); err != nil {
				return err
			}
		}
		return nil
	case ok:
		return e.applyObject(op, object, path.URN)
	case value == nil:
		return nil
	}
	return wrongType(path, "an object")
}

// applyWhole applies the operation to an attribute that has one value.
// Sub-attributes that the value does not name stay (RFC 7644 §3.5.2.3).
func (e *edit) applyWhole(op string, path *Path, value any) error {
	if op == patchRemove {
		e.put(path.AttrPath, emptyOf(path.Attr))
		return nil
	}
	read, err := valueReader{}.read(path.AttrPath, value)
	if err != nil {
		return err
	}
	if path.Attr.Type != Complex {
		if read != nil || op == patchReplace {
			e.put(path.AttrPath, read)
		}
		return nil
	}
	object, _ := read.(map[string]any)
	switch {
	case object == nil, len(object) == 0 && op == patchAdd:
		return nil
	case len(object) > 0:
		object = e.merged(path.AttrPath, object)
	}
	e.put(path.AttrPath, object)
	return nil
}

// merged is the complex value that the path names with members laid over it.
func (e *edit) merged(path AttrPath, members map[string]any) map[string]any {
	present, _ := path.in(e.result).(map[string]any)
	object := make(map[string]any, len(present)+len(members))
	maps.Copy(object, present)
	maps.Copy(object, members)
	return object
}

// applySub applies the operation to a sub-attribute of a complex attribute that
// has one value.
func (e *edit) applySub(op string, path *Path, value any) error {
	read := emptyOf(path.Sub)
	if op != patchRemove {
		var err error
		if read, err = (valueReader{}).read(path.AttrPath, value); err != nil {
			return err
		}
	}
	object := e.merged(path.AttrPath, nil)
	object[path.Sub.Name] = read
	if read == nil {
		delete(object, path.Sub.Name)
	}
	if len(object) > 0 {
		e.put(path.AttrPath, object)
	} else {
		e.put(path.AttrPath, nil)
	}
	return nil
}

// emptyOf is the value of an attribute that was explicitly emptied, or nil if
// its type has none.
func emptyOf(attr *Attribute) any {
	switch {
	case attr.MultiValued:
		return []any{}
	case attr.Type == Complex:
		return map[string]any{}
	case attr.Type == Boolean, attr.Type == Integer, attr.Type == Decimal:
		return nil
	}
	return ""
}
