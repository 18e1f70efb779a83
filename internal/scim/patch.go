package scim

import (
	"cmp"
	"context"
	"strings"
)

// MaxPatchOperations is the most operations in one PATCH request.
const MaxPatchOperations = 1000

// A PatchOperation is one operation of a PATCH request (RFC 7644 §3.5.2).
type PatchOperation struct {
	Op    string // "add", "replace" or "remove"
	Path  *Path  // nil if the operation has none; never with remove
	Value any    // decoded JSON as the client sent it; nil for null and for none
}

// ParsePatch parses the body of a PATCH request from [DecodeObject]. It accepts the names
// and op in any letter case, one operation without the list around it, and a body without
// schemas. The error is a *[Error].
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
		object, _ := item.(map[string]any)
		o := PatchOperation{Op: strings.ToLower(MemberText(object, "op"))}
		path, _ := Member(object, "path")
		text, isText := path.(string)
		if text != "" && !strings.EqualFold(text, rt.Schema.ID) { // which names the resource itself
			var err error
			if o.Path, err = ParsePath(text, rt); err != nil {
				return nil, err
			}
		}
		o.Value, given = Member(object, "value")
		if path != nil && !isText {
			return nil, NewError(CodeInvalidPath, "Operation %d of the PATCH request has a path that is not a string.", i+1)
		}
		if code, problem := o.check(rt, given); problem != "" {
			return nil, NewError(code, "Operation %d of the PATCH request %s.", i+1, problem)
		}
		operations[i] = o
	}
	return operations, nil
}

// check returns what is wrong with an operation, "" for nothing. given says that it has a value.
func (o PatchOperation) check(rt *ResourceType, given bool) (code Code, problem string) {
	switch {
	case o.Op != patchAdd && o.Op != patchReplace && o.Op != patchRemove:
		return CodeInvalidSyntax, "has no op that is add, replace or remove"
	case rt.strict && o.Path == nil:
		return CodeInvalidSyntax, "has no path, which strict mode requires"
	case rt.strict && o.Path.Filter != nil && o.Path.Sub == nil:
		return CodeInvalidPath, "has a path that ends in brackets; strict mode requires a sub-attribute after them"
	case rt.strict && o.Path.isForeign():
		return CodeInvalidPath, "has a path that names no attribute of a " + rt.Name
	case o.Op == patchRemove && o.Path == nil:
		return CodeNoTarget, "is a remove without a path"
	case o.Op == patchRemove && given && o.Value == nil && o.Path.isGrant():
		return CodeInvalidValue, "removes null: leave value out to remove all values, or send the values to remove"
	case o.Op != patchRemove && !given:
		return CodeInvalidValue, "has no value"
	}
	return "", ""
}

// isGrant reports whether a path is the whole list of members or roles, which nobody
// loses by a null.
func (p *Path) isGrant() bool {
	return (p.Attr.Name == "members" || p.Attr.Name == "roles") && p.Filter == nil && p.Sub == nil
}

// ApplyPatch applies the operations in their order to a copy of current and returns the
// copy, or an error if one of them cannot be applied (RFC 7644 §3.5.2). Where the RFC
// leaves a choice, or a client needs more than it gives, docs/protocol.md applies, and:
//
//   - A path may name a read-only attribute with a single value if that stays.
//   - A filter that selects nothing is no error for remove. For add and replace
//     the entry is made from the filter if that describes it, as in
//     emails[type eq "work"].value; otherwise the error is [CodeNoTarget].
//   - remove with a path and a value removes only the values in it from the list.
//   - An attribute that is emptied stays in the copy as an empty value (see
//     [Resource]); externalId is kept in it.
//
// The error is a *[Error], or that of ctx, whose end stops the work: filters can select
// from thousands of entries.
func (rt *ResourceType) ApplyPatch(ctx context.Context, current Resource, operations []PatchOperation) (Resource, error) {
	e := newEdit(rt, current)
	e.patching = true
	e.stopped = func() bool { return ctx.Err() != nil }
	for _, operation := range operations {
		if err := cmp.Or(e.applyOperation(operation), ctx.Err()); err != nil {
			return nil, err
		}
	}
	result := e.finish()
	if err := cmp.Or(rt.checkKept(current, result), rt.CheckImmutable(current, result)); err != nil {
		return nil, err
	}
	return result, nil
}

func (e *edit) applyOperation(operation PatchOperation) error {
	value := operation.Value
	if operation.Op == patchAdd {
		value = withoutNulls(value)
	}
	if operation.Path == nil {
		return e.applyObject(operation.Op, value, "")
	}
	if err := e.rt.checkKnown(operation.Path.String(), value); err != nil {
		return err
	}
	if operation.Op == patchAdd && value == nil {
		return nil
	}
	return e.apply(operation.Op, operation.Path, value, true)
}

// withoutNulls leaves out what is null in a value that is to be added.
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
	}
	return value
}
