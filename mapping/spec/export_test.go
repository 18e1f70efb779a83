package spec

import "slices"

// OwnHeaders are the headers that the gateway sets itself.
var OwnHeaders = ownHeaders

// PlaceholdersOfOperation lists the placeholders that an operation can use: those of
// its path, query and headers, and the additional ones of its body.
func PlaceholdersOfOperation(d *Document, operation string) (texts, body []string) {
	c := checker{doc: d}
	op := NamedOperation{Name: operation, Operation: d.Operations.Named(operation)}
	if op.Operation == nil {
		op.Operation = &Operation{}
	}
	texts, body = c.placeholders(op)
	return texts, slices.DeleteFunc(body, func(name string) bool { return slices.Contains(texts, name) })
}
