package strict

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var errUnprintable = errors.New("strict: a document cannot hold the value")

// Print writes a document value as YAML: keys of structs in the order of their
// fields, keys of maps sorted, everything in its long form. A field is left out
// if it is zero, unless it is required or has a default. [Decode] reads the same
// value back from it.
//
// The error is about what a document cannot hold: a nil pointer in a list, a
// number that is not finite, text that is not UTF-8, a type in an any that
// Decode does not put there.
func Print(v any) ([]byte, error) {
	root, err := printed(reflect.ValueOf(v))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("strict: write YAML: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("strict: write YAML: %w", err)
	}
	return b.Bytes(), nil
}

// printed is the YAML of a value.
func printed(v reflect.Value) (*yaml.Node, error) {
	switch formOf(v.Type()) {
	case formPointer:
		if v.IsNil() {
			return nil, fmt.Errorf("%w: a nil %s", errUnprintable, v.Type())
		}
		return printed(v.Elem())
	case formStruct:
		return printedStruct(v)
	case formMap:
		return printedMap(v)
	case formSlice:
		return printedSlice(v)
	case formAny:
		return printedAny(v.Interface())
	}
	return printedScalar(v)
}

func printedStruct(v reflect.Value) (*yaml.Node, error) {
	mapping := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fieldsOf(v.Type()) {
		value := v.Field(f.index)
		shown := f.required || f.hasDefault && value.Kind() != reflect.Pointer
		if value.IsZero() && !shown {
			continue
		}
		if err := addMember(mapping, f.name, value); err != nil {
			return nil, err
		}
	}
	return mapping, nil
}

func printedMap(v reflect.Value) (*yaml.Node, error) {
	mapping := &yaml.Node{Kind: yaml.MappingNode}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		if err := addMember(mapping, key.String(), v.MapIndex(key)); err != nil {
			return nil, err
		}
	}
	return mapping, nil
}

func addMember(mapping *yaml.Node, key string, v reflect.Value) error {
	value, err := printed(v)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	mapping.Content = append(mapping.Content, printedText(key), value)
	return nil
}

func printedSlice(v reflect.Value) (*yaml.Node, error) {
	sequence := &yaml.Node{Kind: yaml.SequenceNode}
	for i := range v.Len() {
		item, err := printed(v.Index(i))
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		sequence.Content = append(sequence.Content, item)
	}
	return sequence, nil
}

// printedAny is the YAML of what decoder.free makes.
func printedAny(value any) (*yaml.Node, error) {
	switch value.(type) {
	case nil:
		return plainNode("null"), nil
	case bool, int, float64, string, []any, map[string]any:
		return printed(reflect.ValueOf(value))
	}
	return nil, fmt.Errorf("%w: a %T", errUnprintable, value)
}
