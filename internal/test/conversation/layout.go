package conversation

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// lineWidth is where layout breaks a JSON value into lines.
const lineWidth = 110

// compact is a JSON value on one line.
func compact(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// layout is a JSON value for reading: on one line if it fits, else broken into
// its members. Keys are sorted.
func layout(value any, indent string) string {
	line := compact(value)
	if len(indent)+len(line) <= lineWidth {
		return line
	}
	inner := indent + "  "
	var parts []string
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			parts = append(parts, inner+compact(key)+": "+layout(value[key], inner))
		}
		return "{\n" + strings.Join(parts, ",\n") + "\n" + indent + "}"
	case []any:
		for _, element := range value {
			parts = append(parts, inner+layout(element, inner))
		}
		return "[\n" + strings.Join(parts, ",\n") + "\n" + indent + "]"
	default:
		return line
	}
}
