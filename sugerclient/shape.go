package sugerclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// lookup finds the value at path in a JSON document: names with dots between
// them, "" for all of it. It returns nil if the value is missing.
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

// shapeOf names what kind of JSON value this is. Errors say no more than that:
// the value may be anybody's data.
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

// readRows reads the array at path. A null there is a list without rows, which
// is how a Go server writes an empty slice; a missing one is not a list.
func readRows(body []byte, path string) ([]json.RawMessage, error) {
	raw, err := lookup(body, path)
	switch {
	case err != nil:
		return nil, err
	case len(body) == 0:
		return nil, errors.New("the answer is empty, not a list")
	case len(raw) == 0:
		return nil, fmt.Errorf("the answer has no %q", path)
	case !isNull(raw) && raw[0] != '[':
		return nil, fmt.Errorf("the list is %s, not an array", shapeOf(raw))
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, fmt.Errorf("the list: %w", err)
	}
	return rows, nil
}

// readTotal reads the number of rows at path, -1 if the answer does not say.
func readTotal(body []byte, path string) (int, error) {
	if path == "" {
		return -1, nil
	}
	raw, err := lookup(body, path)
	if err != nil || len(raw) == 0 || isNull(raw) {
		return -1, err
	}
	total, err := strconv.Atoi(string(raw))
	if err != nil || total < 0 {
		return -1, fmt.Errorf("the total is %s, not a count", shapeOf(raw))
	}
	return total, nil
}

// readCursor reads the next page's cursor from where paging says it is, "" at
// the end of the list. A cursor that is a number, such as a nextOffset, ends
// the list with 0 or less.
func readCursor(answer *Answer, paging Paging) (string, error) {
	if paging.CursorHeader != "" {
		return answer.Header.Get(paging.CursorHeader), nil
	}
	raw, err := lookup(answer.Body, paging.Cursor)
	if err != nil || len(raw) == 0 || isNull(raw) {
		return "", err
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	number, err := strconv.ParseFloat(string(raw), 64)
	switch {
	case err != nil:
		return "", fmt.Errorf("the cursor is %s", shapeOf(raw))
	case number <= 0:
		return "", nil
	}
	return string(raw), nil
}
