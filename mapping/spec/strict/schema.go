package strict

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
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
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = s.compiler.AddResource(schemaURL, document)
	}
	if err == nil {
		s.root, err = s.compiler.Compile(schemaURL)
	}
	return s, err
}

// describe reports a mistake: the causes of one that has some. The description of a
// schema says what to do, or, after not, what is wrong as well.
func (s *Schema) describe(r *Report, e *jsonschema.ValidationError) {
	for _, cause := range e.Causes {
		s.describe(r, cause)
	}
	if len(e.Causes) > 0 {
		return
	}
	path, schema := r.path(e.InstanceLocation), s.at(e.SchemaURL)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		known := slices.DeleteFunc(slices.Sorted(maps.Keys(schema.Properties)), func(name string) bool { return schema.Properties[name].Not != nil })
		for _, key := range k.Properties {
			if advice := schema.Description; len(known) == 0 { // keys have a form instead of names
				r.Add(within(path, key), "this name is not allowed; %s", advice)
			} else {
				r.Add(within(path, key), "unknown key; %s", Suggest(key, known, "the keys here are"))
			}
		}
	case *kind.Required:
		for _, missing := range k.Missing {
			r.Add(path, "%s", strings.TrimSuffix(fmt.Sprintf("key %q is missing; %s", missing, schema.Description), "; "))
		}
	case *kind.DependentRequired:
		for _, missing := range k.Missing {
			r.Add(path, "key %q is missing; add it, or remove %q", missing, k.Prop)
		}
	case *kind.Enum:
		var known []string
		for _, value := range k.Want {
			known = append(known, fmt.Sprint(value))
		}
		r.Add(path, "%q is not a value here; %s", shortened(fmt.Sprint(k.Got)), Suggest(fmt.Sprint(k.Got), known, "write one of"))
	case *kind.Format:
		r.Add(path, "%s", shortened(k.Err.Error()))
	case *kind.Minimum:
		r.Add(path, "it is less than %s", k.Want.RatString())
	case *kind.Maximum:
		r.Add(path, "it is more than %s", k.Want.RatString())
	case *kind.Not:
		r.Add(path, "%s", schema.Description)
	default:
		r.Add(path, "%s", shortened(k.LocalizedString(english)))
	}
}

func (s *Schema) at(url string) *jsonschema.Schema {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.compiler.MustCompile(url) // of which an error came, so that it is there
}

func (r *Report) path(location []string) (path string) {
	for _, step := range location {
		if _, isItem := r.Positions[path+"["+step+"]"]; isItem {
			path += "[" + step + "]"
		} else {
			path = within(path, step)
		}
	}
	return path
}
