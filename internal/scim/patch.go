package scim

// ApplyPatch applies the operations in their order to a copy of current and
// returns the copy, or an error if one of them cannot be applied; current never
// changes (RFC 7644 §3.5.2). Removing what is not there and adding what is
// there change nothing.
//
// Where the RFC leaves a choice, or a client needs more than it gives:
//
//   - In an operation without a path, unknown and read-only attributes are
//     ignored, meta (RFC 7643 §3.1) and schemas among them; id must be that of
//     the resource.
//   - A read-only attribute that a path names may be set to what it is.
//   - A filter that selects nothing is no error for remove. For add and replace
//     the entry is made from the filter if that says all of it, as in
//     emails[type eq "work"].value; otherwise the error is [CodeNoTarget].
//   - remove with a path and a value removes only the values in it from the list.
//   - An attribute that is emptied stays in the copy as an empty value (see
//     [Resource]); externalId is kept in it.
//
// The error is a *[Error]: [CodeNoTarget], [CodeInvalidValue], [CodeInvalidPath]
// or [CodeMutability] (a required attribute that is removed among them).
func (rt *ResourceType) ApplyPatch(current Resource, operations []PatchOperation) (Resource, error) {
	e := newEdit(rt, current)
	e.patching = true
	for _, operation := range operations {
		if err := e.applyOperation(operation); err != nil {
			return nil, err
		}
	}
	result := e.finish()
	if err := rt.checkKept(current, result); err != nil {
		return nil, err
	}
	if err := rt.CheckImmutable(current, result); err != nil {
		return nil, err
	}
	return result, nil
}

func (e *edit) applyOperation(operation PatchOperation) error {
	if operation.Path != nil {
		return e.apply(operation.Op, operation.Path, operation.Value, true)
	}
	object, ok := operation.Value.(map[string]any)
	if !ok {
		return NewError(CodeInvalidValue, "The value of a PATCH operation without a path must be an object of attributes.")
	}
	return e.applyObject(operation.Op, object, "")
}
