package strict

import (
	"fmt"
	"reflect"
)

// Decode reads the YAML document in data into the struct that into points to.
// file is its name in problems. It reports all problems at once, up to a
// hundred; if there are any, what into points to is not to be used.
//
// A key that the document does not have leaves its field as it was, or sets its
// default if the field is zero. A document may have 256 KiB and a depth of 32.
func Decode(file string, data []byte, into any) (Positions, Problems) {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		panic(fmt.Sprintf("strict: Decode into a %T", into))
	}
	d := &decoder{report{file: file}}
	root := d.parse(data)
	if root != nil {
		d.value(root, target.Elem(), nil)
	}
	return Positions{root}, d.sorted()
}

type decoder struct{ report }

// value sets v to what a node holds. enum, if not empty, limits a string, or the
// strings in a list or map.
func (d *decoder) value(n *node, v reflect.Value, enum []string) {
	if n.kind == refused {
		return
	}
	switch formOf(v.Type()) {
	case formPointer:
		pointer := reflect.New(v.Type().Elem())
		d.value(n, pointer.Elem(), enum)
		v.Set(pointer)
	case formStruct:
		d.structure(n, v)
	case formMap:
		d.table(n, v, enum)
	case formSlice:
		d.slice(n, v, enum)
	case formAny:
		v.SetZero() // there is no reflect.Value of a nil to set
		if value := d.free(n); value != nil {
			v.Set(reflect.ValueOf(value))
		}
	default:
		d.scalar(n, v, enum)
	}
}

// structure sets the fields of a struct, from a map or from its short form.
func (d *decoder) structure(n *node, v reflect.Value) {
	short := isShorthand(v.Type())
	if short && n.kind == scalar {
		if text, ok := d.text(n, "a string or a map"); ok {
			setDefaults(v)
			d.because(n, v.Addr().Interface().(Shorthand).FromScalar(text))
		}
		return
	}
	if n.kind != object {
		wanted := "a map"
		if short {
			wanted = "a string or a map"
		}
		d.mismatch(n, wanted)
		return
	}
	fields := fieldsOf(v.Type())
	d.unknownKeys(n, fields)
	for _, f := range fields {
		m, given := n.member(f.name)
		switch {
		case given:
			d.value(m.value, v.Field(f.index), f.enum)
		case f.required:
			d.at(n, fmt.Sprintf("key %q is missing", f.name), "")
		default:
			f.setDefault(v.Field(f.index))
		}
	}
}

// unknownKeys reports the keys that are none of the fields.
func (d *decoder) unknownKeys(n *node, fields []field) {
	names := make([]string, len(fields))
	known := make(map[string]bool, len(fields))
	for i, f := range fields {
		names[i], known[f.name] = f.name, true
	}
	for _, m := range n.members {
		if !known[m.key] {
			d.add(n, m.line, m.column, "unknown key "+quoted(m.key), Suggest(m.key, names))
		}
	}
}

// table sets a Go map.
func (d *decoder) table(n *node, v reflect.Value, enum []string) {
	if n.kind != object {
		d.mismatch(n, "a map")
		return
	}
	t := v.Type()
	v.Set(reflect.MakeMapWithSize(t, len(n.members)))
	for _, m := range n.members {
		element := reflect.New(t.Elem()).Elem()
		d.value(m.value, element, enum)
		v.SetMapIndex(reflect.ValueOf(m.key).Convert(t.Key()), element)
	}
}

// slice sets a Go slice.
func (d *decoder) slice(n *node, v reflect.Value, enum []string) {
	if n.kind != list {
		d.mismatch(n, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		d.value(item, v.Index(i), enum)
	}
}
