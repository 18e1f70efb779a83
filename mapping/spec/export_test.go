package spec

import "slices"

// PlaceholdersOfOperation lists the placeholders that an operation can use: in its
// path, its query and its headers, and in its body besides those.
func PlaceholdersOfOperation(d *Document, operation string) (texts, body []string) {
	texts = append([]string{"organization"}, subjects[operation]...)
	c := checker{doc: d}
	op := NamedOperation{Name: operation, Operation: d.Operations.Named(operation)}
	if op.Operation == nil {
		op.Operation = &Operation{}
	}
	for _, name := range c.placeholders(op) {
		if !slices.Contains(texts, name) {
			body = append(body, name)
		}
	}
	return texts, body
}
