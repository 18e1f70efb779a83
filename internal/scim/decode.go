package scim

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// DecodeObject reads a request body that must be one JSON object. It refuses
// what encoding/json lets pass and what two readers could understand in two
// ways: text that is not UTF-8, a name that occurs twice in one object (letter
// case aside, since SCIM's attribute names have none, RFC 7643 §2.1), and
// anything after the object. Objects and arrays nest at most [MaxNestingDepth]
// levels deep.
//
// Numbers become float64. The error is a *[Error] with [CodeInvalidSyntax]; it
// never repeats a value of the body, which may hold a password.
func DecodeObject(data []byte) (map[string]any, error) {
	data = bytes.Trim(data, " \t\r\n")
	switch {
	case len(data) == 0:
		return nil, NewError(CodeInvalidSyntax, "The request has no body, but needs a JSON object.")
	case !utf8.Valid(data):
		return nil, NewError(CodeInvalidSyntax, "The body is not valid UTF-8.")
	case data[0] != '{':
		return nil, NewError(CodeInvalidSyntax, "The body must be a JSON object.")
	}
	d := decoder{tokens: json.NewDecoder(bytes.NewReader(data)), size: len(data)}
	value, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if int(d.tokens.InputOffset()) != len(data) {
		return nil, d.malformed()
	}
	return value.(map[string]any), nil
}

// A decoder builds the values of a JSON text token by token.
type decoder struct {
	tokens *json.Decoder
	size   int
}

func (d *decoder) value(depth int) (any, error) {
	token, err := d.tokens.Token()
	if err != nil {
		return nil, d.malformed()
	}
	delim, nested := token.(json.Delim)
	if !nested {
		return token, nil
	}
	if depth++; depth > MaxNestingDepth {
		return nil, NewError(CodeInvalidSyntax, "The body nests objects and arrays more than %d levels deep.", MaxNestingDepth)
	}
	if delim == '{' {
		return d.object(depth)
	}
	return d.array(depth)
}

func (d *decoder) object(depth int) (any, error) {
	object := map[string]any{}
	seen := map[string]bool{}
	for d.tokens.More() {
		token, err := d.tokens.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, d.malformed()
		}
		folded := foldText(name)
		if seen[folded] {
			return nil, NewError(CodeInvalidSyntax, "The body names %q twice in one object (letter case does not count).", Clip(name, 80))
		}
		seen[folded] = true
		if object[name], err = d.value(depth); err != nil {
			return nil, err
		}
	}
	return object, d.end()
}

func (d *decoder) array(depth int) (any, error) {
	array := []any{}
	for d.tokens.More() {
		value, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	return array, d.end()
}

// end reads the closing bracket.
func (d *decoder) end() error {
	if _, err := d.tokens.Token(); err != nil {
		return d.malformed()
	}
	return nil
}

// malformed does not wrap the decoder's own error, as that can quote the body.
func (d *decoder) malformed() error {
	return NewError(CodeInvalidSyntax, "The body is not valid JSON near byte %d of %d.", d.tokens.InputOffset(), d.size)
}
