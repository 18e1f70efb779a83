package scim

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// The operations of RFC 7644 §3.5.2.
const (
	patchAdd     = "add"
	patchReplace = "replace"
	patchRemove  = "remove"
)

// An edit changes a copy of a resource, attribute by attribute, by what a
// client sent: a whole resource, which fills an empty one, or a PATCH.
type edit struct {
	rt       *ResourceType
	patching bool // of a resource that exists, so that its read-only attributes can be compared
	result   Resource
	lists    map[*Attribute]*elementList // the multi-valued attributes under work
	compared int                         // by the filters of paths so far
}

func newEdit(rt *ResourceType, r Resource) *edit {
	result := make(Resource, len(r)+1)
	maps.Copy(result, r)
	return &edit{rt: rt, result: result, lists: map[*Attribute]*elementList{}}
}

// finish puts the lists back and makes schemas true.
func (e *edit) finish() Resource {
	for _, list := range e.lists {
		if list.changed {
			e.put(list.path, list.elements())
		}
	}
	schemas := []any{e.rt.Schema.ID}
	for _, extension := range e.rt.Extensions {
		if isEmpty(e.result[extension.ID]) {
			delete(e.result, extension.ID)
		} else {
			schemas = append(schemas, extension.ID)
		}
	}
	e.result["schemas"] = schemas
	return e.result
}

// applyObject applies an operation to each attribute that an object names. urn
// is the extension that the object belongs to, or "". Unknown names are ignored.
func (e *edit) applyObject(op string, object map[string]any, urn string) error {
	for _, key := range inOrder(object) {
		name, value := key, object[key]
		if _, qualified := cutURN(key, urn); urn != "" && !qualified {
			name = urn + ":" + key
		}
		if strings.EqualFold(name, e.rt.Schema.ID) {
			if err := e.applyCore(op, value); err != nil {
				return err
			}
			continue
		}
		path, err := e.pathOf(name)
		if err != nil {
			return err
		}
		if path == nil {
			continue
		}
		if err := e.apply(op, path, value, false); err != nil {
			return err
		}
	}
	return nil
}

// applyCore takes an object under the URN of the core schema for top-level
// attributes; Okta sends some of its custom attributes so.
func (e *edit) applyCore(op string, value any) error {
	switch value := value.(type) {
	case nil:
		return nil
	case map[string]any:
		return e.applyObject(op, value, "")
	}
	return NewError(CodeInvalidValue, "The attribute %s must be an object.", e.rt.Schema.ID)
}

// pathOf resolves a name inside an object; nil if nothing has it. Entra ID also
// uses PATCH paths with a filter as names.
func (e *edit) pathOf(name string) (*Path, error) {
	attribute, _, filtered := strings.Cut(name, "[")
	path, ok := e.rt.Lookup(attribute)
	switch {
	case !ok:
		return nil, nil
	case filtered:
		return ParsePath(name, e.rt)
	}
	return &Path{AttrPath: path}, nil
}

// inOrder lists the names of an object in an order that does not depend on
// Go's: plain names, then objects under a URN, then other names with a URN, a
// dot or a filter. What comes later wins.
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

// put sets an attribute, or removes it if the value is nil.
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
