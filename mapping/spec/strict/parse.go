package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// The largest document, in bytes, and how deep maps and lists may be nested.
const (
	maxSize  = 256 << 10
	maxDepth = 32
)

// parse reads the one document in data. It answers nil if there is nothing to
// decode; the reason is in the report then.
func (r *report) parse(data []byte) *node {
	if len(data) > maxSize {
		r.start(fmt.Sprintf("the document has more than %d KiB", maxSize>>10))
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	first, err := next(decoder)
	switch {
	case errors.Is(err, io.EOF):
		r.start("the document is empty")
		return nil
	case err != nil:
		r.syntax(data, err)
		return nil
	}
	content := first.Content[0]
	root := &node{line: content.Line, column: content.Column}
	r.tree(root, content, 1)
	switch second, err := next(decoder); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(data, err)
	default:
		r.add(&node{}, second.Line, second.Column, "a second document begins here", "a file holds one document")
	}
	return root
}

// start notes a problem with the whole document.
func (r *report) start(message string) {
	r.at(&node{line: 1, column: 1}, message, "")
}

// next reads a document. The YAML library panics in states that it takes for
// impossible, several of which documents have reached in the past; here that is
// one more document that is not YAML.
func next(decoder *yaml.Decoder) (document *yaml.Node, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			document, err = nil, fmt.Errorf("yaml: %v", reason)
		}
	}()
	document = new(yaml.Node)
	return document, decoder.Decode(document)
}
