package scim

// A View is a resource to be shown. A [Resource] is its own view; a provider
// with a faster way to JSON has views that are a [Writer], too.
type View interface {
	// ID is the resource's id.
	ID() string
	// Version is the resource's weak ETag, or "".
	Version() string
	// Resource is the resource in normal form, the caller's own to change. It has
	// no URLs yet: only who answers knows them.
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

// An Appender appends itself to text as JSON.
type Appender interface {
	AppendJSON(text []byte) ([]byte, error)
}
