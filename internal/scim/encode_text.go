package scim

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"unicode/utf8"
)

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
