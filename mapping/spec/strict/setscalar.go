package strict

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// scalar sets a string, number, boolean, duration or ScalarUnmarshaler.
func (d *decoder) scalar(n *node, v reflect.Value, enum []string) {
	switch formOf(v.Type()) {
	case formText:
		if n.kind != scalar && isTextList(v.Type()) {
			d.texts(n, v, enum)
			return
		}
		if text, ok := d.word(n, enum); ok {
			d.because(n, v.Addr().Interface().(ScalarUnmarshaler).UnmarshalScalar(text))
		}
	case formString:
		if text, ok := d.word(n, enum); ok {
			v.SetString(text)
		}
	case formDuration:
		d.duration(n, v)
	case formBool:
		if value, ok := plainValue[bool](n); ok {
			v.SetBool(value)
			return
		}
		d.mismatch(n, "true or false")
	case formInt:
		d.integer(n, v)
	case formFloat:
		d.number(n, v)
	}
}

// texts sets a ListUnmarshaler to what a list holds.
func (d *decoder) texts(n *node, v reflect.Value, enum []string) {
	if n.kind != list {
		d.mismatch(n, "a string or a list of strings")
		return
	}
	if len(n.items) == 0 {
		d.at(n, "the list is empty", "leave the key out if there is nothing to say")
	}
	v.SetZero()
	for _, item := range n.items {
		if text, ok := d.word(item, enum); ok {
			d.because(item, v.Addr().Interface().(ListUnmarshaler).AddScalar(text))
		}
	}
}

// plainValue is the value of a scalar if it has the type T.
func plainValue[T any](n *node) (value T, ok bool) {
	if n.kind == scalar {
		value, ok = n.value().(T)
	}
	return value, ok
}

// text reads a string.
func (d *decoder) text(n *node, wanted string) (string, bool) {
	text, ok := plainValue[string](n)
	if !ok {
		d.mismatch(n, wanted)
	}
	return text, ok
}

// word reads a string, one of enum if that is not empty.
func (d *decoder) word(n *node, enum []string) (string, bool) {
	text, ok := d.text(n, "a string")
	if ok && len(enum) > 0 && !slices.Contains(enum, text) {
		d.at(n, quoted(text)+" is not allowed", Suggest(text, enum))
		return "", false
	}
	return text, ok
}

func (d *decoder) duration(n *node, v reflect.Value) {
	const wanted = "a duration such as 10s, 1m30s or 2h"
	text, ok := d.text(n, wanted)
	if !ok {
		return
	}
	duration, err := time.ParseDuration(text)
	if err != nil {
		d.mismatch(n, wanted)
		return
	}
	v.SetInt(int64(duration))
}

func (d *decoder) integer(n *node, v reflect.Value) {
	if value, ok := plainValue[int](n); ok {
		v.SetInt(int64(value))
		return
	}
	wanted := "a whole number"
	if number, ok := plainValue[float64](n); ok && math.IsInf(number, 0) {
		wanted = "a whole number of 64 bits"
	}
	d.mismatch(n, wanted)
}

func (d *decoder) number(n *node, v reflect.Value) {
	if value, ok := plainValue[int](n); ok {
		v.SetFloat(float64(value))
		return
	}
	value, ok := plainValue[float64](n)
	switch {
	case !ok:
		d.mismatch(n, "a number")
	case math.IsInf(value, 0):
		d.mismatch(n, "a number that JSON can hold")
	default:
		v.SetFloat(value)
	}
}

// because reports the reason why a type does not take a text, if there is one.
func (d *decoder) because(n *node, err error) {
	if err != nil {
		d.at(n, shortened(err.Error(), 300), "")
	}
}

// mismatch reports a value of the wrong type.
func (d *decoder) mismatch(n *node, wanted string) {
	d.at(n, fmt.Sprintf("wants %s, found %s", wanted, n.found()), remedy(n, wanted))
}

// remedy is how the value of a key would have the wanted type.
func remedy(n *node, wanted string) string {
	if n.kind != scalar || n.parent == nil {
		return ""
	}
	value := n.value()
	switch {
	case value == nil && wanted == "a map":
		return "write {} for an empty map, or leave the key out"
	case value == nil && wanted == "a list":
		return "write [] for an empty list, or leave the key out"
	case value == nil:
		return "leave the key out if there is nothing to say"
	case wanted == "a string" && value != any(n.text):
		return "write it in quotes: " + quoted(n.text)
	case wanted == "a list":
		return fmt.Sprintf("write it in brackets: [%s]", shortened(n.text, 60))
	case wanted == "true or false":
		switch strings.ToLower(n.text) {
		case "yes", "y", "on", "true":
			return "did you mean true?"
		case "no", "n", "off", "false":
			return "did you mean false?"
		}
	}
	return ""
}
