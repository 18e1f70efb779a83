package sugerclient

import (
	"encoding/json"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// lookup returns the value at path in a JSON document: names with dots between
// them, "" for all of it; nil if the value is missing.
func lookup(document []byte, path string) json.RawMessage {
	value := json.RawMessage(document)
	if path == "" {
		return value
	}
	for name := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		if json.Unmarshal(value, &object) != nil {
			return nil
		}
		value = object[name]
	}
	return value
}

// textOf is a string or a number as text.
func textOf(value json.RawMessage) (text string, ok bool) {
	if jsontext.Value(value).Kind() == '0' {
		return string(value), true
	}
	return text, !isNull(value) && json.Unmarshal(value, &text) == nil
}

func isNull(value json.RawMessage) bool { return string(value) == "null" }

// shapes name the kinds of JSON values, for errors, which must not repeat a value: it
// may be personal data.
var shapes = map[jsontext.Kind]string{
	'{': "an object", '[': "an array", '"': "a string", '0': "a number", 't': "a boolean", 'f': "a boolean", 'n': "null",
}

func shapeOf(value json.RawMessage) string { return shapes[jsontext.Value(value).Kind()] }
