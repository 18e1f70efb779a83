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
	case allOf:
		return canonicalNodes(node, " and ")
	case anyOf:
		return canonicalNodes(node, " or ")
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

func canonicalNodes(nodes []filterNode, keyword string) string {
	parts := make([]string, len(nodes))
	for i, node := range nodes {
		parts[i] = canonicalNode(node)
		if _, alternative := node.(anyOf); alternative && keyword == " and " {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, keyword)
}
