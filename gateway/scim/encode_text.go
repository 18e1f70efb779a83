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
// looks at eight bytes at once: a byte of the sum of tests has its highest bit
// set if the byte of text passes one of them, or follows one that does.
func isPlain(text []byte) bool {
	const (
		each    = 0x0101010101010101
		highest = 0x80 * each
	)
	for len(text) >= 8 {
		eight := binary.LittleEndian.Uint64(text)
		quote, backslash := eight^('"'*each), eight^('\\'*each)
		control := (eight - ' '*each) &^ eight
		if (eight|control|(quote-each)&^quote|(backslash-each)&^backslash)&highest != 0 {
			return false
		}
		text = text[8:]
	}
	for _, c := range text {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func appendEscaped(text []byte, s string) []byte {
	var escaped bytes.Buffer
	encoder := json.NewEncoder(&escaped)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string cannot fail to be encoded
	return append(text, escaped.Bytes()[1:escaped.Len()-len("\"\n")]...)
}
