package scim

import (
	"net/url"

	"github.com/go-json-experiment/json"
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

// Marshal encodes an answer as JSON, members of maps in the order of their names.
func Marshal(answer any) ([]byte, error) {
	return json.Marshal(answer, json.Deterministic(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

// A ListResponse is the message that answers a query (RFC 7644 §3.4.2, RFC 9865
// §2).
type ListResponse struct {
	TotalResults int    // of all pages
	StartIndex   int    // from 1; 0 if paged by cursor
	NextCursor   string // "" on the last page
	Resources    []any  // of this page, as the client is to see them
}

// MarshalJSONTo writes the message.
func (l ListResponse) MarshalJSONTo(enc *jsontext.Encoder) error {
	return json.MarshalEncode(enc, struct {
		Schemas      []string `json:"schemas"`
		TotalResults int      `json:"totalResults"`
		StartIndex   int      `json:"startIndex,omitzero"`
		ItemsPerPage int      `json:"itemsPerPage"`
		NextCursor   string   `json:"nextCursor,omitzero"`
		Resources    []any
	}{[]string{URNListResponse}, l.TotalResults, l.StartIndex, len(l.Resources), l.NextCursor, l.Resources})
}

// A Located is a resource with URLs below a base.
type Located struct {
	Writer
	Base string
}

// MarshalJSONTo writes the resource.
func (l Located) MarshalJSONTo(enc *jsontext.Encoder) error {
	form := &jsonForm{enc: enc, base: l.Base}
	form.token(jsontext.BeginObject)
	l.WriteTo(form)
	form.token(jsontext.EndObject)
	return form.err
}

// A jsonForm encodes what is written into it as the members of a JSON object.
type jsonForm struct {
	enc     *jsontext.Encoder
	base    string
	pending []string // names of objects that are begun and have no member yet
	err     error    // the first one
}

func (f *jsonForm) Text(name, value string) { f.member(name, jsontext.String(value)) }

func (f *jsonForm) Flag(name string, value bool) { f.member(name, jsontext.Bool(value)) }

func (f *jsonForm) Reference(name, endpoint, id string) { f.Text(name, URLOf(f.base, endpoint, id)) }

func (f *jsonForm) Object(name string) { f.pending = append(f.pending, name) }

func (f *jsonForm) List(name string) { f.member(name, jsontext.BeginArray) }

func (f *jsonForm) End() {
	if last := len(f.pending) - 1; last >= 0 {
		f.pending = f.pending[:last]
		return
	}
	end := jsontext.EndArray
	if kind, _ := f.enc.StackIndex(f.enc.StackDepth()); kind == jsontext.KindBeginObject {
		end = jsontext.EndObject
	}
	f.token(end)
}

// member writes a member, after the beginnings of the objects that it is in.
func (f *jsonForm) member(name string, value jsontext.Token) {
	if len(f.pending) > 0 {
		outer := f.pending
		f.pending = nil
		for _, object := range outer {
			f.member(object, jsontext.BeginObject)
		}
	}
	if name != "" {
		f.token(jsontext.String(name))
	}
	f.token(value)
}

func (f *jsonForm) token(token jsontext.Token) {
	if f.err == nil {
		f.err = f.enc.WriteToken(token)
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
