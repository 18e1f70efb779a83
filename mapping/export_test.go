package mapping

import "slices"

// PlaceholdersIn lists the placeholders that an operation of a mapping can use:
// in its path, its query and its headers, and in its body besides those.
func PlaceholdersIn(d *Document, operation string) (texts, body []string) {
	texts = append([]string{"organization"}, subjects[operation]...)
	c := checker{doc: d}
	for _, op := range d.Operations.all() {
		if op.name != operation {
			continue
		}
		if op.Operation == nil {
			op.Operation = &Operation{}
		}
		for _, name := range c.placeholders(op) {
			if !slices.Contains(texts, name) {
				body = append(body, name)
			}
		}
	}
	return texts, body
}

// PossibleAttributes lists the attributes that a mapping can hold in a field.
func PossibleAttributes() []string { return possibleAttributes() }
