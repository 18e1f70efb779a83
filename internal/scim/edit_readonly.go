package scim

import "strings"

// checkReadOnly lets an operation on a read-only attribute pass without effect
// or refuses it. It passes in a resource and among other attributes, where
// clients echo what they have read; if the provider derives the attribute, as
// clients such as Entra ID then set it without having read it; and if it
// changes nothing. The id must be the resource's own even among others.
func (e *edit) checkReadOnly(op string, path *Path, value any, named bool) error {
	identity := path.URN == "" && path.Attr.Name == "id"
	derived := path.Attr.Derived || path.Sub != nil && path.Sub.Derived
	if !e.patching || derived || !named && !identity {
		return nil
	}
	if unchanged, err := e.unchanged(op, path, value); unchanged || err != nil {
		return err
	}
	return NewError(CodeMutability, "The attribute %s is read-only.", path.AttrPath)
}

// keepEcho keeps what a client had read of an attribute, if it can be made out.
func (e *edit) keepEcho(path *Path, value any) {
	if path.Sub != nil || path.Filter != nil {
		return
	}
	if read, err := (valueReader{keepReadOnly: true}).read(path.AttrPath, value); err == nil {
		e.put(path.AttrPath, read)
	}
}

// unchanged reports whether an operation would leave a read-only attribute as
// it is.
func (e *edit) unchanged(op string, path *Path, value any) (bool, error) {
	present := e.present(path)
	if op == patchRemove {
		return len(present) == 0, nil
	}
	attr := path.leaf()
	given, err := valueReader{keepReadOnly: true}.read(path.AttrPath, value)
	if err != nil {
		return false, err
	}
	if attr.MultiValued {
		return Equal(given, present), nil
	}
	for _, value := range present {
		if !attr.agrees(value, given) {
			return false, nil
		}
	}
	return len(present) > 0 || !isPresent(given), nil
}

// agrees reports whether what is given for a complex attribute contradicts
// nothing of what is present: a resource may be known without its location.
func (a *Attribute) agrees(present, given any) bool {
	object, ok := given.(map[string]any)
	if !ok {
		return a.same(present, given)
	}
	members, _ := present.(map[string]any)
	for _, sub := range a.SubAttributes {
		have, want := members[sub.Name], object[sub.Name]
		if have != nil && want != nil && !sub.same(have, want) {
			return false
		}
	}
	return true
}

// present lists the values that the path names, regarding its filter.
func (e *edit) present(path *Path) []any {
	if !path.Attr.MultiValued {
		return path.Values(e.result)
	}
	var selected []any
	for _, element := range e.list(path.AttrPath).elements() {
		if path.Filter.MatchElement(element) {
			selected = append(selected, element)
		}
	}
	inner := AttrPath{Attr: path.Attr, Sub: path.Sub}
	return inner.Values(Resource{path.Attr.Name: selected})
}

// checkSchemas lets a PATCH list the schemas that the resource may have: which
// it has follows from its attributes. Among other attributes anything passes, as
// in a whole resource: there are clients that send SCIM 1.0's.
func (e *edit) checkSchemas(op string, value any, named bool) error {
	if !e.patching || !named {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, item := range list {
		urn, _ := item.(string)
		if op == patchRemove || !e.rt.hasSchema(urn) {
			return NewError(CodeMutability, "The attribute schemas cannot be changed to schemas that a %s does not have.", e.rt.Name)
		}
	}
	return nil
}

// hasSchema reports whether resources of the type have, or are tolerated to
// have, the schema.
func (rt *ResourceType) hasSchema(urn string) bool {
	if strings.EqualFold(urn, rt.Schema.ID) {
		return true
	}
	for _, schemas := range [][]*Schema{rt.Extensions, rt.Tolerated} {
		for _, schema := range schemas {
			if strings.EqualFold(urn, schema.ID) {
				return true
			}
		}
	}
	return false
}
