package scim

import "strings"

// mentions are what a request says of a vital attribute, be it in the wrong
// place.
type mentions struct {
	yes, no bool
	empty   bool // null, "" or removed
	inPlace bool // true, where the attribute belongs
}

// decide is the value that the mentions come to. A false counts wherever it
// stands; a true must stand in its place, with nothing empty beside it.
func (m *mentions) decide(attr *Attribute) (any, error) {
	switch {
	case m.yes && m.no:
		return nil, NewError(CodeInvalidValue, "The attribute %s is given as true and as false.", attr.Name)
	case m.no:
		return false, nil
	case m.empty, !m.inPlace:
		return nil, NewError(CodeInvalidValue, "The attribute %s must be true or false, and stand where its schema has it.", attr.Name)
	}
	return true, nil
}

// mentionIn notes what an operation of a PATCH says of vital attributes.
func (e *edit) mentionIn(operation PatchOperation) error {
	switch {
	case operation.Path == nil:
		return e.mention("", operation.Value, 2)
	case operation.Path.Filter != nil:
		return nil
	case operation.Op == patchRemove:
		return e.mention(operation.Path.String(), nil, 1)
	}
	return e.mention(operation.Path.String(), operation.Value, 1)
}

// mention notes what a value says of vital attributes. name is its path, "" for
// that of a whole resource, and room is how many levels of objects are looked
// into: the attributes of extensions and the parts of complex ones. Deeper, and
// in a list, the name means something else.
func (e *edit) mention(name string, value any, room int) error {
	attr, inPlace := e.rt.vitalNamed(name)
	if object, ok := value.(map[string]any); ok {
		if room == 0 && attr == nil {
			return nil
		}
		for key, member := range object {
			if err := e.mention(within(name, key), member, max(room-1, 0)); err != nil {
				return err
			}
		}
		if inPlace && e.vitals[attr] == nil {
			return wrongType(AttrPath{Attr: attr}, "true or false")
		}
		return nil
	}
	if attr == nil {
		return nil
	}
	said, isBoolean := asBoolean(value)
	empty := value == nil || value == ""
	if !isBoolean && !empty {
		if inPlace {
			return wrongType(AttrPath{Attr: attr}, "true or false")
		}
		return nil
	}
	found := e.vitals[attr]
	if found == nil {
		found = &mentions{}
		e.vitals[attr] = found
	}
	found.empty = found.empty || empty
	found.yes = found.yes || said
	found.no = found.no || isBoolean && !said
	found.inPlace = found.inPlace || said && inPlace
	return nil
}

// vitalNamed is the vital attribute whose name a path ends in, as active and
// name.active and active.value do, or nil; inPlace if the path names it indeed.
func (rt *ResourceType) vitalNamed(path string) (attr *Attribute, inPlace bool) {
	names := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == ':' })
	if n := len(names); n > 1 && strings.EqualFold(names[n-1], "value") {
		names = names[:n-1]
	}
	if len(names) == 0 {
		return nil, false
	}
	if attr = attributeNamed(rt.Schema.Attributes, names[len(names)-1]); attr == nil || !attr.Vital {
		return nil, false
	}
	found, ok := rt.Lookup(path)
	return attr, ok && found.Attr == attr && found.Sub == nil
}
