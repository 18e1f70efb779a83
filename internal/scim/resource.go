package scim

// A Resource is one SCIM resource in normal form, as [ResourceType.Normalize]
// makes it and as every other function of this package expects and returns it:
//
//   - keys are spelt as in the schema; extension attributes are in an object
//     under the extension's URN;
//   - values are string, bool, float64, map[string]any (complex) and []any
//     (multi-valued); never nil: an unassigned attribute is absent;
//   - a multi-valued attribute is always a []any, of map[string]any if complex.
//
// A client's resource has one more distinction. An attribute that it explicitly
// emptied (null, "", [], {}, an entry without a value, a PATCH that removes it)
// is the empty value of its kind: "" for a string, an empty []any, an empty
// map[string]any. An attribute that it did not mention is absent. A boolean or
// a number has no empty value, so one that was emptied is absent. For
// everything but this distinction, empty and absent are the same.
//
// Functions never change a Resource they are given. What they return may share
// parts with it, so that a Resource that is in use must not be changed at all.
type Resource map[string]any

// ID returns the resource's id, or "".
func (r Resource) ID() string {
	id, _ := r["id"].(string)
	return id
}

// Version is meta.version, the resource's weak ETag, or "".
func (r Resource) Version() string {
	meta, _ := r["meta"].(map[string]any)
	version, _ := meta["version"].(string)
	return version
}

// CheckRequired reports the first required attribute that the resource lacks,
// as [CodeInvalidValue]. What an absent extension or complex attribute requires
// of its parts is not required.
func (rt *ResourceType) CheckRequired(r Resource) error {
	for path := range rt.single {
		if path.leaf().Required && !path.readOnly() && path.parentPresent(r) && !isPresent(path.valueIn(r)) {
			return NewError(CodeInvalidValue, "The attribute %s is required, but the request has no value for it. "+
				"In Okta, check the attribute mappings of the app (Provisioning, To App).", path)
		}
	}
	return nil
}

// CheckImmutable reports the first immutable attribute that is set in current
// and that wanted sets to something else, as [CodeMutability]. One that wanted
// does not mention stays as it is (RFC 7644 §3.5.1).
func (rt *ResourceType) CheckImmutable(current, wanted Resource) error {
	for path := range rt.single {
		before, after := path.valueIn(current), path.valueIn(wanted)
		if leaf := path.leaf(); leaf.Mutability == Immutable && !leaf.Guarded && isPresent(before) && after != nil && !leaf.same(before, after) {
			return NewError(CodeMutability, "The attribute %s cannot be changed once it is set.", path)
		}
	}
	return nil
}

// checkKept reports the first required or immutable attribute that an edit took away, as
// [CodeMutability] (RFC 7644 §3.5.2.2).
func (rt *ResourceType) checkKept(current, result Resource) error {
	for path := range rt.single {
		leaf := path.leaf()
		fixed := leaf.Mutability == Immutable && !leaf.Guarded || leaf.Required && path.parentPresent(result)
		if fixed && isPresent(path.valueIn(current)) && !isPresent(path.valueIn(result)) {
			return NewError(CodeMutability, "The attribute %s cannot be removed or emptied.", path)
		}
	}
	return nil
}

// single yields the attributes of the schemas that resources have, and the sub-attributes of
// those that have one value.
func (rt *ResourceType) single(yield func(AttrPath) bool) {
	for _, space := range rt.namespaces() {
		if space.common || space.tolerated {
			continue
		}
		for _, attr := range space.Attributes {
			if !yield(AttrPath{URN: space.urn, Attr: attr}) {
				return
			}
			for _, sub := range attr.SubAttributes {
				if !attr.MultiValued && !yield(AttrPath{URN: space.urn, Attr: attr, Sub: sub}) {
					return
				}
			}
		}
	}
}

// valueIn returns the value in r of a path below no multi-valued attribute, or nil.
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
