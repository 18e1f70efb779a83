// Package strict reads YAML documents that a JSON Schema describes, and reports everything
// that is wrong with one at once, with line, column and advice. Start with [NewSchema].
//
// One document of plain maps, lists and scalars is accepted: no aliases, merge keys or
// tags, no key twice, numbers as JSON has them, and no value left empty.
package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// The largest document, in bytes, and how deep maps and lists may be nested.
const (
	maxSize  = 64 << 10
	maxDepth = 32
)

// Read reads the document in data into the struct that into points to, if the schema allows
// it. file is its name in problems.
func (s *Schema) Read(file string, data []byte, into any) *Report {
	r := &Report{file: file, Positions: make(Positions)}
	root := r.parse(data)
	if root == nil {
		return r
	}
	value := r.value(root, "", root, 1)
	if len(r.problems) > 0 {
		return r
	}
	var invalid *jsonschema.ValidationError
	if errors.As(s.root.Validate(value), &invalid) {
		s.describe(r, invalid)
		return r
	}
	var good yaml.Node
	if err := errors.Join(good.Encode(value), good.Decode(into)); err != nil {
		r.Add("", "%v", err) // the schema and the struct are not the same
	}
	return r
}

// parse reads the one document in data; nil if there is none, which it reports.
func (r *Report) parse(data []byte) *yaml.Node {
	if len(data) > maxSize {
		r.Add("", "the document has more than %d KiB", maxSize>>10)
		return nil
	}
	documents, err := decode(data)
	switch {
	case err != nil:
		r.syntax(data, err)
	case len(documents) == 0:
		r.Add("", "the document is empty")
	case len(documents) > 1:
		r.Add("", "the file holds more than one document")
	default:
		return documents[0].Content[0]
	}
	return nil
}

// decode reads all documents in data. The YAML library panics in states that it considers
// impossible, some of which documents have reached; here that is a syntax error.
func decode(data []byte) (documents []*yaml.Node, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("yaml: %v", reason)
		}
	}()
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); err == nil; {
		document := new(yaml.Node)
		if err = decoder.Decode(document); err == nil {
			documents = append(documents, document)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return documents, err
}

// syntax reports what the YAML library could not read, at the first line with which the
// document is not good YAML: the library's own line is often that of the enclosing map.
func (r *Report) syntax(data []byte, err error) {
	good := len(data)
	for good > 0 {
		good = 1 + bytes.LastIndexByte(data[:good-1], '\n')
		if _, err := decode(data[:good]); err == nil {
			break
		}
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if before, text, found := strings.Cut(message, ": "); found && strings.HasPrefix(before, "line ") {
		message = text
	}
	r.Positions[""] = position{1 + bytes.Count(data[:good], []byte("\n")), 1}
	r.Add("", `not YAML: %s; check the indentation (by spaces, not tabs), quotes and brackets, and quote a value with braces or a colon in it: {call: "GET /people/{user}"}`, shortened(message))
}

// value returns the value of a node, as in JSON, and notes what is not allowed. at is the
// node whose place a message names.
func (r *Report) value(n *yaml.Node, path string, at *yaml.Node, depth int) any {
	r.Positions[path] = position{at.Line, at.Column}
	tag := n.ShortTag()
	switch {
	case n.Kind == yaml.AliasNode:
		r.Add(path, "an alias (*%s) is not allowed; write the value out", shortened(n.Value))
	case n.Style&yaml.TaggedStyle != 0:
		r.Add(path, "a tag (%s) is not allowed; remove it; quotes make a value a string", shortened(n.Tag))
	case n.Kind == yaml.ScalarNode && tag == "!!null" && n.Value == "":
		r.Add(path, `has no value; write null if that is meant, and a placeholder in quotes: "{user}"`)
	case n.Kind == yaml.ScalarNode && tag == "!!null":
	case n.Kind == yaml.ScalarNode && tag == "!!bool":
		return strings.EqualFold(n.Value, "true")
	case n.Kind == yaml.ScalarNode && (tag == "!!int" || tag == "!!float"):
		whole, noInt := strconv.Atoi(n.Value)
		number, noFloat := strconv.ParseFloat(n.Value, 64)
		switch {
		case !json.Valid([]byte(n.Value)) || noFloat != nil || tag == "!!int" && noInt != nil:
			r.Add(path, "%s is not a JSON number, or too large; write it in quotes if it is a text", shortened(n.Value))
		case noInt == nil:
			return whole
		}
		return number
	case n.Kind == yaml.ScalarNode:
		return n.Value
	case depth > maxDepth:
		r.Add(path, "maps and lists are nested more than %d deep", maxDepth)
	case n.Kind == yaml.MappingNode:
		return r.object(n, path, depth)
	case n.Kind == yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = r.value(item, fmt.Sprintf("%s[%d]", path, i), item, depth+1)
		}
		return list
	}
	return nil
}

func (r *Report) object(n *yaml.Node, path string, depth int) map[string]any {
	object := make(map[string]any, len(n.Content)/2)
	for pair := range slices.Chunk(n.Content, 2) {
		key, name := pair[0], within(path, pair[0].Value)
		value := r.value(pair[1], name, key, depth+1)
		_, twice := object[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" || key.Style&yaml.TaggedStyle != 0:
			r.Add(name, "the key is not a string; write it in quotes")
		case twice:
			r.Add(name, "the key is given twice; remove one of them")
		default:
			object[key.Value] = value
		}
	}
	return object
}

func within(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }
