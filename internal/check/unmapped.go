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
		if attribute := r.attributeFor(path, l); attribute != "" {
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

// attributeFor is the SCIM attribute whose name a field has, if the mapping does
// not hold it yet.
func (r *run) attributeFor(path string, l *leaf) string {
	if l.kind() != isText {
		return ""
	}
	name := plain(path[strings.LastIndex(path, ".")+1:])
	for _, schema := range []*scim.Schema{scim.CoreUser(), scim.EnterpriseUser()} {
		for _, a := range schema.Attributes {
			if a.Type != scim.String || a.MultiValued || plain(a.Name) != name || a.Name == "password" || a.Mutability == scim.ReadOnly {
				continue
			}
			attribute := a.Name
			if schema.ID == scim.URNEnterpriseUser {
				attribute = schema.ID + ":" + a.Name
			}
			if _, held := r.Document.User.Attributes[attribute]; !held && a.Name != "displayName" {
				return attribute
			}
		}
	}
	return ""
}
