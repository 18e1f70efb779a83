package scim

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
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

// ParsePatch parses the body of a PATCH request from [DecodeObject]. It accepts names and op
// in any letter case, one operation without the list around it, and a body without schemas.
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
		code, problem := o.check(rt, given)
		if path != nil && !isText {
			code, problem = CodeInvalidPath, "has a path that is not a string"
		}
		if problem != "" {
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

// ApplyPatch applies the operations in their order to a copy of current, unless one is an error
// (RFC 7644 §3.5.2, docs/protocol.md). Where a filter selects nothing, remove does nothing, and
// add and replace make the entry that the filter describes. The end of ctx stops the work:
// filters can select from thousands of entries.
func (rt *ResourceType) ApplyPatch(ctx context.Context, current Resource, operations []PatchOperation) (Resource, error) {
	e := newEdit(ctx, rt, current)
	e.patching = true
	for _, operation := range operations {
		if err := cmp.Or(e.applyOperation(operation), ctx.Err()); err != nil {
			return nil, err
		}
	}
	result := e.finish()
	if err := rt.checkChange(current, result, true); err != nil {
		return nil, err
	}
	return result, nil
}

func (e *edit) applyOperation(operation PatchOperation) error {
	if operation.Path == nil {
		return e.applyObject(operation.Op, operation.Value, "")
	}
	return e.apply(operation.Op, operation.Path, operation.Value, true)
}

// The operations of RFC 7644 §3.5.2.
const (
	patchAdd     = "add"
	patchReplace = "replace"
	patchRemove  = "remove"
)

// An edit applies a whole resource to an empty one, or a PATCH to a copy, attribute by attribute.
type edit struct {
	rt       *ResourceType
	ctx      context.Context
	patching bool
	result   Resource
	lists    map[*Attribute]*elementList // the multi-valued attributes that were edited
	compared int                         // by the filters of paths so far
}

func newEdit(ctx context.Context, rt *ResourceType, r Resource) *edit {
	result := make(Resource, len(r)+1)
	maps.Copy(result, r)
	return &edit{rt: rt, result: result, lists: map[*Attribute]*elementList{}, ctx: ctx}
}

// finish puts the lists back and sets schemas.
func (e *edit) finish() Resource {
	for _, list := range e.lists {
		if list.changed {
			e.put(list.path, list.elements())
		}
	}
	var schemas []any
	for _, schema := range e.rt.core() {
		schemas = append(schemas, schema.ID)
	}
	for _, extension := range e.rt.Extensions {
		if IsEmpty(e.result[extension.ID]) {
			delete(e.result, extension.ID)
		} else {
			schemas = append(schemas, extension.ID)
		}
	}
	e.result["schemas"] = schemas
	// externalId is kept for the answer to this request only, so there is nothing to empty.
	if e.result[externalID.Name] == "" {
		delete(e.result, externalID.Name)
	}
	return e.result
}

// applyObject applies an operation to the attributes in an object, of the extension with the
// URN or, if "", of the resource.
func (e *edit) applyObject(op string, value any, urn string) error {
	object, ok := value.(map[string]any)
	if !ok {
		return NewError(CodeInvalidValue, "The attribute %s must be an object.", cmp.Or(urn, e.rt.Schema.ID))
	}
	for _, key := range inOrder(object) {
		name := key
		if _, qualified := cutURN(key, urn); urn != "" && !qualified {
			name = urn + ":" + key
		}
		if err := e.applyNamed(op, name, object[key]); err != nil {
			return err
		}
	}
	return nil
}

// applyNamed applies an operation to what a name in an object names, if it is known. Okta sends
// custom attributes under the core URN, and Entra ID uses paths with a filter as names.
func (e *edit) applyNamed(op, name string, value any) error {
	if strings.EqualFold(name, e.rt.Schema.ID) {
		if value == nil {
			return nil
		}
		return e.applyObject(op, value, "")
	}
	attribute, _, filtered := strings.Cut(name, "[")
	found, ok := e.rt.Lookup(attribute)
	switch {
	case e.rt.strict && (!ok || filtered || found.isForeign()):
		return NewError(CodeInvalidSyntax, "A %s has no attribute %q.", e.rt.Name, Clip(name, 120))
	case !ok:
		return nil
	}
	path := &Path{AttrPath: found}
	if filtered {
		var err error
		if path, err = ParsePath(name, e.rt); err != nil {
			return err
		}
	}
	return e.apply(op, path, value, false)
}

// inOrder lists the names of an object: plain names, then objects under a URN, then other
// names with a URN, a dot or a filter. Later ones win.
func inOrder(object map[string]any) []string {
	rank := func(name string) int {
		_, nested := object[name].(map[string]any)
		switch {
		case !strings.ContainsAny(name, ".:["):
			return 0
		case nested:
			return 1
		}
		return 2
	}
	return slices.SortedFunc(maps.Keys(object), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
	})
}

