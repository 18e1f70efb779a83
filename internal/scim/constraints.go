package scim

import "iter"

// CheckRequired reports the first required attribute that the resource lacks,
// as [CodeInvalidValue]. What an absent extension or complex attribute requires
// of its parts is not required.
func (rt *ResourceType) CheckRequired(r Resource) error {
	for path := range rt.single() {
		if path.leaf().Required && !path.readOnly() && path.parentPresent(r) && !isPresent(path.valueIn(r)) {
			return NewError(CodeInvalidValue, "The attribute %s is required, and the request gives it no value. "+
				"In Okta, check the attribute mappings of the app (Provisioning, To App).", path)
		}
	}
	return nil
}

// CheckImmutable reports the first immutable attribute that is set in current
// and that wanted sets to something else, as [CodeMutability]. One that wanted
// does not mention stays as it is (RFC 7644 §3.5.1).
func (rt *ResourceType) CheckImmutable(current, wanted Resource) error {
	for path := range rt.single() {
		if path.leaf().Mutability != Immutable {
			continue
		}
		before, after := path.valueIn(current), path.valueIn(wanted)
		if isPresent(before) && after != nil && !path.leaf().same(before, after) {
			return NewError(CodeMutability, "The attribute %s cannot be changed once it is set.", path)
		}
	}
	return nil
}

// checkKept reports the first required attribute that an edit took away, as
// [CodeMutability] (RFC 7644 §3.5.2.2).
func (rt *ResourceType) checkKept(current, result Resource) error {
	for path := range rt.single() {
		if path.leaf().Required && isPresent(path.valueIn(current)) && path.parentPresent(result) && !isPresent(path.valueIn(result)) {
			return NewError(CodeMutability, "The attribute %s is required and cannot be removed or emptied.", path)
		}
	}
	return nil
}

// single lists the attributes of all schemas, and the sub-attributes of those
// that are complex and have one value.
func (rt *ResourceType) single() iter.Seq[AttrPath] {
	return func(yield func(AttrPath) bool) {
		if !eachSingle(rt.Schema, "", yield) {
			return
		}
		for _, extension := range rt.Extensions {
			if !eachSingle(extension, extension.ID, yield) {
				return
			}
		}
	}
}

func eachSingle(schema *Schema, urn string, yield func(AttrPath) bool) bool {
	for _, attr := range schema.Attributes {
		if !yield(AttrPath{URN: urn, Attr: attr}) {
			return false
		}
		if attr.MultiValued {
			continue
		}
		for _, sub := range attr.SubAttributes {
			if !yield(AttrPath{URN: urn, Attr: attr, Sub: sub}) {
				return false
			}
		}
	}
	return true
}

// valueIn is the value in r of a path that has no multi-valued attribute above
// its end, or nil.
func (p AttrPath) valueIn(r Resource) any {
	value := p.in(r)
	if p.Sub == nil {
		return value
	}
	object, _ := value.(map[string]any)
	return object[p.Sub.Name]
}

// parentPresent reports whether what the path's end belongs to is there.
func (p AttrPath) parentPresent(r Resource) bool {
	switch {
	case p.Sub != nil:
		return isPresent(p.in(r))
	case p.URN != "":
		return isPresent(r[p.URN])
	}
	return true
}

func (p AttrPath) readOnly() bool {
	return p.Attr.Mutability == ReadOnly || p.Sub != nil && p.Sub.Mutability == ReadOnly
}
