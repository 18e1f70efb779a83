package scim

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// Room that is made beforehand and seldom too small.
const (
	usualMembers  = 24   // names in an object
	usualResource = 1024 // bytes of a user as JSON
)

// AppendJSON appends the resource as JSON: what [encoding/json] writes without
// escaping for HTML, in a fraction of the time, since a resource holds nothing
// but the few types of the normal form. The error is that of a value of another
// type that cannot be encoded.
func (r Resource) AppendJSON(text []byte) ([]byte, error) {
	return appendObject(text, r)
}

// AppendJSON appends the message as JSON, as [Resource.AppendJSON] does.
func (l ListResponse) AppendJSON(text []byte) ([]byte, error) {
	text = append(text, `{"schemas":[`...)
	for i, urn := range l.Schemas {
		text = appendString(separated(text, i), urn)
	}
	text = strconv.AppendInt(append(text, `],"totalResults":`...), int64(l.TotalResults), 10)
	if l.StartIndex != 0 {
		text = strconv.AppendInt(append(text, `,"startIndex":`...), int64(l.StartIndex), 10)
	}
	text = strconv.AppendInt(append(text, `,"itemsPerPage":`...), int64(l.ItemsPerPage), 10)
	if l.NextCursor != "" {
		text = appendString(append(text, `,"nextCursor":`...), l.NextCursor)
	}
	text = append(text, `,"Resources":[`...)
	for i, r := range l.Resources {
		var err error
		if text, err = r.AppendJSON(separated(text, i)); err != nil {
			return nil, err
		}
	}
	return append(text, "]}"...), nil
}

// separated appends what stands before the element i of a list, or before the
// member i of an object.
func separated(text []byte, i int) []byte {
	if i > 0 {
		return append(text, ',')
	}
	return text
}

func appendValue(text []byte, value any) ([]byte, error) {
	switch value := value.(type) {
	case map[string]any:
		return appendObject(text, value)
	case []any:
		return appendList(text, value)
	case string:
		return appendString(text, value), nil
	case bool:
		return strconv.AppendBool(text, value), nil
	default:
		encoded, err := json.Marshal(value)
		return append(text, encoded...), err
	}
}

func appendObject(text []byte, object map[string]any) ([]byte, error) {
	text = append(text, '{')
	var room [usualMembers]string
	for i, name := range sortedNames(room[:0], object) {
		text = append(appendString(separated(text, i), name), ':')
		var err error
		if text, err = appendValue(text, object[name]); err != nil {
			return nil, err
		}
	}
	return append(text, '}'), nil
}

func appendList(text []byte, list []any) ([]byte, error) {
	text = append(text, '[')
	for i, element := range list {
		var err error
		if text, err = appendValue(separated(text, i), element); err != nil {
			return nil, err
		}
	}
	return append(text, ']'), nil
}

// sortedNames appends the names of an object's members to room, in order.
func sortedNames(room []string, object map[string]any) []string {
	for name := range object {
		room = append(room, name)
	}
	slices.Sort(room)
	return room
}

// appendString appends a JSON string.
func appendString(text []byte, s string) []byte {
	return append(appendText(append(text, '"'), s), '"')
}

// appendText appends what stands between the quotes of a JSON string. Most text
// stands there as it is.
func appendText(text []byte, s string) []byte {
	begin := len(text)
	text = append(text, s...)
	if isPlain(text[begin:]) {
		return text
	}
	text = text[:begin]
	from := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c >= utf8.RuneSelf:
			return appendEscaped(text[:begin], s)
		case c == '"' || c == '\\': // as in every version
			text = append(append(text, s[from:i]...), '\\')
			from = i
		}
	}
	return append(text, s[from:]...)
}

// isPlain reports whether text is ASCII and holds nothing that JSON escapes. It
// looks at eight bytes at once, at some of the last ones twice.
func isPlain(text []byte) bool {
	n := len(text)
	if n < 8 {
		for _, c := range text {
			if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
				return false
			}
		}
		return true
	}
	for i := 0; i < n-8; i += 8 {
		if !arePlain(binary.LittleEndian.Uint64(text[i:])) {
			return false
		}
	}
	return arePlain(binary.LittleEndian.Uint64(text[n-8:]))
}

// arePlain is isPlain for eight bytes. A byte of what is tested in the end has its
// highest bit set if the byte of text is to be escaped, or follows one that is.
func arePlain(eight uint64) bool {
	const (
		each    = 0x0101010101010101
		highest = 0x80 * each
	)
	quote, backslash := eight^('"'*each), eight^('\\'*each)
	control := (eight - ' '*each) &^ eight
	return (eight|control|(quote-each)&^quote|(backslash-each)&^backslash)&highest == 0
}

func appendEscaped(text []byte, s string) []byte {
	var escaped bytes.Buffer
	encoder := json.NewEncoder(&escaped)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string cannot fail to be encoded
	return append(text, escaped.Bytes()[1:escaped.Len()-len("\"\n")]...)
}

// Version makes a weak entity tag, W/"…", of the resource's content. It leaves
// meta.version out, and meta.location, which tells how the provider was
// reached; the order of a multi-valued attribute does not count.
func Version(r Resource) string {
	content := map[string]any(r)
	if meta, ok := r["meta"].(map[string]any); ok && (meta["version"] != nil || meta["location"] != nil) {
		meta = maps.Clone(meta)
		delete(meta, "version")
		delete(meta, "location")
		content = maps.Clone(content)
		content["meta"] = meta
	}
	return VersionOf(appendCanonical(make([]byte, 0, usualResource), content))
}

// VersionOf makes a weak entity tag of what a resource is made of, whatever the
// form, for a provider to whom [Version] takes too long. It tells states of one
// resource apart, for which 64 bits are enough; they are no protection against who
// makes two states of a resource look alike on purpose.
func VersionOf(content []byte) string {
	tag := make([]byte, 0, len(`W/"0123456789abcdef"`))
	tag = append(tag, `W/"`...)
	tag = hex.AppendEncode(tag, binary.BigEndian.AppendUint64(nil, xxhash.Sum64(content)))
	return string(append(tag, '"'))
}

// CheckIfMatch checks an If-Match header (RFC 7644 §3.14), "" for none, against
// the version of the resource as it is. The tags are compared weakly, as SCIM
// knows weak ones only. The error is a *[Error] with [CodeVersionMismatch].
func CheckIfMatch(header, version string) error {
	if strings.TrimSpace(header) == "" || tagsMatch(header, version) {
		return nil
	}
	return NewError(CodeVersionMismatch, "The resource has changed since it was read. Read it again and retry the change.")
}

// NoneMatch reports whether an If-None-Match header, "" for none, lets a request
// go on because the client does not have this version. If it is false, a GET is
// answered 304 Not Modified.
func NoneMatch(header, version string) bool {
	return !tagsMatch(header, version)
}

// tagsMatch reports whether the list of entity tags (RFC 9110 §13.1.1) has the
// version or is "*".
func tagsMatch(header, version string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	known, current, _ := cutTag(version)
	for known && header != "" {
		found, tag, rest := cutTag(header)
		if found && tag == current {
			return true
		}
		header = rest
	}
	return false
}

// cutTag reads the first entity tag of a list without W/ and quotes.
func cutTag(list string) (found bool, tag, rest string) {
	list = strings.TrimLeft(list, " \t,")
	list = strings.TrimPrefix(list, "W/")
	if quoted, ok := strings.CutPrefix(list, `"`); ok {
		tag, rest, found = strings.Cut(quoted, `"`)
		return found, tag, rest
	}
	_, rest, _ = strings.Cut(list, ",")
	return false, "", rest
}
