package strict

import (
	"fmt"
	"strings"
)

// A kind is what a node is.
type kind int

const (
	refused kind = iota // a problem has been reported, nothing more is to be said
	scalar
	list
	object
)

// A node is a value of the document, reduced to what a strict document may hold.
type node struct {
	kind         kind
	line, column int    // where a message about the value points
	text         string // of a scalar
	plain        bool   // the scalar is not quoted, so it may be other than a string
	members      []member
	items        []*node

	parent *node
	step   string // the last part of the path: ".key" or "[0]"
}

// A member is a key of an object and its value.
type member struct {
	key          string
	line, column int // of the key
	value        *node
}

// member finds a key.
func (n *node) member(key string) (member, bool) {
	for _, m := range n.members {
		if m.key == key {
			return m, true
		}
	}
	return member{}, false
}

// path is where the node is in the document, as in Problem.Path.
func (n *node) path() string {
	var steps []string
	for ; n.parent != nil; n = n.parent {
		steps = append(steps, n.step)
	}
	var b strings.Builder
	for i := len(steps) - 1; i >= 0; i-- {
		b.WriteString(steps[i])
	}
	return strings.TrimPrefix(b.String(), ".")
}

// Positions tells where the values of a document are. The zero Positions knows
// of no place but the start.
type Positions struct {
	root *node
}

// At is the line and column, both from 1, of the value at a path such as
// "user.attributes.userName.at" or "role.known[2].name", or of its nearest
// parent if the document does not have it. A block of lines stands where its key
// does; any other value, where the value itself is.
//
// Keys with dots in them are written in the path as they are.
func (p Positions) At(path string) (line, column int) {
	if p.root == nil {
		return 1, 1
	}
	if path != "" && !strings.HasPrefix(path, "[") {
		path = "." + path
	}
	n, _ := p.root.descend(path)
	return n.line, n.column
}

// descend follows as much of a path as it can; left is the length of the rest.
// Since keys may hold dots, several may fit the path; the deepest way wins.
func (n *node) descend(path string) (found *node, left int) {
	found, left = n, len(path)
	children := n.items
	for _, m := range n.members {
		children = append(children, m.value)
	}
	for _, child := range children {
		rest, ok := strings.CutPrefix(path, child.step)
		if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
			continue
		}
		if deeper, remains := child.descend(rest); remains < left {
			found, left = deeper, remains
		}
	}
	return found, left
}

// found describes a scalar, list or object in a message.
func (n *node) found() string {
	switch n.kind {
	case list:
		return "a list"
	case object:
		return "a map"
	}
	switch value := n.value().(type) {
	case nil:
		if n.text == "" {
			return "nothing"
		}
		return "null"
	case bool:
		return "the boolean " + n.text
	case int, float64:
		return "the number " + shortened(n.text, 60)
	default:
		return fmt.Sprintf("the string %s", quoted(fmt.Sprint(value)))
	}
}
