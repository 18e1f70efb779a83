package spec

import "slices"

// PlaceholdersOfOperation lists the placeholders that an operation can use: in its
// path, its query and its headers, and in its body besides those.
func PlaceholdersOfOperation(d *Document, operation string) (texts, body []string) {
	c := checker{doc: d}
	op := NamedOperation{Name: operation, Operation: d.Operations.Named(operation)}
	if op.Operation == nil {
		op.Operation = &Operation{}
	}
	texts, body = c.placeholders(op)
	return texts, slices.DeleteFunc(body, func(name string) bool { return slices.Contains(texts, name) })
}
