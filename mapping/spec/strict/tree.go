package strict

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// maxKey is the longest key, in bytes. It bounds paths, and so messages.
const maxKey = 256

// tree fills n with what the YAML library read, and reports what a strict
// document must not hold. depth is 1 for the document itself.
func (r *report) tree(n *node, y *yaml.Node, depth int) {
	if message, suggestion := forbidden(y); message != "" {
		r.add(n, y.Line, y.Column, message, suggestion)
		return
	}
	if y.Kind == yaml.ScalarNode {
		n.kind, n.text = scalar, y.Value
		n.plain = y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
		return
	}
	if depth > maxDepth {
		r.add(n, y.Line, y.Column, fmt.Sprintf("maps and lists are nested more than %d deep", maxDepth), "")
		return
	}
	if y.Kind == yaml.MappingNode {
		n.kind = object
		r.members(n, y.Content, depth)
		return
	}
	n.kind = list
	for i, item := range y.Content {
		child := &node{line: item.Line, column: item.Column, parent: n, step: fmt.Sprintf("[%d]", i)}
		r.tree(child, item, depth+1)
		n.items = append(n.items, child)
	}
}

// members turns the keys and values of a map into members of n.
func (r *report) members(n *node, content []*yaml.Node, depth int) {
	lines := make(map[string]int, len(content)/2)
	for i := 0; i+1 < len(content); i += 2 {
		key, value := content[i], content[i+1]
		if message, suggestion := forbiddenKey(key); message != "" {
			r.add(n, key.Line, key.Column, message, suggestion)
			continue
		}
		child := &node{line: value.Line, column: value.Column, parent: n, step: "." + key.Value}
		if value.Kind != yaml.ScalarNode && value.Style&yaml.FlowStyle == 0 {
			child.line, child.column = key.Line, key.Column // a block stands where its key does
		}
		r.tree(child, value, depth+1)
		if line, twice := lines[key.Value]; twice {
			message := fmt.Sprintf("key %s is given twice, first in line %d", quoted(key.Value), line)
			r.add(n, key.Line, key.Column, message, "remove one of them")
			continue
		}
		lines[key.Value] = key.Line
		n.members = append(n.members, member{key: key.Value, line: key.Line, column: key.Column, value: child})
	}
}

// forbidden says why a value may not be in a strict document, if so.
func forbidden(y *yaml.Node) (message, suggestion string) {
	switch {
	case y.Kind == yaml.AliasNode:
		return fmt.Sprintf("an alias (*%s) is not allowed", shortened(y.Value, 60)), "write the value out"
	case y.Anchor != "":
		return fmt.Sprintf("an anchor (&%s) is not allowed", shortened(y.Anchor, 60)), "remove it"
	case y.Style&yaml.TaggedStyle != 0:
		return fmt.Sprintf("a tag (%s) is not allowed", shortened(y.Tag, 60)), "remove it; quotes make a value a string"
	}
	return "", ""
}

// forbiddenKey says why a key may not be in a strict document, if so.
func forbiddenKey(y *yaml.Node) (message, suggestion string) {
	if message, suggestion = forbidden(y); message != "" {
		return message, suggestion
	}
	switch {
	case y.Kind != yaml.ScalarNode:
		return "a map or a list is not allowed as a key", "use a string"
	case y.Tag == "!!merge":
		return "a merge key (<<) is not allowed", "write the keys out"
	case len(y.Value) > maxKey:
		return fmt.Sprintf("a key is longer than %d bytes", maxKey), ""
	case y.Tag == "!!null":
		return "a key is empty", "give it a name"
	}
	return "", ""
}
