package scim

import (
	"net/url"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A View is a resource for an answer. A [Resource] is its own view; a provider
// that can encode JSON faster has views that also implement [Writer].
type View interface {
	ID() string
	Version() string // the weak ETag, or ""
	// Resource is the resource in normal form, the caller's own to change. It has
	// no URLs yet: they depend on how the client reached the provider.
	Resource() Resource
}

// A Writer is a view that can write itself, members in the order of their names, so that
// JSON can be made of it without a [Resource].
type Writer interface{ WriteTo(form *Form) }

// Resource is r itself.
func (r Resource) Resource() Resource { return r }

// ResourceOf returns what w writes as a resource in normal form, without URLs.
func ResourceOf(w Writer) (r Resource) {
	text, err := Marshal(Located{Writer: w})
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		panic(err) // what writes no JSON object is a defect, and an empty resource would hide it
	}
	return r
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
// §2). What says how many resources it has, and which message it is, is filled in.
type ListResponse struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`        // of all pages
	StartIndex   int      `json:"startIndex,omitzero"` // from 1; 0 if paged by cursor
	ItemsPerPage int      `json:"itemsPerPage"`
	NextCursor   string   `json:"nextCursor,omitzero"` // "" on the last page
	Resources    []any    // of this page, as the client is to see them
}

// MarshalJSONTo writes the message.
func (l ListResponse) MarshalJSONTo(enc *jsontext.Encoder) error {
	type message ListResponse
	l.Schemas, l.ItemsPerPage = []string{URNListResponse}, len(l.Resources)
	return json.MarshalEncode(enc, message(l))
}

// A Located is a resource with URLs below a base, or without URLs if that is "".
type Located struct {
	Writer
	Base string
}

// MarshalJSONTo writes the resource.
func (l Located) MarshalJSONTo(enc *jsontext.Encoder) error {
	form := &Form{enc: enc, base: l.Base}
	form.token(jsontext.BeginObject)
	l.WriteTo(form)
	form.token(jsontext.EndObject)
	return form.err
}

// A Form encodes what is written into it, one member after another, as JSON. A name is
// that of an attribute, or a URN (RFC 7643 §2.1), and "" for an element of a list.
type Form struct {
	enc     *jsontext.Encoder
	base    string
	pending []string // names of objects that are begun and have no member yet
	err     error    // the first one
}

// Text writes a string.
func (f *Form) Text(name, value string) { f.member(name, jsontext.String(value)) }

// Flag writes a boolean.
func (f *Form) Flag(name string, value bool) { f.member(name, jsontext.Bool(value)) }

// Reference writes the URL of the resource with an id below an endpoint ("/Users").
func (f *Form) Reference(name, endpoint, id string) {
	if f.base != "" {
		f.Text(name, URLOf(f.base, endpoint, id))
	}
}

// Object begins an object, which ends with End. It is left out if it is empty.
func (f *Form) Object(name string) { f.pending = append(f.pending, name) }

// List begins a list, which ends with End, too.
func (f *Form) List(name string) { f.member(name, jsontext.BeginArray) }

// End ends the object or list that was begun last.
func (f *Form) End() {
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
func (f *Form) member(name string, value jsontext.Token) {
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

func (f *Form) token(token jsontext.Token) {
	if f.err == nil {
		f.err = f.enc.WriteToken(token)
	}
}
