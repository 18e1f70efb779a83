package scim

import "net/url"

// A Form is what a resource is written into, one member after another: a
// [Resource] or JSON. So that both come to the same, members are written in the
// order of their names. A name is that of an attribute, or a URN (RFC 7643
// §2.1), and "" for an element of a list.
type Form interface {
	// Text writes a string.
	Text(name, value string)
	// Plain writes a string that holds nothing which JSON escapes: visible ASCII
	// without quotes and backslashes.
	Plain(name, value string)
	// Flag writes a boolean.
	Flag(name string, value bool)
	// Reference writes the URL of the resource with an id below an endpoint
	// ("/Users"). A Resource has none yet.
	Reference(name, endpoint, id string)
	// Object begins an object, which goes on until End. It is left out if it
	// stays empty.
	Object(name string)
	// List begins a list, which goes on until End, too.
	List(name string)
	// End ends the object or list that was begun last.
	End()
}

// URLOf is the URL of the resource with an id at an endpoint such as "/Users",
// which is below base.
func URLOf(base, endpoint, id string) string {
	return base + endpoint + "/" + url.PathEscape(id)
}
