package strict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// durationPattern is what time.ParseDuration reads, as an expression of JSON Schema.
const durationPattern = `^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`

// Schema is the JSON Schema (draft 2020-12) of the documents that [Decode] reads
// into values like v, for editors that complete and check while one types. The
// same types always give the same bytes.
//
// Every struct becomes a definition under the name of its type; the error is
// about two types of one name.
func Schema(title string, v any) ([]byte, error) {
	s := &schema{definitions: make(map[string]definition)}
	root := s.of(reflect.TypeOf(v), nil)
	if s.err != nil {
		return nil, s.err
	}
	document := append(jsonObject{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", title},
	}, root...)
	if len(s.definitions) > 0 {
		document = append(document, jsonMember{"$defs", s.sorted()})
	}
	text, err := marshal(document)
	if err != nil {
		return nil, fmt.Errorf("strict: write the JSON Schema: %w", err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return nil, fmt.Errorf("strict: write the JSON Schema: %w", err)
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

type schema struct {
	definitions map[string]definition // by type name
	err         error
}

type definition struct {
	of   reflect.Type
	body jsonObject
}

// of is the schema of a type; enum limits strings as in decoder.value.
func (s *schema) of(t reflect.Type, enum []string) jsonObject {
	switch formOf(t) {
	case formPointer:
		return s.of(t.Elem(), enum)
	case formStruct:
		return s.reference(t)
	case formMap:
		return jsonObject{{"type", "object"}, {"additionalProperties", s.of(t.Elem(), enum)}}
	case formSlice:
		return jsonObject{{"type", "array"}, {"items", s.of(t.Elem(), enum)}}
	case formDuration:
		return jsonObject{{"type", "string"}, {"pattern", durationPattern}}
	case formInt:
		return jsonObject{{"type", "integer"}}
	case formFloat:
		return jsonObject{{"type", "number"}}
	case formBool:
		return jsonObject{{"type", "boolean"}}
	case formAny:
		return jsonObject{}
	}
	text := jsonObject{{"type", "string"}}
	if len(enum) > 0 {
		text = append(text, jsonMember{"enum", enum})
	}
	if isTextList(t) {
		return jsonObject{{"oneOf", []jsonObject{text, {{"type", "array"}, {"items", text}, {"minItems", 1}}}}}
	}
	return text
}

// reference points to the definition of a struct, which it makes if need be. A
// struct without a name has none and is written in place.
func (s *schema) reference(t reflect.Type) jsonObject {
	name := t.Name()
	if name == "" {
		return s.structure(t)
	}
	known, exists := s.definitions[name]
	switch {
	case strings.ContainsAny(name, "[/") || exists && known.of != t:
		s.err = fmt.Errorf("strict: %s cannot be named in a JSON Schema", t)
	case !exists:
		s.definitions[name] = definition{of: t} // before its fields, which may lead back here
		s.definitions[name] = definition{of: t, body: s.structure(t)}
	}
	return jsonObject{{"$ref", "#/$defs/" + name}}
}

// structure is the schema of a struct.
func (s *schema) structure(t reflect.Type) jsonObject {
	properties, required := jsonObject{}, []string{}
	for _, f := range fieldsOf(t) {
		properties = append(properties, jsonMember{f.name, s.property(f, t.Field(f.index).Type)})
		if f.required {
			required = append(required, f.name)
		}
	}
	object := jsonObject{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		object = append(object, jsonMember{"required", required})
	}
	object = append(object, jsonMember{"additionalProperties", false})
	if isShorthand(t) {
		return jsonObject{{"oneOf", []jsonObject{{{"type", "string"}}, object}}}
	}
	return object
}

// property is the schema of a field, with what its tags say.
func (s *schema) property(f field, t reflect.Type) jsonObject {
	property := s.of(t, f.enum)
	if f.doc != "" {
		property = append(property, jsonMember{"description", f.doc})
	}
	if f.hasDefault {
		property = append(property, jsonMember{"default", f.defaultNode(t).value()})
	}
	return property
}

// sorted lists the definitions by name.
func (s *schema) sorted() jsonObject {
	var all jsonObject
	for name, d := range s.definitions {
		all = append(all, jsonMember{name, d.body})
	}
	slices.SortFunc(all, func(a, b jsonMember) int { return strings.Compare(a.name, b.name) })
	return all
}
