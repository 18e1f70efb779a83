package strict_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/mapping/spec/strict"
)

func TestPositions(t *testing.T) {
	const text = `version: 1
any:
  user:
    name.first: a
    name:
      first: b
      last.part: c
  flow: {list: [x, {y: z}]}
  block:
    - v
    - - w
    -
      key: k
labels:
  add user: u
`
	tests := []struct {
		name, path   string
		line, column int
	}{
		{"document", "", 1, 1},
		{"scalar", "version", 1, 1},
		{"block", "any", 2, 1},
		{"nested block", "any.user", 3, 3},
		{"parent of a key with a dot", "any.user.name", 5, 5},
		{"key with a dot below a key without", "any.user.name.last.part", 7, 7},
		{"flow map", "any.flow", 8, 3},
		{"flow list", "any.flow.list", 8, 10},
		{"item", "any.flow.list[1]", 8, 20},
		{"below an item", "any.flow.list[1].y", 8, 21},
		{"item of a block", "any.block[0]", 10, 7},
		{"list in a list", "any.block[1][0]", 11, 9},
		{"map in a list", "any.block[2].key", 13, 7},
		{"key with a blank", "labels.add user", 15, 3},
		{"absent key: its parent", "labels.add role", 14, 1},
		{"absent item: its list", "any.block[7].key", 9, 3},
		{"below a scalar: the scalar", "version.a.b[2]", 1, 1},
		{"beginning of a key is not the key", "label", 1, 1},
		{"absent at the top: the document", "user.attributes", 1, 1},
	}
	var d document
	positions := documents(t).Read("doc.yaml", []byte(text), &d).Positions
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			line, column := positions.At(test.path)
			assert.Equal(t, [2]int{test.line, test.column}, [2]int{line, column})
		})
	}
}

func TestPositionsOfNoDocument(t *testing.T) {
	line, column := strict.Positions{}.At("a.b")
	assert.Equal(t, [2]int{1, 1}, [2]int{line, column})
}
