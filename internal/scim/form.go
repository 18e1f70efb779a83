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
// [Resource] or JSON. Members are written in the order of their names. A name is that
// of an attribute, or a URN (RFC 7643 §2.1), and "" for an element of a list.
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

// AppendWriter appends the resource as JSON, with URLs below base.
func AppendWriter(text []byte, w Writer, base string) []byte {
	form := &jsonForm{text: append(text, '{'), base: base}
	w.WriteTo(form)
	return append(form.text, '}')
}

// A jsonForm appends what is written into it as the members of a JSON object.
type jsonForm struct {
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

func (f *jsonForm) Text(name, value string) {
	f.name(name)
	f.text, _ = jsontext.AppendQuote(f.text, value) // replaces what is not UTF-8
}

func (f *jsonForm) Flag(name string, value bool) {
	f.name(name)
	f.text = strconv.AppendBool(f.text, value)
}

func (f *jsonForm) Reference(name, endpoint, id string) {
	f.Text(name, URLOf(f.base, endpoint, id))
}

func (f *jsonForm) Object(name string) { f.begin(name, '{', '}') }

func (f *jsonForm) List(name string) { f.begin(name, '[', ']') }

func (f *jsonForm) begin(name string, bracket, end byte) {
	f.open[f.depth] = closing{end, len(f.text)}
	f.depth++
	f.name(name)
	f.text = append(f.text, bracket)
}

func (f *jsonForm) End() {
	f.depth--
	last := f.open[f.depth]
	if last.bracket == '}' && f.text[len(f.text)-1] == '{' {
		f.text = f.text[:last.begin]
		return
	}
	f.text = append(f.text, last.bracket)
}

// name begins a member. Names need no escaping.
func (f *jsonForm) name(name string) {
	if last := f.text[len(f.text)-1]; last != '{' && last != '[' {
		f.text = append(f.text, ',')
	}
	if name != "" {
		f.text = append(append(append(f.text, '"'), name...), `":`...)
	}
}

// ResourceOf returns what w writes as a resource in normal form, without URLs.
func ResourceOf(w Writer) Resource {
	r := Resource{}
	w.WriteTo(&resourceForm{{object: r}})
	return r
}

// A resourceForm is the stack of open objects and lists of a resource.
type resourceForm []opened

// opened is an open object or list.
type opened struct {
	name   string
	object map[string]any
	list   []any // of a list, whose object is nil
}

func (f *resourceForm) Text(name, value string) { f.put(name, value) }

func (f *resourceForm) Flag(name string, value bool) { f.put(name, value) }

func (f *resourceForm) Reference(string, string, string) {}

func (f *resourceForm) Object(name string) {
	*f = append(*f, opened{name: name, object: make(map[string]any)})
}

func (f *resourceForm) List(name string) { *f = append(*f, opened{name: name}) }

func (f *resourceForm) End() {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	switch {
	case last.object == nil:
		f.put(last.name, last.list)
	case len(last.object) > 0:
		f.put(last.name, last.object)
	}
}

func (f *resourceForm) put(name string, value any) {
	if top := &(*f)[len(*f)-1]; top.object == nil {
		top.list = append(top.list, value)
	} else {
		top.object[name] = value
	}
}
