// Package strict reads configuration documents, written in YAML, that a JSON
// Schema describes, and reports everything that is wrong with one at once, each
// with line, column and advice.
//
// Start with [NewSchema]; [Schema.Read] reads a document into a struct by the YAML
// library's own rules. Of YAML, one document of plain maps, lists and scalars is
// accepted: no aliases, merge keys or tags, no key twice, numbers as JSON has them,
// and no value left empty.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
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

// Read reads the document in data into the struct that into points to. file is its
// name in problems, of which up to a hundred are reported. What cannot be read is
// left as it was.
func (s *Schema) Read(file string, data []byte, into any) *Report {
	r := &Report{file: file, Positions: make(Positions)}
	if root := r.parse(data); root != nil {
		value := r.value(root, "", root, 1)
		var invalid *jsonschema.ValidationError
		if errors.As(s.root.Validate(value), &invalid) {
			s.describe(r, root, value, invalid)
		}
		var good yaml.Node
		if err := errors.Join(good.Encode(value), good.Decode(into)); err != nil && len(r.problems) == 0 {
			r.add("", 1, 1, err.Error(), "") // the schema and the struct are not the same
		}
	}
	r.read = len(r.problems)
	return r
}

// Positions are the places of the values of a document, by their paths.
type Positions map[string]position

type position struct{ line, column int }

// At returns the line and column, both from 1, of the value at a path such as
// "user.attributes.userName.field" or "role.known[2].name", or of its nearest
// parent if the document does not have it. The place of a block of lines is
// that of its key; of any other value, its own. Keys with dots in them are
// written in the path as they are.
func (p Positions) At(path string) (line, column int) {
	for {
		if at, there := p[path]; there {
			return at.line, at.column
		}
		if path == "" {
			return 1, 1
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
}

// parse reads the one document in data. It answers nil if there is nothing to
// decode; the reason is in the report then.
func (r *Report) parse(data []byte) *yaml.Node {
	if len(data) > maxSize {
		r.add("", 1, 1, fmt.Sprintf("the document has more than %d KiB", maxSize>>10), "")
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	first, err := next(decoder)
	switch {
	case errors.Is(err, io.EOF):
		r.add("", 1, 1, "the document is empty", "")
		return nil
	case err != nil:
		r.syntax(data, err)
		return nil
	}
	switch second, err := next(decoder); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(data, err)
	default:
		r.add("", second.Line, second.Column, "a second document begins here", "a file holds one document")
	}
	return first.Content[0]
}

// next reads a document. The YAML library panics in states that it considers
// impossible, some of which documents have reached; here that is a syntax
// error.
func next(decoder *yaml.Decoder) (document *yaml.Node, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			document, err = nil, fmt.Errorf("yaml: %v", reason)
		}
	}()
	document = new(yaml.Node)
	return document, decoder.Decode(document)
}

// value returns the value of a node, as in JSON, without what is refused. at is the
// node whose place a message about the value names.
func (r *Report) value(n *yaml.Node, path string, at *yaml.Node, depth int) any {
	if _, twice := r.Positions[path]; !twice {
		r.Positions[path] = position{at.Line, at.Column}
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return r.refuse(path, n, fmt.Sprintf("an alias (*%s) is not allowed", shortened(n.Value, 60)), "write the value out")
	case n.Style&yaml.TaggedStyle != 0:
		return r.refuse(path, n, fmt.Sprintf("a tag (%s) is not allowed", shortened(n.Tag, 60)), "remove it; quotes make a value a string")
	case n.Kind == yaml.ScalarNode:
		return r.scalar(n, path)
	case depth > maxDepth:
		return r.refuse(path, n, fmt.Sprintf("maps and lists are nested more than %d deep", maxDepth), "")
	case n.Kind == yaml.MappingNode:
		return r.object(n, path, depth)
	}
	list := make([]any, len(n.Content))
	for i, item := range n.Content {
		list[i] = r.value(item, fmt.Sprintf("%s[%d]", path, i), item, depth+1)
	}
	return list
}

func (r *Report) object(n *yaml.Node, path string, depth int) map[string]any {
	object, lines := make(map[string]any, len(n.Content)/2), make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value, at := n.Content[i], n.Content[i+1], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" || key.Style&yaml.TaggedStyle != 0 {
			r.refuse(path, key, fmt.Sprintf("the key %s is not a string", quoted(key.Value)), "write it in quotes")
			continue
		}
		if value.Kind != yaml.ScalarNode && value.Style&yaml.FlowStyle == 0 {
			at = key
		}
		name := strings.TrimPrefix(path+"."+key.Value, ".")
		if isEmpty(value) && n.Style&yaml.FlowStyle != 0 && len(n.Content) == 2 {
			r.refuse(name, key, fmt.Sprintf("{%s} without quotes is a map", shortened(key.Value, 60)), fmt.Sprintf(`write "{%s}"`, shortened(key.Value, 60)))
			r.refused = append(r.refused, path)
			continue
		}
		read := r.value(value, name, at, depth+1)
		if line, twice := lines[key.Value]; twice {
			r.add(path, key.Line, key.Column, fmt.Sprintf("key %s is given twice, first in line %d", quoted(key.Value), line), "remove one of them")
			continue
		}
		object[key.Value], lines[key.Value] = read, key.Line
	}
	return object
}

// jsonNumber is a number as JSON writes it.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func (r *Report) scalar(n *yaml.Node, path string) any {
	switch tag := n.ShortTag(); {
	case isEmpty(n):
		return r.refuse(path, n, "has no value", "write null, {} or [] if that is meant, or leave the key out")
	case tag == "!!null":
		return nil
	case tag == "!!bool":
		return n.Value[0] == 't' || n.Value[0] == 'T'
	case tag != "!!int" && tag != "!!float":
		return n.Value
	}
	if whole, err := strconv.Atoi(n.Value); err == nil && jsonNumber.MatchString(n.Value) {
		return whole
	}
	number, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || !jsonNumber.MatchString(n.Value) || n.ShortTag() == "!!int" {
		return r.refuse(path, n, fmt.Sprintf("%s is not a JSON number, or too large", shortened(n.Value, 60)), "write it in quotes if it is a text")
	}
	return number
}

func isEmpty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.ShortTag() == "!!null"
}