// put sets an attribute; nil removes it.
func (e *edit) put(path AttrPath, value any) {
	object := map[string]any(e.result)
	if path.URN != "" {
		shared, _ := e.result[path.URN].(map[string]any)
		object = make(map[string]any, len(shared)+1)
		maps.Copy(object, shared)
		e.result[path.URN] = object
	}
	if value == nil {
		delete(object, path.Attr.Name)
	} else {
		object[path.Attr.Name] = value
	}
}

// apply applies an operation to what the path names. named says that the client sent the path,
// rather than an object with several attributes.
func (e *edit) apply(op string, path *Path, value any, named bool) error {
	if e.rt.strict && path.readOnly() { // what is ignored must be known
		_, err := e.reader(op).read(path.AttrPath, value)
		if refusal, ok := errors.AsType[*Error](err); ok && refusal.Code == CodeInvalidSyntax {
			return refusal
		}
	}
	switch {
	case path.Tolerated && path.Attr != externalID, op == patchAdd && value == nil:
		return nil
	case path.URN == "" && path.Attr.Name == "schemas":
		return e.checkSchemas(op, value, named)
	case path.Attr.Echoed && !e.patching:
		// A client's repetition of a read-only attribute is kept, if it is well-formed.
		read, err := e.reader(op).read(path.AttrPath, value)
		if err == nil && path.Sub == nil && path.Filter == nil {
			e.put(path.AttrPath, read)
		}
		return nil
	case path.readOnly():
		return e.checkReadOnly(op, path, value, named)
	case op == patchRemove && path.Attr.MultiValued && path.leaf().Mutability == Immutable:
		return NewError(CodeMutability, "The attribute %s cannot be changed once it is set.", path)
	case path.WholeExtension():
		return e.applyExtension(op, path, value, named)
	case path.Attr.MultiValued:
		return e.applyList(op, path, value, named)
	}
	return e.applyValue(op, path, value)
}

func (e *edit) applyExtension(op string, path *Path, value any, named bool) error {
	if op == patchRemove || op == patchReplace && value == nil && named {
		for _, attr := range path.Attr.SubAttributes {
			if err := e.apply(patchRemove, &Path{AttrPath: AttrPath{URN: path.URN, Attr: attr}}, nil, false); err != nil {
				return err
			}
		}
		return nil
	}
	if value == nil {
		return nil
	}
	return e.applyObject(op, value, path.URN)
}

func (e *edit) reader(op string) valueReader {
	return valueReader{keepEchoed: !e.patching, adding: op == patchAdd, strict: e.rt.strict}
}

// applyValue applies the operation to an attribute that has one value, or to a sub-attribute.
// Sub-attributes that the value does not name stay (RFC 7644 §3.5.2.3); in strict mode replace
// empties them. In a whole resource {} is no value, as null is.
func (e *edit) applyValue(op string, path *Path, value any) error {
	if op == patchRemove {
		op, value = patchReplace, nil
	}
	if path.Sub != nil {
		value = map[string]any{path.Sub.Name: value}
	}
	attribute := AttrPath{URN: path.URN, Attr: path.Attr}
	read, err := e.reader(op).read(attribute, value)
	members, _ := read.(map[string]any)
	_, isObject := value.(map[string]any)
	switch isComplex := path.Attr.Type == Complex; {
	case err != nil:
		return err
	case read == nil && (isComplex || op == patchAdd), isComplex && len(members) == 0 && (op == patchAdd || e.patching && isObject):
		return nil
	case len(members) == 0:
		e.put(attribute, read)
		return nil
	}
	object := map[string]any{}
	present, _ := path.in(e.result).(map[string]any)
	maps.Copy(object, present)
	if e.patching && e.rt.strict && op == patchReplace && path.Sub == nil {
		clear(object)
		for _, sub := range path.Attr.SubAttributes {
			if sub.Mutability == ReadWrite {
				object[sub.Name], _ = valueReader{}.read(AttrPath{Attr: sub}, nil) // null can be read as any type
			}
		}
	}
	maps.Copy(object, members)
	maps.DeleteFunc(object, func(_ string, member any) bool { return member == nil })
	e.put(attribute, object)
	if len(object) == 0 {
		e.put(attribute, nil)
	}
	return nil
}

// applyList applies the operation to a multi-valued attribute, or to what the path
// selects in it.
func (e *edit) applyList(op string, path *Path, value any, named bool) error {
	list := e.lists[path.Attr]
	if list == nil {
		elements, _ := path.in(e.result).([]any)
		list = newElementList(path.AttrPath, elements)
		e.lists[path.Attr] = list
	}
	switch isNull := path.Attr.Kept && op == patchReplace && isNothing(value); {
	case path.Filter != nil, path.Sub != nil:
	case isNull && !e.patching:
		return nil
	case isNull:
		return NewError(CodeInvalidValue, "The attribute %s cannot be replaced by null. Send an empty list to empty it.", list.path)
	default:
		return list.apply(op, e.reader(op), value)
	}
	selected, err := e.selected(list, path.Filter)
	if err != nil {
		return err
	}
	return list.applySelected(op, e.reader(op), path, selected, value, named)
}

// selected lists the positions of the elements that the filter selects. One value is looked up,
// so that it takes no comparisons.
func (e *edit) selected(list *elementList, f *Filter) (positions []int, err error) {
	path, value, isEquality := f.Equality()
	if isEquality && path == "value" && list.value.Type == String {
		positions = slices.Compact(slices.Sorted(list.same(list.keyOf(map[string]any{"value": value}))))
	} else {
		positions, err = e.matching(list, f)
	}
	if err == nil && e.rt.strict && f != nil && len(positions) > 1 {
		err = NewError(CodeInvalidFilter, "The filter in the path selects %d entries of %s, but strict mode allows only one.", len(positions), list.path)
	}
	return positions, err
}

// matching compares the elements with the filter one by one, within MaxPatchComparisons.
func (e *edit) matching(list *elementList, f *Filter) (positions []int, err error) {
	e.compared += len(list.items)
	if f != nil {
		e.compared += len(list.items) * (f.comparisons - 1)
	}
	if e.compared > MaxPatchComparisons {
		return nil, NewError(CodeTooLarge, "The filters in the request's paths need too many comparisons with the entries of %s. Select entries by their value, one in each path.", list.path)
	}
	for pos, item := range list.items {
		if pos%256 == 255 && e.ctx.Err() != nil {
			return nil, e.ctx.Err()
		}
		object, isObject := item.(map[string]any)
		if isObject && f.Match(object) || item != nil && f == nil {
			positions = append(positions, pos)
		}
	}
	return positions, nil
}

// checkReadOnly refuses an operation on a read-only attribute, unless it is in a whole resource
// or among other attributes, where clients repeat what they have read; the provider derives it;
// or a simple value would not change. The id must always be the resource's own.
func (e *edit) checkReadOnly(op string, path *Path, value any, named bool) error {
	identity := path.URN == "" && path.Attr.Name == "id"
	derived := path.Attr.Derived || path.Sub != nil && path.Sub.Derived
	if !e.patching || derived || !named && !identity {
		return nil
	}
	if leaf := path.leaf(); !path.Attr.MultiValued && leaf.Type != Complex && op != patchRemove {
		if given, err := (valueReader{}).read(path.AttrPath, value); err != nil || leaf.same(path.valueIn(e.result), given) {
			return err
		}
	}
	return NewError(CodeMutability, "The attribute %s is read-only.", path.AttrPath)
}

// checkSchemas lets a PATCH list the schemas that the resource can have. Elsewhere any are
// accepted: some clients send SCIM 1.0's.
func (e *edit) checkSchemas(op string, value any, named bool) error {
	isUnknown := func(item any) bool {
		urn, _ := item.(string)
		return op == patchRemove || !e.rt.hasSchema(urn)
	}
	if e.patching && named && slices.ContainsFunc(listOf(value), isUnknown) {
		return NewError(CodeMutability, "The attribute schemas cannot be changed to schemas that a %s does not have.", e.rt.Name)
	}
	return nil
}

// isNothing reports whether a client sent no value, as opposed to an empty list.
func isNothing(value any) bool { return value == nil || value == "" }

func listOf(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}
