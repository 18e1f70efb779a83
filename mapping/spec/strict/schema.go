package strict

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// A Schema describes documents. It is safe for concurrent use.
type Schema struct {
	root     *jsonschema.Schema
	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

// english is the language of the schema library's messages.
var english = message.NewPrinter(language.English)

// schemaURL names the schema. Nothing is ever loaded from it.
const schemaURL = "https://schema.invalid/document.json"

// NewSchema compiles a JSON Schema. formats check the strings to which the schema
// gives a format of their name; their errors are shown to the document's author.
func NewSchema(text []byte, formats map[string]func(string) error) (*Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("strict: the JSON Schema: %w", err)
	}
	s := &Schema{compiler: jsonschema.NewCompiler()}
	s.compiler.AssertFormat()
	for name, check := range formats {
		s.compiler.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(value any) error {
			if text, isString := value.(string); isString {
				return check(text)
			}
			return nil
		}})
	}
	if err := s.compiler.AddResource(schemaURL, document); err != nil {
		return nil, fmt.Errorf("strict: the JSON Schema: %w", err)
	}
	if s.root, err = s.compiler.Compile(schemaURL); err != nil {
		return nil, fmt.Errorf("strict: the JSON Schema: %w", err)
	}
	return s, nil
}

// describe reports a mistake: the causes of one that has some.
func (s *Schema) describe(r *Report, root *yaml.Node, value any, e *jsonschema.ValidationError) {
	for _, cause := range e.Causes {
		s.describe(r, root, value, cause)
	}
	n, value, path := locate(root, value, e.InstanceLocation)
	if len(e.Causes) > 0 || slices.Contains(r.refused, path) {
		return
	}
	say := func(suggestion, format string, args ...any) {
		line, column := r.Positions.At(path)
		r.add(path, line, column, fmt.Sprintf(format, args...), suggestion)
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties: // which are not read either
		var known []string
		for name, property := range s.at(e.SchemaURL).Properties {
			if property.Not == nil {
				known = append(known, name)
			}
		}
		slices.Sort(known)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, object := n.Content[i], value.(map[string]any)
			if _, there := object[key.Value]; !there || !slices.Contains(k.Properties, key.Value) {
				continue
			}
			delete(object, key.Value)
			message, suggestion := fmt.Sprintf("unknown key %q", shortened(key.Value, 120)), Suggest(key.Value, known)
			if len(known) == 0 { // keys have a form instead of names
				message, suggestion = fmt.Sprintf("the name %q is not allowed", shortened(key.Value, 120)), s.at(e.SchemaURL).Description
			}
			r.add(path, key.Line, key.Column, message, suggestion)
		}
	case *kind.Required:
		for _, missing := range k.Missing {
			say(s.at(e.SchemaURL).Description, "key %q is missing", missing)
		}
	case *kind.DependentRequired:
		for _, missing := range k.Missing {
			say(fmt.Sprintf("add it, or remove %q", k.Prop), "key %q is missing", missing)
		}
	case *kind.Format:
		say("", "%s", shortened(k.Err.Error(), 300))
	case *kind.Minimum:
		say("", "%s is less than %s", n.Value, k.Want.RatString())
	case *kind.Maximum:
		say("", "%s is more than %s", n.Value, k.Want.RatString())
	case *kind.Not: // whose description says what is wrong, and what to do
		message, suggestion, _ := strings.Cut(s.at(e.SchemaURL).Description, "; ")
		say(suggestion, "%s", message)
	case *kind.Type:
		suggestion := ""
		switch plain := n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null"; {
		case plain && slices.Contains(k.Want, "string"):
			suggestion = "write it in quotes: " + quoted(n.Value)
		case plain && slices.Contains(k.Want, "array"):
			suggestion = "write it in brackets: [" + shortened(n.Value, 60) + "]"
		case plain && slices.Contains(k.Want, "boolean"):
			suggestion = "write true or false"
		}
		say(suggestion, "%s", k.LocalizedString(english))
	default:
		say("", "%s", k.LocalizedString(english))
	}
}

func (s *Schema) at(url string) *jsonschema.Schema {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.compiler.MustCompile(url) // of which an error came, so that it is there
}

// locate finds the node and the value at a place of the document, and its path.
func locate(n *yaml.Node, value any, location []string) (at *yaml.Node, there any, path string) {
	for _, step := range location {
		switch parent := value.(type) {
		case []any:
			i, _ := strconv.Atoi(step) // the library made it of a number
			n, value, path = n.Content[i], parent[i], path+"["+step+"]"
		case map[string]any:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == step {
					n, value, path = n.Content[i+1], parent[step], strings.TrimPrefix(path+"."+step, ".")
					break
				}
			}
		}
	}
	return n, value, path
}
