package gateway

import "strings"

// bulkPrefix stands before the bulkId in a reference to a resource that the
// same request creates (RFC 7644 §3.7.2).
const bulkPrefix = "bulkId:"

// references are the bulkIds that the operation refers to, in its path and
// anywhere in its data.
func (op *bulkOperation) references() []string {
	var found []string
	visitStrings(op.data, func(s string) {
		if bulkID, ok := strings.CutPrefix(s, bulkPrefix); ok {
			found = append(found, bulkID)
		}
	})
	for segment := range strings.SplitSeq(op.path, "/") {
		if bulkID, ok := strings.CutPrefix(segment, bulkPrefix); ok {
			found = append(found, bulkID)
		}
	}
	return found
}

func visitStrings(value any, visit func(string)) {
	switch v := value.(type) {
	case string:
		visit(v)
	case []any:
		for _, element := range v {
			visitStrings(element, visit)
		}
	case map[string]any:
		for _, member := range v {
			visitStrings(member, visit)
		}
	}
}

// resolved is a copy of value with ids in the place of references.
func resolved(value any, ids map[string]string) any {
	switch v := value.(type) {
	case string:
		if bulkID, ok := strings.CutPrefix(v, bulkPrefix); ok {
			return ids[bulkID]
		}
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = resolved(element, ids)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = resolved(member, ids)
		}
		return out
	}
	return value
}

// bulkPathID reads the id in an operation's path, which may be a reference.
func bulkPathID(segment string, ids map[string]string) (string, error) {
	if bulkID, ok := strings.CutPrefix(segment, bulkPrefix); ok {
		return ids[bulkID], nil
	}
	return resourceID(segment)
}
