package spec_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec"
)

var update = flag.Bool("update", false, "write the files that are made of the Go types anew")

// assertMade compares a file with what is made of the Go types, and writes it if
// the flag says so.
func assertMade(t *testing.T, file, made string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(made), 0o644))
	}
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, made, string(written), "run the test with -update to write %s anew", file)
}

// object is a JSON object.
type object = map[string]any

// mapping.schema.json is what a mapping file is read by, and what editors complete
// and check one with while one types. It is made of the tags of the Go types.
func TestJSONSchemaIsMadeOfTheTypes(t *testing.T) {
	s := &schemaMaker{definitions: make(object)}
	root := s.of(reflect.TypeFor[spec.Document](), "")
	root["$schema"], root["title"], root["$defs"] = "https://json-schema.org/draft/2020-12/schema", "Mapping file of the Suger SCIM Gateway", s.definitions
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(root))
	assertMade(t, "mapping.schema.json", b.String())
}

type schemaMaker struct{ definitions object }

// notations are the types that are written as a text with a format.
var notations = map[reflect.Type]string{
	reflect.TypeFor[spec.Field](): "field", reflect.TypeFor[spec.Request](): "call", reflect.TypeFor[spec.Cursor](): "cursor",
	reflect.TypeFor[spec.Path](): "path", reflect.TypeFor[time.Duration](): "time",
}

// shortForms are the structs that may be written as a text, with its format.
var shortForms = map[reflect.Type]string{
	reflect.TypeFor[spec.Operation](): "call", reflect.TypeFor[spec.End](): "end", reflect.TypeFor[spec.Attribute](): "field",
}

// of is the schema of a type; tag has its bounds.
func (s *schemaMaker) of(t reflect.Type, tag reflect.StructTag) object {
	switch format, notated := notations[t]; {
	case t == reflect.TypeFor[spec.Field]():
		return object{"type": []any{"string", "array"}, "format": format, "items": object{"type": "string", "format": format}, "minItems": 1, "uniqueItems": true}
	case notated:
		return object{"type": "string", "format": format}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), tag)
	case reflect.Struct:
		return s.reference(t)
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem(), "")}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem(), tag)}
	case reflect.Int:
		number := object{"type": "integer"}
		for key, name := range map[string]string{"min": "minimum", "max": "maximum"} {
			if bound, err := strconv.Atoi(tag.Get(key)); err == nil {
				number[name] = bound
			}
		}
		return number
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		text := object{"type": "string"}
		if enum := tag.Get("enum"); enum != "" {
			text["enum"] = strings.Split(enum, ",")
		}
		return text
	}
	return object{}
}

// reference points to the definition of a struct, which it makes if need be.
func (s *schemaMaker) reference(t reflect.Type) object {
	if _, exists := s.definitions[t.Name()]; !exists {
		s.definitions[t.Name()] = nil // before its fields, which may lead back here
		s.definitions[t.Name()] = s.structure(t)
	}
	return object{"$ref": "#/$defs/" + t.Name()}
}

func (s *schemaMaker) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, field := range reflect.VisibleFields(t) {
		key := field.Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		property := s.of(field.Type, field.Tag)
		property["description"] = field.Tag.Get("doc")
		if fallback := field.Tag.Get("default"); fallback != "" {
			property["default"] = fallback
		}
		if field.Type == reflect.TypeFor[*spec.Operation]() || field.Type == reflect.TypeFor[spec.End]() {
			property["properties"] = notFor(key)
		}
		properties[key] = property
		if field.Tag.Get("required") == "true" {
			required = append(required, key)
		}
	}
	described := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		described["required"] = required
	}
	if format, short := shortForms[t]; short {
		described["type"], described["format"] = []any{"string", "object"}, format
	}
	return described
}

// notFor are the keys that an operation cannot have.
func notFor(operation string) object {
	not := object{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[spec.Operation]()) {
		key, with, without := field.Tag.Get("yaml"), field.Tag.Get("for"), field.Tag.Get("not")
		switch {
		case with != "" && !slices.Contains(strings.Split(with, ","), operation):
			not[key] = object{"not": object{}, "description": fmt.Sprintf("%s belongs to %s", key, strings.ReplaceAll(with, ",", " and "))}
		case slices.Contains(strings.Split(without, ","), operation):
			not[key] = object{"not": object{}, "description": fmt.Sprintf("%s does not belong to a list, whose rows are its items", key)}
		}
	}
	return not
}
