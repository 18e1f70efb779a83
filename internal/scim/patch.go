package scim

import (
	"context"
	"strings"
)

// MaxPatchOperations is the most operations in one PATCH request. How many values
// an operation has is bounded by the size of the request alone, as for PUT.
const MaxPatchOperations = 1000

// A PatchOperation is one operation of a PATCH request (RFC 7644 §3.5.2), read
// by [ParsePatch] and applied by [ResourceType.ApplyPatch].
type PatchOperation struct {
	Op    string // "add", "replace" or "remove"
	Path  *Path  // nil if the operation has none; never with remove
	Value any    // decoded JSON as the client sent it; nil for null and for none
}

// ParsePatch parses the body of a PATCH request from [DecodeObject]. It accepts
// the names and op in any letter case, one operation without the list around it,
// and a body without schemas.
//
// The error is a *[Error]: [CodeInvalidSyntax] for a malformed request,
// [CodeInvalidPath], [CodeInvalidValue] for a missing value or a message of another
// kind, [CodeNoTarget] for a remove without a path, [CodeTooLarge] for more than
// [MaxPatchOperations].
func ParsePatch(body map[string]any, rt *ResourceType) ([]PatchOperation, error) {
	if err := CheckMessage(body, URNPatchOp); err != nil {
		return nil, err
	}
	list, given := Member(body, "Operations")
	items := listOf(list)
	switch {
	case !given, len(items) == 0:
		return nil, NewError(CodeInvalidSyntax, "The PATCH request has no Operations.")
	case len(items) > MaxPatchOperations:
		return nil, NewError(CodeTooLarge, "The PATCH request has more than %d operations.", MaxPatchOperations)
	}
	operations := make([]PatchOperation, len(items))
	for i, item := range items {
		object, ok := item.(map[string]any)
		if !ok {
			return nil, NewError(CodeInvalidSyntax, "Operation %d of the PATCH request is not an object.", i+1)
		}
		operation, err := parseOperation(object, i+1, rt)
		if err != nil {
			return nil, err
		}
		operations[i] = operation
	}
	return operations, nil
}

func parseOperation(object map[string]any, number int, rt *ResourceType) (PatchOperation, error) {
	var operation PatchOperation
	operation.Op = strings.ToLower(MemberText(object, "op"))
	switch operation.Op {
	case patchAdd, patchReplace, patchRemove:
	default:
		return operation, NewError(CodeInvalidSyntax, "Operation %d of the PATCH request has no op that is add, replace or remove.", number)
	}
	var err error
	if operation.Path, err = parseTarget(object, number, rt); err != nil {
		return operation, err
	}
	value, given := Member(object, "value")
	operation.Value = value
	switch {
	case rt.strict && operation.Path == nil:
		return operation, NewError(CodeInvalidSyntax, "Operation %d of the PATCH request has no path, which strict mode requires.", number)
	case rt.strict && operation.Path.Filter != nil && operation.Path.Sub == nil:
		return operation, NewError(CodeInvalidPath, "The path of operation %d of the PATCH request ends in brackets; strict mode requires a sub-attribute after them.", number)
	case rt.strict && operation.Path.isForeign():
		return operation, NewError(CodeInvalidPath, "The path of operation %d of the PATCH request names no attribute that a %s has.", number, rt.Name)
	case operation.Op == patchRemove && operation.Path == nil:
		return operation, NewError(CodeNoTarget, "Operation %d of the PATCH request is a remove without a path.", number)
	case operation.Op == patchRemove && given && value == nil && isGrant(operation.Path):
		return operation, NewError(CodeInvalidValue, "Operation %d of the PATCH request removes null. Leave value out to remove all values, or send the values to remove.", number)
	case operation.Op != patchRemove && !given:
		return operation, NewError(CodeInvalidValue, "Operation %d of the PATCH request has no value.", number)
	}
	return operation, nil
}

// isGrant reports whether a path is the whole list of members or roles, which nobody
// loses by a null.
func isGrant(p *Path) bool {
	return p != nil && p.Attr != nil && (p.Attr.Name == "members" || p.Attr.Name == "roles") && p.Filter == nil && p.Sub == nil
}

// parseTarget reads the path of an operation; nil if it has none, or names the
// resource itself by the URN of its schema.
func parseTarget(object map[string]any, number int, rt *ResourceType) (*Path, error) {
	path, _ := Member(object, "path")
	text, ok := path.(string)
	switch {
	case path == nil, text == "" && ok, ok && strings.EqualFold(text, rt.Schema.ID):
		return nil, nil
	case !ok:
		return nil, NewError(CodeInvalidPath, "The path of operation %d of the PATCH request is not a string.", number)
	}
	return ParsePath(text, rt)
}

// Member returns the member of a message whose name is name in any letter case
// (RFC 7643 §2.1), and whether there is one.
func Member(object map[string]any, name string) (value any, found bool) {
	if value, found = object[name]; found {
		return value, true
	}
	for key, value := range object {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return nil, false
}

// MemberText is [Member] for a string; "" if the member is missing or no string.
func MemberText(object map[string]any, name string) string {
	value, _ := Member(object, name)
	text, _ := value.(string)
	return text
}

// ApplyPatch applies the operations in their order to a copy of current and
// returns the copy, or an error if one of them cannot be applied; current never
// changes (RFC 7644 §3.5.2). Where the RFC leaves a choice, or a client needs more than
// it gives, docs/protocol.md applies, and:
//
//   - A read-only attribute that a path names may be set to what it is.
//   - A filter that selects nothing is no error for remove. For add and replace
//     the entry is made from the filter if that describes it, as in
//     emails[type eq "work"].value; otherwise the error is [CodeNoTarget].
//   - remove with a path and a value removes only the values in it from the list.
//   - An attribute that is emptied stays in the copy as an empty value (see
//     [Resource]); externalId is kept in it.
//
// The error is a *[Error]: [CodeNoTarget], [CodeInvalidValue], [CodeInvalidPath]
// or [CodeMutability] (a required attribute that is removed among them); or that
// of ctx, whose end stops the work: filters can select from thousands of entries.
func (rt *ResourceType) ApplyPatch(ctx context.Context, current Resource, operations []PatchOperation) (Resource, error) {
	e := newEdit(rt, current)
	e.patching = true
	e.stopped = func() bool { return ctx.Err() != nil }
	for _, operation := range operations {
		if err := e.applyOperation(operation); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
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
	value := operation.Value
	if operation.Op == patchAdd {
		value = withoutNulls(value)
	}
	if operation.Path != nil {
		if err := e.rt.checkKnown(operation.Path.String(), value); err != nil {
			return err
		}
		if operation.Op == patchAdd && value == nil {
			return nil
		}
		return e.apply(operation.Op, operation.Path, value, true)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return NewError(CodeInvalidValue, "The value of a PATCH operation without a path must be an object of attributes.")
	}
	return e.applyObject(operation.Op, object, "")
}

// withoutNulls leaves out what is null in a value that is to be added: there is
// nothing to add.
func withoutNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := make(map[string]any, len(value))
		for name, member := range value {
			if member != nil {
				kept[name] = withoutNulls(member)
			}
		}
		return kept
	case []any:
		kept := make([]any, 0, len(value))
		for _, element := range value {
			if element != nil {
				kept = append(kept, withoutNulls(element))
			}
		}
		return kept
	default:
		return value
	}
}
