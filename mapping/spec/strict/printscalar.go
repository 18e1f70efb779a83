package strict

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// printedScalar is the YAML of a string, number, boolean, duration or
// ScalarUnmarshaler.
func printedScalar(v reflect.Value) (*yaml.Node, error) {
	switch formOf(v.Type()) {
	case formText:
		if isTextList(v.Type()) {
			return printedTexts(v), nil
		}
		return printedText(textOf(v)), nil
	case formDuration:
		return printedText(fmt.Sprint(v.Interface())), nil
	case formBool:
		return plainNode(strconv.FormatBool(v.Bool())), nil
	case formInt:
		return plainNode(strconv.FormatInt(v.Int(), 10)), nil
	case formFloat:
		return printedFloat(v.Float())
	}
	return printedText(v.String()), nil
}

// printedTexts is the YAML of a ListUnmarshaler: the short form if it holds one
// text or none.
func printedTexts(v reflect.Value) *yaml.Node {
	texts := addressOf(v).(ListUnmarshaler).Scalars()
	if len(texts) < 2 {
		return printedText(strings.Join(texts, ""))
	}
	sequence := &yaml.Node{Kind: yaml.SequenceNode}
	for _, text := range texts {
		sequence.Content = append(sequence.Content, printedText(text))
	}
	return sequence
}

// addressOf is a pointer to a copy of a value, which has the methods of both.
func addressOf(v reflect.Value) any {
	pointer := reflect.New(v.Type())
	pointer.Elem().Set(v)
	return pointer.Interface()
}

// textOf is what a ScalarUnmarshaler reads itself from.
func textOf(v reflect.Value) string {
	text, ok := addressOf(v).(fmt.Stringer)
	if !ok {
		panic(fmt.Sprintf("strict: %s has no String method to print it with", v.Type()))
	}
	return text.String()
}

// printedFloat writes a whole number with ".0", so that an any stays a float64.
func printedFloat(number float64) (*yaml.Node, error) {
	if math.IsInf(number, 0) || math.IsNaN(number) {
		return nil, fmt.Errorf("%w: %v", errUnprintable, number)
	}
	text := strconv.FormatFloat(number, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return plainNode(text), nil
}

func plainNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: text}
}

// printedText writes a string, in quotes if this package or the YAML library, which
// knows some scalars of YAML 1.1, would take it for something else.
func printedText(text string) *yaml.Node {
	y := plainNode(text)
	_, isString := (&node{kind: scalar, text: text, plain: true}).value().(string)
	if !isString || y.ShortTag() != "!!str" || strings.ContainsAny(text, "\n\r") {
		y.Style = yaml.DoubleQuotedStyle
	}
	y.Tag = "!!str"
	return y
}
