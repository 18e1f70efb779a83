package strict

import (
	"fmt"
	"reflect"
)

// setDefaults sets the fields of a struct that are zero and have a default.
func setDefaults(v reflect.Value) {
	for _, f := range fieldsOf(v.Type()) {
		f.setDefault(v.Field(f.index))
	}
}

// setDefault sets a field that the document does not have.
func (f field) setDefault(v reflect.Value) {
	switch {
	case f.hasDefault:
		if !v.IsZero() {
			return
		}
		var d decoder
		d.value(f.defaultNode(v.Type()), v, f.enum)
		if len(d.problems) > 0 {
			panic(fmt.Sprintf("strict: default of %q: %s", f.name, d.problems[0].Message))
		}
	case formOf(v.Type()) == formStruct:
		setDefaults(v)
	}
}

// defaultNode is the default as if the document held it; where a string is
// wanted, any text is one.
func (f field) defaultNode(t reflect.Type) *node {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch formOf(t) {
	case formInt, formFloat, formBool:
		return &node{kind: scalar, text: f.fallback, plain: true}
	}
	return &node{kind: scalar, text: f.fallback}
}
