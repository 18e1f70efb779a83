package strict

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// A ScalarUnmarshaler is a type that is written as one string in a document and
// reads itself from it, such as a field path or a call. Its error is shown to
// the author of the document. To be printed, it also has a String method that
// gives the text back.
type ScalarUnmarshaler interface {
	UnmarshalScalar(text string) error
}

// A ListUnmarshaler is a ScalarUnmarshaler that may also be written as a list of
// such strings. AddScalar reads one after the other into a zero value; its error
// is shown to the author of the document. Scalars gives the strings back.
type ListUnmarshaler interface {
	ScalarUnmarshaler
	AddScalar(text string) error
	Scalars() []string
}

// A Shorthand is a struct that may be written as one string instead of a map.
// FromScalar sets what the string stands for; fields with a default have it by
// then. Its error is shown to the author of the document.
type Shorthand interface {
	FromScalar(text string) error
}

// A form is how a Go type is written in a document.
type form int

const (
	formPointer  form = iota // as what it points to
	formText                 // a ScalarUnmarshaler, also a ListUnmarshaler
	formDuration             // time.Duration
	formAny                  // any
	formStruct               // also a Shorthand
	formMap
	formSlice
	formString
	formInt
	formFloat
	formBool
)

var (
	textType      = reflect.TypeFor[ScalarUnmarshaler]()
	listType      = reflect.TypeFor[ListUnmarshaler]()
	shorthandType = reflect.TypeFor[Shorthand]()
	durationType  = reflect.TypeFor[time.Duration]()
	anyType       = reflect.TypeFor[any]()
)

// formOf panics for a type that no document can hold.
func formOf(t reflect.Type) form {
	switch {
	case t.Kind() == reflect.Pointer:
		return formPointer
	case reflect.PointerTo(t).Implements(textType):
		return formText
	case t == durationType:
		return formDuration
	case t == anyType:
		return formAny
	}
	switch kind := t.Kind(); {
	case kind == reflect.Struct:
		return formStruct
	case kind == reflect.Map && t.Key().Kind() == reflect.String:
		return formMap
	case kind == reflect.Slice:
		return formSlice
	case kind == reflect.String:
		return formString
	case kind == reflect.Int:
		return formInt
	case kind == reflect.Float64:
		return formFloat
	case kind == reflect.Bool:
		return formBool
	}
	panic(fmt.Sprintf("strict: a document cannot hold a %s", t))
}

// isTextList reports whether the type may also be written as a list of strings.
func isTextList(t reflect.Type) bool { return reflect.PointerTo(t).Implements(listType) }

// isShorthand reports whether the struct may be written as a string.
func isShorthand(t reflect.Type) bool { return reflect.PointerTo(t).Implements(shorthandType) }

// A field is a key of a struct, as its tags describe it.
type field struct {
	index      int
	name       string
	doc        string
	enum       []string
	required   bool
	fallback   string // what a missing key stands for, if hasDefault
	hasDefault bool
}

// fieldsOf lists the keys of a struct in the order of its fields.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		described := field{index: i, name: name, doc: f.Tag.Get("doc"), required: f.Tag.Get("required") == "true"}
		if enum := f.Tag.Get("enum"); enum != "" {
			described.enum = strings.Split(enum, ",")
		}
		described.fallback, described.hasDefault = f.Tag.Lookup("default")
		fields = append(fields, described)
	}
	return fields
}
