package scim

import "net/url"

// A JSONForm appends what is written into it as a JSON object, between Begin and
// Bytes. It can be used again and again.
type JSONForm struct {
	text  []byte
	base  string
	open  [maxDepth]closing
	depth int
}

// closing is how an object or a list ends that has not been ended yet.
type closing struct {
	bracket byte
	begin   int // of its member in text
}

// maxDepth bounds how many objects and lists are within each other: of a resource,
// which has complex attributes at most (RFC 7643 §2.3.8), and none within those.
const maxDepth = 4

// Begin begins an object at the end of text. URLs begin with base.
func (f *JSONForm) Begin(text []byte, base string) {
	*f = JSONForm{text: append(text, '{'), base: base}
}

// Bytes ends the object, in which every other one and each list must have been
// ended, and returns the text.
func (f *JSONForm) Bytes() []byte { return append(f.text, '}') }

// Text writes a string.
func (f *JSONForm) Text(name, value string) {
	f.name(name)
	f.text = appendString(f.text, value)
}

// Plain writes a string that needs no escaping.
func (f *JSONForm) Plain(name, value string) {
	f.name(name)
	text := append(f.text, '"')
	text = append(text, value...)
	f.text = append(text, '"')
}

// Flag writes a boolean.
func (f *JSONForm) Flag(name string, value bool) {
	f.name(name)
	if value {
		f.text = append(f.text, "true"...)
	} else {
		f.text = append(f.text, "false"...)
	}
}

// Reference writes a URL, as [URLOf] makes it.
func (f *JSONForm) Reference(name, endpoint, id string) {
	f.name(name)
	text := appendText(append(f.text, '"'), f.base)
	text = append(append(text, endpoint...), '/')
	text = append(text, url.PathEscape(id)...) // which leaves nothing to escape for JSON
	f.text = append(text, '"')
}

// Object begins an object.
func (f *JSONForm) Object(name string) { f.begin(name, '{', '}') }

// List begins a list.
func (f *JSONForm) List(name string) { f.begin(name, '[', ']') }

func (f *JSONForm) begin(name string, bracket, end byte) {
	f.open[f.depth] = closing{end, len(f.text)}
	f.depth++
	f.name(name)
	f.text = append(f.text, bracket)
}

// End ends an object or a list.
func (f *JSONForm) End() {
	f.depth--
	last := f.open[f.depth]
	if last.bracket == '}' && f.text[len(f.text)-1] == '{' {
		f.text = f.text[:last.begin]
		return
	}
	f.text = append(f.text, last.bracket)
}

// name begins a member. A name holds nothing that has to be escaped.
func (f *JSONForm) name(name string) {
	text := f.text
	if last := text[len(text)-1]; last != '{' && last != '[' {
		text = append(text, ',')
	}
	if name != "" {
		text = append(text, '"')
		text = append(text, name...)
		text = append(text, '"', ':')
	}
	f.text = text
}
