package scim

import (
	"maps"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxStringLength is the most characters (Unicode code points) that one
// attribute value may have.
const MaxStringLength = 1024

// A valueReader turns decoded JSON into the normal form of an attribute, being
// as tolerant as the clients need (see [ResourceType.Normalize]). Sub-attributes
// that are unknown are dropped.
//
// A value that unassigns the attribute is read as the empty value of its kind:
// "", an empty map or an empty list. Booleans and numbers have none and are
// read as nil, and so is an object in which nothing is known.
type valueReader struct {
	keepReadOnly bool // read-only sub-attributes are kept, else dropped
}

// read reads the value of an attribute; name is its path, for the error.
func (vr valueReader) read(attr *Attribute, name string, raw any) (any, error) {
	if attr.MultiValued {
		return vr.readList(attr, name, raw)
	}
	return vr.readOne(attr, name, raw)
}

// readList takes a single value for a list of one.
func (vr valueReader) readList(attr *Attribute, name string, raw any) (any, error) {
	items, ok := raw.([]any)
	if !ok {
		items = []any{raw}
	}
	list := make([]any, 0, len(items))
	for _, item := range items {
		element, err := vr.readElement(attr, name, item)
		if err != nil {
			return nil, err
		}
		if element != nil {
			list = append(list, element)
		}
	}
	return list, nil
}

// readElement reads one element of a list; nil if there is nothing in it. An
// object without a value is nothing either, unless the value identifies the
// element: a member that lost its value must not pass for no member.
func (vr valueReader) readElement(attr *Attribute, name string, raw any) (any, error) {
	if isEmpty(raw) {
		return nil, nil
	}
	element, err := vr.readOne(attr, name, raw)
	if err != nil || attr.Type != Complex {
		return element, err
	}
	object, _ := element.(map[string]any)
	maps.DeleteFunc(object, func(_ string, value any) bool { return isEmpty(value) })
	value := attributeNamed(attr.SubAttributes, "value")
	switch {
	case value != nil && object["value"] == nil && (value.Required || value.Mutability == Immutable):
		return nil, NewError(CodeInvalidValue, "An entry of %s has no value.", name)
	case len(object) == 0, value != nil && object["value"] == nil:
		return nil, nil
	}
	return object, nil
}

func (vr valueReader) readOne(attr *Attribute, name string, raw any) (any, error) {
	switch attr.Type {
	case Complex:
		return vr.readObject(attr, name, raw)
	case Boolean:
		return readBoolean(name, raw)
	case Integer, Decimal:
		return readNumber(attr, name, raw)
	default:
		return readString(attr, name, raw)
	}
}

// readObject takes a scalar for the "value" of an object that has one, and a
// list of one object for the object, as Entra ID sends a manager.
func (vr valueReader) readObject(attr *Attribute, name string, raw any) (any, error) {
	switch raw := raw.(type) {
	case map[string]any:
		return vr.readSubAttributes(attr, name, raw)
	case []any:
		switch len(raw) {
		case 0:
			return map[string]any{}, nil
		case 1:
			return vr.readObject(attr, name, raw[0])
		}
	case nil:
		return map[string]any{}, nil
	default:
		if raw == "" {
			return map[string]any{}, nil
		}
		if attributeNamed(attr.SubAttributes, "value") != nil {
			return vr.readSubAttributes(attr, name, map[string]any{"value": raw})
		}
	}
	return nil, wrongType(name, "an object")
}

func (vr valueReader) readSubAttributes(attr *Attribute, name string, raw map[string]any) (any, error) {
	object := make(map[string]any, len(raw))
	for key, value := range raw {
		sub := attributeNamed(attr.SubAttributes, key)
		if sub == nil || sub.Returned == Never || sub.Mutability == ReadOnly && !vr.keepReadOnly {
			continue
		}
		read, err := vr.read(sub, name+"."+sub.Name, value)
		if err != nil {
			return nil, err
		}
		if read != nil {
			object[sub.Name] = read
		}
	}
	if len(object) == 0 && len(raw) > 0 {
		return nil, nil
	}
	return object, nil
}

func readBoolean(name string, raw any) (any, error) {
	if boolean, ok := asBoolean(raw); ok {
		return boolean, nil
	}
	if raw == nil || raw == "" {
		return nil, nil
	}
	return nil, wrongType(name, "true or false")
}

func readNumber(attr *Attribute, name string, raw any) (any, error) {
	if raw == nil || raw == "" {
		return nil, nil
	}
	number, ok := raw.(float64)
	if text, isText := raw.(string); isText {
		var err error
		number, err = strconv.ParseFloat(strings.TrimSpace(text), 64)
		ok = err == nil && !math.IsNaN(number) && !math.IsInf(number, 0)
	}
	switch {
	case !ok:
		return nil, wrongType(name, "a number")
	case attr.Type == Integer && number != math.Trunc(number):
		return nil, wrongType(name, "a whole number")
	}
	return number, nil
}

func readString(attr *Attribute, name string, raw any) (any, error) {
	if raw == nil {
		return "", nil
	}
	text, ok := raw.(string)
	if !ok {
		return nil, wrongType(name, "a string")
	}
	if len(text) > MaxStringLength && utf8.RuneCountInString(text) > MaxStringLength {
		return nil, NewError(CodeInvalidValue, "The attribute %s is longer than %d characters.", name, MaxStringLength)
	}
	if _, ok := parseInstant(text); attr.Type == DateTime && text != "" && !ok {
		return nil, wrongType(name, "a time like 2026-01-31T09:30:00Z")
	}
	return text, nil
}

// wrongType never repeats the value.
func wrongType(name, wanted string) error {
	return NewError(CodeInvalidValue, "The attribute %s must be %s.", name, wanted)
}

// isEmpty reports whether the value is an explicitly emptied one (see [Resource]).
func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}
