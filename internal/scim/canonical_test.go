package scim

import (
	"fmt"
	"strings"
)

// A canonical text shows how a filter or a path was read: names in the schema's
// spelling, and parentheses where they are needed. Parsing it gives the same filter.

func canonicalPath(p *Path) string {
	if p.Filter == nil {
		return p.String()
	}
	text := AttrPath{URN: p.URN, Attr: p.Attr}.String() + "[" + canonicalFilter(p.Filter) + "]"
	if p.Sub != nil {
		text += "." + p.Sub.Name
	}
	return text
}

func canonicalFilter(f *Filter) string { return canonicalNode(f.root) }

func canonicalNode(node filterNode) string {
	switch node := node.(type) {
	case junction:
		parts := make([]string, len(node.nodes))
		for i, part := range node.nodes {
			parts[i] = canonicalNode(part)
			if inner, ok := part.(junction); ok && inner.or && !node.or {
				parts[i] = "(" + parts[i] + ")"
			}
		}
		if node.or {
			return strings.Join(parts, " or ")
		}
		return strings.Join(parts, " and ")
	case negation:
		return "not (" + canonicalNode(node.node) + ")"
	case *elementMatch:
		text := node.path.String() + "[" + canonicalNode(node.filter) + "]"
		if node.comparison != nil {
			text += "." + canonicalNode(node.comparison)
		}
		return text
	case *comparison:
		text := node.path.String() + " " + string(node.op)
		if node.op != opPresent {
			value, _ := AppendJSON(nil, node.value)
			text += " " + string(value)
		}
		return text
	}
	panic(fmt.Sprintf("%T is no filter", node))
}
