package scim

import (
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// A View is a resource for an answer. A [Resource] is its own view; a provider
// with a faster way to JSON has views that are a [Writer], too.
type View interface {
	// ID is the resource's id.
	ID() string
	// Version is the resource's weak ETag, or "".
	Version() string
	// Resource is the resource in normal form, the caller's own to change. It has
	// no URLs yet: they depend on how the client reached the provider.
	Resource() Resource
}

// A Writer is a view that can write all of its resource into a form, so that JSON
// can be made of it without a [Resource].
type Writer interface {
	// WriteTo writes the resource.
	WriteTo(form Form)
}

// Resource is r itself.
func (r Resource) Resource() Resource { return r }

// A Form is what a resource is written into, one member after another: a
// [Resource] or JSON. Members are written in the order of their names. A name is that of an attribute, or a URN (RFC 7643
// §2.1), and "" for an element of a list.
type Form interface {
	// Text writes a string.
	Text(name, value string)
	// Flag writes a boolean.
	Flag(name string, value bool)
	// Reference writes the URL of the resource with an id below an endpoint
	// ("/Users"). A Resource has none yet.
	Reference(name, endpoint, id string)
	// Object begins an object, which ends with End. It is left out if it is empty.
	Object(name string)
	// List begins a list, which ends with End, too.
	List(name string)
	// End ends the object or list that was begun last.
	End()
}

// URLOf returns the URL of the resource with an id at an endpoint such as "/Users",
// which is below base.
func URLOf(base, endpoint, id string) string {
	return base + endpoint + "/" + url.PathEscape(id)
}

// A JSONForm appends what is written into it as a JSON object, between Begin and
// Bytes. It can be reused.
type JSONForm struct {
	text  []byte
	base  string
	open  [maxDepth]closing
	depth int
}

// closing is the end of an open object or list.
type closing struct {
	bracket byte
	begin   int // of its member in text
}

// maxDepth bounds the nesting of objects and lists. Complex attributes of a resource
// contain no others (RFC 7643 §2.3.8).
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
	f.text, _ = jsontext.AppendQuote(f.text, value) // replaces what is not UTF-8
}

// Flag writes a boolean.
func (f *JSONForm) Flag(name string, value bool) {
	f.name(name)
	f.text = strconv.AppendBool(f.text, value)
}

// Reference writes a URL, as [URLOf] makes it.
func (f *JSONForm) Reference(name, endpoint, id string) {
	f.Text(name, URLOf(f.base, endpoint, id))
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
	if last := f.text[len(f.text)-1]; last != '{' && last != '[' {
		f.text = append(f.text, ',')
	}
	if name != "" {
		f.text = append(append(append(f.text, '"'), name...), `":`...)
	}
}

// A ResourceForm makes a [Resource] of what is written into it. Make one with
// [NewResourceForm].
type ResourceForm struct {
	resource Resource
	open     []opened
}

// opened is an open object or list.
type opened struct {
	name   string
	object map[string]any
	list   []any // of a list, whose object is nil
}

// NewResourceForm returns an empty form with room for some members.
func NewResourceForm(members int) *ResourceForm {
	r := make(Resource, members)
	return &ResourceForm{resource: r, open: []opened{{object: r}}}
}

// Resource is what was written. Every object and list must have been ended.
func (f *ResourceForm) Resource() Resource { return f.resource }

// Text writes a string.
func (f *ResourceForm) Text(name, value string) { f.put(name, value) }

// Flag writes a boolean.
func (f *ResourceForm) Flag(name string, value bool) { f.put(name, value) }

// Reference writes nothing.
func (f *ResourceForm) Reference(string, string, string) {}

// Object begins an object.
func (f *ResourceForm) Object(name string) {
	f.open = append(f.open, opened{name: name, object: make(map[string]any)})
}

// List begins a list.
func (f *ResourceForm) List(name string) { f.open = append(f.open, opened{name: name}) }

// End ends an object or a list.
func (f *ResourceForm) End() {
	last := f.open[len(f.open)-1]
	f.open = f.open[:len(f.open)-1]
	switch {
	case last.object == nil:
		f.put(last.name, last.list)
	case len(last.object) > 0:
		f.put(last.name, last.object)
	}
}

func (f *ResourceForm) put(name string, value any) {
	if top := &f.open[len(f.open)-1]; top.object == nil {
		top.list = append(top.list, value)
	} else {
		top.object[name] = value
	}
}
