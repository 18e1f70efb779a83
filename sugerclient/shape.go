package sugerclient

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// lookup returns the value at path in a JSON document: names with dots between
// them, "" for all of it; nil if the value is missing.
func lookup(document []byte, path string) (json.RawMessage, error) {
	value, walked := json.RawMessage(document), "the answer"
	if path == "" {
		return value, nil
	}
	for name := range strings.SplitSeq(path, ".") {
		if len(value) == 0 || isNull(value) {
			return nil, nil
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(value, &object); err != nil {
			return nil, fmt.Errorf("%s is %s, not an object", walked, shapeOf(value))
		}
		value, walked = object[name], strconv.Quote(name)
	}
	return value, nil
}

func isNull(value json.RawMessage) bool { return string(value) == "null" }

// shapeOf names the kind of a JSON value, for errors, which must not repeat the
// value: it may be personal data.
func shapeOf(value json.RawMessage) string {
	if len(value) == 0 {
		return "missing"
	}
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
