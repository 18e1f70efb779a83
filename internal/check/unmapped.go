package check

import (
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// unmapped names the fields of Suger's users that the mapping does not use, by
// name, kind and share of users, never by value.
func (r *run) unmapped() {
	c := r.users.fields
	var fields, known []string
	for _, path := range sortedNames(c.leaves) {
		l := c.leaves[path]
		if l.kind() == isObject || strings.HasSuffix(path, "[0]") || c.isUsed(path) || c.leads(path) {
			continue
		}
		share := "always empty"
		if l.filled > 0 {
			share = l.kind() + ", " + percent(l.filled, c.sampled)
		}
		fields = append(fields, fmt.Sprintf("%s (%s)", path, share))
		if attribute := attributeFor(path, l); attribute != "" && !r.Document.User.Attributes[attribute].Field.Given() {
			known = append(known, fmt.Sprintf("%s: %s", attribute, path))
		}
	}
	line := Line{Check: "unmapped fields", Level: OK, Mapping: r.at("user.attributes"), Text: "None: the mapping uses every field of Suger's users."}
	if len(fields) > 0 {
		line.Text = fmt.Sprintf("Suger's users have more: %s.", shortList(fields, 15))
	}
	if len(known) > 0 {
		line.Level = Look
		line.Change = fmt.Sprintf("To provision them, too, say in user.attributes and in the bodies of add and update: %s.", strings.Join(known, ", "))
	}
	r.add(line)
}

// leads reports whether a path leads to a field that the mapping uses.
func (c *fieldCounts) leads(path string) bool {
	for _, u := range c.uses {
		if slices.ContainsFunc(u.field.Scalars(), func(used string) bool { return within(used, path) }) {
			return true
		}
	}
	return false
}

// attributeFor is the SCIM attribute whose name a field has, "" if there is none.
func attributeFor(path string, l *leaf) string {
	if l.kind() != isText {
		return ""
	}
	name := lastName(path)
	for _, schema := range []*scim.Schema{scim.CoreUser(), scim.EnterpriseUser()} {
		for _, a := range schema.Attributes {
			other := a.Type != scim.String || a.MultiValued || a.Mutability == scim.ReadOnly
			if other || plain(a.Name) != name || slices.Contains([]string{"password", "displayName", "userName", "externalId"}, a.Name) {
				continue
			}
			if schema.ID == scim.URNEnterpriseUser {
				return schema.ID + ":" + a.Name
			}
			return a.Name
		}
	}
	return ""
}
