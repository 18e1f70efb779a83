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
// What a client sent carries one more distinction. An attribute that it
// explicitly emptied (null, "", [], {}, an entry without a value, a PATCH that
// removes it) is the empty value of its kind: "" for a string, an empty []any,
// an empty map[string]any. An attribute that it did not mention is absent. A
// boolean or a number has no empty value, so one that was emptied is absent.
// For everything but this distinction, empty and absent are the same.
//
// Functions never change a Resource they are given. What they return may share
// parts with it, so that a Resource that is in use must not be changed at all.
type Resource map[string]any

// ID is the resource's id, or "".
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

// Clone copies the resource with all that is in it.
func (r Resource) Clone() Resource {
	if r == nil {
		return nil
	}
	return clone(map[string]any(r)).(map[string]any)
}

func clone(value any) any {
	switch value := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(value))
		for name, member := range value {
			copied[name] = clone(member)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, element := range value {
			copied[i] = clone(element)
		}
		return copied
	default:
		return value
	}
}
